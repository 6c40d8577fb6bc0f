//! A web API on DynamoDB as one Lambda function: items, trees, batches, transactions and a health check, behind API
//! Gateway (REST and HTTP APIs) or a function URL.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET /items?limit=&cursor=` | 200 with a page of items and the cursor of the next one |
//! | `POST /items` | 201 with the item; 409 if the id is taken |
//! | `GET /items/{id}` | 200 with the item; 404 |
//! | `PUT /items/{id}` | 200 with the item in its next version; 409 if the version in the body is not the stored one |
//! | `DELETE /items/{id}` | 204; 404 |
//! | `GET /trees/{id}?maxDepth=&includeMetadata=` | 200 with the nested tree; 404 without a root |
//! | `POST /batch` | 200 with the outcome of each operation that was not written |
//! | `POST /transactions` | 200 if all was applied; 409 with a reason for each action if nothing was |
//! | `GET /health` | 200 if both tables can be used; 503 |
//!
//! Every other outcome has a status too: [`failure`] lists them.
#![forbid(unsafe_code)]

mod api;
pub mod config;
mod cors;
pub mod failure;
mod json;
#[cfg(feature = "local")]
pub mod local;
mod log;
mod router;
mod routes;

pub use api::Api;
pub use config::Config;
