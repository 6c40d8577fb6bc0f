//! The expressions of one request, on their way into its body.

use serde::Serialize;

use super::condition::Condition;
use super::effects::Effects;
use super::fragment::{Fragment, encode};
use super::key::KeyCondition;
use super::placeholders::{Placeholders, check_length};
use super::projection::Projection;
use super::token::{Token, Tokens};
use super::update::Update;
use super::update_text::update_replay_class;
use crate::codec::json_string;
use crate::error::{Error, ErrorKind};
use crate::execute::ReplayClass;

/// The expressions of one request, typed and in the service's own syntax, with the user's own names and values.
/// An operation's builder holds one and hands on what the user says.
///
/// Most requests of single items have none: then it costs nothing, and a builder is small enough to be moved about.
#[derive(Clone, Default)]
pub(crate) struct RequestExpressions(Option<Box<Expressions>>);

#[derive(Clone, Default)]
struct Expressions {
    condition: Option<Condition>,
    filter: Option<Condition>,
    key: Option<KeyCondition>,
    update: Update,
    projection: Option<Projection>,
    names: Vec<(String, String)>,
    values: Vec<(String, Vec<u8>)>,
    /// What is wrong with the names and values.
    given: Fragment,
}

impl RequestExpressions {
    fn inner(&mut self) -> &mut Expressions {
        self.0.get_or_insert_default()
    }

    /// A condition of a write; several must all hold.
    pub(crate) fn condition(&mut self, condition: Condition) {
        let this = self.inner();
        this.condition = Some(joined(this.condition.take(), condition));
    }

    /// A filter of a query or scan; several must all hold.
    pub(crate) fn filter(&mut self, filter: Condition) {
        let this = self.inner();
        this.filter = Some(joined(this.filter.take(), filter));
    }

    /// Changes the key condition, beginning with an empty one.
    pub(crate) fn key(&mut self, change: impl FnOnce(KeyCondition) -> KeyCondition) {
        let this = self.inner();
        this.key = Some(change(this.key.take().unwrap_or_default()));
    }

    /// Changes the update, beginning with an empty one.
    pub(crate) fn update(&mut self, change: impl FnOnce(Update) -> Update) {
        let this = self.inner();
        this.update = change(std::mem::take(&mut this.update));
    }

    /// Whether there is an update.
    pub(crate) fn has_update(&self) -> bool {
        self.0.as_ref().is_some_and(|expressions| !expressions.update.is_empty())
    }

    /// Whether there is a condition.
    pub(crate) fn has_condition(&self) -> bool {
        self.0.as_ref().is_some_and(|expressions| expressions.condition.is_some())
    }

    /// What the update leaves behind, where that can be told.
    pub(crate) fn effects(&self) -> Option<Effects> {
        let expressions = self.0.as_ref()?;
        let mut placeholders = expressions.placeholders();
        let mut text = String::new();
        expressions.update.render(&mut placeholders, &mut text).ok()?;
        Effects::of(&text, &placeholders)
    }

    /// Whether there is a projection.
    pub(crate) fn has_projection(&self) -> bool {
        self.0.as_ref().is_some_and(|expressions| expressions.projection.is_some())
    }

    /// Changes the projection, beginning with an empty one.
    pub(crate) fn projection(&mut self, change: impl FnOnce(Projection) -> Projection) {
        let this = self.inner();
        this.projection = Some(change(this.projection.take().unwrap_or_default()));
    }

    /// A name of the user's own, for the texts: `#status` and the attribute that it stands for.
    pub(crate) fn name(&mut self, placeholder: impl Into<String>, name: impl Into<String>) {
        let (placeholder, name) = (placeholder.into(), name.into());
        let this = self.inner();
        this.check_placeholder(&placeholder, '#', "#status");
        if name.is_empty() {
            this.given.fail(format!("the attribute name that {placeholder} stands for is empty"));
        }
        match this.names.iter().find(|(given, _)| *given == placeholder) {
            None => this.names.push((placeholder, name)),
            Some((_, given)) if *given == name => {}
            Some(_) => this.given.fail(format!("{placeholder} stands for two different attribute names")),
        }
    }

    /// A value of the user's own, for the texts: `:status` and what it stands for.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, placeholder: impl Into<String>, value: &T) {
        let placeholder = placeholder.into();
        let this = self.inner();
        this.check_placeholder(&placeholder, ':', ":status");
        match encode(value) {
            Ok(bytes) => match this.values.iter().find(|(given, _)| *given == placeholder) {
                None => this.values.push((placeholder, bytes)),
                Some((_, given)) if *given == bytes => {}
                Some(_) => this.given.fail(format!("{placeholder} stands for two different values")),
            },
            Err(problem) => {
                this.given.fail_as(ErrorKind::Encode, format!("the value for {placeholder}: {problem}"));
            }
        }
    }

    /// Appends the expressions that there are, with their names and values, as members of a body that is being
    /// written: each begins with a comma.
    ///
    /// # Errors
    /// What is wrong with an expression. The body is not to be used then.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        self.write_classified(out).map(drop)
    }

    /// Like [`write`](Self::write), and says what applying the update twice would do.
    ///
    /// # Errors
    /// What is wrong with an expression. The body is not to be used then.
    pub(crate) fn write_classified(&self, out: &mut Vec<u8>) -> Result<ReplayClass, Error> {
        match &self.0 {
            Some(expressions) => expressions.write(out),
            // An update without an expression makes an item of the key alone, as often as one likes.
            None => Ok(ReplayClass::Idempotent),
        }
    }

    /// The key condition with its names and values in place, whatever its placeholders are called: what a cursor is
    /// bound to. Empty if there is none.
    ///
    /// # Errors
    /// What is wrong with the key condition.
    pub(crate) fn bound_key_condition(&self) -> Result<Vec<u8>, Error> {
        self.0.as_ref().map_or_else(|| Ok(Vec::new()), |expressions| expressions.bound_key_condition())
    }
}

