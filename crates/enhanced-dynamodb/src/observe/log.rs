//! One line a call: as a `tracing` event for whoever subscribes, and with `enable_logging` as JSON on stderr. A slow call
//! is a warning in both, whether logging is enabled or not.
//!
//! The JSON line is written here and not through a subscriber, so that the program's own subscriber (or none) stays as
//! it is. Item values are in neither; keys only in the JSON line, and only if the program asked for them.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::consumed::TableCapacity;
use super::throttles::Throttles;
use crate::codec::json_string;
use crate::config::{Config, Level};
use crate::error::{Error, ErrorKind};

/// How a call ended.
#[derive(Clone, Copy)]
pub(crate) enum Outcome<'a> {
    Success,
    Error(&'a Error),
}

/// Which calls are logged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    enabled: bool,
    keys: bool,
    slow: Option<Duration>,
    level: Level,
}

impl Log {
    #[inline]
    pub(crate) fn of(config: &Config) -> Self {
        Log { enabled: config.enable_logging, keys: config.log_keys, slow: config.slow_call, level: config.log_level }
    }

    /// Whether anybody would see what [`log_call`] reports of a call that took so long.
    #[inline]
    pub(crate) fn hears(self, elapsed: Duration) -> bool {
        self.enabled || self.is_slow(elapsed) || tracing::enabled!(target: "enhanced_dynamodb", tracing::Level::DEBUG)
    }

    /// Whether lines have the key of a call on one item.
    pub(crate) fn wants_keys(self) -> bool {
        self.keys
    }

    fn is_slow(self, elapsed: Duration) -> bool {
        self.slow.is_some_and(|threshold| elapsed >= threshold)
    }
}

/// A call that has ended.
#[derive(Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) operation: &'a str,
    pub(crate) table: Option<&'a str>,
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    /// What attempts were throttled for.
    pub(crate) throttling: &'a [Throttles],
    pub(crate) elapsed: Duration,
    /// Bytes of the bodies of all attempts: sent, and received.
    pub(crate) bytes: (u64, u64),
    /// Items in the answer, where it is about items.
    pub(crate) items: Option<u64>,
    /// Where the service told it.
    pub(crate) capacity: &'a [TableCapacity],
    /// The key of a call on one item, as JSON, if lines may have it.
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) outcome: Outcome<'a>,
}

/// Reports a call that has ended.
pub(crate) fn log_call(log: Log, report: &Report<'_>) {
    let code = match report.outcome {
        Outcome::Success => "ok",
        Outcome::Error(error) => error.code(),
    };
    let slow = log.is_slow(report.elapsed);
    macro_rules! event {
        ($level:ident, $($message:tt)*) => {
            tracing::$level!(
                target: "enhanced_dynamodb",
                operation = report.operation,
                table = report.table,
                attempts = report.attempts,
                retries = report.retries,
                throttled = report.throttling.iter().map(|reason| reason.count).sum::<u64>(),
                elapsed_ms = report.elapsed.as_secs_f64() * 1_000.0,
                items = report.items,
                outcome = code,
                $($message)*
            )
        };
    }
    if slow {
        event!(warn, "slow call");
    } else {
        event!(debug,);
    }
    let level = match report.outcome {
        Outcome::Error(_) => Level::Error,
        Outcome::Success if slow || report.retries > 0 => Level::Warn,
        Outcome::Success => Level::Info,
    };
    if (log.enabled || slow) && level >= log.level {
        let line = json_line(SystemTime::now(), level, slow, report);
        // One write a line, so that lines of parallel calls do not mix. A closed stderr must not fail the call.
        let _written = std::io::stderr().lock().write_all(&line);
    }
}

