//! A fast, safe and typed Amazon DynamoDB client for AWS Lambda.
#![forbid(unsafe_code)]

mod client;
mod codec;
pub mod config;
mod crypto;
pub mod error;
mod execute;
pub mod expression;
pub mod item;
mod observe;
pub mod operation;
pub mod table;
mod transport;
pub mod tree;

pub use client::Client;
pub use config::{Credentials, Options};
pub use error::{Error, ErrorKind};
pub use execute::{Metadata, Replay, ReplayClass};
pub use expression::{attr, list_append, path};
pub use item::{AttributeValue, Binary, BinarySet, Item, Number, NumberSet, StringSet};
pub use observe::{PoolStats, Stats};
pub use tree::Tree;
