//! A value of any type.

use std::ops::Index;

use super::{Binary, BinarySet, Item, Number, NumberSet, StringSet};

/// A value of any of the service's types, named as the service names them.
///
/// Indexing by name or position gives [`AttributeValue::Null`] where there is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// A string.
    S(String),
    /// A number.
    N(Number),
    /// Bytes.
    B(Binary),
    /// A boolean.
    Bool(bool),
    /// Nothing.
    #[default]
    Null,
    /// A map.
    M(Item),
    /// A list.
    L(Vec<AttributeValue>),
    /// A set of strings.
    Ss(StringSet),
    /// A set of numbers.
    Ns(NumberSet),
    /// A set of byte strings.
    Bs(BinarySet),
}

impl AttributeValue {
    /// The text, if this is an S.
    #[must_use]
    pub fn as_s(&self) -> Option<&str> {
        if let AttributeValue::S(text) = self { Some(text) } else { None }
    }

    /// The number, if this is an N.
    #[must_use]
    pub fn as_n(&self) -> Option<Number> {
        if let AttributeValue::N(number) = self { Some(*number) } else { None }
    }

    /// The bytes, if this is a B.
    #[must_use]
    pub fn as_b(&self) -> Option<&[u8]> {
        if let AttributeValue::B(bytes) = self { Some(bytes) } else { None }
    }

    /// The value, if this is a BOOL.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let AttributeValue::Bool(value) = self { Some(*value) } else { None }
    }

    /// Whether this is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, AttributeValue::Null)
    }

    /// The map, if this is an M.
    #[must_use]
    pub fn as_m(&self) -> Option<&Item> {
        if let AttributeValue::M(members) = self { Some(members) } else { None }
    }

    /// The elements, if this is an L.
    #[must_use]
    pub fn as_l(&self) -> Option<&[AttributeValue]> {
        if let AttributeValue::L(elements) = self { Some(elements) } else { None }
    }

    /// The elements, if this is an SS.
    #[must_use]
    pub fn as_ss(&self) -> Option<&StringSet> {
        if let AttributeValue::Ss(elements) = self { Some(elements) } else { None }
    }

    /// The elements, if this is an NS.
    #[must_use]
    pub fn as_ns(&self) -> Option<&NumberSet> {
        if let AttributeValue::Ns(elements) = self { Some(elements) } else { None }
    }

    /// The elements, if this is a BS.
    #[must_use]
    pub fn as_bs(&self) -> Option<&BinarySet> {
        if let AttributeValue::Bs(elements) = self { Some(elements) } else { None }
    }
}

impl Index<&str> for AttributeValue {
    type Output = AttributeValue;

    fn index(&self, name: &str) -> &AttributeValue {
        self.as_m().map_or(&AttributeValue::Null, |members| &members[name])
    }
}

impl Index<usize> for AttributeValue {
    type Output = AttributeValue;

    fn index(&self, position: usize) -> &AttributeValue {
        self.as_l().and_then(|elements| elements.get(position)).unwrap_or(&AttributeValue::Null)
    }
}
