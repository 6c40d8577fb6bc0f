//! The names by which the types of `item` tell the codec what they are.
//!
//! serde has no notion of a DynamoDB set or a 38-digit number. The types that need more than serde's data model
//! serialise themselves as a newtype struct of one of these names: this codec knows them and keeps the exact type;
//! any other format sees through a newtype struct and finds plain data. No Rust type has such a name by accident: it
//! begins with `$`.

/// A number with all its digits.
pub(crate) const NUMBER: &str = "$enhanced_dynamodb::Number";
/// Bytes.
pub(crate) const BINARY: &str = "$enhanced_dynamodb::Binary";
/// A set of strings.
pub(crate) const STRING_SET: &str = "$enhanced_dynamodb::StringSet";
/// A set of numbers.
pub(crate) const NUMBER_SET: &str = "$enhanced_dynamodb::NumberSet";
/// A set of byte strings.
pub(crate) const BINARY_SET: &str = "$enhanced_dynamodb::BinarySet";
/// A value of any type, read with its type.
pub(crate) const VALUE: &str = "$enhanced_dynamodb::AttributeValue";

/// The name of the struct, and of its one field, by which serde_json hands on a number's digits if its feature
/// `arbitrary_precision` is enabled, which any crate of the program may do.
pub(crate) const SERDE_JSON_NUMBER: &str = "$serde_json::private::Number";

/// One of the names that begin with `$enhanced_dynamodb`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token {
    Number,
    Binary,
    StringSet,
    NumberSet,
    BinarySet,
    Value,
}

impl Token {
    /// The token with this name, if it is one. Nearly every name is not, and fails on its first byte.
    #[inline]
    pub(super) fn of(name: &'static str) -> Option<Token> {
        if name.as_bytes().first() == Some(&b'$') { Token::of_dollar(name) } else { None }
    }

    fn of_dollar(name: &str) -> Option<Token> {
        match name {
            NUMBER => Some(Token::Number),
            BINARY => Some(Token::Binary),
            STRING_SET => Some(Token::StringSet),
            NUMBER_SET => Some(Token::NumberSet),
            BINARY_SET => Some(Token::BinarySet),
            VALUE => Some(Token::Value),
            _ => None,
        }
    }
}
