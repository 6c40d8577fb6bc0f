//! The spans of calls and attempts, sent by OpenTelemetry's own exporter and received by an OTLP server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use enhanced_dynamodb::{Client, Credentials, Item, attr, item};
use fake_opentelemetry_collector::{ExportedSpan, FakeCollectorServer, setup_tracer_provider};
use opentelemetry::trace::TracerProvider;
use testkit::{Action, Engine, Responder, Rule};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};

const SECRET: &str = "PLANTEDSECRET";
const VALUE: &str = "PLANTEDVALUE";

/// An attribute as the collector shows it; empty if there is none.
fn attribute<'a>(span: &'a ExportedSpan, name: &str) -> &'a str {
    span.attributes.get(name).map_or("", String::as_str)
}

/// Attributes that must be there, with a part of what they say.
#[track_caller]
fn says(span: &ExportedSpan, expected: &[(&str, &str)]) {
    for (name, part) in expected {
        assert!(attribute(span, name).contains(part), "{name} does not say {part}: {span:#?}");
    }
}

async fn calls(db: &Client) {
    db.put("Messages", &item! { "id": VALUE, "text": VALUE }).send().await.unwrap();
    db.get("Messages").key("id", VALUE).item::<Item>().await.unwrap().unwrap();
    let update = db.update("Messages").key("id", VALUE).set("text", VALUE).condition(attr("text").eq("other"));
    update.send().await.unwrap_err();
    db.scan("Messages").send::<Item>().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_attempts_are_spans_with_opentelemetrys_names() {
    let engine = Engine::dynoxide().await.unwrap();
    engine.create_table("Messages").await.unwrap();
    let responder = Responder::in_front_of(&engine).await.unwrap();
    responder.rule(Rule::on("GetItem").first(1).then(Action::throttle("Messages")));
    let mut collector = FakeCollectorServer::start().await.unwrap();
    let provider = setup_tracer_provider(&collector).await;
    let ours = Targets::new().with_target("enhanced_dynamodb", LevelFilter::DEBUG);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test")).with_filter(ours);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let db = Client::builder()
        .local(true)
        .local_endpoint(responder.endpoint())
        .credentials(Credentials::new("AKIDEXAMPLE", SECRET).with_session_token(SECRET))
        .return_consumed_capacity(true)
        .build()
        .await
        .unwrap();
    calls(&db).await;
    provider.force_flush().unwrap();
    let spans = collector.exported_spans(9, Duration::from_secs(30)).await;
    let text = format!("{spans:#?}");
    assert!(!text.contains(SECRET) && !text.contains(VALUE), "{text}");

    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let one = |name: &str| match named(name)[..] {
        [span] => span,
        _ => panic!("not one span {name}: {text}"),
    };
    let port = responder.endpoint().rsplit(':').next().unwrap().to_owned();

    let get = one("DynamoDB.GetItem");
    assert_eq!((get.kind.as_str(), get.parent_span_id.as_str()), ("SPAN_KIND_CLIENT", ""));
    says(
        get,
        &[
            ("db.system.name", "aws.dynamodb"),
            ("db.operation.name", "GetItem"),
            ("db.collection.name", "Messages"),
            ("aws.dynamodb.table_names", "[\\\"Messages\\\"]"),
            ("aws.dynamodb.consumed_capacity", "CapacityUnits"),
            ("aws.dynamodb.count", "1"),
            ("rpc.system", "aws-api"),
            ("rpc.service", "DynamoDB"),
            ("rpc.method", "GetItem"),
            ("cloud.region", "us-east-1"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("http.response.status_code", "200"),
            ("enhanced_dynamodb.attempts", "2"),
            ("enhanced_dynamodb.retries", "1"),
        ],
    );
    let status = get.status.as_ref().map_or("STATUS_CODE_UNSET", |status| status.code.as_str());
    assert!(attribute(get, "error.type").is_empty() && status == "STATUS_CODE_UNSET", "{get:#?}");
    let retry = get.events.iter().find(|event| event.name == "retrying").expect("the retry is told");
    let told = format!("{:?}", retry.attributes);
    assert!(told.contains("TableWriteKeyRangeThroughputExceeded") && told.contains(":table/Messages"), "{told}");

    let mut attempts = named("DynamoDB.GetItem attempt");
    attempts.sort_by_key(|attempt| attempt.start_time_unix_nano);
    let [first, second] = attempts[..] else { panic!("{text}") };
    assert!(attempts.iter().all(|attempt| attempt.parent_span_id == get.span_id), "{text}");
    let throttled = "ProvisionedThroughputExceededException";
    says(
        first,
        &[("error.type", throttled), ("http.response.status_code", "400"), ("db.response.status_code", throttled)],
    );
    assert_eq!(first.status.as_ref().unwrap().code, "STATUS_CODE_ERROR");
    says(second, &[("http.response.status_code", "200"), ("http.request.resend_count", "1")]);
    assert!(attribute(first, "http.request.resend_count").is_empty());

    let update = one("DynamoDB.UpdateItem");
    says(update, &[("error.type", "ConditionalCheckFailedException"), ("http.response.status_code", "400")]);
    assert_eq!(update.status.as_ref().unwrap().code, "STATUS_CODE_ERROR");
    says(one("DynamoDB.Scan"), &[("aws.dynamodb.count", "1")]);
    assert_eq!(spans.len(), 9, "four calls, five attempts: {text}");
}
