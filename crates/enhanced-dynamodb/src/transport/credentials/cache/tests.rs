//! With a clock that the test moves and a provider that the test answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Semaphore;

use super::super::TlsSource;
use super::CredentialsCache;
use crate::config::{Clock, Config, Credentials, Options, ProvideCredentials};
use crate::error::{Error, ErrorKind};

const MINUTE: Duration = Duration::from_secs(60);

/// Both clocks stand still until they are moved.
#[derive(Debug)]
struct Moved(Mutex<(Instant, SystemTime)>);

impl Moved {
    fn by(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap();
        now.0 += duration;
        now.1 += duration;
    }

    /// As after a freeze in which the monotonic clock stood still.
    fn wall_by(&self, duration: Duration) {
        self.0.lock().unwrap().1 += duration;
    }
}

impl Clock for Moved {
    fn monotonic(&self) -> Instant {
        self.0.lock().unwrap().0
    }
    fn wall(&self) -> SystemTime {
        self.0.lock().unwrap().1
    }
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// Gives these answers in order, each when the test allows it.
#[derive(Debug, Clone)]
struct Provider {
    answers: Arc<Mutex<VecDeque<Result<Credentials, &'static str>>>>,
    calls: Arc<AtomicU32>,
    allowed: Arc<Semaphore>,
}

impl ProvideCredentials for Provider {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        Box::pin(async {
            self.calls.fetch_add(1, Ordering::SeqCst);
            self.allowed.acquire().await.unwrap().forget();
            let answer = self.answers.lock().unwrap().pop_front().expect("an answer is left");
            answer.map_err(Error::credentials)
        })
    }
}

struct Setting {
    clock: Arc<Moved>,
    provider: Provider,
    cache: CredentialsCache,
}

fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn no_tls() -> TlsSource {
    Arc::new(|| Err(Error::credentials("no TLS here")))
}

/// Credentials named `key` that last for `minutes` from the start.
fn until(key: &str, minutes: u32) -> Result<Credentials, &'static str> {
    Ok(Credentials::new(key, "secret").with_expiry(start() + MINUTE * minutes))
}

fn setting(answers: impl IntoIterator<Item = Result<Credentials, &'static str>>) -> Setting {
    let clock = Arc::new(Moved(Mutex::new((Instant::now(), start()))));
    let provider = Provider {
        answers: Arc::new(Mutex::new(answers.into_iter().collect())),
        calls: Arc::default(),
        allowed: Arc::new(Semaphore::new(1000)),
    };
    let options = Options::new().credentials_provider(provider.clone()).clock(clock.clone());
    let config = Config::from_variables(&options, [("", ""); 0]).unwrap();
    Setting { clock, provider, cache: CredentialsCache::new(&config, no_tls()) }
}

impl Setting {
    async fn key(&self) -> String {
        self.cache.get().await.unwrap().access_key_id().to_owned()
    }

    fn calls(&self) -> u32 {
        self.provider.calls.load(Ordering::SeqCst)
    }

    /// Lets the background task run to its end.
    async fn settle(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn credentials_are_loaded_once_and_kept_while_fresh() {
    let s = setting([until("ONE", 60)]);
    let first = s.cache.get().await.unwrap();
    s.clock.by(MINUTE * 54);
    assert!(Arc::ptr_eq(&first, &s.cache.get().await.unwrap()));
    assert_eq!(s.calls(), 1);
}

#[tokio::test]
async fn five_minutes_before_the_end_they_are_renewed_while_calls_go_on() {
    let s = setting([until("ONE", 60), until("TWO", 120)]);
    assert_eq!(s.key().await, "ONE");
    s.clock.by(MINUTE * 55);
    assert_eq!(s.key().await, "ONE");
    s.settle().await;
    assert_eq!(s.key().await, "TWO");
    assert_eq!(s.calls(), 2);
}

#[tokio::test]
async fn in_the_last_minute_calls_wait_for_new_ones() {
    let s = setting([until("ONE", 60), until("TWO", 120)]);
    assert_eq!(s.key().await, "ONE");
    s.clock.by(MINUTE * 59);
    assert_eq!(s.key().await, "TWO");
}

#[tokio::test]
async fn a_failed_renewal_keeps_the_old_ones_and_tries_again_later() {
    let s = setting([until("ONE", 60), Err("down"), Err("down"), Err("still down"), until("TWO", 120)]);
    assert_eq!(s.key().await, "ONE");
    s.clock.by(MINUTE * 56);
    assert_eq!(s.key().await, "ONE");
    s.settle().await;
    // Not with every call.
    assert_eq!(s.key().await, "ONE");
    s.settle().await;
    assert_eq!(s.calls(), 2);
    s.clock.by(MINUTE * 3);
    assert_eq!(s.key().await, "ONE");
    assert_eq!(s.calls(), 3);
    // At the end there is nothing to fall back on.
    s.clock.by(MINUTE * 2);
    let error = s.cache.get().await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Credentials, "still down"));
    assert_eq!(s.key().await, "TWO");
}

