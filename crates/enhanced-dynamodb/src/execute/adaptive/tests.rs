//! The rate of a throttled table, on a clock that moves only as it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::{Adaptive, Limiter};
use crate::config::{Clock, Time};

/// Every sleep ends at once and moves the clock by its length.
#[derive(Debug)]
struct Quick {
    now: Mutex<Instant>,
    sleeps: Mutex<Vec<Duration>>,
}

impl Clock for Quick {
    fn monotonic(&self) -> Instant {
        *self.now.lock().unwrap()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        *self.now.lock().unwrap() += duration;
        self.sleeps.lock().unwrap().push(duration);
        Box::pin(std::future::ready(()))
    }
}

impl Quick {
    fn advance(&self, by: Duration) {
        *self.now.lock().unwrap() += by;
    }

    fn millis(&self) -> Vec<u128> {
        std::mem::take(&mut *self.sleeps.lock().unwrap())
            .iter()
            .map(|sleep| (sleep.as_micros() + 500) / 1_000)
            .collect()
    }
}

/// Looks at a future once: it is not done.
async fn waits<F: Future>(mut future: Pin<&mut F>) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

fn quick() -> (Arc<Quick>, Time) {
    let clock = Arc::new(Quick { now: Mutex::new(Instant::now()), sleeps: Mutex::default() });
    (Arc::clone(&clock), Time::Injected(clock))
}

/// A table that 10 calls in half a second were made to, then throttled: 20 a second became 14.
async fn throttled(clock: &Quick, time: &Time) -> Arc<Limiter> {
    let limiter = Adaptive::default().of("Messages", time.now());
    for _ in 0..10 {
        limiter.acquire(time).await;
    }
    limiter.throttled(time.now());
    assert!(clock.millis().is_empty(), "a table that was never throttled is not limited");
    limiter
}

#[tokio::test]
async fn a_throttle_cuts_the_rate_to_seven_tenths_of_what_was_sent() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    for _ in 0..3 {
        limiter.acquire(&time).await;
    }
    assert_eq!(clock.millis(), [71, 71, 71], "14 a second");
}

#[tokio::test]
async fn throttles_of_one_moment_cut_once_and_later_ones_again() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    for _ in 0..50 {
        limiter.throttled(time.now());
    }
    limiter.acquire(&time).await;
    assert_eq!(clock.millis(), [71]);
    // At 14 a second half a second later; the bucket is full then, with 7.
    clock.advance(Duration::from_millis(500));
    for _ in 0..7 {
        limiter.acquire(&time).await;
    }
    limiter.throttled(time.now());
    limiter.acquire(&time).await;
    assert_eq!(clock.millis(), [102], "9.8 a second");
}

#[tokio::test]
async fn the_rate_never_falls_below_one_a_second_whatever_is_throttled() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    for _ in 0..100 {
        clock.advance(Duration::from_secs(1));
        limiter.throttled(time.now());
    }
    limiter.acquire(&time).await;
    clock.millis();
    for _ in 0..3 {
        limiter.acquire(&time).await;
    }
    assert_eq!(clock.millis(), [1_000; 3]);
}

#[tokio::test]
async fn successes_raise_the_rate_until_the_limit_ends() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    // From 14 by 2 a second; at 40, twice what was sent, it ends.
    for _ in 0..12 {
        clock.advance(Duration::from_secs(1));
        limiter.succeeded(time.now());
    }
    assert!((limiter.state().limit.as_ref().unwrap().rate - 38.0).abs() < 1e-6);
    clock.advance(Duration::from_secs(60));
    limiter.succeeded(time.now());
    for _ in 0..1_000 {
        limiter.acquire(&time).await;
    }
    assert!(clock.millis().is_empty());
}

#[tokio::test]
async fn a_pause_regains_no_more_than_a_second_does() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    clock.advance(Duration::from_secs(3_600));
    limiter.succeeded(time.now());
    assert!((limiter.state().limit.as_ref().unwrap().rate - 16.0).abs() < 1e-6);
}

#[tokio::test]
async fn callers_are_served_in_their_order_and_no_later_than_their_tokens_come() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    let served = Mutex::new(Vec::new());
    let holder = limiter.queue.lock().await;
    let (one, order) = (&limiter, &served);
    let mut callers: Vec<_> = (0..50)
        .map(|caller| {
            let time = &time;
            Box::pin(async move {
                one.acquire(time).await;
                order.lock().unwrap().push(caller);
            })
        })
        .collect();
    for caller in &mut callers {
        assert!(waits(caller.as_mut()).await);
    }
    drop(holder);
    futures_util::future::join_all(callers).await;
    assert_eq!(*served.lock().unwrap(), (0..50).collect::<Vec<_>>());
    assert_eq!(clock.millis(), [71; 50], "no debt grows while many wait");
}

#[tokio::test]
async fn nobody_waits_past_the_deadline() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    assert!(!limiter.acquire_within(&time, Duration::from_millis(70)).await);
    assert!(clock.millis().is_empty(), "a wait that cannot end in time is not begun");
    assert!(limiter.acquire_within(&time, Duration::from_millis(72)).await);
    assert_eq!(clock.millis(), [71]);
}

#[tokio::test]
async fn a_caller_that_gives_up_takes_no_token_and_no_place() {
    let (clock, time) = quick();
    let limiter = throttled(&clock, &time).await;
    {
        let holder = limiter.queue.lock().await;
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(limiter.acquire(&time))).collect();
        for one in &mut waiting {
            assert!(waits(one.as_mut()).await);
        }
        drop(waiting);
        drop(holder);
    }
    limiter.acquire(&time).await;
    assert_eq!(clock.millis(), [71], "as if nobody had waited");
}

#[tokio::test]
async fn other_tables_are_not_limited() {
    let (clock, time) = quick();
    let adaptive = Adaptive::default();
    adaptive.of("Messages", time.now()).throttled(time.now());
    for _ in 0..100 {
        adaptive.of("Users", time.now()).acquire(&time).await;
    }
    assert!(clock.millis().is_empty());
    adaptive.of("Messages", time.now()).acquire(&time).await;
    assert_eq!(clock.millis(), [1_000]);
}
