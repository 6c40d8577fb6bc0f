//! What the request builders of one table are made of: the start of a body, the key, the settings of a write.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::capacity::{ReturnConsumedCapacity, ReturnValues};
use crate::codec::{EncodeOptions, encode_item, encode_value, json_name, json_string};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Metadata, Operation, ReplayClass};
use crate::expression::RequestExpressions;
use crate::transport::ArnParameter;

/// The part that all of them share.
pub(crate) struct Base {
    pub(crate) core: Arc<Core>,
    pub(crate) table: String,
    pub(crate) expressions: RequestExpressions,
    pub(crate) options: CallOptions,
    pub(crate) capacity: Option<ReturnConsumedCapacity>,
    parameters: Parameters,
    /// The first thing that a setter could not do; the request then fails before it is sent.
    error: Option<Error>,
}

impl Base {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        Base {
            core,
            table,
            expressions: RequestExpressions::default(),
            options: CallOptions::default(),
            capacity: None,
            parameters: Parameters::default(),
            error: None,
        }
    }

    pub(crate) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    pub(crate) fn encode_options(&self) -> EncodeOptions {
        EncodeOptions { keep_nulls: self.core.config.keep_nulls }
    }

    pub(crate) fn parameter(&mut self, name: &str, value: &impl Serialize) {
        if let Err(error) = self.parameters.add(name, value) {
            self.fail(error);
        }
    }

    /// Whether a parameter was set by its own name.
    pub(crate) fn has_parameter(&self, name: &str) -> bool {
        self.parameters.names.iter().any(|set| set == name)
    }

    /// The parameters that were set by their own names.
    pub(crate) fn parameter_names(&self) -> &[String] {
        &self.parameters.names
    }

    /// Begins the body: `{"TableName":"…"`.
    ///
    /// # Errors
    /// What a setter could not do; no table; a parameter by its own name that is one of `own`, those which the
    /// builder writes itself.
    pub(crate) fn begin(&mut self, capacity: usize, own: &[&str]) -> Result<Vec<u8>, Error> {
        self.check()?;
        const ALWAYS: [&str; 4] =
            ["TableName", "ReturnConsumedCapacity", "ExpressionAttributeNames", "ExpressionAttributeValues"];
        self.parameters.check(|name| ALWAYS.contains(&name) || own.contains(&name))?;
        let mut body = Vec::with_capacity(64 + self.table.len() + capacity);
        self.open(&mut body);
        Ok(body)
    }

    /// # Errors
    /// What a setter could not do; no table.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.table.is_empty() {
            return Err(Error::invalid_input("the table's name is empty"));
        }
        Ok(())
    }

    /// Appends `{"TableName":"…"`.
    pub(crate) fn open(&self, body: &mut Vec<u8>) {
        body.extend_from_slice(b"{\"TableName\":");
        json_string(body, &self.table);
    }

    /// Ends the body with what all requests may have, and says what applying its update twice would do.
    pub(crate) fn end(&mut self, body: &mut Vec<u8>) -> Result<ReplayClass, Error> {
        let class = self.expressions.write_classified(body)?;
        if let Some(capacity) = self.capacity {
            string_member(body, "ReturnConsumedCapacity", capacity.as_str());
        }
        self.parameters.write(body);
        body.push(b'}');
        Ok(class)
    }

    /// Sends the body, and gives what `read` makes of the answer.
    pub(crate) async fn answer<T>(
        &self,
        operation: &Operation,
        body: Vec<u8>,
        replay: ReplayClass,
        read: impl FnOnce(&Bytes) -> Result<T, Error>,
    ) -> Result<(T, Metadata), Error> {
        self.core.answer(self.call(ArnParameter::Single(&self.table), operation, body, replay), read).await
    }

    /// Like [`answer`](Self::answer), for operations that name their tables in a list.
    pub(crate) async fn answer_in_list<T>(
        &self,
        operation: &Operation,
        body: Vec<u8>,
        replay: ReplayClass,
        read: impl FnOnce(&Bytes) -> Result<T, Error>,
    ) -> Result<(T, Metadata), Error> {
        self.core.answer(self.call(ArnParameter::List(&[&self.table]), operation, body, replay), read).await
    }

    fn call<'a>(
        &'a self,
        arns: ArnParameter<'a>,
        operation: &'a Operation,
        body: Vec<u8>,
        replay: ReplayClass,
    ) -> Call<'a> {
        Call { operation, table: Some(&self.table), arns, body: Bytes::from(body), replay, options: &self.options }
    }

    /// Ends a call that cannot be sent.
    pub(crate) fn refuse(&self, operation: &Operation, error: Error) -> Error {
        self.core.refuse(operation.name.clone(), Some(&self.table), error)
    }
}

/// Parameters set by their own name.
#[derive(Default)]
pub(crate) struct Parameters {
    /// `,"Name":json` for each.
    json: Vec<u8>,
    names: Vec<String>,
}

impl Parameters {
    pub(crate) fn add(&mut self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let json = serde_json::to_vec(value).map_err(|error| {
            Error::invalid_input(format!("the parameter {name} cannot be written as JSON: {error}"))
        })?;
        self.json.push(b',');
        json_name(&mut self.json, name);
        self.json.extend_from_slice(&json);
        self.names.push(name.to_owned());
        Ok(())
    }

