//! This client, everything left at its default.

use super::Bulk;
use crate::{
    data::{Many, Message, TABLE},
    error::Result,
    load,
};
use enhanced_dynamodb::{Client, batch::BatchOperation, key};

/// How many keys are asked for at once: as many as an endpoint would that gives its users pages.
const KEYS: usize = 2_000;

#[derive(Debug)]
pub(super) struct Ours {
    client: Client,
    many: Many,
}

impl Ours {
    pub(super) async fn connect(address: &str) -> Result<Self> {
        Ok(Self { client: load::options(address).build().await?, many: Many::prepare()? })
    }
}

impl Bulk for Ours {
    async fn write(&self, items: usize) -> Result<()> {
        let mut message = self.many.message(0);
        let puts = (0..items).map(|number| {
            self.many.turn_into(&mut message, number);
            BatchOperation::put(TABLE, &message)
        });
        self.client.batch_operations(puts).send().await?.into_result()?;
        Ok(())
    }

    async fn read(&self, items: usize) -> Result<()> {
        for start in (0..items).step_by(KEYS) {
            let numbers = start..(start + KEYS).min(items);
            let asked = numbers
                .clone()
                .fold(self.client.batch_get(), |batch, number| batch.get(TABLE, &key! { "id": Many::id(number) }));
            let found: Vec<Option<Message>> = asked.all().await?.items(TABLE)?;
            numbers.zip(&found).try_for_each(|(number, found)| self.many.check(number, found.as_ref()))?;
        }
        Ok(())
    }
}