impl Expressions {
    /// DynamoDB Local 1.25.1 answers other placeholders with "contains invalid key: Syntax error".
    fn check_placeholder(&mut self, placeholder: &str, sign: char, example: &str) {
        let valid = placeholder.strip_prefix(sign).is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        if !valid {
            self.given.fail(format!(
                "`{}` is no placeholder: it is a `{sign}` and letters, digits or `_`, such as {example}",
                placeholder.escape_debug()
            ));
        }
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<ReplayClass, Error> {
        self.given.check()?;
        let mut placeholders = self.placeholders();
        // An update without an expression makes an item of the key alone, as often as one likes.
        let mut class = ReplayClass::Idempotent;
        let mut text = String::with_capacity(128);
        if let Some(key) = &self.key {
            key.render(&mut placeholders, &mut text)?;
            member(out, "KeyConditionExpression", "key condition", &mut text)?;
        }
        if !self.update.is_empty() {
            self.update.render(&mut placeholders, &mut text)?;
            class = update_replay_class(&text, &placeholders);
            member(out, "UpdateExpression", "update expression", &mut text)?;
        }
        if let Some(condition) = &self.condition {
            condition.render("condition", &mut placeholders, &mut text)?;
            member(out, "ConditionExpression", "condition", &mut text)?;
        }
        if let Some(filter) = &self.filter {
            filter.render("filter", &mut placeholders, &mut text)?;
            member(out, "FilterExpression", "filter", &mut text)?;
        }
        if let Some(projection) = &self.projection {
            projection.render(&mut placeholders, &mut text)?;
            member(out, "ProjectionExpression", "projection", &mut text)?;
        }
        if placeholders.has_names() {
            out.extend_from_slice(b",\"ExpressionAttributeNames\":");
            placeholders.write_names(out);
        }
        if placeholders.has_values() {
            out.extend_from_slice(b",\"ExpressionAttributeValues\":");
            placeholders.write_values(out);
        }
        Ok(class)
    }

    fn bound_key_condition(&self) -> Result<Vec<u8>, Error> {
        self.given.check()?;
        let mut bound = Vec::new();
        let Some(key) = &self.key else { return Ok(bound) };
        let mut placeholders = self.placeholders();
        let mut text = String::new();
        key.render(&mut placeholders, &mut text)?;
        for token in Tokens::new(&text) {
            let mut sign = [0; 4];
            let (kind, content): (u8, &[u8]) = match token {
                Token::Word(word) => (b'n', word.as_bytes()),
                Token::Name(name) => match placeholders.resolve_name(name) {
                    Some(name) => (b'n', name.as_bytes()),
                    None => (b'?', name.as_bytes()),
                },
                Token::Value(value) => match placeholders.resolve_value(value) {
                    Some(value) => (b'v', value),
                    None => (b'?', value.as_bytes()),
                },
                Token::Number(number) => (b'd', number.as_bytes()),
                Token::Sign(character) => (b's', character.encode_utf8(&mut sign).as_bytes()),
            };
            bound.push(kind);
            bound.extend_from_slice(&(content.len() as u64).to_be_bytes());
            bound.extend_from_slice(content);
        }
        Ok(bound)
    }

    fn placeholders(&self) -> Placeholders<'_> {
        let conditions = self.condition.iter().chain(&self.filter).map(|condition| &condition.fragment);
        let key = self.key.iter().map(KeyCondition::fragment);
        let projection = self.projection.iter().map(Projection::fragment);
        let fragments = conditions.chain(key).chain(projection).chain(self.update.fragments());
        Placeholders::new(&self.names, &self.values, fragments)
    }
}

fn joined(before: Option<Condition>, condition: Condition) -> Condition {
    match before {
        None => condition,
        Some(before) => before.and(condition),
    }
}

fn member(out: &mut Vec<u8>, name: &'static str, what: &str, text: &mut String) -> Result<(), Error> {
    check_length(what, text)?;
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    json_string(out, text);
    text.clear();
    Ok(())
}

impl std::fmt::Debug for RequestExpressions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RequestExpressions").field(&self.0).finish()
    }
}

/// Names as they are, values left out.
impl std::fmt::Debug for Expressions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expressions")
            .field("condition", &self.condition)
            .field("filter", &self.filter)
            .field("key", &self.key)
            .field("update", &self.update)
            .field("projection", &self.projection)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
