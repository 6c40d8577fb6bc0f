//! One request, one response, and what can go wrong between them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::support::{Ask, answer, canned, credentials, echo, endpoint, header, request, sender, server};
use crate::ErrorKind;
use crate::transport::body::MAX_RESPONSE;
use crate::transport::{Endpoint, Failure, FailureKind, Flushed};

async fn failure(answer: Vec<u8>, close: bool) -> Failure {
    let (address, _) = canned(answer, close).await;
    Ask::within(1000).of(&sender(2), &endpoint(address)).await.expect_err("the response is not right")
}

#[tokio::test]
async fn a_request_carries_what_the_service_needs_and_no_more() {
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    let (address, _) = server(move |mut stream, _, seen| {
        let send = send.clone();
        async move {
            let received = request(&mut stream, &seen).await.unwrap();
            stream.write_all(&answer(b"{\"ok\":true}")).await.unwrap();
            send.send(received).await.unwrap();
        }
    })
    .await;
    let response = Ask::body("{\"TableName\":\"T\"}").of(&sender(2), &endpoint(address)).await.unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"{\"ok\":true}"[..]));
    assert_eq!(response.request_id(), Some("R1"));
    assert_eq!((response.error_type(), response.retry_after(), response.date()), (None, None, None));
    let (head, body) = receive.recv().await.unwrap();
    assert_eq!(body, b"{\"TableName\":\"T\"}");
    assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
    let names: Vec<&str> = head.lines().filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["host", "content-type", "x-amz-target", "x-amz-date", "authorization", "user-agent", "content-length"]
    );
    assert_eq!(header(&head, "host"), Some(address.to_string().as_str()));
    assert_eq!(header(&head, "content-type"), Some("application/x-amz-json-1.0"));
    assert_eq!(header(&head, "x-amz-target"), Some("DynamoDB_20120810.GetItem"));
    assert!(!head.contains(credentials().secret_access_key()));
}

#[tokio::test]
async fn an_error_response_is_a_response_with_its_headers() {
    let (address, _) = canned(
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nx-amzn-errortype: X\r\nx-amz-retry-after: 250\r\n\
          Date: Sun, 30 Aug 2015 12:36:00 GMT\r\n\r\n{}"
            .to_vec(),
        false,
    )
    .await;
    let response = Ask::default().of(&sender(2), &endpoint(address)).await.unwrap();
    assert_eq!(response.status, 400);
    assert_eq!(response.error_type(), Some("X"));
    assert_eq!(response.retry_after(), Some(Duration::from_millis(250)));
    assert_eq!(response.date(), Some(std::time::UNIX_EPOCH + Duration::from_secs(1_440_938_160)));
}

#[tokio::test]
async fn a_large_body_comes_and_goes_whole() {
    let (address, seen) = echo(Duration::ZERO).await;
    let (sender, endpoint) = (sender(2), endpoint(address));
    for length in [1, 8191, 8192, 100_000, 4_000_000] {
        let body: Vec<u8> = (0..length).map(|index| b'a' + (index % 23) as u8).collect();
        let response = Ask::body(body.clone()).of(&sender, &endpoint).await.unwrap();
        assert!(response.body == body, "{length} bytes");
    }
    assert_eq!(seen.accepted(), 1);
}

