//! Conditions of writes and filters of queries and scans.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};

use super::attr::Attr;
use super::fragment::{Fragment, Part};
use super::operand::{Form, IntoOperand, Operand};
use super::placeholders::{Placeholders, Rendered, check_operators};
use crate::error::Error;

/// The service: "The maximum number of operands for the IN comparator is 100".
const MAX_IN: usize = 100;

/// A condition of a write, a filter of a query or scan, or a condition on a sort key.
///
/// Conditions are joined by [`and`](Condition::and), [`or`](Condition::or) and [`not`](Condition::not), or by `&`, `|`
/// and `!`. What is wrong with one, such as a value that cannot be encoded, is an error when it is sent or
/// [rendered](Condition::to_expression).
///
/// ```
/// use enhanced_dynamodb::attr;
///
/// let condition = attr("id").not_exists() | (attr("version").lt(7) & !attr("locked").eq(true));
/// assert_eq!(
///     condition.to_expression()?.expression,
///     "attribute_not_exists(#n0) OR #n1 < :v0 AND NOT (#n2 = :v1)"
/// );
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone)]
pub struct Condition {
    pub(super) fragment: Fragment,
    level: Level,
    /// Whether a sort key condition may look like this.
    pub(super) fits_sort_key: bool,
}

/// How strongly a condition holds together: decides where parentheses are needed. The service rejects redundant ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Or,
    And,
    Atom,
    /// The user's own text, not yet inside parentheses.
    Text,
}

impl Attr {
    /// The item has the attribute, be it NULL.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("email").exists().to_expression()?.expression, "attribute_exists(#n0)");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn exists(self) -> Condition {
        Condition::function("attribute_exists(", self, None)
    }

    /// The item does not have the attribute; asked of a table's key, that there is no such item.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("id").not_exists().to_expression()?.expression, "attribute_not_exists(#n0)");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn not_exists(self) -> Condition {
        Condition::function("attribute_not_exists(", self, None)
    }

    /// The string, or the bytes, begin with these.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("sku").begins_with("EU-").to_expression()?.expression, "begins_with(#n0, :v0)");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn begins_with(self, start: impl IntoOperand) -> Condition {
        let start = start.into_operand();
        let fits_sort_key = self.levels == 1 && start.form == Form::Value;
        Condition { fits_sort_key, ..Condition::function("begins_with(", self, Some(start)) }
    }

    /// The string has this part, or the set or list this element.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("tags").contains("new").to_expression()?.expression, "contains(#n0, :v0)");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn contains(self, part: impl IntoOperand) -> Condition {
        Condition::function("contains(", self, Some(part.into_operand()))
    }
}

impl Condition {
    /// A condition in the service's own syntax, its names and values given beside it.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::{Condition, attr};
    ///
    /// let condition = Condition::expression("contains(#tags, :tag) OR pinned = :yes") & attr("status").eq("open");
    /// assert_eq!(
    ///     condition.to_expression()?.expression,
    ///     "(contains(#tags, :tag) OR pinned = :yes) AND #n0 = :v0"
    /// );
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn expression(text: impl AsRef<str>) -> Condition {
        let text = text.as_ref();
        let mut fragment = Fragment::default();
        let mut level = Level::Text;
        match parentheses(text) {
            Parentheses::Around => level = Level::Atom,
            Parentheses::Balanced => {}
            Parentheses::Unbalanced => {
                fragment.fail(format!("the parentheses of the condition do not match: {}", text.escape_debug()));
            }
        }
        if text.trim().is_empty() {
            fragment.fail("a condition is empty: leave it out instead");
        }
        fragment.raw(text);
        Condition { fragment, level, fits_sort_key: false }
    }

    pub(super) fn compare(left: Operand, operator: &'static str, right: Operand) -> Condition {
        let fits_sort_key = left.form == Form::Name && right.form == Form::Value && operator != " <> ";
        let mut fragment = left.compared().fragment;
        let mut right = right.compared().fragment;
        right.locate(&fragment);
        fragment.operator(operator);
        fragment.append(right);
        Condition { fragment, level: Level::Atom, fits_sort_key }
    }

    pub(super) fn between(operand: Operand, low: Operand, high: Operand) -> Condition {
        let fits_sort_key = operand.form == Form::Name && low.form == Form::Value && high.form == Form::Value;
        let mut fragment = operand.compared().fragment;
        let mut low = low.compared().fragment;
        let mut high = high.compared().fragment;
        low.locate(&fragment);
        high.locate(&fragment);
        fragment.operator(" BETWEEN ");
        fragment.append(low);
        fragment.text(" AND ");
        fragment.append(high);
        Condition { fragment, level: Level::Atom, fits_sort_key }
    }

