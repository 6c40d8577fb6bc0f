//! DeleteItem.

use std::sync::Arc;

use super::base::{Base, KeyBuffer, WriteSettings, member};
use super::put::WRITE_PARAMETERS;
use super::settings::{key_settings, table_settings, write_settings};
use super::write::WriteOutput;
use crate::error::Error;
use crate::execute::{Core, Operation, ReplayClass};

static DELETE_ITEM: Operation = Operation::data("DeleteItem", "DynamoDB_20120810.DeleteItem");

/// Deletes one item by its key; one that does not exist is no error.
///
/// Made by [`Client::delete`](crate::Client::delete). A delete is idempotent: after a lost answer it is sent again, and
/// may then delete what another writer wrote in between. Where that matters, give it a condition.
#[must_use = "a request does nothing until it is sent"]
pub struct DeleteItem {
    pub(crate) base: Base,
    pub(crate) key: KeyBuffer,
    pub(crate) write: WriteSettings,
}

impl DeleteItem {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        DeleteItem { base: Base::new(core, table), key: KeyBuffer::default(), write: WriteSettings::default() }
    }

    key_settings!();
    table_settings!();
    write_settings!();

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed) among
    /// them.
    pub async fn send(mut self) -> Result<WriteOutput, Error> {
        let body = self.body().map_err(|error| self.base.refuse(&DELETE_ITEM, error))?;
        Ok(WriteOutput::of(self.base.answer(&DELETE_ITEM, body, ReplayClass::Idempotent, WriteOutput::read).await?))
    }

    fn body(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = self.base.begin(self.key.len() + 64, &WRITE_PARAMETERS)?;
        member(&mut body, "Key");
        self.key.write(&mut body)?;
        self.write.write(&mut body);
        self.base.end(&mut body)?;
        Ok(body)
    }
}

crate::operation::settings::debug_without_values!(DeleteItem, table: base.table);
