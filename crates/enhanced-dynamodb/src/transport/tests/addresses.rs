//! A name with several addresses, not all of which answer.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::config::Time;
use crate::transport::connect::any_of;
use crate::transport::{Failure, FailureKind};

const LIMIT: Duration = Duration::from_millis(900);

/// An address where nobody listens.
fn refusing() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// An address whose queue of connections is full, so that the system leaves new ones without an answer. What holds it
/// comes with it.
fn black_hole() -> (SocketAddr, (Socket, Vec<Socket>)) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let fill = |_| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _in_progress = socket.connect(&address.into());
        socket
    };
    (address, (listener, (0..4).map(fill).collect()))
}

async fn connect(addresses: &[SocketAddr]) -> Result<SocketAddr, Failure> {
    any_of(addresses, LIMIT, &Time::System, "example.com:443").await.map(|tcp| tcp.peer_addr().unwrap())
}

#[tokio::test]
async fn an_address_that_refuses_is_passed_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    assert_eq!(connect(&[refusing(), refusing(), open]).await.unwrap(), open);
}

#[tokio::test]
async fn an_address_that_does_not_answer_leaves_time_for_the_next() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (open, (dark, _held)) = (listener.local_addr().unwrap(), black_hole());
    let begun = Instant::now();
    assert_eq!(connect(&[dark, open]).await.unwrap(), open);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn where_no_address_answers_each_is_named_with_its_reason() {
    let (refusing, (dark, _held)) = (refusing(), black_hole());
    let failure = connect(&[refusing, dark]).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ConnectTimeout);
    for text in
        ["no connection to example.com:443 (", &format!("{refusing}: "), "refused", &format!("{dark}: no answer")]
    {
        assert!(failure.message.contains(text), "{text}: {}", failure.message);
    }
    assert_eq!(connect(&[refusing]).await.unwrap_err().kind, FailureKind::Connect);
    assert!(TcpStream::connect(refusing).is_err());
}
