//! Whether the tables can be used. Each is described, never scanned; it takes 2 s at most.

use enhanced_dynamodb::table::Health;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use serde_json::{Value, json};

use crate::api::Api;
use crate::failure::Failure;
use crate::json;

pub(crate) async fn check(api: &Api) -> Result<Response<Body>, Failure> {
    let (items, trees) =
        tokio::join!(api.db.health(&api.config.table).send(), api.db.health(&api.config.tree_table).send(),);
    let tables = json!({ "items": shown(&items), "trees": shown(&trees) });
    if items.healthy && trees.healthy {
        return json::answer(StatusCode::OK, &json!({ "healthy": true, "tables": tables }));
    }
    let why = [items, trees].iter().filter(|table| !table.healthy).map(Health::to_string).collect::<Vec<_>>().join(" ");
    Err(Failure::unavailable(why).with_details("tables", tables))
}

/// Without the names of tables and endpoints: anybody may ask.
fn shown(health: &Health) -> Value {
    let error = health.problem.as_ref().and_then(|problem| problem.error.as_ref());
    let mut shown = json!({ "healthy": health.healthy, "latencyMs": health.latency.as_secs_f64() * 1_000.0 });
    if let Some(status) = &health.table_status {
        shown["status"] = format!("{status:?}").into();
    }
    if let Some(error) = error {
        shown["code"] = error.code().into();
    }
    shown
}
