//! Transactions: writes that are applied together or not at all, reads of one moment, and a single write that happens
//! exactly once.
//!
//! The actions of a transaction are the builders of single writes and reads, not sent: with their conditions, typed or
//! as the service's strings.
//!
//! ```
//! use enhanced_dynamodb::{Client, Error, ErrorKind, attr, item};
//!
//! async fn open_session(db: &Client) -> Result<(), Error> {
//!     db.transact_write()
//!         .action(db.put("Sessions", &item! { "id": "session-1", "status": "active" }).condition(attr("id").not_exists()))
//!         .action(db.update("Users").key("id", "user-1").set("sessionCount", attr("sessionCount") + 1))
//!         .send()
//!         .await?;
//!     Ok(())
//! }
//!
//! # #[cfg(feature = "embedded")]
//! # async fn example() -> Result<(), Error> {
//! # use enhanced_dynamodb::table::AttributeType;
//! # let db = Client::embedded().await?;
//! # for table in ["Sessions", "Users"] {
//! #     db.create_table(table).partition_key("id", AttributeType::String).send().await?;
//! # }
//! # db.put("Users", &item! { "id": "user-1", "sessionCount": 0 }).send().await?;
//! open_session(&db).await?;
//! // The session exists now: the second time, neither is written.
//! let error = open_session(&db).await.unwrap_err();
//! assert_eq!(error.kind(), ErrorKind::TransactionCanceled);
//! assert!(error.message().starts_with("action 0 (Put on Sessions): ConditionalCheckFailed"));
//!
//! let found = db
//!     .transact_get()
//!     .action(db.get("Sessions").key("id", "session-1"))
//!     .action(db.get("Users").key("id", "user-1"))
//!     .items::<enhanced_dynamodb::Item>()
//!     .await?;
//! assert_eq!(found[1], Some(item! { "id": "user-1", "sessionCount": 1 }));
//! # Ok(())
//! # }
//! # #[cfg(feature = "embedded")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! # let _ = open_session;
//! ```
//!
//! # When it is cancelled
//!
//! A transaction that is not applied ends as [`ErrorKind::TransactionCanceled`](crate::ErrorKind::TransactionCanceled).
//! [`cancellation_reasons`](crate::Error::cancellation_reasons) has a reason for each action, in the order given; those
//! that were not the cause say `None`. An action that asked for it (`return_item_on_condition_failure`) brings the item
//! that stood in the way.
//!
//! ```
//! use enhanced_dynamodb::{Error, Item};
//!
//! fn explain(error: &Error) -> Result<(), Error> {
//!     for reason in error.cancellation_reasons().iter().filter(|reason| reason.is_cause()) {
//!         let (operation, table) = (reason.operation.unwrap_or_default(), reason.table.as_deref().unwrap_or_default());
//!         println!("{} ({operation} on {table}): {}", reason.index, reason.code);
//!         println!("there was: {}", reason.item::<Item>()?.is_some());
//!     }
//!     Ok(())
//! }
//! # let _ = explain;
//! ```
//!
//! The client retries it only where every cause passes by itself: a conflict with another transaction, a throttle.
//!
//! # What is applied once
//!
//! A transaction of writes carries a token: of the client's own, new for each call, or the caller's
//! ([`TransactWrite::token`]). All attempts of a call have the same, so that after a lost answer it is sent again and not
//! applied a second time. The token holds for ten minutes, in one Region (API reference of TransactWriteItems). A call
//! that may have been applied, and has no attempts or no time left, ends as
//! [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown): with a token of the client's own it cannot be asked
//! about again; with one of the caller's, the same call can.
//!
//! # What it takes
//!
//! - Twice the capacity of the plain writes and of strongly consistent reads (DynamoDB developer guide, "Amazon DynamoDB
//!   Transactions: How it works").
//! - Up to 100 actions, one for each item, 4 MB in all (API reference of TransactWriteItems). What surely breaks that is
//!   an error before anything is sent.
//! - No values come back from a write: `return_values` is refused.
//!
//! PartiQL statements make a transaction too: [`ExecuteTransaction`].
//!
//! One write alone is made safe by `exactly_once()`: [`ExactlyOnce`].

mod action;
mod check;
mod exactly_once;
mod get;
mod responses;
mod same_item;
mod statements;
mod token;
mod write;

pub use action::TransactAction;
pub use check::ConditionCheck;
pub use exactly_once::{ExactlyOnce, ExactlyOnceOutput};
pub use get::{TransactGet, TransactGetAction, TransactGetOutput};
pub use statements::{ExecuteTransaction, ExecuteTransactionOutput};
pub(crate) use token::new_token;
pub use write::{TransactWrite, TransactWriteOutput};
