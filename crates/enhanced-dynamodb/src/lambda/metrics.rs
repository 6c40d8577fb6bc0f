//! Metrics of an invocation in CloudWatch's embedded metric format: log lines that CloudWatch makes metrics of, without
//! a call to its API. Source of the form and its limits: "Specification: Embedded metric format" in the CloudWatch User
//! Guide.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::Client;
use crate::observe::{Stats, TableCapacity, invocation};

/// Where metrics are found in CloudWatch if nothing else is said.
pub const DEFAULT_NAMESPACE: &str = "EnhancedDynamoDB";

/// The longest name of a namespace, and the longest value of a dimension.
const LONGEST: usize = 1_024;

/// Writes what a client did since the last time, once an invocation: a [`LambdaLayer`](super::LambdaLayer) has one with
/// [`metrics`](super::LambdaLayer::metrics).
///
/// By function (dimension `FunctionName`): `Calls`, `Errors`, `Attempts`, `Retries`, `Throttles`, `BytesSent`,
/// `BytesReceived`, `SocketsOpen`, `SocketsIdle`, `Connects`, `SocketsReused`, `SocketsStale` and `ColdStart`. By function
/// and table (`FunctionName`, `TableName`), for tables of which there is something to tell: `ConsumedReadCapacityUnits`,
/// `ConsumedWriteCapacityUnits` (both only where the client asks for them:
/// [`return_consumed_capacity`](crate::Options::return_consumed_capacity)) and `ThrottledRequests`.
///
/// Where a process has several invocations at a time, a line tells what was done since the line before, whichever
/// invocation did it.
///
/// One line a table beyond the first follows; CloudWatch takes one value of a dimension a line. Each metric with each
/// value of its dimensions is a custom metric, which AWS charges for.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) {
/// use enhanced_dynamodb::lambda::Metrics;
///
/// let metrics = Metrics::new(&db).namespace("Messages").function_name("messages-api");
/// let lines = metrics.lines();
/// assert!(lines.starts_with('{') && lines.ends_with("}\n"));
/// # }
/// # let db = enhanced_dynamodb::Client::builder().local(true).build();
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { example(db.await.unwrap()).await });
/// ```
#[derive(Debug)]
pub struct Metrics {
    client: Client,
    namespace: String,
    function_name: String,
    last: Mutex<Stats>,
}

impl Metrics {
    /// Metrics of this client and its clones. What it did until now does not count. The function's name is that of
    /// `AWS_LAMBDA_FUNCTION_NAME`, or `local`.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok().filter(|name| !name.is_empty());
        Metrics {
            last: Mutex::new(client.stats()),
            client: client.clone(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
            function_name: name.unwrap_or_else(|| "local".to_owned()),
        }
    }

    /// Where the metrics are found in CloudWatch: 1 to 1,024 characters; a longer one is cut. Default:
    /// [`DEFAULT_NAMESPACE`].
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = within_limit(namespace.into(), DEFAULT_NAMESPACE);
        self
    }

    /// The value of the dimension `FunctionName`: 1 to 1,024 characters; a longer one is cut.
    #[must_use]
    pub fn function_name(mut self, name: impl Into<String>) -> Self {
        self.function_name = within_limit(name.into(), "local");
        self
    }

    /// What the client did since the last time, as lines of JSON, each with its line end. Inside an invocation they have
    /// its id and say whether it was a cold start.
    #[must_use]
    pub fn lines(&self) -> String {
        let now = self.client.stats();
        let before = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, now.clone())
        };
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        let mut tables = by_table(&before, &now).into_iter();
        let mut first = self.begin(millis);
        first.of_function(&before, &now);
        first.of_table(tables.next());
        let mut lines = first.into_line();
        for table in tables {
            let mut line = self.begin(millis);
            line.of_table(Some(table));
            lines.push_str(&line.into_line());
        }
        lines
    }

    /// Writes the [`lines`](Metrics::lines) to the standard output stream, and flushes it: to be called before the
    /// function answers, for it may be frozen right after.
    pub fn write(&self) {
        let lines = self.lines();
        let mut out = std::io::stdout().lock();
        // One write, so that lines of others do not mix in. A closed stream must not fail the invocation.
        let _written = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    }

    fn begin(&self, millis: u64) -> Document<'_> {
        let mut members = Map::new();
        members.insert("FunctionName".to_owned(), json!(self.function_name));
        if let Some(invocation) = invocation::current() {
            members.insert("InvocationId".to_owned(), json!(invocation.request_id));
        }
        Document { namespace: &self.namespace, millis, members, directives: Vec::new() }
    }
}

fn within_limit(text: String, otherwise: &str) -> String {
    match text.chars().count() {
        0 => otherwise.to_owned(),
        1..=LONGEST => text,
        _ => text.chars().take(LONGEST).collect(),
    }
}

/// What happened on one table.
#[derive(Debug, Default, PartialEq)]
struct OfTable {
    table: String,
    read_units: f64,
    write_units: f64,
    throttled: u64,
}

