//! Waits until a table can be used, or is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::describe::{TableDescription, TableStatus};
use super::manage::TableCall;
use crate::error::{Error, ErrorKind};
use crate::execute::Core;

/// The first pause between two looks; each one after it is twice as long, up to [`LONGEST_PAUSE`]. The service takes
/// seconds to make a table, a local engine microseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
pub(super) const DEFAULT_LIMIT: Duration = Duration::from_secs(300);

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
        let goal = match self.goal {
            Goal::Active => "active",
            Goal::Gone => "gone",
        };
        let mut patience = Patience::new(&self.call, self.limit, goal);
        loop {
            let seen = match (self.call.describe().await, self.goal) {
                (Ok(table), Goal::Active) if table.is_active() => return Ok(Some(table)),
                (Ok(table), _) => seen(&table),
                (Err(error), Goal::Gone) if error.kind() == ErrorKind::ResourceNotFound => return Ok(None),
                // A table that was just made may not be seen yet.
                (Err(error), Goal::Active) if error.kind() == ErrorKind::ResourceNotFound => "not there".to_owned(),
                (Err(error), _) => return Err(error),
            };
            patience.pause(&self.call, &seen).await?;
        }
    }
}

/// The state of a table that was looked at, for an error.
pub(super) fn seen(table: &TableDescription) -> String {
    match table.table_status {
        TableStatus::Active if !table.is_active() => "Active, but an index of it is not".to_owned(),
        _ => format!("{:?}", table.table_status),
    }
}

/// How long is waited between two looks, and how often.
pub(super) struct Patience {
    started: Instant,
    deadline: Option<Instant>,
    limit: Duration,
    goal: &'static str,
    pause: Duration,
    looks: u32,
}

impl Patience {
    pub(super) fn new(call: &TableCall, limit: Duration, goal: &'static str) -> Self {
        let started = call.core.time().now();
        let deadline = call.core.deadline(&call.options, started);
        Patience { started, deadline, limit, goal, pause: FIRST_PAUSE, looks: 0 }
    }

    /// Waits until the next look. `seen` is what the last one showed.
    ///
    /// # Errors
    /// If the time is over.
    pub(super) async fn pause(&mut self, call: &TableCall, seen: &str) -> Result<(), Error> {
        self.looks += 1;
        let time = call.core.time();
        let waited = time.now().saturating_duration_since(self.started);
        if self.deadline.is_some_and(|deadline| self.started + waited + self.pause > deadline) {
            let message = format!("no time is left to wait for the table; last seen {seen}");
            return Err(Error::new(ErrorKind::DeadlineExceeded, message)
                .with_attempts(self.looks, waited)
                .with_operation("DescribeTable", Some(&call.table)));
        }
        if waited + self.pause > self.limit {
            let message = format!("the table was not {} within {:?}; last seen {seen}", self.goal, self.limit);
            return Err(Error::new(ErrorKind::WaitTimeout, message).with_operation("DescribeTable", Some(&call.table)));
        }
        time.sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

crate::operation::settings::debug_without_values!(WaitForTable, table: call.table);
