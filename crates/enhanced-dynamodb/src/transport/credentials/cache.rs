//! Keeps credentials while they last, and renews them ahead of their end in one task for all callers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::TlsSource;
use super::chain::Chain;
use crate::config::{Config, Credentials, CredentialsSource, ProvideCredentials, Shared, Time};
use crate::error::{Error, ErrorKind};

/// So long before their end credentials are renewed in the background: container endpoints have the next ones ready
/// at least that early.
const RENEW_AHEAD: Duration = Duration::from_secs(5 * 60);
/// So long before their end a call waits for new ones: a request signed now must still be valid on arrival.
const WAIT_AHEAD: Duration = Duration::from_secs(60);
/// After an attempt, credentials that still hold are used for so long before the next.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest that loading may take, whoever is asked.
const LOAD_LIMIT: Duration = Duration::from_secs(30);
/// How often a caller starts a task anew that ended without an answer, because its runtime was shut down.
const STARTS: u32 = 3;

/// The credentials of a client.
#[derive(Clone, Debug)]
pub(crate) struct CredentialsCache(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Fixed(Arc<Credentials>),
    Renewed(Arc<Renewed>),
}

enum Source {
    Provider(Shared<dyn ProvideCredentials>),
    Chain(Box<Chain>),
}

struct Renewed {
    source: Source,
    time: Time,
    current: RwLock<Option<Arc<Credentials>>>,
    renewal: Mutex<Renewal>,
}

#[derive(Default)]
struct Renewal {
    /// The task under way. Its sender is dropped without an answer if its runtime ends.
    running: Option<watch::Receiver<Option<Outcome>>>,
    last: Option<LastLoad>,
}

/// The last attempt to load credentials: when it ended by both clocks, and whether it brought any.
struct LastLoad {
    at: Instant,
    at_wall: SystemTime,
    brought: bool,
}

type Outcome = Result<Arc<Credentials>, Arc<Error>>;

/// How much longer credentials hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Fresh,
    /// New ones are to be fetched meanwhile.
    Ageing,
    /// New ones are to be waited for.
    Ending,
    Expired,
}

impl CredentialsCache {
    pub(crate) fn new(config: &Config, tls: TlsSource) -> Self {
        let source = match &config.credentials {
            CredentialsSource::Fixed(credentials) => {
                return CredentialsCache(Kind::Fixed(Arc::new(credentials.clone())));
            }
            CredentialsSource::Provider(provider) => Source::Provider(provider.clone()),
            CredentialsSource::Chain(settings) => Source::Chain(Box::new(Chain {
                settings: (**settings).clone(),
                tls,
                time: config.time.clone(),
                chance: config.random.clone(),
                #[cfg(feature = "aws-config")]
                sdk: super::sdk::SdkChain::default(),
            })),
        };
        CredentialsCache(Kind::Renewed(Arc::new(Renewed {
            source,
            time: config.time.clone(),
            current: RwLock::new(None),
            renewal: Mutex::default(),
        })))
    }

    /// The credentials to sign with now.
    ///
    /// # Errors
    /// If there are none, and none can be had.
    #[inline]
    pub(crate) async fn get(&self) -> Result<Arc<Credentials>, Error> {
        match &self.0 {
            Kind::Fixed(credentials) => Ok(Arc::clone(credentials)),
            Kind::Renewed(renewed) => match renewed.fresh() {
                Some(credentials) => Ok(credentials),
                None => renewed.get_slowly().await,
            },
        }
    }

    /// The credentials that were got last, however old; none are asked for.
    pub(crate) fn at_hand(&self) -> Option<Arc<Credentials>> {
        match &self.0 {
            Kind::Fixed(credentials) => Some(Arc::clone(credentials)),
            Kind::Renewed(renewed) => renewed.current.read().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Asks for credentials anew before the next request, whatever is known of the last ones; fixed ones stay.
    pub(crate) fn forget(&self) {
        if let Kind::Renewed(renewed) = &self.0 {
            let mut renewal = renewed.lock();
            *renewed.current.write().unwrap_or_else(PoisonError::into_inner) = None;
            *renewal = Renewal::default();
        }
    }

    /// The service called these expired: they are not used again. Gives whether others may come; fixed ones stay
    /// what they are.
    pub(crate) fn invalidate(&self, used: &Arc<Credentials>) -> bool {
        match &self.0 {
            Kind::Fixed(_) => false,
            Kind::Renewed(renewed) => {
                // The lock's order is the same everywhere: first the renewal, then what it has brought.
                let mut renewal = renewed.lock();
                let mut current = renewed.current.write().unwrap_or_else(PoisonError::into_inner);
                if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, used)) {
                    *current = None;
                    renewal.last = None;
                }
                true
            }
        }
    }
}