fn json_line(now: SystemTime, level: Level, slow: bool, report: &Report<'_>) -> Vec<u8> {
    let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let level: &[u8] = match level {
        Level::Info => b"INFO",
        Level::Warn => b"WARN",
        Level::Error | Level::Off => b"ERROR",
    };
    let mut line = Vec::with_capacity(384);
    line.extend_from_slice(b"{\"timestamp\":");
    line.extend_from_slice(itoa::Buffer::new().format(millis).as_bytes());
    line.extend_from_slice(b",\"level\":\"");
    line.extend_from_slice(level);
    line.extend_from_slice(b"\",\"operation\":");
    json_string(&mut line, report.operation);
    line.extend_from_slice(b",\"table\":");
    match report.table {
        Some(table) => json_string(&mut line, table),
        None => line.extend_from_slice(b"null"),
    }
    if let Some(key) = report.key {
        line.extend_from_slice(b",\"key\":");
        line.extend_from_slice(key);
    }
    line.extend_from_slice(b",\"duration_ms\":");
    // Microseconds are as fine as anyone reads.
    let micros = report.elapsed.as_micros();
    line.extend_from_slice(format!("{}.{:03}", micros / 1_000, micros % 1_000).as_bytes());
    if slow {
        line.extend_from_slice(b",\"slow\":true");
    }
    number(&mut line, "attempts", u64::from(report.attempts));
    number(&mut line, "retries", u64::from(report.retries));
    if let Some(items) = report.items {
        number(&mut line, "items", items);
    }
    if report.attempts > 0 {
        number(&mut line, "bytes_sent", report.bytes.0);
        number(&mut line, "bytes_received", report.bytes.1);
    }
    write_capacity(&mut line, report.capacity);
    write_throttling(&mut line, report.throttling);
    write_outcome(&mut line, report.outcome);
    #[cfg(feature = "lambda")]
    if let Some(invocation) = super::invocation::current() {
        line.extend_from_slice(b",\"invocation_id\":");
        json_string(&mut line, &invocation.request_id);
        let cold: &[u8] = if invocation.cold_start { b",\"cold_start\":true" } else { b"" };
        line.extend_from_slice(cold);
    }
    line.extend_from_slice(b"}\n");
    line
}

/// Appends `,"name":number`.
fn number(line: &mut Vec<u8>, name: &str, value: u64) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"\":");
    line.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn write_outcome(line: &mut Vec<u8>, outcome: Outcome<'_>) {
    match outcome {
        Outcome::Success => line.extend_from_slice(b",\"outcome\":\"ok\""),
        Outcome::Error(error) => {
            line.extend_from_slice(b",\"outcome\":\"error\",\"code\":");
            json_string(line, error.code());
            if !quotes_the_request(error.kind()) {
                line.extend_from_slice(b",\"message\":");
                json_string(line, error.message());
            }
            if let Some(id) = error.request_id() {
                line.extend_from_slice(b",\"request_id\":");
                json_string(line, id);
            }
        }
    }
}

/// The capacity units that the call consumed on all tables together, if it is known.
fn write_capacity(line: &mut Vec<u8>, capacity: &[TableCapacity]) {
    for (name, units) in [
        ("read_units", capacity.iter().map(|table| table.read_units).sum::<f64>()),
        ("write_units", capacity.iter().map(|table| table.write_units).sum::<f64>()),
    ] {
        if units > 0.0 {
            line.extend_from_slice(format!(",\"{name}\":{units}").as_bytes());
        }
    }
}

/// What the call was throttled for, if it was.
fn write_throttling(line: &mut Vec<u8>, throttling: &[Throttles]) {
    for (i, throttled) in throttling.iter().enumerate() {
        line.extend_from_slice(if i == 0 { b",\"throttling\":[{\"reason\":" } else { b",{\"reason\":" });
        json_string(line, &throttled.reason);
        if let Some(arn) = &throttled.resource_arn {
            line.extend_from_slice(b",\"resource\":");
            json_string(line, arn);
        }
        line.extend_from_slice(b",\"count\":");
        line.extend_from_slice(itoa::Buffer::new().format(throttled.count).as_bytes());
        line.push(b'}');
    }
    if !throttling.is_empty() {
        line.push(b']');
    }
}

/// Whether the sentence may hold keys, values or expressions, which do not belong in a log: the service quotes the request,
/// a type says in its own words why it does not take a value. The program has them in the error, and knows whether they
/// may be written down.
pub(super) fn quotes_the_request(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Validation
            | ErrorKind::Serialization
            | ErrorKind::DuplicateItem
            | ErrorKind::Encode
            | ErrorKind::Decode
    )
}

#[cfg(test)]
mod tests {
    use super::{Level, Log, Outcome, Report, json_line};
    use crate::error::{Error, ErrorKind};
    use crate::observe::{TableCapacity, Throttles};
    use std::time::{Duration, UNIX_EPOCH};

