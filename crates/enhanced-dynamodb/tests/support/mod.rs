//! What the tests of failing calls share: clients of a scripted endpoint, and time and chance that do as they are told.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use enhanced_dynamodb::config::{Clock, ProvideCredentials, Random};
use enhanced_dynamodb::{Client, Credentials, Error, Options};
use testkit::Engine;

const HOUR: Duration = Duration::from_secs(3600);

/// A clock that stands still but for the sleeps: a short one ends at once and moves the clock by its length, a longer
/// one (the limit of an attempt) is a real timer.
#[derive(Debug)]
pub struct TestClock {
    short: Duration,
    state: Mutex<ClockState>,
}

#[derive(Debug)]
struct ClockState {
    monotonic: Instant,
    wall: SystemTime,
    sleeps: Vec<Duration>,
}

impl TestClock {
    pub fn new() -> Arc<TestClock> {
        TestClock::with_short(Duration::from_secs(60))
    }

    /// A clock whose short sleeps are those below `short`.
    pub fn with_short(short: Duration) -> Arc<TestClock> {
        let state = ClockState { monotonic: Instant::now(), wall: SystemTime::now(), sleeps: Vec::new() };
        Arc::new(TestClock { short, state: Mutex::new(state) })
    }

    /// The short sleeps so far.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.state.lock().unwrap().sleeps.clone()
    }

    /// Sets the wall clock.
    pub fn set_wall(&self, wall: SystemTime) {
        self.state.lock().unwrap().wall = wall;
    }
}

impl Clock for TestClock {
    fn monotonic(&self) -> Instant {
        self.state.lock().unwrap().monotonic
    }

    fn wall(&self) -> SystemTime {
        self.state.lock().unwrap().wall
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if duration >= self.short {
            return Box::pin(tokio::time::sleep(duration));
        }
        let mut state = self.state.lock().unwrap();
        state.sleeps.push(duration);
        state.monotonic += duration;
        state.wall += duration;
        Box::pin(std::future::ready(()))
    }
}

/// Chance that is always the same.
#[derive(Debug)]
pub struct Always(pub f64);

impl Random for Always {
    fn unit(&self) -> f64 {
        self.0
    }
}

/// Options of a client that talks to this endpoint, waits on this clock and takes half of every wait.
pub fn options(endpoint: &str, clock: &Arc<TestClock>) -> Options {
    plain_options(endpoint)
        .request_timeout(HOUR)
        .connection_timeout(HOUR)
        .clock(Arc::clone(clock) as Arc<dyn Clock>)
        .random(Arc::new(Always(0.5)))
}

/// Options of a client that talks to this endpoint, by the machine's own clock.
pub fn plain_options(endpoint: &str) -> Options {
    Options::default().local(true).local_endpoint(endpoint)
}

/// A client that sees an engine's tables, through that engine's endpoint or another one in front of it.
pub async fn client_of(engine: &Engine, endpoint: &str) -> Client {
    let credentials = Credentials::new(engine.access_key_id(), engine.secret_access_key());
    plain_options(endpoint).region(engine.region()).credentials(credentials).build().await.unwrap()
}

/// Gives other credentials each time, `key1`, `key2` and so on, and counts how often it was asked.
#[derive(Clone, Debug, Default)]
pub struct Rotating(Arc<AtomicUsize>);

impl Rotating {
    pub fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl ProvideCredentials for Rotating {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(std::future::ready(Ok(Credentials::new(format!("key{number}"), "secret"))))
    }
}
