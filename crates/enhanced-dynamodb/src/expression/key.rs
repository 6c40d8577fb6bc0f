//! Key conditions: which items a query reads.

use std::fmt;

use serde::Serialize;

use super::attr::attr;
use super::condition::Condition;
use super::fragment::Fragment;
use super::placeholders::{Placeholders, Rendered, check_operators};
use crate::error::Error;

/// The service takes up to four attributes as an index's partition key, and up to four as its sort key.
const MAX_KEY_ATTRIBUTES: usize = 4;

/// Which items a query reads: one partition, and a range of its sort keys.
///
/// The query operation's builder has the same methods.
///
/// ```
/// use enhanced_dynamodb::expression::{KeyCondition, attr};
///
/// let messages = KeyCondition::partition("parent", "m1").sort(attr("createdAt").begins_with("2024"));
/// assert_eq!(messages.to_expression()?.expression, "#n0 = :v0 AND begins_with(#n1, :v1)");
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct KeyCondition {
    fragment: Fragment,
    partitions: usize,
    sorts: usize,
    texts: usize,
}

impl KeyCondition {
    /// The partition whose key attribute of this name has this value.
    #[must_use]
    pub fn partition(name: impl AsRef<str>, value: impl Serialize) -> KeyCondition {
        KeyCondition::default().and_partition(name, value)
    }

    /// A key condition in the service's own syntax, its names and values given beside it.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::{KeyCondition, attr};
    ///
    /// let condition = KeyCondition::expression("parent = :parent").sort(attr("createdAt").ge("2024"));
    /// assert_eq!(condition.to_expression()?.expression, "parent = :parent AND #n0 >= :v0");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn expression(text: impl AsRef<str>) -> KeyCondition {
        KeyCondition::default().and_expression(text)
    }

    /// More of a key condition in the service's own syntax.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::KeyCondition;
    ///
    /// let condition = KeyCondition::partition("parent", "m1").and_expression("begins_with(createdAt, :year)");
    /// assert_eq!(condition.to_expression()?.expression, "#n0 = :v0 AND begins_with(createdAt, :year)");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn and_expression(mut self, text: impl AsRef<str>) -> KeyCondition {
        self.separate();
        if text.as_ref().trim().is_empty() {
            self.fragment.fail("a key condition is empty: leave it out instead");
        }
        self.fragment.raw(text.as_ref());
        self.texts += 1;
        self
    }

    /// A further attribute of the partition key: an index may have up to four.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::KeyCondition;
    ///
    /// let condition = KeyCondition::partition("tenant", "t1").and_partition("region", "eu");
    /// assert_eq!(condition.to_expression()?.expression, "#n0 = :v0 AND #n1 = :v1");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn and_partition(mut self, name: impl AsRef<str>, value: impl Serialize) -> KeyCondition {
        self.separate();
        self.fragment.append(attr(name).eq(value).fragment);
        self.partitions += 1;
        if self.partitions > MAX_KEY_ATTRIBUTES {
            self.fragment.fail("a partition key has at most four attributes");
        }
        self
    }

    /// Which sort keys: one of `eq`, `lt`, `le`, `gt`, `ge`, `between` and `begins_with` of the sort key attribute and
    /// values. Given several times, for an index with several sort key attributes, in the index's order.
    ///
    /// Another kind of condition is an error when the query is built:
    ///
    /// ```
    /// use enhanced_dynamodb::expression::{KeyCondition, attr};
    ///
    /// let condition = KeyCondition::partition("parent", "m1").sort(attr("text").contains("hello"));
    /// assert!(condition.to_expression().unwrap_err().message().contains("filter"));
    /// ```
    #[must_use]
    pub fn sort(mut self, condition: Condition) -> KeyCondition {
        self.separate();
        if !condition.fits_sort_key {
            self.fragment.fail(
                "a sort key condition is one of eq, lt, le, gt, ge, between and begins_with of the sort key and values: \
                 put other conditions into the filter",
            );
        }
        self.fragment.append(condition.fragment);
        self.sorts += 1;
        if self.sorts > MAX_KEY_ATTRIBUTES {
            self.fragment.fail("a sort key has at most four attributes");
        }
        self
    }

    fn separate(&mut self) {
        if !self.fragment.parts().is_empty() {
            self.fragment.operator(" AND ");
        }
    }

    /// The key condition as the service reads it, alone.
    ///
    /// # Errors
    /// What is wrong with it: see [`Rendered`].
    pub fn to_expression(&self) -> Result<Rendered, Error> {
        let mut placeholders = Placeholders::new(&[], &[], [&self.fragment]);
        let mut text = String::new();
        self.render(&mut placeholders, &mut text)?;
        Rendered::new(text, &placeholders)
    }

    pub(super) fn fragment(&self) -> &Fragment {
        &self.fragment
    }

    pub(super) fn render<'a>(&'a self, placeholders: &mut Placeholders<'a>, text: &mut String) -> Result<(), Error> {
        placeholders.render(&self.fragment, text)?;
        if self.partitions == 0 && self.texts == 0 {
            return Err(Error::invalid_input("a query reads one partition: say which with partition(name, value)"));
        }
        check_operators("key condition", &self.fragment)
    }
}

/// Names as they are, values left out.
impl fmt::Debug for KeyCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCondition({})", self.fragment)
    }
}
