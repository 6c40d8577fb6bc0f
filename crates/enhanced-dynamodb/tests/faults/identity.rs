//! Credentials that expire while calls are made, and clocks that are wrong.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use enhanced_dynamodb::config::{Clock, ProvideCredentials};
use enhanced_dynamodb::{Client, Credentials, Error, ErrorKind};
use futures_util::future::join_all;
use testkit::responder::Seen;
use testkit::{Action, Responder, Rule};

use super::calls::{CALLS, Call, client_of, end_of};
use crate::support::{TestClock, options};

const HOUR: Duration = Duration::from_secs(3_600);

/// Credentials `key1`, `key2` and so on, each for an hour.
#[derive(Clone, Debug)]
struct Hourly {
    clock: Arc<TestClock>,
    asked: Arc<AtomicUsize>,
}

impl ProvideCredentials for Hourly {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let credentials = Credentials::new(format!("key{number}"), "secret").with_expiry(self.clock.wall() + HOUR);
        Box::pin(std::future::ready(Ok(credentials)))
    }
}

async fn hourly(responder: &Responder) -> (Client, Hourly) {
    let provider = Hourly { clock: TestClock::new(), asked: Arc::default() };
    let options = options(&responder.endpoint(), &provider.clock).credentials_provider(provider.clone());
    (options.build().await.unwrap(), provider)
}

fn signed_with(seen: &Seen, key: &str) -> bool {
    seen.headers["authorization"].to_str().unwrap().contains(&format!("Credential={key}/"))
}

fn expired() -> Action {
    Action::error("ExpiredTokenException", "The security token included in the request is expired")
}

#[tokio::test]
async fn credentials_whose_time_has_come_are_renewed_before_the_next_call() {
    let responder = Responder::alone().await.unwrap();
    let (client, provider) = hourly(&responder).await;
    for (hour, key) in ["key1", "key2", "key3"].iter().enumerate() {
        for call in CALLS {
            end_of(call, &client).await.succeeded(1, Duration::ZERO);
        }
        assert!(responder.requests().iter().all(|seen| signed_with(seen, key)), "hour {hour}");
        responder.forget_requests();
        let later = provider.clock.wall() + 2 * HOUR;
        provider.clock.set_wall(later);
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn credentials_that_the_service_ends_early_are_renewed_without_a_wait_for_every_call() {
    let responder = Responder::alone().await.unwrap();
    for (number, call) in CALLS.into_iter().enumerate() {
        let (client, provider) = hourly(&responder).await;
        end_of(call, &client).await.succeeded(1, Duration::ZERO);
        responder.rule(Rule::any().first(1).then(expired()));
        // Nothing was applied, so a counter is sent again too.
        let end = end_of(call, &client).await;
        end.succeeded(2, Duration::ZERO);
        assert!(!end.replayed);
        end_of(call, &client).await.succeeded(1, Duration::ZERO);
        let keys: Vec<bool> = responder.requests().iter().map(|seen| signed_with(seen, "key2")).collect();
        assert_eq!(keys, [false, false, true, true], "call {number}");
        assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
        responder.clear_rules();
        responder.forget_requests();
    }
}

#[tokio::test]
async fn many_calls_that_meet_the_same_expiry_share_one_renewal() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().first(20).then(expired().late(Duration::from_millis(100))));
    let (client, provider) = hourly(&responder).await;
    let ends = join_all((0..20).map(|_| end_of(Call::Count, &client))).await;
    for end in ends {
        end.succeeded(2, Duration::ZERO);
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn credentials_that_stay_expired_end_the_call_after_one_renewal() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(expired()));
    for call in CALLS {
        let (client, provider) = hourly(&responder).await;
        end_of(call, &client).await.failed(ErrorKind::ExpiredToken, 2, Duration::ZERO);
        assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
    }
}

/// Seconds of the day that a request was signed for.
fn signed_at(seen: &Seen) -> i64 {
    let date = seen.headers["x-amz-date"].to_str().unwrap();
    let part = |at: usize| date[at..at + 2].parse::<i64>().unwrap();
    part(9) * 3_600 + part(11) * 60 + part(13)
}

#[tokio::test]
async fn a_clock_that_is_15_minutes_off_is_corrected_once_for_every_call() {
    for off in [900, -900] {
        for call in CALLS {
            let responder = Responder::alone().await.unwrap();
            let refused = Action::error("InvalidSignatureException", "Signature not yet current");
            responder.rule(Rule::any().first(1).then(refused.clock_off_by(off)));
            responder.rule(Rule::any().then(Action::pass().clock_off_by(off)));
            let (client, clock) = client_of(&responder).await;
            clock.set_wall(SystemTime::now());
            let end = end_of(call, &client).await;
            end.succeeded(2, Duration::ZERO);
            assert!(!end.replayed);
            end_of(call, &client).await.succeeded(1, Duration::ZERO);
            let signed: Vec<i64> = responder.requests().iter().map(signed_at).collect();
            for corrected in &signed[1..] {
                let moved = (corrected - signed[0] - off + 43_200).rem_euclid(86_400) - 43_200;
                assert!((-3..=3).contains(&moved), "{signed:?}, off by {off}");
            }
        }
    }
}

#[tokio::test]
async fn a_signature_that_the_services_time_does_not_mend_is_final() {
    let responder = Responder::alone().await.unwrap();
    let refused = Action::error("InvalidSignatureException", "Signature expired").clock_off_by(900);
    responder.rule(Rule::any().then(refused));
    for call in CALLS {
        let (client, _clock) = client_of(&responder).await;
        end_of(call, &client).await.failed(ErrorKind::InvalidSignature, 2, Duration::ZERO);
    }
}
