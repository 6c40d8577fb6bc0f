//! DynamoDB engines to test against: dynoxide in the process, DynamoDB Local as a child process.
//!
//! Every [`Engine`] is empty when it starts and sees only its own tables:
//!
//! - [`Engine::dynoxide`] has an in-memory database of its own and stops when the last clone is dropped.
//! - [`Engine::dynamodb_local`] shares one emulator a test process (it takes 1.6 s to start) and is kept apart by an access
//!   key of its own: without `-sharedDb` DynamoDB Local separates data by access key and region. A client must therefore sign
//!   with [`Engine::access_key_id`] and [`Engine::region`]. The emulator ends with the test process, however that ends.
//!
//! `TEST_ENGINES` chooses what [`on_both_engines!`](crate::on_both_engines) runs: unset means dynoxide, and DynamoDB Local where it is installed;
//! `dynoxide`, `local` or `dynoxide,local` run exactly these, and a missing emulator is then a failure.

mod call;
mod local;
mod suite;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use dynoxide::Database;
use tokio::sync::oneshot;

pub use call::CallError;
#[doc(hidden)]
pub use suite::for_test;

use crate::servers;

/// Which engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// dynoxide, in the process. Lenient: it accepts some expressions that the service refuses.
    Dynoxide,
    /// AWS's own emulator. The stricter of the two.
    DynamodbLocal,
}

impl EngineKind {
    /// The engine's name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Dynoxide => "dynoxide",
            EngineKind::DynamodbLocal => "DynamoDB Local",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A DynamoDB engine with tables of its own. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: EngineKind,
    authority: String,
    access_key_id: String,
    embedded: Option<Embedded>,
}

struct Embedded {
    database: Database,
    /// Dropping it stops the server.
    _stop: oneshot::Sender<()>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedded")
    }
}

impl Engine {
    /// Starts dynoxide in the process, on a loopback port, with an empty database in memory.
    ///
    /// # Errors
    ///
    /// No port is free, or the database cannot be opened.
    pub async fn dynoxide() -> io::Result<Engine> {
        let database = Database::memory().map_err(|error| io::Error::other(error.to_string()))?;
        let (listener, authority) = servers::listen()?;
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        servers::runtime()?.spawn(async move {
            let until_dropped = async {
                // Only ever dropped, never sent: both mean stop.
                let _ = stopped.await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, served, until_dropped).await {
                eprintln!("dynoxide stopped: {error}");
            }
        });
        Ok(Engine(Arc::new(Inner {
            kind: EngineKind::Dynoxide,
            authority,
            access_key_id: unique_access_key(),
            embedded: Some(Embedded { database, _stop: stop }),
        })))
    }

    /// An empty namespace of DynamoDB Local; the first call in a test process starts the emulator.
    ///
    /// It is looked for in `DYNAMODB_LOCAL_DIR`, else under the workspace's `.cache` (where `./test` puts it). An emulator
    /// that runs already is used when `TEST_DYNAMODB_LOCAL` holds its endpoint.
    ///
    /// # Errors
    ///
    /// The emulator or Java is not installed (the message says how to get it), or the emulator does not start.
    pub async fn dynamodb_local() -> io::Result<Engine> {
        let authority = local::shared_emulator().await?;
        Ok(Engine(Arc::new(Inner {
            kind: EngineKind::DynamodbLocal,
            authority,
            access_key_id: unique_access_key(),
            embedded: None,
        })))
    }

    /// Which engine it is.
    pub fn kind(&self) -> EngineKind {
        self.0.kind
    }

    /// The engine's name as people write it.
    pub fn name(&self) -> &'static str {
        self.0.kind.name()
    }

    /// `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.0.authority)
    }

    /// The region to sign for.
    pub fn region(&self) -> &'static str {
        "us-east-1"
    }

    /// The access key to sign with: it names this engine's namespace.
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    /// A secret key; neither engine verifies signatures.
    pub fn secret_access_key(&self) -> &'static str {
        "secret"
    }

    /// dynoxide's database, for what has no API operation (`sweep_ttl`); `None` on DynamoDB Local.
    pub fn database(&self) -> Option<&Database> {
        self.0.embedded.as_ref().map(|embedded| &embedded.database)
    }

    pub(crate) fn authority(&self) -> &str {
        &self.0.authority
    }
}

/// An access key that no other engine of this or another test process has. Letters and digits only: DynamoDB Local refuses
/// anything else.
fn unique_access_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("test{:x}x{:x}x{:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed), nanos)
}
