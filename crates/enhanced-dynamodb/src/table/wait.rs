//! Waits until a table can be used, or is gone.

use std::sync::Arc;
use std::time::Duration;

use super::describe::{TableDescription, TableStatus};
use super::manage::TableCall;
use crate::error::{Error, ErrorKind};
use crate::execute::Core;

/// The first pause between two looks; each one after it is twice as long, up to [`LONGEST_PAUSE`]. The service takes
/// seconds to make a table, a local engine microseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const DEFAULT_LIMIT: Duration = Duration::from_secs(300);

/// What is waited for.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    Active,
    Gone,
}

/// Waits for a table. Made by [`Client::wait_until_active`](crate::Client::wait_until_active) and
/// [`Client::wait_until_gone`](crate::Client::wait_until_gone).
#[must_use = "nothing is waited for until it is sent"]
pub struct WaitForTable {
    call: TableCall,
    goal: Goal,
    limit: Duration,
}

impl WaitForTable {
    pub(crate) fn new(core: Arc<Core>, table: String, goal: Goal) -> Self {
        WaitForTable { call: TableCall::new(core, table), goal, limit: DEFAULT_LIMIT }
    }

    /// How long to wait at most; 5 minutes by default.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Waits. The description is that of the last look; a table that is gone has none.
    ///
    /// # Errors
    /// Those of the service; [`ErrorKind::WaitTimeout`] with the last state seen if the time is over;
    /// [`ErrorKind::DeadlineExceeded`] if the client's deadline comes first.
    pub async fn send(self) -> Result<Option<TableDescription>, Error> {
        let time = self.call.core.time().clone();
        let started = time.now();
        let deadline = self.call.core.deadline(&self.call.options, started);
        let mut pause = FIRST_PAUSE;
        let mut looks = 0;
        loop {
            looks += 1;
            let seen = match (self.call.describe().await, self.goal) {
                (Ok(table), Goal::Active) if table.is_active() => return Ok(Some(table)),
                (Ok(table), Goal::Active) if table.table_status == TableStatus::Active => {
                    "Active, but an index of it is not".to_owned()
                }
                (Ok(table), _) => format!("{:?}", table.table_status),
                (Err(error), Goal::Gone) if error.kind() == ErrorKind::ResourceNotFound => return Ok(None),
                // A table that was just made may not be seen yet.
                (Err(error), Goal::Active) if error.kind() == ErrorKind::ResourceNotFound => "not there".to_owned(),
                (Err(error), _) => return Err(error),
            };
            let waited = time.now().saturating_duration_since(started);
            if deadline.is_some_and(|deadline| started + waited + pause > deadline) {
                let message = format!("no time is left to wait for the table; last seen {seen}");
                return Err(Error::new(ErrorKind::DeadlineExceeded, message)
                    .with_attempts(looks, waited)
                    .with_operation("DescribeTable", Some(&self.call.table)));
            }
            if waited + pause > self.limit {
                let goal = match self.goal {
                    Goal::Active => "active",
                    Goal::Gone => "gone",
                };
                return Err(Error::new(
                    ErrorKind::WaitTimeout,
                    format!("the table was not {goal} within {:?}; last seen {seen}", self.limit),
                )
                .with_operation("DescribeTable", Some(&self.call.table)));
            }
            time.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

crate::operation::settings::debug_without_values!(WaitForTable, table: call.table);
