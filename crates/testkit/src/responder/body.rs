//! Bodies that are taken apart and made: batches with leftovers, cancelled transactions.

use serde_json::{Map, Value, json};

/// Splits a batch's body after its first `applied` entries, tables in the order of their names: what is to be applied (`None` if
/// nothing is), and what is left over.
pub(super) fn split_batch(body: &Value, applied: usize) -> (Option<Value>, Value) {
    let mut room = applied;
    let mut first = Map::new();
    let mut left = Map::new();
    for (table, entries) in body.get("RequestItems").and_then(Value::as_object).into_iter().flatten() {
        let keys = entries.get("Keys").and_then(Value::as_array);
        let Some(list) = keys.or(entries.as_array()) else { continue };
        let (now, later) = list.split_at(room.min(list.len()));
        room -= now.len();
        let with = |part: &[Value]| {
            if keys.is_none() {
                return json!(part);
            }
            let mut entries = entries.clone();
            entries["Keys"] = json!(part);
            entries
        };
        if !now.is_empty() {
            first.insert(table.clone(), with(now));
        }
        if !later.is_empty() {
            left.insert(table.clone(), with(later));
        }
    }
    let first = (!first.is_empty()).then(|| {
        let mut body = body.clone();
        body["RequestItems"] = Value::Object(first);
        body
    });
    (first, Value::Object(left))
}

/// The answer of a batch, with what was left over added to what the engine itself left.
pub(super) fn with_leftovers(operation: &str, mut answer: Value, left: Value) -> Value {
    let member = if operation == "BatchGetItem" { "UnprocessedKeys" } else { "UnprocessedItems" };
    let mut merged = answer.get(member).and_then(Value::as_object).cloned().unwrap_or_default();
    for (table, entries) in left.as_object().into_iter().flatten() {
        match merged.get_mut(table) {
            Some(Value::Array(own)) => own.extend(entries.as_array().into_iter().flatten().cloned()),
            Some(own) if own.get("Keys").is_some() => {
                if let (Some(own), Some(keys)) = (own["Keys"].as_array_mut(), entries["Keys"].as_array()) {
                    own.extend(keys.iter().cloned());
                }
            }
            _ => {
                merged.insert(table.clone(), entries.clone());
            }
        }
    }
    answer[member] = Value::Object(merged);
    answer
}

/// What the service answers to a batch of which it applied nothing.
pub(super) fn nothing_applied(operation: &str) -> Value {
    if operation == "BatchGetItem" { json!({ "Responses": {} }) } else { json!({}) }
}

/// A cancelled transaction: this reason at these positions, `None` at all others of the request.
pub(super) fn cancelled(request: &Value, code: &str, message: &str, at: &[usize]) -> Value {
    let items = ["TransactItems", "TransactStatements"];
    let count = items.iter().find_map(|member| request.get(member)?.as_array()).map_or(0, Vec::len);
    let reasons: Vec<Value> = (0..count)
        .map(|position| match at.contains(&position) {
            true => json!({ "Code": code, "Message": message }),
            false => json!({ "Code": "None" }),
        })
        .collect();
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
        "CancellationReasons": reasons,
    })
}
