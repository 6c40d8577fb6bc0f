//! The feature `sdk`: requests that somebody else builds, signs and retries, over this client's sockets.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::failure::{self, Trouble};
use super::{Core, LEAST_ATTEMPT};
use crate::config::Credentials;
use crate::error::{Class, Error};
use crate::transport::{Endpoint, Response};

/// A request that brought no response.
pub(crate) struct Undelivered {
    pub(crate) error: Error,
    /// Whether another attempt may bring one.
    pub(crate) passing: bool,
    /// The attempt's time was up.
    pub(crate) out_of_time: bool,
}

impl Core {
    /// One attempt, in no more than `limit` and not past the deadline of calls that are made now.
    ///
    /// # Errors
    /// With what another attempt would be good for.
    pub(crate) async fn forward(
        &self,
        request: &http::Request<Bytes>,
        endpoint: &Arc<Endpoint>,
        limit: Duration,
    ) -> Result<Response, Undelivered> {
        let final_error = |error| Undelivered { error, passing: false, out_of_time: false };
        let _pass = self.gate.enter().map_err(final_error)?;
        let limit = self.within_deadline(limit);
        if limit < LEAST_ATTEMPT {
            return Err(final_error(failure::past_deadline(None)));
        }
        self.transport.forward(request, endpoint, limit).await.map_err(|failure| {
            let trouble = Trouble::from_failure(failure, self.config.local);
            let passing = match trouble.error.class() {
                Class::Throttle | Class::NotApplied | Class::Unknown | Class::Expired | Class::Skewed => true,
                Class::Final => false,
            };
            Undelivered { passing, out_of_time: trouble.out_of_time, error: trouble.error }
        })
    }

    /// The credentials to sign with now.
    ///
    /// # Errors
    /// If there are none.
    pub(crate) async fn credentials(&self) -> Result<Arc<Credentials>, Error> {
        let limit = self.within_deadline(self.config.request_timeout);
        self.transport.credentials_within(limit).await.map_err(|failure| failure.into_error())
    }
}
