//! Every other operation of the API, by its name, with JSON in and JSON out.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::class;
use super::settings::call_settings;
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Operation, Token};
use crate::transport::ArnParameter;

/// An operation that this client has no builder for.
///
/// Made by `Client::call`.
#[must_use = "a request does nothing until it is sent"]
pub struct CallOperation {
    core: Arc<Core>,
    operation: String,
    parameters: Value,
    options: CallOptions,
}

impl CallOperation {
    pub(crate) fn new(core: Arc<Core>, operation: String, parameters: Value) -> Self {
        CallOperation { core, operation, parameters, options: CallOptions::default() }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Sends the request and gives the response's JSON.
    ///
    /// # Errors
    /// Those of the service, and [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the name is no
    /// operation name or the parameters are no JSON object. An operation that is not known to be safe to repeat ends
    /// as [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) when an answer is lost.
    pub async fn send(self) -> Result<Value, Error> {
        let table = self.parameters.get("TableName").and_then(Value::as_str);
        let refused = |error: Error| self.core.refuse(self.operation.clone().into(), table, error);
        if !self.parameters.is_object() {
            return Err(refused(Error::invalid_input("the parameters are not a JSON object")));
        }
        let operation = Operation::named(&self.operation, !class::is_data_plane(&self.operation)).map_err(refused)?;
        let body =
            serde_json::to_vec(&self.parameters).map_err(|error| refused(Error::invalid_input(error.to_string())))?;
        let mut options = self.options.clone();
        if class::has_token(&self.operation, &self.parameters) {
            options.token = Token::Callers;
        }
        let call = Call {
            operation: &operation,
            table,
            arns: table.map_or(ArnParameter::None, ArnParameter::Single),
            body: Bytes::from(body),
            replay: class::replay_class(&self.operation, &self.parameters),
            options: &options,
        };
        let read = |body: &Bytes| {
            serde_json::from_slice(body)
                .map_err(|error| super::response::malformed(&crate::codec::DecodeError::new(error.to_string())))
        };
        Ok(self.core.answer(call, read).await?.0)
    }
}

crate::operation::settings::debug_without_values!(CallOperation, operation: operation);
