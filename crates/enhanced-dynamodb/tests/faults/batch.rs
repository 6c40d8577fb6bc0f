//! A batch under faults of the service and the network: what is sent again and after which waits, when it gives up, and that
//! no operation is lost.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use enhanced_dynamodb::batch::{BatchOperation, BatchOutcome, Unwritten};
use enhanced_dynamodb::config::RetryMode;
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, ErrorKind, KeySchema, Replay, item};
use futures_util::{StreamExt, stream};
use testkit::{Action, Close, Engine, Fault, FaultProxy, Point, Responder, Rule};

use crate::support::{TestClock, client_of, options};

const TABLE: &str = "Messages";

fn put(number: u64) -> BatchOperation {
    BatchOperation::put(TABLE, &item! { "id": format!("m{number}"), "number": number })
}

fn counts(outcome: &BatchOutcome) -> (u64, u64, u64, u64) {
    (outcome.total, outcome.written, outcome.failed, outcome.left_over)
}

fn indexes(unwritten: &[Unwritten]) -> Vec<u64> {
    unwritten.iter().map(Unwritten::index).collect()
}

fn millis(durations: &[Duration]) -> Vec<f64> {
    durations.iter().map(|duration| duration.as_secs_f64() * 1_000.0).collect()
}

/// A client of a responder that stands alone and answers `{}`, which means: all is written.
async fn scripted(rules: impl IntoIterator<Item = Rule>) -> (Responder, Arc<TestClock>, Client) {
    let responder = Responder::alone().await.unwrap();
    for rule in rules {
        responder.rule(rule);
    }
    let clock = TestClock::new();
    let options = options(&responder.endpoint(), &clock).table_key(TABLE, KeySchema::new("id"));
    let client = options.build().await.unwrap();
    (responder, clock, client)
}

#[tokio::test]
async fn a_concurrency_beyond_all_bounds_is_no_harm() {
    let (_responder, _clock, db) = scripted([]).await;
    let outcome = db.batch_operations((0..60).map(put)).concurrency(usize::MAX).send().await.unwrap();
    assert_eq!(counts(&outcome), (60, 60, 0, 0));
}

#[tokio::test]
async fn leftovers_wait_from_25_milliseconds_while_anything_is_done_and_from_a_second_if_nothing_is() {
    let leaves = |nth, applied| Rule::on("BatchWriteItem").nth(nth).then(Action::leftovers(applied));
    let (_responder, clock, db) = scripted([leaves(1, 10), leaves(2, 5), leaves(3, 0), leaves(4, 1)]).await;
    let outcome = db.batch_operations((0..25).map(put)).send().await.unwrap();
    assert_eq!(counts(&outcome), (25, 25, 0, 0));
    assert_eq!(millis(&clock.sleeps()), [12.5, 25.0, 2_000.0, 100.0]);
    assert_eq!((outcome.requests, outcome.retries, outcome.resent), (5, 0, 15 + 10 + 10 + 9));
    assert_eq!(outcome.elapsed, Duration::from_micros(2_137_500));
}

#[tokio::test]
async fn a_throttled_request_is_retried_as_any_call_and_then_by_the_batch() {
    let (responder, clock, db) = scripted([Rule::on("BatchWriteItem").first(5).then(Action::throttle(TABLE))]).await;
    let outcome = db.batch_operations((0..3).map(put)).send().await.unwrap();
    assert_eq!(counts(&outcome), (3, 3, 0, 0));
    // The call's own three retries; the batch's wait; one more retry.
    assert_eq!(millis(&clock.sleeps()), [500.0, 1_000.0, 2_000.0, 500.0, 500.0]);
    assert_eq!((outcome.requests, outcome.retries, outcome.resent), (6, 4, 3));
    assert_eq!(responder.requests_of("BatchWriteItem").len(), 6);
}

#[tokio::test]
async fn throttles_narrow_the_requests_in_flight_and_success_widens_them_again() {
    let (_responder, _clock, db) = scripted([Rule::on("BatchWriteItem").first(12).then(Action::throttle(TABLE))]).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let batch = db.batch_operations((0..5_000).map(put)).concurrency(8).max_retries(0);
    let outcome = batch.on_progress(move |progress| seen.lock().unwrap().push(progress.concurrency)).send().await;
    assert_eq!(counts(&outcome.unwrap()), (5_000, 5_000, 0, 0));
    let told = told.lock().unwrap();
    assert!(told.iter().min().is_some_and(|fewest| *fewest <= 4), "{told:?}");
    assert_eq!(told.last(), Some(&8));
}

