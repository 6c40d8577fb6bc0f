//! Counters: a number in an attribute that updates raise.

use serde::de::DeserializeOwned;

use super::{ReturnValues, UpdateItem};
use crate::codec::{decode_value, member};
use crate::error::{Error, ErrorKind};
use crate::expression::IntoPath;
use crate::item::Number;

impl UpdateItem {
    /// Adds to a number; one that is not there counts as 0. A negative number takes away.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// let visits: u64 = db.update("Pages").key("id", "p1").increment("visits", 1).new_value("visits").await?;
    /// println!("{visits} visits");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// After a lost answer the update is not sent again: applied twice it would count twice. It ends as
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown). A counter that must be right is raised with
    /// [`exactly_once`](Self::exactly_once), which gives no values, or with
    /// [`expect_version`](Self::expect_version).
    pub fn increment(self, path: impl IntoPath, by: impl Into<Number>) -> Self {
        let path = path.into_path();
        self.set(path.clone(), path.if_not_exists(0) + by.into())
    }

    /// Sends the request and gives what an attribute that it changes is now.
    ///
    /// The name is that of an attribute of the item itself; the values of several, or of places inside them, come with
    /// [`return_values`](Self::return_values).
    ///
    /// # Errors
    /// Those of [`send`](Self::send); [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the attribute is no `T`, or if
    /// the update does not leave it behind: it was changed all the same.
    pub async fn new_value<T: DeserializeOwned>(mut self, name: impl AsRef<str>) -> Result<T, Error> {
        let name = name.as_ref();
        self.write.return_values = Some(ReturnValues::UpdatedNew);
        let table = self.base.table.clone();
        let output = self.send().await?;
        let located = |error: Error| {
            output.metadata.tell(error).with_operation("UpdateItem", Some(&table)).with_item(output.raw())
        };
        let Some(attributes) = output.raw() else {
            return Err(located(nothing_left(name)));
        };
        let read = || {
            let at = member(&attributes, name)?;
            at.map(|at| decode_value(&attributes[at]).map_err(|error| error.in_key(name))).transpose()
        };
        match read() {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(located(nothing_left(name))),
            Err(error) => Err(located(error.into())),
        }
    }
}

fn nothing_left(name: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("the update was made, but it leaves no new value in {name}"))
        .with_advice("Name an attribute that the update sets, adds to or increments.")
}
