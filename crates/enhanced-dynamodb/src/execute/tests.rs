//! Calls that come to no attempt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;

use super::{Call, CallOptions, Core, Operation, ReplayClass};
use crate::config::{Config, Options};
use crate::error::{Error, ErrorKind};
use crate::transport::ArnParameter;

static GET_ITEM: Operation = Operation::data("GetItem", "DynamoDB_20120810.GetItem");

async fn call(options: Options, variables: &[(&str, &str)]) -> Error {
    let core = Core::new(Config::from_variables(&options, variables.iter().copied()).unwrap(), None).unwrap();
    let call = Call {
        operation: &GET_ITEM,
        table: Some("Messages"),
        arns: ArnParameter::None,
        body: Bytes::from_static(b"{}"),
        replay: ReplayClass::Read,
        options: &CallOptions::default(),
    };
    core.execute(call).await.unwrap_err()
}

#[tokio::test]
async fn without_credentials_the_error_says_where_they_were_looked_for() {
    let files =
        [("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials"), ("AWS_CONFIG_FILE", "/nonexistent/config")];
    let error = call(Options::default(), &files).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Credentials, 0));
    let line = error.to_string();
    for place in [
        "GetItem on table Messages: CredentialsError: ",
        "AWS_ACCESS_KEY_ID",
        "/nonexistent/credentials",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "Set the variables, add a profile, or give credentials as an option",
    ] {
        assert!(line.contains(place), "{place} in {line}");
    }
}

#[tokio::test]
async fn a_closed_client_makes_no_attempt() {
    let core =
        Core::new(Config::from_variables(&Options::default().local(true), [("", ""); 0]).unwrap(), None).unwrap();
    core.close(std::time::Duration::ZERO).await;
    let call = Call {
        operation: &GET_ITEM,
        table: None,
        arns: ArnParameter::None,
        body: Bytes::from_static(b"{}"),
        replay: ReplayClass::NonIdempotent,
        options: &CallOptions::default(),
    };
    let error = core.execute(call).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Closed, 0));
    assert_eq!(core.stats().errors, 1);
}
