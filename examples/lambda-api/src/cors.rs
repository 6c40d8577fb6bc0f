//! Which pages of other origins may call the API (CORS). Off by default: API Gateway and function URLs can do it too, and
//! it must not be done twice.
//!
//! | Variable | What it says |
//! |---|---|
//! | `CORS_ALLOW_ORIGINS` | `*`, or origins such as `https://example.com` with commas between. Without it there is no CORS |
//! | `CORS_ALLOW_HEADERS` | request headers that pages may set; `content-type,authorization` by default |
//! | `CORS_ALLOW_CREDENTIALS` | `true` lets cookies through; needs origins by name |
//! | `CORS_MAX_AGE` | seconds that a browser may remember the answer; 600 by default |

use lambda_http::http::{HeaderMap, HeaderValue, header};
use lambda_http::{Body, Response};

use crate::config::{ConfigError, number};

/// The rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    origins: Origins,
    headers: Option<HeaderValue>,
    credentials: bool,
    max_age: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Origins {
    #[default]
    None,
    Any,
    These(Vec<String>),
}

impl Cors {
    pub(crate) fn from_variables(variable: &impl Fn(&str) -> Option<String>) -> Result<Cors, ConfigError> {
        let origins = match variable("CORS_ALLOW_ORIGINS").as_deref().map(str::trim) {
            None => Origins::None,
            Some("*") => Origins::Any,
            Some(list) => Origins::These(list.split(',').map(|origin| origin.trim().to_owned()).collect()),
        };
        let credentials = match variable("CORS_ALLOW_CREDENTIALS").as_deref() {
            None | Some("false") => false,
            Some("true") if origins == Origins::Any => {
                let message = "CORS_ALLOW_CREDENTIALS needs origins by name: browsers refuse it with *";
                return Err(ConfigError(message.to_owned()));
            }
            Some("true") => true,
            Some(other) => {
                return Err(ConfigError(format!("CORS_ALLOW_CREDENTIALS is {other:?}: true or false is expected")));
            }
        };
        let headers = variable("CORS_ALLOW_HEADERS").unwrap_or_else(|| "content-type,authorization".to_owned());
        let headers = HeaderValue::from_str(&headers)
            .map_err(|_| ConfigError(format!("CORS_ALLOW_HEADERS is {headers:?}: header names are expected")))?;
        let max_age = number(variable, "CORS_MAX_AGE", 600)?;
        Ok(Cors { origins, headers: Some(headers), credentials, max_age })
    }

    fn allows(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match &self.origins {
            Origins::None => None,
            Origins::Any => Some(HeaderValue::from_static("*")),
            Origins::These(origins) => {
                origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
            }
        }
    }
}

/// Adds to an answer what the browser asks for.
pub(crate) fn allow(cors: &Cors, request: &HeaderMap, response: &mut Response<Body>) {
    let answer = response.headers_mut();
    if matches!(cors.origins, Origins::These(_)) {
        // A cache must not give the answer for one origin to another.
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = request.get(header::ORIGIN).and_then(|origin| cors.allows(origin)) else { return };
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if cors.credentials {
        answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    if request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        if let Some(methods) = answer.get(header::ALLOW).cloned() {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        if let Some(headers) = &cors.headers {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
        }
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(cors.max_age));
    } else {
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after, location"));
    }
}
