//! One line a call: as a `tracing` event for whoever subscribes, and with `enable_logging` as JSON on stderr.
//!
//! The JSON line is written here and not through a subscriber, so that the program's own subscriber (or none) stays as
//! it is. Item values and keys are in neither.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::throttles::Throttles;
use crate::codec::json_string;
use crate::error::{Error, ErrorKind};

/// How a call ended.
#[derive(Clone, Copy)]
pub(crate) enum Outcome<'a> {
    Success,
    Error(&'a Error),
}

/// Whether anybody would see what [`log_call`] reports.
pub(crate) fn is_logged(enabled: bool) -> bool {
    enabled || tracing::enabled!(target: "enhanced_dynamodb", tracing::Level::DEBUG)
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
    pub(crate) outcome: Outcome<'a>,
}

/// Reports a call that has ended.
pub(crate) fn log_call(enabled: bool, report: &Report<'_>) {
    let code = match report.outcome {
        Outcome::Success => "ok",
        Outcome::Error(error) => error.code(),
    };
    tracing::debug!(
        target: "enhanced_dynamodb",
        operation = report.operation,
        table = report.table,
        attempts = report.attempts,
        retries = report.retries,
        throttled = report.throttling.iter().map(|reason| reason.count).sum::<u64>(),
        elapsed_ms = report.elapsed.as_secs_f64() * 1_000.0,
        outcome = code,
    );
    if enabled {
        let line = json_line(SystemTime::now(), report);
        // One write a line, so that lines of parallel calls do not mix. A closed stderr must not fail the call.
        let _written = std::io::stderr().lock().write_all(&line);
    }
}

fn json_line(now: SystemTime, report: &Report<'_>) -> Vec<u8> {
    let Report { operation, table, attempts, retries, throttling, elapsed, outcome } = *report;
    let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let level: &[u8] = match outcome {
        Outcome::Success => b"INFO",
        Outcome::Error(_) => b"ERROR",
    };
    let mut line = Vec::with_capacity(256);
    line.extend_from_slice(b"{\"timestamp\":");
    line.extend_from_slice(itoa::Buffer::new().format(millis).as_bytes());
    line.extend_from_slice(b",\"level\":\"");
    line.extend_from_slice(level);
    line.extend_from_slice(b"\",\"operation\":");
    json_string(&mut line, operation);
    line.extend_from_slice(b",\"table\":");
    match table {
        Some(table) => json_string(&mut line, table),
        None => line.extend_from_slice(b"null"),
    }
    line.extend_from_slice(b",\"duration_ms\":");
    // Microseconds are as fine as anyone reads.
    let micros = elapsed.as_micros();
    line.extend_from_slice(format!("{}.{:03}", micros / 1_000, micros % 1_000).as_bytes());
    line.extend_from_slice(b",\"attempts\":");
    line.extend_from_slice(itoa::Buffer::new().format(attempts).as_bytes());
    line.extend_from_slice(b",\"retries\":");
    line.extend_from_slice(itoa::Buffer::new().format(retries).as_bytes());
    write_throttling(&mut line, throttling);
    match outcome {
        Outcome::Success => line.extend_from_slice(b",\"outcome\":\"ok\""),
        Outcome::Error(error) => {
            line.extend_from_slice(b",\"outcome\":\"error\",\"code\":");
            json_string(&mut line, error.code());
            if !quotes_the_request(error.kind()) {
                line.extend_from_slice(b",\"message\":");
                json_string(&mut line, error.message());
            }
            if let Some(id) = error.request_id() {
                line.extend_from_slice(b",\"request_id\":");
                json_string(&mut line, id);
            }
        }
    }
    line.extend_from_slice(b"}\n");
    line
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
fn quotes_the_request(kind: ErrorKind) -> bool {
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
    use super::{Outcome, Report, json_line};
    use crate::error::{Error, ErrorKind};
    use crate::observe::Throttles;
    use std::time::{Duration, UNIX_EPOCH};

    fn report(outcome: Outcome<'_>) -> Report<'_> {
        Report {
            operation: "GetItem",
            table: Some("Mess\"ages"),
            attempts: 2,
            retries: 1,
            throttling: &[],
            elapsed: Duration::from_micros(3_045),
            outcome,
        }
    }

    fn text(report: &Report<'_>) -> String {
        let now = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        String::from_utf8(json_line(now, report)).unwrap_or_default()
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
            "\"retries\":1,\"throttling\":[{\"reason\":\"TableReadProvisionedThroughputExceeded\",\"resource\":\"arn:1\",\
             \"count\":2},{\"reason\":\"ThrottlingException\",\"count\":2}],\"outcome\":\"ok\""
        ));
    }

    #[test]
    fn a_call_is_one_line_of_json() {
        assert_eq!(
            line(Outcome::Success),
            "{\"timestamp\":1700000000123,\"level\":\"INFO\",\"operation\":\"GetItem\",\"table\":\"Mess\\\"ages\",\
             \"duration_ms\":3.045,\"attempts\":2,\"retries\":1,\"outcome\":\"ok\"}\n"
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
}
