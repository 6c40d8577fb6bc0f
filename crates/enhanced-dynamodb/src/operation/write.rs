//! PutItem, UpdateItem and DeleteItem answer alike: what a write gives.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::capacity::{ConsumedCapacity, ItemCollectionMetrics};
use super::response;
use super::version::Raised;
use crate::codec::{DecodeError, Reader, decode_item};
use crate::error::Error;
use crate::execute::Metadata;

/// What a put, an update or a delete gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct WriteOutput {
    /// The item's values, as the service's JSON.
    attributes: Option<Bytes>,
    pub(super) raised: Option<Raised>,
    /// What the write consumed, if asked for.
    pub consumed_capacity: Option<ConsumedCapacity>,
    /// The size of the item collection, if asked for.
    pub item_collection_metrics: Option<ItemCollectionMetrics>,
    /// How the call went.
    pub metadata: Metadata,
}

impl WriteOutput {
    /// The values that `return_values` asked for: nothing if it asked for none, or there was no item.
    ///
    /// After a [`replayed`](Self::replayed) write, old values may be those that the first attempt wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if they are not a `T`.
    pub fn attributes<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let Some(bytes) = &self.attributes else { return Ok(None) };
        match decode_item(bytes) {
            Ok(item) => Ok(Some(item)),
            Err(error) => Err(Error::from(error).with_item(Some(bytes.clone()))),
        }
    }

    /// Whether the write was sent again after an attempt of which nobody knows whether it was applied.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.metadata.replayed
    }

    /// The values, as the service's JSON.
    pub(super) fn raw(&self) -> Option<Bytes> {
        self.attributes.clone()
    }

    /// Of a write whose own answer was lost.
    pub(super) fn recognised(attributes: Option<Bytes>, metadata: Metadata) -> Self {
        WriteOutput { attributes, raised: None, consumed_capacity: None, item_collection_metrics: None, metadata }
    }

    pub(super) fn of((output, metadata): (Self, Metadata)) -> Self {
        WriteOutput { metadata, ..output }
    }

    pub(super) fn read(body: &Bytes) -> Result<Self, Error> {
        let mut output = WriteOutput {
            attributes: None,
            raised: None,
            consumed_capacity: None,
            item_collection_metrics: None,
            metadata: Metadata::default(),
        };
        // The usual answer to a write.
        if &body[..] != b"{}" {
            output.take(body).map_err(|error| response::malformed(&error))?;
        }
        Ok(output)
    }

    fn take(&mut self, body: &Bytes) -> Result<(), DecodeError> {
        let mut reader = Reader::new(body)?;
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(&mut reader)? {
            match &*key {
                "Attributes" => self.attributes = Some(response::slice(body, reader.raw_value()?)),
                "ConsumedCapacity" => self.consumed_capacity = response::capacity(&mut reader, body)?,
                "ItemCollectionMetrics" => {
                    self.item_collection_metrics = response::collection_metrics(&mut reader, body)?;
                }
                _ => reader.skip_value()?,
            }
        }
        Ok(())
    }
}

// Item values do not belong in logs: only whether there are any is shown.
impl std::fmt::Debug for WriteOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteOutput")
            .field("has_attributes", &self.attributes.is_some())
            .field("consumed_capacity", &self.consumed_capacity)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
