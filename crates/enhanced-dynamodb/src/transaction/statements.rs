//! ExecuteTransaction: up to 100 PartiQL statements, all of them or none.

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::responses::{Responses, no_such_action};
use super::token::{check_token, new_token};
use super::write::MOST_ACTIONS;
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass, Token};
use crate::operation::base::string_member;
use crate::operation::settings::call_settings;
use crate::operation::{ConsumedCapacity, ReturnConsumedCapacity, Statement};
use crate::transport::ArnParameter;

static EXECUTE_TRANSACTION: Operation = Operation::data("ExecuteTransaction", "DynamoDB_20120810.ExecuteTransaction");

/// Carries out up to 100 PartiQL statements together, all of them or none: all of them reads, or all of them writes
/// (`EXISTS` among them checks a condition).
///
/// Made by [`Client::execute_transaction`](crate::Client::execute_transaction). Writes carry a token, as those of a
/// [`TransactWrite`](super::TransactWrite) do: after a lost answer they are sent again and not applied a second time.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::operation::Statement;
///
/// db.execute_transaction()
///     .statement(Statement::new("INSERT INTO \"Sessions\" VALUE {'id': ?}").parameter("session-1"))
///     .statement(Statement::new("UPDATE \"Users\" SET n = n + ? WHERE id = ?").parameter(1).parameter("user-1"))
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a transaction does nothing until it is sent"]
pub struct ExecuteTransaction {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    token: Option<String>,
    statements: Vec<Statement>,
}

/// What an [`ExecuteTransaction`] gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct ExecuteTransactionOutput {
    responses: Responses,
    verbs: Vec<&'static str>,
    /// What the transaction consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
}

impl ExecuteTransaction {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        ExecuteTransaction {
            core,
            options: CallOptions::default(),
            capacity: None,
            token: None,
            statements: Vec::new(),
        }
    }

    call_settings!();

    fn options(&mut self) -> &mut CallOptions {
        &mut self.options
    }

    /// Adds a statement.
    pub fn statement(mut self, statement: impl Into<Statement>) -> Self {
        self.statements.push(statement.into());
        self
    }

    /// Adds statements.
    pub fn statements<S: Into<Statement>>(mut self, statements: impl IntoIterator<Item = S>) -> Self {
        self.statements.extend(statements.into_iter().map(Into::into));
        self
    }

    /// A token of 1 to 36 characters by which the service knows the transaction, for ten minutes; see
    /// [`TransactWrite::token`](super::TransactWrite::token). Reads need none.
    #[doc(alias = "ClientRequestToken")]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    crate::operation::settings::capacity_setting!(capacity);

    /// How many statements the transaction has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether the transaction has no statement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Sends the request.
    ///
    /// # Errors
    /// As those of [`TransactWrite::send`](super::TransactWrite::send). The service, not the client, finds two
    /// statements on one item.
    pub async fn send(mut self) -> Result<ExecuteTransactionOutput, Error> {
        let reads = self.statements.iter().all(Statement::is_select);
        let core = Arc::clone(&self.core);
        let body = self.body(reads).map_err(|error| core.refuse(EXECUTE_TRANSACTION.name.clone(), None, error))?;
        let call = Call {
            operation: &EXECUTE_TRANSACTION,
            table: None,
            arns: ArnParameter::None,
            body: Bytes::from(body),
            replay: if reads { ReplayClass::Read } else { ReplayClass::Idempotent },
            options: &self.options,
        };
        let verbs: Vec<&'static str> = self.statements.iter().map(Statement::verb).collect();
        let read = |body: &Bytes| {
            let (responses, capacity) = Responses::read(body)?;
            // Writes have nothing to answer.
            if reads {
                responses.check_count(verbs.len())?;
            }
            Ok((responses, capacity))
        };
        let answer = core.answer(call, read).await;
        let ((responses, consumed_capacity), metadata) =
            answer.map_err(|error| error.naming_actions(verbs.iter().map(|verb| (*verb, None))))?;
        Ok(ExecuteTransactionOutput { responses, verbs, consumed_capacity, metadata })
    }

    /// The body is made once a call, and the token with it: all attempts have the same.
    fn body(&mut self, reads: bool) -> Result<Vec<u8>, Error> {
        let count = self.len();
        if count == 0 || count > MOST_ACTIONS {
            return Err(Error::invalid_input(format!(
                "a transaction has 1 to {MOST_ACTIONS} statements, this one has {count}"
            ))
            .with_advice("What need not agree with each other goes into transactions of its own."));
        }
        let mut body = Vec::with_capacity(self.statements.iter().map(Statement::len).sum::<usize>() + 128);
        body.extend_from_slice(b"{\"TransactStatements\":");
        for (index, statement) in self.statements.iter().enumerate() {
            body.push(if index == 0 { b'[' } else { b',' });
            let written = match statement.chooses_consistency() {
                true => Err(Error::invalid_input("consistent_read() has no place in a transaction")
                    .with_advice("Leave it out: a transaction reads what was last written, all items at one moment.")),
                false => statement.write(&mut body),
            };
            written.map_err(|error| error.of_action(index, statement.verb(), None))?;
            body.push(b'}');
        }
        body.push(b']');
        match &self.token {
            Some(token) => {
                check_token(token)?;
                string_member(&mut body, "ClientRequestToken", token);
                self.options.token = Token::Callers;
            }
            None if reads => {}
            None => {
                string_member(&mut body, "ClientRequestToken", &new_token()?);
                self.options.token = Token::OfTheCall;
            }
        }
        if let Some(capacity) = self.capacity {
            string_member(&mut body, "ReturnConsumedCapacity", capacity.as_str());
        }
        body.push(b'}');
        Ok(body)
    }
}

impl ExecuteTransactionOutput {
    /// What the statement number `index`, counted from 0, gave: nothing for a write, and for a read whose item does not
    /// exist.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if it is not a `T`;
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the transaction had no such statement.
    pub fn item<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Error> {
        let item = match self.verbs.get(index) {
            Some(verb) => self.responses.item(index, verb, None),
            None => Err(no_such_action("statements", self.verbs.len(), index)),
        };
        item.map_err(|error| error.with_operation(EXECUTE_TRANSACTION.name.clone(), None))
    }

    /// All items in the order asked, where they are of one type.
    ///
    /// # Errors
    /// As [`item`](Self::item).
    pub fn items<T: DeserializeOwned>(&self) -> Result<Vec<Option<T>>, Error> {
        (0..self.verbs.len()).map(|index| self.item(index)).collect()
    }

    /// How many statements the transaction had.
    #[must_use]
    pub fn len(&self) -> usize {
        self.verbs.len()
    }

    /// Whether the transaction had no statement: never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.verbs.is_empty()
    }

    /// Whether the request was sent again after an attempt of which nobody knows whether it was applied. It was applied
    /// once all the same.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.metadata.replayed
    }
}

// Item values do not belong in logs: only which statements gave some is shown.
impl std::fmt::Debug for ExecuteTransactionOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found: Vec<bool> = self.responses.items.iter().map(Option::is_some).collect();
        f.debug_struct("ExecuteTransactionOutput")
            .field("statements", &self.verbs)
            .field("found", &found)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(ExecuteTransaction, statements: statements);