#[tokio::test]
async fn concurrent_callers_share_one_task_that_no_dropped_caller_stops() {
    let s = setting([until("ONE", 60)]);
    s.provider.allowed.forget_permits(1000);
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let cache = s.cache.clone();
            tokio::spawn(async move { cache.get().await.map(|found| found.access_key_id().to_owned()) })
        })
        .collect();
    s.settle().await;
    // The caller that began the task gives up.
    callers[0].abort();
    s.settle().await;
    s.provider.allowed.add_permits(1);
    for (at, caller) in callers.into_iter().enumerate() {
        match caller.await {
            Ok(key) => assert_eq!(key.unwrap(), "ONE"),
            Err(error) => assert!(at == 0 && error.is_cancelled()),
        }
    }
    assert_eq!(s.calls(), 1);
}

#[tokio::test]
async fn all_callers_get_the_error_and_the_next_call_tries_anew() {
    let s = setting([Err("closed"), until("ONE", 60)]);
    s.provider.allowed.forget_permits(1000);
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let cache = s.cache.clone();
            tokio::spawn(async move { cache.get().await })
        })
        .collect();
    s.settle().await;
    s.provider.allowed.add_permits(1000);
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap_err().to_string(), "CredentialsError: closed");
    }
    assert_eq!(s.calls(), 1);
    assert_eq!(s.key().await, "ONE");
}

#[tokio::test]
async fn what_the_service_calls_expired_is_not_used_again() {
    let s = setting([until("ONE", 60), until("TWO", 60)]);
    let one = s.cache.get().await.unwrap();
    assert!(s.cache.invalidate(&one));
    assert_eq!(s.key().await, "TWO");
    // A late complaint about the old ones does not touch the new ones.
    assert!(s.cache.invalidate(&one));
    assert_eq!(s.key().await, "TWO");
    assert_eq!(s.calls(), 2);
}

#[tokio::test]
async fn a_clock_that_is_ahead_does_not_load_with_every_call() {
    let s = setting([until("ONE", 0), until("TWO", 0)]);
    s.clock.by(MINUTE * 10);
    for _ in 0..5 {
        assert_eq!(s.key().await, "ONE");
    }
    s.clock.by(MINUTE);
    assert_eq!(s.key().await, "TWO");
    assert_eq!(s.calls(), 2);
}

#[test]
fn a_task_that_died_with_its_runtime_is_begun_anew() {
    let s = setting([until("ONE", 60)]);
    s.provider.allowed.forget_permits(1000);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    first.block_on(async {
        let waiting = tokio::time::timeout(Duration::from_millis(20), s.cache.get()).await;
        assert!(waiting.is_err());
    });
    drop(first);
    s.provider.allowed.add_permits(1);
    assert_eq!(runtime().block_on(s.key()), "ONE");
    assert_eq!(s.calls(), 2);
}

#[derive(Debug)]
struct Panics;

impl ProvideCredentials for Panics {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        panic!("a provider with a bug")
    }
}

#[derive(Debug)]
struct Hangs;

