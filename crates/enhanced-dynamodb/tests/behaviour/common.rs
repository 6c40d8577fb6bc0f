//! Clients of an engine, and the tables that the tests share.

use enhanced_dynamodb::config::{Credentials, Options};
use enhanced_dynamodb::table::{AttributeType, IndexDefinition};
use enhanced_dynamodb::{Client, item};
use serde::{Deserialize, Serialize};
use testkit::{Engine, Responder};

/// Options of a client that sees this engine's tables, by way of whatever listens at the endpoint.
pub(crate) fn options(engine: &Engine, endpoint: &str) -> Options {
    Client::builder()
        .region(engine.region())
        .endpoint_url(endpoint)
        .credentials(Credentials::new(engine.access_key_id(), engine.secret_access_key()))
}

pub(crate) async fn client(engine: &Engine) -> Client {
    options(engine, &engine.endpoint()).build().await.unwrap()
}

/// A client that speaks to the engine by way of a responder, which records every request.
pub(crate) async fn recorded(engine: &Engine) -> (Client, Responder) {
    let responder = Responder::in_front_of(engine).await.unwrap();
    let db = options(engine, &responder.endpoint()).build().await.unwrap();
    (db, responder)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) stars: u32,
}

pub(crate) fn message(id: &str, text: &str, stars: u32) -> Message {
    Message { id: id.to_owned(), text: text.to_owned(), stars }
}

/// A client of an engine with an empty table `Messages`, whose key is `id`.
pub(crate) async fn messages(engine: &Engine) -> Client {
    let db = client(engine).await;
    create_messages(&db).await;
    db
}

pub(crate) async fn create_messages(db: &Client) {
    db.create_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) stream: String,
    pub(crate) at: u32,
    pub(crate) kind: String,
    pub(crate) size: u32,
}

/// The event number `at`; every third is a `start`, and sizes run against the time.
pub(crate) fn event(stream: &str, at: u32) -> Event {
    let kind = if at.is_multiple_of(3) { "start" } else { "step" };
    Event { stream: stream.to_owned(), at, kind: kind.to_owned(), size: 1000 - at }
}

/// Makes a table `Events` with the key `stream` and `at`, a global index `by-kind` and a local one `by-size`.
pub(crate) async fn create_events(db: &Client) {
    db.create_table("Events")
        .partition_key("stream", AttributeType::String)
        .sort_key("at", AttributeType::Number)
        .global_index(
            IndexDefinition::new("by-kind")
                .partition_key("kind", AttributeType::String)
                .sort_key("at", AttributeType::Number),
        )
        .local_index(
            IndexDefinition::new("by-size")
                .partition_key("stream", AttributeType::String)
                .sort_key("size", AttributeType::Number),
        )
        .send()
        .await
        .unwrap();
}

/// A client of an engine with a table `Events` that holds the events 1 to `count` of the stream `a`, and two of `b`.
pub(crate) async fn events(engine: &Engine, count: u32) -> Client {
    let db = client(engine).await;
    create_events(&db).await;
    put_events(&db, count).await;
    db
}

pub(crate) async fn put_events(db: &Client, count: u32) {
    let all: Vec<Event> = (1..=count).map(|at| event("a", at)).chain((1..=2).map(|at| event("b", at))).collect();
    for chunk in all.chunks(25) {
        let batch = chunk.iter().fold(db.batch_write(), |batch, event| batch.put("Events", event));
        assert!(batch.send().await.unwrap().unprocessed.is_empty());
    }
}

/// The `at` of each event.
pub(crate) fn times(events: &[Event]) -> Vec<u32> {
    events.iter().map(|event| event.at).collect()
}

/// Makes a table `Nodes` with the key `id` and the index `parent-index` that trees are read by.
pub(crate) async fn nodes(db: &Client) {
    db.create_table("Nodes")
        .partition_key("id", AttributeType::String)
        .global_index(IndexDefinition::new("parent-index").partition_key("parent", AttributeType::String))
        .send()
        .await
        .unwrap();
}

/// Writes nodes, given as id and parent.
pub(crate) async fn put_nodes(db: &Client, nodes: &[(&str, &str)]) {
    for chunk in nodes.chunks(25) {
        let batch = chunk.iter().fold(db.batch_write(), |batch, (id, parent)| match *parent {
            "" => batch.put("Nodes", &item! { "id": *id }),
            parent => batch.put("Nodes", &item! { "id": *id, "parent": parent }),
        });
        assert!(batch.send().await.unwrap().unprocessed.is_empty());
    }
}
