//! Spans: one a call, and one an attempt inside it, with OpenTelemetry's names.
//!
//! The names are those of "Semantic conventions for AWS DynamoDB client operations", "for AWS SDK client spans" and "for
//! database client spans". `otel.*` are read by `tracing-opentelemetry`. What tracing cannot say, an array, is written as
//! JSON. A span that nobody wants costs the look whether somebody does.

use tracing::Span;
use tracing::field::Empty;

use crate::error::Error;

/// What is known of a call before it is made.
pub(crate) struct SpanOfCall<'a> {
    pub(crate) operation: &'a str,
    pub(crate) table: Option<&'a str>,
    pub(crate) region: &'a str,
}

/// The span of a call, at the level of information: `DynamoDB.GetItem`.
#[inline]
pub(crate) fn of_call(call: &SpanOfCall<'_>) -> Span {
    let span = tracing::info_span!(
        target: "enhanced_dynamodb",
        "DynamoDB",
        otel.name = format_args!("DynamoDB.{}", call.operation),
        otel.kind = "client",
        otel.status_code = Empty,
        otel.status_description = Empty,
        rpc.system = "aws-api",
        rpc.service = "DynamoDB",
        rpc.method = call.operation,
        db.system.name = "aws.dynamodb",
        db.operation.name = call.operation,
        db.collection.name = call.table,
        db.response.status_code = Empty,
        aws.dynamodb.table_names = Empty,
        aws.dynamodb.count = Empty,
        aws.dynamodb.consumed_capacity = Empty,
        aws.request_id = Empty,
        cloud.region = call.region,
        server.address = Empty,
        server.port = Empty,
        http.response.status_code = Empty,
        "error.type" = Empty,
        enhanced_dynamodb.attempts = Empty,
        enhanced_dynamodb.retries = Empty,
        faas.invocation_id = Empty,
        faas.coldstart = Empty,
    );
    if !span.is_disabled() {
        describe(&span, call.table);
    }
    span
}

#[cold]
fn describe(span: &Span, table: Option<&str>) {
    if let Some(table) = table {
        let mut list = vec![b'['];
        crate::codec::json_string(&mut list, table);
        list.push(b']');
        span.record("aws.dynamodb.table_names", String::from_utf8_lossy(&list).as_ref());
    }
    #[cfg(feature = "lambda")]
    if let Some(invocation) = super::invocation::current() {
        span.record("faas.invocation_id", invocation.request_id.as_str());
        span.record("faas.coldstart", invocation.cold_start);
    }
}

/// What is known of a call after it was made.
pub(crate) struct EndOfCall<'a> {
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    pub(crate) server: Option<(&'a str, u16)>,
    pub(crate) request_id: Option<&'a str>,
}

pub(crate) fn end_of_call(span: &Span, end: &EndOfCall<'_>) {
    span.record("enhanced_dynamodb.attempts", end.attempts);
    span.record("enhanced_dynamodb.retries", end.retries);
    if let Some((host, port)) = end.server {
        span.record("server.address", host);
        span.record("server.port", port);
    }
    if let Some(id) = end.request_id {
        span.record("aws.request_id", id);
    }
}

/// What an answer tells of a call. The capacity that it consumed names tables and indexes, and nothing of items.
pub(crate) fn answered(span: &Span, status: u16, body: &[u8]) {
    span.record("http.response.status_code", status);
    if let Some(capacity) = super::consumed::find(body) {
        let list = capacity.first() == Some(&b'[');
        let (open, close) = if list { ("", "") } else { ("[", "]") };
        let text = format!("{open}{}{close}", String::from_utf8_lossy(capacity));
        span.record("aws.dynamodb.consumed_capacity", text.as_str());
    }
}

/// The span of an attempt, at the level of debugging.
#[inline]
pub(crate) fn of_attempt(operation: &str, resend: u32) -> Span {
    tracing::debug_span!(
        target: "enhanced_dynamodb",
        "attempt",
        otel.name = format_args!("DynamoDB.{operation} attempt"),
        otel.kind = "internal",
        otel.status_code = Empty,
        otel.status_description = Empty,
        db.system.name = "aws.dynamodb",
        db.operation.name = operation,
        db.response.status_code = Empty,
        aws.request_id = Empty,
        http.request.method = "POST",
        http.request.resend_count = (resend > 0).then_some(resend),
        http.request.body.size = Empty,
        http.response.status_code = Empty,
        http.response.body.size = Empty,
        "error.type" = Empty,
    )
}

/// Marks a span as that of a call or an attempt that failed. What the service says may quote the request, so that the
/// span has only the error's name, as the log has.
pub(crate) fn failed(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error.code());
    if error.kind().is_service() {
        span.record("db.response.status_code", error.code());
    }
    if let Some(status) = error.status() {
        span.record("http.response.status_code", status);
    }
    if let Some(id) = error.request_id() {
        span.record("aws.request_id", id);
    }
    if !super::log::quotes_the_request(error.kind()) {
        span.record("otel.status_description", error.message());
    }
}
