//! Answers that are larger than any of the service's.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use enhanced_dynamodb::ErrorKind;

use super::calls::{CALLS, Call, end_of};
use crate::support::{TestClock, options};

const MEBIBYTE: u64 = 1024 * 1024;
const BODY: u64 = 100 * MEBIBYTE;
/// What the operating system may hold on its way between the two.
const BUFFERS: u64 = 24 * MEBIBYTE;

/// A server that answers everything with 100 MiB; returns its endpoint and the bytes that it could write.
fn server(chunked: bool) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let written = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&written);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, counter) = (stream.unwrap(), Arc::clone(&counter));
            // It ends with an error when the client hangs up, as it shall.
            std::thread::spawn(move || answer(stream, chunked, &counter));
        }
    });
    (endpoint, written)
}

fn answer(mut stream: TcpStream, chunked: bool, written: &AtomicU64) -> std::io::Result<()> {
    let mut request = [0; 16 * 1024];
    if stream.read(&mut request)? == 0 {
        return Ok(());
    }
    let framing = if chunked { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {BODY}") };
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n{framing}\r\n\r\n")?;
    let piece = vec![b' '; MEBIBYTE as usize];
    for _ in 0..BODY / MEBIBYTE {
        if chunked {
            write!(stream, "{MEBIBYTE:x}\r\n")?;
        }
        stream.write_all(&piece)?;
        written.fetch_add(MEBIBYTE, Ordering::SeqCst);
        if chunked {
            stream.write_all(b"\r\n")?;
        }
    }
    if chunked { stream.write_all(b"0\r\n\r\n") } else { Ok(()) }
}

async fn is_refused_after(chunked: bool, most: u64) {
    for call in CALLS {
        let (endpoint, written) = server(chunked);
        let client = options(&endpoint, &TestClock::new()).build().await.unwrap();
        let end = end_of(call, &client).await;
        match call {
            Call::Read | Call::Put => end.failed(ErrorKind::ResponseTooLarge, 1, Duration::ZERO),
            // It was applied, perhaps.
            Call::Count => end.is_unknown(),
        }
        assert!(end.text().contains("larger than 67108864 bytes"), "{}", end.text());
        let written = written.load(Ordering::SeqCst);
        assert!(written <= most + BUFFERS, "{} MiB were taken", written / MEBIBYTE);
        let pool = client.stats().pool;
        assert_eq!((pool.open, pool.in_use), (0, 0), "a socket with the rest of an answer in it is of no use");
    }
}

#[tokio::test]
async fn an_answer_that_promises_100_mib_is_refused_before_it_is_read() {
    is_refused_after(false, 0).await;
}

#[tokio::test]
async fn an_answer_of_100_mib_without_a_length_is_read_to_the_limit_and_no_further() {
    is_refused_after(true, 64 * MEBIBYTE).await;
}
