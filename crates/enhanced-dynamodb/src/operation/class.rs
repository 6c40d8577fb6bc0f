//! What is known of an operation by its name alone: whether it works on items, and what sending it twice would do.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use serde_json::Value;

use super::statement::is_select;
use crate::execute::ReplayClass;

/// Whether the operation works on items rather than on tables, backups and the like.
pub(crate) fn is_data_plane(operation: &str) -> bool {
    matches!(
        operation,
        "GetItem"
            | "PutItem"
            | "UpdateItem"
            | "DeleteItem"
            | "Query"
            | "Scan"
            | "BatchGetItem"
            | "BatchWriteItem"
            | "TransactGetItems"
            | "TransactWriteItems"
            | "ExecuteStatement"
            | "BatchExecuteStatement"
            | "ExecuteTransaction"
    )
}

/// The class of an operation given as JSON. What is not known to be safe is not.
pub(crate) fn replay_class(operation: &str, parameters: &Value) -> ReplayClass {
    match operation {
        "GetItem" | "Query" | "Scan" | "BatchGetItem" | "TransactGetItems" | "GetResourcePolicy" => ReplayClass::Read,
        "PutItem" | "DeleteItem" | "BatchWriteItem" | "TagResource" | "UntagResource" => ReplayClass::Idempotent,
        _ if has_token(operation, parameters) => ReplayClass::Idempotent,
        "ExecuteStatement" if is_select(statement(parameters)) => ReplayClass::Read,
        _ if operation.starts_with("Describe") || operation.starts_with("List") => ReplayClass::Read,
        _ => ReplayClass::NonIdempotent,
    }
}

/// Whether the request carries a token, which the service applies once in ten minutes.
pub(crate) fn has_token(operation: &str, parameters: &Value) -> bool {
    matches!(operation, "TransactWriteItems" | "ExecuteTransaction")
        && parameters.get("ClientRequestToken").is_some_and(|token| !token.is_null())
}

fn statement(parameters: &Value) -> &str {
    parameters.get("Statement").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::replay_class;
    use crate::execute::ReplayClass::{Idempotent, NonIdempotent, Read};
    use serde_json::json;

    #[test]
    fn each_operation_has_its_replay_class() {
        let none = json!({});
        let cases = [
            ("GetItem", &none, Read),
            ("Query", &none, Read),
            ("Scan", &none, Read),
            ("BatchGetItem", &none, Read),
            ("TransactGetItems", &none, Read),
            ("DescribeTable", &none, Read),
            ("ListTables", &none, Read),
            ("GetResourcePolicy", &none, Read),
            ("PutItem", &none, Idempotent),
            ("DeleteItem", &none, Idempotent),
            ("BatchWriteItem", &none, Idempotent),
            ("TagResource", &none, Idempotent),
            ("TransactWriteItems", &json!({ "ClientRequestToken": "t" }), Idempotent),
            ("TransactWriteItems", &none, NonIdempotent),
            ("ExecuteStatement", &json!({ "Statement": " select * from T" }), Read),
            ("ExecuteStatement", &json!({ "Statement": "UPDATE T SET n = n + 1 WHERE id = 'a'" }), NonIdempotent),
            ("ExecuteStatement", &none, NonIdempotent),
            ("BatchExecuteStatement", &none, NonIdempotent),
            ("UpdateItem", &none, NonIdempotent),
            ("CreateTable", &none, NonIdempotent),
            ("SomethingNew", &none, NonIdempotent),
        ];
        for (operation, parameters, class) in cases {
            assert_eq!(replay_class(operation, parameters), class, "{operation} {parameters}");
        }
    }
}
