//! The items that every contestant reads and writes, and the service's own form of them.
//!
//! The DynamoDB JSON here is made by way of `serde_json`, by neither of the codecs that are measured.

use crate::{contestant::Operation, error::Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) const TABLE: &str = "Messages";
pub(crate) const INDEX: &str = "parent-index";
pub(crate) const ID: &str = "m1";
pub(crate) const PARENT: &str = "m0";
pub(crate) const REGION: &str = "us-east-1";
/// The example credentials of AWS's documentation of Signature Version 4.
pub(crate) const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const LARGE: usize = 1024;
/// Bytes of an item among many.
pub(crate) const SMALL: usize = 400;
const PAGE: usize = 100;
const BATCH: usize = 25;

/// Prose as it stands in a chat: mostly plain, here and there a quotation mark or a line's end that JSON escapes.
pub(crate) const PROSE: &str = "The order went out on Tuesday, as you asked, and the courier says that it arrives before noon tomorrow. \
When I looked at the label again I saw that it still reads \"fragile\", so nobody should put anything on top of it. \
Could you tell the people at the desk, please, that two of them have to sign for it?\n\
The second parcel is another matter: it left the warehouse late, and the tracking page has not changed since then. ";

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) author: String,
    pub(crate) text: String,
    pub(crate) created_at: u64,
    pub(crate) score: f64,
    pub(crate) edited: bool,
    pub(crate) tags: Vec<String>,
}

impl Message {
    /// The message with this number, its text as long as makes the item `size` bytes.
    fn of_size(number: usize, size: usize) -> Result<Self> {
        let mut message = Self {
            id: format!("m{number}"),
            parent: Some(PARENT.to_owned()),
            author: "user-1742".to_owned(),
            text: String::new(),
            created_at: 1_760_000_000_000 + number as u64,
            score: 0.375 + number as f64,
            edited: number.is_multiple_of(2),
            tags: vec!["shipping".to_owned(), "urgent".to_owned()],
        };
        let missing = size.saturating_sub(item_size(&serde_json::to_value(&message)?));
        message.text = PROSE.chars().cycle().take(missing).collect();
        Ok(message)
    }

    /// The item of `GetItem` and `PutItem`.
    pub(crate) fn large() -> Result<Self> {
        Self::of_size(1, LARGE)
    }

    /// The items of the page that `Query` returns.
    pub(crate) fn page() -> Result<Vec<Self>> {
        (1..=PAGE).map(|number| Self::of_size(number, SMALL)).collect()
    }

    /// The items that `BatchWriteItem` puts.
    pub(crate) fn batch() -> Result<Vec<Self>> {
        (1..=BATCH).map(|number| Self::of_size(number, SMALL)).collect()
    }
}

/// Any number of items of some 400 B each, cheap to make: they differ in their ids and times.
#[derive(Debug, Clone)]
pub(crate) struct Many(Message);

impl Many {
    pub(crate) fn prepare() -> Result<Self> {
        Message::of_size(0, SMALL).map(Self)
    }

    /// The item with this number.
    pub(crate) fn message(&self, number: usize) -> Message {
        let mut message = self.0.clone();
        self.turn_into(&mut message, number);
        message
    }

    /// Makes one of these items the one with this number, so that what is measured is not their making.
    pub(crate) fn turn_into(&self, message: &mut Message, number: usize) {
        message.id.clear();
        message.id.push('m');
        message.id.push_str(itoa::Buffer::new().format(number));
        message.created_at = self.0.created_at + number as u64;
    }

    /// The key of the item with this number.
    pub(crate) fn id(number: usize) -> String {
        ["m", itoa::Buffer::new().format(number)].concat()
    }

    /// A client that is fast because it brings the wrong items shall not win.
    ///
    /// # Errors
    ///
    /// What was found is not the item with this number.
    pub(crate) fn check(&self, number: usize, found: Option<&Message>) -> Result<()> {
        let right = |found: &Message| {
            let (sample, created_at) = (&self.0, self.0.created_at + number as u64);
            let same = (&found.parent, &found.author, &found.text, found.score, found.edited, &found.tags)
                == (&sample.parent, &sample.author, &sample.text, sample.score, sample.edited, &sample.tags);
            same && found.id == Self::id(number) && found.created_at == created_at
        };
        match found {
            Some(found) if right(found) => Ok(()),
            _ => Err(format!("item {number} did not come back as it was written: {found:?}").into()),
        }
    }
}