    /// # Errors
    /// For one that the builder writes itself, and for one that was set twice.
    pub(crate) fn check(&self, is_own: impl Fn(&str) -> bool) -> Result<(), Error> {
        for (i, name) in self.names.iter().enumerate() {
            if is_own(name) {
                return Err(Error::invalid_input(format!("the parameter {name} has a method of its own; use that")));
            }
            if self.names[..i].contains(name) {
                return Err(Error::invalid_input(format!("the parameter {name} was set twice")));
            }
        }
        Ok(())
    }

    pub(crate) fn write(&self, body: &mut Vec<u8>) {
        body.extend_from_slice(&self.json);
    }
}

/// What is set aside for a key beyond its first name, in bytes: an identifier such as a UUID fits.
const USUAL_KEY: usize = 64;

/// A primary key being built: `{"id":{"S":"m1"}`, still open.
#[derive(Default)]
pub(crate) struct KeyBuffer {
    bytes: Vec<u8>,
    /// Where the first attribute's name ends, and where the others' stand: a key of one attribute keeps no list.
    first: usize,
    others: Vec<Range<usize>>,
    complete: bool,
}

impl KeyBuffer {
    pub(crate) fn push(&mut self, base: &mut Base, name: &str, value: &(impl Serialize + ?Sized)) {
        if self.complete {
            return base.fail(Error::invalid_input(
                "the key was given as a whole and attribute by attribute; use one of both",
            ));
        }
        let is_first = self.bytes.is_empty();
        if is_first {
            self.bytes.reserve(name.len() + USUAL_KEY);
        }
        self.bytes.push(if is_first { b'{' } else { b',' });
        let start = self.bytes.len();
        json_string(&mut self.bytes, name);
        let at = start..self.bytes.len();
        if is_first {
            self.first = at.end;
        } else {
            let set = |before: &Range<usize>| self.bytes[before.clone()] == self.bytes[at.clone()];
            if set(&(1..self.first)) || self.others.iter().any(set) {
                return base.fail(Error::invalid_input(format!("the key attribute {name} was given twice")));
            }
            self.others.push(at);
        }
        self.bytes.push(b':');
        if let Err(error) = encode_value(&mut self.bytes, value, base.encode_options()) {
            base.fail(Error::from(error.in_key(name)));
        }
    }

    pub(crate) fn whole(&mut self, base: &mut Base, key: &(impl Serialize + ?Sized)) {
        if !self.bytes.is_empty() {
            return base.fail(Error::invalid_input(
                "the key was given as a whole and attribute by attribute; use one of both",
            ));
        }
        self.complete = true;
        if let Err(error) = encode_item(&mut self.bytes, key, base.encode_options()) {
            base.fail(Error::from(error));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the key as a JSON object.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn write(&self, body: &mut Vec<u8>) -> Result<(), Error> {
        if self.bytes.is_empty() || self.bytes == b"{}" {
            return Err(Error::invalid_input("no key was given")
                .with_advice("Call .key(name, value) for each attribute of the table's primary key."));
        }
        body.extend_from_slice(&self.bytes);
        if !self.complete {
            body.push(b'}');
        }
        Ok(())
    }
}

/// What comes back from a write.
#[derive(Default)]
pub(crate) struct WriteSettings {
    pub(crate) return_values: Option<ReturnValues>,
    pub(crate) return_item_on_failure: bool,
    pub(crate) collection_metrics: bool,
}

impl WriteSettings {
    pub(crate) fn write(&self, body: &mut Vec<u8>) {
        if let Some(values) = self.return_values {
            string_member(body, "ReturnValues", values.as_str());
        }
        if self.return_item_on_failure {
            string_member(body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        }
        if self.collection_metrics {
            string_member(body, "ReturnItemCollectionMetrics", "SIZE");
        }
    }
}

/// Appends `,"name":"value"`.
pub(crate) fn string_member(body: &mut Vec<u8>, name: &str, value: &str) {
    member(body, name);
    json_string(body, value);
}

/// Begins the body of a batch, `{"RequestItems":{"Messages":…,…}` and what it asks of capacity: `write` appends what is
/// asked of each table. The object stays open.
pub(crate) fn request_items<'a, T>(
    body: &mut Vec<u8>,
    tables: impl IntoIterator<Item = (&'a str, T)>,
    capacity: Option<ReturnConsumedCapacity>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    body.extend_from_slice(b"{\"RequestItems\":{");
    for (at, (name, asked)) in tables.into_iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        json_name(body, name);
        write(body, asked);
    }
    body.push(b'}');
    if let Some(capacity) = capacity {
        string_member(body, "ReturnConsumedCapacity", capacity.as_str());
    }
}

/// Appends `,"name":true` or `,"name":false`.
pub(crate) fn bool_member(body: &mut Vec<u8>, name: &str, value: bool) {
    member(body, name);
    body.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Appends `,"name":number`.
pub(crate) fn number_member(body: &mut Vec<u8>, name: &str, value: u32) {
    member(body, name);
    body.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends `,"name":`.
pub(crate) fn member(body: &mut Vec<u8>, name: &str) {
    body.extend_from_slice(b",\"");
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b"\":");
}
