//! BatchExecuteStatement: up to 25 statements, each with an answer of its own.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{Statement, class_of};
use crate::codec::{DecodeError, Reader, decode_item};
use crate::error::{Error, ErrorKind};
use crate::execute::{Call, CallOptions, Core, Metadata, Operation};
use crate::operation::base::string_member;
use crate::operation::settings::call_settings;
use crate::operation::{ConsumedCapacity, ReturnConsumedCapacity, response};
use crate::transport::ArnParameter;

static BATCH_EXECUTE_STATEMENT: Operation =
    Operation::data("BatchExecuteStatement", "DynamoDB_20120810.BatchExecuteStatement");

/// Statements in one batch (API reference of BatchExecuteStatement, `Statements`: 1 to 25).
const MOST_STATEMENTS: usize = 25;

/// Carries out up to 25 PartiQL statements in one request: all of them reads of one item, or all of them writes. Each
/// succeeds or fails for itself.
///
/// Made by [`Client::batch_execute_statement`](crate::Client::batch_execute_statement).
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::Item;
/// use enhanced_dynamodb::operation::Statement;
///
/// let select = |id: &str| Statement::new("SELECT * FROM \"Messages\" WHERE id = ?").parameter(id);
/// let output = db.batch_execute_statement().statements(["m1", "m2"].map(select)).send().await?;
/// for index in 0..output.len() {
///     match output.item::<Item>(index) {
///         Ok(item) => println!("{index}: {}", item.is_some()),
///         Err(error) => println!("{index}: {error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct BatchExecuteStatement {
    core: Arc<Core>,
    options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    statements: Vec<Statement>,
}

/// What a [`BatchExecuteStatement`] gives: an answer to each statement, in the order given. The batch is a success even
/// if every statement failed: look at [`failures`](Self::failures), or take [`into_result`](Self::into_result).
#[derive(Clone)]
#[must_use = "statements of the batch may have failed"]
#[non_exhaustive]
pub struct BatchExecuteStatementOutput {
    body: Bytes,
    responses: Vec<Response>,
    /// What the batch consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// How the call went.
    pub metadata: Metadata,
}

#[derive(Clone, Default)]
struct Response {
    table: Option<String>,
    item: Option<Range<usize>>,
    failure: Option<Failure>,
}

#[derive(Clone, Default)]
struct Failure {
    code: String,
    message: String,
    item: Option<Range<usize>>,
}

impl BatchExecuteStatement {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        BatchExecuteStatement { core, options: CallOptions::default(), capacity: None, statements: Vec::new() }
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

    crate::operation::settings::capacity_setting!(capacity);

    /// How many statements the batch has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether the batch has no statement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of the service, for the whole batch; what befell a statement is in the output. A batch of writes of which
    /// nobody knows whether it was applied is not sent again, and ends as
    /// [`ErrorKind::OutcomeUnknown`]. [`ErrorKind::InvalidInput`] before anything is sent, for no statement or more than
    /// 25, and for one that cannot be written.
    pub async fn send(self) -> Result<BatchExecuteStatementOutput, Error> {
        let body = self.body().map_err(|error| self.core.refuse(BATCH_EXECUTE_STATEMENT.name.clone(), None, error))?;
        let call = Call {
            operation: &BATCH_EXECUTE_STATEMENT,
            table: None,
            arns: ArnParameter::None,
            body: Bytes::from(body),
            replay: class_of(&self.statements),
            options: &self.options,
        };
        let asked = self.statements.len();
        let (output, metadata) = self.core.answer(call, |body| BatchExecuteStatementOutput::read(body, asked)).await?;
        Ok(BatchExecuteStatementOutput { metadata, ..output })
    }

