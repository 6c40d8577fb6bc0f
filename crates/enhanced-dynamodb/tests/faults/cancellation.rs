//! Callers that give up, and clients that are closed: sockets, permits and tasks are whole afterwards.

use std::future::Future;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use enhanced_dynamodb::{Client, Item, PoolStats, attr, item};
use futures_util::future::join_all;

use testkit::{Action, Close, Fault, FaultProxy, Point, Responder, Rule};

use super::calls::TABLE;
use crate::support::{TestClock, options, plain_options};

const CALLS: u64 = 10_000;
/// More callers than sockets, so that some are dropped in the queue.
const CALLERS: u64 = 12;
const SOCKETS: usize = 6;
/// A call that no count of polls ends is dropped after this time.
const PATIENCE: Duration = Duration::from_millis(60);

/// The same numbers in every run (SplitMix64).
fn scatter(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Polls a future `polls` times, or for `time`, and drops it; tells whether it had ended by itself.
async fn give_up<F: Future>(future: F, polls: u64, time: Duration) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    let counted = std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        let ended = future.as_mut().poll(cx).is_ready();
        if ended || left == 0 { Poll::Ready(ended) } else { Poll::Pending }
    });
    tokio::time::timeout(time, counted).await.unwrap_or(false)
}

/// Makes the call with this number and drops it at the point that its number says.
async fn one(client: &Client, number: u64) -> bool {
    let chance = scatter(number);
    let (polls, time) = match chance % 3 {
        0 => (chance / 3 % 12, PATIENCE),
        1 => (u64::MAX, Duration::from_micros(chance / 3 % 12_000)),
        _ => (u64::MAX, PATIENCE),
    };
    match chance / 64 % 4 {
        0 => give_up(client.get(TABLE).key("id", "m1").item::<Item>(), polls, time).await,
        1 => give_up(client.put(TABLE, &item! { "id": "m2", "text": "x".repeat(3_000) }).send(), polls, time).await,
        2 => give_up(client.update(TABLE).key("id", "m1").set("n", attr("n") + 1).send(), polls, time).await,
        _ => give_up(client.query(TABLE).partition("id", "m1").send::<Item>(), polls, time).await,
    }
}

fn fault(number: u64) -> Fault {
    let chance = scatter(number ^ 0xFA17);
    let millisecond = Duration::from_millis(1);
    match chance % 20 {
        0 => Fault::Cut { at: Point::Received, how: Close::Reset },
        1 => Fault::Cut { at: Point::Applied, how: Close::Fin },
        2 => Fault::Cut { at: Point::BodyBytes(1), how: Close::Fin },
        3 => Fault::Cut { at: Point::Answered, how: Close::Fin },
        4 => Fault::Hang { at: Point::Received },
        5 => Fault::Hang { at: Point::AnswerBytes(30) },
        6 => Fault::Drip { bytes: 40, every: millisecond },
        7..=9 => Fault::Delay { at: Point::Applied, by: millisecond * 3 },
        _ => Fault::None,
    }
}

/// Waits until the proxy has noticed all connections that the client has closed.
async fn server_agrees(proxy: &FaultProxy, client: &Client) -> PoolStats {
    let begun = Instant::now();
    loop {
        let (pool, open) = (client.stats().pool, proxy.counters().open);
        if pool.open as u64 == open {
            return pool;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "the server has {open} connections open: {pool:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_dropped_at_random_points_leave_sockets_tasks_and_permits_whole() {
    let responder = Responder::alone().await.unwrap();
    let proxy = FaultProxy::start(&responder.endpoint()).await.unwrap();
    proxy.choose(|at| fault(at.request));
    let client = plain_options(&proxy.endpoint()).max_sockets(SOCKETS).build().await.unwrap();
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();

    let callers = (0..CALLERS).map(|caller| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut ended = 0;
            for number in (caller..CALLS).step_by(CALLERS as usize) {
                ended += u64::from(one(&client, number).await);
                let pool = client.stats().pool;
                assert!(pool.open <= SOCKETS && pool.in_use <= SOCKETS, "{pool:?}");
            }
            ended
        })
    });
    let callers: Vec<_> = callers.collect();
    let ended: u64 = join_all(callers).await.into_iter().map(Result::unwrap).sum();
    assert!((CALLS / 50..CALLS * 49 / 50).contains(&ended), "of {CALLS} calls {ended} ended by themselves");

    let pool = client.stats().pool;
    assert_eq!((pool.in_use, pool.queued), (0, 0), "{pool:?}");
    assert_eq!(pool.open, pool.idle, "{pool:?}");
    let pool = server_agrees(&proxy, &client).await;
    assert!(pool.open <= SOCKETS, "{pool:?}");
    // A task that has ended is counted for a moment longer.
    let ended = async {
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > tasks {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.expect("a task outlives its call");

    // Every permit is there: as many calls as there are sockets are under way at the same time.
    proxy.set(Fault::Delay { at: Point::Received, by: Duration::from_millis(500) });
    let burst = (0..SOCKETS).map(|_| client.get(TABLE).key("id", "m1").item::<Item>());
    let busiest = async {
        let mut most = 0;
        while most < SOCKETS {
            most = client.stats().pool.in_use.max(most);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let busiest = tokio::time::timeout(Duration::from_secs(10), busiest);
    let (results, all_at_once) = futures_util::future::join(join_all(burst), busiest).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(all_at_once.is_ok(), "not all sockets could be used at the same time");
    assert_eq!(server_agrees(&proxy, &client).await.open, SOCKETS);
    client.close().await;
    assert_eq!(server_agrees(&proxy, &client).await.open, 0);
}

#[tokio::test]
async fn calls_dropped_in_the_tls_handshake_leave_no_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let client = plain_options(&endpoint).max_sockets(4).build().await.unwrap();
    let calls = (0..200).map(|number| {
        give_up(client.get(TABLE).key("id", "m1").item::<Item>(), u64::MAX, Duration::from_millis(scatter(number) % 20))
    });
    assert!(join_all(calls).await.iter().all(|ended| !ended));
    let pool = client.stats().pool;
    assert_eq!((pool.open, pool.in_use, pool.queued), (0, 0, 0));
}

#[tokio::test]
async fn closing_lets_all_calls_in_flight_finish_those_in_the_queue_too() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::pass().late(Duration::from_millis(100))));
    let client = plain_options(&responder.endpoint()).max_sockets(4).build().await.unwrap();
    let calls: Vec<_> = (0..12).map(|_| tokio::spawn(client.get(TABLE).key("id", "m1").send::<Item>())).collect();
    while client.stats().pool.queued < 8 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    client.close().await;
    for call in calls {
        assert!(call.is_finished());
        call.await.unwrap().unwrap();
    }
    let pool = client.stats().pool;
    assert_eq!((pool.open, pool.in_use, pool.queued), (0, 0, 0));
}

#[tokio::test]
async fn closing_waits_for_its_limit_and_no_longer() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().then(Action::pass().late(Duration::from_millis(300))));
    // The limit of half a minute ends at once by this clock.
    let clock = TestClock::new();
    let client = options(&responder.endpoint(), &Arc::clone(&clock)).build().await.unwrap();
    let call = tokio::spawn(client.get(TABLE).key("id", "m1").send::<Item>());
    while responder.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    client.close().await;
    assert!(!call.is_finished());
    assert_eq!(clock.sleeps().first(), Some(&Duration::from_secs(30)));
    // It is not torn down: its answer still comes, and then its socket closes.
    call.await.unwrap().unwrap();
    let pool = client.stats().pool;
    assert_eq!((pool.open, pool.in_use), (0, 0));
}
