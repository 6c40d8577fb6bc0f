//! The process-wide client.

use std::sync::{Mutex, PoisonError};

use super::Client;
use crate::config::Options;
use crate::error::{Error, ErrorKind};

/// The client, and the options that it was made with.
static SHARED: Mutex<Option<(Client, Options)>> = Mutex::new(None);

impl Client {
    /// The process's one client, configured from the environment; made on first use.
    ///
    /// Concurrent first calls make one. One that [`shared_with`](Client::shared_with) made is taken as it is. After
    /// [`close`](Client::close) a new one is made. In a Lambda function it is there before the first invocation:
    ///
    /// ```no_run
    /// use enhanced_dynamodb::{Client, Error, Item};
    ///
    /// async fn handler(id: &str) -> Result<Option<Item>, Error> {
    ///     // The same client each time: its connections are kept from one invocation to the next.
    ///     let db = Client::shared().await?;
    ///     db.get("Messages").key("id", id).item().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// Client::shared().await?.prewarm(1).await?;
    /// let message = handler("m1").await?;
    /// # let _ = message;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`] if a variable is not understood.
    #[doc(alias = "getDynamoDBClient")]
    pub async fn shared() -> Result<Client, Error> {
        Client::shared_or_made(None)
    }

    /// The process's one client, made with these options on first use.
    ///
    /// ```
    /// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Client;
    ///
    /// let db = Client::shared_with(|options| options.max_retries(5).enable_logging(true)).await?;
    /// # let _ = db;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfiguration`] if an option or variable is not understood, or if the shared client was
    /// made with other options: the error names the difference.
    #[doc(alias = "getDynamoDBClient")]
    pub async fn shared_with(options: impl FnOnce(Options) -> Options) -> Result<Client, Error> {
        Client::shared_or_made(Some(options(Options::default())))
    }

    /// Forgets the process-wide client, so that the next use makes a new one. For tests.
    pub fn reset_shared() {
        *SHARED.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// `None` takes whatever is there.
    fn shared_or_made(options: Option<Options>) -> Result<Client, Error> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((client, made_with)) = shared.as_ref().filter(|(client, _)| !client.is_closed()) {
            return match options.and_then(|asked| made_with.difference(&asked)) {
                None => Ok(client.clone()),
                Some(difference) => Err(Error::new(
                    ErrorKind::InvalidConfiguration,
                    format!("the shared client was made with other options: {difference}"),
                )
                .with_advice(
                    "Give the same options everywhere, call Client::shared() where it is only used, or make a client \
                     of your own with Client::builder().",
                )),
            };
        }
        let options = options.unwrap_or_default();
        let client = Client::from_options(&options)?;
        *shared = Some((client.clone(), options));
        Ok(client)
    }
}
