//! PartiQL: a statement and its parameters; one alone, or a batch of them.

mod batch;
mod execute;
mod page;

use serde::Serialize;

pub use batch::{BatchExecuteStatement, BatchExecuteStatementOutput};
pub use execute::ExecuteStatement;
pub use page::{StatementItems, StatementPage, StatementPages};

use super::base::{bool_member, member, string_member};
use crate::codec::{EncodeOptions, encode_value, json_string};
use crate::error::{Error, ErrorKind};
use crate::execute::ReplayClass;

/// The longest statement, in characters (API reference of ExecuteStatement, `Statement`: 1 to 8192).
const LONGEST_STATEMENT: usize = 8192;

/// A PartiQL statement with the values of its `?`.
///
/// For [`Client::execute_statement`](crate::Client::execute_statement), a
/// [`BatchExecuteStatement`] and an [`ExecuteTransaction`](crate::transaction::ExecuteTransaction). Values belong into
/// parameters, never into the text: a quote in one would end it.
///
/// ```
/// use enhanced_dynamodb::operation::Statement;
///
/// let statement = Statement::new("UPDATE \"Messages\" SET stars = ? WHERE id = ?").parameter(5).parameter("m1");
/// # let _ = statement;
/// ```
#[derive(Clone, Default)]
#[must_use = "a statement does nothing until it is sent"]
pub struct Statement {
    text: String,
    /// `{"S":"m1"},{"N":"1"}`
    parameters: Vec<u8>,
    count: usize,
    consistent_read: Option<bool>,
    return_item_on_failure: bool,
    /// What is wrong with a parameter.
    error: Option<String>,
}

impl Statement {
    /// A statement, with a `?` for each value.
    pub fn new(text: impl Into<String>) -> Self {
        Statement { text: text.into(), ..Statement::default() }
    }

    /// The value of the next `?`.
    pub fn parameter(mut self, value: impl Serialize) -> Self {
        if self.count > 0 {
            self.parameters.push(b',');
        }
        let start = self.parameters.len();
        if let Err(error) = encode_value(&mut self.parameters, &value, EncodeOptions::default()) {
            self.error.get_or_insert(format!("parameter {} of the statement: {error}", self.count));
        }
        // What serialises to nothing is NULL.
        if self.parameters.len() == start {
            self.parameters.extend_from_slice(b"{\"NULL\":true}");
        }
        self.count += 1;
        self
    }

    /// The values of the next `?`s, where they are of one type.
    pub fn parameters<V: Serialize>(self, values: impl IntoIterator<Item = V>) -> Self {
        values.into_iter().fold(self, Statement::parameter)
    }

    /// Reads what the last acknowledged writes left, at twice the capacity; by default a read may be older.
    pub fn consistent_read(mut self, consistent: bool) -> Self {
        self.consistent_read = Some(consistent);
        self
    }

    /// Asks for the item that stood in the way when the condition of a write fails; read it with
    /// [`Error::item`](crate::Error::item).
    pub fn return_item_on_condition_failure(mut self) -> Self {
        self.return_item_on_failure = true;
        self
    }

    /// Whether it reads.
    pub(crate) fn is_select(&self) -> bool {
        is_select(&self.text)
    }

    /// Whether the kind of read was chosen.
    pub(crate) fn chooses_consistency(&self) -> bool {
        self.consistent_read.is_some()
    }

    /// What it does, as a message names it.
    pub(crate) fn verb(&self) -> &'static str {
        let text = self.text.trim_start();
        let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "EXISTS"];
        let verb = verbs.into_iter().find(|verb| starts_with(text, verb));
        verb.unwrap_or("statement")
    }

    /// Appends `{"Statement":"…"`, still open.
    ///
    /// # Errors
    /// What is wrong with the text or a parameter.
    pub(crate) fn write(&self, body: &mut Vec<u8>) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(Error::new(ErrorKind::Encode, error.clone()));
        }
        if self.text.trim().is_empty() {
            return Err(Error::invalid_input("the statement is empty"));
        }
        let length = self.text.chars().count();
        if length > LONGEST_STATEMENT {
            return Err(Error::invalid_input(format!(
                "a statement has up to {LONGEST_STATEMENT} characters, this one has {length}"
            ))
            .with_advice("Put a ? where a value stands, and give it by parameter()."));
        }
        body.extend_from_slice(b"{\"Statement\":");
        json_string(body, &self.text);
        if self.count > 0 {
            member(body, "Parameters");
            body.push(b'[');
            body.extend_from_slice(&self.parameters);
            body.push(b']');
        }
        if let Some(consistent) = self.consistent_read {
            bool_member(body, "ConsistentRead", consistent);
        }
        if self.return_item_on_failure {
            string_member(body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len() + self.parameters.len() + 64
    }
}

impl<S: Into<String>> From<S> for Statement {
    fn from(text: S) -> Self {
        Statement::new(text)
    }
}

/// Whether a statement reads.
pub(super) fn is_select(text: &str) -> bool {
    starts_with(text.trim_start(), "SELECT")
}

fn starts_with(text: &str, verb: &str) -> bool {
    text.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb))
}

/// What sending these statements twice would do. A write of PartiQL is not looked into.
pub(crate) fn class_of(statements: &[Statement]) -> ReplayClass {
    if statements.iter().all(Statement::is_select) { ReplayClass::Read } else { ReplayClass::NonIdempotent }
}

// Values belong into no log, and a statement may hold some.
crate::operation::settings::debug_without_values!(Statement);
