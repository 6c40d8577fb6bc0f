//! GetItem.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::base::{Base, KeyBuffer, bool_member, member};
use super::capacity::ConsumedCapacity;
use super::response;
use super::settings::{hedge_setting, key_settings, placeholder_settings, projection_settings, table_settings};
use super::view::View;
use crate::codec::{DecodeError, Reader};
use crate::error::Error;
use crate::execute::{Core, Metadata, Operation, ReplayClass};

pub(super) static GET_ITEM: Operation = Operation::data("GetItem", "DynamoDB_20120810.GetItem");

/// Reads one item by its key.
///
/// Made by [`Client::get`](crate::Client::get).
#[must_use = "a request does nothing until it is sent"]
pub struct GetItem {
    pub(crate) base: Base,
    pub(crate) key: KeyBuffer,
    pub(crate) consistent_read: Option<bool>,
    pub(crate) view: View,
}

/// What a [`GetItem`] gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GetOutput<T> {
    /// The item, if there is one.
    pub item: Option<T>,
    /// What the read consumed, if asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
}

impl GetItem {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        GetItem {
            base: Base::new(core, table),
            key: KeyBuffer::default(),
            consistent_read: None,
            view: View::default(),
        }
    }

    key_settings!();
    table_settings!();
    hedge_setting!();
    placeholder_settings!();
    projection_settings!();

    /// Reads what the last acknowledged write left, at twice the capacity; by default a read may be older.
    pub fn consistent_read(mut self, consistent: bool) -> Self {
        self.consistent_read = Some(consistent);
        self
    }

    /// Takes an item for absent once the time in this attribute has come, although the service has not deleted it yet.
    ///
    /// The time is a number of seconds since 1970, as for Time to Live; DynamoDB deletes what has expired within a few
    /// days. An item without the attribute, or with something else in it, does not expire, nor does one that would have
    /// more than five years ago: the service does not delete it either. A projection need not have the attribute.
    pub fn hide_expired(mut self, attribute: impl Into<String>) -> Self {
        self.view.expiry = Some(attribute.into());
        self
    }

    /// Sends the request and gives the item.
    ///
    /// # Errors
    /// Those of the service; [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if it is not a `T`.
    pub async fn item<T: DeserializeOwned>(self) -> Result<Option<T>, Error> {
        Ok(self.send().await?.item)
    }

    /// Sends the request and gives the item with what else the response says.
    ///
    /// # Errors
    /// As [`item`](Self::item).
    pub async fn send<T: DeserializeOwned>(mut self) -> Result<GetOutput<T>, Error> {
        let body = self.body().map_err(|error| self.base.refuse(&GET_ITEM, error))?;
        let read = |body: &bytes::Bytes| {
            if !self.view.is_plain() {
                return self.read_viewed(body);
            }
            let (item, capacity) = read(body).map_err(|error| response::malformed(&error))?;
            Ok((item.transpose()?, capacity))
        };
        let ((item, consumed_capacity), metadata) = self.base.answer(&GET_ITEM, body, ReplayClass::Read, read).await?;
        Ok(GetOutput { item, consumed_capacity, metadata })
    }

    /// The item as the service's JSON.
    pub(crate) async fn raw(mut self) -> Result<GetOutput<bytes::Bytes>, Error> {
        let body = self.body().map_err(|error| self.base.refuse(&GET_ITEM, error))?;
        let read = |body: &bytes::Bytes| self.visible(body).map_err(|error| response::malformed(&error));
        let ((item, consumed_capacity), metadata) = self.base.answer(&GET_ITEM, body, ReplayClass::Read, read).await?;
        Ok(GetOutput { item, consumed_capacity, metadata })
    }

    /// The item, unless it is hidden.
    fn visible(&self, body: &bytes::Bytes) -> Result<(Option<bytes::Bytes>, Option<ConsumedCapacity>), DecodeError> {
        let (item, capacity) = raw_item(body)?;
        let Some(item) = item.map(|at| body.slice(at)) else { return Ok((None, capacity)) };
        let hidden = self.view.hides(&item, self.base.core.time().wall())?;
        Ok((Some(item).filter(|_| !hidden), capacity))
    }

    fn read_viewed<T: DeserializeOwned>(
        &self,
        body: &bytes::Bytes,
    ) -> Result<(Option<T>, Option<ConsumedCapacity>), Error> {
        let (item, capacity) = self.visible(body).map_err(|error| response::malformed(&error))?;
        Ok((item.map(|item| self.view.decode(&item)).transpose()?, capacity))
    }

    fn body(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = self.base.begin(self.key.len() + 64, &["Key", "ConsistentRead", "ProjectionExpression"])?;
        member(&mut body, "Key");
        self.key.write(&mut body)?;
        if let Some(consistent) = self.consistent_read {
            bool_member(&mut body, "ConsistentRead", consistent);
        }
        let start = body.len();
        self.base.end(&mut body)?;
        if !self.view.is_plain() {
            let mut members = body.split_off(start);
            members.pop();
            self.view.widen(&mut members, &[])?;
            body.extend_from_slice(&members);
            body.push(b'}');
        }
        Ok(body)
    }
}

type Read<T> = (Option<Result<T, Error>>, Option<ConsumedCapacity>);

fn read<T: DeserializeOwned>(body: &bytes::Bytes) -> Result<Read<T>, DecodeError> {
    let (mut item, mut capacity) = (None, None);
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Item" => item = Some(response::item(&mut reader, body)?),
            "ConsumedCapacity" => capacity = response::capacity(&mut reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    Ok((item, capacity))
}

/// Where the item stands.
fn raw_item(body: &bytes::Bytes) -> Result<(Option<std::ops::Range<usize>>, Option<ConsumedCapacity>), DecodeError> {
    let (mut item, mut capacity) = (None, None);
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Item" => item = Some(reader.raw_value()?),
            "ConsumedCapacity" => capacity = response::capacity(&mut reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    Ok((item, capacity))
}

crate::operation::settings::debug_without_values!(GetItem, table: base.table);
