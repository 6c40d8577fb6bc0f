//! One attempt: credentials, endpoint, signature, socket, request, whole response.
//!
//! Nothing here knows an operation, and nothing is tried twice except on a socket that surely sent nothing. What is to
//! be done after a failure is decided above, from what [`Failure`] tells.

mod attempt;
mod body;
mod connect;
mod connection;
mod credentials;
mod date;
mod endpoint;
mod failure;
mod pool;
mod response;
mod sign;
mod socket;
mod tls;
mod tunnel;
mod user_agent;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

pub(crate) use attempt::Request;
use attempt::{Sender, SenderOptions};
use credentials::CredentialsCache;
use endpoint::EndpointResolver;
pub(crate) use endpoint::{ArnParameter, Endpoint};
pub(crate) use failure::{Failure, FailureKind, Flushed};
pub(crate) use pool::{PoolOptions, Reuse};
pub(crate) use response::Response;
use tls::Tls;
use user_agent::user_agent;

use crate::config::{Config, Credentials, Time};
use crate::error::Error;
use crate::observe::PoolStats;

/// Everything between a call and the wire.
pub(crate) struct Transport {
    credentials: CredentialsCache,
    endpoints: EndpointResolver,
    sender: Sender,
    time: Time,
}

impl Transport {
    /// # Errors
    /// If the configuration leads to no endpoint.
    pub(crate) fn new(config: &Config, time: Time) -> Result<Self, Error> {
        // The runtime that AWS runs the process in; part of every SDK's user agent.
        let environment = std::env::var("AWS_EXECUTION_ENV").ok().filter(|name| !name.is_empty());
        let tls = Tls::new(config.ca_bundle.clone());
        let options = SenderOptions {
            pool: PoolOptions { max_sockets: config.max_sockets, ..PoolOptions::default() },
            connection_timeout: config.connection_timeout,
            tls: tls.clone(),
            proxy: config.proxy.clone(),
            user_agent: user_agent(config.app_id.as_deref(), environment.as_deref()),
        };
        Ok(Transport {
            credentials: CredentialsCache::new(config, Arc::new(move || tls.connector())),
            endpoints: EndpointResolver::new(config)?,
            sender: Sender::new(options, time.clone()),
            time,
        })
    }

    /// One attempt: credentials, endpoint, socket, signature, request, whole response. `signer` gets the credentials
    /// that it was signed with.
    ///
    /// # Errors
    /// With the reason, and with what is known of how much of the request left.
    pub(crate) async fn attempt(
        &self,
        request: &Request<'_>,
        signer: &mut Option<Arc<Credentials>>,
    ) -> Result<Response, Failure> {
        let (credentials, left) = self.credentials(request.timeout).await?;
        let endpoint = self.endpoint(&credentials, request.arns)?;
        self.sender.send(request, left, signer.insert(credentials), &endpoint).await
    }

    /// One attempt at a request that somebody else has signed for this endpoint. Its URI is a path.
    ///
    /// # Errors
    /// With the reason, and with what is known of how much of the request left.
    #[cfg(feature = "sdk")]
    pub(crate) async fn forward(
        &self,
        request: &http::Request<bytes::Bytes>,
        endpoint: &Arc<Endpoint>,
        limit: Duration,
    ) -> Result<Response, Failure> {
        self.sender.forward(request, limit, endpoint).await
    }

    /// The credentials to sign with now, in no more than `limit`.
    ///
    /// # Errors
    /// If there are none.
    #[cfg(feature = "sdk")]
    pub(crate) async fn credentials_within(&self, limit: Duration) -> Result<Arc<Credentials>, Failure> {
        Ok(self.credentials(limit).await?.0)
    }

    /// The service called these credentials expired: others are got for the next attempt. Gives whether there may be
    /// others.
    pub(crate) fn renew_credentials(&self, used: &Arc<Credentials>) -> bool {
        self.credentials.invalidate(used)
    }

    /// Opens connections ahead of need, until `count` are open and idle, in no more than `limit`; gives how many are
    /// ready.
    ///
    /// # Errors
    /// If there are none.
    pub(crate) async fn prewarm(&self, count: usize, limit: Duration) -> Result<usize, Failure> {
        let (credentials, left) = self.credentials(limit).await?;
        let endpoint = self.endpoint(&credentials, ArnParameter::None)?;
        self.sender.prewarm(&endpoint, count, left).await
    }

    /// Refuses new attempts, waits (no longer than `limit`) for those that are under way, and closes all sockets.
    pub(crate) async fn close(&self, limit: Duration) {
        self.sender.close(limit).await;
    }

    /// Closes the sockets that rest, and forgets credentials that can be had anew.
    pub(crate) fn forget(&self) {
        self.sender.drop_idle();
        self.credentials.forget();
    }

    pub(crate) fn pool(&self) -> PoolStats {
        self.sender.pool()
    }

    /// The URL that requests about this table go to, as far as that is known without asking for credentials.
    pub(crate) fn endpoint_url(&self, table: &str) -> Option<String> {
        let endpoint = self.endpoint_at_hand(ArnParameter::Single(table))?;
        let path = endpoint.path.trim_end_matches('/');
        Some(format!("{}://{}{path}", endpoint.scheme.as_str(), endpoint.authority))
    }

    /// Where requests about these tables go, as far as that is known without asking for credentials.
    pub(crate) fn endpoint_at_hand(&self, arns: ArnParameter<'_>) -> Option<Arc<Endpoint>> {
        let credentials = self.credentials.at_hand();
        let account = credentials.as_ref().and_then(|credentials| credentials.account_id());
        self.endpoints.resolve(account, arns).ok()
    }

    fn endpoint(&self, credentials: &Credentials, arns: ArnParameter<'_>) -> Result<Arc<Endpoint>, Failure> {
        self.endpoints
            .resolve(credentials.account_id(), arns)
            .map_err(|error| Failure::from_error(FailureKind::Configuration, error))
    }

    /// The credentials, and what is left of the time for them. Where they are at hand, which is nearly always, no
    /// timer is set.
    async fn credentials(&self, limit: Duration) -> Result<(Arc<Credentials>, Duration), Failure> {
        connect::runtime()?;
        let refused = |error| Failure::from_error(FailureKind::Credentials, error);
        let mut get = pin!(self.credentials.get());
        let at_hand = poll_fn(|cx| match get.as_mut().poll(cx) {
            Poll::Ready(found) => Poll::Ready(Some(found)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(found) = at_hand.await {
            return Ok((found.map_err(refused)?, limit));
        }
        let begun = self.time.now();
        match self.time.timeout(limit, get).await {
            Some(found) => {
                let taken = self.time.now().saturating_duration_since(begun);
                Ok((found.map_err(refused)?, limit.saturating_sub(taken)))
            }
            None => Err(Failure::new(FailureKind::CredentialsTimeout, format!("no credentials came in {limit:?}"))),
        }
    }
}

#[cfg(test)]
mod tests;
