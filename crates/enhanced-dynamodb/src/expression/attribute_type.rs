//! The types of attributes, as conditions ask for them.

use super::attr::Attr;
use super::condition::Condition;
use super::operand::value;

/// A type of attribute, as [`Attr::has_type`] asks for.
///
/// ```
/// use enhanced_dynamodb::expression::{AttributeType, attr};
///
/// let condition = attr("score").has_type(AttributeType::N).to_expression()?;
/// assert_eq!(condition.expression, "attribute_type(#n0, :v0)");
/// assert_eq!(condition.values, r#"{":v0":{"S":"N"}}"#);
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// A string.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
    /// True or false.
    Bool,
    /// The value NULL.
    Null,
    /// A list.
    L,
    /// A map.
    M,
    /// A set of strings.
    Ss,
    /// A set of numbers.
    Ns,
    /// A set of bytes.
    Bs,
}

impl AttributeType {
    /// The type as the service names it.
    ///
    /// ```
    /// assert_eq!(enhanced_dynamodb::expression::AttributeType::Bool.as_str(), "BOOL");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AttributeType::S => "S",
            AttributeType::N => "N",
            AttributeType::B => "B",
            AttributeType::Bool => "BOOL",
            AttributeType::Null => "NULL",
            AttributeType::L => "L",
            AttributeType::M => "M",
            AttributeType::Ss => "SS",
            AttributeType::Ns => "NS",
            AttributeType::Bs => "BS",
        }
    }
}

impl Attr {
    /// The attribute is of this type.
    #[must_use]
    pub fn has_type(self, kind: AttributeType) -> Condition {
        Condition::function("attribute_type(", self, Some(value(kind.as_str())))
    }
}
