//! Operands: what conditions compare and updates assign.

use std::fmt;
use std::ops::{Add, Sub};

use serde::Serialize;

use super::attr::Attr;
use super::condition::Condition;
use super::fragment::Fragment;

/// What stands on a side of a comparison, or is assigned by an update: a value, an attribute, the size of an
/// attribute, or, in updates, a sum, a difference, `if_not_exists` or `list_append`.
#[derive(Clone)]
pub struct Operand {
    pub(super) fragment: Fragment,
    pub(super) form: Form,
}

/// What an operand is, which decides where it may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Value,
    /// An attribute by its name alone.
    Name,
    /// A place inside an attribute.
    Path,
    Size,
    /// `if_not_exists` or `list_append`.
    Function,
    /// A sum or a difference.
    Arithmetic,
}

/// A value as an operand, where one is to stand on the left of an operator.
///
/// ```
/// use enhanced_dynamodb::expression::{Update, attr, value};
///
/// let update = Update::new().set("left", value(100) - attr("used"));
/// assert_eq!(update.to_expression()?.expression, "SET #n0 = :v0 - #n1");
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[must_use]
pub fn value<T: Serialize>(value: T) -> Operand {
    let mut fragment = Fragment::default();
    fragment.value(&value);
    Operand { fragment, form: Form::Value }
}

/// Two lists, one after the other, for an update.
///
/// ```
/// use enhanced_dynamodb::expression::{Update, attr, list_append};
///
/// let none: [&str; 0] = [];
/// let update = Update::new().set("tags", list_append(attr("tags").if_not_exists(none), ["new"]));
/// assert_eq!(update.to_expression()?.expression, "SET #n0 = list_append(if_not_exists(#n0, :v0), :v1)");
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[must_use]
pub fn list_append(first: impl IntoOperand, second: impl IntoOperand) -> Operand {
    let mut fragment = Fragment::default();
    fragment.operator("list_append(");
    fragment.append(first.into_operand().inside_function());
    fragment.text(", ");
    fragment.append(second.into_operand().inside_function());
    fragment.text(")");
    Operand { fragment, form: Form::Function }
}

impl Operand {
    fn arithmetic(mut self, operator: &'static str, mut other: Operand) -> Operand {
        other.fragment.locate(&self.fragment);
        if self.form == Form::Arithmetic || other.form == Form::Arithmetic {
            self.fragment
                .fail("DynamoDB takes one + or - in an assignment: work out the rest before, or use two updates");
        }
        for operand in [&mut self, &mut other] {
            operand.refuse_size();
        }
        self.fragment.operator(operator);
        self.fragment.append(other.fragment);
        Operand { fragment: self.fragment, form: Form::Arithmetic }
    }

    /// As an argument of `if_not_exists` or `list_append`.
    fn inside_function(mut self) -> Fragment {
        if self.form == Form::Arithmetic {
            self.fragment.fail("DynamoDB takes no + or - inside if_not_exists and list_append");
        }
        self.refuse_size();
        self.fragment
    }

    fn refuse_size(&mut self) {
        if self.form == Form::Size {
            self.fragment.fail("size() is a part of conditions and filters, DynamoDB does not take it in an update");
        }
    }

    /// As what an update assigns to `path`.
    pub(super) fn assigned_to(mut self, path: &Attr) -> Fragment {
        self.refuse_size();
        self.fragment.locate(path);
        self.fragment
    }

    /// As a side of a comparison.
    pub(super) fn compared(mut self) -> Self {
        match self.form {
            Form::Value | Form::Name | Form::Path | Form::Size => {}
            Form::Function | Form::Arithmetic => self.fragment.fail(
                "if_not_exists, list_append, + and - are parts of updates: a condition compares attributes, values and size()",
            ),
        }
        self
    }
}

impl Attr {
    /// In an update: the attribute's value, or this one where the item does not have the attribute.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::{Update, attr};
    ///
    /// let update = Update::new()
    ///     .set("created", attr("created").if_not_exists("2024-05-01"))
    ///     .set("visits", attr("visits").if_not_exists(0) + 1);
    /// assert_eq!(
    ///     update.to_expression()?.expression,
    ///     "SET #n0 = if_not_exists(#n0, :v0), #n1 = if_not_exists(#n1, :v1) + :v2"
    /// );
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn if_not_exists(self, value: impl IntoOperand) -> Operand {
        let mut value = value.into_operand().inside_function();
        value.locate(&self);
        let mut fragment = Fragment::default();
        fragment.operator("if_not_exists(");
        fragment.append(self.fragment);
        fragment.text(", ");
        fragment.append(value);
        fragment.text(")");
        Operand { fragment, form: Form::Function }
    }

