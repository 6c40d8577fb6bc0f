//! Nodes by their keys: what an index has no copy of, and ancestors whose keys are known.

use std::sync::Arc;

use super::cost::Cost;
use super::plan::Plan;
use super::row::{Row, Wanted};
use crate::error::Error;
use crate::item::AttributeValue;
use crate::operation::BatchGetItem;

/// The nodes with these keys, in their order; those that do not exist are not among them.
pub(super) async fn get_nodes(
    plan: &Plan,
    keys: &[(AttributeValue, Option<AttributeValue>)],
    wanted: &Wanted,
    consistent: bool,
    cost: &mut Cost,
) -> Result<Vec<Row>, Error> {
    let mut batch = BatchGetItem::new(Arc::clone(&plan.core)).consistent_read(&plan.table, consistent);
    *batch.call_options() = plan.options.clone();
    if !plan.projection.is_empty() {
        batch = batch.projection(&plan.table, plan.projected());
    }
    if let Some(capacity) = plan.capacity {
        batch = batch.return_consumed_capacity(capacity);
    }
    for (id, tree) in keys {
        batch = batch.get_written(&plan.table, |out| plan.schema.write_key(out, id, tree.as_ref()));
    }
    let output = batch.all().await?;
    cost.add(u64::from(output.metadata.attempts), &output.consumed_capacity);
    output.raw_items(&plan.table).map(|item| plan.row(&item?, wanted)).collect()
}
