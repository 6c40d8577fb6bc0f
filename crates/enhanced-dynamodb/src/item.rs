//! Values where there is no Rust type for them, and the types that serde's data model lacks: numbers of 38 digits,
//! typed sets, bytes.
//!
//! Any `Serialize` and `Deserialize` type is an item; nothing here is needed for that. Reach for
//!
//! - [`Item`] and [`AttributeValue`] where items have no common shape, made with [`item!`](crate::item!);
//! - [`Number`] where a float or an `i64` would lose digits;
//! - [`StringSet`], [`NumberSet`], [`BinarySet`], or the modules [`string_set`], [`number_set`], [`binary_set`] on a
//!   field of the standard library's types, where an attribute is a set: `ADD` and `DELETE` need that, and a
//!   `HashSet` alone is stored as a list;
//! - [`Binary`], or the module [`bytes`] on a `Vec<u8>`, where an attribute is B: a `Vec<u8>` alone is stored as a
//!   list of numbers.
//!
//! ```
//! use std::collections::HashSet;
//! use enhanced_dynamodb::item::{self, Number};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, Debug, PartialEq)]
//! struct Product {
//!     id: String,
//!     price: Number,
//!     #[serde(with = "enhanced_dynamodb::item::string_set", default, skip_serializing_if = "HashSet::is_empty")]
//!     tags: HashSet<String>,
//!     #[serde(with = "enhanced_dynamodb::item::bytes")]
//!     checksum: Vec<u8>,
//! }
//!
//! let product = Product {
//!     id: "p1".to_owned(),
//!     price: "19.990000000000000000000000000000000001".parse()?,
//!     tags: HashSet::from(["new".to_owned()]),
//!     checksum: vec![1, 2, 3],
//! };
//! let json = item::to_dynamodb_json(&product)?;
//! assert_eq!(
//!     json,
//!     r#"{"id":{"S":"p1"},"price":{"N":"19.990000000000000000000000000000000001"},"tags":{"SS":["new"]},"checksum":{"B":"AQID"}}"#
//! );
//! assert_eq!(item::from_dynamodb_json::<Product>(&json)?, product);
//! # Ok::<(), enhanced_dynamodb::Error>(())
//! ```
//!
//! The modules for fields take the type itself or an `Option` of it; `None` is left out when it is written. serde asks
//! for `#[serde(default)]` where the attribute may be missing when it is read. An empty set cannot be stored: a field
//! that may be empty says `skip_serializing_if`, as above.
//!
//! # In other formats
//!
//! Written to JSON (or any other serde format) these types are plain data, as a DocumentClient gives it: a number is a
//! JSON number where that is exactly the same and its digits as a string where not, a set is an array, bytes are
//! base64 text. `serde_json::to_value(&item)` therefore gives what a web API would answer.
//!
//! # What serde's `flatten` forgets
//!
//! serde reads the fields of a struct with `#[serde(flatten)]`, and untagged and internally tagged enums, through a
//! buffer of its own that knows no DynamoDB types. In there, a set becomes a list, and a number that neither a 64-bit
//! integer nor a float holds exactly becomes its digits as a string: [`Number`] reads them without loss, an
//! [`AttributeValue`] or [`Item`] takes them for an S. Read an item whole as an [`Item`] where its exact types matter.

mod binary;
pub mod bytes;
mod convert;
mod macros;
mod number;
mod plain;
mod set;
mod text;
mod value;
mod with;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

pub use binary::Binary;
pub use number::Number;
pub(crate) use number::Plain;
pub use set::{BinarySet, NumberSet, StringSet};
pub use text::{
    from_dynamodb_json, from_item, from_value, to_dynamodb_json, to_dynamodb_json_keeping_nulls, to_item, to_value,
};
pub use value::AttributeValue;
pub use with::{binary_set, number_set, string_set};

/// An item, or a map inside one: attributes by name.
///
/// It is a [`BTreeMap`] with a few shorthands. Indexing gives [`AttributeValue::Null`] for an attribute that is not
/// there, so that a path can be followed without checks.
///
/// ```
/// use enhanced_dynamodb::item;
///
/// let message = item! { "id": "m1", "count": 3, "author": { "name": "Ada" }, "parent": null };
/// assert_eq!(message.get_s("id"), Some("m1"));
/// assert_eq!(message.get_n("count").and_then(|count| count.to_i64()), Some(3));
/// assert_eq!(message["author"]["name"].as_s(), Some("Ada"));
/// assert!(message["author"]["email"].is_null());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Item(BTreeMap<String, AttributeValue>);

impl Item {
    /// An item without attributes.
    #[must_use]
    pub fn new() -> Self {
        Item::default()
    }

    /// Sets an attribute and gives back its former value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<AttributeValue>) -> Option<AttributeValue> {
        self.0.insert(name.into(), value.into())
    }

    /// The attribute's text, if it is an S.
    #[must_use]
    pub fn get_s(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_s()
    }

    /// The attribute's number, if it is an N.
    #[must_use]
    pub fn get_n(&self, name: &str) -> Option<Number> {
        self.0.get(name)?.as_n()
    }

    /// The attribute's bytes, if it is a B.
    #[must_use]
    pub fn get_b(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name)?.as_b()
    }

    /// The attribute, if it is a BOOL.
    #[must_use]
    pub fn get_bool(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// The attribute, if it is an M.
    #[must_use]
    pub fn get_m(&self, name: &str) -> Option<&Item> {
        self.0.get(name)?.as_m()
    }

    /// The attribute's elements, if it is an L.
    #[must_use]
    pub fn get_l(&self, name: &str) -> Option<&[AttributeValue]> {
        self.0.get(name)?.as_l()
    }

    /// The item as the service's JSON: `{"id":{"S":"m1"}, …}`.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) if a set is empty or something is nested deeper than 32 levels.
    pub fn to_dynamodb_json(&self) -> Result<String, crate::Error> {
        text::to_dynamodb_json(self)
    }

    /// Reads an item from the service's JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the text is not an item in the service's JSON.
    pub fn from_dynamodb_json(text: &str) -> Result<Self, crate::Error> {
        text::from_dynamodb_json(text)
    }

    /// The map itself.
    #[must_use]
    pub fn into_inner(self) -> BTreeMap<String, AttributeValue> {
        self.0
    }
}

impl Deref for Item {
    type Target = BTreeMap<String, AttributeValue>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Item {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::ops::Index<&str> for Item {
    type Output = AttributeValue;

    fn index(&self, name: &str) -> &AttributeValue {
        self.0.get(name).unwrap_or(&AttributeValue::Null)
    }
}

impl From<BTreeMap<String, AttributeValue>> for Item {
    fn from(attributes: BTreeMap<String, AttributeValue>) -> Self {
        Item(attributes)
    }
}

impl<K: Into<String>, V: Into<AttributeValue>> FromIterator<(K, V)> for Item {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(attributes: I) -> Self {
        Item(attributes.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<K: Into<String>, V: Into<AttributeValue>> Extend<(K, V)> for Item {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, attributes: I) {
        self.0.extend(attributes.into_iter().map(|(name, value)| (name.into(), value.into())));
    }
}

impl IntoIterator for Item {
    type Item = (String, AttributeValue);
    type IntoIter = std::collections::btree_map::IntoIter<String, AttributeValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Item {
    type Item = (&'a String, &'a AttributeValue);
    type IntoIter = std::collections::btree_map::Iter<'a, String, AttributeValue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
