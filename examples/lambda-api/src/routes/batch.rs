//! Any number of puts and deletes, each with its own outcome.
//!
//! ```json
//! {
//!   "operations": [
//!     { "type": "put", "item": { "id": "1", "name": "Item 1" } },
//!     { "type": "put", "table": "trees", "item": { "id": "m2", "parent": "m1" } },
//!     { "type": "delete", "key": { "id": "3" } }
//!   ]
//! }
//! ```

use enhanced_dynamodb::batch::{BatchOperation, BatchOutcome, Unwritten};
use enhanced_dynamodb::{Item, key};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::{self, Table};
use crate::api::Api;
use crate::config::Config;
use crate::failure::Failure;
use crate::json;

/// In how many requests an operation may be without being done; then it is left over, and the caller's to send again.
const REQUESTS: u32 = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Operation {
    Put {
        #[serde(default)]
        table: Table,
        item: Item,
    },
    Delete {
        #[serde(default)]
        table: Table,
        key: Key,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
}

pub(crate) async fn write(api: &Api, request: &Request) -> Result<Response<Body>, Failure> {
    let Batch { operations } = json::body(request)?;
    if operations.is_empty() {
        return Err(Failure::bad_request("A batch needs operations, this one has none."));
    }
    let operations = operations.into_iter().map(|operation| operation.into_dynamodb(&api.config));
    let operations = operations.collect::<Result<Vec<_>, _>>()?;
    let outcome = api.db.batch_operations(operations).give_up_after(REQUESTS).send().await?;
    let (written, told) = (outcome.written, told(&outcome));
    match outcome.into_result() {
        Ok(_) => json::answer(StatusCode::OK, &told),
        Err(error) => {
            let failure = Failure::from(error);
            // Nothing is written, and it is not for the operations: the whole request is to be sent again, or to be
            // looked into.
            if written == 0 && !failure.is_callers() {
                return Err(failure.with_details("outcome", told));
            }
            failure.log(request);
            json::answer(StatusCode::OK, &told)
        }
    }
}

impl Operation {
    fn into_dynamodb(self, config: &Config) -> Result<BatchOperation, Failure> {
        Ok(match self {
            Operation::Put { table, item } => {
                table.id_of(config, &item)?;
                BatchOperation::put(table.name(config), &item)
            }
            Operation::Delete { table, key: Key { id } } => {
                BatchOperation::delete(table.name(config), &key! { "id": keys::checked(id)? })
            }
        })
    }
}

/// What became of the operations. What is left over can be sent again as it is, what has failed cannot.
fn told(outcome: &BatchOutcome) -> Value {
    let list = |unwritten: &[Unwritten]| unwritten.iter().map(one).collect::<Vec<_>>();
    json!({
        "written": outcome.written,
        "failed": list(&outcome.failures),
        "leftOver": list(&outcome.leftovers),
        "notListed": outcome.not_kept,
    })
}

fn one(unwritten: &Unwritten) -> Value {
    let mut told = Failure::of(unwritten.error()).to_json();
    told["index"] = unwritten.index().into();
    told
}
