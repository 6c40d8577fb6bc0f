//! Calls to an engine by the plain protocol, to prepare a test or to look at what a client under test has done.

use std::fmt;
use std::io;

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http_body_util::Full;
use serde_json::Value;

use super::Engine;
use crate::http1;

/// Why a plain call failed.
#[derive(Debug)]
pub enum CallError {
    /// No answer came.
    Io(io::Error),
    /// The engine answered with an error.
    Service {
        /// HTTP status.
        status: u16,
        /// The error's code without its namespace, such as `ValidationException`.
        code: String,
        /// The whole body.
        body: Value,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Io(error) => write!(f, "no answer: {error}"),
            CallError::Service { status, code, body } => write!(f, "{status} {code}: {body}"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Io(error) => Some(error),
            CallError::Service { .. } => None,
        }
    }
}

impl CallError {
    /// The service's error code, if it was the service that refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            CallError::Io(_) => None,
            CallError::Service { code, .. } => Some(code),
        }
    }
}

impl Engine {
    /// Calls an operation by name with its JSON body, in this engine's namespace.
    ///
    /// # Errors
    ///
    /// [`CallError::Io`] without an answer, [`CallError::Service`] for every status but 200.
    pub async fn call(&self, operation: &str, body: Value) -> Result<Value, CallError> {
        let request = Request::post("/")
            .header(HOST, self.authority())
            .header(CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", "20250101T000000Z")
            .header(AUTHORIZATION, self.authorization())
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|error| CallError::Io(io::Error::other(error)))?;
        let exchange = http1::exchange(self.authority(), request).await.map_err(CallError::Io)?;
        let body: Value = serde_json::from_slice(&exchange.body).map_err(|error| CallError::Io(error.into()))?;
        if exchange.status.as_u16() == 200 {
            return Ok(body);
        }
        let type_name = body.get("__type").and_then(Value::as_str).unwrap_or_default();
        let code = type_name.rsplit('#').next().unwrap_or_default().to_owned();
        Err(CallError::Service { status: exchange.status.as_u16(), code, body })
    }

    /// Creates a table with the string hash key `id`, on demand, and returns when it is active.
    ///
    /// # Errors
    ///
    /// As [`Engine::call`].
    pub async fn create_table(&self, table: &str) -> Result<(), CallError> {
        let definition = serde_json::json!({
            "TableName": table,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        // Both engines answer with an active table.
        self.call("CreateTable", definition).await.map(drop)
    }

    /// An `Authorization` header for a request that is written by hand. The signature is not a true one: neither engine
    /// verifies it.
    pub fn authorization(&self) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential={}/20250101/{}/dynamodb/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, \
             Signature={:064}",
            self.access_key_id(),
            self.region(),
            0
        )
    }
}
