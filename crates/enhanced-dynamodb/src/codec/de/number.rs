//! Reads an N into the number type that was asked for: exactly, or not at all.

use std::any::type_name;
use std::str::FromStr;

use serde::de::Visitor;

use super::{Error, Result};
use crate::item::{Number, Plain};

/// An integer. `5.0` and `5E0` are 5; a fraction or a value out of range is an error and never rounds or wraps.
#[inline]
pub(super) fn integer<T: FromStr + TryFrom<i128> + TryFrom<u128>>(digits: &str) -> Result<T> {
    match digits.parse() {
        Ok(number) => Ok(number),
        Err(_) => unusual_integer(digits),
    }
}

#[cold]
fn unusual_integer<T: TryFrom<i128> + TryFrom<u128>>(digits: &str) -> Result<T> {
    let number = Number::parse(digits).map_err(Error::new)?;
    if !number.is_integer() {
        return Err(Error::new(format!("expected {}, found N with a fraction", type_name::<T>())));
    }
    let signed = number.to_i128().and_then(|number| T::try_from(number).ok());
    signed
        .or_else(|| number.to_u128().and_then(|number| T::try_from(number).ok()))
        .ok_or_else(|| Error::new(format!("expected {}, found N out of its range", type_name::<T>())))
}

/// Finite floats: the nearest one to the digits.
pub(super) trait Float: FromStr + Copy + Into<f64> {}

impl Float for f32 {}
impl Float for f64 {}

#[inline]
pub(super) fn float<T: Float>(digits: &str) -> Result<T> {
    match digits.parse::<T>() {
        Ok(number) if Into::<f64>::into(number).is_finite() => Ok(number),
        _ => Err(unusual_float::<T>(digits)),
    }
}

/// Why these digits are no float: Rust's parser also takes `inf` and `nan`, and makes too great a number infinite.
#[cold]
fn unusual_float<T>(digits: &str) -> Error {
    match Number::parse(digits) {
        Ok(_) => Error::new(format!("expected {}, found N out of its range", type_name::<T>())),
        Err(message) => Error::new(message),
    }
}

/// A number for somebody who takes whatever comes: an integer if it is one that fits, a float if that is exactly the
/// same number, and else its digits as a string, so that nothing is lost on the way into a `Number`.
pub(super) fn any<'de, V: Visitor<'de>>(digits: &str, visitor: V) -> Result<V::Value> {
    if let Ok(number) = digits.parse::<u64>() {
        return visitor.visit_u64(number);
    }
    let number = Number::parse(digits).map_err(Error::new)?;
    match number.plain() {
        Plain::Unsigned(number) => visitor.visit_u64(number),
        Plain::Signed(number) => visitor.visit_i64(number),
        Plain::Float(number) => visitor.visit_f64(number),
        Plain::Digits => visitor.visit_string(number.to_string()),
    }
}
