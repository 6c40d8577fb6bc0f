//! A token is never repeated across a process image that goes on in two places.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::process::Command;

use testkit::Responder;

#[tokio::test]
async fn a_forked_process_never_repeats_a_token() {
    let responder = Responder::alone().await.unwrap();
    for _ in 0..5 {
        let output = Command::new(env!("CARGO_BIN_EXE_forktest")).arg(responder.endpoint()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let sent = responder.requests_of("TransactWriteItems");
    let writers =
        |who: &str| sent.iter().filter(|seen| seen.body["TransactItems"][0]["Update"]["Key"]["id"]["S"] == who).count();
    assert_eq!((writers("before"), writers("parent"), writers("child")), (5, 5, 5));
    let tokens: HashSet<&str> = sent.iter().filter_map(|seen| seen.body["ClientRequestToken"].as_str()).collect();
    assert_eq!(tokens.len(), 15);
}
