//! The key of a table: what the client knows of it, else what the service says when it is asked.

use std::sync::Arc;

use super::manage::TableCall;
use crate::error::{Error, ErrorKind};
use crate::execute::{CallOptions, Core};
use crate::keys::{KeyNames, Known};

/// The names of a table's key attributes. `None` where they cannot be known: nobody declared them, and DescribeTable is
/// not allowed or fails.
///
/// # Errors
/// If the client is closed or the deadline passes: then nothing else can be sent either.
pub(crate) async fn names_of(core: &Arc<Core>, table: &str, options: &CallOptions) -> Result<Option<KeyNames>, Error> {
    match core.keys.get(table, core.time().now()) {
        Some(known) => Ok(known.names()),
        None => Ok(describe(core, table, options).await?.names()),
    }
}

/// Asks the service, which is remembered either way.
async fn describe(core: &Arc<Core>, table: &str, options: &CallOptions) -> Result<Known, Error> {
    let call = TableCall { core: Arc::clone(core), table: table.to_owned(), options: options.clone() };
    // The answer teaches the client the key.
    let answer = call.describe().await;
    let known = core.keys.get(table, core.time().now());
    match (answer, known) {
        (Ok(_), Some(known)) => Ok(known),
        // A description without a key: an endpoint that is not quite the service's.
        (Ok(_), None) => {
            core.keys.withheld(table, core.time().now());
            Ok(Known::Withheld)
        }
        (Err(error), _) if matches!(error.kind(), ErrorKind::Closed | ErrorKind::DeadlineExceeded) => Err(error),
        (Err(error), known) => {
            // A table that does not exist yet may be made any moment.
            if error.kind() != ErrorKind::ResourceNotFound {
                core.keys.withheld(table, core.time().now());
            }
            tracing::debug!(target: "enhanced_dynamodb", table, code = error.code(), "the table's key is not known");
            Ok(known.unwrap_or(Known::Withheld))
        }
    }
}
