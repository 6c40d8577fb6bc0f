//! Many items in one table, found by BatchGetItem; BatchWriteItem is answered as if all were written.

use super::{Store, texts};
use crate::{
    data::{self, Many, TABLE},
    error::Result,
    server::answers::Request,
};

/// The items with the numbers from 0, as the service writes them.
#[derive(Debug)]
pub(super) struct Bulk {
    items: Vec<String>,
}

impl Bulk {
    pub(super) fn of(items: usize) -> Result<Self> {
        let many = Many::prepare()?;
        let item = |number| Ok(data::item(&many.message(number))?.to_string());
        Ok(Self { items: (0..items).map(item).collect::<Result<_>>()? })
    }
}

impl Store for Bulk {
    fn answer(&self, request: &Request<'_>) -> Option<Vec<u8>> {
        match request.target {
            b"DynamoDB_20120810.DescribeTable" => Some(
                format!(
                    r#"{{"Table":{{"TableName":"{TABLE}","TableStatus":"ACTIVE","KeySchema":[{{"AttributeName":"id","KeyType":"HASH"}}]}}}}"#
                )
                .into_bytes(),
            ),
            b"DynamoDB_20120810.BatchWriteItem" => Some(br#"{"UnprocessedItems":{}}"#.to_vec()),
            b"DynamoDB_20120810.BatchGetItem" => {
                let mut body = format!(r#"{{"Responses":{{"{TABLE}":["#).into_bytes();
                let mut separator: &[u8] = b"";
                for id in texts(request.body, br#""id":{"S":""#) {
                    let number: usize = id.strip_prefix('m')?.parse().ok()?;
                    body.extend_from_slice(separator);
                    body.extend_from_slice(self.items.get(number)?.as_bytes());
                    separator = b",";
                }
                body.extend_from_slice(br#"]},"UnprocessedKeys":{}}"#);
                Some(body)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_items_asked_for_are_given() {
        let bulk = Bulk::of(10).unwrap();
        let body = json!({ "RequestItems": { TABLE: { "Keys": [{ "id": { "S": "m7" } }, { "id": { "S": "m0" } }] } } });
        let body = body.to_string();
        let request = Request { target: b"DynamoDB_20120810.BatchGetItem", body: body.as_bytes(), length: 0 };
        let answer: Value = serde_json::from_slice(&bulk.answer(&request).unwrap()).unwrap();
        let item = |number| data::item(&Many::prepare().unwrap().message(number)).unwrap();
        assert_eq!(answer["Responses"][TABLE], json!([item(7), item(0)]));
    }
}
