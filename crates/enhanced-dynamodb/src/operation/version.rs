//! Optimistic locking: a version that is checked and raised by every write, so that no writer overwrites what it has not
//! seen.
//!
//! A write that is sent again after a lost answer meets its own first attempt: the condition fails, although the write
//! was done. The item that stood in the way comes with the failure, and tells whether it is as the write leaves it.

use bytes::Bytes;

use super::base::Base;
use super::write::WriteOutput;
use super::{PutItem, ReturnValues, UpdateItem};
use crate::codec::{DecodeError, decode_item, decode_value, json_name, members};
use crate::error::{Error, ErrorKind};
use crate::execute::Metadata;
use crate::expression::attr;
use crate::item::{AttributeValue, Item};

/// A version that a write raises: what it will be.
#[derive(Clone, Copy)]
pub(crate) struct Raised(pub(super) u64);

impl PutItem {
    /// Writes the item only if its version is still the one that it was read with, and raises it by 1.
    ///
    /// The version is the number in this attribute of the item. Where it is absent or NULL (`None`), the item is new:
    /// there must be none with a version under its key, and it gets version 1.
    /// [`WriteOutput::version`] has the version that was written; the item given stays as it is.
    ///
    /// ```
    /// use enhanced_dynamodb::{Client, Error, ErrorKind, Item};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Account { id: String, credit: u32, version: Option<u64> }
    ///
    /// # async fn example(db: Client) -> Result<(), Error> {
    /// let mut account: Account = db.get("Accounts").key("id", "a1").item().await?.expect("it exists");
    /// account.credit += 20;
    /// match db.put("Accounts", &account).version("version").send().await {
    ///     Ok(output) => account.version = output.version(),
    ///     Err(error) if error.kind() == ErrorKind::ConditionalCheckFailed => {
    ///         println!("another writer was faster: {:?}", error.item::<Item>()?);
    ///     }
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// If the version is another one, the write fails as
    /// [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed), and
    /// [`Error::item`](crate::Error::item) is the item that stood in the way. A put that was sent again after a lost
    /// answer, and finds exactly the item that it wrote, is a success ([`replayed`](WriteOutput::replayed)). Another
    /// writer who wrote the very same item cannot be told apart: where it matters who did, write the writer's name, or
    /// use [`exactly_once`](Self::exactly_once).
    pub fn version(mut self, attribute: impl AsRef<str>) -> Self {
        let name = attribute.as_ref();
        if self.raised.is_some() {
            self.base.fail(Error::invalid_input("the version was given twice"));
            return self;
        }
        match raise(&self.item, name) {
            Ok((item, before)) => {
                self.item = item;
                self.raised = expect(&mut self.base, name, before);
                self.write.return_item_on_failure = true;
            }
            Err(error) => self.base.fail(error),
        }
        self
    }
}

impl UpdateItem {
    /// Changes the item only if it has this version, and raises the version by 1. `None` is the version of an item that
    /// has none yet, or does not exist; it gets version 1.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client, version: Option<u64>) -> Result<(), enhanced_dynamodb::Error> {
    /// let update = db.update("Accounts").key("id", "a1").set("owner", "Ada").expect_version("version", version);
    /// let version = update.send().await?.version();
    /// # let _ = version;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// If the version is another one, the update fails as
    /// [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed), and
    /// [`Error::item`](crate::Error::item) is the item that stood in the way.
    ///
    /// An update with a version cannot be applied twice, whatever it changes, and is therefore sent again after a lost
    /// answer. If it then finds the next version, it may have met itself. An update that only sets values and removes
    /// attributes is a success if the item is as it would leave it; any other fails with
    /// [`Error::replayed`](crate::Error::replayed): read the item, and decide again. Where that will not do, use
    /// [`exactly_once`](Self::exactly_once).
    pub fn expect_version(mut self, attribute: impl AsRef<str>, version: impl Into<Option<u64>>) -> Self {
        let name = attribute.as_ref();
        if self.raised.is_some() {
            self.base.fail(Error::invalid_input("the version was given twice"));
            return self;
        }
        self.raised = expect(&mut self.base, name, version.into());
        self.write.return_item_on_failure = true;
        match self.raised {
            Some(Raised(version)) => self.set(attr(name), version),
            None => self,
        }
    }
}

impl WriteOutput {
    /// The version that the item has now, if the write raised one: by [`PutItem::version`] or
    /// [`UpdateItem::expect_version`].
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.raised.map(|Raised(version)| version)
    }
}

/// Adds the condition that the item has this version.
fn expect(base: &mut Base, name: &str, version: Option<u64>) -> Option<Raised> {
    match version {
        None => {
            base.expressions.condition(attr(name).not_exists());
            Some(Raised(1))
        }
        Some(version) => match version.checked_add(1) {
            Some(next) => {
                base.expressions.condition(attr(name).eq(version));
                Some(Raised(next))
            }
            None => {
                base.fail(Error::invalid_input(format!("the version {version} cannot be raised")));
                None
            }
        },
    }
}

