//! A hundred thousand puts and deletes against a service that leaves a part of every tenth request unprocessed, throttles every
//! twentieth and loses the connection of every fiftieth, with one bad operation in a thousand: each ends once, the tables
//! hold exactly what they should, and the client's memory stays within 48 MB of where it began.
//!
//! Engine and faults are in a process of their own, which this program starts itself as, so that the memory measured is
//! the client's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use enhanced_dynamodb::batch::BatchOperation;
use enhanced_dynamodb::config::{Credentials, Random};
use enhanced_dynamodb::table::AttributeType;
use enhanced_dynamodb::{Client, Item, StringSet, item, key};
use serde::{Deserialize, Serialize};
use testkit::{Action, Close, Engine, Fault, FaultProxy, Point, Responder, Rule};

const SEED: u64 = 0x5EED_0BA7_C4ED;
const OPERATIONS: u64 = 100_000;
/// Fewer keys than operations: a third of the operations follow another on their key.
const KEYS: u64 = 60_000;
/// By how much the client's memory may grow, in KiB.
const MOST_GROWTH: u64 = 48 * 1024;
/// Requests that have their fate; far more than there are.
const FATES: u64 = 20_000;
/// In the child's environment.
const CHILD: &str = "BATCH_PROOF_CHILD";

/// A number that depends on nothing but the seed, a purpose and a position (SplitMix64).
fn random(purpose: u64, position: u64) -> u64 {
    let mut z = SEED.wrapping_add(purpose << 48).wrapping_add(position.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Chance that takes up to a fiftieth of every wait: the throttled client would else sleep for minutes.
#[derive(Debug, Default)]
struct Hasty(AtomicU64);

impl Random for Hasty {
    fn unit(&self) -> f64 {
        let number = random(1, self.0.fetch_add(1, Ordering::Relaxed));
        (number >> 11) as f64 / (1u64 << 53) as f64 / 50.0
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    id: String,
    text: String,
    number: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Event {
    stream: String,
    at: u64,
    text: String,
    number: u64,
}

/// What operation number `number` is.
enum What {
    Put,
    Delete,
    Bad,
}

/// Whether it is on the second table, its key, and what it is.
fn what(number: u64) -> (bool, u64, What) {
    let key = random(2, number) % KEYS;
    let what = match random(3, number) % 1_000 {
        0 => What::Bad,
        1..=150 => What::Delete,
        _ => What::Put,
    };
    (key.is_multiple_of(4), key, what)
}

fn text(number: u64) -> String {
    "The radiator is cold. ".repeat((random(4, number) % 20) as usize)
}

fn message(key: u64, number: u64) -> Message {
    Message { id: format!("m{key}"), text: text(number), number }
}

fn event(key: u64, number: u64) -> Event {
    Event { stream: format!("s{}", key % 100), at: key, text: text(number), number }
}

fn operation(number: u64) -> BatchOperation {
    match what(number) {
        (true, key, What::Put) => BatchOperation::put("Events", &event(key, number)),
        (false, key, What::Put) => BatchOperation::put("Messages", &message(key, number)),
        (true, key, What::Delete) => {
            BatchOperation::delete("Events", &key! { "at": key, "stream": format!("s{}", key % 100) })
        }
        (false, key, What::Delete) => BatchOperation::delete("Messages", &key! { "id": format!("m{key}") }),
        (_, _, What::Bad) => bad(number),
    }
}

/// Some are refused before the send, most by the service.
fn bad(number: u64) -> BatchOperation {
    match number % 5 {
        0 => BatchOperation::put("Messages", &item! { "id": number, "text": "its key is no text" }),
        1 => BatchOperation::put("Events", &item! { "stream": "s1", "at": "one", "text": "its sort key is no number" }),
        2 => BatchOperation::put("Messages", &item! { "text": "without its key" }),
        3 => BatchOperation::put("Messages", &item! { "id": format!("x{number}"), "tags": StringSet::new() }),
        _ => BatchOperation::put("Messages", &item! { "id": "", "text": "its key is empty" }),
    }
}

/// The process with the engine and the faults before it.
struct Service {
    child: Child,
    engine: String,
    faulty: String,
    access_key: String,
}

impl Service {
    fn start() -> Service {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "the_service_in_a_process_of_its_own", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The test harness says its own things before.
        let ready =
            lines.by_ref().map(Result::unwrap).find(|line| line.contains("ready ")).expect("the child is ready");
        std::thread::spawn(move || lines.for_each(drop));
        let mut words = ready.split_once("ready ").unwrap().1.split(' ').map(str::to_owned);
        let mut word = || words.next().unwrap();
        Service { child, engine: word(), faulty: word(), access_key: word() }
    }

    async fn client(&self, endpoint: &str) -> Client {
        let options = Client::builder().endpoint_url(endpoint).region("us-east-1").random(Arc::new(Hasty::default()));
        options.credentials(Credentials::new(&*self.access_key, "secret")).build().await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Its input ends with us in any case; it may be gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "started by the proof"]
async fn the_service_in_a_process_of_its_own() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let engine = Engine::dynoxide().await.unwrap();
    let responder = Responder::in_front_of(&engine).await.unwrap();
    for request in 1..=FATES {
        let fate = match random(5, request) % 100 {
            0..10 => Action::leftovers((random(6, request) % 25) as usize),
            10..15 => Action::throttle("Messages"),
            _ => continue,
        };
        responder.rule(Rule::on("BatchWriteItem").nth(request).then(fate));
    }
    let proxy = FaultProxy::start(&responder.endpoint()).await.unwrap();
    proxy.choose(|at| match random(7, at.request) % 100 {
        0 => Fault::Cut { at: Point::Received, how: Close::Reset },
        1 => Fault::Cut { at: Point::Applied, how: Close::Reset },
        _ => Fault::None,
    });
    let (endpoint, access_key) = (engine.endpoint(), engine.access_key_id());
    let mut output = std::io::stdout();
    writeln!(output, "ready {endpoint} {} {access_key}", proxy.endpoint()).and_then(|()| output.flush()).unwrap();
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let forget = async {
        loop {
            responder.forget_requests();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::select! {
        _ = gone => {}
        () = forget => {}
    }
}

/// A figure of this process's memory, in KiB.
fn memory(figure: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
    line.trim_start_matches(':').trim().split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_hundred_thousand_operations_under_faults_end_once_each_and_leave_what_they_should() {
    let service = Service::start();
    let direct = service.client(&service.engine).await;
    direct.create_table("Messages").partition_key("id", AttributeType::String).send().await.unwrap();
    let events = direct.create_table("Events").partition_key("stream", AttributeType::String);
    events.sort_key("at", AttributeType::Number).send().await.unwrap();

    let db = service.client(&service.faulty).await;
    let none: Option<Item> = db.get("Messages").key("id", "none").item().await.unwrap();
    assert_eq!(none, None);
    let (before, began) = (memory("VmHWM"), Instant::now());
    let mut failed = BTreeSet::new();
    let mut narrowest = usize::MAX;
    let batch = db.batch_operations((0..OPERATIONS).map(operation));
    let outcome = batch
        .on_unwritten(|one| {
            assert!(!one.is_left_over(), "operation {}: {}", one.index(), one.error());
            assert!(failed.insert(one.index()), "operation {} ended twice", one.index());
        })
        .on_progress(|progress| narrowest = narrowest.min(progress.concurrency))
        .send()
        .await
        .unwrap();
    let (took, growth) = (began.elapsed(), memory("VmHWM") - before);
    // Past the test harness, which would keep it to itself.
    writeln!(
        std::io::stderr(),
        "{OPERATIONS} operations in {took:.1?}: {} written, {} failed, {} left over; {} requests, {} retries, {} operations \
         sent again, {narrowest} in flight at the fewest; memory {before} KiB + {growth} KiB",
        outcome.written, outcome.failed, outcome.left_over, outcome.requests, outcome.retries, outcome.resent
    )
    .unwrap();
    if cfg!(target_os = "linux") {
        assert!(growth <= MOST_GROWTH, "{growth} KiB");
    }
    assert!(outcome.input_ended && outcome.left_over == 0);
    assert_eq!((outcome.total, outcome.written + outcome.failed), (OPERATIONS, OPERATIONS));
    let expected: BTreeSet<u64> = (0..OPERATIONS).filter(|number| matches!(what(*number).2, What::Bad)).collect();
    assert!(expected.len() > 50, "{}", expected.len());
    assert_eq!(failed, expected, "what is bad fails, and nothing else");
    assert!(outcome.retries > 0 && outcome.resent > 0 && narrowest < 50, "the faults were there");

    let mut last = HashMap::new();
    for number in 0..OPERATIONS {
        match what(number) {
            (_, key, What::Put) => drop(last.insert(key, number)),
            (_, key, What::Delete) => drop(last.remove(&key)),
            (_, _, What::Bad) => {}
        }
    }
    let mut items = direct.scan("Messages").items::<Message>();
    let mut found = 0;
    while let Some(item) = items.next().await {
        let item = item.unwrap();
        let key: u64 = item.id[1..].parse().unwrap();
        assert_eq!(last.get(&key).map(|number| message(key, *number)), Some(item));
        found += 1;
    }
    let mut items = direct.scan("Events").items::<Event>();
    while let Some(item) = items.next().await {
        let item = item.unwrap();
        assert_eq!(last.get(&item.at).map(|number| event(item.at, *number)), Some(item));
        found += 1;
    }
    assert_eq!(found, last.len(), "no item too few");
}
