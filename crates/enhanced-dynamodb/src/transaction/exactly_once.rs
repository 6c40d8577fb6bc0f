//! One write as a transaction of one action, which the service applies once however often it is sent.

use bytes::Bytes;

use super::action::Action;
use super::token::new_token;
use super::write::{TRANSACT_WRITE_ITEMS, TransactWriteOutput};
use crate::error::Error;
use crate::execute::{Metadata, ReplayClass, Token};
use crate::operation::base::{Base, WriteSettings, string_member};
use crate::operation::settings::{base_settings, condition_settings};
use crate::operation::{ConsumedCapacity, DeleteItem, ItemCollectionMetrics, PutItem, UpdateItem};

/// A put, an update or a delete that is applied exactly once, however often its request must be sent.
///
/// Made by `exactly_once()` of [`PutItem`](PutItem::exactly_once), [`UpdateItem`](UpdateItem::exactly_once) and
/// [`DeleteItem`](DeleteItem::exactly_once). The write is sent as a transaction (TransactWriteItems) of one action with
/// a token that is new for each call. After a lost answer it is sent again with the same token, and the service tells
/// success without applying it a second time.
///
/// What it takes:
///
/// - Twice the write capacity of the plain write; a request that is sent again consumes read capacity instead
///   (DynamoDB developer guide, "Amazon DynamoDB Transactions: How it works").
/// - The token holds in one Region: in a global table, another Region knows nothing of it.
/// - The token holds for ten minutes. A call that may have been applied is not sent again later than 9 minutes after its
///   start.
/// - Exactly once means this call: calling twice writes twice. A call that has no attempts or no time left, and may have
///   been applied, therefore ends as [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
/// - A transaction gives no values of the item, so `return_values` is refused.
/// - It can meet another transaction on the same item. It is then retried with the same token, and ends as
///   [`ErrorKind::TransactionConflict`](crate::ErrorKind::TransactionConflict) if that lasts.
///
/// ```
/// use enhanced_dynamodb::{Client, Error, attr, item};
///
/// # #[cfg(feature = "embedded")]
/// # async fn example() -> Result<(), Error> {
/// # use enhanced_dynamodb::table::AttributeType;
/// # let db = Client::embedded().await?;
/// # db.create_table("Counters").partition_key("id", AttributeType::String).send().await?;
/// db.put("Counters", &item! { "id": "visits", "n": 0 }).exactly_once().send().await?;
/// db.update("Counters").key("id", "visits").set("n", attr("n") + 1).exactly_once().send().await?;
///
/// let counter = db.get("Counters").key("id", "visits").item::<enhanced_dynamodb::Item>().await?;
/// assert_eq!(counter, Some(item! { "id": "visits", "n": 1 }));
/// # Ok(())
/// # }
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct ExactlyOnce {
    base: Base,
    action: Action,
    write: WriteSettings,
}

impl PutItem {
    /// Writes the item exactly once: a put that is sent again after a lost answer then overwrites nobody else's.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::{attr, item};
    ///
    /// let order = item! { "id": "o1", "total": 12 };
    /// db.put("Orders", &order).condition(attr("id").not_exists()).exactly_once().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It costs twice the capacity and gives no values; [`ExactlyOnce`] has the terms.
    pub fn exactly_once(self) -> ExactlyOnce {
        ExactlyOnce { base: self.base, action: Action::Put(self.item), write: self.write }
    }
}

impl UpdateItem {
    /// Applies the update exactly once: a counter is right even where an answer is lost.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::attr;
    ///
    /// db.update("Accounts").key("id", "a1").set("credit", attr("credit") + 20).exactly_once().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It costs twice the capacity and gives no values; [`ExactlyOnce`] has the terms.
    pub fn exactly_once(self) -> ExactlyOnce {
        ExactlyOnce { base: self.base, action: Action::Update(self.key), write: self.write }
    }
}

impl DeleteItem {
    /// Deletes the item exactly once: a delete that is sent again after a lost answer then deletes nobody else's.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// db.delete("Locks").key("id", "l1").exactly_once().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It costs twice the capacity and gives no values; [`ExactlyOnce`] has the terms.
    pub fn exactly_once(self) -> ExactlyOnce {
        ExactlyOnce { base: self.base, action: Action::Delete(self.key), write: self.write }
    }
}

impl ExactlyOnce {
    base_settings!();
    condition_settings!();

    /// Sends the request.
    ///
    /// # Errors
    /// As the plain write's: a transaction that was cancelled is told by its reason,
    /// [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed) with the item,
    /// [`ErrorKind::TransactionConflict`](crate::ErrorKind::TransactionConflict), a throttle,
    /// [`ErrorKind::Validation`](crate::ErrorKind::Validation).
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the last answer that the call could wait for was
    /// lost too. [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) before anything is sent, if the request asks
    /// for what a transaction does not have: the item's values, a legacy parameter, an update that changes nothing.
    pub async fn send(mut self) -> Result<ExactlyOnceOutput, Error> {
        let body = self.body().map_err(|error| self.base.refuse(&TRANSACT_WRITE_ITEMS, error))?;
        self.base.options.token = Token::OfTheCall;
        let answer =
            self.base.answer_in_list(&TRANSACT_WRITE_ITEMS, body, ReplayClass::Idempotent, ExactlyOnceOutput::read);
        let (output, metadata) = answer.await.map_err(|error| {
            let action = (self.action.name(), Some(self.base.table.as_str()));
            error.told_by_its_only_reason().naming_actions(std::iter::once(action))
        })?;
        Ok(ExactlyOnceOutput { metadata, ..output })
    }

    /// The body is made once a call, and the token with it: all attempts have the same.
    fn body(&mut self) -> Result<Vec<u8>, Error> {
        let mut body = Vec::with_capacity(384 + self.base.table.len() + self.action.len());
        body.extend_from_slice(b"{\"TransactItems\":[");
        self.action.write(&mut self.base, &self.write, &mut body)?;
        body.push(b']');
        string_member(&mut body, "ClientRequestToken", &new_token()?);
        if let Some(capacity) = self.base.capacity {
            string_member(&mut body, "ReturnConsumedCapacity", capacity.as_str());
        }
        if self.write.collection_metrics {
            string_member(&mut body, "ReturnItemCollectionMetrics", "SIZE");
        }
        body.push(b'}');
        Ok(body)
    }
}

/// What a write that was applied exactly once gives.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExactlyOnceOutput {
    /// What the write consumed, if asked for: write units; read units where the service answered a request that it had
    /// applied before.
    pub consumed_capacity: Option<ConsumedCapacity>,
    /// The size of the item collection, if asked for.
    pub item_collection_metrics: Option<ItemCollectionMetrics>,
    /// How the call went.
    pub metadata: Metadata,
}

impl ExactlyOnceOutput {
    /// Whether the request was sent again after an attempt of which nobody knew whether it was applied. It was applied
    /// once all the same.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
    /// let output = db.delete("Locks").key("id", "l1").exactly_once().send().await?;
    /// println!("{} attempts, replayed: {}", output.metadata.attempts, output.replayed());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.metadata.replayed
    }

    /// The API answers for many tables and actions; here there is one of each.
    fn read(body: &Bytes) -> Result<Self, Error> {
        let all = TransactWriteOutput::read(body)?;
        Ok(ExactlyOnceOutput {
            consumed_capacity: all.consumed_capacity.into_iter().next(),
            item_collection_metrics: all.item_collection_metrics.into_iter().flat_map(|(_, metrics)| metrics).next(),
            metadata: all.metadata,
        })
    }
}
