//! The enhanced client, everything left at its default.

use crate::{
    contestant::{Answer, Calls, Operation},
    data::{self, ID, INDEX, Message, PARENT, TABLE},
    error::Result,
};
use enhanced_dynamodb::{Client, Credentials};

/// The enhanced client and the items that it writes.
#[derive(Debug)]
pub(crate) struct Ours {
    client: Client,
    large: Message,
    batch: Vec<Message>,
}

impl Ours {
    /// Makes a client for the canned server.
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        let client = Client::builder()
            .endpoint_url(format!("http://{address}"))
            .region(data::REGION)
            .credentials(Credentials::new(data::ACCESS_KEY_ID, data::SECRET_ACCESS_KEY))
            .build()
            .await?;
        Ok(Self { client, large: Message::large()?, batch: Message::batch()? })
    }
}

impl Calls for Ours {
    async fn call(&mut self, operation: Operation) -> Result<Answer> {
        match operation {
            Operation::GetItem => Ok(Answer::Item(self.client.get(TABLE).key("id", ID).item().await?)),
            Operation::PutItem => {
                self.client.put(TABLE, &self.large).send().await?;
                Ok(Answer::Written)
            }
            Operation::Query => {
                let query = self.client.query(TABLE).index(INDEX).partition("parent", PARENT);
                Ok(Answer::Page(query.send::<Message>().await?.items))
            }
            Operation::BatchWriteItem => {
                let puts =
                    self.batch.iter().fold(self.client.batch_write(), |batch, message| batch.put(TABLE, message));
                let output = puts.send().await?;
                if !output.unprocessed.is_empty() {
                    return Err("the server left items over".into());
                }
                Ok(Answer::Written)
            }
        }
    }
}
