//! One put or delete of a batch, written once as it stands in the request.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::ser::Serialize;

use super::desk;
use super::op::Write;
use crate::codec::{EncodeOptions, decode_item, encode_item};
use crate::error::Error;
use crate::item::Item;
use crate::operation::WriteRequest;
use crate::operation::size::check_item;

/// A put or a delete on a table, for [`Client::batch_operations`](crate::Client::batch_operations).
///
/// The item is written when the operation is made: what cannot be written becomes an operation that fails in the batch,
/// by its index, while the others go on.
///
/// ```
/// use enhanced_dynamodb::batch::BatchOperation;
/// use enhanced_dynamodb::{item, key};
///
/// let put = BatchOperation::put("Messages", &item! { "id": "m1", "text": "Hello" });
/// let delete = BatchOperation::delete("Messages", &key! { "id": "m2" });
/// assert!(put.is_put() && !delete.is_put());
/// assert_eq!(delete.table(), "Messages");
/// ```
///
/// # As JSON
///
/// It deserialises from plain JSON of this shape, with the values of an item as a web API has them:
///
/// ```
/// use enhanced_dynamodb::Item;
/// use enhanced_dynamodb::batch::BatchOperation;
///
/// let operations: Vec<BatchOperation> = serde_json::from_str(
///     r#"[
///         { "type": "put", "tableName": "MyTable", "item": { "id": "1", "name": "Item 1" } },
///         { "type": "delete", "tableName": "MyTable", "key": { "id": "3" } }
///     ]"#,
/// )?;
/// assert_eq!(operations[0].item::<Item>()?.get_s("name"), Some("Item 1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct BatchOperation {
    pub(super) table: Arc<str>,
    pub(super) write: Write,
    /// Why it cannot be sent.
    pub(super) error: Option<Arc<Error>>,
}

impl BatchOperation {
    /// A put of this item: anything that serialises as a struct or a map. `None` is left out.
    ///
    pub fn put<T: Serialize + ?Sized>(table: impl AsRef<str>, item: &T) -> Self {
        BatchOperation::new(table.as_ref(), true, item, EncodeOptions::default())
    }

    /// As [`put`](BatchOperation::put), with `None` written as NULL. (The operation is written before a client sees it:
    /// the client's `keep_nulls` does not decide here.)
    pub fn put_keeping_nulls<T: Serialize + ?Sized>(table: impl AsRef<str>, item: &T) -> Self {
        BatchOperation::new(table.as_ref(), true, item, EncodeOptions { keep_nulls: true })
    }

    /// A delete of the item with this key: a struct, or what [`key!`](crate::key) makes.
    pub fn delete<K: Serialize + ?Sized>(table: impl AsRef<str>, key: &K) -> Self {
        BatchOperation::new(table.as_ref(), false, key, EncodeOptions::default())
    }

    /// A delete by a key that the service itself has given.
    pub(super) fn delete_read(table: &str, key: &Item) -> Self {
        BatchOperation::new(table, false, key, EncodeOptions { keep_nulls: true })
    }

    fn new<T: Serialize + ?Sized>(table: &str, put: bool, item: &T, options: EncodeOptions) -> Self {
        let (table, written) = desk::with(|desk| {
            let written = desk.write(|out| {
                let (before, behind) = Write::frame(put);
                out.extend_from_slice(before);
                encode_item(out, item, options)?;
                out.extend_from_slice(behind);
                Ok(())
            });
            (desk.table(table), written)
        });
        let (request, mut error) = match written {
            Ok(request) => (request, None),
            Err(error) => (Bytes::new(), Some(error)),
        };
        let mut operation = BatchOperation { table, write: Write { put, request }, error: None };
        if error.is_none() {
            error = operation.check().err();
        }
        operation.error = error.map(|error| Arc::new(error.with_operation("BatchWriteItem", Some(&operation.table))));
        operation
    }

    /// One that was on its way to a table.
    pub(super) fn again(table: &Arc<str>, write: Write) -> Self {
        BatchOperation { table: Arc::clone(table), write, error: None }
    }

    /// Refuses what the service would surely refuse.
    fn check(&self) -> Result<(), Error> {
        if self.table.is_empty() {
            return Err(Error::invalid_input("the table's name is empty"));
        }
        if self.write.put {
            return check_item(self.write.attributes());
        }
        if self.write.attributes() == b"{}" {
            return Err(Error::invalid_input("the key to delete by has no attribute")
                .with_advice("Give each attribute of the table's primary key."));
        }
        Ok(())
    }

    /// The table's name or ARN.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Whether it is a put; else a delete.
    #[must_use]
    pub fn is_put(&self) -> bool {
        self.write.put
    }

    /// The item of a put, or the key of a delete.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if it is no `T`; what was wrong with an item that could not be
    /// written.
    pub fn item<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match &self.error {
            Some(error) if self.write.request.is_empty() => Err(Error::new(error.kind(), error.message())),
            Some(_) | None => decode_item(self.write.attributes()).map_err(Error::from),
        }
    }
}

/// What a [`BatchWriteItem`](crate::operation::BatchWriteItem) left undone, as
/// [`UnprocessedItems::requests`](crate::operation::UnprocessedItems::requests) gives it.
impl From<(String, WriteRequest)> for BatchOperation {
    fn from((table, request): (String, WriteRequest)) -> Self {
        match request {
            WriteRequest::Put(item) => BatchOperation::put(table, &item),
            WriteRequest::Delete(key) => BatchOperation::delete(table, &key),
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shape {
    #[serde(rename = "type")]
    kind: Kind,
    table_name: String,
    item: Option<Item>,
    key: Option<Item>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Put,
    Delete,
}

impl<'de> Deserialize<'de> for BatchOperation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Shape { kind, table_name, item, key } = Shape::deserialize(deserializer)?;
        match (kind, item, key) {
            (Kind::Put, Some(item), None) => Ok(BatchOperation::put(table_name, &item)),
            (Kind::Delete, None, Some(key)) => Ok(BatchOperation::delete(table_name, &key)),
            (Kind::Put, ..) => Err(D::Error::custom("a put has an `item` and no `key`")),
            (Kind::Delete, ..) => Err(D::Error::custom("a delete has a `key` and no `item`")),
        }
    }
}

// Item values do not belong in logs.
impl fmt::Debug for BatchOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.write.put { "Put" } else { "Delete" };
        f.debug_struct(kind)
            .field("table", &self.table)
            .field("bytes", &self.write.request.len())
            .finish_non_exhaustive()
    }
}
