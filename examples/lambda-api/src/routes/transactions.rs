//! Up to 100 writes, all of them or none.
//!
//! ```json
//! {
//!   "actions": [
//!     { "put": { "item": { "id": "session-1", "status": "active" }, "if": { "exists": false } } },
//!     { "update": { "id": "user-1", "set": { "status": "busy" }, "add": { "sessionCount": 1 }, "remove": ["note"] } },
//!     { "delete": { "id": "session-0", "if": { "version": 3 } } },
//!     { "check": { "table": "trees", "id": "m1", "if": { "exists": true } } }
//!   ]
//! }
//! ```
//!
//! An `Idempotency-Key` of 1 to 36 characters makes a transaction that is sent again within ten minutes the same one.

use std::collections::BTreeMap;

use enhanced_dynamodb::expression::Condition;
use enhanced_dynamodb::transaction::TransactAction;
use enhanced_dynamodb::{AttributeValue, Error, ErrorKind, Item, Number, attr};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::{Table, checked};
use crate::api::Api;
use crate::failure::Failure;
use crate::json;

/// As many as the service takes.
const MOST_ACTIONS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transaction {
    actions: Vec<Action>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Action {
    Put {
        #[serde(default)]
        table: Table,
        item: Item,
        #[serde(default, rename = "if")]
        condition: Option<If>,
    },
    Update {
        #[serde(default)]
        table: Table,
        id: String,
        #[serde(default)]
        set: BTreeMap<String, AttributeValue>,
        #[serde(default)]
        add: BTreeMap<String, Number>,
        #[serde(default)]
        remove: Vec<String>,
        #[serde(default, rename = "if")]
        condition: Option<If>,
    },
    Delete {
        #[serde(default)]
        table: Table,
        id: String,
        #[serde(default, rename = "if")]
        condition: Option<If>,
    },
    Check {
        #[serde(default)]
        table: Table,
        id: String,
        #[serde(rename = "if")]
        condition: If,
    },
}

/// What must hold.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum If {
    Exists(bool),
    Version(u64),
}

impl If {
    fn condition(self) -> Condition {
        match self {
            If::Exists(true) => attr("id").exists(),
            If::Exists(false) => attr("id").not_exists(),
            If::Version(version) => attr("version").eq(version),
        }
    }
}

pub(crate) async fn write(api: &Api, request: &Request) -> Result<Response<Body>, Failure> {
    let Transaction { actions } = json::body(request)?;
    let count = actions.len();
    if !(1..=MOST_ACTIONS).contains(&count) {
        return Err(Failure::bad_request(format!(
            "A transaction has 1 to {MOST_ACTIONS} actions, this one has {count}."
        )));
    }
    let mut transaction = api.db.transact_write();
    for action in actions {
        transaction = transaction.action(action.into_dynamodb(api)?);
    }
    if let Some(key) = request.headers().get("idempotency-key") {
        let key = key.to_str().map_err(|_| Failure::bad_request("The Idempotency-Key must be plain text."))?;
        transaction = transaction.token(key);
    }
    match transaction.send().await {
        Ok(_) => json::answer(StatusCode::OK, &json!({ "applied": count })),
        Err(error) => Err(refused(error)),
    }
}

impl Action {
    fn into_dynamodb(self, api: &Api) -> Result<TransactAction, Failure> {
        let name = |table: Table| table.name(&api.config);
        Ok(match self {
            Action::Put { table, item, condition } => {
                table.id_of(&api.config, &item)?;
                let put = api.db.put(name(table), &item);
                match condition {
                    Some(condition) => put.condition(condition.condition()).into(),
                    None => put.into(),
                }
            }
            Action::Update { table, id, set, add, remove, condition } => {
                check_changes(table, &set, &add, &remove)?;
                let mut update = api.db.update(name(table)).key("id", checked(id)?);
                for (attribute, value) in set {
                    update = update.set(attr(attribute), value);
                }
                for (attribute, number) in add {
                    update = update.add(attr(attribute), number);
                }
                for attribute in remove {
                    update = update.remove(attr(attribute));
                }
                match condition {
                    Some(condition) => update.condition(condition.condition()).into(),
                    None => update.into(),
                }
            }
            Action::Delete { table, id, condition } => {
                let delete = api.db.delete(name(table)).key("id", checked(id)?);
                match condition {
                    Some(condition) => delete.condition(condition.condition()).into(),
                    None => delete.into(),
                }
            }
            Action::Check { table, id, condition } => {
                api.db.condition_check(name(table)).key("id", checked(id)?).condition(condition.condition()).into()
            }
        })
    }
}

/// # Errors
/// 400 if nothing is changed, something twice, or a key.
fn check_changes(
    table: Table,
    set: &BTreeMap<String, AttributeValue>,
    add: &BTreeMap<String, Number>,
    remove: &[String],
) -> Result<(), Failure> {
    let mut changed: Vec<&str> = set.keys().chain(add.keys()).chain(remove).map(String::as_str).collect();
    if changed.is_empty() {
        return Err(Failure::bad_request("An update needs something to set, add or remove."));
    }
    // A message that gets another parent is moved, which takes more than an update.
    if changed.iter().any(|name| *name == "id" || name.is_empty() || table == Table::Trees && *name == "parent") {
        return Err(Failure::bad_request("An update changes no id and no parent."));
    }
    let count = changed.len();
    changed.sort_unstable();
    changed.dedup();
    if changed.len() < count {
        return Err(Failure::bad_request("An update changes an attribute in one way."));
    }
    Ok(())
}

/// A transaction that was cancelled is told with the reason of each action, unless it was throttled.
fn refused(error: Error) -> Failure {
    if error.kind() != ErrorKind::TransactionCanceled || error.is_throttling() {
        return error.into();
    }
    let reasons: Vec<Value> = error
        .cancellation_reasons()
        .iter()
        .map(|reason| json!({ "index": reason.index, "action": reason.operation, "code": reason.code }))
        .collect();
    Failure::from(error).with_details("reasons", reasons.into())
}
