//! The form that every expression has until it is sent: a flat list of parts, names and values still in place.
//!
//! Flat, because conditions grow by thousands of `and`s in loops, and a tree of boxes that deep overflows the stack
//! when it is dropped.

use std::fmt;

use serde::Serialize;

use crate::codec::{EncodeOptions, encode_value};
use crate::error::{Error, ErrorKind};

/// One part of an expression.
#[derive(Clone)]
pub(crate) enum Part {
    /// The service's own words and punctuation.
    Text(&'static str),
    /// A place in a list: `[3]`.
    Index(u32),
    /// An attribute name; becomes `#n0`.
    Name(Box<str>),
    /// A value as DynamoDB JSON; becomes `:v0`.
    Value(Vec<u8>),
    /// Text of the user's in the service's own syntax.
    Raw(Box<str>),
}

/// A piece of an expression, with what is wrong with it if something is.
#[derive(Clone, Default)]
pub(crate) struct Fragment {
    parts: Vec<Part>,
    operators: usize,
    defect: Option<Box<Defect>>,
}

/// What is wrong with an expression; it is reported when the expression is built.
#[derive(Clone)]
struct Defect {
    kind: ErrorKind,
    message: String,
    located: bool,
}

impl Fragment {
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.defect.is_none()
    }

    /// How many operators and functions the service counts in it.
    pub(crate) fn operators(&self) -> usize {
        self.operators
    }

    pub(crate) fn text(&mut self, text: &'static str) {
        self.parts.push(Part::Text(text));
    }

    /// Text that is, or ends in, one operator or function.
    pub(crate) fn operator(&mut self, text: &'static str) {
        self.operators = self.operators.saturating_add(1);
        self.text(text);
    }

    pub(crate) fn index(&mut self, index: u32) {
        self.parts.push(Part::Index(index));
    }

    pub(crate) fn name(&mut self, name: &str) {
        if name.is_empty() {
            self.fail("an attribute name is empty");
        }
        self.parts.push(Part::Name(name.into()));
    }

    /// A value, encoded at once.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        match encode(value) {
            Ok(bytes) => self.parts.push(Part::Value(bytes)),
            Err(message) => self.fail_as(ErrorKind::Encode, message),
        }
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.parts.push(Part::Raw(text.into()));
    }

    pub(crate) fn append(&mut self, other: Fragment) {
        if self.parts.is_empty() {
            self.parts = other.parts;
        } else {
            self.parts.extend(other.parts);
        }
        self.operators = self.operators.saturating_add(other.operators);
        if self.defect.is_none() {
            self.defect = other.defect;
        }
    }

    /// Puts the fragment between `(` and `)`.
    pub(crate) fn parenthesise(&mut self) {
        self.parts.insert(0, Part::Text("("));
        self.parts.push(Part::Text(")"));
    }

    /// Notes that the service would surely reject this; what was noted first is what is reported.
    pub(crate) fn fail(&mut self, message: impl Into<String>) {
        self.fail_as(ErrorKind::InvalidInput, message.into());
    }

    /// Notes a defect of this kind.
    pub(crate) fn fail_as(&mut self, kind: ErrorKind, message: String) {
        if self.defect.is_none() {
            self.defect = Some(Box::new(Defect { kind, message, located: false }));
        }
    }

    /// Says of a value that cannot be encoded which attribute it was meant for.
    pub(crate) fn locate(&mut self, place: &dyn fmt::Display) {
        if let Some(defect) = &mut self.defect
            && defect.kind == ErrorKind::Encode
            && !defect.located
        {
            defect.message = format!("the value for `{place}`: {}", defect.message);
            defect.located = true;
        }
    }

    /// # Errors
    /// What was noted when the fragment was put together.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.defect {
            None => Ok(()),
            Some(defect) => Err(Error::new(defect.kind, defect.message.clone())),
        }
    }
}

/// A value as DynamoDB JSON. What serialises to nothing is NULL.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(32);
    encode_value(&mut bytes, value, EncodeOptions::default()).map_err(|error| error.to_string())?;
    if bytes.is_empty() {
        bytes.extend_from_slice(b"{\"NULL\":true}");
    }
    Ok(bytes)
}

/// The type of a value of DynamoDB JSON, as the wire names it: `N`, `SS`.
pub(crate) fn wire_type(value: &[u8]) -> &[u8] {
    let name = value.strip_prefix(b"{\"").unwrap_or_default();
    &name[..name.iter().position(|&byte| byte == b'"').unwrap_or(0)]
}

/// For people: names as they are, values left out, because an item's values are never logged.
impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Index(index) => write!(f, "[{index}]")?,
                Part::Name(name) | Part::Raw(name) => f.write_str(name)?,
                Part::Value(_) => f.write_str("?")?,
            }
        }
        Ok(())
    }
}
