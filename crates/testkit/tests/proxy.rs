//! Every fault of the proxy, as a client sees it and as the engine sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Client, Socket, count, engine_with_table, put, soon};
use testkit::{Close, Engine, Fault, FaultProxy, Point};

async fn behind_a_proxy() -> (Engine, FaultProxy) {
    let engine = engine_with_table().await;
    let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
    (engine, proxy)
}

/// Puts an item on a new connection: what came back, how the connection ended, how many items there are.
async fn put_with(fault: Fault) -> (Vec<u8>, std::io::Result<()>, u64) {
    let (engine, proxy) = behind_a_proxy().await;
    proxy.queue([fault]);
    let (bytes, end) = match Socket::try_connect(&proxy.endpoint()).await {
        Ok(mut socket) => match socket.send(&engine, "PutItem", &put("1")).await {
            Ok(()) => socket.read_to_end().await,
            // The socket reports a reset once, to whoever asks first.
            Err(error) => (Vec::new(), Err(error)),
        },
        Err(error) => (Vec::new(), Err(error)),
    };
    (bytes, end, count(&engine).await)
}

fn is_reset(end: &std::io::Result<()>) -> bool {
    end.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

#[tokio::test]
async fn without_a_fault_requests_pass_on_one_connection() {
    let (engine, proxy) = behind_a_proxy().await;
    let mut client = Client::connect(&proxy.endpoint(), Some(&engine)).await;
    for id in ["1", "2", "3"] {
        assert_eq!(client.call("PutItem", put(id)).await.unwrap().status, 200);
    }
    assert_eq!(count(&engine).await, 3);
    let counters = proxy.counters();
    assert_eq!((counters.connections, counters.open, counters.requests, counters.applied), (1, 1, 3, 3));
    assert!(counters.bytes_in > 300 && counters.bytes_out > 100, "{counters:?}");
    drop(client);
    soon("the connection is closed", || proxy.counters().open == 0).await;
}

#[tokio::test]
async fn a_reset_before_within_or_after_the_request_leaves_the_engine_untouched() {
    for at in [Point::Accepted, Point::RequestBytes(0), Point::RequestBytes(100), Point::Received] {
        let (bytes, end, items) = put_with(Fault::Cut { at, how: Close::Reset }).await;
        assert!(bytes.is_empty() && is_reset(&end), "{at:?}: {bytes:?} {end:?}");
        assert_eq!(items, 0, "{at:?}");
    }
}

#[tokio::test]
async fn a_fin_is_a_clean_end_even_while_the_request_is_unread() {
    for at in [Point::Accepted, Point::RequestBytes(10), Point::Received, Point::Applied] {
        let (bytes, end, items) = put_with(Fault::Cut { at, how: Close::Fin }).await;
        assert!(bytes.is_empty() && end.is_ok(), "{at:?}: {bytes:?} {end:?}");
        assert_eq!(items, u64::from(at == Point::Applied), "{at:?}");
    }
}

#[tokio::test]
async fn a_request_whose_answer_is_lost_was_applied() {
    let (bytes, end, items) = put_with(Fault::Cut { at: Point::Applied, how: Close::Reset }).await;
    assert!(bytes.is_empty() && is_reset(&end), "{bytes:?} {end:?}");
    assert_eq!(items, 1);
}

#[tokio::test]
async fn an_answer_is_truncated_at_the_byte() {
    let (bytes, end, items) = put_with(Fault::Cut { at: Point::AnswerBytes(20), how: Close::Fin }).await;
    assert_eq!((bytes.len(), items), (20, 1));
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n") && end.is_ok());

    let (bytes, _, _) = put_with(Fault::Cut { at: Point::BodyBytes(1), how: Close::Fin }).await;
    assert!(bytes.ends_with(b"\r\n\r\n{"), "{}", String::from_utf8_lossy(&bytes));
}

#[tokio::test]
async fn a_connection_closed_after_its_answer_is_stale_for_the_next_request() {
    let (engine, proxy) = behind_a_proxy().await;
    proxy.queue([Fault::Cut { at: Point::Answered, how: Close::Fin }]);
    let mut client = Client::connect(&proxy.endpoint(), Some(&engine)).await;
    assert_eq!(client.call("PutItem", put("1")).await.unwrap().status, 200);
    assert!(client.call("PutItem", put("2")).await.is_err());
    assert_eq!(count(&engine).await, 1);
}

#[tokio::test]
async fn a_black_hole_answers_nothing_until_the_client_leaves() {
    let (engine, proxy) = behind_a_proxy().await;
    proxy.queue([Fault::Hang { at: Point::Received }]);
    let mut socket = Socket::connect(&proxy.endpoint()).await;
    socket.send(&engine, "PutItem", &put("1")).await.unwrap();
    let read = tokio::time::timeout(Duration::from_millis(200), socket.0.readable()).await;
    assert!(read.is_err(), "nothing may come");
    assert_eq!((count(&engine).await, proxy.counters().open, proxy.counters().requests), (0, 1, 1));
    drop(socket);
    soon("the black hole lets go", || proxy.counters().open == 0).await;
}

#[tokio::test]
async fn a_delay_comes_before_what_it_delays() {
    for at in [Point::Accepted, Point::RequestBytes(5), Point::Received, Point::Applied, Point::AnswerBytes(3)] {
        let (engine, proxy) = behind_a_proxy().await;
        proxy.queue([Fault::Delay { at, by: Duration::from_millis(100) }]);
        let started = Instant::now();
        let mut client = Client::connect(&proxy.endpoint(), Some(&engine)).await;
        assert_eq!(client.call("PutItem", put("1")).await.unwrap().status, 200, "{at:?}");
        assert!(started.elapsed() >= Duration::from_millis(100), "{at:?}");
    }
}

#[tokio::test]
async fn a_drip_takes_its_time_and_loses_nothing() {
    let (engine, proxy) = behind_a_proxy().await;
    proxy.set(Fault::Drip { bytes: 50, every: Duration::from_millis(20) });
    let started = Instant::now();
    let mut client = Client::connect(&proxy.endpoint(), Some(&engine)).await;
    let answer = client.call("PutItem", put("1")).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"{}".as_slice()));
    assert!(started.elapsed() >= Duration::from_millis(40), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_wrong_content_length_and_garbage_are_no_answers() {
    let (bytes, _, items) = put_with(Fault::ContentLength(999)).await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("content-length: 999\r\n") && text.ends_with("{}"), "{text}");
    assert_eq!(text.to_ascii_lowercase().matches("content-length").count(), 1);
    assert_eq!(items, 1);

    let (bytes, end, items) = put_with(Fault::Garbage(Bytes::from_static(b"SSH-2.0-x\r\n"))).await;
    assert_eq!((bytes.as_slice(), items), (b"SSH-2.0-x\r\n".as_slice(), 0));
    assert!(end.is_ok());
}

