//! Modules for `#[serde(with = "…")]`: the standard library's collections as the service's sets; [`bytes`](super::bytes)
//! is their sibling.
//!
//! Each takes the type itself or an `Option` of it; `None` is left out when it is written. serde asks for
//! `#[serde(default)]` where the attribute may be missing when it is read. An empty set cannot be stored, so a field
//! that may be empty says `skip_serializing_if` as well:
//!
//! ```
//! use std::collections::BTreeSet;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct User {
//!     id: String,
//!     #[serde(with = "enhanced_dynamodb::item::number_set", default, skip_serializing_if = "BTreeSet::is_empty")]
//!     lucky: BTreeSet<i64>,
//!     #[serde(with = "enhanced_dynamodb::item::bytes", default)]
//!     avatar: Option<Vec<u8>>,
//! }
//! ```

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// What a token promises: the type behind it, with nothing changed.
struct Behind<T> {
    expected: &'static str,
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Behind<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

macro_rules! module {
    ($(#[$meta:meta])* $module:ident $token:ident $descriptor:literal) => {
        $(#[$meta])*
        pub mod $module {
            use super::{Behind, Deserialize, Deserializer, PhantomData, Serialize, Serializer};
            use crate::codec::token;

            /// Writes the value.
            ///
            /// # Errors
            /// The serializer's own.
            pub fn serialize<T: Serialize + ?Sized, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(token::$token, value)
            }

            /// Reads the value.
            ///
            /// # Errors
            /// If the attribute is of another type.
            pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
                deserializer.deserialize_newtype_struct(
                    token::$token,
                    Behind { expected: $descriptor, value: PhantomData },
                )
            }
        }
    };
}

module! {
    /// A collection whose elements serialise as strings (`HashSet<String>`, `Vec<Uuid>`, `BTreeSet<Colour>`), as SS.
    string_set STRING_SET "SS"
}

module! {
    /// A collection of numbers (`BTreeSet<i64>`, `Vec<f64>`, `HashSet<Number>`), as NS.
    number_set NUMBER_SET "NS"
}

module! {
    /// A collection of bytes (`HashSet<Vec<u8>>`, `BTreeSet<[u8; 32]>`), as BS.
    binary_set BINARY_SET "BS"
}
