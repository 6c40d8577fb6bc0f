//! The client: wiring only. Every method makes the builder of one operation.

mod batch;
#[cfg(feature = "embedded")]
mod embedded;
mod health;
mod restore;
#[cfg(feature = "sdk")]
mod sdk;
mod shared;
mod statements;
mod tables;
mod transactions;

mod tree_writes;
mod trees;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::config::{Config, Options};
use crate::error::Error;
use crate::execute::Core;
use crate::observe::Stats;
use crate::operation::{
    BatchGetItem, BatchWriteItem, CallOperation, DeleteItem, GetItem, PutItem, Query, Scan, UpdateItem,
};
use crate::transport::Failure;

/// How long [`Client::close`] waits for calls in flight.
const CLOSE_LIMIT: Duration = Duration::from_secs(30);

/// A client of DynamoDB. Cheap to clone: all clones share one connection pool.
///
/// A Lambda function makes one for the process, with [`Client::shared`], and uses it in every invocation.
///
/// ```
/// # #[cfg(feature = "embedded")]
/// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::{Client, attr};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Message { id: String, text: String }
///
/// let db = Client::shared().await?;
/// let message = Message { id: "m1".into(), text: "Hello".into() };
/// db.put("Messages", &message).condition(attr("id").not_exists()).send().await?;
/// let found: Option<Message> = db.get("Messages").key("id", "m1").item().await?;
/// assert_eq!(found, Some(message));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
}

impl Options {
    /// Makes a client with these options, the environment and the defaults.
    ///
    /// Nothing is sent and no connection is made before the first call.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) names the option or variable that
    /// is not understood.
    #[allow(clippy::unused_async, reason = "making a client may come to ask the network; callers need not change then")]
    pub async fn build(self) -> Result<Client, Error> {
        Client::from_options(&self)
    }
}

impl Client {
    /// Options of a new client; [`build`](Options::build) makes it.
    ///
    /// ```
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Client;
    ///
    /// let db = Client::builder().region("eu-central-1").max_sockets(20).build().await?;
    /// # let _ = db;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "EnhancedDynamoDBClient")]
    #[must_use]
    pub fn builder() -> Options {
        Options::default()
    }

    fn from_options(options: &Options) -> Result<Client, Error> {
        let config = Config::from_env(options)?;
        for warning in config.warnings() {
            tracing::warn!(target: "enhanced_dynamodb", "{warning}");
        }
        Ok(Client { core: Arc::new(Core::new(config, None)?) })
    }

    /// A client whose calls must all have ended by `deadline`, with the same sockets, configuration and counters. It is as
    /// cheap as a clone: a function that has so much time makes one for each invocation.
    ///
    /// A deadline that this client has already holds too: the earliest of all counts, those of a call and of its
    /// [`deadline::scope`](crate::deadline::scope) included.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use std::time::{Duration, Instant};
    /// use enhanced_dynamodb::Item;
    ///
    /// let db = db.with_deadline(Instant::now() + Duration::from_secs(2));
    /// let found: Option<Item> = db.get("Messages").key("id", "m1").item().await?;
    /// # let _ = found;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Client {
        Client { core: Arc::new(self.core.with_deadline(deadline)) }
    }

    fn core(&self) -> Arc<Core> {
        Arc::clone(&self.core)
    }

    /// Reads one item by its key.
    #[doc(alias = "GetItem")]
    pub fn get(&self, table: impl Into<String>) -> GetItem {
        GetItem::new(self.core(), table.into())
    }

    /// Writes a whole item, in place of the one with the same key: anything that serialises as a struct or a map.
    #[doc(alias = "PutItem")]
    pub fn put<T: Serialize + ?Sized>(&self, table: impl Into<String>, item: &T) -> PutItem {
        PutItem::new(self.core(), table.into(), item)
    }

    /// Changes attributes of one item.
    #[doc(alias = "UpdateItem")]
    pub fn update(&self, table: impl Into<String>) -> UpdateItem {
        UpdateItem::new(self.core(), table.into())
    }

    /// Deletes one item by its key.
    #[doc(alias = "DeleteItem")]
    pub fn delete(&self, table: impl Into<String>) -> DeleteItem {
        DeleteItem::new(self.core(), table.into())
    }

    /// Reads the items of one partition of a table or an index.
    pub fn query(&self, table: impl Into<String>) -> Query {
        Query::new(self.core(), table.into())
    }

    /// Reads a whole table or index.
    pub fn scan(&self, table: impl Into<String>) -> Scan {
        Scan::new(self.core(), table.into())
    }

    /// Reads up to 100 items by their keys in one request.
    #[doc(alias = "batchGet")]
    #[doc(alias = "BatchGetItem")]
    pub fn batch_get(&self) -> BatchGetItem {
        BatchGetItem::new(self.core())
    }

    /// Puts and deletes up to 25 items in one request.
    #[doc(alias = "batchWrite")]
    #[doc(alias = "BatchWriteItem")]
    pub fn batch_write(&self) -> BatchWriteItem {
        BatchWriteItem::new(self.core())
    }

    /// Any other operation of the API by its name, with JSON in and JSON out.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use serde_json::json;
    ///
    /// let limits = db.call("DescribeLimits", json!({})).send().await?;
    /// println!("{}", limits["AccountMaxReadCapacityUnits"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, operation: impl Into<String>, parameters: Value) -> CallOperation {
        CallOperation::new(self.core(), operation.into(), parameters)
    }

    /// Opens connections ahead of need, until `sockets` of them are open and idle (`max_sockets` at most), and gives
    /// how many are. A Lambda function calls it in its init phase, where the CPU is not throttled, so that the first
    /// invocation finds TLS done. It takes no longer than `connection_timeout`, nor past the client's deadline.
    ///
    /// ```
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// let db = enhanced_dynamodb::Client::shared().await?;
    /// db.prewarm(1).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If no connection could be made, or no credentials be had.
    pub async fn prewarm(&self, sockets: usize) -> Result<usize, Error> {
        let core = &self.core;
        core.transport
            .prewarm(sockets, core.within_deadline(core.config.connection_timeout))
            .await
            .map_err(Failure::into_error)
    }

    /// The configuration in effect; its `Debug` form has no secrets.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.core.config
    }

    /// What the client has done since it was made.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }

    /// Lets calls in flight end, their retries included (for 30 s at most), then closes all connections. New calls fail as
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed); after it, [`Client::shared`] makes a new client.
    #[doc(alias = "destroy")]
    pub async fn close(&self) {
        self.core.close(CLOSE_LIMIT).await;
    }

    fn is_closed(&self) -> bool {
        self.core.is_closed()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("config", self.config()).finish_non_exhaustive()
    }
}
