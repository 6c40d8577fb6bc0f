//! The pool under load and over time: how many sockets there are, who gets one next, and which are left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;
#[cfg(feature = "ring")]
#[path = "support/tls.rs"]
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Options};
use support::plain_options;
use testkit::{Action, Fault, FaultProxy, Point, Responder, Rule};

/// A client through a proxy that counts, in front of a server that answers every request with `{}`.
async fn counted(change: impl FnOnce(Options) -> Options) -> (Responder, FaultProxy, Client) {
    let responder = Responder::alone().await.unwrap();
    let proxy = FaultProxy::start(&responder.endpoint()).await.unwrap();
    let client = change(plain_options(&proxy.endpoint())).build().await.unwrap();
    (responder, proxy, client)
}

async fn get(client: &Client, id: &str) -> Result<Option<Item>, Error> {
    client.get("Messages").key("id", id).item().await
}

/// Waits until something holds; fails the test after five seconds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("not within five seconds: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_callers_share_fifty_sockets_and_the_server_never_sees_more() {
    let (_responder, proxy, client) = counted(|options| options).await;
    proxy.set(Fault::Delay { at: Point::Received, by: Duration::from_millis(5) });
    let callers: Vec<_> = (0..1_000)
        .map(|caller| {
            let client = client.clone();
            tokio::spawn(async move { get(&client, &format!("m{caller}")).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let (seen, stats) = (proxy.counters(), client.stats());
    assert_eq!((seen.requests, seen.max_open, seen.connections), (1_000, 50, 50));
    assert_eq!((stats.calls, stats.attempts, stats.errors), (1_000, 1_000, 0));
    assert_eq!((stats.pool.open, stats.pool.idle, stats.pool.in_use, stats.pool.queued), (50, 50, 0, 0));
    assert_eq!((stats.pool.connects, stats.pool.reused), (50, 950));
}

#[tokio::test]
async fn the_cap_holds_while_every_socket_is_cut_again_and_again() {
    let (_responder, proxy, client) = counted(|options| options.max_sockets(8)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (client, stop) = (client.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    // Whether it succeeds is the retries' business.
                    let _ = get(&client, "m1").await;
                }
            })
        })
        .collect();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(client.stats().pool.open <= 8);
        proxy.cut_all();
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let pool = client.stats().pool;
    assert!(pool.open <= 8 && pool.open == pool.idle, "{pool:?}");
    assert_eq!((pool.in_use, pool.queued), (0, 0));
}