fn by_table(before: &Stats, now: &Stats) -> Vec<OfTable> {
    let mut tables: Vec<OfTable> = Vec::new();
    for capacity in &now.consumed {
        let zero = TableCapacity { table: String::new(), read_units: 0.0, write_units: 0.0 };
        let old = before.consumed.iter().find(|old| old.table == capacity.table).unwrap_or(&zero);
        let of_table = table_in(&mut tables, &capacity.table);
        of_table.read_units = capacity.read_units - old.read_units;
        of_table.write_units = capacity.write_units - old.write_units;
    }
    let counted = |stats: &Stats, table: &str| -> u64 {
        let of_table = stats.throttles.iter().filter(|throttles| throttles.table.as_deref() == Some(table));
        of_table.map(|throttles| throttles.count).sum()
    };
    for table in now.throttles.iter().filter_map(|throttles| throttles.table.as_deref()) {
        table_in(&mut tables, table).throttled = counted(now, table).saturating_sub(counted(before, table));
    }
    tables.retain(|table| {
        let something = table.read_units > 0.0 || table.write_units > 0.0 || table.throttled > 0;
        something && !table.table.is_empty() && table.table.len() <= LONGEST
    });
    tables
}

fn table_in<'a>(tables: &'a mut Vec<OfTable>, name: &str) -> &'a mut OfTable {
    let at = tables.iter().position(|table| table.table == name).unwrap_or_else(|| {
        tables.push(OfTable { table: name.to_owned(), ..OfTable::default() });
        tables.len() - 1
    });
    &mut tables[at]
}

/// One line being made.
struct Document<'a> {
    namespace: &'a str,
    millis: u64,
    members: Map<String, Value>,
    directives: Vec<Value>,
}

impl Document<'_> {
    fn of_function(&mut self, before: &Stats, now: &Stats) {
        let since = |now: u64, before: u64| json!(now.saturating_sub(before));
        let cold_start = invocation::current().is_some_and(|invocation| invocation.cold_start);
        let metrics = [
            ("Calls", "Count", since(now.calls, before.calls)),
            ("Errors", "Count", since(now.errors, before.errors)),
            ("Attempts", "Count", since(now.attempts, before.attempts)),
            ("Retries", "Count", since(now.retries, before.retries)),
            ("Throttles", "Count", since(now.throttled, before.throttled)),
            ("BytesSent", "Bytes", since(now.bytes_sent, before.bytes_sent)),
            ("BytesReceived", "Bytes", since(now.bytes_received, before.bytes_received)),
            ("SocketsOpen", "Count", json!(now.pool.open)),
            ("SocketsIdle", "Count", json!(now.pool.idle)),
            ("Connects", "Count", since(now.pool.connects, before.pool.connects)),
            ("SocketsReused", "Count", since(now.pool.reused, before.pool.reused)),
            ("SocketsStale", "Count", since(now.pool.stale, before.pool.stale)),
            ("ColdStart", "Count", json!(u8::from(cold_start))),
        ];
        self.add(&["FunctionName"], metrics);
    }

    fn of_table(&mut self, table: Option<OfTable>) {
        let Some(table) = table else { return };
        self.members.insert("TableName".to_owned(), json!(table.table));
        let metrics = [
            ("ConsumedReadCapacityUnits", "Count", json!(table.read_units)),
            ("ConsumedWriteCapacityUnits", "Count", json!(table.write_units)),
            ("ThrottledRequests", "Count", json!(table.throttled)),
        ];
        self.add(&["FunctionName", "TableName"], metrics);
    }

    fn add(&mut self, dimensions: &[&str], metrics: impl IntoIterator<Item = (&'static str, &'static str, Value)>) {
        let mut named = Vec::new();
        for (name, unit, value) in metrics {
            named.push(json!({ "Name": name, "Unit": unit }));
            self.members.insert(name.to_owned(), value);
        }
        self.directives.push(json!({ "Namespace": self.namespace, "Dimensions": [dimensions], "Metrics": named }));
    }

    fn into_line(mut self) -> String {
        let directives = json!({ "Timestamp": self.millis, "CloudWatchMetrics": self.directives });
        self.members.insert("_aws".to_owned(), directives);
        let mut line = Value::Object(self.members).to_string();
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, OfTable, by_table, within_limit};
    use crate::observe::{Stats, TableCapacity};

    fn consumed(tables: &[(&str, f64)]) -> Stats {
        let capacity = |(table, read_units): &(&str, f64)| TableCapacity {
            table: (*table).to_owned(),
            read_units: *read_units,
            write_units: 0.0,
        };
        Stats { consumed: tables.iter().map(capacity).collect(), ..Stats::default() }
    }

    #[test]
    fn a_table_counts_with_what_it_consumed_since_the_last_time() {
        let found = by_table(&consumed(&[("A", 1.5), ("B", 2.0)]), &consumed(&[("A", 2.0), ("B", 2.0), ("C", 0.5)]));
        let of = |table: &str| OfTable { table: table.to_owned(), read_units: 0.5, ..OfTable::default() };
        assert_eq!(found, [of("A"), of("C")]);
    }

    #[test]
    fn what_cloudwatch_would_not_take_is_cut_or_replaced() {
        assert_eq!(within_limit("é".repeat(2_000), "x").chars().count(), LONGEST);
        assert_eq!(within_limit(String::new(), "x"), "x");
        assert_eq!(within_limit("n".to_owned(), "x"), "n");
    }
}
