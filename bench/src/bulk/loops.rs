//! The careful loops that people write on the AWS SDK: chunks, leftovers sent again after a pause, several requests in
//! flight.

use super::Bulk;
use crate::{
    data::{Many, Message, TABLE},
    error::Result,
    sdk,
};
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use std::{collections::HashMap, ops::Range, time::Duration};

const WRITES: usize = 25;
const KEYS: usize = 100;
/// Rounds in which leftovers are sent again.
const MOST_ROUNDS: u32 = 10;

/// A client of the AWS SDK with everything left at its default, and how many requests its loop keeps in flight.
#[derive(Debug)]
pub(super) struct Sdk {
    client: Client,
    many: Many,
    in_flight: usize,
}

impl Sdk {
    pub(super) async fn connect(address: &str, in_flight: usize) -> Result<Self> {
        Ok(Self { client: sdk::client(address).await, many: Many::prepare()?, in_flight })
    }

    async fn write_chunk(&self, numbers: Range<usize>) -> Result<()> {
        let mut message = self.many.message(0);
        let put = |number| -> Result<WriteRequest> {
            self.many.turn_into(&mut message, number);
            let put = PutRequest::builder().set_item(Some(to_item(&message)?)).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        let puts = numbers.map(put).collect::<Result<Vec<_>>>()?;
        let mut left = HashMap::from([(TABLE.to_owned(), puts)]);
        for round in 0..MOST_ROUNDS {
            let output = self.client.batch_write_item().set_request_items(Some(left)).send().await?;
            left = output.unprocessed_items.unwrap_or_default();
            if left.values().all(Vec::is_empty) {
                return Ok(());
            }
            pause(round).await;
        }
        Err("the server left items over again and again".into())
    }

    async fn read_chunk(&self, numbers: Range<usize>) -> Result<()> {
        let key = |number: usize| HashMap::from([("id".to_owned(), AttributeValue::S(Many::id(number)))]);
        let keys = KeysAndAttributes::builder().set_keys(Some(numbers.clone().map(key).collect())).build()?;
        let mut left = HashMap::from([(TABLE.to_owned(), keys)]);
        let mut found = HashMap::with_capacity(numbers.len());
        for round in 0..MOST_ROUNDS {
            let output = self.client.batch_get_item().set_request_items(Some(left)).send().await?;
            for item in output.responses.unwrap_or_default().into_values().flatten() {
                let message: Message = from_item(item)?;
                found.insert(message.id.clone(), message);
            }
            left = output.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return numbers
                    .into_iter()
                    .try_for_each(|number| self.many.check(number, found.get(&Many::id(number))));
            }
            pause(round).await;
        }
        Err("the server left keys over again and again".into())
    }
}

async fn pause(round: u32) {
    tokio::time::sleep(Duration::from_millis(25 << round)).await;
}

fn chunks(items: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..items).step_by(size).map(move |start| start..(start + size).min(items))
}

impl Bulk for Sdk {
    async fn write(&self, items: usize) -> Result<()> {
        let requests = stream::iter(chunks(items, WRITES)).map(|chunk| self.write_chunk(chunk));
        requests.buffer_unordered(self.in_flight).try_collect().await
    }

    async fn read(&self, items: usize) -> Result<()> {
        let requests = stream::iter(chunks(items, KEYS)).map(|chunk| self.read_chunk(chunk));
        requests.buffer_unordered(self.in_flight).try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use super::chunks;

    #[test]
    fn chunks_cover_each_item_once() {
        assert_eq!(chunks(60, 25).collect::<Vec<_>>(), [0..25, 25..50, 50..60]);
    }
}
