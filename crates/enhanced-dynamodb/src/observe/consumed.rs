//! Capacity units that calls consumed, by table: read from the answers that tell them.

use serde::Deserialize;

use super::throttles::table_name;
use crate::codec::member;

/// Capacity units that calls consumed on one table, as part of [`Stats`](super::Stats).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TableCapacity {
    /// The table.
    pub table: String,
    /// Read capacity units.
    pub read_units: f64,
    /// Write capacity units.
    pub write_units: f64,
}

/// One member `ConsumedCapacity` of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Told {
    table_name: String,
    capacity_units: f64,
    read_capacity_units: Option<f64>,
    write_capacity_units: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Told),
    More(Vec<Told>),
}

/// What an answer says it consumed. `reads` decides where it does not tell reads and writes apart. An answer that cannot
/// be read says nothing: whoever reads it for its caller finds the error.
pub(crate) fn consumed_of(body: &[u8], reads: bool) -> Vec<TableCapacity> {
    let told = find(body).and_then(|json| serde_json::from_slice(json).ok());
    let list = match told {
        Some(OneOrMore::One(one)) => vec![one],
        Some(OneOrMore::More(list)) => list,
        None => Vec::new(),
    };
    let units = |told: Told| {
        let (read_units, write_units) = match (told.read_capacity_units, told.write_capacity_units) {
            (None, None) if reads => (told.capacity_units, 0.0),
            (None, None) => (0.0, told.capacity_units),
            (read, write) => (read.unwrap_or_default(), write.unwrap_or_default()),
        };
        TableCapacity { table: table_name(&told.table_name).to_owned(), read_units, write_units }
    };
    list.into_iter().map(units).collect()
}

/// Where an answer tells it, as the service's JSON.
pub(crate) fn find(body: &[u8]) -> Option<&[u8]> {
    body.get(member(body, "ConsumedCapacity").ok()??)
}

/// Adds to a list of at most `most` tables; what is beyond is not told apart.
pub(crate) fn add(list: &mut Vec<TableCapacity>, more: &[TableCapacity], most: usize) {
    for new in more {
        let room = list.len() < most;
        match list.iter_mut().find(|old| old.table == new.table) {
            Some(old) => {
                old.read_units += new.read_units;
                old.write_units += new.write_units;
            }
            None if room => list.push(new.clone()),
            None => {}
        }
    }
}

/// The parameter that asks for it, as it stands in a request that was written without spaces. A value of an item cannot
/// look like this: its quotes are escaped.
const PARAMETER: &[u8] = b"\"ReturnConsumedCapacity\":\"";

/// The same request, asking for the capacity that it consumes; `None` if it says something about that by itself.
pub(crate) fn asking(body: &[u8]) -> Option<Vec<u8>> {
    let open = body.strip_suffix(b"}").filter(|_| memchr::memmem::find(body, PARAMETER).is_none())?;
    let mut asking = Vec::with_capacity(body.len() + PARAMETER.len() + 8);
    asking.extend_from_slice(open);
    if open.last() != Some(&b'{') {
        asking.push(b',');
    }
    asking.extend_from_slice(PARAMETER);
    asking.extend_from_slice(b"TOTAL\"}");
    Some(asking)
}

#[cfg(test)]
mod tests {
    use super::{TableCapacity, add, asking, consumed_of};

    fn capacity(table: &str, read_units: f64, write_units: f64) -> TableCapacity {
        TableCapacity { table: table.to_owned(), read_units, write_units }
    }

    #[test]
    fn reads_and_writes_are_told_apart_by_the_answer_or_else_by_the_call() {
        let one =
            br#"{"Item":{"ConsumedCapacity":{"S":"x"}},"ConsumedCapacity":{"TableName":"A","CapacityUnits":0.5}}"#;
        assert_eq!(consumed_of(one, true), [capacity("A", 0.5, 0.0)]);
        assert_eq!(consumed_of(one, false), [capacity("A", 0.0, 0.5)]);
        let two =
            br#"{"ConsumedCapacity":[{"TableName":"A","CapacityUnits":6,"ReadCapacityUnits":2,"WriteCapacityUnits":4},
            {"TableName":"arn:aws:dynamodb:us-east-1:1:table/B","CapacityUnits":1,"Table":{"CapacityUnits":1}}]}"#;
        assert_eq!(consumed_of(two, false), [capacity("A", 2.0, 4.0), capacity("B", 0.0, 1.0)]);
    }

    #[test]
    fn an_answer_that_tells_nothing_consumed_nothing() {
        for body in
            [&b"{}"[..], b"", b"[", br#"{"ConsumedCapacity":null}"#, br#"{"Item":{"ConsumedCapacity":{"N":"1"}}}"#]
        {
            assert_eq!(consumed_of(body, true), [], "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn tables_are_summed_and_the_list_is_bounded() {
        let mut list = Vec::new();
        add(&mut list, &[capacity("A", 0.5, 0.0), capacity("A", 0.5, 2.0), capacity("B", 0.0, 1.0)], 1);
        assert_eq!(list, [capacity("A", 1.0, 2.0)]);
    }

    #[test]
    fn a_request_asks_once() {
        let asks = |body: &str| asking(body.as_bytes()).map(|body| String::from_utf8_lossy(&body).into_owned());
        assert_eq!(asks("{}").as_deref(), Some(r#"{"ReturnConsumedCapacity":"TOTAL"}"#));
        let item = r#"{"TableName":"A","Item":{"ReturnConsumedCapacity":{"S":"\"ReturnConsumedCapacity\":\"NONE\""}}}"#;
        assert!(asks(item).is_some_and(|body| body.ends_with(r#"}},"ReturnConsumedCapacity":"TOTAL"}"#)));
        assert_eq!(asks(r#"{"TableName":"A","ReturnConsumedCapacity":"NONE"}"#), None);
        assert_eq!(asks(""), None);
    }
}
