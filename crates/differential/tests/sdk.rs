//! `Client::sdk`: the AWS SDK's own client on the sockets, the credentials and the endpoint of this one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use enhanced_dynamodb::config::{Credentials, Options};
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Item, item};
use testkit::{Action, Close, Engine, Fault, FaultProxy, Point, Responder, Rule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn options(engine: &Engine, endpoint: &str) -> Options {
    Client::builder()
        .region(engine.region())
        .endpoint_url(endpoint)
        .credentials(Credentials::new(engine.access_key_id(), engine.secret_access_key()).with_session_token("token"))
}

/// A client that speaks to the engine by way of a responder, and a table `Messages` with the key `id` and `at`.
async fn messages(engine: &Engine, change: impl FnOnce(Options) -> Options) -> (Client, Responder) {
    let responder = Responder::in_front_of(engine).await.unwrap();
    let db = change(options(engine, &responder.endpoint())).build().await.unwrap();
    let create = db.create_table("Messages").partition_key("id", AttributeType::String);
    create.sort_key("at", AttributeType::Number).send().await.unwrap();
    db.wait_until_active("Messages").send().await.unwrap();
    (db, responder)
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u32) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The whole chain of errors, in words.
fn text<E: std::error::Error + 'static>(error: &SdkError<E>) -> String
where
    SdkError<E>: std::error::Error,
{
    DisplayErrorContext(error).to_string()
}

testkit::on_both_engines! {
    async fn put_get_and_query_go_over_the_clients_own_socket(engine: Engine) {
        let (db, responder) = messages(&engine, |options| options).await;
        let sdk = db.sdk();
        db.put("Messages", &item! { "id": "a", "at": 1, "text": "ours" }).send().await.unwrap();
        let put = sdk.put_item().table_name("Messages").item("id", s("a")).item("at", n(2)).item("text", s("theirs"));
        put.send().await.unwrap();
        let got = sdk.get_item().table_name("Messages").key("id", s("a")).key("at", n(1)).send().await.unwrap();
        assert_eq!(got.item.unwrap()["text"], s("ours"));
        let query = sdk.query().table_name("Messages").key_condition_expression("id = :id");
        let found = query.expression_attribute_values(":id", s("a")).send().await.unwrap();
        assert_eq!(found.items().iter().map(|item| item["at"].clone()).collect::<Vec<_>>(), [n(1), n(2)]);
        let ours: Option<Item> = db.get("Messages").key("id", "a").key("at", 2).item().await.unwrap();
        assert_eq!(ours, Some(item! { "id": "a", "at": 2, "text": "theirs" }));

        let seen = responder.requests();
        assert!(seen.len() >= 7, "{}", seen.len());
        assert!(seen.iter().all(|seen| seen.connection == 1), "all on one connection");
        let pool = db.stats().pool;
        assert_eq!((pool.connects, pool.open, pool.in_use), (1, 1, 0));
    }

    async fn requests_are_signed_by_the_sdk_with_the_clients_credentials(engine: Engine) {
        let (db, responder) = messages(&engine, |options| options.app_id("chat-room")).await;
        db.sdk().get_item().table_name("Messages").key("id", s("a")).key("at", n(1)).send().await.unwrap();
        let seen = responder.requests_of("GetItem").remove(0);
        let header = |name: &str| seen.headers.get(name).unwrap().to_str().unwrap().to_owned();
        let signed_for = format!("Credential={}/", engine.access_key_id());
        assert!(header("authorization").contains(&signed_for), "{}", header("authorization"));
        assert!(header("authorization").contains(&format!("/{}/dynamodb/", engine.region())));
        assert_eq!(header("x-amz-security-token"), "token");
        assert_eq!(format!("http://{}", header("host")), responder.endpoint());
        assert!(header("user-agent").starts_with("aws-sdk-rust/") && header("user-agent").contains("app/chat-room"));
    }

    async fn an_error_of_the_service_is_the_sdks(engine: Engine) {
        let (db, _responder) = messages(&engine, |options| options).await;
        let sdk = db.sdk();
        let put = || sdk.put_item().table_name("Messages").item("id", s("a")).item("at", n(1));
        put().send().await.unwrap();
        let error = put().condition_expression("attribute_not_exists(id)").send().await.unwrap_err();
        assert!(error.into_service_error().is_conditional_check_failed_exception());
        assert_eq!(db.stats().pool.connects, 1);
    }

    async fn the_sdk_retries_as_often_as_the_client_would(engine: Engine) {
        let (db, responder) = messages(&engine, |options| options.max_retries(1)).await;
        responder.rule(Rule::on("GetItem").then(Action::internal_error()));
        let get = db.sdk().get_item().table_name("Messages").key("id", s("a")).key("at", n(1));
        assert!(get.send().await.unwrap_err().into_service_error().is_internal_server_error());
        assert_eq!(responder.requests_of("GetItem").len(), 2);
    }

    async fn a_lost_connection_is_replaced(engine: Engine) {
        let (made, _responder) = messages(&engine, |options| options).await;
        made.put("Messages", &item! { "id": "a", "at": 1 }).send().await.unwrap();
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let db = options(&engine, &proxy.endpoint()).build().await.unwrap();
        let sdk = db.sdk();
        let get = || sdk.get_item().table_name("Messages").key("id", s("a")).key("at", n(1)).send();
        proxy.queue([Fault::None, Fault::Cut { at: Point::Received, how: Close::Reset }]);
        for _ in 0..3 {
            assert_eq!(get().await.unwrap().item.unwrap()["at"], n(1));
        }
    }

    async fn no_attempt_starts_past_a_deadline(engine: Engine) {
        let (db, responder) = messages(&engine, |options| options).await;
        let scoped = db.sdk();
        let late = db.with_deadline(Instant::now()).sdk();
        let list = late.list_tables().send().await.unwrap_err();
        assert!(text(&list).contains("no time was left for an attempt"), "{}", text(&list));
        let by = Instant::now();
        let list = enhanced_dynamodb::deadline::scope(by, async { scoped.list_tables().send().await }).await;
        assert!(text(&list.unwrap_err()).contains("no time was left for an attempt"));
        assert!(responder.requests_of("ListTables").is_empty());
        scoped.list_tables().send().await.unwrap();
    }

    async fn an_attempt_ends_with_the_request_timeout(engine: Engine) {
        let limit = Duration::from_millis(50);
        let responder = Responder::in_front_of(&engine).await.unwrap();
        responder.rule(Rule::on("ListTables").then(Action::pass().late(Duration::from_secs(60))));
        let db = options(&engine, &responder.endpoint()).request_timeout(limit).max_retries(0).build().await.unwrap();
        let error = db.sdk().list_tables().send().await.unwrap_err();
        assert!(matches!(&error, SdkError::DispatchFailure(failure) if failure.is_timeout()), "{}", text(&error));
        assert!(text(&error).contains("no response in 50ms"), "{}", text(&error));
        assert_eq!(db.stats().pool.open, 0);
    }

    async fn a_response_is_bounded(engine: Engine) {
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let db = options(&engine, &proxy.endpoint()).build().await.unwrap();
        // One byte more than 64 MiB.
        proxy.set(Fault::ContentLength(67_108_865));
        let error = db.sdk().list_tables().send().await.unwrap_err();
        assert!(text(&error).contains("larger than 67108864 bytes"), "{}", text(&error));
        assert_eq!(proxy.counters().requests, 1);
    }

    async fn a_closed_client_sends_nothing(engine: Engine) {
        let (db, responder) = messages(&engine, |options| options).await;
        let sdk = db.sdk();
        db.close().await;
        let error = sdk.list_tables().send().await.unwrap_err();
        assert!(text(&error).contains("the client was closed"), "{}", text(&error));
        assert!(responder.requests_of("ListTables").is_empty());
    }

    async fn the_sdk_finds_a_connection_that_was_opened_ahead(engine: Engine) {
        let db = options(&engine, &engine.endpoint()).build().await.unwrap();
        assert_eq!(db.prewarm(1).await.unwrap(), 1);
        db.sdk().list_tables().send().await.unwrap();
        assert_eq!(db.stats().pool.connects, 1);
    }
}

/// Where a tunnel is asked for, which this proxy refuses.
async fn tunnels(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut head).await.unwrap(), 0);
    }
    stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    String::from_utf8(head).unwrap().lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn both_go_to_the_endpoint_that_the_services_rules_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let account = Credentials::new("AKIDEXAMPLE", "secret").with_account_id("123456789012");
    let plain = Credentials::new("AKIDEXAMPLE", "secret");
    let options = || Client::builder().region("eu-central-1").proxy(proxy.as_str()).max_retries(0);
    for (options, host) in [
        (options().credentials(account), "123456789012.ddb.eu-central-1.amazonaws.com"),
        (options().credentials(plain.clone()), "dynamodb.eu-central-1.amazonaws.com"),
        (options().credentials(plain).use_fips(true), "dynamodb-fips.eu-central-1.amazonaws.com"),
    ] {
        let db = options.build().await.unwrap();
        let (asked, ours) = tokio::join!(tunnels(&listener), db.list_tables().send());
        assert_eq!(asked, format!("CONNECT {host}:443 HTTP/1.1"));
        ours.unwrap_err();
        let sdk = db.sdk();
        let (asked, theirs) = tokio::join!(tunnels(&listener), sdk.list_tables().send());
        assert_eq!(asked, format!("CONNECT {host}:443 HTTP/1.1"));
        assert!(text(&theirs.unwrap_err()).contains("refused a tunnel"));
    }
}
