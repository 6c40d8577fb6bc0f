//! Whether a table can be used, and if not, why and what to do.
//!
//! The table is described, which costs no capacity. Where that is not allowed, or where the service's control plane is
//! throttled or fails while its data plane may well work, an item is asked for whose key cannot be the table's. A
//! refusal of that key proves all that is to be known: the endpoint answers, the credentials hold, the table is there,
//! and it may be read; no item is read, and no capacity consumed. The table is never scanned, and nothing is written.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;

use super::describe::{TableDescription, TableStatus};
use super::manage::TableCall;
use crate::deadline::earliest;
use crate::error::{Class, Error, ErrorKind};
use crate::execute::{CallOptions, Core};
use crate::observe::PoolStats;
use crate::operation::{GetItem, Query};

/// How long a check may take if nothing else is said: a load balancer waits for five seconds, a person for two.
const DEFAULT_LIMIT: Duration = Duration::from_secs(2);

/// The key attribute that the probe names. No table of a program has it.
const PROBE: &str = "enhanced-dynamodb:health";

/// Looks whether a table can be used. Made by [`Client::health`](crate::Client::health).
#[must_use = "nothing is looked at until it is sent"]
pub struct HealthCheck {
    core: Arc<Core>,
    table: String,
    limit: Duration,
}

/// How well a table is, as seen from here.
///
/// `Display` is one line: `Messages is well: Active, 3.2 ms, http://localhost:8000`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Health {
    /// The table.
    pub table: String,
    /// Whether it can be read now.
    pub healthy: bool,
    /// The table's state; `None` where it could not be described, of which [`not_described`](Health::not_described) says
    /// the reason.
    pub table_status: Option<TableStatus>,
    /// Global secondary indexes that cannot be queried yet. The table itself can be used meanwhile.
    pub inactive_indexes: Vec<String>,
    /// How long the request took that decided, from its start to the end of its answer.
    pub latency: Duration,
    /// The URL that requests about this table go to; `None` where the configuration leads to none.
    pub endpoint: Option<String>,
    /// The connection pool after the check.
    pub pool: PoolStats,
    /// What is wrong; `None` if the table is well.
    pub problem: Option<Problem>,
    /// Why the table could not be described though it can be reached, such as a missing permission for `DescribeTable`.
    pub not_described: Option<Error>,
}

/// What is wrong with a table, as part of [`Health`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Problem {
    /// What was found, in a sentence.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
    /// The error that the check ended with, if it did.
    pub error: Option<Error>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let advice = match error.advice() {
            "" => "Look at the client's configuration: Client::config() shows it without secrets.".to_owned(),
            advice => advice.to_owned(),
        };
        Problem { reason: error.message().to_owned(), advice, error: Some(error) }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}: ", self.table, if self.healthy { "well" } else { "not well" })?;
        if let Some(problem) = &self.problem {
            write!(f, "{}", problem.reason)?;
            if let Some(error) = &problem.error {
                write!(f, " ({})", error.code())?;
            }
        } else if let Some(status) = &self.table_status {
            write!(f, "{status:?}")?;
        } else {
            write!(f, "it can be read")?;
        }
        write!(f, ", {:.1} ms", self.latency.as_secs_f64() * 1_000.0)?;
        if let Some(endpoint) = &self.endpoint {
            write!(f, ", {endpoint}")?;
        }
        match &self.problem {
            Some(problem) => write!(f, ". {}", problem.advice),
            None => Ok(()),
        }
    }
}

/// What one request told.
enum Seen {
    /// The table can be read.
    Usable,
    /// It is not told: another request may.
    Unclear(Error),
    Problem(Problem),
}

