//! A DynamoDB engine in the process, spoken to over loopback: for tests and local development.

use std::path::Path;
use std::sync::Arc;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Client;
use crate::config::{Config, Options};
use crate::error::{Error, ErrorKind};
use crate::execute::Core;

/// The engine's server. It has a thread of its own, so that it outlives the runtime that it was started from.
struct Engine {
    /// Dropped, it stops the server, and the thread ends.
    _stop: oneshot::Sender<()>,
}

impl Client {
    /// A client with an engine of its own in memory: empty, isolated from every other, gone with the last clone of the
    /// client and the last call of it.
    ///
    /// ```
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::{Client, item};
    /// use enhanced_dynamodb::table::AttributeType;
    ///
    /// let db = Client::embedded().await?;
    /// db.create_table("Messages").partition_key("id", AttributeType::String).send().await?;
    /// db.put("Messages", &item! { "id": "m1" }).send().await?;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`] if the engine cannot be started.
    pub async fn embedded() -> Result<Client, Error> {
        let database = Database::memory().map_err(|error| unusable(&error.to_string()))?;
        Client::with_engine(database, Options::default()).await
    }

    /// A client with an engine on a file, which is made if it does not exist. What is written is there again the next
    /// time.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`] if the file cannot be opened or the engine cannot be started.
    pub async fn embedded_at(path: impl AsRef<Path>) -> Result<Client, Error> {
        let path = path.as_ref();
        let text = path.to_str().ok_or_else(|| unusable(&format!("the path {} is no UTF-8", path.display())))?;
        let database =
            Database::new(text).map_err(|error| unusable(&format!("{} cannot be opened: {error}", path.display())))?;
        Client::with_engine(database, Options::default()).await
    }

    /// As [`embedded`](Client::embedded), with options of your own; region, endpoint and credentials are the engine's.
    ///
    /// # Errors
    /// As [`embedded`](Client::embedded).
    pub async fn embedded_with(options: impl FnOnce(Options) -> Options) -> Result<Client, Error> {
        let database = Database::memory().map_err(|error| unusable(&error.to_string()))?;
        Client::with_engine(database, options(Options::default())).await
    }

    async fn with_engine(database: Database, options: Options) -> Result<Client, Error> {
        let (stop, stopped) = oneshot::channel();
        let (started, address) = oneshot::channel();
        std::thread::Builder::new()
            .name("dynamodb-engine".to_owned())
            .spawn(move || serve(database, stopped, started))
            .map_err(|error| unusable(&error.to_string()))?;
        let address = address
            .await
            .map_err(|_| unusable("its thread ended"))?
            .map_err(|error| unusable(&format!("no port on loopback: {error}")))?;
        let options = options.local(true).local_endpoint(format!("http://{address}"));
        // Nothing of the environment but what is harmless: a test must not come to depend on the machine.
        let config = Config::from_variables(&options, std::iter::empty::<(String, String)>())?;
        Ok(Client { core: Arc::new(Core::new(config, Some(Box::new(Engine { _stop: stop })))?) })
    }
}

type Started = oneshot::Sender<std::io::Result<std::net::SocketAddr>>;

fn serve(database: Database, stopped: oneshot::Receiver<()>, started: Started) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(started.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match TcpListener::bind(("127.0.0.1", 0)).await {
            Ok(listener) => listener,
            Err(error) => return drop(started.send(Err(error))),
        };
        if started.send(listener.local_addr()).is_err() {
            return;
        }
        let stop = async {
            // An error here is the sender dropped with the client, which is the signal too.
            let _ended = stopped.await;
        };
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stop).await {
            tracing::error!(target: "enhanced_dynamodb", error, "the embedded engine stopped");
        }
    });
}

fn unusable(what: &str) -> Error {
    Error::new(ErrorKind::InvalidConfiguration, format!("the embedded engine cannot be started: {what}"))
}