    fn body(&self) -> Result<Vec<u8>, Error> {
        let count = self.len();
        if count == 0 || count > MOST_STATEMENTS {
            return Err(Error::invalid_input(format!(
                "a batch has 1 to {MOST_STATEMENTS} statements, this one has {count}"
            ))
            .with_advice("Send more than 25 in several batches."));
        }
        let mut body = Vec::with_capacity(self.statements.iter().map(Statement::len).sum::<usize>() + 64);
        body.extend_from_slice(b"{\"Statements\":");
        for (index, statement) in self.statements.iter().enumerate() {
            body.push(if index == 0 { b'[' } else { b',' });
            statement.write(&mut body).map_err(|error| error.of_statement(index))?;
            body.push(b'}');
        }
        body.push(b']');
        if let Some(capacity) = self.capacity {
            string_member(&mut body, "ReturnConsumedCapacity", capacity.as_str());
        }
        body.push(b'}');
        Ok(body)
    }
}

impl BatchExecuteStatementOutput {
    /// What the statement number `index`, counted from 0, gave: nothing for a write, and for a read whose item does not
    /// exist.
    ///
    /// # Errors
    /// What befell the statement, with the item that stood in the way if it was asked for;
    /// [`ErrorKind::Decode`], with the item inside, if it is not a `T`; [`ErrorKind::InvalidInput`] if the batch had no
    /// such statement.
    pub fn item<T: DeserializeOwned>(&self, index: usize) -> Result<Option<T>, Error> {
        let Some(response) = self.responses.get(index) else {
            return Err(Error::invalid_input(format!(
                "the batch had {} statements, counted from 0, and none has the number {index}",
                self.responses.len()
            ))
            .with_operation(BATCH_EXECUTE_STATEMENT.name.clone(), None));
        };
        if let Some(failure) = &response.failure {
            return Err(self.error(index, response, failure));
        }
        let Some(at) = &response.item else { return Ok(None) };
        decode_item(&self.body[at.clone()]).map(Some).map_err(|error| {
            Error::from(error)
                .of_statement(index)
                .with_item(Some(self.body.slice(at.clone())))
                .with_operation(BATCH_EXECUTE_STATEMENT.name.clone(), response.table.as_deref())
        })
    }

    /// The answers to all statements, in the order given; see [`item`](Self::item).
    pub fn items<T: DeserializeOwned>(&self) -> Vec<Result<Option<T>, Error>> {
        (0..self.responses.len()).map(|index| self.item(index)).collect()
    }

    /// The statements that failed, by their numbers, and why.
    pub fn failures(&self) -> impl Iterator<Item = (usize, Error)> {
        let failed = self.responses.iter().enumerate();
        failed.filter_map(|(index, response)| Some((index, self.error(index, response, response.failure.as_ref()?))))
    }

    /// The output itself, if every statement succeeded.
    ///
    /// # Errors
    /// What befell the first statement that failed, and how many others did.
    pub fn into_result(self) -> Result<Self, Error> {
        let first = self.failures().next();
        match first {
            None => Ok(self),
            Some((_, error)) => Err(error.and_more_statements(self.failures().count() - 1)),
        }
    }

    /// The table of the statement number `index`, where the service told it.
    #[must_use]
    pub fn table(&self, index: usize) -> Option<&str> {
        self.responses.get(index)?.table.as_deref()
    }

    /// How many statements the batch had.
    #[must_use]
    pub fn len(&self) -> usize {
        self.responses.len()
    }