/// The body of the service's answer.
pub(crate) fn response_body(operation: Operation) -> Result<String> {
    let body = match operation {
        Operation::GetItem => json!({ "Item": item(&Message::large()?)? }),
        Operation::PutItem => json!({}),
        Operation::Query => {
            let items = Message::page()?.iter().map(item).collect::<Result<Vec<_>>>()?;
            json!({ "Count": items.len(), "Items": items, "ScannedCount": items.len() })
        }
        Operation::BatchWriteItem => json!({ "UnprocessedItems": {} }),
    };
    Ok(body.to_string())
}

/// The body of a request for it.
pub(crate) fn request_body(operation: Operation) -> Result<String> {
    let body = match operation {
        Operation::GetItem => json!({ "TableName": TABLE, "Key": { "id": { "S": ID } } }),
        Operation::PutItem => json!({ "TableName": TABLE, "Item": item(&Message::large()?)? }),
        Operation::Query => json!({
            "TableName": TABLE,
            "IndexName": INDEX,
            "KeyConditionExpression": "#p = :p",
            "ExpressionAttributeNames": { "#p": "parent" },
            "ExpressionAttributeValues": { ":p": { "S": PARENT } },
        }),
        Operation::BatchWriteItem => {
            let put = |message: &Message| Ok(json!({ "PutRequest": { "Item": item(message)? } }));
            let puts = Message::batch()?.iter().map(put).collect::<Result<Vec<_>>>()?;
            json!({ "RequestItems": { TABLE: puts } })
        }
    };
    Ok(body.to_string())
}

/// A message as the service writes it: every attribute's value under its type.
pub(crate) fn item(message: &impl Serialize) -> Result<Value> {
    match serde_json::to_value(message)? {
        Value::Object(fields) => {
            Ok(fields.into_iter().map(|(name, value)| (name, attribute_value(value))).collect::<Value>())
        }
        other => Err(format!("a message is no object but {other}").into()),
    }
}

fn attribute_value(value: Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(value) => json!({ "BOOL": value }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.into_iter().map(attribute_value).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            json!({ "M": fields.into_iter().map(|(name, value)| (name, attribute_value(value))).collect::<Value>() })
        }
    }
}

/// Bytes that DynamoDB counts for an item, names included ("DynamoDB item sizes and formats" in its developer guide).
fn item_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(number) => number.to_string().bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1,
        Value::String(text) => text.len(),
        Value::Array(values) => 3 + values.iter().map(|value| 1 + item_size(value)).sum::<usize>(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + item_size(value)).sum(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn size(message: &Message) -> usize {
        item_size(&serde_json::to_value(message).unwrap())
    }

    #[test]
    fn the_items_have_the_sizes_that_the_table_names() {
        assert_eq!(size(&Message::large().unwrap()), 1024);
        let (page, batch) = (Message::page().unwrap(), Message::batch().unwrap());
        assert_eq!((page.len(), batch.len()), (100, 25));
        assert!(page.iter().chain(&batch).all(|message| size(message) == 400));
    }

    #[test]
    fn an_item_that_is_missing_or_changed_is_an_error() {
        let many = Many::prepare().unwrap();
        many.check(3, Some(&many.message(3))).unwrap();
        assert!(many.check(3, Some(&many.message(4))).is_err());
        assert!(many.check(3, None).is_err());
    }

    #[test]
    fn a_value_stands_under_its_type() {
        let value = json!({ "a": [null, true, 1.5, "x"] });
        let expected =
            json!({ "M": { "a": { "L": [{ "NULL": true }, { "BOOL": true }, { "N": "1.5" }, { "S": "x" }] } } });
        assert_eq!(attribute_value(value), expected);
    }

    #[test]
    fn the_item_is_at_the_top_without_a_type() {
        let body: Value = serde_json::from_str(&response_body(Operation::GetItem).unwrap()).unwrap();
        assert_eq!(body["Item"]["id"], json!({ "S": ID }));
        assert_eq!(body["Item"]["edited"], json!({ "BOOL": false }));
    }
}
