//! JSON in, JSON out.

use std::str::FromStr;

use enhanced_dynamodb::Item;
use lambda_http::http::{HeaderName, HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// The most bytes that Lambda takes for an answer: 6 MB, less what its own JSON adds around it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST_ANSWER: usize = 5 * 1024 * 1024;

/// The request's body.
///
/// # Errors
/// 400 if there is none, or it is not what the route takes.
pub(crate) fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    if request.body().is_empty() {
        return Err(Failure::bad_request("The request has no body; send a JSON object."));
    }
    serde_json::from_slice(request.body())
        .map_err(|error| Failure::bad_request(format!("The body is not what is expected here: {error}")))
}

/// The request's body as an item.
///
/// # Errors
/// 400 if there is none, or it is no JSON object.
pub(crate) fn item(request: &Request) -> Result<Item, Failure> {
    body(request)
}

/// A parameter of the query string.
///
/// # Errors
/// 400 if it is there and is no `T`.
pub(crate) fn parameter<T: FromStr>(request: &Request, name: &str, expected: &str) -> Result<Option<T>, Failure> {
    let parameters = request.query_string_parameters_ref();
    match parameters.and_then(|parameters| parameters.first(name)) {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Failure::bad_request(format!("The parameter {name} must be {expected}."))),
        },
    }
}

/// An answer with this body.
///
/// # Errors
/// 500 if Lambda would not take so large an answer, or the value is not written as JSON.
pub(crate) fn answer(status: StatusCode, body: &impl Serialize) -> Result<Response<Body>, Failure> {
    let text = serde_json::to_string(body).map_err(|error| Failure::internal("EncodeError", error.to_string()))?;
    text_answer(status, text)
}

/// As [`answer`], for what is JSON already.
pub(crate) fn text_answer(status: StatusCode, text: String) -> Result<Response<Body>, Failure> {
    if text.len() > LARGEST_ANSWER {
        return Err(Failure::answer_too_large());
    }
    Ok(with_text(status, text))
}

pub(crate) fn with_text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = status;
    response
}

pub(crate) fn with_header(mut response: Response<Body>, name: HeaderName, value: &'static str) -> Response<Body> {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