    /// Whether the batch had no statement: never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.responses.is_empty()
    }

    fn error(&self, index: usize, response: &Response, failure: &Failure) -> Error {
        let kind = kind_of(&failure.code);
        // A code that this client does not know is told as it is.
        let code = if kind == ErrorKind::UnknownService { failure.code.clone().into() } else { kind.code().into() };
        let code: std::borrow::Cow<'static, str> = code;
        let error = Error::new(kind, failure.message.clone())
            .with_code(code)
            .of_statement(index)
            .with_item(failure.item.clone().map(|at| self.body.slice(at)))
            .with_operation(BATCH_EXECUTE_STATEMENT.name.clone(), response.table.as_deref());
        self.metadata.tell(error)
    }

    fn read(body: &Bytes, asked: usize) -> Result<Self, Error> {
        let output = BatchExecuteStatementOutput::take(body).map_err(|error| response::malformed(&error))?;
        if output.responses.len() == asked {
            return Ok(output);
        }
        let message = format!("{} answers to {asked} statements", output.responses.len());
        Err(response::malformed(&DecodeError::new(message)))
    }

    fn take(body: &Bytes) -> Result<Self, DecodeError> {
        let (mut responses, mut consumed_capacity) = (Vec::new(), Vec::new());
        let mut reader = Reader::new(body)?;
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(&mut reader)? {
            match &*key {
                "Responses" => {
                    let mut array = reader.array()?;
                    while array.next_element(&mut reader)? {
                        responses.push(Response::read(&mut reader)?);
                    }
                }
                "ConsumedCapacity" => consumed_capacity = response::capacities(&mut reader, body)?,
                _ => reader.skip_value()?,
            }
        }
        let metadata = Metadata::default();
        Ok(BatchExecuteStatementOutput { body: body.clone(), responses, consumed_capacity, metadata })
    }
}

impl Response {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut response = Response::default();
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(reader)? {
            match &*key {
                "TableName" => response.table = reader.optional_string()?,
                "Item" | "Error" if reader.null() => {}
                "Item" => response.item = Some(reader.raw_value()?),
                "Error" => response.failure = Some(Failure::read(reader)?),
                _ => reader.skip_value()?,
            }
        }
        Ok(response)
    }
}

impl Failure {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut failure = Failure::default();
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(reader)? {
            match &*key {
                "Code" => failure.code = reader.optional_string()?.unwrap_or_default(),
                "Message" => failure.message = reader.optional_string()?.unwrap_or_default(),
                "Item" if reader.null() => {}
                "Item" => failure.item = Some(reader.raw_value()?),
                _ => reader.skip_value()?,
            }
        }
        Ok(failure)
    }
}

/// The codes of the API's `BatchStatementErrorCodeEnum`, which are not those of its errors.
fn kind_of(code: &str) -> ErrorKind {
    match code {
        "ConditionalCheckFailed" => ErrorKind::ConditionalCheckFailed,
        "ItemCollectionSizeLimitExceeded" => ErrorKind::ItemCollectionSizeLimitExceeded,
        "ProvisionedThroughputExceeded" => ErrorKind::ProvisionedThroughputExceeded,
        "TransactionConflict" => ErrorKind::TransactionConflict,
        "ThrottlingError" => ErrorKind::Throttling,
        "ResourceNotFound" => ErrorKind::ResourceNotFound,
        "AccessDenied" => ErrorKind::AccessDenied,
        // DuplicateItem, ValidationError, RequestLimitExceeded and InternalServerError are names of errors too.
        other => ErrorKind::from_code(other),
    }
}

impl Error {
    fn of_statement(self, index: usize) -> Self {
        self.with_message(|message| format!("statement {index} of the batch: {message}"))
    }

    fn and_more_statements(self, more: usize) -> Self {
        match more {
            0 => self,
            1 => self.with_message(|message| format!("{}; and 1 more statement failed", message.trim_end_matches('.'))),
            _ => self.with_message(|message| {
                format!("{}; and {more} more statements failed", message.trim_end_matches('.'))
            }),
        }
    }
}

// Item values do not belong in logs: only which statements failed is shown.
impl std::fmt::Debug for BatchExecuteStatementOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let failed: Vec<(usize, &str)> = self
            .responses
            .iter()
            .enumerate()
            .filter_map(|(index, response)| Some((index, response.failure.as_ref()?.code.as_str())))
            .collect();
        f.debug_struct("BatchExecuteStatementOutput")
            .field("statements", &self.responses.len())
            .field("failed", &failed)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}

crate::operation::settings::debug_without_values!(BatchExecuteStatement, statements: statements);
