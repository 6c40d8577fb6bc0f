//! The table of decisions in `docs/retries.md`: written from the code, and compared with what stands there.
//! `UPDATE_DOCS=1 cargo test -p enhanced-dynamodb --lib decide::table` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::time::Duration;

use super::{Decision, Situation, decide};
use crate::error::{CancellationReason, Class, Error, ErrorKind};
use crate::execute::ReplayClass;
use crate::execute::failure::Trouble;
use crate::transport::{Failure, FailureKind, Flushed};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/retries.md");
const BEGIN: &str = "<!-- decisions: begin -->\n";
const END: &str = "<!-- decisions: end -->\n";

/// Every failure of the transport. A new one does not compile until it is named here.
fn failure_kinds() -> Vec<FailureKind> {
    use FailureKind as F;
    let next = |kind: F| match kind {
        F::Credentials => Some(F::CredentialsTimeout),
        F::CredentialsTimeout => Some(F::Configuration),
        F::Configuration => Some(F::PoolTimeout),
        F::PoolTimeout => Some(F::Resolve),
        F::Resolve => Some(F::Connect),
        F::Connect => Some(F::ConnectTimeout),
        F::ConnectTimeout => Some(F::Proxy),
        F::Proxy => Some(F::Tls),
        F::Tls => Some(F::Closed),
        F::Closed => Some(F::Broken),
        F::Broken => Some(F::Timeout),
        F::Timeout => Some(F::ChecksumMismatch),
        F::ChecksumMismatch => Some(F::LengthMismatch),
        F::LengthMismatch => Some(F::TooLarge),
        F::TooLarge => Some(F::Protocol),
        F::Protocol => Some(F::ClientClosed),
        F::ClientClosed => None,
    };
    std::iter::successors(Some(F::Credentials), |kind| next(*kind)).collect()
}

/// What is decided after the first attempt of a call, on a new socket, with retries and time to go.
fn decision(trouble: &Trouble, replay: ReplayClass) -> &'static str {
    let writes = match replay {
        ReplayClass::Read => false,
        ReplayClass::Idempotent | ReplayClass::NonIdempotent => true,
    };
    let situation = Situation {
        class: trouble.error.class(),
        writes,
        maybe_applied: trouble.maybe_applied(),
        stale_socket: trouble.stale_socket,
        replayable: replay.may_be_replayed(),
        retries: 0,
        max_retries: 3,
        retry_after: None,
        chance: 1.0,
        socket_replaced: false,
        refreshed: false,
        clock_corrected: false,
        skewed: true,
        out_of_time: trouble.out_of_time,
        time_left: None,
    };
    match decide(&situation) {
        Decision::Stop => "stop",
        Decision::OutcomeUnknown => "`OutcomeUnknown`",
        Decision::PastDeadline => "`DeadlineExceeded`",
        Decision::ReplaceSocket => "new socket, at once",
        Decision::RefreshCredentials => "new credentials, once",
        Decision::CorrectClock => "service's time, once",
        Decision::Retry { after, cost: 14 } if after == Duration::from_millis(25) => "retry from 25 ms",
        Decision::Retry { after, cost: 5 } if after == Duration::from_secs(1) => "retry from 1 s",
        other @ Decision::Retry { .. } => panic!("{other:?} has no name"),
    }
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Throttle => "Throttle",
        Class::NotApplied => "NotApplied",
        Class::Unknown => "Unknown",
        Class::Expired => "Expired",
        Class::Skewed => "Skewed",
        Class::Final => "Final",
    }
}

/// The three ways to end, in one cell where they are one.
fn by_replay(decided: impl Fn(ReplayClass) -> &'static str) -> [&'static str; 2] {
    let (read, idempotent) = (decided(ReplayClass::Read), decided(ReplayClass::Idempotent));
    assert_eq!(read, idempotent, "reads and idempotent writes share a column");
    [read, decided(ReplayClass::NonIdempotent)]
}

fn error_row(out: &mut String, name: &str, error: impl Fn() -> Error) {
    let [safe, other] = by_replay(|replay| decision(&Trouble::refused(error(), None, Some(900)), replay));
    writeln!(out, "| {name} | {} | {safe} | {other} |", class_name(error().class())).unwrap();
}

fn answered(kind: ErrorKind) -> Error {
    Error::new(kind, "").with_response(400, None)
}

fn cancelled(codes: &[&str]) -> Error {
    let reason = |code: &&str| CancellationReason { code: (*code).to_owned(), ..CancellationReason::of_action(0) };
    answered(ErrorKind::TransactionCanceled).with_cancellation(codes.iter().map(reason).collect())
}