#[tokio::test]
async fn without_a_deadline_a_batch_to_which_nothing_is_done_ends_after_16_rounds() {
    let (responder, clock, db) = scripted([Rule::on("BatchWriteItem").then(Action::leftovers(0))]).await;
    let outcome = db.batch_operations((0..2_000).map(put)).concurrency(1).send().await.unwrap();
    assert_eq!(counts(&outcome), (2_000, 0, 0, 2_000));
    // What is read ahead is tried; not sixteen rounds for everything.
    assert!(responder.requests_of("BatchWriteItem").len() <= 16 * (1_050 / 25 + 1));
    assert!(clock.sleeps().iter().all(|wait| *wait <= Duration::from_secs(10)), "half of 20 s at most");
    assert_eq!(indexes(&outcome.leftovers), (0..2_000).collect::<Vec<u64>>());
    assert!(
        outcome.leftovers[0].error().message().contains("unprocessed in 16 requests"),
        "{:?}",
        outcome.leftovers[0]
    );
    let error = outcome.into_result().unwrap_err();
    assert!(error.is_throttling() && error.is_retryable(), "{error}");
    insta::assert_snapshot!(error.to_string());
}

#[tokio::test]
async fn an_operation_that_is_left_over_takes_later_ones_on_its_key_with_it() {
    let hot = Rule::on("BatchWriteItem").containing("\"hot\"").then(Action::leftovers(0));
    let (_responder, _clock, db) = scripted([hot]).await;
    let on_hot = |number: u64| BatchOperation::put(TABLE, &item! { "id": "hot", "number": number });
    let operations = (0..2_000).map(|number| if number % 500 == 0 { on_hot(number) } else { put(number) });
    let batch = db.batch_operations(operations).concurrency(1).give_up_after(2);
    let outcome = batch.send().await.unwrap();
    assert!(outcome.written > 0, "{outcome:?}");
    let left: BTreeSet<u64> = indexes(&outcome.leftovers).into_iter().collect();
    assert!([0, 500, 1_000, 1_500].iter().all(|index| left.contains(index)), "{left:?}");
    assert_eq!(outcome.written + outcome.left_over, 2_000);
}

