//! Expressions: conditions, filters, updates, key conditions and projections, typed or in the service's own syntax.
//!
//! [`attr`] names an attribute and [`path`] a place inside one. What is compared or assigned is any value that can be
//! serialised, or another attribute. Names and values are sent as placeholders, each once in a request, so reserved
//! words and special characters are safe in names.
//!
//! ```
//! use enhanced_dynamodb::expression::{KeyCondition, Update, attr, path};
//!
//! let condition = attr("version").eq(3) & path("flags.locked").not_exists();
//! let update = Update::new().set("version", attr("version") + 1).remove("draft");
//! let key = KeyCondition::partition("parent", "m1").sort(attr("createdAt").begins_with("2024"));
//!
//! assert_eq!(condition.to_expression()?.expression, "#n0 = :v0 AND attribute_not_exists(#n1.#n2)");
//! assert_eq!(update.to_expression()?.expression, "SET #n0 = #n0 + :v0 REMOVE #n1");
//! assert_eq!(key.to_expression()?.expression, "#n0 = :v0 AND begins_with(#n1, :v1)");
//! # Ok::<(), enhanced_dynamodb::Error>(())
//! ```
//!
//! What is wrong with an expression never panics and is never lost: it is the error of the request that the expression
//! is in, and of `to_expression`.

mod attr;
mod attribute_type;
mod condition;
mod cursor;
mod effects;
mod fragment;
mod key;
mod operand;
mod placeholders;
mod projection;
mod request;
#[cfg(test)]
mod tests;
mod token;
mod update;
mod update_text;
mod widen;

pub use attr::{Attr, IntoPath, attr, path};
pub use attribute_type::AttributeType;
pub use condition::Condition;
pub use key::KeyCondition;
pub use operand::{IntoOperand, Operand, list_append, value};
pub use placeholders::Rendered;
pub use projection::Projection;
pub use update::Update;

pub(crate) use cursor::{
    CursorBinding, CursorKey, Position, decode_checkpoint, decode_cursor, encode_checkpoint, encode_cursor,
};
pub(crate) use request::RequestExpressions;
pub(crate) use widen::widen_projection;
