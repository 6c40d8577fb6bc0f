//! The process-wide client. It is one for the process, so these tests take turns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use enhanced_dynamodb::{Client, ErrorKind};
use tokio::sync::{Mutex, MutexGuard};

/// A turn, with no shared client yet.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    Client::reset_shared();
    turn
}

/// Whether both are the same client: only then do they have their configuration in the same place.
fn same(one: &Client, other: &Client) -> bool {
    std::ptr::eq(one.config(), other.config())
}

#[tokio::test]
async fn every_call_gives_the_same_client() {
    let _turn = turn().await;
    let one = Client::shared().await.unwrap();
    assert!(same(&one, &Client::shared().await.unwrap()));
    assert!(same(&one, &Client::shared_with(|options| options).await.unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_first_calls_make_one_client() {
    let _turn = turn().await;
    let first = tokio::spawn(Client::shared());
    let calls: Vec<_> = (0..32)
        .map(|number| {
            tokio::spawn(async move {
                if number % 2 == 0 { Client::shared().await } else { Client::shared_with(|options| options).await }
            })
        })
        .collect();
    let first = first.await.unwrap().unwrap();
    for call in calls {
        assert!(same(&first, &call.await.unwrap().unwrap()));
    }
}

#[tokio::test]
async fn the_same_options_again_are_no_difference() {
    let _turn = turn().await;
    let one = Client::shared_with(|options| options.max_retries(5).region("eu-west-1")).await.unwrap();
    assert!(same(&one, &Client::shared_with(|options| options.region("eu-west-1").max_retries(5)).await.unwrap()));
    assert!(same(&one, &Client::shared().await.unwrap()), "who only uses it takes it as it is");
    assert_eq!(one.config().max_retries(), 5);
}

#[tokio::test]
async fn other_options_are_an_error_that_names_the_difference() {
    let _turn = turn().await;
    let one = Client::shared_with(|options| options.max_retries(5)).await.unwrap();
    let error = Client::shared_with(|options| options.max_retries(6).max_sockets(9)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    insta::assert_snapshot!(error);
    assert!(same(&one, &Client::shared().await.unwrap()));
}

#[tokio::test]
async fn options_that_are_not_understood_make_no_client() {
    let _turn = turn().await;
    assert!(Client::shared_with(|options| options.max_sockets(0)).await.is_err());
    assert!(Client::shared_with(|options| options.max_sockets(1)).await.is_ok());
}

#[tokio::test]
async fn after_a_close_there_is_a_new_one_with_its_own_options() {
    let _turn = turn().await;
    let closed = Client::shared_with(|options| options.max_retries(5)).await.unwrap();
    closed.close().await;
    let new = Client::shared_with(|options| options.max_retries(6)).await.unwrap();
    assert!(!same(&closed, &new));
    assert_eq!(new.config().max_retries(), 6);
    Client::reset_shared();
    assert!(!same(&new, &Client::shared().await.unwrap()));
}