/// The rows of one kind; most have one.
fn error_rows(out: &mut String, kind: ErrorKind) {
    let code = kind.code();
    if kind == ErrorKind::LimitExceeded {
        error_row(out, &format!("`{code}` of items"), || answered(kind));
        error_row(out, &format!("`{code}` of tables"), || answered(kind).on_control_plane(true));
    } else if kind == ErrorKind::TransactionCanceled {
        error_row(out, &format!("`{code}`: conflicts alone"), || cancelled(&["None", "TransactionConflict"]));
        let throttled = || cancelled(&["TransactionConflict", "ThrottlingError"]);
        error_row(out, &format!("`{code}`: conflicts and throttles"), throttled);
        error_row(out, &format!("`{code}`: any other reason"), || cancelled(&["ConditionalCheckFailed"]));
    } else if kind == ErrorKind::UnknownService {
        error_row(out, "unknown name, HTTP 429", || answered(kind).with_response(429, None));
        error_row(out, "unknown name, HTTP 5xx", || answered(kind).with_response(500, None));
        error_row(out, "unknown name, other status", || answered(kind));
    } else {
        error_row(out, &format!("`{code}`"), || answered(kind));
    }
}

/// A failure in words, and whether the request may have been sent by then.
fn described(kind: FailureKind) -> (&'static str, bool) {
    use FailureKind as F;
    match kind {
        F::Credentials => ("no credentials", false),
        F::CredentialsTimeout => ("no credentials in time", false),
        F::Configuration => ("no request can be made: endpoint, certificate file, header", false),
        F::PoolTimeout => ("all sockets stayed busy", false),
        F::Resolve => ("the name does not resolve", false),
        F::Connect => ("no connection", false),
        F::ConnectTimeout => ("no connection in time", false),
        F::Proxy => ("the proxy gives no tunnel", false),
        F::Tls => ("TLS failed", false),
        F::Closed => ("connection ended before a response", true),
        F::Broken => ("connection ended in the middle", true),
        F::Timeout => ("no whole response in time", true),
        F::ChecksumMismatch => ("wrong CRC-32", true),
        F::LengthMismatch => ("wrong length", true),
        F::TooLarge => ("response too large", true),
        F::Protocol => ("no HTTP", true),
        F::ClientClosed => ("the client was closed", false),
    }
}

fn failed(kind: FailureKind, flushed: Flushed, reused: bool) -> Trouble {
    Trouble::from_failure(Failure { flushed, reused, ..Failure::new(kind, "") }, false)
}

fn failure_rows(out: &mut String, kind: FailureKind) {
    let error = kind.error_kind().code();
    let unsent = by_replay(|replay| decision(&failed(kind, Flushed::Nothing, false), replay));
    assert_eq!(unsent, by_replay(|replay| decision(&failed(kind, Flushed::Part, false), replay)));
    assert_eq!(unsent[0], unsent[1], "what was not sent whole cannot have been applied");
    let (name, may_be_sent) = described(kind);
    let [safe, other] = by_replay(|replay| decision(&failed(kind, Flushed::All, false), replay));
    let [safe, other] = if may_be_sent { [safe, other] } else { ["", ""] };
    writeln!(out, "| {name} | `{error}` | {} | {safe} | {other} |", unsent[0]).unwrap();
    let reused = by_replay(|replay| decision(&failed(kind, Flushed::Nothing, true), replay));
    if reused != unsent {
        let [safe, other] = by_replay(|replay| decision(&failed(kind, Flushed::All, true), replay));
        let before = "on a socket from the pool, before the first byte of a response";
        writeln!(out, "| {name}, {before} | `{error}` | {} | {safe} | {other} |", reused[0]).unwrap();
    }
}

fn table() -> String {
    let position = |kind| ErrorKind::ALL.iter().position(|other| *other == kind).unwrap();
    let (model, common) = (position(ErrorKind::BackupInUse), position(ErrorKind::Validation));
    assert_eq!(common - model, 35, "the errors of the service's model");
    let mut out = String::new();
    for (title, kinds) in [
        ("The 35 errors of the service's model", &ErrorKind::ALL[model..common]),
        ("The errors beside the model", &ErrorKind::ALL[common..]),
    ] {
        write!(out, "\n### {title}\n\n| Error | Class | Read, Idempotent | NonIdempotent |\n|---|---|---|---|\n")
            .unwrap();
        kinds.iter().for_each(|kind| error_rows(&mut out, *kind));
    }
    out.push_str("\n### Attempts without an answer\n\n");
    out.push_str(
        "| Failure | Error | Not sent whole | Sent; Read, Idempotent | Sent; NonIdempotent |\n|---|---|---|---|---|\n",
    );
    failure_kinds().into_iter().for_each(|kind| failure_rows(&mut out, kind));
    out.push('\n');
    out
}

#[test]
fn the_documented_table_is_what_the_code_decides() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let begin = document.find(BEGIN).expect("the mark where the table begins") + BEGIN.len();
    let end = document.find(END).expect("the mark where the table ends");
    let table = table();
    if document[begin..end] == table {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some_and(|set| set == "1") {
        std::fs::write(DOCUMENT, format!("{}{table}{}", &document[..begin], &document[end..])).unwrap();
        return;
    }
    let differs = table.lines().zip(document[begin..end].lines()).find(|(ours, theirs)| ours != theirs);
    panic!("docs/retries.md differs from what the code decides, first at {differs:?}; UPDATE_DOCS=1 writes it anew");
}