    /// The size of the attribute, to be compared: characters of a string, bytes of a binary, elements of a set, list
    /// or map.
    ///
    /// ```
    /// use enhanced_dynamodb::attr;
    ///
    /// assert_eq!(attr("tags").size().le(10).to_expression()?.expression, "size(#n0) <= :v0");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn size(self) -> Operand {
        let mut fragment = Fragment::default();
        fragment.operator("size(");
        fragment.append(self.fragment);
        fragment.text(")");
        Operand { fragment, form: Form::Size }
    }
}

/// What can be an operand: any value that can be serialised, an [`Attr`], an [`Operand`].
///
/// A value is encoded at once. One that cannot be, such as `f64::NAN`, is an error of the expression when it is built.
/// `None` is the value NULL.
///
/// ```
/// use enhanced_dynamodb::{ErrorKind, attr};
///
/// assert_eq!(attr("used").lt(attr("limit")).to_expression()?.expression, "#n0 < #n1");
/// assert_eq!(attr("price").lt(f64::NAN).to_expression().unwrap_err().kind(), ErrorKind::Encode);
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value or an attribute of an expression",
    note = "values implement `serde::Serialize`; attributes are made by `attr` and `path`"
)]
pub trait IntoOperand {
    /// The operand.
    fn into_operand(self) -> Operand;
}

impl<T: Serialize> IntoOperand for T {
    fn into_operand(self) -> Operand {
        value(self)
    }
}

impl IntoOperand for Operand {
    fn into_operand(self) -> Operand {
        self
    }
}

impl IntoOperand for Attr {
    fn into_operand(self) -> Operand {
        Operand { form: if self.levels == 1 { Form::Name } else { Form::Path }, fragment: self.fragment }
    }
}

impl IntoOperand for &Attr {
    fn into_operand(self) -> Operand {
        self.clone().into_operand()
    }
}

macro_rules! operators {
    ($($type:ty),*) => { $(
        impl<T: IntoOperand> Add<T> for $type {
            type Output = Operand;

            fn add(self, other: T) -> Operand {
                self.into_operand().arithmetic(" + ", other.into_operand())
            }
        }

        impl<T: IntoOperand> Sub<T> for $type {
            type Output = Operand;

            fn sub(self, other: T) -> Operand {
                self.into_operand().arithmetic(" - ", other.into_operand())
            }
        }

        /// Comparisons.
        ///
        /// ```
        /// use enhanced_dynamodb::attr;
        ///
        /// let open = attr("status").is_in(["open", "waiting"]) & attr("tags").size().gt(0);
        /// let due = attr("due").between("2024-01-01", "2024-01-31") | attr("due").lt(attr("reminded"));
        /// assert_eq!(
        ///     (open & due).to_expression()?.expression,
        ///     "#n0 IN (:v0, :v1) AND size(#n1) > :v2 AND (#n2 BETWEEN :v3 AND :v4 OR #n2 < #n3)"
        /// );
        /// # Ok::<(), enhanced_dynamodb::Error>(())
        /// ```
        impl $type {
            /// Equal: the same type and the same value.
            #[must_use]
            pub fn eq(self, other: impl IntoOperand) -> Condition {
                Condition::compare(self.into_operand(), " = ", other.into_operand())
            }

            /// Not equal; also where the types differ.
            #[must_use]
            pub fn ne(self, other: impl IntoOperand) -> Condition {
                Condition::compare(self.into_operand(), " <> ", other.into_operand())
            }

            /// Less than.
            #[must_use]
            pub fn lt(self, other: impl IntoOperand) -> Condition {
                Condition::compare(self.into_operand(), " < ", other.into_operand())
            }

            /// Less than or equal.
            #[must_use]
            pub fn le(self, other: impl IntoOperand) -> Condition {
                Condition::compare(self.into_operand(), " <= ", other.into_operand())
            }

            /// Greater than.
            #[must_use]
            pub fn gt(self, other: impl IntoOperand) -> Condition {
                Condition::compare(self.into_operand(), " > ", other.into_operand())
            }

            /// Greater than or equal.
            #[must_use]
            pub fn ge(self, other: impl IntoOperand) -> Condition {
                Condition::compare(self.into_operand(), " >= ", other.into_operand())
            }

            /// Greater than or equal to the first, and less than or equal to the second.
            #[must_use]
            pub fn between(self, low: impl IntoOperand, high: impl IntoOperand) -> Condition {
                Condition::between(self.into_operand(), low.into_operand(), high.into_operand())
            }

            /// Equal to one of 1 to 100 operands.
            #[must_use]
            pub fn is_in<T: IntoOperand>(self, operands: impl IntoIterator<Item = T>) -> Condition {
                Condition::is_in(self.into_operand(), operands.into_iter().map(IntoOperand::into_operand))
            }
        }
    )* };
}

operators!(Attr, Operand);

impl fmt::Debug for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operand({})", self.fragment)
    }
}
