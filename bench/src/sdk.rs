//! The AWS SDK for Rust with `serde_dynamo`, as its own guide sets it up: everything left at its default.

use crate::{
    contestant::{Answer, Calls, Operation},
    data::{self, ID, INDEX, Message, PARENT, TABLE},
    error::Result,
};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{AttributeValue, PutRequest, WriteRequest},
};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, from_items, to_item};

/// The version of the SDK that is measured.
pub(crate) const VERSION: &str = aws_sdk_dynamodb::meta::PKG_VERSION;

/// A client of the AWS SDK for the canned server.
pub(crate) async fn client(address: &str) -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(data::REGION))
        .credentials_provider(Credentials::new(data::ACCESS_KEY_ID, data::SECRET_ACCESS_KEY, None, None, "bench"))
        .endpoint_url(format!("http://{address}"))
        .load()
        .await;
    Client::new(&config)
}

/// A client of the AWS SDK and the items that it writes.
#[derive(Debug)]
pub(crate) struct Sdk {
    client: Client,
    large: Message,
    batch: Vec<Message>,
}

impl Sdk {
    /// Makes a client for the canned server.
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        Ok(Self { client: client(address).await, large: Message::large()?, batch: Message::batch()? })
    }
}

impl Calls for Sdk {
    async fn call(&mut self, operation: Operation) -> Result<Answer> {
        match operation {
            Operation::GetItem => {
                let id = AttributeValue::S(ID.to_owned());
                let found = self.client.get_item().table_name(TABLE).key("id", id).send().await?;
                Ok(Answer::Item(found.item.map(from_item).transpose()?))
            }
            Operation::PutItem => {
                let item = to_item(&self.large)?;
                self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await?;
                Ok(Answer::Written)
            }
            Operation::Query => {
                let query = self.client.query().table_name(TABLE).index_name(INDEX);
                let query = query.key_condition_expression("#p = :p").expression_attribute_names("#p", "parent");
                let parent = AttributeValue::S(PARENT.to_owned());
                let page = query.expression_attribute_values(":p", parent).send().await?;
                Ok(Answer::Page(from_items(page.items.unwrap_or_default())?))
            }
            Operation::BatchWriteItem => {
                let put = |message: &Message| -> Result<WriteRequest> {
                    let put = PutRequest::builder().set_item(Some(to_item(message)?)).build()?;
                    Ok(WriteRequest::builder().put_request(put).build())
                };
                let puts = self.batch.iter().map(put).collect::<Result<Vec<_>>>()?;
                let outcome = self.client.batch_write_item().request_items(TABLE, puts).send().await?;
                match outcome.unprocessed_items.unwrap_or_default().is_empty() {
                    true => Ok(Answer::Written),
                    false => Err("the server left items over".into()),
                }
            }
        }
    }
}
