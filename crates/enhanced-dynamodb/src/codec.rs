//! serde ⇄ DynamoDB JSON bytes, nothing in between.
//!
//! [`encode_item`] and [`encode_value`] write a serde type as the service's JSON straight into a request body;
//! [`decode_item`] and [`decode_value`] read one straight out of a response. [`Reader`] walks the parts of a response
//! around the items.

mod de;
mod error;
mod reader;
mod ser;

pub(crate) use de::{decode_item, decode_value};
pub(crate) use error::{DecodeError, EncodeError};
pub(crate) use reader::Reader;
pub(crate) use ser::{EncodeOptions, encode_item, encode_value, json_string};
