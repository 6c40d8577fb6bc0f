//! Events with the facts of a test in them, and the function that they are sent to.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use enhanced_dynamodb::config::Random;
use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::{Client, Credentials, Options};
use lambda_api::{Api, Config};
use lambda_http::http::{HeaderName, StatusCode};
use lambda_http::tower::ServiceExt;
use lambda_http::{Body, Context, Request, RequestExt, Response};
use serde_json::{Value, json};
use testkit::Engine;

pub(crate) const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

/// Who sends the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    RestApi,
    HttpApi,
    FunctionUrl,
}

impl Source {
    pub(crate) const ALL: [Source; 3] = [Source::RestApi, Source::HttpApi, Source::FunctionUrl];

    fn fixture(self) -> Value {
        let text = match self {
            Source::RestApi => include_str!("../events/rest_api.json"),
            Source::HttpApi => include_str!("../events/http_api.json"),
            Source::FunctionUrl => include_str!("../events/function_url.json"),
        };
        serde_json::from_str(text).unwrap()
    }
}

/// A request before it is an event.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    path_parameters: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    in_base64: bool,
    time: Duration,
}

pub(crate) fn call(method: &'static str, path: impl Into<String>) -> Call {
    Call {
        method,
        path: path.into(),
        query: Vec::new(),
        path_parameters: Vec::new(),
        headers: Vec::new(),
        body: None,
        in_base64: false,
        time: Duration::from_secs(30),
    }
}

impl Call {
    pub(crate) fn query(mut self, name: &str, value: &str) -> Call {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As a route with `{name}` in its path has it.
    pub(crate) fn path_parameter(mut self, name: &str, value: &str) -> Call {
        self.path_parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Call {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Call {
        self.text(body.to_string())
    }

    pub(crate) fn text(mut self, body: impl Into<String>) -> Call {
        self.body = Some(body.into());
        self
    }

    /// As the gateways send what is no text to them.
    pub(crate) fn in_base64(mut self) -> Call {
        self.in_base64 = true;
        self
    }

    /// How long the invocation may take.
    pub(crate) fn within(mut self, time: Duration) -> Call {
        self.time = time;
        self
    }

    pub(crate) fn event(&self, source: Source) -> Value {
        let mut event = source.fixture();
        let query = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        if source == Source::RestApi {
            event["path"] = json!(self.path);
            event["httpMethod"] = json!(self.method);
            event["requestContext"]["httpMethod"] = json!(self.method);
            for (name, value) in &self.query {
                event["queryStringParameters"][name] = json!(value);
                event["multiValueQueryStringParameters"][name] = json!([value]);
            }
        } else {
            let stage = if source == Source::HttpApi { "/prod" } else { "" };
            event["rawPath"] = json!(format!("{stage}{}", self.path));
            event["rawQueryString"] = json!(query);
            event["requestContext"]["http"]["method"] = json!(self.method);
            event["requestContext"]["http"]["path"] = event["rawPath"].clone();
        }
        for (name, value) in &self.path_parameters {
            event["pathParameters"][name] = json!(value);
        }
        for (name, value) in &self.headers {
            event["headers"][name] = json!(value);
            if source == Source::RestApi {
                event["multiValueHeaders"][name] = json!([value]);
            }
        }
        if let Some(body) = &self.body {
            event["isBase64Encoded"] = json!(self.in_base64);
            event["body"] = if self.in_base64 { json!(base64(body.as_bytes())) } else { json!(body) };
        }
        event
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, i| bits << 8 | usize::from(chunk.get(i).copied().unwrap_or(0)));
        let digit = |i: usize| if i <= chunk.len() { char::from(DIGITS[bits >> (18 - 6 * i) & 63]) } else { '=' };
        [digit(0), digit(1), digit(2), digit(3)]
    };
    bytes.chunks(3).flat_map(digits).collect()
}

/// The answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) json: Value,
    response: Response<Body>,
}

impl Answer {
    pub(crate) fn header(&self, name: impl TryInto<HeaderName>) -> Option<&str> {
        let name = name.try_into().ok().unwrap();
        self.response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    /// The same answer whatever sent the event.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, json: Value) {
        assert_eq!((self.status.as_u16(), &self.json), (status, &json), "{self:?}");
    }

    /// A failure with this status and code, under the invocation's id.
    #[track_caller]
    pub(crate) fn fails(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), &self.json["code"]), (status, &json!(code)), "{self:?}");
        assert_eq!(self.json["requestId"], REQUEST_ID, "{self:?}");
        assert!(self.json["error"].is_string(), "{self:?}");
    }
}

/// The function under test.
pub(crate) struct Function {
    pub(crate) api: Api,
    pub(crate) db: Client,
    /// The access key that names the engine's tables.
    pub(crate) access_key_id: String,
}

impl Function {
    pub(crate) async fn call(&self, source: Source, call: Call) -> Answer {
        let request: Request = lambda_http::request::from_str(&call.event(source).to_string()).unwrap();
        let mut context = Context::default();
        REQUEST_ID.clone_into(&mut context.request_id);
        let ends = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + call.time;
        context.deadline = u64::try_from(ends.as_millis()).unwrap();
        // As the runtime does it.
        let answer = self.api.clone().into_handler().oneshot(request.with_lambda_context(context)).await;
        let response = answer.unwrap_or_else(|never| match never {});
        let json = match response.body() {
            Body::Empty => Value::Null,
            body => serde_json::from_slice(body).unwrap(),
        };
        if !json.is_null() {
            assert_eq!(response.headers()["content-type"], "application/json");
        }
        Answer { status: response.status(), json, response }
    }
}

/// The spread of waits before retries: `0.0` waits for nothing, so that no test sleeps.
#[derive(Debug)]
pub(crate) struct Chance(pub(crate) f64);

impl Random for Chance {
    fn unit(&self) -> f64 {
        self.0
    }
}

pub(crate) fn options(engine: &Engine) -> Options {
    Client::builder()
        .local(true)
        .local_endpoint(engine.endpoint())
        .region(engine.region())
        .random(Arc::new(Chance(0.0)))
        .credentials(Credentials::new(engine.access_key_id(), engine.secret_access_key()))
}

pub(crate) fn config(variables: &[(&str, &str)]) -> Config {
    let named = [("TABLE_NAME", "Items"), ("TREE_TABLE_NAME", "Messages")];
    Config::from_variables(|name| {
        variables.iter().chain(&named).find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

/// The function on an engine with its tables.
pub(crate) async fn function(engine: &Engine) -> Function {
    function_with(engine, options(engine), &[]).await
}

pub(crate) async fn function_with(engine: &Engine, options: Options, variables: &[(&str, &str)]) -> Function {
    engine.create_table("Items").await.unwrap();
    // Directly: faults before the engine are for the function alone.
    let db = crate::common::options(engine).build().await.unwrap();
    let index = IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String);
    db.create_table("Messages").partition_key("id", AttributeType::String).global_index(index).send().await.unwrap();
    db.wait_until_active("Messages").send().await.unwrap();
    let access_key_id = engine.access_key_id().to_owned();
    Function { api: Api::new(options.build().await.unwrap(), config(variables)), db, access_key_id }
}