impl ProvideCredentials for Hangs {
    fn provide(&self) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

fn cache(options: &Options, variables: &[(&str, &str)]) -> CredentialsCache {
    CredentialsCache::new(&Config::from_variables(options, variables.iter().copied()).unwrap(), no_tls())
}

#[tokio::test]
async fn a_provider_that_panics_is_an_error_of_the_call() {
    let error = cache(&Options::new().credentials_provider(Panics), &[]).get().await.unwrap_err();
    assert!(error.message().contains("its provider panicked"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_is_given_up() {
    let error = cache(&Options::new().credentials_provider(Hangs), &[]).get().await.unwrap_err();
    assert_eq!(error.message(), "the credentials provider Hangs gives none within 30 s");
}

#[test]
fn outside_a_runtime_it_says_so() {
    let cache = cache(&Options::new().credentials_provider(Hangs), &[]);
    let mut future = std::pin::pin!(cache.get());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = future.as_mut().poll(&mut context) else { panic!() };
    assert!(error.message().contains("only inside a Tokio runtime"), "{error}");
}

#[tokio::test]
async fn fixed_credentials_never_change() {
    let given = cache(&Options::new().credentials(Credentials::new("GIVEN", "s")), &[]);
    let credentials = given.get().await.unwrap();
    assert!(!given.invalidate(&credentials));
    assert!(Arc::ptr_eq(&credentials, &given.get().await.unwrap()));
    let local = cache(&Options::new().local(true), &[("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")]);
    let local = local.get().await.unwrap();
    assert_eq!((local.access_key_id(), local.secret_access_key()), ("local", "local"));
    let environment = cache(&Options::new(), &[("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")]);
    assert_eq!(environment.get().await.unwrap().access_key_id(), "A");
}

#[cfg(not(feature = "aws-config"))]
#[tokio::test]
async fn no_credentials_at_all_says_where_it_looked() {
    let error = cache(&Options::new(), &[("HOME", "/nowhere")]).get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CredentialsError: no credentials were found: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; no \
         profile \"default\" in /nowhere/.aws/config (no such file) and /nowhere/.aws/credentials (no such file); \
         AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set; instance metadata \
         was not asked, as the feature `aws-config` is off. Set the variables, add a profile, or give credentials as \
         an option; on an EC2 instance, build enhanced-dynamodb with the feature `aws-config`."
    );
    let homeless = cache(&Options::new(), &[]).get().await.unwrap_err();
    assert!(homeless.message().contains("there are no profile files: neither HOME nor"), "{homeless}");
    let loopback = cache(&Options::new(), &[("AWS_ENDPOINT_URL", "http://localhost:8000")]).get().await.unwrap_err();
    assert!(loopback.advice().starts_with("For DynamoDB Local, choose local mode: "), "{loopback}");
}

#[cfg(not(feature = "aws-config"))]
#[tokio::test]
async fn what_needs_more_names_the_feature_and_is_never_skipped() {
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
    let error = cache(&Options::new(), &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), container]).get().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CredentialsError: AWS_WEB_IDENTITY_TOKEN_FILE is set, which this build of the client does not follow. Build \
         enhanced-dynamodb with the feature `aws-config`, or give other credentials."
    );
}

#[cfg(feature = "aws-config")]
#[tokio::test]
async fn a_provider_of_the_aws_sdk_serves_here() {
    let expiry = start();
    let sdk = aws_credential_types::Credentials::builder()
        .access_key_id("SDK")
        .secret_access_key("s")
        .session_token("t")
        .expiry(expiry)
        .account_id("123456789012")
        .provider_name("test")
        .build();
    let credentials = cache(&Options::new().sdk_credentials_provider(sdk), &[]).get().await.unwrap();
    let expected = Credentials::new("SDK", "s").with_session_token("t").with_account_id("123456789012");
    assert_eq!(*credentials, expected.with_expiry(expiry));
}

#[cfg(feature = "aws-config")]
#[tokio::test]
async fn the_aws_sdk_says_why_it_cannot_follow_a_profile() {
    let path = std::env::temp_dir().join(format!("enhanced-dynamodb-sdk-{}", std::process::id()));
    std::fs::write(&path, "[profile team]\ncredential_process = /does/not/exist\n").unwrap();
    let variables = [("AWS_CONFIG_FILE", path.to_str().unwrap())];
    let error = cache(&Options::new().profile("team"), &variables).get().await.unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(error.message().contains("has credential_process: "), "{error}");
}

#[tokio::test]
async fn credentials_that_ended_while_the_function_was_frozen_are_renewed_before_they_are_used() {
    let s = setting([until("first", 60), until("second", 240)]);
    assert_eq!(s.key().await, "first");
    s.clock.wall_by(MINUTE * 120);
    assert_eq!((s.key().await.as_str(), s.calls()), ("second", 2));
}
