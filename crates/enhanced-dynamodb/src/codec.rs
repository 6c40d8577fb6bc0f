//! serde ⇄ DynamoDB JSON bytes, nothing in between.
//!
//! [`encode_item`] and [`encode_value`] write a serde type as the service's JSON straight into a request body;
//! [`decode_item`] and [`decode_value`] read one straight out of a response. [`Reader`] walks the parts of a response
//! around the items.
//!
//! # How serde's types are stored
//!
//! | Rust | DynamoDB |
//! |---|---|
//! | strings, `char`, enum variants without data | S |
//! | integers up to 38 digits, finite floats | N |
//! | bytes (`serde_bytes`, `Binary`) | B |
//! | `bool` | BOOL |
//! | `()`, unit structs, `None` in a list | NULL |
//! | structs, maps, enum variants with data | M |
//! | sequences, tuples, `Vec<u8>` without an attribute | L |
//! | the set types of [`item`](crate::item) | SS NS BS |
//!
//! A field or map value that is `None` is left out, or kept as NULL with [`EncodeOptions::keep_nulls`]. The types of
//! `item` tell the codec what they are by the name of their newtype struct ([`token`]), so that they keep their exact
//! DynamoDB type here and are plain data in every other serde format.

mod de;
mod descriptor;
mod error;
mod reader;
mod ser;
mod text;
pub(crate) mod token;

pub(crate) use de::{decode_item, decode_value};
pub(crate) use descriptor::Descriptor;
pub(crate) use error::{DecodeError, EncodeError};
pub(crate) use reader::{Members, Reader, member, members};
pub(crate) use ser::{EncodeOptions, encode_item, encode_value};
pub(crate) use text::{find_quote_or_backslash, json_name, json_string, json_string_between};

/// The service stores values of up to 32 levels: an attribute of an item is level 1, its elements are level 2, and
/// so on (Amazon DynamoDB Developer Guide, "Constraints in Amazon DynamoDB", nested attribute depth). Containers on a
/// deeper level are refused before they are sent.
const ENCODE_LEVELS: u8 = 32;

/// What is read may be a little deeper than what the service stores: other engines count by a level or two differently,
/// or stop later (ScyllaDB's Alternator at 39). The bound exists so that a response cannot exhaust the stack: an `Item`
/// this deep takes less than 192 KiB of it without optimisation.
const DECODE_LEVELS: u8 = 40;
