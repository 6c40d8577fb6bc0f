//! Real parts to test a DynamoDB client with, and the faults that real parts do not produce on request.
//!
//! - [`engine`]: dynoxide in the process and DynamoDB Local as a child process, behind one [`Engine`];
//!   [`on_both_engines!`] runs one test body on each.
//! - [`proxy`]: a TCP proxy that cuts, delays, truncates and swallows what passes through it.
//! - [`responder`]: an HTTP server in front of an engine that throttles, leaves items unprocessed, cancels transactions,
//!   fails before or after applying, and records every request.
//! - [`service_model`]: the service's public model, where it is at hand.
//!
//! All servers run on a runtime of their own: a test may pause its clock or drop its runtime without disturbing them.
#![forbid(unsafe_code)]

pub mod engine;
mod http1;
mod model;
pub mod proxy;
pub mod responder;
mod servers;

pub use engine::{CallError, Engine, EngineKind};
pub use model::service_model;
pub use proxy::{Close, Fault, FaultProxy, Point};
pub use responder::{Action, Responder, Rule};

/// An endpoint on which nothing listens: connections to it are refused.
///
/// # Errors
///
/// The operating system has no free port.
pub fn refused_endpoint() -> std::io::Result<String> {
    Ok(format!("http://127.0.0.1:{}", servers::free_port()?))
}
