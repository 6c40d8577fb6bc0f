//! A fast, safe and typed Amazon DynamoDB client for AWS Lambda.
//!
//! An item is any type that serde can write and read. A call is a short chain that ends with `send` (or `item`, `items`,
//! `pages`). An [`Error`] is one line that says what happened, and what to do.
//!
//! ```
//! use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
//! use enhanced_dynamodb::{Client, Error, Tree, attr};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Message {
//!     id: String,
//!     parent: Option<String>,
//!     text: String,
//! }
//!
//! async fn converse(db: &Client) -> Result<(), Error> {
//!     db.create_table("Messages")
//!         .partition_key("id", AttributeType::String)
//!         .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
//!         .send()
//!         .await?;
//!     db.wait_until_active("Messages").send().await?;
//!
//!     let question = Message { id: "m1".into(), parent: None, text: "Why is it cold?".into() };
//!     let answer = Message { id: "m2".into(), parent: Some("m1".into()), text: "Try the valve.".into() };
//!     for message in [&question, &answer] {
//!         db.put("Messages", message).condition(attr("id").not_exists()).send().await?;
//!     }
//!     db.update("Messages").key("id", "m1").set("text", "Why is the radiator cold?").send().await?;
//!
//!     let found: Option<Message> = db.get("Messages").key("id", "m1").item().await?;
//!     assert_eq!(found.map(|message| message.text).as_deref(), Some("Why is the radiator cold?"));
//!
//!     let replies: Vec<Message> =
//!         db.query("Messages").index("parent-index").partition("parent", "m1").items().try_collect().await?;
//!     assert_eq!(replies.len(), 1);
//!
//!     let tree: Tree<Message> = db.read_tree("Messages", "m1").max_depth(10).send().await?;
//!     assert_eq!((tree.metadata().node_count, tree.metadata().depth), (2, 1));
//!     Ok(())
//! }
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! #     converse(&Client::embedded().await?).await
//! # }).unwrap();
//! # let _ = converse;
//! ```
//!
//! # Which client
//!
//! - In a Lambda function: [`Client::shared`], one for the process, configured by variables.
//!   [`Client::shared_with`] says options in code.
//! - For another account, Region or endpoint: [`Client::builder`].
//! - In tests and on your machine: `Client::embedded`, a DynamoDB engine in the process (feature `embedded`); or
//!   DynamoDB Local by [`Options::local`].
//!
//! A client lives on [tokio](https://docs.rs/tokio), with its timer and its network enabled.
//!
//! # Where to go next
//!
//! | Room | What is in it |
//! |---|---|
//! | [`Client`] | every call, by name |
//! | [`operation`] | what a request can say, and what comes back |
//! | [`expression`] | conditions, updates, filters, keys, projections |
//! | [`item`](mod@item) | items without a type, numbers, sets, binaries; [`item!`] and [`key!`] |
//! | [`batch`] | any number of puts and deletes, each accounted for; any number of reads; deleting what a query finds |
//! | [`tree`] | trees of items that name their parent |
//! | [`transaction`] | writes that are applied together or not at all; a write that is applied exactly once |
//! | [`table`] | making, ensuring, describing, changing, deleting tables; time to live; tags; health |
//! | [`config`] | every option and variable with its default |
//! | [`deadline`] | a deadline for all calls of a task |
//! | [`error`] | what can go wrong, and how it is told |
//!
//! # Writes are not lost, and not applied twice
//!
//! When an answer is lost, nobody knows whether a write was applied. A call that leaves the same behind applied once or
//! twice is sent again. Any other (a counter raised, a list appended to) ends as [`ErrorKind::OutcomeUnknown`], unless
//! [`Replay::Always`] says otherwise. [`ReplayClass`] tells which is which. A counter that must be right is raised with
//! [`exactly_once`](operation::UpdateItem::exactly_once).
//!
//! # Features
//!
//! | Feature | On by default | What it does |
//! |---|---|---|
//! | `ring` | yes | TLS (AES-GCM; certificates of RSA, P-256 and P-384) and digests by `ring` |
//! | `aws-lc-rs` | | TLS and digests by AWS-LC; where `ring` is on too, AWS-LC is used |
//! | `fips` | | the FIPS-validated build of AWS-LC; needs CMake and Go |
//! | `embedded` | | `Client::embedded`: a DynamoDB engine in the process |
//! | `lambda` | | `lambda`: deadlines from the invocation's context, metrics, SnapStart, for `lambda_runtime` and `lambda_http` |
//! | `aws-config` | | the AWS SDK's credential chain: roles, SSO, processes, web identity, instance metadata |
//! | `sdk` | | `Client::sdk`: a client of the AWS SDK for Rust on the same sockets, credentials and endpoint; needs Rust 1.94.1 |
#![forbid(unsafe_code)]

pub mod batch;
mod client;
mod codec;
pub mod config;
mod crypto;
pub mod deadline;
pub mod error;
mod execute;
pub mod expression;
pub mod item;
mod keys;
#[cfg(feature = "lambda")]
pub mod lambda;
mod observe;
pub mod operation;
pub mod table;
pub mod transaction;
mod transport;
pub mod tree;

pub use client::Client;
pub use config::{Credentials, Hedge, Options};
pub use error::{Error, ErrorKind};
pub use execute::{Metadata, Replay, ReplayClass};
pub use expression::{attr, list_append, path};
pub use item::{AttributeValue, Binary, BinarySet, Item, Number, NumberSet, StringSet};
pub use keys::KeySchema;
pub use observe::{PoolStats, Retries, Stats, TableCapacity, Throttles};
pub use tree::Tree;

/// The Rust of the documents that stand beside the code, compiled and run as documentation tests.
#[cfg(all(doctest, feature = "embedded"))]
#[allow(rustdoc::invalid_codeblock_attributes, reason = "`no-run` marks what the check of README must not run")]
mod documents {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/from-typescript.md")]
    struct FromTypescript;
}
