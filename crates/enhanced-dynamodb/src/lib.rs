//! A fast, safe and typed Amazon DynamoDB client for AWS Lambda.
#![forbid(unsafe_code)]

mod codec;
pub mod config;
mod crypto;
pub mod error;
mod execute;
pub mod expression;
pub mod item;
mod transport;

pub use error::{Error, ErrorKind};
pub use execute::ReplayClass;
pub use expression::{attr, list_append, path};
pub use item::{AttributeValue, Binary, BinarySet, Item, Number, NumberSet, StringSet};
