//! Attributes: a name, and the way down into its value.

use std::fmt;

use super::fragment::Fragment;

/// The deepest document path that the service takes. DynamoDB Local 1.25.1 answers more with "The document path has
/// too many nesting levels".
const MAX_LEVELS: usize = 32;

/// An attribute, or a place inside one: what expressions speak of. Made by [`attr`] and [`path`].
#[derive(Clone)]
pub struct Attr {
    pub(super) fragment: Fragment,
    pub(super) levels: usize,
}

/// The attribute with exactly this name, whatever characters it has.
///
/// The name is sent as a placeholder, so the service's reserved words, dots, `#` and spaces are safe in it. A dot is
/// part of the name: use [`Attr::field`] or [`path`] to go deeper.
///
/// ```
/// use enhanced_dynamodb::attr;
///
/// let condition = attr("status").eq("open").to_expression()?;
/// assert_eq!(condition.expression, "#n0 = :v0");
/// assert_eq!(condition.names, r##"{"#n0":"status"}"##);
/// assert_eq!(condition.values, r#"{":v0":{"S":"open"}}"#);
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[must_use]
pub fn attr(name: impl AsRef<str>) -> Attr {
    let mut fragment = Fragment::default();
    fragment.name(name.as_ref());
    Attr { fragment, levels: 1 }
}

/// The place that a document path leads to: names with dots between them, and places in lists in brackets.
///
/// A name that has a dot or a bracket in it cannot be written this way: use [`attr`] and [`Attr::field`].
///
/// A path that cannot be read is an error of the expression that it is used in.
///
/// ```
/// use enhanced_dynamodb::expression::{attr, path};
///
/// let condition = path("authors[0].name").exists().to_expression()?;
/// assert_eq!(condition.expression, "attribute_exists(#n0[0].#n1)");
/// assert_eq!(condition.expression, attr("authors").index(0).field("name").exists().to_expression()?.expression);
///
/// assert!(path("authors[first]").exists().to_expression().is_err());
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[must_use]
pub fn path(text: impl AsRef<str>) -> Attr {
    let text = text.as_ref();
    let mut attr = Attr { fragment: Fragment::default(), levels: 0 };
    if let Err(problem) = parse(text, &mut attr) {
        attr.fragment.fail(format!("the document path `{}` cannot be read: {problem}", text.escape_debug()));
    }
    attr
}

fn parse(text: &str, attr: &mut Attr) -> Result<(), &'static str> {
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return Err("a name is missing");
        }
        if attr.levels > 0 {
            attr.fragment.text(".");
        }
        attr.push_name(name);
        rest = after;
        while let Some(after) = rest.strip_prefix('[') {
            let Some((digits, after)) = after.split_once(']') else { return Err("a `[` has no `]`") };
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err("between `[` and `]` stands a place in a list, such as 0");
            }
            attr.push_index(digits.parse().map_err(|_| "a place in a list is too large")?);
            rest = after;
        }
        if rest.is_empty() {
            return Ok(());
        }
        rest = rest.strip_prefix('.').ok_or("expected `.` or `[` after a name or a `]`")?;
    }
}

impl Attr {
    /// The field of this name in a map.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// let theme = attr("settings").field("color.theme");
    /// assert_eq!(theme.eq("dark").to_expression()?.names, r##"{"#n0":"settings","#n1":"color.theme"}"##);
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn field(mut self, name: impl AsRef<str>) -> Attr {
        self.fragment.text(".");
        self.push_name(name.as_ref());
        self
    }

    /// The element at this place in a list, counted from 0.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("tags").index(3).exists().to_expression()?.expression, "attribute_exists(#n0[3])");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn index(mut self, index: u32) -> Attr {
        self.push_index(index);
        self
    }

    fn push_name(&mut self, name: &str) {
        self.fragment.name(name);
        self.deepen();
    }

    fn push_index(&mut self, index: u32) {
        self.fragment.index(index);
        self.deepen();
    }

    fn deepen(&mut self) {
        self.levels += 1;
        if self.levels > MAX_LEVELS {
            self.fragment.fail(format!("a document path is deeper than the {MAX_LEVELS} levels that DynamoDB takes"));
        }
    }
}

/// The path for people, as in `authors[0].name`.
impl fmt::Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fragment.fmt(f)
    }
}

impl fmt::Debug for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attr({self})")
    }
}

/// What names a place in an item: a string is exactly one attribute name, an [`Attr`] may lead deeper.
///
/// ```
/// use enhanced_dynamodb::expression::{Update, attr};
///
/// let update = Update::new().set("first.name", "Ada").set(attr("address").field("city"), "London");
/// assert_eq!(update.to_expression()?.names, r##"{"#n0":"first.name","#n1":"address","#n2":"city"}"##);
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
pub trait IntoPath {
    /// The place.
    fn into_path(self) -> Attr;
}

impl IntoPath for Attr {
    fn into_path(self) -> Attr {
        self
    }
}

impl IntoPath for &Attr {
    fn into_path(self) -> Attr {
        self.clone()
    }
}

impl IntoPath for &str {
    fn into_path(self) -> Attr {
        attr(self)
    }
}

impl IntoPath for String {
    fn into_path(self) -> Attr {
        attr(self)
    }
}

impl IntoPath for &String {
    fn into_path(self) -> Attr {
        attr(self)
    }
}
