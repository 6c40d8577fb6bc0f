//! Lambda's Runtime API, as far as a function needs it: it hands out invocations and takes their answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// What an invocation consists of.
pub(crate) struct Event {
    pub(crate) request_id: String,
    pub(crate) deadline_ms: u64,
    pub(crate) payload: Value,
}

/// What the function answered, and when the answer had arrived.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Such as `/2018-06-01/runtime/invocation/1/response`.
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) at: SystemTime,
}

pub(crate) struct RuntimeApi {
    pub(crate) address: String,
    events: Sender<Event>,
    answers: Receiver<Answer>,
}

/// Milliseconds since 1970, `later` than now.
pub(crate) fn epoch_ms(later: Duration) -> u64 {
    (SystemTime::now() + later).duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

impl RuntimeApi {
    pub(crate) fn start() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, waiting) = channel();
        let (answered, answers) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        // The threads end with the function's connections, or with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (waiting, answered) = (Arc::clone(&waiting), answered.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &waiting, &answered));
            }
        });
        RuntimeApi { address, events, answers }
    }

    /// Invokes the function and gives its answer.
    pub(crate) fn invoke(&self, event: Event) -> Answer {
        self.events.send(event).unwrap();
        self.answers.recv_timeout(Duration::from_secs(60)).expect("the function answers")
    }
}

fn serve(stream: TcpStream, waiting: &Mutex<Receiver<Event>>, answered: &Sender<Answer>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let response = if path.ends_with("/invocation/next") {
            let event = waiting.lock().unwrap().recv().ok()?;
            let payload = event.payload.to_string();
            format!(
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: {}\r\nlambda-runtime-deadline-ms: {}\r\n\
                 lambda-runtime-trace-id: Root=1-{};Sampled=1\r\nlambda-runtime-invoked-function-arn: arn:aws:lambda:x\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{payload}",
                event.request_id,
                event.deadline_ms,
                event.request_id,
                payload.len()
            )
        } else {
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            answered.send(Answer { path, body, at: SystemTime::now() }).ok()?;
            "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
        };
        stream.write_all(response.as_bytes()).ok()?;
    }
}
