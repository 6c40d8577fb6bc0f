//! The engine in the process: isolated, persistent on request, independent of runtimes, gone with its client.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Error, ErrorKind, Item, item};

async fn with_table(db: &Client) {
    db.create_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
}

async fn put(db: &Client, id: &str) {
    db.put("Messages", &item! { "id": id }).send().await.unwrap();
}

async fn has(db: &Client, id: &str) -> Result<bool, Error> {
    Ok(db.get("Messages").key("id", id).item::<Item>().await?.is_some())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[tokio::test]
async fn engines_are_isolated_from_each_other_and_shared_by_clones() {
    let (one, other) = (Client::embedded().await.unwrap(), Client::embedded().await.unwrap());
    with_table(&one).await;
    put(&one.clone(), "m1").await;
    assert!(has(&one, "m1").await.unwrap());
    assert_eq!(has(&other, "m1").await.unwrap_err().kind(), ErrorKind::ResourceNotFound);
}

#[tokio::test]
async fn options_hold_for_an_embedded_engine_too() {
    let db = Client::embedded_with(|options| options.max_retries(7)).await.unwrap();
    assert_eq!((db.config().max_retries(), db.config().is_local()), (7, true));
}

#[test]
fn a_file_keeps_what_was_written() {
    let path = std::env::temp_dir().join(format!("enhanced-dynamodb-{}.db", std::process::id()));
    runtime().block_on(async {
        let db = Client::embedded_at(&path).await.unwrap();
        with_table(&db).await;
        put(&db, "m1").await;
    });
    runtime().block_on(async {
        let db = Client::embedded_at(&path).await.unwrap();
        assert!(has(&db, "m1").await.unwrap());
    });
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        let _absent_is_fine = std::fs::remove_file(name);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let error = Client::embedded_at("/nonexistent/folder/messages.db").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert!(error.to_string().contains("/nonexistent/folder/messages.db"), "{error}");
}

#[test]
fn an_engine_outlives_the_runtime_it_was_started_from_and_serves_others() {
    let first = runtime();
    let db = first.block_on(async {
        let db = Client::embedded().await.unwrap();
        with_table(&db).await;
        put(&db, "m1").await;
        db
    });
    let second = runtime();
    assert!(second.block_on(has(&db, "m1")).unwrap());
    assert!(first.block_on(has(&db, "m1")).unwrap(), "the other runtime's socket is not used");
    drop(first);
    second.block_on(put(&db, "m2"));
    drop(second);
    assert!(runtime().block_on(has(&db, "m2")).unwrap());
}

#[tokio::test]
async fn a_call_keeps_the_engine_alive_that_it_talks_to() {
    let db = Client::embedded().await.unwrap();
    with_table(&db).await;
    put(&db, "m1").await;
    let call = db.get("Messages").key("id", "m1");
    drop(db);
    assert!(call.item::<Item>().await.unwrap().is_some());
}

#[cfg(target_os = "linux")]
#[test]
fn the_engines_thread_ends_with_the_last_clone() {
    let endpoint = runtime().block_on(async {
        let db = Client::embedded().await.unwrap();
        let clone = db.clone();
        with_table(&db).await;
        drop(db);
        put(&clone, "m1").await;
        clone.config().endpoint_url().unwrap()
    });
    let address = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let refused = || std::net::TcpStream::connect(&address).is_err();
    assert!(
        (0..500).any(|_| refused() || (std::thread::sleep(Duration::from_millis(10)), false).1),
        "{address} still listens"
    );
}
