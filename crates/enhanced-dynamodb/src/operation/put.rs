//! PutItem.

use std::sync::Arc;

use serde::Serialize;

use super::base::{Base, WriteSettings, member};
use super::settings::{table_settings, write_settings};
use super::size::check_item;
use super::version::{Raised, recognise, same_item};
use super::write::WriteOutput;
use crate::codec::encode_item;
use crate::error::Error;
use crate::execute::{Core, Operation, ReplayClass};

static PUT_ITEM: Operation = Operation::data("PutItem", "DynamoDB_20120810.PutItem");

/// The parameters that the builders of single writes have methods for.
pub(super) const WRITE_PARAMETERS: [&str; 7] = [
    "Key",
    "Item",
    "UpdateExpression",
    "ConditionExpression",
    "ReturnValues",
    "ReturnItemCollectionMetrics",
    "ReturnValuesOnConditionCheckFailure",
];

/// Writes a whole item, in place of the one with the same key.
///
/// Made by [`Client::put`](crate::Client::put). A put is idempotent: after a lost answer it is sent again, and may then
/// overwrite what another writer wrote in between. Where that matters, give it a condition.
#[must_use = "a request does nothing until it is sent"]
pub struct PutItem {
    pub(crate) base: Base,
    /// As the service's JSON.
    pub(crate) item: Vec<u8>,
    pub(crate) write: WriteSettings,
    pub(super) raised: Option<Raised>,
}

impl PutItem {
    /// A put of an item that is the service's JSON already.
    pub(crate) fn of_json(core: Arc<Core>, table: String, item: Vec<u8>) -> Self {
        PutItem { base: Base::new(core, table), item, write: WriteSettings::default(), raised: None }
    }

    pub(crate) fn new<T: Serialize + ?Sized>(core: Arc<Core>, table: String, item: &T) -> Self {
        let mut base = Base::new(core, table);
        let mut bytes = Vec::with_capacity(512);
        if let Err(error) = encode_item(&mut bytes, item, base.encode_options()) {
            base.fail(Error::from(error));
        }
        PutItem { base, item: bytes, write: WriteSettings::default(), raised: None }
    }

    table_settings!();
    write_settings!();

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed) among
    /// them; [`ErrorKind::Encode`](crate::ErrorKind::Encode) and
    /// [`ErrorKind::ItemTooLarge`](crate::ErrorKind::ItemTooLarge) before anything is sent.
    pub async fn send(mut self) -> Result<WriteOutput, Error> {
        let body = self.body().map_err(|error| self.base.refuse(&PUT_ITEM, error))?;
        let answer = self.base.answer(&PUT_ITEM, body, ReplayClass::Idempotent, WriteOutput::read).await;
        let Some(raised) = self.raised else { return answer.map(WriteOutput::of) };
        let is_own = |found: &bytes::Bytes| same_item(found, &self.item);
        let mut output = match answer {
            Ok(answer) => WriteOutput::of(answer),
            Err(failure) => recognise(failure, self.write.return_values, is_own)?,
        };
        output.raised = Some(raised);
        Ok(output)
    }

    fn body(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = self.base.begin(self.item.len() + 64, &WRITE_PARAMETERS)?;
        check_item(&self.item)?;
        member(&mut body, "Item");
        body.extend_from_slice(&self.item);
        self.write.write(&mut body);
        self.base.end(&mut body)?;
        Ok(body)
    }
}

crate::operation::settings::debug_without_values!(PutItem, table: base.table);
