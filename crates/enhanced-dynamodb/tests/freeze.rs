//! A function that was frozen: its clocks jumped, its idle sockets were closed, and nobody told the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use enhanced_dynamodb::config::Clock;
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Credentials, Item, Stats, attr};
use support::plain_options;
use testkit::{Engine, Fault, FaultProxy, Point, Responder};

const HOUR: Duration = Duration::from_secs(3_600);

/// Clocks that stand still until a test moves them; sleeps are real.
#[derive(Debug)]
struct Hands(Mutex<(Instant, SystemTime)>);

impl Hands {
    fn new() -> Arc<Hands> {
        Arc::new(Hands(Mutex::new((Instant::now(), SystemTime::now()))))
    }

    fn move_monotonic(&self, by: Duration) {
        self.0.lock().unwrap().0 += by;
    }

    fn move_wall(&self, by: Duration) {
        self.0.lock().unwrap().1 += by;
    }

    fn set_wall_back(&self, by: Duration) {
        self.0.lock().unwrap().1 -= by;
    }

    fn move_both(&self, by: Duration) {
        self.move_monotonic(by);
        self.move_wall(by);
    }
}

impl Clock for Hands {
    fn monotonic(&self) -> Instant {
        self.0.lock().unwrap().0
    }

    fn wall(&self) -> SystemTime {
        self.0.lock().unwrap().1
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// How the clocks jump, and in words.
type Move = (&'static str, fn(&Hands));

/// A counter in a real engine, behind a proxy that can close sockets.
struct Counter {
    hands: Arc<Hands>,
    proxy: FaultProxy,
    client: Client,
    raised: u32,
    _engine: Engine,
}

impl Counter {
    async fn new() -> Counter {
        let engine = Engine::dynoxide().await.unwrap();
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        let hands = Hands::new();
        let client = plain_options(&proxy.endpoint())
            .region(engine.region())
            .credentials(Credentials::new(engine.access_key_id(), engine.secret_access_key()))
            .clock(Arc::clone(&hands) as Arc<dyn Clock>)
            .build()
            .await
            .unwrap();
        client.create_table("Counters").partition_key("id", AttributeType::String).send().await.unwrap();
        let mut counter = Counter { hands, proxy, client, raised: 0, _engine: engine };
        counter.raise().await;
        counter
    }

    /// Raises the counter, a call that must not be sent twice, and looks that one attempt was enough.
    async fn raise(&mut self) {
        let update = self.client.update("Counters").key("id", "c1").set("count", attr("count").if_not_exists(0) + 1);
        let output = update.send().await.unwrap();
        assert_eq!((output.metadata.attempts, output.metadata.replayed), (1, false));
        self.raised += 1;
    }

    /// Reads the counter, which must have been raised exactly as often as was asked.
    async fn read(&self) {
        let item: Item = self.client.get("Counters").key("id", "c1").item().await.unwrap().unwrap();
        assert_eq!(item["count"], enhanced_dynamodb::AttributeValue::N(self.raised.into()));
    }

    fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// What changed since `before`: connects, stale sockets, replaced sockets; no retry and no error in any case.
    fn since(&self, before: &Stats) -> (u64, u64, u64) {
        let now = self.stats();
        assert_eq!((now.retries - before.retries, now.errors - before.errors), (0, 0));
        (
            now.pool.connects - before.pool.connects,
            now.pool.stale - before.pool.stale,
            now.replaced_sockets - before.replaced_sockets,
        )
    }

    /// Has so many sockets idle, then closes all of them on the server's side.
    async fn close_idle(&self, sockets: usize) {
        assert_eq!(self.client.prewarm(sockets).await.unwrap(), sockets);
        while self.proxy.counters().open < sockets as u64 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.proxy.cut_all();
        self.until_closed().await;
    }

    /// Waits until the server's side has closed all sockets.
    async fn until_closed(&self) {
        while self.proxy.counters().open > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[tokio::test]
async fn whichever_clock_jumps_the_next_write_takes_a_new_socket() {
    let moves: [Move; 4] = [
        ("monotonic alone", |hands| hands.move_monotonic(HOUR)),
        ("wall alone", |hands| hands.move_wall(HOUR)),
        ("both", |hands| hands.move_both(HOUR)),
        ("wall backwards", |hands| hands.set_wall_back(HOUR)),
    ];
    for (which, moved) in moves {
        let mut counter = Counter::new().await;
        let before = counter.stats();
        moved(&counter.hands);
        counter.raise().await;
        assert_eq!(counter.since(&before), (1, 1, 0), "{which}");
        counter.raise().await;
        assert_eq!(counter.since(&before), (1, 1, 0), "{which}: once is enough");
        counter.read().await;
    }
}

#[tokio::test]
async fn after_a_freeze_with_all_sockets_closed_one_new_one_serves() {
    let moves: [Move; 5] = [
        ("neither", |_| {}),
        ("monotonic alone", |hands| hands.move_monotonic(HOUR)),
        ("wall alone", |hands| hands.move_wall(HOUR)),
        ("both", |hands| hands.move_both(HOUR)),
        ("wall backwards", |hands| hands.set_wall_back(HOUR)),
    ];
    for (which, moved) in moves {
        let mut counter = Counter::new().await;
        counter.close_idle(5).await;
        let before = counter.stats();
        moved(&counter.hands);
        let begun = Instant::now();
        counter.raise().await;
        assert!(begun.elapsed() < Duration::from_secs(1), "{which}: {:?}", begun.elapsed());
        assert_eq!(counter.since(&before), (1, 5, 0), "{which}");
        assert_eq!((counter.stats().pool.open, counter.proxy.counters().open), (1, 1), "{which}");
        counter.read().await;
    }
}

#[tokio::test]
async fn a_read_after_a_freeze_costs_one_connect_and_no_retry() {
    for frozen in [Duration::ZERO, Duration::from_secs(2), HOUR] {
        let counter = Counter::new().await;
        counter.close_idle(5).await;
        let before = counter.stats();
        counter.hands.move_wall(frozen);
        counter.read().await;
        let (connects, stale, replaced) = counter.since(&before);
        assert_eq!(connects, 1, "{frozen:?}");
        assert!(stale + replaced >= 1, "{frozen:?}: {stale} stale, {replaced} replaced");
        counter.read().await;
        assert_eq!(counter.since(&before).0, 1, "{frozen:?}: the new socket is kept");
    }
}

#[tokio::test]
async fn a_socket_closed_in_order_after_each_answer_is_never_an_error() {
    let mut counter = Counter::new().await;
    counter.proxy.set(Fault::Cut { at: Point::Answered, how: testkit::Close::Fin });
    let before = counter.stats();
    for _ in 0..10 {
        // What is sent while a FIN is under way cannot know of it.
        counter.raise().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        counter.read().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The first call found the socket from before the proxy was told to close.
    assert_eq!(counter.since(&before).0, 19);
}

#[tokio::test]
async fn a_write_that_must_not_be_replayed_trusts_no_socket_that_rested_for_ten_seconds() {
    let mut counter = Counter::new().await;
    let before = counter.stats();
    counter.hands.move_both(Duration::from_secs(9));
    counter.raise().await;
    assert_eq!(counter.since(&before), (0, 0, 0));
    counter.hands.move_both(Duration::from_secs(11));
    counter.raise().await;
    assert_eq!(counter.since(&before), (1, 0, 0), "the older socket stays for those who may be replayed");
    assert_eq!(counter.stats().pool.idle, 2);
    counter.read().await;
}

#[tokio::test]
async fn a_socket_in_steady_use_is_left_at_its_greatest_age() {
    let responder = Responder::alone().await.unwrap();
    let hands = Hands::new();
    let client =
        plain_options(&responder.endpoint()).clock(Arc::clone(&hands) as Arc<dyn Clock>).build().await.unwrap();
    for _ in 0..46 {
        client.get("Messages").key("id", "m1").item::<Item>().await.unwrap();
        hands.move_both(Duration::from_secs(40));
    }
    // A call every 40 s for half an hour; a socket lives for 10 minutes.
    let stats = client.stats();
    assert_eq!((stats.pool.connects, stats.pool.open, stats.retries), (3, 1, 0));
}

#[tokio::test]
async fn a_client_that_is_told_of_a_restore_uses_no_socket_of_before() {
    let mut counter = Counter::new().await;
    assert_eq!(counter.client.prewarm(3).await.unwrap(), 3);
    let before = counter.stats();
    counter.client.after_restore();
    assert_eq!((counter.stats().pool.open, counter.stats().pool.idle), (0, 0));
    counter.raise().await;
    assert_eq!(counter.since(&before), (1, 3, 0));
    counter.read().await;
}
