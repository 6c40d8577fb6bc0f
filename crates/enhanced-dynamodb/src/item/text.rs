//! To and from the service's JSON and between items and types: all through the codec that requests and responses use.

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::{AttributeValue, Item};
use crate::codec::{EncodeOptions, decode_item, decode_value, encode_item, encode_value};
use crate::error::{Error, ErrorKind};

/// A struct or map as an item in the service's JSON. A field that is `None` is left out.
///
/// ```
/// let json = enhanced_dynamodb::item::to_dynamodb_json(&serde_json::json!({"id": "m1", "count": 3}))?;
/// assert_eq!(json, r#"{"count":{"N":"3"},"id":{"S":"m1"}}"#);
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Encode`] if the value is no struct or map, or holds something that the service does not store: a
/// number that is not finite or has more than 38 digits, an empty set, a set with the same element twice, a value
/// nested deeper than 32 levels. The message begins with the path to it.
pub fn to_dynamodb_json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    text(value, EncodeOptions::default())
}

/// [`to_dynamodb_json`], but a field that is `None` is kept as NULL.
///
/// # Errors
/// Those of [`to_dynamodb_json`].
pub fn to_dynamodb_json_keeping_nulls<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    text(value, EncodeOptions { keep_nulls: true })
}

fn text<T: Serialize + ?Sized>(value: &T, options: EncodeOptions) -> Result<String, Error> {
    let mut json = Vec::with_capacity(256);
    encode_item(&mut json, value, options)?;
    String::from_utf8(json).map_err(|error| Error::new(ErrorKind::Encode, error.to_string()))
}

/// Reads an item in the service's JSON into any type. Strings without escapes may be borrowed from the text.
///
/// # Errors
/// [`ErrorKind::Decode`] if the text is not an item in the service's JSON, or not a `T`. The message begins with the
/// path to what does not fit.
pub fn from_dynamodb_json<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    Ok(decode_item(text.as_bytes())?)
}

/// A struct or map as an [`Item`]. A field that is `None` is left out.
///
/// # Errors
/// Those of [`to_dynamodb_json`].
pub fn to_item<T: Serialize + ?Sized>(value: &T) -> Result<Item, Error> {
    let mut json = Vec::with_capacity(256);
    encode_item(&mut json, value, EncodeOptions::default())?;
    Ok(decode_item(&json)?)
}

/// An [`Item`] as any type.
///
/// # Errors
/// [`ErrorKind::Decode`] if the item is not a `T`; [`ErrorKind::Encode`] if it holds something that no item of the
/// service holds, such as an empty set.
pub fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Error> {
    let mut json = Vec::with_capacity(256);
    encode_item(&mut json, &item, EncodeOptions::default())?;
    Ok(decode_item(&json)?)
}

/// Any value as an [`AttributeValue`]: what the attribute of an item would be. `None` is NULL.
///
/// ```
/// use enhanced_dynamodb::AttributeValue;
/// use enhanced_dynamodb::item::{self, Number};
///
/// assert_eq!(item::to_value(&0.5)?, AttributeValue::N(Number::try_from(0.5)?));
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
///
/// # Errors
/// Those of [`to_dynamodb_json`], except that the value need not be a struct or map.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, Error> {
    let mut json = Vec::new();
    encode_value(&mut json, value, EncodeOptions::default())?;
    Ok(decode_value(&json)?)
}

/// An [`AttributeValue`] as any type.
///
/// # Errors
/// Those of [`from_item`].
pub fn from_value<T: DeserializeOwned>(value: AttributeValue) -> Result<T, Error> {
    let mut json = Vec::new();
    encode_value(&mut json, &value, EncodeOptions::default())?;
    Ok(decode_value(&json)?)
}
