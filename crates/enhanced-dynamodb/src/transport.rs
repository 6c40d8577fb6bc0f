//! One attempt: credentials, endpoint, signature, socket, request, whole response.
//!
//! Nothing here knows an operation, and nothing is tried twice except on a socket that surely sent nothing. What is to
//! be done after a failure is decided above, from what [`Failure`] tells.

mod attempt;
mod connect;
mod connection;
mod date;
mod endpoint;
mod failure;
mod pool;
mod response;
mod sign;
mod socket;
mod tls;
mod user_agent;

pub(crate) use attempt::{Request, Sender, SenderOptions};
pub(crate) use endpoint::{ArnParameter, Endpoint, EndpointResolver, Scheme};
pub(crate) use failure::{Failure, FailureKind, Flushed};
pub(crate) use pool::{PoolOptions, PoolStats, Reuse};
pub(crate) use response::{MAX_RESPONSE, Response};
pub(crate) use tls::Authorities;
pub(crate) use user_agent::user_agent;

#[cfg(test)]
mod tests;
