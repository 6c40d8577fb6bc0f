//! This client, everything left at its default.

use super::Bulk;
use crate::{
    data::{Many, Message, TABLE},
    error::Result,
    load,
};
use enhanced_dynamodb::{Client, batch::BatchOperation, key};

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
        let keys = (0..items).map(|number| key! { "id": Many::id(number) });
        let mut found = self.client.batch_get().stream::<Message, _>(TABLE, keys);
        for number in 0..items {
            let found = found.next().await.ok_or("the stream ended too early")??;
            self.many.check(number, found.as_ref())?;
        }
        Ok(())
    }
}
