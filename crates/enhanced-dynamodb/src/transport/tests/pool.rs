//! Sockets: reused, capped, shared fairly, left when stale, whole after cancellation.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use super::support::{Ask, Hands, answer, echo, endpoint, options, request, sender, server, until};
use crate::config::Time;
use crate::transport::attempt::Sender;
use crate::transport::{FailureKind, Flushed, PoolStats};

#[tokio::test]
async fn calls_one_after_the_other_share_one_socket() {
    let (address, seen) = echo(Duration::ZERO).await;
    let (sender, endpoint) = (sender(50), endpoint(address));
    for call in 0..20 {
        let response = Ask::default().of(&sender, &endpoint).await.unwrap();
        assert_eq!(response.reused, call > 0);
    }
    assert_eq!(seen.accepted(), 1);
    let expected = PoolStats { open: 1, idle: 1, connects: 1, reused: 19, ..PoolStats::default() };
    assert_eq!(sender.pool(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_never_more_sockets_than_the_cap() {
    let (one, seen_one) = echo(Duration::from_millis(1)).await;
    let (other, seen_other) = echo(Duration::from_millis(1)).await;
    let sender = sender(4);
    let mut calls = JoinSet::new();
    for call in 0..400 {
        let sender = Arc::clone(&sender);
        let endpoint = endpoint(if call % 3 == 0 { one } else { other });
        calls.spawn(async move {
            let body = format!("{{\"call\":{call}}}");
            let response = Ask::body(body.clone()).of(&sender, &endpoint).await.unwrap();
            assert_eq!(response.body, body);
            let stats = sender.pool();
            assert!(stats.open <= 4 && stats.in_use <= 4, "{stats:?}");
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    let stats = sender.pool();
    assert_eq!((stats.in_use, stats.queued, stats.open), (0, 0, stats.idle));
    let most = |seen: &super::support::Seen| seen.most_open.load(Ordering::SeqCst);
    // The server sees a socket's end a moment after the client closed it.
    assert!(most(&seen_one) <= 5 && most(&seen_other) <= 5, "{} {}", most(&seen_one), most(&seen_other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_one_host_the_server_counts_exactly_the_cap() {
    let (address, seen) = echo(Duration::from_millis(2)).await;
    let (sender, endpoint) = (sender(5), endpoint(address));
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let (sender, endpoint) = (Arc::clone(&sender), Arc::clone(&endpoint));
        calls.spawn(async move { Ask::default().of(&sender, &endpoint).await.unwrap() });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    assert_eq!((seen.most_open.load(Ordering::SeqCst), seen.accepted(), seen.requests()), (5, 5, 200));
}

#[tokio::test]
async fn callers_are_served_in_the_order_in_which_they_came() {
    let (address, _) = echo(Duration::from_millis(2)).await;
    let (sender, endpoint) = (sender(1), endpoint(address));
    let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
    for call in 0..20 {
        let (sender, endpoint, send) = (Arc::clone(&sender), Arc::clone(&endpoint), send.clone());
        tokio::spawn(async move {
            Ask::default().of(&sender, &endpoint).await.unwrap();
            send.send(call).unwrap();
        });
    }
    for call in 0..20 {
        assert_eq!(receive.recv().await, Some(call));
    }
}

#[tokio::test]
async fn a_full_pool_ends_the_wait_at_the_timeout() {
    let (address, _) = echo(Duration::from_millis(400)).await;
    let (sender, endpoint) = (sender(1), endpoint(address));
    let first = tokio::spawn({
        let (sender, endpoint) = (Arc::clone(&sender), Arc::clone(&endpoint));
        async move { Ask::default().of(&sender, &endpoint).await }
    });
    until("the first call holds the socket", || sender.pool().in_use == 1).await;
    let failure = Ask::within(100).of(&sender, &endpoint).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::PoolTimeout, Flushed::Nothing));
    assert_eq!(failure.message, "1 of 1 sockets busy for 100 ms");
    assert_eq!(sender.pool().queued, 0);
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_socket_that_rested_longest_makes_room_for_another_host() {
    let (one, seen_one) = echo(Duration::ZERO).await;
    let (other, seen_other) = echo(Duration::ZERO).await;
    let sender = sender(1);
    for _ in 0..3 {
        Ask::default().of(&sender, &endpoint(one)).await.unwrap();
        Ask::default().of(&sender, &endpoint(other)).await.unwrap();
        assert_eq!((sender.pool().open, sender.pool().idle), (1, 1));
    }
    assert_eq!((seen_one.accepted(), seen_other.accepted()), (3, 3));
}

/// A server that answers once on each connection and closes it when it is told to, without a word to the client.
async fn closes_after_one() -> (std::net::SocketAddr, Arc<super::support::Seen>) {
    server(|mut stream, _, seen| async move {
        request(&mut stream, &seen).await;
        stream.write_all(&answer(b"{}")).await.unwrap();
        seen.close.notified().await;
    })
    .await
}

#[tokio::test]
async fn a_socket_that_was_closed_while_it_rested_is_replaced_at_once() {
    for ask in [Ask::default(), Ask::once()] {
        let (address, seen) = closes_after_one().await;
        let (sender, endpoint) = (sender(2), endpoint(address));
        for _ in 0..5 {
            ask.clone().of(&sender, &endpoint).await.unwrap();
            seen.close_one().await;
        }
        assert_eq!((seen.accepted(), seen.requests()), (5, 5));
        let stats = sender.pool();
        assert_eq!((stats.connects, stats.stale, stats.open), (5, 4, 1));
    }
}

#[test]
fn a_fin_that_the_runtime_has_not_heard_of_is_found_by_asking_the_system() {
    // The client's runtime stands still while the server, in another thread, closes: as in a freeze.
    let server_runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (address, seen) = server_runtime.block_on(closes_after_one());
    let client_runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sender, endpoint) = (sender(2), endpoint(address));
    let close_one = || {
        seen.close.notify_one();
        for _ in 0..2000 {
            if seen.open() == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("the server did not close the connection");
    };
    for _ in 0..5 {
        client_runtime.block_on(async {
            Ask::once().of(&sender, &endpoint).await.unwrap();
            close_one();
            // No await since the first call: the runtime's event queue was not read.
            Ask::once().of(&sender, &endpoint).await.unwrap();
        });
        close_one();
    }
    assert_eq!((seen.accepted(), seen.requests()), (10, 10));
    assert_eq!(sender.pool().stale, 9);
}

#[tokio::test]
async fn a_call_that_must_not_be_replayed_uses_no_socket_that_rested_long() {
    let (address, seen) = echo(Duration::ZERO).await;
    let hands = Hands::new();
    let sender = Sender::new(options(5), Time::Injected(Arc::clone(&hands) as _));
    let endpoint = endpoint(address);
    Ask::default().of(&sender, &endpoint).await.unwrap();
    hands.move_wall(Duration::from_secs(9));
    Ask::once().of(&sender, &endpoint).await.unwrap();
    assert_eq!(seen.accepted(), 1);
    hands.move_wall(Duration::from_secs(11));
    Ask::once().of(&sender, &endpoint).await.unwrap();
    assert_eq!(seen.accepted(), 2);
    // The older one serves a call that may be replayed.
    assert_eq!(sender.pool().idle, 2);
    Ask::default().of(&sender, &endpoint).await.unwrap();
    assert_eq!(seen.accepted(), 2);
}

#[tokio::test]
async fn either_clock_alone_makes_a_socket_old() {
    let long = Duration::from_secs(51);
    type Move = fn(&Hands, Duration);
    let moves: [Move; 3] = [
        |hands, by| hands.move_wall(by),
        |hands, by| hands.move_monotonic(by),
        |hands, _| hands.set_wall_back(Duration::from_secs(1)),
    ];
    for moved in moves {
        let (address, seen) = echo(Duration::ZERO).await;
        let hands = Hands::new();
        let sender = Sender::new(options(5), Time::Injected(Arc::clone(&hands) as _));
        let endpoint = endpoint(address);
        Ask::default().of(&sender, &endpoint).await.unwrap();
        moved(&hands, long);
        Ask::default().of(&sender, &endpoint).await.unwrap();
        assert_eq!(seen.accepted(), 2);
        let stats = sender.pool();
        assert_eq!((stats.stale, stats.connects, stats.open), (1, 2, 1));
    }
}

#[tokio::test]
async fn a_socket_is_left_at_its_maximum_age_however_busy() {
    let (address, seen) = echo(Duration::ZERO).await;
    let hands = Hands::new();
    let sender = Sender::new(options(5), Time::Injected(Arc::clone(&hands) as _));
    let endpoint = endpoint(address);
    for _ in 0..21 {
        Ask::default().of(&sender, &endpoint).await.unwrap();
        hands.move_wall(Duration::from_secs(30));
    }
    assert_eq!(seen.accepted(), 1);
    Ask::default().of(&sender, &endpoint).await.unwrap();
    assert_eq!(seen.accepted(), 2);
}

#[test]
fn a_socket_of_another_runtime_is_dropped() {
    let server_runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (address, seen) = server_runtime.block_on(echo(Duration::ZERO));
    let (sender, endpoint) = (sender(5), endpoint(address));
    for round in 1..=3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for _ in 0..2 {
                Ask::default().of(&sender, &endpoint).await.unwrap();
            }
        });
        drop(runtime);
        assert_eq!(seen.accepted(), round);
        assert_eq!(sender.pool().open, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_dropped_anywhere_leave_the_pool_whole() {
    let (address, seen) = echo(Duration::from_micros(300)).await;
    let (sender, endpoint) = (sender(3), endpoint(address));
    let mut calls = JoinSet::new();
    for call in 0..600_u64 {
        let (sender, endpoint) = (Arc::clone(&sender), Arc::clone(&endpoint));
        calls.spawn(async move {
            let ask = Ask::default();
            let limit = Duration::from_micros(call * 7919 % 3000);
            let _ = tokio::time::timeout(limit, ask.of(&sender, &endpoint)).await;
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
    let stats = sender.pool();
    assert_eq!((stats.in_use, stats.queued), (0, 0));
    assert_eq!(stats.open, stats.idle);
    until("the server sees no other sockets than the pool", || seen.open.load(Ordering::SeqCst) == sender.pool().open)
        .await;
    // All three permits are there.
    let slow: Vec<_> = (0..3).map(|_| Ask::default().of(&sender, &endpoint)).collect();
    for outcome in futures_util::future::join_all(slow).await {
        outcome.unwrap();
    }
}

#[tokio::test]
async fn close_waits_for_calls_under_way_and_refuses_new_ones() {
    let (address, seen) = echo(Duration::from_millis(100)).await;
    let (sender, endpoint) = (sender(2), endpoint(address));
    Ask::default().of(&sender, &endpoint).await.unwrap();
    let under_way = tokio::spawn({
        let (sender, endpoint) = (Arc::clone(&sender), Arc::clone(&endpoint));
        async move { Ask::default().of(&sender, &endpoint).await }
    });
    until("the call is under way", || sender.pool().in_use == 1).await;
    sender.close(Duration::from_secs(5)).await;
    assert!(under_way.is_finished());
    under_way.await.unwrap().unwrap();
    assert_eq!((sender.pool().open, sender.pool().in_use), (0, 0));
    let failure = Ask::default().of(&sender, &endpoint).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ClientClosed);
    until("the server sees them closed", || seen.open.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test]
async fn close_gives_up_at_its_limit_and_frees_those_who_queue() {
    let (address, _) = echo(Duration::from_secs(5)).await;
    let (sender, endpoint) = (sender(1), endpoint(address));
    let mut calls = Vec::new();
    for _ in 0..2 {
        let (sender, endpoint) = (Arc::clone(&sender), Arc::clone(&endpoint));
        calls.push(tokio::spawn(async move { Ask::default().of(&sender, &endpoint).await }));
    }
    until("one call is under way and one waits", || sender.pool().in_use == 1 && sender.pool().queued == 1).await;
    let begun = std::time::Instant::now();
    sender.close(Duration::from_millis(50)).await;
    assert!(begun.elapsed() < Duration::from_secs(2));
    let queued = calls.pop().unwrap().await.unwrap().unwrap_err();
    assert_eq!(queued.kind, FailureKind::ClientClosed);
    calls.pop().unwrap().abort();
}

#[tokio::test]
async fn prewarming_opens_so_many_sockets_and_no_more() {
    let (address, seen) = echo(Duration::ZERO).await;
    let (sender, endpoint) = (sender(4), endpoint(address));
    let limit = Duration::from_secs(2);
    assert_eq!(sender.prewarm(&endpoint, 3, limit).await.unwrap(), 3);
    assert_eq!((sender.pool().idle, sender.pool().open), (3, 3));
    until("the server has them all", || seen.accepted() == 3).await;
    assert_eq!(sender.prewarm(&endpoint, 3, limit).await.unwrap(), 3, "those that rest count");
    assert_eq!(seen.accepted(), 3);
    assert_eq!(sender.prewarm(&endpoint, 100, limit).await.unwrap(), 4, "the cap holds");
    until("the server has them all", || seen.accepted() == 4).await;
    assert!(Ask::once().of(&sender, &endpoint).await.unwrap().reused);
    assert_eq!((seen.accepted(), seen.requests()), (4, 1));
}

#[tokio::test]
async fn prewarming_that_opens_nothing_says_why() {
    let sender = sender(4);
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let failure = sender.prewarm(&endpoint(nobody), 2, Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect);
    assert_eq!((sender.pool().open, sender.pool().in_use), (0, 0));
}