/// The item with its version raised by 1, and the version before.
fn raise(item: &[u8], name: &str) -> Result<(Vec<u8>, Option<u64>), Error> {
    let found = member(item, name)?;
    let before = match &found {
        None => None,
        Some(at) => version_in(&item[at.clone()], name)?,
    };
    let next = before.map_or(Some(1), |version| version.checked_add(1));
    let Some(next) = next else {
        return Err(Error::invalid_input(format!(
            "the version in {name} cannot be raised: it is the greatest there is"
        )));
    };
    let value = format!("{{\"N\":\"{next}\"}}");
    let mut raised = Vec::with_capacity(item.len() + name.len() + value.len() + 8);
    match found {
        Some(at) => {
            raised.extend_from_slice(&item[..at.start]);
            raised.extend_from_slice(value.as_bytes());
            raised.extend_from_slice(&item[at.end..]);
        }
        None => {
            raised.push(b'{');
            json_name(&mut raised, name);
            raised.extend_from_slice(value.as_bytes());
            let rest = item.get(1..).unwrap_or_default();
            if rest != b"}" {
                raised.push(b',');
            }
            raised.extend_from_slice(rest);
        }
    }
    Ok((raised, before))
}

fn version_in(value: &[u8], name: &str) -> Result<Option<u64>, Error> {
    match decode_value(value) {
        Ok(AttributeValue::Null) => Ok(None),
        Ok(AttributeValue::N(number)) => number.to_string().parse().map(Some).map_err(|_| not_a_version(name)),
        Ok(_) | Err(_) => Err(not_a_version(name)),
    }
}

fn not_a_version(name: &str) -> Error {
    Error::invalid_input(format!("the version in {name} is no whole number from 0 to {}", u64::MAX))
        .with_advice("Keep the version in a field of type u64, or Option<u64> for items that may be new.")
}

/// Where the value of an attribute stands: the last of its name, as the service reads it.
fn member(item: &[u8], name: &str) -> Result<Option<std::ops::Range<usize>>, DecodeError> {
    Ok(members(item)?.into_iter().rev().find(|(attribute, _)| attribute == name).map(|(_, at)| at))
}

/// The output of a write whose answer was lost, if its failure was its own doing: sent again, it found the item as the
/// first attempt left it.
///
/// # Errors
/// The failure, if it was not, or if values were asked for that nobody has any more.
pub(super) fn recognise(
    failure: Error,
    values: Option<ReturnValues>,
    is_own: impl FnOnce(&Bytes) -> bool,
) -> Result<WriteOutput, Error> {
    if failure.kind() != ErrorKind::ConditionalCheckFailed || !failure.replayed() {
        return Err(failure);
    }
    let Some(item) = failure.raw_item().cloned() else { return Err(failure) };
    let attributes = match values {
        None | Some(ReturnValues::None) => None,
        Some(ReturnValues::AllNew) => Some(item.clone()),
        Some(ReturnValues::AllOld | ReturnValues::UpdatedOld | ReturnValues::UpdatedNew) => return Err(failure),
    };
    if !is_own(&item) {
        return Err(failure);
    }
    let metadata = Metadata {
        attempts: failure.attempts(),
        elapsed: failure.elapsed(),
        request_id: failure.request_id().map(str::to_owned),
        replayed: true,
    };
    Ok(WriteOutput::recognised(attributes, metadata))
}

/// Whether two items are the same to the service.
pub(super) fn same_item(one: &[u8], other: &[u8]) -> bool {
    match (decode_item::<Item>(one), decode_item::<Item>(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{raise, same_item};

    fn raised(item: &str) -> Option<(String, Option<u64>)> {
        let (item, before) = raise(item.as_bytes(), "v").ok()?;
        Some((String::from_utf8_lossy(&item).into_owned(), before))
    }

    #[test]
    fn a_version_is_raised_in_its_place() {
        let given = r#"{"v":{"N":"7"},"id":{"S":"a"}}"#;
        assert_eq!(raised(given), Some((r#"{"v":{"N":"8"},"id":{"S":"a"}}"#.to_owned(), Some(7))));
        let given = r#"{"id":{"S":"a"},"v":{"N":"1E1"}}"#;
        assert_eq!(raised(given), Some((r#"{"id":{"S":"a"},"v":{"N":"11"}}"#.to_owned(), Some(10))));
    }

    #[test]
    fn an_item_without_a_version_gets_the_first() {
        for (given, expected) in [
            (r#"{"id":{"S":"a"}}"#, r#"{"v":{"N":"1"},"id":{"S":"a"}}"#),
            (r#"{"id":{"S":"a"},"v":{"NULL":true}}"#, r#"{"id":{"S":"a"},"v":{"N":"1"}}"#),
            ("{}", r#"{"v":{"N":"1"}}"#),
        ] {
            assert_eq!(raised(given), Some((expected.to_owned(), None)));
        }
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for version in [r#"{"N":"1.5"}"#, r#"{"N":"-1"}"#, r#"{"S":"1"}"#, r#"{"N":"18446744073709551615"}"#] {
            assert_eq!(raised(&format!(r#"{{"v":{version}}}"#)), None, "{version}");
        }
    }

    #[test]
    fn items_are_the_same_however_they_are_spelled() {
        assert!(same_item(br#"{"a":{"N":"1.0"},"b":{"SS":["x","y"]}}"#, br#"{"b":{"SS":["y","x"]},"a":{"N":"1"}}"#));
        assert!(!same_item(br#"{"a":{"N":"1"}}"#, br#"{"a":{"S":"1"}}"#));
        assert!(!same_item(b"{", b"{"));
    }
}
