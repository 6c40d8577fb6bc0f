//! What can go wrong between a Rust value and its bytes, and where in the value.
//!
//! The path (`messages[3].author.name`) is put together only when an error happens: each level that the error passes
//! on its way out puts its own segment in front. No message holds an attribute's value: errors end up in logs.

use std::fmt;

use serde::de::{Expected, Unexpected};

/// A value that cannot be written as an attribute.
#[derive(Debug)]
pub(crate) struct EncodeError(Box<Located>);

/// Bytes that cannot be read into a type.
#[derive(Debug)]
pub(crate) struct DecodeError(Box<Located>);

// Boxed, so that a `Result` on the way through serde is one or two words.
#[derive(Debug)]
struct Located {
    path: String,
    message: String,
}

/// A name longer than this is cut in a path: the service allows names of 64 KB.
const LONGEST_SEGMENT: usize = 100;

impl Located {
    #[cold]
    fn new(message: String) -> Box<Self> {
        Box::new(Located { path: String::new(), message })
    }

    #[cold]
    fn prepend_key(&mut self, key: &str) {
        let plain = !key.is_empty()
            && key.len() <= LONGEST_SEGMENT
            && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '#' | '@'));
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        if plain {
            self.path = format!("{key}{separator}{}", self.path);
        } else {
            let cut = key.char_indices().nth(LONGEST_SEGMENT).map_or(key.len(), |(at, _)| at);
            let more = if cut < key.len() { "…" } else { "" };
            self.path = format!("[\"{}{more}\"]{separator}{}", key[..cut].escape_debug(), self.path);
        }
    }

    #[cold]
    fn prepend_index(&mut self, index: usize) {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{separator}{}", self.path);
    }
}

macro_rules! located {
    ($type:ident) => {
        impl $type {
            #[cold]
            pub(crate) fn new(message: impl Into<String>) -> Self {
                $type(Located::new(message.into()))
            }

            /// The error, one level further out: under this attribute, field or map key.
            #[cold]
            pub(crate) fn in_key(mut self, key: &str) -> Self {
                self.0.prepend_key(key);
                self
            }

            /// The error, one level further out: in this element of a list or set.
            #[cold]
            pub(super) fn in_element(mut self, index: usize) -> Self {
                self.0.prepend_index(index);
                self
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.0.path.is_empty() {
                    f.write_str(&self.0.message)
                } else {
                    write!(f, "{}: {}", self.0.path, self.0.message)
                }
            }
        }

        impl std::error::Error for $type {}
    };
}

located!(EncodeError);
located!(DecodeError);

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        EncodeError::new(message.to_string())
    }
}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DecodeError::new(message.to_string())
    }

    // serde's own words would show the value.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::new(format!("expected {expected}, found {}", kind_of(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        DecodeError::new(format!("expected {expected}, found {} that is not", kind_of(found)))
    }

    // The variant is the text of an attribute, a tag for example.
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        DecodeError::new(format!("expected one of the variants {}, found another", expected.join(", ")))
    }
}

/// What was found, in the service's terms.
fn kind_of(found: Unexpected<'_>) -> &str {
    match found {
        Unexpected::Bool(_) => "BOOL",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "N",
        Unexpected::Char(_) | Unexpected::Str(_) => "S",
        Unexpected::Bytes(_) => "B",
        Unexpected::Unit | Unexpected::Option => "NULL",
        Unexpected::Seq => "L",
        Unexpected::Map => "M",
        Unexpected::NewtypeStruct => "a newtype struct",
        Unexpected::Enum => "an enum",
        Unexpected::UnitVariant => "a variant without data",
        Unexpected::NewtypeVariant => "a variant with one value",
        Unexpected::TupleVariant => "a variant with a list of values",
        Unexpected::StructVariant => "a variant with fields",
        Unexpected::Other(what) => what,
    }
}
