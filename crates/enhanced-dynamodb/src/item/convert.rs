//! Rust values as values of the service's types.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{AttributeValue, Binary, BinarySet, Item, Number, NumberSet, StringSet};

macro_rules! from {
    ($($type:ty: $value:ident => $attribute:expr;)*) => {$(
        impl From<$type> for AttributeValue {
            fn from($value: $type) -> Self {
                $attribute
            }
        }
    )*};
}

from! {
    String: text => AttributeValue::S(text);
    &str: text => AttributeValue::S(text.to_owned());
    &String: text => AttributeValue::S(text.clone());
    Cow<'_, str>: text => AttributeValue::S(text.into_owned());
    char: character => AttributeValue::S(character.into());
    bool: value => AttributeValue::Bool(value);
    (): _nothing => AttributeValue::Null;
    Number: number => AttributeValue::N(number);
    i8: number => AttributeValue::N(number.into());
    i16: number => AttributeValue::N(number.into());
    i32: number => AttributeValue::N(number.into());
    i64: number => AttributeValue::N(number.into());
    isize: number => AttributeValue::N(number.into());
    u8: number => AttributeValue::N(number.into());
    u16: number => AttributeValue::N(number.into());
    u32: number => AttributeValue::N(number.into());
    u64: number => AttributeValue::N(number.into());
    usize: number => AttributeValue::N(number.into());
    Binary: bytes => AttributeValue::B(bytes);
    Item: members => AttributeValue::M(members);
    BTreeMap<String, AttributeValue>: members => AttributeValue::M(members.into());
    StringSet: set => AttributeValue::Ss(set);
    NumberSet: set => AttributeValue::Ns(set);
    BinarySet: set => AttributeValue::Bs(set);
}

macro_rules! from_floats {
    ($($type:ident)*) => {$(
        /// The shortest digits that read back as the same float: 0.1 is 0.1. The service has no number for one that is
        /// not finite or beyond its range: to write that is an error ([`ErrorKind::Encode`](crate::ErrorKind::Encode)),
        /// and nothing is sent. `Number::try_from` tells at once.
        impl From<$type> for AttributeValue {
            fn from(number: $type) -> Self {
                AttributeValue::N(Number::from_float(number))
            }
        }
    )*};
}

from_floats! { f32 f64 }

/// A list of whatever the elements are.
impl<T: Into<AttributeValue>> From<Vec<T>> for AttributeValue {
    fn from(elements: Vec<T>) -> Self {
        AttributeValue::L(elements.into_iter().map(Into::into).collect())
    }
}

/// A list of whatever the elements are.
impl<T: Into<AttributeValue>, const N: usize> From<[T; N]> for AttributeValue {
    fn from(elements: [T; N]) -> Self {
        AttributeValue::L(elements.into_iter().map(Into::into).collect())
    }
}

/// `None` is NULL.
impl<T: Into<AttributeValue>> From<Option<T>> for AttributeValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(AttributeValue::Null, Into::into)
    }
}
