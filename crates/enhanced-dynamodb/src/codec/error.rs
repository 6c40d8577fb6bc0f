//! What can go wrong between a Rust value and its bytes, and where in the value.

use std::fmt;

/// A value that cannot be written as an attribute.
#[derive(Debug)]
pub(crate) struct EncodeError {
    pub(crate) path: String,
    pub(crate) message: String,
}

/// Bytes that cannot be read into a type.
#[derive(Debug)]
pub(crate) struct DecodeError {
    pub(crate) path: String,
    pub(crate) message: String,
}

macro_rules! located {
    ($type:ident) => {
        impl $type {
            pub(crate) fn new(message: impl Into<String>) -> Self {
                $type { path: String::new(), message: message.into() }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.path.is_empty() {
                    f.write_str(&self.message)
                } else {
                    write!(f, "{}: {}", self.path, self.message)
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
}
