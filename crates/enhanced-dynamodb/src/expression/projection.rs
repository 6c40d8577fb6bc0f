//! Projections: which parts of an item are read.

use std::fmt;

use super::attr::IntoPath;
use super::fragment::Fragment;
use super::placeholders::{Placeholders, Rendered};
use crate::error::Error;

/// Which attributes, or places inside them, are read.
///
/// ```
/// use enhanced_dynamodb::expression::{Projection, attr};
///
/// let projection = Projection::new(["id", "name"]).and(attr("address").field("city"));
/// assert_eq!(projection.to_expression()?.expression, "#n0, #n1, #n2.#n3");
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Projection {
    fragment: Fragment,
}

impl Projection {
    /// These attributes.
    #[must_use]
    pub fn new<P: IntoPath>(paths: impl IntoIterator<Item = P>) -> Projection {
        paths.into_iter().fold(Projection::default(), Projection::and)
    }

    /// A projection in the service's own syntax, its names given beside it.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::Projection;
    ///
    /// assert_eq!(Projection::expression("id, #n").and("size").to_expression()?.expression, "id, #n, #n0");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn expression(text: impl AsRef<str>) -> Projection {
        Projection::default().and_expression(text)
    }

    /// This attribute too.
    #[must_use]
    pub fn and(mut self, path: impl IntoPath) -> Projection {
        self.separate();
        self.fragment.append(path.into_path().fragment);
        self
    }

    /// These too, in the service's own syntax.
    #[must_use]
    pub fn and_expression(mut self, text: impl AsRef<str>) -> Projection {
        self.separate();
        if text.as_ref().trim().is_empty() {
            self.fragment.fail("a projection is empty: leave it out instead");
        }
        self.fragment.raw(text.as_ref());
        self
    }

    fn separate(&mut self) {
        if !self.fragment.parts().is_empty() {
            self.fragment.text(", ");
        }
    }

    /// The projection as the service reads it, alone.
    ///
    /// # Errors
    /// What is wrong with it, such as a path that cannot be read.
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
        placeholders.render(&self.fragment, text)
    }
}

impl fmt::Debug for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Projection({})", self.fragment)
    }
}