impl HealthCheck {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        HealthCheck { core, table, limit: DEFAULT_LIMIT }
    }

    /// How long the check may take; 2 s by default. The client's deadline and that of its scope hold too.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Looks. What is wrong is part of the answer, so that there is no error.
    pub async fn send(self) -> Health {
        let started = self.now();
        let limits = CallOptions {
            deadline: earliest(started.checked_add(self.limit), self.core.deadline(&CallOptions::default(), started)),
            // A check tells what is now.
            max_retries: Some(0),
            ..CallOptions::default()
        };
        let mut begun = started;
        let (mut table_status, mut inactive_indexes, mut not_described) = (None, Vec::new(), None);
        let mut seen = match self.describe(&limits).await {
            Ok(table) => {
                inactive_indexes = inactive_indexes_of(&table);
                let seen = judge(&table.table_status);
                table_status = Some(table.table_status);
                seen
            }
            Err(error) => after_describing(error),
        };
        let probes = [Probe::Item, Probe::Partition];
        for probe in probes {
            let Seen::Unclear(error) = seen else { break };
            if table_status.is_none() && not_described.is_none() {
                not_described = Some(error);
            }
            begun = self.now();
            seen = self.probe(probe, &limits).await;
        }
        let latency = self.now().saturating_duration_since(begun);
        let problem = match seen {
            Seen::Usable => None,
            Seen::Problem(problem) => Some(problem),
            Seen::Unclear(error) => Some(Problem::from(error)),
        };
        Health {
            healthy: problem.is_none(),
            table_status,
            inactive_indexes,
            latency,
            endpoint: self.core.transport.endpoint_url(&self.table),
            pool: self.core.transport.pool(),
            not_described: not_described.filter(|_| problem.is_none()),
            problem,
            table: self.table,
        }
    }

    fn now(&self) -> Instant {
        self.core.time().now()
    }

    async fn describe(&self, limits: &CallOptions) -> Result<TableDescription, Error> {
        let mut call = TableCall::new(Arc::clone(&self.core), self.table.clone());
        // Half of the time, so that a control plane that does not answer leaves the other half to ask the data plane.
        call.options = CallOptions { request_timeout: Some(self.limit / 2), ..limits.clone() };
        call.describe().await
    }

    async fn probe(&self, probe: Probe, limits: &CallOptions) -> Seen {
        let (core, table) = (Arc::clone(&self.core), self.table.clone());
        let answer = match probe {
            Probe::Item => {
                let mut get = GetItem::new(core, table).key(PROBE, "?");
                *get.call_options() = limits.clone();
                get.item::<IgnoredAny>().await.map(drop)
            }
            Probe::Partition => {
                let mut query = Query::new(core, table).partition(PROBE, "?").page_size(1);
                *query.call_options() = limits.clone();
                query.send::<IgnoredAny>().await.map(drop)
            }
        };
        match answer {
            Ok(()) => Seen::Usable,
            Err(error) if error.kind() == ErrorKind::Validation && is_about_the_key(error.message()) => Seen::Usable,
            // Whoever may not read items may still query them.
            Err(error) if error.kind() == ErrorKind::AccessDenied => {
                match probe {
                    Probe::Item => Seen::Unclear(error),
                    Probe::Partition => Seen::Unclear(error.with_advice(
                        "Allow dynamodb:DescribeTable on the table's ARN: it shows that the table is there.",
                    )),
                }
            }
            Err(error) => Seen::Problem(error.into()),
        }
    }
}

/// Requests that tell whether a table can be read without reading any of it.
#[derive(Clone, Copy)]
enum Probe {
    Item,
    Partition,
}

/// The service compares a key with the table's only after it has found the table and allowed the call. A name that
/// cannot be a table's is a ValidationException too, which proves nothing.
fn is_about_the_key(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    // The service: "The provided key element does not match the schema", "Query condition missed key schema element:
    // id". Engines: "One of the required keys was not given a value", "The number of conditions on the keys is invalid".
    ["schema", "required keys", "on the keys"].iter().any(|words| message.contains(words))
}

/// What a failure to describe the table leaves open.
fn after_describing(error: Error) -> Seen {
    if matches!(error.kind(), ErrorKind::AccessDenied | ErrorKind::UnknownOperation) {
        return Seen::Unclear(error);
    }
    match error.class() {
        // The service's control plane fails apart from its data plane.
        Class::Throttle | Class::Unknown => Seen::Unclear(error),
        Class::NotApplied | Class::Expired | Class::Skewed | Class::Final => Seen::Problem(error.into()),
    }
}

fn inactive_indexes_of(table: &TableDescription) -> Vec<String> {
    let inactive = table.global_secondary_indexes.iter().filter(|index| match &index.index_status {
        // One that is changed goes on serving.
        None | Some(TableStatus::Active | TableStatus::Updating) => false,
        Some(_) => true,
    });
    inactive.map(|index| index.index_name.clone()).collect()
}

/// Whether a table in this state can be read.
fn judge(status: &TableStatus) -> Seen {
    let problem = |reason: &str, advice: &str| {
        Seen::Problem(Problem { reason: reason.to_owned(), advice: advice.to_owned(), error: None })
    };
    match status {
        TableStatus::Active | TableStatus::Updating | TableStatus::ReplicationNotAuthorized => Seen::Usable,
        TableStatus::Creating => {
            problem("the table is being made", "Wait until it is active: Client::wait_until_active does.")
        }
        TableStatus::Deleting => problem("the table is being deleted", "Use another table, or make it anew."),
        TableStatus::InaccessibleEncryptionCredentials => problem(
            "the table's KMS key cannot be used",
            "Enable the key, and allow DynamoDB and this role to use it, before the table is archived after seven days.",
        ),
        TableStatus::Archiving | TableStatus::Archived => problem(
            "the table is archived: its KMS key could not be used for too long",
            "Restore the table from the backup that the service made of it.",
        ),
        TableStatus::Other(state) => Seen::Unclear(Error::new(
            ErrorKind::UnknownService,
            format!("the table is in the state {state}, which this client does not know"),
        )),
    }
}

crate::operation::settings::debug_without_values!(HealthCheck, table: table);
