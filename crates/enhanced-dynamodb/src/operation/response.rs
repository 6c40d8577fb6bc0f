//! Reads the parts of a response that operations share.

use std::ops::Range;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::capacity::{ConsumedCapacity, ItemCollectionMetrics};
use crate::codec::{DecodeError, Reader, json_name};
use crate::error::{Error, ErrorKind};
use crate::item::Item;

/// Reads a typed item where the reader stands. One that is no `T` is an error that holds the item; the reader then
/// stands behind it all the same. The outer error is a response that is no JSON.
#[inline]
pub(crate) fn item<T: DeserializeOwned>(
    reader: &mut Reader<'_>,
    body: &Bytes,
) -> Result<Result<T, Error>, DecodeError> {
    let before = reader.position();
    match reader.item::<T>() {
        Ok(item) => Ok(Ok(item)),
        Err(error) => {
            reader.rewind(before);
            let raw = reader.raw_value()?;
            Ok(Err(Error::from(error).with_item(Some(body.slice(raw)))))
        }
    }
}

/// An item without these attributes.
pub(crate) fn without(item: &[u8], names: &[String]) -> Result<Vec<u8>, DecodeError> {
    let mut rest = Vec::with_capacity(item.len());
    let mut reader = Reader::new(item)?;
    let mut object = reader.object()?;
    while let Some(name) = object.next_key(&mut reader)? {
        let value = reader.raw_value()?;
        if !names.iter().any(|left_out| *left_out == name) {
            rest.push(if rest.is_empty() { b'{' } else { b',' });
            json_name(&mut rest, &name);
            rest.extend_from_slice(&item[value]);
        }
    }
    rest.extend_from_slice(if rest.is_empty() { b"{}" } else { b"}" });
    Ok(rest)
}

/// A plain JSON part (a description, a capacity) where the reader stands.
pub(crate) fn json<T: DeserializeOwned>(reader: &mut Reader<'_>, body: &Bytes) -> Result<T, DecodeError> {
    let at = reader.raw_value()?;
    serde_json::from_slice(&body[at]).map_err(|error| DecodeError::new(error.to_string()))
}

/// `ConsumedCapacity`.
pub(crate) fn capacity(reader: &mut Reader<'_>, body: &Bytes) -> Result<Option<ConsumedCapacity>, DecodeError> {
    json(reader, body)
}

/// The `ConsumedCapacity` of an operation on several tables.
pub(crate) fn capacities(reader: &mut Reader<'_>, body: &Bytes) -> Result<Vec<ConsumedCapacity>, DecodeError> {
    Ok(json::<Option<_>>(reader, body)?.unwrap_or_default())
}

/// `ItemCollectionMetrics`.
pub(crate) fn collection_metrics(
    reader: &mut Reader<'_>,
    body: &Bytes,
) -> Result<Option<ItemCollectionMetrics>, DecodeError> {
    if reader.null() {
        return Ok(None);
    }
    let mut metrics = ItemCollectionMetrics::default();
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(reader)? {
        match &*key {
            "ItemCollectionKey" => metrics.item_collection_key = reader.item::<Item>()?,
            "SizeEstimateRangeGB" => metrics.size_estimate_range_gb = json(reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    Ok(Some(metrics))
}

/// A response that is not of the operation's form.
pub(crate) fn malformed(error: &DecodeError) -> Error {
    Error::new(ErrorKind::Decode, format!("the response is not of the operation's form: {error}"))
        .with_advice("Check that the endpoint is DynamoDB's.")
}

/// The bytes of a value inside a body, sharing its memory.
pub(crate) fn slice(body: &Bytes, at: Range<usize>) -> Bytes {
    body.slice(at)
}