#[tokio::test]
async fn a_fault_can_be_chosen_by_connection_and_request() {
    let (engine, proxy) = behind_a_proxy().await;
    proxy.choose(|at| match (at.connection, at.on_connection) {
        (2, _) => Fault::Cut { at: Point::Accepted, how: Close::Reset },
        (_, 2) => Fault::Cut { at: Point::Received, how: Close::Reset },
        _ => Fault::None,
    });
    let mut first = Client::connect(&proxy.endpoint(), Some(&engine)).await;
    assert!(first.call("PutItem", put("1")).await.is_ok());
    assert!(first.call("PutItem", put("2")).await.is_err());
    if let Ok(mut second) = Client::try_connect(&proxy.endpoint(), Some(&engine)).await {
        assert!(second.call("PutItem", put("3")).await.is_err());
    }
    let mut third = Client::connect(&proxy.endpoint(), Some(&engine)).await;
    assert!(third.call("PutItem", put("4")).await.is_ok());
    proxy.heal();
    assert!(third.call("PutItem", put("5")).await.is_ok());
    assert_eq!(count(&engine).await, 3);
}

#[tokio::test]
async fn the_most_connections_at_once_are_remembered() {
    let (_engine, proxy) = behind_a_proxy().await;
    let sockets = [Socket::connect(&proxy.endpoint()).await, Socket::connect(&proxy.endpoint()).await];
    soon("both are accepted", || proxy.counters().open == 2).await;
    drop(sockets);
    soon("both are closed", || proxy.counters().open == 0).await;
    let _third = Socket::connect(&proxy.endpoint()).await;
    soon("the third is accepted", || proxy.counters().connections == 3).await;
    assert_eq!((proxy.counters().open, proxy.counters().max_open), (1, 2));
}

#[tokio::test]
async fn all_connections_can_be_cut_at_once_and_the_proxy_goes_on() {
    let (engine, proxy) = behind_a_proxy().await;
    let mut idle = Socket::connect(&proxy.endpoint()).await;
    soon("the connection is accepted", || proxy.counters().open == 1).await;
    proxy.cut_all();
    assert!(is_reset(&idle.read_to_end().await.1));
    let mut client = Client::connect(&proxy.endpoint(), Some(&engine)).await;
    assert!(client.call("PutItem", put("1")).await.is_ok());
}

#[tokio::test]
async fn a_stopped_proxy_refuses_connections() {
    let (_engine, proxy) = behind_a_proxy().await;
    proxy.stop();
    let address = common::authority(&proxy.endpoint()).to_owned();
    for _ in 0..500 {
        // Those that the stopping listener had not accepted are reset.
        if tokio::net::TcpStream::connect(&address)
            .await
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("still listening");
}
