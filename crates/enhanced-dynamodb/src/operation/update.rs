//! UpdateItem.

use std::sync::Arc;

use serde::Serialize;

use super::base::{Base, KeyBuffer, WriteSettings, member};
use super::put::WRITE_PARAMETERS;
use super::settings::{key_settings, table_settings, write_settings};
use super::version::{Raised, recognise};
use super::write::WriteOutput;
use crate::codec::decode_item;
use crate::error::Error;
use crate::execute::{Core, Operation, ReplayClass};
use crate::expression::{IntoOperand, IntoPath};

static UPDATE_ITEM: Operation = Operation::data("UpdateItem", "DynamoDB_20120810.UpdateItem");

/// Changes attributes of one item; one that does not exist is made.
///
/// Made by [`Client::update`](crate::Client::update). An update that leaves the same behind when it is applied twice
/// (attributes set to values, attributes removed, sets added to or deleted from) is sent again after a lost answer. Any
/// other (a counter raised, a list appended to) is not: it ends as
/// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), so that a counter is never silently raised twice.
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateItem {
    pub(crate) base: Base,
    pub(crate) key: KeyBuffer,
    pub(crate) write: WriteSettings,
    pub(super) raised: Option<Raised>,
}

impl UpdateItem {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        UpdateItem {
            base: Base::new(core, table),
            key: KeyBuffer::default(),
            write: WriteSettings::default(),
            raised: None,
        }
    }

    key_settings!();
    table_settings!();
    write_settings!();

    /// Sets an attribute to a value, to another attribute, or to what arithmetic, `if_not_exists` or `list_append` make
    /// of them.
    pub fn set(mut self, path: impl IntoPath, value: impl IntoOperand) -> Self {
        self.base.expressions.update(|update| update.set(path, value));
        self
    }

    /// Removes an attribute, or an element of a list.
    pub fn remove(mut self, path: impl IntoPath) -> Self {
        self.base.expressions.update(|update| update.remove(path));
        self
    }

    /// Adds a number to an attribute, or elements to a set.
    pub fn add(mut self, path: impl IntoPath, value: impl Serialize) -> Self {
        self.base.expressions.update(|update| update.add(path, value));
        self
    }

    /// Deletes elements from a set.
    pub fn delete(mut self, path: impl IntoPath, elements: impl Serialize) -> Self {
        self.base.expressions.update(|update| update.delete(path, elements));
        self
    }

    /// Changes as the service's string, such as `SET #a = :a REMOVE #b`.
    pub fn update_expression(mut self, expression: impl AsRef<str>) -> Self {
        self.base.expressions.update(|update| update.and_expression(expression));
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed) among
    /// them; [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) as said above.
    pub async fn send(mut self) -> Result<WriteOutput, Error> {
        let (body, replay) = self.body().map_err(|error| self.base.refuse(&UPDATE_ITEM, error))?;
        let answer = self.base.answer(&UPDATE_ITEM, body, replay, WriteOutput::read).await;
        let Some(raised) = self.raised else { return answer.map(WriteOutput::of) };
        let is_own = |found: &bytes::Bytes| {
            let effects = self.base.expressions.effects();
            effects.is_some_and(|effects| decode_item(found).is_ok_and(|item| effects.are_in(&item)))
        };
        let mut output = match answer {
            Ok(answer) => WriteOutput::of(answer),
            Err(failure) => recognise(failure, self.write.return_values, is_own)?,
        };
        output.raised = Some(raised);
        Ok(output)
    }

    fn body(&mut self) -> Result<(Vec<u8>, ReplayClass), Error> {
        let mut body = self.base.begin(self.key.len() + 256, &WRITE_PARAMETERS)?;
        member(&mut body, "Key");
        self.key.write(&mut body)?;
        self.write.write(&mut body);
        let class = self.base.end(&mut body)?;
        // The legacy form says nothing that the class could be read from.
        let class = if self.base.has_parameter("AttributeUpdates") { ReplayClass::NonIdempotent } else { class };
        // Its own condition fails the second time.
        let class = if self.raised.is_some() { ReplayClass::Idempotent } else { class };
        Ok((body, class))
    }
}

crate::operation::settings::debug_without_values!(UpdateItem, table: base.table);