    pub(super) fn is_in(operand: Operand, operands: impl Iterator<Item = Operand>) -> Condition {
        let mut fragment = operand.compared().fragment;
        let mut list = Fragment::default();
        let mut count = 0usize;
        for operand in operands {
            count += 1;
            if count > MAX_IN {
                list.fail(format!(
                    "is_in of `{fragment}` has more than the {MAX_IN} operands that DynamoDB takes: join several by or"
                ));
                break;
            }
            if count > 1 {
                list.text(", ");
            }
            list.append(operand.compared().fragment);
        }
        if count == 0 {
            list.fail(format!("is_in of `{fragment}` has no operands, DynamoDB takes 1 to {MAX_IN}"));
        }
        list.locate(&fragment);
        fragment.operator(" IN (");
        fragment.append(list);
        fragment.text(")");
        Condition { fragment, level: Level::Atom, fits_sort_key: false }
    }

    pub(super) fn function(function: &'static str, attr: Attr, argument: Option<Operand>) -> Condition {
        let argument = argument.map(|argument| {
            let mut argument = argument.compared().fragment;
            argument.locate(&attr);
            argument
        });
        let mut fragment = Fragment::default();
        fragment.operator(function);
        fragment.append(attr.fragment);
        if let Some(argument) = argument {
            fragment.text(", ");
            fragment.append(argument);
        }
        fragment.text(")");
        Condition { fragment, level: Level::Atom, fits_sort_key: false }
    }

    /// Both hold.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// let condition = attr("a").exists().and(attr("b").eq(1));
    /// assert_eq!(condition.to_expression()?.expression, "attribute_exists(#n0) AND #n1 = :v0");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn and(self, other: Condition) -> Condition {
        let mut fragment = self.beside_and();
        fragment.operator(" AND ");
        fragment.append(other.beside_and());
        Condition { fragment, level: Level::And, fits_sort_key: false }
    }

    /// One of them holds, or both do.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// let condition = attr("a").exists().or(attr("b").eq(1));
    /// assert_eq!(condition.to_expression()?.expression, "attribute_exists(#n0) OR #n1 = :v0");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn or(self, other: Condition) -> Condition {
        let mut fragment = self.beside_or();
        fragment.operator(" OR ");
        fragment.append(other.beside_or());
        Condition { fragment, level: Level::Or, fits_sort_key: false }
    }

    /// It does not hold.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("a").gt(1).not().to_expression()?.expression, "NOT (#n0 > :v0)");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "`!` is implemented too; this one needs no import")]
    pub fn not(mut self) -> Condition {
        let parenthesised_text = self.level == Level::Atom && self.starts_with_text();
        if !parenthesised_text {
            self.fragment.parenthesise();
        }
        let mut fragment = Fragment::default();
        fragment.operator("NOT ");
        fragment.append(self.fragment);
        Condition { fragment, level: Level::Atom, fits_sort_key: false }
    }

    fn starts_with_text(&self) -> bool {
        matches!(self.fragment.parts().first(), Some(Part::Raw(_)))
    }

    fn beside_and(mut self) -> Fragment {
        match self.level {
            Level::Or | Level::Text => self.fragment.parenthesise(),
            Level::And | Level::Atom => {}
        }
        self.fragment
    }

    fn beside_or(mut self) -> Fragment {
        match self.level {
            Level::Text => self.fragment.parenthesise(),
            Level::Or | Level::And | Level::Atom => {}
        }
        self.fragment
    }

    /// The condition as the service reads it, alone: to look at, to test, or to use with another client.
    ///
    /// # Errors
    /// What is wrong with the condition: see [`Rendered`].
    pub fn to_expression(&self) -> Result<Rendered, Error> {
        let mut placeholders = Placeholders::new(&[], &[], [&self.fragment]);
        let mut text = String::new();
        self.render("condition", &mut placeholders, &mut text)?;
        Rendered::new(text, &placeholders)
    }

    pub(super) fn render<'a>(
        &'a self,
        what: &str,
        placeholders: &mut Placeholders<'a>,
        text: &mut String,
    ) -> Result<(), Error> {
        placeholders.render(&self.fragment, text)?;
        check_operators(what, &self.fragment)
    }
}

enum Parentheses {
    /// One pair holds the whole text.
    Around,
    Balanced,
    Unbalanced,
}

/// How parentheses stand in a condition. The service's syntax has no quotes that could hide one.
fn parentheses(text: &str) -> Parentheses {
    let text = text.trim();
    let mut depth = 0usize;
    let mut around = text.starts_with('(');
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Parentheses::Unbalanced,
            },
            _ => {}
        }
        if depth == 0 && at + character.len_utf8() < text.len() {
            around = false;
        }
    }
    match (depth, around) {
        (0, true) => Parentheses::Around,
        (0, false) => Parentheses::Balanced,
        _ => Parentheses::Unbalanced,
    }
}

impl BitAnd for Condition {
    type Output = Condition;

    fn bitand(self, other: Condition) -> Condition {
        self.and(other)
    }
}

impl BitOr for Condition {
    type Output = Condition;

    fn bitor(self, other: Condition) -> Condition {
        self.or(other)
    }
}

impl Not for Condition {
    type Output = Condition;

    fn not(self) -> Condition {
        Condition::not(self)
    }
}

/// Names as they are, values left out.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({})", self.fragment)
    }
}
