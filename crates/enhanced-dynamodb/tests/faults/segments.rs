//! Scans in segments, and at a rate: how many requests are under way, and how long they wait.

use std::collections::BTreeSet;
use std::time::Duration;

use enhanced_dynamodb::operation::Scan;
use enhanced_dynamodb::{Client, ErrorKind, Item};
use serde_json::{Value, json};
use testkit::{Action, Responder, Rule};

use crate::calls::{TABLE, client_of};
use crate::support::{TestClock, options, plain_options};

/// A page that consumed so many units; there are more behind it, unless it is the last one.
fn page(units: f64, last: bool) -> Action {
    let mut page = json!({
        "Items": [{ "id": { "S": "m1" } }],
        "Count": 1,
        "ScannedCount": 1,
        "ConsumedCapacity": { "TableName": TABLE, "CapacityUnits": units },
    });
    if !last {
        page["LastEvaluatedKey"] = json!({ "id": { "S": "m1" } });
    }
    Action::json(200, page)
}

fn scan(client: &Client) -> Scan {
    client.scan(TABLE).max_read_units_per_second(10.0)
}

#[tokio::test]
async fn each_page_is_paid_for_before_the_next_one_is_asked_for() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("Scan").nth(1).then(page(50.0, false)));
    responder.rule(Rule::on("Scan").nth(2).then(page(20.0, false)));
    responder.rule(Rule::on("Scan").then(page(20.0, true)));
    let (client, clock) = client_of(&responder).await;
    assert_eq!(scan(&client).items::<Item>().try_collect().await.unwrap().len(), 3);
    let seconds: Vec<f64> = clock.sleeps().iter().map(|sleep| (sleep.as_secs_f64() * 10.0).round() / 10.0).collect();
    assert_eq!(seconds, [5.0, 2.0]);
}

#[tokio::test]
async fn all_segments_share_the_rate() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("Scan").then(page(10.0, true)));
    let (client, clock) = client_of(&responder).await;
    assert_eq!(scan(&client).segments(5).pages::<Item>().try_collect().await.unwrap().len(), 5);
    let waited: f64 = clock.sleeps().iter().map(Duration::as_secs_f64).sum();
    assert!(
        (waited - 4.0).abs() < 0.01,
        "{waited}: five pages of one second each, of which the last is not waited for"
    );
}

#[tokio::test]
async fn an_answer_without_its_capacity_counts_by_its_size() {
    let responder = Responder::alone().await.unwrap();
    let text = "x".repeat(81_920);
    let body = |last: bool| {
        let mut body = json!({ "Items": [{ "id": { "S": text } }], "Count": 1, "ScannedCount": 1 });
        if !last {
            body["LastEvaluatedKey"] = json!({ "id": { "S": "m1" } });
        }
        Action::json(200, body)
    };
    responder.rule(Rule::on("Scan").nth(1).then(body(false)));
    responder.rule(Rule::on("Scan").then(body(true)));
    let (client, clock) = client_of(&responder).await;
    assert_eq!(scan(&client).items::<Item>().try_collect().await.unwrap().len(), 2);
    assert!(matches!(clock.sleeps()[..], [sleep] if sleep.as_millis() / 100 == 10), "{:?}", clock.sleeps());
}

#[tokio::test]
async fn a_wait_that_goes_past_the_deadline_ends_the_scan_with_its_place() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::on("Scan").then(page(50.0, false)));
    let clock = TestClock::with_short(Duration::from_secs(3));
    let client = options(&responder.endpoint(), &clock).build().await.unwrap();
    for segments in [None, Some(2)] {
        let mut scan = scan(&client).timeout(Duration::from_secs(4));
        if let Some(segments) = segments {
            scan = scan.segments(segments);
        }
        let mut items = scan.items::<Item>();
        let error = loop {
            if let Err(error) = items.next().await.unwrap() {
                break error;
            }
        };
        assert_eq!((error.kind(), error.operation()), (ErrorKind::DeadlineExceeded, Some("Scan")), "{error}");
        assert!(error.message().contains("rate") && error.cursor().is_some(), "{error}");
    }
}

#[tokio::test]
async fn no_more_pages_are_under_way_than_there_are_sockets() {
    let responder = Responder::alone().await.unwrap();
    let empty = json!({ "Items": [], "Count": 0, "ScannedCount": 0 });
    responder.rule(Rule::on("Scan").then(Action::json(200, empty).late(Duration::from_millis(20))));
    let client = plain_options(&responder.endpoint()).max_sockets(3).build().await.unwrap();
    assert!(client.scan(TABLE).segments(10).items::<Item>().try_collect().await.unwrap().is_empty());
    let connections: BTreeSet<u64> = responder.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!((responder.requests().len(), connections.len()), (10, 3));
}

#[tokio::test]
async fn a_throttled_segment_is_retried_alone() {
    let responder = Responder::alone().await.unwrap();
    let empty = json!({ "Items": [], "Count": 0, "ScannedCount": 0 });
    let throttle = Action::throttle_for(TABLE, "TableReadKeyRangeThroughputExceeded");
    responder.rule(Rule::on("Scan").containing("\"Segment\":1").first(2).then(throttle));
    responder.rule(Rule::on("Scan").then(Action::json(200, empty)));
    let (client, clock) = client_of(&responder).await;
    assert_eq!(client.scan(TABLE).segments(3).count().await.unwrap(), 0);
    let segments: Vec<Value> = responder.requests().iter().map(|seen| seen.body["Segment"].clone()).collect();
    assert_eq!(segments.iter().filter(|segment| **segment == json!(1)).count(), 3);
    assert_eq!((segments.len(), clock.sleeps().len()), (5, 2));
}
