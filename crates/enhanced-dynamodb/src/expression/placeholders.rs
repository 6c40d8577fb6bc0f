//! Placeholders: the names and values of all expressions of one request, each sent once.

use super::fragment::{Fragment, Part};
use crate::codec::{json_name, json_string};
use crate::error::Error;

/// The service: "The maximum length of any expression string is 4 KB".
const MAX_EXPRESSION: usize = 4096;

/// The service: "The maximum number of operators or functions" in an expression is 300. DynamoDB Local 1.25.1 takes
/// 300 and answers 301 with "The expression contains too many operators"; AND, OR, NOT and size() are counted.
const MAX_OPERATORS: usize = 300;

/// The names and values of one request, and the placeholders that stand for them: the user's own, and `#n0`, `:v0` and
/// so on.
///
/// Searched one by one: a request has few, and comparing them is cheaper than hashing.
pub(crate) struct Placeholders<'a> {
    given_names: &'a [(String, String)],
    given_values: &'a [(String, Vec<u8>)],
    /// The user's own texts: a placeholder that they speak of is not ours to give.
    texts: Vec<&'a str>,
    names: Vec<(u32, &'a str)>,
    values: Vec<(u32, &'a [u8])>,
}

impl<'a> Placeholders<'a> {
    /// The placeholders of a request with these names and values of the user's and these expressions.
    pub(crate) fn new(
        given_names: &'a [(String, String)],
        given_values: &'a [(String, Vec<u8>)],
        fragments: impl IntoIterator<Item = &'a Fragment>,
    ) -> Self {
        let mut texts = Vec::new();
        for fragment in fragments {
            texts.extend(fragment.parts().iter().filter_map(|part| match part {
                Part::Raw(text) => Some(&**text),
                Part::Text(_) | Part::Index(_) | Part::Name(_) | Part::Value(_) => None,
            }));
        }
        Placeholders { given_names, given_values, texts, names: Vec::new(), values: Vec::new() }
    }

    /// Writes an expression with placeholders for its names and values.
    ///
    /// # Errors
    /// What was noted when the expression was put together.
    pub(crate) fn render(&mut self, fragment: &'a Fragment, text: &mut String) -> Result<(), Error> {
        fragment.check()?;
        for part in fragment.parts() {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Index(index) => {
                    text.push('[');
                    text.push_str(itoa::Buffer::new().format(*index));
                    text.push(']');
                }
                Part::Name(name) => self.name(name, text),
                Part::Value(value) => self.value(value, text),
                Part::Raw(raw) => text.push_str(raw),
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &'a str, text: &mut String) {
        if let Some((placeholder, _)) = self.given_names.iter().find(|(_, given)| given == name) {
            return text.push_str(placeholder);
        }
        let number = match self.names.iter().find(|(_, known)| *known == name) {
            Some((number, _)) => *number,
            None => {
                let after = self.names.last().map_or(0, |(number, _)| number + 1);
                let number = self.free("#n", after);
                self.names.push((number, name));
                number
            }
        };
        push_placeholder(text, "#n", number);
    }

    fn value(&mut self, value: &'a [u8], text: &mut String) {
        if let Some((placeholder, _)) = self.given_values.iter().find(|(_, given)| given == value) {
            return text.push_str(placeholder);
        }
        let number = match self.values.iter().find(|(_, known)| *known == value) {
            Some((number, _)) => *number,
            None => {
                let after = self.values.last().map_or(0, |(number, _)| number + 1);
                let number = self.free(":v", after);
                self.values.push((number, value));
                number
            }
        };
        push_placeholder(text, ":v", number);
    }

    /// The first number from `after` on whose placeholder the user has not taken.
    fn free(&self, prefix: &str, after: u32) -> u32 {
        let mut number = after;
        if self.texts.is_empty() && self.given_names.is_empty() && self.given_values.is_empty() {
            return number;
        }
        let mut placeholder = String::new();
        loop {
            placeholder.clear();
            push_placeholder(&mut placeholder, prefix, number);
            let taken = self.texts.iter().any(|text| text.contains(&placeholder))
                || self.given_names.iter().any(|(given, _)| *given == placeholder)
                || self.given_values.iter().any(|(given, _)| *given == placeholder);
            if !taken {
                return number;
            }
            number += 1;
        }
    }

    /// The attribute name that a placeholder stands for.
    pub(crate) fn resolve_name(&self, placeholder: &str) -> Option<&'a str> {
        if let Some((_, name)) = self.given_names.iter().find(|(given, _)| given == placeholder) {
            return Some(name);
        }
        let number = placeholder_number(placeholder, "#n")?;
        self.names.iter().find(|(given, _)| *given == number).map(|(_, name)| *name)
    }

    /// The value, as DynamoDB JSON, that a placeholder stands for.
    pub(crate) fn resolve_value(&self, placeholder: &str) -> Option<&'a [u8]> {
        if let Some((_, value)) = self.given_values.iter().find(|(given, _)| given == placeholder) {
            return Some(value);
        }
        let number = placeholder_number(placeholder, ":v")?;
        self.values.iter().find(|(given, _)| *given == number).map(|(_, value)| *value)
    }

    pub(crate) fn has_names(&self) -> bool {
        !self.given_names.is_empty() || !self.names.is_empty()
    }

    pub(crate) fn has_values(&self) -> bool {
        !self.given_values.is_empty() || !self.values.is_empty()
    }

    /// Writes the object that is `ExpressionAttributeNames`.
    pub(crate) fn write_names(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut first = true;
        for (placeholder, name) in self.given_names {
            separate(out, &mut first);
            json_name(out, placeholder);
            json_string(out, name);
        }
        for (number, name) in &self.names {
            separate(out, &mut first);
            write_placeholder(out, b"\"#n", *number);
            json_string(out, name);
        }
        out.push(b'}');
    }

    /// Writes the object that is `ExpressionAttributeValues`.
    pub(crate) fn write_values(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut first = true;
        for (placeholder, value) in self.given_values {
            separate(out, &mut first);
            json_name(out, placeholder);
            out.extend_from_slice(value);
        }
        for (number, value) in &self.values {
            separate(out, &mut first);
            write_placeholder(out, b"\":v", *number);
            out.extend_from_slice(value);
        }
        out.push(b'}');
    }
}