#[tokio::test]
async fn at_the_deadline_everything_that_is_not_done_is_left_over() {
    let (_responder, clock, db) = scripted([Rule::on("BatchWriteItem").after(2).then(Action::throttle(TABLE))]).await;
    let batch = db.batch_operations((0..500).map(put)).concurrency(1).timeout(Duration::from_secs(100));
    let outcome = batch.send().await.unwrap();
    assert_eq!(counts(&outcome), (500, 50, 0, 450));
    assert!(outcome.input_ended, "an iterator is read to its end");
    assert_eq!(indexes(&outcome.leftovers), (50..500).collect::<Vec<u64>>());
    for left in &outcome.leftovers {
        assert!(left.is_left_over());
        assert_eq!(left.error().kind(), ErrorKind::DeadlineExceeded, "{left:?}");
    }
    let slept: Duration = clock.sleeps().iter().sum();
    assert!(slept <= Duration::from_secs(100), "no sleep goes past it: {slept:?}");
    assert_eq!(outcome.into_result().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test]
async fn a_batch_whose_time_is_up_sends_nothing() {
    let (responder, _clock, db) = scripted([]).await;
    let outcome = db.batch_operations((0..30).map(put)).deadline(Instant::now()).send().await.unwrap();
    assert_eq!((counts(&outcome), outcome.requests), ((30, 0, 0, 30), 0));
    assert!(responder.requests().is_empty());
}

#[tokio::test]
async fn what_a_batch_that_ends_early_has_not_read_is_still_in_its_stream() {
    let (_responder, _clock, db) = scripted([Rule::on("BatchWriteItem").after(1).then(Action::throttle(TABLE))]).await;
    let mut operations = stream::iter((0..10_000).map(put));
    let batch = db.batch_operations_stream(&mut operations).concurrency(1).timeout(Duration::from_secs(100));
    let outcome = batch.send().await.unwrap();
    assert_eq!((outcome.written, outcome.input_ended, outcome.is_complete()), (25, false, false));
    assert_eq!(outcome.total, outcome.written + outcome.left_over);
    assert_eq!(operations.count().await as u64, 10_000 - outcome.total);
    assert!(outcome.into_result().unwrap_err().message().contains("was not read to its end"));
}

#[tokio::test]
async fn a_stream_that_gives_nothing_does_not_outlive_the_deadline() {
    let (responder, clock, db) = scripted([]).await;
    let nothing = stream::pending::<BatchOperation>();
    let outcome = db.batch_operations_stream(nothing).timeout(Duration::from_secs(30)).send().await.unwrap();
    assert_eq!((outcome.total, outcome.input_ended, responder.requests().len()), (0, false, 0));
    assert!(clock.sleeps().iter().all(|wait| *wait <= Duration::from_secs(30)), "{:?}", clock.sleeps());
    assert_eq!(outcome.into_result().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test]
async fn an_iterator_is_read_only_as_it_is_needed() {
    let (_responder, _clock, db) = scripted([]).await;
    let read = Rc::new(Cell::new(0_u64));
    let counted = Rc::clone(&read);
    let operations = (0..100_000).map(move |number| {
        counted.set(counted.get() + 1);
        put(number)
    });
    let ahead = Arc::new(Mutex::new(0));
    let most = Arc::clone(&ahead);
    let batch = db.batch_operations(operations).concurrency(4);
    let outcome = batch.on_progress(move |progress| {
        let mut most = most.lock().unwrap();
        *most = u64::max(*most, progress.total - progress.written);
    });
    assert_eq!(outcome.send().await.unwrap().written, 100_000);
    assert_eq!(read.get(), 100_000);
    assert!(*ahead.lock().unwrap() <= 6 * 25, "{} read ahead", ahead.lock().unwrap());
}

#[tokio::test]
async fn what_nobody_accepts_ends_the_batch_at_once() {
    let refused =
        Action::error("UnrecognizedClientException", "The security token included in the request is invalid.");
    let (responder, _clock, db) = scripted([Rule::on("BatchWriteItem").then(refused)]).await;
    let outcome = db.batch_operations((0..10_000).map(put)).concurrency(1).send().await.unwrap();
    assert_eq!(counts(&outcome), (10_000, 0, 0, 10_000));
    assert_eq!(responder.requests().len(), 1);
    assert_eq!(outcome.into_result().unwrap_err().kind(), ErrorKind::UnrecognizedClient);
    db.close().await;
    let outcome = db.batch_operations((0..100).map(put)).send().await.unwrap();
    assert_eq!((counts(&outcome), outcome.requests), ((100, 0, 0, 100), 0));
    assert_eq!(outcome.leftovers[0].error().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn an_item_collection_that_is_full_fails_alone() {
    let full = Action::error("ItemCollectionSizeLimitExceededException", "Collection size exceeded.");
    let (_responder, _clock, db) = scripted([Rule::on("BatchWriteItem").containing("\"m13\"").then(full)]).await;
    let outcome = db.batch_operations((0..50).map(put)).send().await.unwrap();
    assert_eq!(counts(&outcome), (50, 49, 1, 0));
    assert_eq!(indexes(&outcome.failures), [13]);
    assert_eq!(outcome.failures[0].error().kind(), ErrorKind::ItemCollectionSizeLimitExceeded);
}

#[tokio::test]
async fn what_must_not_be_sent_twice_is_left_over_when_its_answer_is_lost() {
    let (responder, _clock, db) = scripted([Rule::on("BatchWriteItem").nth(1).then(Action::internal_error())]).await;
    let outcome = db.batch_operations((0..50).map(put)).concurrency(1).replay(Replay::Never).send().await.unwrap();
    assert_eq!(counts(&outcome), (50, 25, 0, 25));
    assert!(outcome.leftovers.iter().all(|left| left.error().kind() == ErrorKind::OutcomeUnknown));
    assert_eq!(responder.requests().len(), 2);
}

#[tokio::test]
async fn answers_that_mean_nothing_are_not_taken_for_success() {
    let nonsense = Action::json(200, serde_json::json!({ "UnprocessedItems": [1] }));
    let (responder, _clock, db) = scripted([Rule::on("BatchWriteItem").nth(1).then(nonsense)]).await;
    let outcome = db.batch_operations((0..25).map(put)).send().await.unwrap();
    assert_eq!((counts(&outcome), responder.requests().len()), ((25, 25, 0, 0), 2));
    // Leftovers that were not asked for: everything of the table is sent again.
    let foreign =
        serde_json::json!({ "UnprocessedItems": { TABLE: [{ "PutRequest": { "Item": { "id": { "S": "x" } } } }] } });
    responder.clear_rules();
    responder.forget_requests();
    responder.rule(Rule::on("BatchWriteItem").first(1).then(Action::json(200, foreign)));
    let outcome = db.batch_operations((0..25).map(put)).send().await.unwrap();
    assert_eq!((counts(&outcome), outcome.resent), ((25, 25, 0, 0), 25));
}

#[tokio::test]
async fn a_service_that_spells_leftovers_otherwise_is_understood() {
    let answer = serde_json::json!({ "UnprocessedItems": { TABLE: [
        { "PutRequest": { "Item": { "number": { "N": "3" }, "id": { "S": "m3" } } } },
        { "DeleteRequest": { "Key": { "id": { "S": "\u{e9}" } } }, "PutRequest": null },
    ] } });
    let answer = answer.to_string().replace('\u{e9}', "\\u00e9");
    let raw = Action::raw(200, "application/x-amz-json-1.0", answer);
    let (responder, _clock, db) = scripted([Rule::on("BatchWriteItem").nth(1).then(raw)]).await;
    let delete = BatchOperation::delete(TABLE, &item! { "id": "\u{e9}" });
    let outcome = db.batch_operations((0..10).map(put).chain([delete])).send().await.unwrap();
    assert_eq!((counts(&outcome), outcome.resent), ((11, 11, 0, 0), 2));
    let again = responder.requests_of("BatchWriteItem").pop().unwrap();
    assert_eq!(again.body["RequestItems"][TABLE].as_array().map(Vec::len), Some(2), "{}", again.body);
}

#[tokio::test]
async fn a_batch_that_is_dropped_hands_over_what_is_not_known_to_be_written() {
    let late = Action::pass().late(Duration::from_secs(3600));
    let (responder, _clock, db) = scripted([Rule::on("BatchWriteItem").after(1).then(late)]).await;
    let mut unwritten = Vec::new();
    let written = Arc::new(Mutex::new(0));
    let told = Arc::clone(&written);
    let batch = db.batch_operations((0..500).map(put)).concurrency(2).on_unwritten(|one| unwritten.push(one));
    let sent = batch.on_progress(move |progress| *told.lock().unwrap() = progress.written).send();
    {
        let mut sent = std::pin::pin!(sent);
        // Until three requests have come: one is answered, two are under way.
        std::future::poll_fn(|cx| {
            assert!(sent.as_mut().poll(cx).is_pending());
            cx.waker().wake_by_ref();
            if responder.requests().len() < 3 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
        })
        .await;
    }
    let written = *written.lock().unwrap();
    assert_eq!(written, 25);
    let handed: BTreeSet<u64> = unwritten.iter().map(Unwritten::index).collect();
    assert_eq!(handed.len(), unwritten.len(), "each once");
    let read = handed.last().unwrap() + 1;
    assert_eq!(handed.len() as u64 + written, read, "all that was read and is not known to be written");
    assert!(unwritten.iter().all(|one| one.is_left_over() && one.error().kind() == ErrorKind::OutcomeUnknown));
}

#[tokio::test]
async fn lost_connections_lose_no_write_and_repeat_none_out_of_order() {
    let engine = Engine::dynoxide().await.unwrap();
    let direct = client_of(&engine, &engine.endpoint()).await;
    direct.create_table(TABLE).partition_key("id", AttributeType::String).send().await.unwrap();
    let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
    proxy.choose(|at| match at.request % 4 {
        1 => Fault::Cut { at: Point::Applied, how: Close::Reset },
        3 => Fault::Cut { at: Point::Received, how: Close::Fin },
        _ => Fault::None,
    });
    let clock = TestClock::new();
    let credentials = enhanced_dynamodb::Credentials::new(engine.access_key_id(), engine.secret_access_key());
    let options = options(&proxy.endpoint(), &clock).retry_mode(RetryMode::None).credentials(credentials);
    let db = options.table_key(TABLE, KeySchema::new("id")).build().await.unwrap();
    // Each key twice: the second put must stand.
    let twice =
        (0..400).map(|number| BatchOperation::put(TABLE, &item! { "id": format!("m{}", number % 200), "n": number }));
    let outcome = db.batch_operations(twice).send().await.unwrap();
    assert_eq!(counts(&outcome), (400, 400, 0, 0));
    let items: Vec<enhanced_dynamodb::Item> = direct.scan(TABLE).items().try_collect().await.unwrap();
    assert_eq!(items.len(), 200);
    assert!(items.iter().all(|item| item.get_n("n").and_then(|n| n.to_i64()).is_some_and(|n| n >= 200)));
}