#[tokio::test]
async fn callers_get_sockets_in_the_order_in_which_they_came() {
    let (responder, proxy, client) = counted(|options| options.max_sockets(1)).await;
    proxy.set(Fault::Delay { at: Point::Received, by: Duration::from_millis(10) });
    let mut callers = Vec::new();
    for caller in 0..20 {
        let client = client.clone();
        callers.push(tokio::spawn(async move { get(&client, &format!("m{caller}")).await }));
        // The one that holds the socket does not queue; a caller may be gone already when another one comes.
        tokio::task::yield_now().await;
    }
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let order: Vec<_> =
        responder.requests().iter().map(|seen| seen.body["Key"]["id"]["S"].as_str().unwrap().to_owned()).collect();
    assert_eq!(order, (0..20).map(|caller| format!("m{caller}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn no_caller_gets_more_than_its_turn() {
    let (_responder, proxy, client) = counted(|options| options.max_sockets(4)).await;
    proxy.set(Fault::Delay { at: Point::Received, by: Duration::from_millis(3) });
    let (made, stop) =
        (Arc::new((0..20).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>()), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..20)
        .map(|caller| {
            let (client, made, stop) = (client.clone(), Arc::clone(&made), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    get(&client, "m1").await.unwrap();
                    if made[caller].fetch_add(1, Ordering::Relaxed) == 15 {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let least = made.iter().map(|made| made.load(Ordering::Relaxed)).min().unwrap();
    assert!(least >= 12, "whoever waits is not overtaken: {made:?}");
}

#[tokio::test]
async fn a_full_pool_is_an_error_that_says_what_to_do() {
    let (_responder, proxy, client) = counted(|options| options).await;
    proxy.set(Fault::Hang { at: Point::Received });
    let holders: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { get(&client, "m1").await })
        })
        .collect();
    until("all sockets are busy", || client.stats().pool.in_use == 50 && proxy.counters().open == 50).await;
    let begun = Instant::now();
    let late = client.get("Messages").key("id", "m2").request_timeout(Duration::from_millis(1_500)).max_retries(0);
    let error = late.item::<Item>().await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
    assert!(error.is_retryable());
    let line = error.to_string();
    assert!(line.contains("50 of 50 sockets busy for 1.5 s"), "{line}");
    assert!(line.ends_with("Raise max_sockets, or start fewer calls at a time."), "{line}");
    assert_eq!(client.stats().pool.queued, 0);
    assert_eq!(proxy.counters().max_open, 50);
    holders.into_iter().for_each(|holder| holder.abort());
    until("the sockets of calls that were dropped are closed", || proxy.counters().open == 0).await;
    proxy.heal();
    get(&client, "m3").await.unwrap();
}

#[tokio::test]
async fn a_caller_that_leaves_the_queue_takes_nobodys_turn() {
    let responder = Responder::alone().await.unwrap();
    responder.rule(Rule::any().first(1).then(Action::pass().late(Duration::from_millis(300))));
    let client = plain_options(&responder.endpoint()).max_sockets(1).build().await.unwrap();
    let spawn = |id: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { get(&client, id).await })
    };
    let first = spawn("first");
    until("the first call holds the socket", || responder.requests().len() == 1).await;
    let (second, third) = (spawn("second"), spawn("third"));
    until("both queue", || client.stats().pool.queued == 2).await;
    second.abort();
    first.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    assert_eq!(responder.requests().len(), 2);
    let pool = client.stats().pool;
    assert_eq!((pool.open, pool.in_use, pool.queued), (1, 0, 0));
}

#[test]
fn sockets_of_another_runtime_are_dropped() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let (responder, client) = first.block_on(async {
        let responder = Responder::alone().await.unwrap();
        let client = plain_options(&responder.endpoint()).build().await.unwrap();
        get(&client, "m1").await.unwrap();
        assert_eq!(client.prewarm(3).await.unwrap(), 3);
        (responder, client)
    });
    drop(first);
    second.block_on(async {
        get(&client, "m2").await.unwrap();
        get(&client, "m3").await.unwrap();
    });
    let stats = client.stats();
    assert_eq!((stats.retries, stats.replaced_sockets, stats.errors), (0, 0, 0));
    assert_eq!((stats.pool.connects, stats.pool.stale, stats.pool.open), (4, 3, 1));
    let seen = responder.requests();
    assert_eq!(seen[1].connection, seen[2].connection, "the second runtime keeps its own socket");
}

#[cfg(feature = "ring")]
mod prewarm {
    use super::*;
    use crate::tls::TlsServer;
    use enhanced_dynamodb::Credentials;

    const LIMIT: Duration = Duration::from_millis(400);

    async fn client(server: &TlsServer) -> Client {
        Options::new()
            .endpoint_url(format!("https://localhost:{}", server.address.port()))
            .ca_bundle_pem(server.certificate.as_bytes())
            .credentials(Credentials::new("key", "secret"))
            .connection_timeout(LIMIT)
            .build()
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn prewarming_does_tls_ahead_of_the_first_call() {
        let server = TlsServer::start("localhost", usize::MAX).await;
        let client = client(&server).await;
        assert_eq!(client.prewarm(3).await.unwrap(), 3);
        let pool = client.stats().pool;
        assert_eq!((server.accepted(), pool.open, pool.idle, pool.connects), (3, 3, 3, 3));
        get(&client, "m1").await.unwrap();
        assert_eq!(client.prewarm(3).await.unwrap(), 3);
        assert_eq!((server.accepted(), client.stats().pool.connects), (3, 3));
        assert_eq!(client.prewarm(1_000).await.unwrap(), 50, "never more than max_sockets");
        assert_eq!(client.stats().pool.open, 50);
    }

    #[tokio::test]
    async fn a_server_that_answers_some_gives_those_within_the_limit() {
        let server = TlsServer::start("localhost", 2).await;
        let client = client(&server).await;
        let begun = Instant::now();
        assert_eq!(client.prewarm(5).await.unwrap(), 2);
        assert!(begun.elapsed() < LIMIT * 4, "{:?}", begun.elapsed());
        let pool = client.stats().pool;
        assert_eq!((pool.open, pool.idle, pool.in_use), (2, 2, 0));
        get(&client, "m1").await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_answers_nobody_is_an_error_within_the_limit() {
        let server = TlsServer::start("localhost", 0).await;
        let client = client(&server).await;
        let begun = Instant::now();
        let error = client.prewarm(5).await.unwrap_err();
        assert!(begun.elapsed() < LIMIT * 4, "{:?}", begun.elapsed());
        assert_eq!(error.kind(), ErrorKind::ConnectTimeout);
        assert!(error.to_string().contains("in 400ms"), "{error}");
        let pool = client.stats().pool;
        assert_eq!((pool.open, pool.in_use), (0, 0));
    }
}