impl Renewed {
    /// The way of nearly every call.
    #[inline]
    fn fresh(&self) -> Option<Arc<Credentials>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(credentials) if self.age(credentials) == Age::Fresh => Some(Arc::clone(credentials)),
            Some(_) | None => None,
        }
    }

    #[inline]
    fn age(&self, credentials: &Credentials) -> Age {
        let Some(expiry) = credentials.expiry() else { return Age::Fresh };
        match expiry.duration_since(self.time.wall()) {
            Ok(left) if left > RENEW_AHEAD => Age::Fresh,
            Ok(left) if left > WAIT_AHEAD => Age::Ageing,
            Ok(left) if !left.is_zero() => Age::Ending,
            Ok(_) | Err(_) => Age::Expired,
        }
    }

    #[cold]
    async fn get_slowly(self: &Arc<Self>) -> Result<Arc<Credentials>, Error> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(current) = current else { return self.renew().await };
        match (self.age(&current), self.paused()) {
            (Age::Fresh, _) => Ok(current),
            (Age::Ageing | Age::Ending, Some(_)) => Ok(current),
            // They have only just come: the machine's clock is ahead, or the source gives what is as good as over.
            (Age::Expired, Some(true)) => Ok(current),
            (Age::Ageing, None) => {
                self.start()?;
                Ok(current)
            }
            (Age::Ending, None) => match self.renew().await {
                Ok(renewed) => Ok(renewed),
                Err(_) if self.age(&current) != Age::Expired => Ok(current),
                Err(error) => Err(error),
            },
            (Age::Expired, Some(false) | None) => self.renew().await,
        }
    }

    /// Whether the last attempt was only just; and if so, whether it brought credentials.
    fn paused(&self) -> Option<bool> {
        let renewal = self.lock();
        let last = renewal.last.as_ref()?;
        // A frozen function's monotonic clock may have stood still, and nobody knows how far a wall clock was set back.
        let by_wall = self.time.wall().duration_since(last.at_wall).ok()?;
        (self.time.now().saturating_duration_since(last.at).max(by_wall) < PAUSE).then_some(last.brought)
    }

    /// Waits for the task under way, or for one begun now.
    async fn renew(self: &Arc<Self>) -> Result<Arc<Credentials>, Error> {
        for _ in 0..STARTS {
            let mut running = self.start()?;
            if let Ok(outcome) = running.wait_for(Option::is_some).await {
                match &*outcome {
                    Some(Ok(credentials)) => return Ok(Arc::clone(credentials)),
                    Some(Err(error)) => return Err(again(error)),
                    None => {}
                }
            }
        }
        Err(Error::new(
            ErrorKind::Credentials,
            "the task that loads credentials ended without an answer: its provider panicked, or its runtime was shut down",
        ))
    }

    /// The task under way; a new one if there is none. It runs on its own, so that no caller who gives up stops it.
    fn start(self: &Arc<Self>) -> Result<watch::Receiver<Option<Outcome>>, Error> {
        let mut renewal = self.lock();
        if let Some(running) = &renewal.running
            && running.has_changed().is_ok()
        {
            return Ok(running.clone());
        }
        let runtime = Handle::try_current().map_err(|error| {
            Error::new(ErrorKind::Credentials, "credentials can be loaded only inside a Tokio runtime")
                .with_source(error)
        })?;
        let (sender, receiver) = watch::channel(None);
        renewal.running = Some(receiver.clone());
        drop(renewal);
        let renewed = Arc::clone(self);
        runtime.spawn(async move {
            let outcome = renewed.load().await.map(Arc::new).map_err(Arc::new);
            {
                let mut renewal = renewed.lock();
                renewal.running = None;
                renewal.last =
                    Some(LastLoad { at: renewed.time.now(), at_wall: renewed.time.wall(), brought: outcome.is_ok() });
                match &outcome {
                    Ok(credentials) => {
                        let mut current = renewed.current.write().unwrap_or_else(PoisonError::into_inner);
                        *current = Some(Arc::clone(credentials));
                    }
                    Err(error) => tracing::warn!(%error, "credentials could not be renewed"),
                }
            }
            sender.send_replace(Some(outcome));
        });
        Ok(receiver)
    }

    async fn load(&self) -> Result<Credentials, Error> {
        let loading = async {
            match &self.source {
                Source::Provider(provider) => provider.provide().await,
                Source::Chain(chain) => chain.load().await,
            }
        };
        // Sockets and providers are real, so the machine's clock measures them.
        let credentials = tokio::time::timeout(LOAD_LIMIT, loading).await.map_err(|_| {
            Error::new(ErrorKind::Credentials, format!("{} gives none within {} s", self.source, LOAD_LIMIT.as_secs()))
        })??;
        credentials.check().map_err(|why| {
            Error::new(ErrorKind::Credentials, format!("{} gives credentials that cannot sign: {why}", self.source))
        })?;
        Ok(credentials)
    }

    fn lock(&self) -> MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One error for several callers.
fn again(error: &Arc<Error>) -> Error {
    let again = Error::new(error.kind(), error.message())
        .with_code(error.code().to_owned())
        .with_advice(error.advice().to_owned());
    match std::error::Error::source(&**error) {
        Some(_) => again.with_source(Cause(Arc::clone(error))),
        None => again,
    }
}

/// The cause of a shared error.
#[derive(Debug)]
struct Cause(Arc<Error>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::error::Error::source(&*self.0) {
            Some(cause) => write!(f, "{cause}"),
            None => write!(f, "{}", self.0),
        }
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.0).and_then(std::error::Error::source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Provider(provider) => write!(f, "the credentials provider {provider:?}"),
            Source::Chain(_) => f.write_str("the chain of profile files and container endpoint"),
        }
    }
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed")
            .field("source", &format_args!("{}", self.source))
            .field("current", &*self.current.read().unwrap_or_else(PoisonError::into_inner))
            .finish()
    }
}

#[cfg(test)]
mod tests;
