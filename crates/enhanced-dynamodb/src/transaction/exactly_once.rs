//! One write as a transaction of one action, which the service applies once however often it is sent.

use std::fmt::Write;

use bytes::Bytes;

use crate::codec::{DecodeError, Reader};
use crate::crypto;
use crate::error::{Error, ErrorKind};
use crate::execute::{Metadata, Operation, ReplayClass, Token};
use crate::operation::base::{Base, KeyBuffer, WriteSettings, member, string_member};
use crate::operation::settings::{base_settings, condition_settings};
use crate::operation::size::check_item;
use crate::operation::{
    ConsumedCapacity, DeleteItem, ItemCollectionMetrics, PutItem, ReturnValues, UpdateItem, response,
};

static TRANSACT_WRITE_ITEMS: Operation = Operation::data("TransactWriteItems", "DynamoDB_20120810.TransactWriteItems");

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
///   been applied, therefore ends as [`ErrorKind::OutcomeUnknown`].
/// - A transaction gives no values of the item, so `return_values` is refused.
/// - It can meet another transaction on the same item. It is then retried with the same token, and ends as
///   [`ErrorKind::TransactionConflict`] if that lasts.
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

/// What is done with the item.
enum Action {
    /// The item as the service's JSON.
    Put(Vec<u8>),
    Update(KeyBuffer),
    Delete(KeyBuffer),
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
    /// [`ErrorKind::ConditionalCheckFailed`] with the item, [`ErrorKind::TransactionConflict`], a throttle,
    /// [`ErrorKind::Validation`]. [`ErrorKind::OutcomeUnknown`] if the last answer that the call could wait for was lost
    /// too. [`ErrorKind::InvalidInput`] before anything is sent, if the request asks for what a
    /// transaction does not have: the item's values, a legacy parameter, an update that changes nothing.
    pub async fn send(mut self) -> Result<ExactlyOnceOutput, Error> {
        let body = self.body().map_err(|error| self.base.refuse(&TRANSACT_WRITE_ITEMS, error))?;
        self.base.options.token = Token::OfTheCall;
        let answer =
            self.base.answer_in_list(&TRANSACT_WRITE_ITEMS, body, ReplayClass::Idempotent, ExactlyOnceOutput::read);
        let (output, metadata) = answer.await.map_err(Error::told_by_its_only_reason)?;
        Ok(ExactlyOnceOutput { metadata, ..output })
    }

    /// The body is made once a call, and the token with it: all attempts have the same.
    fn body(&mut self) -> Result<Vec<u8>, Error> {
        self.base.check()?;
        self.check_transactable()?;
        let mut body = Vec::with_capacity(384 + self.base.table.len() + self.action.len());
        body.extend_from_slice(b"{\"TransactItems\":[{\"");
        body.extend_from_slice(self.action.name());
        body.extend_from_slice(b"\":");
        self.base.open(&mut body);
        match &self.action {
            Action::Put(item) => {
                check_item(item)?;
                member(&mut body, "Item");
                body.extend_from_slice(item);
            }
            Action::Update(key) | Action::Delete(key) => {
                member(&mut body, "Key");
                key.write(&mut body)?;
            }
        }
        if self.write.return_item_on_failure {
            string_member(&mut body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        }
        self.base.expressions.write(&mut body)?;
        body.extend_from_slice(b"}}]");
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

    /// # Errors
    /// If the write says what a transaction has no place for.
    fn check_transactable(&self) -> Result<(), Error> {
        match self.write.return_values {
            None | Some(ReturnValues::None) => {}
            Some(ReturnValues::AllOld | ReturnValues::UpdatedOld | ReturnValues::AllNew | ReturnValues::UpdatedNew) => {
                return Err(Error::invalid_input("transactions return no values, and exactly_once() makes one")
                    .with_advice("Leave out return_values(), and read the item afterwards."));
            }
        }
        if let Some(name) = self.base.parameter_names().first() {
            return Err(Error::invalid_input(format!(
                "the parameter {name} has no place in a transaction, and exactly_once() makes one"
            ))
            .with_advice("Say it with condition(), set() and the other methods."));
        }
        match self.action {
            Action::Update(_) if !self.base.expressions.has_update() => {
                Err(Error::invalid_input("an update in a transaction must change something, and this one does not")
                    .with_advice("Call set(), remove(), add() or delete() before exactly_once()."))
            }
            Action::Put(_) | Action::Update(_) | Action::Delete(_) => Ok(()),
        }
    }
}

impl Action {
    /// As the API calls it.
    fn name(&self) -> &'static [u8] {
        match self {
            Action::Put(_) => b"Put",
            Action::Update(_) => b"Update",
            Action::Delete(_) => b"Delete",
        }
    }

    fn len(&self) -> usize {
        match self {
            Action::Put(item) => item.len(),
            Action::Update(key) | Action::Delete(key) => key.len(),
        }
    }
}

/// A token that no other call has: 128 bits in 32 digits; the service takes up to 36 characters.
///
/// # Errors
/// If the operating system has no randomness to give. A token that might be another's must not be sent: the service
/// would answer it with that one's success, and the write would be lost.
fn new_token() -> Result<String, Error> {
    let bytes = crypto::random_bytes::<16>().map_err(|error| {
        let message = "the operating system gave no randomness for the request's token; nothing was sent";
        Error::new(ErrorKind::InvalidConfiguration, message)
            .with_advice("Let the process call getrandom, or read /dev/urandom.")
            .with_source(error)
    })?;
    let mut token = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(token, "{byte:02x}");
    }
    Ok(token)
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

    fn read(body: &Bytes) -> Result<Self, Error> {
        let mut output =
            ExactlyOnceOutput { consumed_capacity: None, item_collection_metrics: None, metadata: Metadata::default() };
        // The usual answer.
        if &body[..] != b"{}" {
            output.take(body).map_err(|error| response::malformed(&error))?;
        }
        Ok(output)
    }

    /// The API answers for many tables and actions; here there is one of each.
    fn take(&mut self, body: &Bytes) -> Result<(), DecodeError> {
        let mut reader = Reader::new(body)?;
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(&mut reader)? {
            match &*key {
                "ConsumedCapacity" => {
                    let Some(mut tables) = reader.optional_array()? else { continue };
                    while tables.next_element(&mut reader)? {
                        self.consumed_capacity = response::capacity(&mut reader, body)?;
                    }
                }
                "ItemCollectionMetrics" if reader.null() => {}
                "ItemCollectionMetrics" => {
                    let mut tables = reader.object()?;
                    while tables.next_key(&mut reader)?.is_some() {
                        let Some(mut actions) = reader.optional_array()? else { continue };
                        while actions.next_element(&mut reader)? {
                            self.item_collection_metrics = response::collection_metrics(&mut reader, body)?;
                        }
                    }
                }
                _ => reader.skip_value()?,
            }
        }
        Ok(())
    }
}