    fn report(outcome: Outcome<'_>) -> Report<'_> {
        Report {
            operation: "GetItem",
            table: Some("Mess\"ages"),
            attempts: 2,
            retries: 1,
            throttling: &[],
            elapsed: Duration::from_micros(3_045),
            bytes: (60, 1_000),
            items: None,
            capacity: &[],
            key: None,
            outcome,
        }
    }

    fn text(report: &Report<'_>) -> String {
        let now = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        String::from_utf8(json_line(now, Level::Info, false, report)).unwrap_or_default()
    }

    fn line(outcome: Outcome<'_>) -> String {
        text(&report(outcome))
    }

    #[test]
    fn a_throttled_call_says_why() {
        let throttled = |reason: &str, resource_arn: Option<&str>| Throttles {
            table: Some("Messages".to_owned()),
            reason: reason.to_owned(),
            resource_arn: resource_arn.map(str::to_owned),
            count: 2,
        };
        let throttling = [
            throttled("TableReadProvisionedThroughputExceeded", Some("arn:1")),
            throttled("ThrottlingException", None),
        ];
        let line = text(&Report { throttling: &throttling, ..report(Outcome::Success) });
        assert!(line.contains(
            "\"bytes_received\":1000,\"throttling\":[{\"reason\":\"TableReadProvisionedThroughputExceeded\",\"resource\":\"arn:1\",\
             \"count\":2},{\"reason\":\"ThrottlingException\",\"count\":2}],\"outcome\":\"ok\""
        ));
    }

    #[test]
    fn a_call_is_one_line_of_json() {
        assert_eq!(
            line(Outcome::Success),
            "{\"timestamp\":1700000000123,\"level\":\"INFO\",\"operation\":\"GetItem\",\"table\":\"Mess\\\"ages\",\
             \"duration_ms\":3.045,\"attempts\":2,\"retries\":1,\"bytes_sent\":60,\"bytes_received\":1000,\"outcome\":\"ok\"}\n"
        );
    }

    #[test]
    fn a_failed_call_says_code_message_and_request_id() {
        let error = Error::new(ErrorKind::ResourceNotFound, "no such\ntable").with_response(400, Some("R1".to_owned()));
        assert!(line(Outcome::Error(&error)).ends_with(
            "\"outcome\":\"error\",\"code\":\"ResourceNotFoundException\",\"message\":\"no such\\ntable\",\
             \"request_id\":\"R1\"}\n"
        ));
    }

    #[test]
    fn a_sentence_that_may_quote_the_request_is_left_out() {
        let error = Error::new(ErrorKind::Validation, "Invalid UpdateExpression: Syntax error; token: \"secret\"");
        assert!(line(Outcome::Error(&error)).ends_with("\"outcome\":\"error\",\"code\":\"ValidationException\"}\n"));
        let error =
            Error::new(ErrorKind::Decode, "email: no address: secret").with_response(200, Some("R1".to_owned()));
        assert!(line(Outcome::Error(&error)).ends_with("\"code\":\"DecodeError\",\"request_id\":\"R1\"}\n"));
    }

    #[test]
    fn a_line_has_what_is_known_of_key_items_and_capacity() {
        let capacity = [
            TableCapacity { table: "A".to_owned(), read_units: 0.5, write_units: 0.0 },
            TableCapacity { table: "B".to_owned(), read_units: 2.0, write_units: 0.0 },
        ];
        let report = Report {
            key: Some(br#"{"id":{"S":"m1"}}"#),
            items: Some(7),
            capacity: &capacity,
            attempts: 0,
            ..report(Outcome::Success)
        };
        let line = String::from_utf8(json_line(UNIX_EPOCH, Level::Warn, true, &report)).unwrap_or_default();
        assert_eq!(
            line,
            "{\"timestamp\":0,\"level\":\"WARN\",\"operation\":\"GetItem\",\"table\":\"Mess\\\"ages\",\
             \"key\":{\"id\":{\"S\":\"m1\"}},\"duration_ms\":3.045,\"slow\":true,\"attempts\":0,\"retries\":1,\"items\":7,\
             \"read_units\":2.5,\"outcome\":\"ok\"}\n"
        );
    }

    #[test]
    fn a_slow_call_is_heard_whether_logging_is_on_or_not() {
        let log = Log { enabled: false, keys: false, slow: Some(Duration::from_millis(100)), level: Level::Info };
        assert!(!log.hears(Duration::from_millis(99)) && log.hears(Duration::from_millis(100)));
        assert!(!Log { slow: None, ..log }.hears(Duration::from_secs(9)));
        assert!(Log { enabled: true, ..log }.hears(Duration::ZERO));
    }
}
