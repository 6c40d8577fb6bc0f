//! The layer around handlers of both kinds, and what a client does about a snapshot.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enhanced_dynamodb::lambda::{self, Invocation, LambdaLayer};
use enhanced_dynamodb::{Client, ErrorKind, Item, deadline};
use lambda_runtime::tower::{Layer, Service, service_fn};
use lambda_runtime::{Context, LambdaEvent, SnapStartResource};
use testkit::Responder;

use super::runtime_api::epoch_ms;
use crate::support::{Rotating, plain_options};

fn context(left: Duration) -> Context {
    let mut context = Context::default();
    context.request_id = "r1".to_owned();
    context.deadline = epoch_ms(left);
    context
}

async fn client(responder: &Responder) -> Client {
    plain_options(&responder.endpoint()).build().await.unwrap()
}

/// What is left for a call, to the second: the test may be held up, but not for long.
async fn seconds_left() -> Result<Option<u64>, Infallible> {
    Ok(deadline::current().map(|deadline| deadline.saturating_duration_since(Instant::now()).as_secs()))
}

#[tokio::test]
async fn the_layer_bounds_handlers_of_events_and_of_requests() {
    let responder = Responder::alone().await.unwrap();
    let layer = LambdaLayer::new(&client(&responder).await).margin(Duration::from_secs(1_000));
    let left = Duration::from_secs(5_500);
    let mut events = layer.layer(service_fn(|_: LambdaEvent<()>| seconds_left()));
    let found = events.call(LambdaEvent::new((), context(left))).await.unwrap();
    assert!(found.is_some_and(|left| (4_400..=4_500).contains(&left)), "{found:?}");
    let mut requests = layer.layer(service_fn(|_: http::Request<()>| seconds_left()));
    let mut request = http::Request::new(());
    request.extensions_mut().insert(context(left));
    let found = requests.call(request).await.unwrap();
    assert!(found.is_some_and(|left| (4_400..=4_500).contains(&left)), "{found:?}");
    assert_eq!(requests.call(http::Request::new(())).await.unwrap(), None, "nothing is known of it");
}

#[tokio::test]
async fn nothing_is_sent_when_the_margin_is_all_that_is_left() {
    let responder = Responder::alone().await.unwrap();
    let db = client(&responder).await;
    let get = || db.get("Messages").key("id", "m1").item::<Item>();
    let soon = context(Duration::from_millis(500));
    let error = lambda::with_deadline(&soon, Duration::from_secs(60), get()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::DeadlineExceeded, 0));
    assert!(responder.requests().is_empty());
    // The earlier deadline holds, whichever it is.
    let outer = deadline::scope(Instant::now(), Invocation::new("r1", epoch_ms(Duration::from_secs(60))).run(get()));
    assert_eq!(outer.await.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert!(lambda::with_deadline(&context(Duration::from_secs(60)), Duration::ZERO, get()).await.is_ok());
}

#[tokio::test]
async fn a_restored_client_has_new_sockets_and_new_credentials() {
    let responder = Responder::alone().await.unwrap();
    let keys = Rotating::default();
    let db = plain_options(&responder.endpoint()).credentials_provider(keys.clone()).build().await.unwrap();
    let get = || db.get("Messages").key("id", "m1").item::<Item>();
    get().await.unwrap();
    let resource: Arc<dyn SnapStartResource> = Arc::new(db.clone());
    resource.before_snapshot().await.unwrap();
    assert_eq!((db.stats().pool.open, db.stats().pool.stale), (0, 1));
    resource.after_restore().await.unwrap();
    assert_eq!((db.stats().pool.idle, db.stats().pool.connects), (1, 2), "the first call finds a connection");
    get().await.unwrap();
    let requests = responder.requests();
    let signers: Vec<bool> = ["key1", "key2"]
        .iter()
        .zip(&requests)
        .map(|(key, seen)| seen.headers["authorization"].to_str().unwrap().contains(key))
        .collect();
    assert_eq!((signers, keys.asked(), requests[1].connection), (vec![true, true], 2, 2));
}

#[tokio::test]
async fn a_task_may_take_the_invocation_along() {
    let invocation = Invocation::new("r1", epoch_ms(Duration::from_secs(60)));
    let seen = || async { (lambda::current().map(|it| it.request_id().to_owned()), deadline::current()) };
    let (inside, along, outside) = invocation
        .run(async {
            let (along, outside) = (tokio::spawn(lambda::in_current(seen())), tokio::spawn(seen()));
            (seen().await, along.await.unwrap(), outside.await.unwrap())
        })
        .await;
    assert!(inside.0.as_deref() == Some("r1") && inside.1.is_some());
    assert_eq!((along, outside), (inside, (None, None)));
    assert_eq!(lambda::in_current(seen()).await, (None, None));
}

#[tokio::test]
async fn a_function_whose_table_cannot_be_reached_starts_all_the_same() {
    let db = plain_options(&testkit::refused_endpoint().unwrap()).build().await.unwrap();
    assert_eq!(lambda::init(&db).await, 0);
    let responder = Responder::alone().await.unwrap();
    let db = client(&responder).await;
    assert_eq!((lambda::init(&db).await, db.stats().pool.idle), (1, 1));
    assert!(responder.requests().is_empty());
}
