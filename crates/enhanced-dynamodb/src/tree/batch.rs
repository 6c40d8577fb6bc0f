//! Nodes by their keys: what an index has no copy of, and ancestors whose keys are known.

use bytes::Bytes;

use super::cost::Cost;
use super::plan::Plan;
use super::row::{Row, Wanted, read_row};
use crate::codec::{DecodeError, Reader, json_string};
use crate::error::{Error, ErrorKind};
use crate::execute::{BackoffBase, Call, LEAST_ATTEMPT, Operation, ReplayClass, backoff};
use crate::item::AttributeValue;
use crate::operation::{ConsumedCapacity, response};
use crate::transport::ArnParameter;

static BATCH_GET_ITEM: Operation = Operation::data("BatchGetItem", "DynamoDB_20120810.BatchGetItem");

/// Keys in one BatchGetItem (API reference).
const MOST_KEYS: usize = 100;

/// Rounds in a row that may bring nothing. The waits between them are of 1, 2, 4, 8, 16 and four times 20 s at most.
const MOST_FRUITLESS: u32 = 10;

/// The nodes with these keys, in no particular order; those that do not exist are not among them.
pub(super) async fn get_nodes(
    plan: &Plan,
    keys: &[(AttributeValue, Option<AttributeValue>)],
    wanted: &Wanted,
    consistent: bool,
    cost: &mut Cost,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::with_capacity(keys.len());
    let parameters = plan.batch_parameters().map_err(|error| plan.locate(error))?;
    for chunk in keys.chunks(MOST_KEYS) {
        let mut body = Vec::with_capacity(128 + 64 * chunk.len());
        body.extend_from_slice(b"{\"RequestItems\":{");
        json_string(&mut body, &plan.table);
        body.extend_from_slice(b":{\"Keys\":[");
        for (i, (id, tree)) in chunk.iter().enumerate() {
            if i > 0 {
                body.push(b',');
            }
            plan.schema.write_key(&mut body, id, tree.as_ref()).map_err(|error| plan.locate(error))?;
        }
        body.push(b']');
        if consistent {
            body.extend_from_slice(b",\"ConsistentRead\":true");
        }
        body.extend_from_slice(&parameters);
        body.extend_from_slice(b"}}");
        finish(plan, &mut body);
        get_all(plan, Bytes::from(body), wanted, &mut rows, cost).await?;
    }
    Ok(rows)
}

/// Ends a body with what all requests have.
fn finish(plan: &Plan, body: &mut Vec<u8>) {
    if let Some(capacity) = plan.capacity {
        body.extend_from_slice(b",\"ReturnConsumedCapacity\":");
        json_string(body, capacity.as_str());
    }
    body.push(b'}');
}

/// Sends a request, and what the service leaves over of it, until nothing is left.
async fn get_all(
    plan: &Plan,
    mut body: Bytes,
    wanted: &Wanted,
    rows: &mut Vec<Row>,
    cost: &mut Cost,
) -> Result<(), Error> {
    let (mut round, mut fruitless) = (0, 0);
    loop {
        let call = Call {
            operation: &BATCH_GET_ITEM,
            table: Some(&plan.table),
            arns: ArnParameter::List(&[&plan.table]),
            body,
            replay: ReplayClass::Read,
            options: &plan.options,
        };
        let before = rows.len();
        let read = |body: &Bytes| read_batch(body, wanted, rows).map_err(|error| response::malformed(&error));
        let ((left, capacity), metadata) = plan.core.answer(call, read).await?;
        cost.add(u64::from(metadata.attempts), &capacity);
        let Some(left) = left else { return Ok(()) };
        let brought = rows.len() > before;
        fruitless = if brought { 0 } else { fruitless + 1 };
        let base = if brought { BackoffBase::Transient } else { BackoffBase::Throttled };
        let wait = backoff(base, round, plan.core.config.random.unit(), None);
        round += 1;
        if fruitless >= MOST_FRUITLESS {
            let message = format!("the service left keys of a batch unread {MOST_FRUITLESS} times in a row");
            return Err(plan.locate(Error::new(ErrorKind::Throttling, message)));
        }
        if plan.core.within_deadline(plan.time_left(wait + LEAST_ATTEMPT)) < wait + LEAST_ATTEMPT {
            let message = "the deadline passed before all nodes of a batch were read";
            return Err(plan.locate(Error::new(ErrorKind::DeadlineExceeded, message)));
        }
        plan.core.time().sleep(wait).await;
        let mut again = b"{\"RequestItems\":".to_vec();
        again.extend_from_slice(&left);
        finish(plan, &mut again);
        body = Bytes::from(again);
    }
}

type Read = (Option<Bytes>, Vec<ConsumedCapacity>);

/// Reads the items of a batch, and what was left over.
fn read_batch(body: &Bytes, wanted: &Wanted, rows: &mut Vec<Row>) -> Result<Read, DecodeError> {
    let (mut left, mut capacity) = (None, Vec::new());
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Responses" => {
                let mut tables = reader.object()?;
                while tables.next_key(&mut reader)?.is_some() {
                    let mut array = reader.array()?;
                    while array.next_element(&mut reader)? {
                        rows.push(read_row(&mut reader, body, wanted)?);
                    }
                }
            }
            "UnprocessedKeys" => {
                let at = reader.raw_value()?;
                // Nothing is left where no table is named.
                left = Some(response::slice(body, at)).filter(|left| left.contains(&b'"'));
            }
            "ConsumedCapacity" => capacity = response::json(&mut reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    Ok((left, capacity))
}
