//! Updates: what changes in an item.

use std::fmt;

use serde::Serialize;

use super::attr::IntoPath;
use super::fragment::{Fragment, Part, wire_type};
use super::operand::IntoOperand;
use super::placeholders::{Placeholders, Rendered, check_operators};
use super::update_text::{Section, sections};
use crate::error::Error;

/// The changes that an update makes to an item.
///
/// The update operation's builder has the same methods; a value of this type serves where an update is put together
/// before it is sent, or goes into a transaction.
///
/// ```
/// use enhanced_dynamodb::expression::{Update, attr};
///
/// let update = Update::new()
///     .set("sessionCount", attr("sessionCount") + 1)
///     .set("lastSeen", "2024-05-01")
///     .remove("draft");
/// assert_eq!(update.to_expression()?.expression, "SET #n0 = #n0 + :v0, #n1 = :v1 REMOVE #n2");
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Update {
    set: Fragment,
    remove: Fragment,
    add: Fragment,
    delete: Fragment,
    texts: Fragment,
}

impl Update {
    /// An update that changes nothing yet.
    #[must_use]
    pub fn new() -> Update {
        Update::default()
    }

    /// An update in the service's own syntax, its names and values given beside it. Typed changes may be added.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::Update;
    ///
    /// let update = Update::expression("SET #s = :open REMOVE draft").set("title", "Plan").remove("note");
    /// assert_eq!(update.to_expression()?.expression, "SET #n0 = :v0, #s = :open REMOVE #n1, draft");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn expression(text: impl AsRef<str>) -> Update {
        Update::default().and_expression(text)
    }

    /// More changes in the service's own syntax. Their sections are joined with those that are there.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::Update;
    ///
    /// let update = Update::expression("SET a = :a").and_expression("SET b = :b ADD c :c");
    /// assert_eq!(update.to_expression()?.expression, "SET a = :a, b = :b ADD c :c");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn and_expression(mut self, text: impl AsRef<str>) -> Update {
        let text = text.as_ref();
        if text.trim().is_empty() {
            self.texts.fail("an update expression is empty: leave it out instead");
        }
        self.texts.raw(text);
        self
    }

    /// SET: assigns a value, an attribute, a sum or difference, `if_not_exists` or `list_append`.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::{Update, attr};
    ///
    /// let update = Update::new().set("total", attr("net") + attr("tax")).set(attr("lines").index(0), "first");
    /// assert_eq!(update.to_expression()?.expression, "SET #n0 = #n1 + #n2, #n3[0] = :v0");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn set(mut self, path: impl IntoPath, operand: impl IntoOperand) -> Update {
        let path = path.into_path();
        let operand = operand.into_operand().assigned_to(&path);
        separate(&mut self.set);
        self.set.append(path.fragment);
        self.set.text(" = ");
        self.set.append(operand);
        self
    }

    /// REMOVE: takes an attribute out of the item, or an element out of a list.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::{Update, path};
    ///
    /// let update = Update::new().remove("draft").remove(path("tags[2]"));
    /// assert_eq!(update.to_expression()?.expression, "REMOVE #n0, #n1[2]");
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn remove(mut self, path: impl IntoPath) -> Update {
        separate(&mut self.remove);
        self.remove.append(path.into_path().fragment);
        self
    }

    /// ADD: adds a number to a number, or elements to a set; an attribute that is not there counts as 0 or as empty.
    ///
    /// An added number is added again if the call is sent again, so the client does not repeat such a call when it
    /// does not know whether the first was applied.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::Update;
    ///
    /// let update = Update::new().add("visits", 1);
    /// assert_eq!(update.to_expression()?.expression, "ADD #n0 :v0");
    /// assert!(Update::new().add("name", "Ada").to_expression().is_err());
    /// # Ok::<(), enhanced_dynamodb::Error>(())
    /// ```
    #[must_use]
    pub fn add(mut self, path: impl IntoPath, value: impl Serialize) -> Update {
        change(&mut self.add, path, &value, "ADD takes a number or a set", &[b"N", b"SS", b"NS", b"BS"]);
        self
    }

    /// DELETE: takes elements out of a set.
    ///
    /// ```
    /// use enhanced_dynamodb::expression::Update;
    ///
    /// // A list is not a set: the error says so, and nothing is sent.
    /// let error = Update::new().delete("tags", ["old"]).to_expression().unwrap_err();
    /// assert!(error.message().contains("takes a set"));
    /// ```
    #[must_use]
    pub fn delete(mut self, path: impl IntoPath, set: impl Serialize) -> Update {
        change(&mut self.delete, path, &set, "DELETE takes a set", &[b"SS", b"NS", b"BS"]);
        self
    }

    /// The update as the service reads it, alone: to look at, to test, or to use with another client.
    ///
    /// # Errors
    /// What is wrong with the update, such as a value that cannot be encoded.
    pub fn to_expression(&self) -> Result<Rendered, Error> {
        let mut placeholders = Placeholders::new(&[], &[], self.fragments());
        let mut text = String::new();
        self.render(&mut placeholders, &mut text)?;
        Rendered::new(text, &placeholders)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fragments().iter().all(|fragment| fragment.is_empty())
    }

    pub(super) fn fragments(&self) -> [&Fragment; 5] {
        [&self.set, &self.remove, &self.add, &self.delete, &self.texts]
    }

    fn section(&self, section: Section) -> &Fragment {
        match section {
            Section::Set => &self.set,
            Section::Remove => &self.remove,
            Section::Add => &self.add,
            Section::Delete => &self.delete,
        }
    }

    pub(super) fn render<'a>(&'a self, placeholders: &mut Placeholders<'a>, text: &mut String) -> Result<(), Error> {
        self.texts.check()?;
        let typed = Section::ALL.into_iter().any(|section| !self.section(section).is_empty());
        let mut written = Vec::new();
        for part in self.texts.parts() {
            match part {
                Part::Raw(raw) => written.push(&**raw),
                Part::Text(_) | Part::Index(_) | Part::Name(_) | Part::Value(_) => {}
            }
        }
        if let ([only], false) = (written.as_slice(), typed) {
            // As the user wrote it, to the byte.
            text.push_str(only);
            return Ok(());
        }
        let mut pieces = Vec::new();
        for raw in written {
            let found = sections(raw).ok_or_else(|| {
                Error::invalid_input(format!(
                    "an update expression that is joined with others begins with SET, REMOVE, ADD or DELETE, this one does not: {}",
                    raw.escape_debug()
                ))
            })?;
            pieces.extend(found);
        }
        for section in Section::ALL {
            let mut first = true;
            let mut next = |text: &mut String| {
                if !first {
                    text.push_str(", ");
                } else {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(section.keyword());
                    text.push(' ');
                }
                first = false;
            };
            let fragment = self.section(section);
            if !fragment.is_empty() {
                next(text);
                placeholders.render(fragment, text)?;
                check_operators("update", fragment)?;
            }
            for (_, piece) in pieces.iter().filter(|(of, _)| *of == section) {
                next(text);
                text.push_str(piece);
            }
        }
        Ok(())
    }
}