#[tokio::test]
async fn chunks_are_put_together() {
    let (address, _) = server(|mut stream, _, seen| async move {
        request(&mut stream, &seen).await.unwrap();
        for part in
            ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\n{\"a\r\n", "5\r\n\":12}\r\n", "0\r\n\r\n"]
        {
            stream.write_all(part.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        request(&mut stream, &seen).await;
    })
    .await;
    let response = Ask::default().of(&sender(2), &endpoint(address)).await.unwrap();
    assert_eq!(&response.body[..], b"{\"a\":12}");
}

#[tokio::test]
async fn a_body_that_differs_from_its_checksum_is_a_failure() {
    let mut wrong = answer(b"{\"a\":1}");
    let last = wrong.len() - 2;
    wrong[last] = b'2';
    let failure = failure(wrong, false).await;
    assert_eq!(failure.kind, FailureKind::ChecksumMismatch);
    assert_eq!((failure.flushed, failure.response_started), (Flushed::All, true));
    assert_eq!(failure.into_error().kind(), ErrorKind::CorruptResponse);
}

#[tokio::test]
async fn a_checksum_that_is_no_number_is_a_failure() {
    let failure = failure(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-amz-crc32: x\r\n\r\n{}".to_vec(), false).await;
    assert_eq!(failure.kind, FailureKind::ChecksumMismatch);
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_a_failure() {
    let failure = failure(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}".to_vec(), true).await;
    assert_eq!(failure.kind, FailureKind::Broken);
    assert_eq!(failure.message, "the connection ended after 2 of the response's 20 bytes");
    assert_eq!((failure.flushed, failure.response_started), (Flushed::All, true));
}

#[tokio::test]
async fn a_response_of_a_head_alone_is_a_failure() {
    let failure = failure(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), true).await;
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Broken, Flushed::All));
}

#[tokio::test]
async fn a_body_that_goes_on_after_its_length_is_a_failure() {
    let failure = failure(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}".to_vec(), false).await;
    assert_eq!(failure.kind, FailureKind::LengthMismatch);
}

#[tokio::test]
async fn a_proven_body_is_taken_and_the_bytes_after_it_end_the_connection() {
    let mut more = answer(b"{}");
    more.extend_from_slice(b"garbage");
    let (address, seen) = canned(more, false).await;
    let (sender, endpoint) = (sender(2), endpoint(address));
    for _ in 0..2 {
        assert_eq!(&Ask::default().of(&sender, &endpoint).await.unwrap().body[..], b"{}");
    }
    assert_eq!(seen.accepted(), 2);
}

#[tokio::test]
async fn a_response_that_promises_too_much_is_not_read() {
    let promise = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_RESPONSE + 1);
    let failure = failure(promise.into_bytes(), false).await;
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

#[tokio::test]
async fn a_response_that_grows_too_large_is_cut_off() {
    let (address, _) = server(|mut stream, _, seen| async move {
        request(&mut stream, &seen).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        let mut chunk = b"100000\r\n".to_vec();
        chunk.resize(chunk.len() + 0x10_0000, b' ');
        chunk.extend_from_slice(b"\r\n");
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    let failure = Ask::within(60_000).of(&sender(2), &endpoint(address)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
}

#[tokio::test]
async fn what_is_not_http_is_a_failure() {
    for answer in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"] {
        let failure = failure(answer.into(), true).await;
        assert_eq!(failure.kind, FailureKind::Protocol, "{answer}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(3_000_000));
    assert_eq!(failure(endless.into_bytes(), true).await.kind, FailureKind::Protocol);
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n".to_vec();
    assert_eq!(failure(chunks, true).await.kind, FailureKind::Protocol);
    let gzip = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    assert_eq!(failure(gzip, true).await.kind, FailureKind::Protocol);
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_was_flushed_whole() {
    let failure = failure(Vec::new(), true).await;
    assert_eq!(failure.kind, FailureKind::Closed);
    assert_eq!((failure.flushed, failure.response_started, failure.reused), (Flushed::All, false, false));
    assert!(failure.address.starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn a_reset_in_the_head_or_the_body_breaks_the_response() {
    for part in ["HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"] {
        let (address, _) = server(move |mut stream, _, seen| async move {
            request(&mut stream, &seen).await.unwrap();
            stream.write_all(part.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.set_zero_linger().unwrap();
        })
        .await;
        let failure = Ask::default().of(&sender(2), &endpoint(address)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Broken, "{part}");
        assert_eq!((failure.flushed, failure.response_started), (Flushed::All, true));
        assert_eq!(failure.into_error().kind(), ErrorKind::ConnectionLost);
    }
}

#[tokio::test]
async fn a_server_that_does_not_read_is_told_from_one_that_has_it_all() {
    let (address, _) = server(|stream, _, _| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    let large = Ask { body: vec![b' '; 32 * 1024 * 1024].into(), ..Ask::within(200) };
    let failure = large.of(&sender(2), &endpoint(address)).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Timeout, Flushed::Part));
    let failure = Ask::within(100).of(&sender(2), &endpoint(address)).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Timeout, Flushed::All));
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_timeout() {
    let (address, _) = echo(Duration::from_secs(10)).await;
    let begun = Instant::now();
    let failure = Ask::within(100).of(&sender(2), &endpoint(address)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Timeout, Flushed::All));
    assert_eq!(failure.message, "no response in 100ms");
    assert!(!failure.response_started);
}

#[tokio::test]
async fn a_closed_port_refuses_and_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = Ask::default().of(&sender(2), &endpoint(address)).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Connect, Flushed::Nothing));
    assert_eq!(failure.address, address.to_string());
    assert!(failure.message.starts_with(&format!("no connection to {address} (")), "{failure:?}");
    assert!(failure.message.contains("refused"), "{failure:?}");
}

#[tokio::test]
async fn every_address_of_a_name_is_tried() {
    let (address, seen) = echo(Duration::ZERO).await;
    // On most machines localhost is ::1 first, where nobody listens on this port.
    let named = Endpoint { host: "localhost".to_owned(), ..Endpoint::clone(&endpoint(address)) };
    Ask::default().of(&sender(2), &Arc::new(named)).await.unwrap();
    assert_eq!(seen.requests(), 1);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named() {
    let mut nowhere = Endpoint::clone(&endpoint("127.0.0.1:1".parse().unwrap()));
    nowhere.host = "dynamodb.nowhere.invalid".to_owned();
    let failure = Ask::within(20_000).of(&sender(2), &Arc::new(nowhere)).await.unwrap_err();
    assert_eq!((failure.kind, failure.flushed), (FailureKind::Resolve, Flushed::Nothing));
    assert!(failure.message.contains("dynamodb.nowhere.invalid does not resolve"), "{failure:?}");
    assert_eq!(failure.address, "dynamodb.nowhere.invalid:1");
}

#[test]
fn a_call_outside_of_a_runtime_is_an_error() {
    let (sender, endpoint) = (sender(2), endpoint("127.0.0.1:1".parse().unwrap()));
    let failure = futures_util::FutureExt::now_or_never(Ask::default().of(&sender, &endpoint));
    assert_eq!(failure.unwrap().unwrap_err().kind, FailureKind::Configuration);
}
