//! Answers of the service and of what stands before it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;

use super::from_response;
use crate::Item;
use crate::error::{Error, ErrorKind, ThrottledAccess, ThrottledResource, ThrottlingLimit};

fn read(status: u16, body: &'static str) -> Error {
    from_response(status, None, &Bytes::from_static(body.as_bytes()))
}

#[test]
fn members_are_read_without_regard_to_case() {
    for body in [
        r#"{"__type":"a#ProvisionedThroughputExceededException","message":"m","throttlingReasons":[{"reason":"IndexReadAccountLimitExceeded","resource":"arn"}]}"#,
        r#"{"__TYPE":"a#ProvisionedThroughputExceededException","Message":"m","ThrottlingReasons":[{"Reason":"IndexReadAccountLimitExceeded","Resource":"arn"}]}"#,
    ] {
        let error = read(400, body);
        assert_eq!((error.kind(), error.message()), (ErrorKind::ProvisionedThroughputExceeded, "m"));
        let [reason] = error.throttling_reasons() else { panic!("{body}") };
        assert_eq!((reason.resource, reason.access), (ThrottledResource::Index, ThrottledAccess::Read));
        assert_eq!(
            (reason.limit, reason.resource_arn.as_deref()),
            (ThrottlingLimit::AccountLimitExceeded, Some("arn"))
        );
    }
}

#[test]
fn cancellation_reasons_keep_their_order_and_items() {
    for body in [
        r#"{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"None","Item":null},{"Code":"ConditionalCheckFailed","Message":"m","Item":{"id":{"S":"a"}}}]}"#,
        r#"{"__type":"TransactionCanceledException","cancellationReasons":[{"code":"None"},{"code":"ConditionalCheckFailed","message":"m","item":{"id":{"S":"a"}}}]}"#,
    ] {
        let error = read(400, body);
        let [first, second] = error.cancellation_reasons() else { panic!("{body}") };
        assert!(!first.is_cause() && first.item::<Item>().unwrap().is_none());
        assert_eq!((second.code.as_str(), second.message.as_deref()), ("ConditionalCheckFailed", Some("m")));
        assert_eq!(second.item::<Item>().unwrap(), Some(crate::item! { "id": "a" }));
        assert!(!format!("{second:?}").contains("\"a\""));
    }
}

#[test]
fn an_item_that_is_null_is_none() {
    let error = read(400, r#"{"__type":"ConditionalCheckFailedException","Item":null}"#);
    assert_eq!(error.item::<Item>().unwrap(), None);
}

#[test]
fn the_type_ranks_above_a_member_code_and_the_header() {
    for body in [
        r#"{"__type":"x#ValidationException","code":"Other"}"#,
        r#"{"code":"Other","__type":"x#ValidationException"}"#,
        r#"{"Code":"ValidationException"}"#,
        r#"{"__type":"","code":"ValidationException"}"#,
    ] {
        let error = from_response(400, Some("FromHeader"), &Bytes::from_static(body.as_bytes()));
        assert_eq!(error.kind(), ErrorKind::Validation, "{body}");
    }
    let error = from_response(400, Some("AccessDeniedException:http://x"), &Bytes::from_static(b"{}"));
    assert_eq!((error.kind(), error.code()), (ErrorKind::AccessDenied, "AccessDeniedException"));
}

#[test]
fn an_unknown_error_keeps_its_name() {
    let error = read(400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#BrandNewException","message":"new"}"#);
    assert_eq!((error.kind(), error.code()), (ErrorKind::UnknownService, "BrandNewException"));
}

#[test]
fn a_body_that_breaks_off_still_tells_its_code() {
    for body in [
        r#"{"__type":"ConditionalCheckFailedException","message":"The cond"#,
        r#"{"__type":"ConditionalCheckFailedException","CancellationReasons":"no list"}"#,
        r#"{"__type":"ConditionalCheckFailedException","message":{"no":"text"}}"#,
    ] {
        assert_eq!(read(400, body).kind(), ErrorKind::ConditionalCheckFailed, "{body}");
    }
}

#[test]
fn an_answer_without_a_code_is_told_by_its_status() {
    for (status, body, kind, message) in [
        (503, "<html></html>", ErrorKind::ServiceUnavailable, "HTTP 503 with 13 bytes that are no DynamoDB error"),
        (502, "", ErrorKind::InternalFailure, "HTTP 502 with an empty body"),
        (429, "[]", ErrorKind::Throttling, "HTTP 429 with 2 bytes that are no DynamoDB error"),
        (413, "", ErrorKind::RequestEntityTooLarge, "HTTP 413 with an empty body"),
        (302, "", ErrorKind::UnknownService, "HTTP 302 with an empty body"),
        (403, r#"{"message":"Forbidden"}"#, ErrorKind::UnknownService, "HTTP 403 without an error code: Forbidden"),
    ] {
        let error = read(status, body);
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
}