fn separate(out: &mut Vec<u8>, first: &mut bool) {
    if !*first {
        out.push(b',');
    }
    *first = false;
}

fn write_placeholder(out: &mut Vec<u8>, prefix: &[u8], number: u32) {
    out.extend_from_slice(prefix);
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    out.extend_from_slice(b"\":");
}

fn push_placeholder(text: &mut String, prefix: &str, number: u32) {
    text.push_str(prefix);
    text.push_str(itoa::Buffer::new().format(number));
}

fn placeholder_number(placeholder: &str, prefix: &str) -> Option<u32> {
    placeholder.strip_prefix(prefix)?.parse().ok()
}

/// Whether the service takes an expression of this length.
///
/// # Errors
/// If it is empty or too long.
pub(crate) fn check_length(what: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid_input(format!("the {what} is empty: leave it out instead")));
    }
    if text.len() > MAX_EXPRESSION {
        return Err(Error::invalid_input(format!(
            "the {what} is {} bytes long with its placeholders, DynamoDB takes {MAX_EXPRESSION}: split the request, or compare less in one",
            text.len()
        )));
    }
    Ok(())
}

/// Whether the service takes this many operators.
///
/// # Errors
/// If there are too many.
pub(crate) fn check_operators(what: &str, fragment: &Fragment) -> Result<(), Error> {
    if fragment.operators() > MAX_OPERATORS {
        return Err(Error::invalid_input(format!(
            "the {what} has {} operators and functions, DynamoDB takes {MAX_OPERATORS}: is_in replaces many `or`s",
            fragment.operators()
        )));
    }
    Ok(())
}

/// An expression as the service reads it.
///
/// ```
/// use enhanced_dynamodb::attr;
///
/// let rendered = attr("year").between(1990, 1999).to_expression()?;
/// assert_eq!(rendered.expression, "#n0 BETWEEN :v0 AND :v1");
/// assert_eq!(rendered.names, r##"{"#n0":"year"}"##);
/// assert_eq!(rendered.values, r#"{":v0":{"N":"1990"},":v1":{"N":"1999"}}"#);
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The expression, with placeholders for names and values.
    pub expression: String,
    /// `ExpressionAttributeNames`, as JSON.
    pub names: String,
    /// `ExpressionAttributeValues`, as DynamoDB JSON.
    pub values: String,
}

impl Rendered {
    pub(crate) fn new(expression: String, placeholders: &Placeholders<'_>) -> Result<Rendered, Error> {
        check_length("expression", &expression)?;
        let mut names = Vec::new();
        placeholders.write_names(&mut names);
        let mut values = Vec::new();
        placeholders.write_values(&mut values);
        let text = |bytes| {
            String::from_utf8(bytes).map_err(|error| Error::invalid_input("a value is not UTF-8").with_source(error))
        };
        Ok(Rendered { expression, names: text(names)?, values: text(values)? })
    }
}

/// Without the values, which are never logged.
impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered")
            .field("expression", &self.expression)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
