//! Batches of any length.

use futures_core::Stream;

use super::Client;
use crate::batch::{BatchOperation, BatchOperations, FromIterator, FromStream};

impl Client {
    /// Puts and deletes, any number of them over any tables, each accounted for: see [`batch`](crate::batch).
    ///
    /// The operations are read as they are needed: an iterator may give millions of them.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::batch::BatchOperation;
    /// use enhanced_dynamodb::{item, key};
    ///
    /// let operations = [
    ///     BatchOperation::put("MyTable", &item! { "id": "1", "name": "Item 1" }),
    ///     BatchOperation::put("MyTable", &item! { "id": "2", "name": "Item 2" }),
    ///     BatchOperation::delete("MyTable", &key! { "id": "3" }),
    /// ];
    /// let outcome = db.batch_operations(operations).send().await?.into_result()?;
    /// println!("{} written", outcome.written);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "batchOperations")]
    pub fn batch_operations<'a, I>(&self, operations: I) -> BatchOperations<'a, FromIterator<I::IntoIter>>
    where
        I: IntoIterator<Item: Into<BatchOperation>>,
    {
        BatchOperations::from_iterator(self.core(), operations.into_iter())
    }

    /// As [`batch_operations`](Client::batch_operations), with the operations of a stream, such as the lines of an
    /// upload. Hand it in as `&mut stream` to keep what a batch that ends early has not read.
    #[doc(alias = "batchOperations")]
    pub fn batch_operations_stream<'a, T>(&self, operations: T) -> BatchOperations<'a, FromStream<T>>
    where
        T: Stream<Item: Into<BatchOperation>>,
    {
        BatchOperations::from_stream(self.core(), operations)
    }
}