fn separate(fragment: &mut Fragment) {
    if !fragment.parts().is_empty() {
        fragment.text(", ");
    }
}

/// One action of ADD or DELETE, which take values of these types.
fn change<T: Serialize>(fragment: &mut Fragment, path: impl IntoPath, value: &T, takes: &str, types: &[&[u8]]) {
    let path = path.into_path();
    let mut operand = Fragment::default();
    operand.value(value);
    operand.locate(&path);
    if let Some(Part::Value(bytes)) = operand.parts().first()
        && !types.contains(&wire_type(bytes))
    {
        let found = String::from_utf8_lossy(wire_type(bytes)).into_owned();
        operand.fail(format!("{takes}, the value for `{path}` is of type {found}"));
    }
    separate(fragment);
    fragment.append(path.fragment);
    fragment.text(" ");
    fragment.append(operand);
}

/// Names as they are, values left out.
impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Update(")?;
        let mut between = "";
        for section in Section::ALL {
            let fragment = self.section(section);
            if !fragment.is_empty() {
                write!(f, "{between}{} {fragment}", section.keyword())?;
                between = " ";
            }
        }
        for part in self.texts.parts() {
            if let Part::Raw(raw) = part {
                write!(f, "{between}{raw}")?;
                between = " ";
            }
        }
        f.write_str(")")
    }
}
