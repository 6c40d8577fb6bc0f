//! A conversation in one table, found by its root's key, by a parent on an index, or by the conversation on another.

use super::{Store, texts};
use crate::{
    data,
    error::Result,
    server::answers::Request,
    tree::shape::{self, CONVERSATION, CONVERSATIONS, Node, Shape},
};
use serde_json::{Value, json};

/// Bytes that a page of a query holds at most (DynamoDB developer guide, "Paginating table query results": 1 MB).
const PAGE: usize = 1024 * 1024;

/// The nodes as the service writes them, each by its number, and the children of each.
#[derive(Debug)]
pub(super) struct Tree {
    items: Vec<String>,
    children: Vec<Vec<usize>>,
    all: Vec<usize>,
}

impl Tree {
    pub(super) fn of(shape: Shape) -> Result<Self> {
        let nodes = shape.nodes();
        let mut children = vec![Vec::new(); nodes.len()];
        for (number, node) in nodes.iter().enumerate() {
            if let Some(parent) = node.parent.as_deref().and_then(shape::number) {
                children[parent].push(number);
            }
        }
        let items = nodes.iter().map(|node| Ok(data::item(node)?.to_string())).collect::<Result<Vec<_>>>()?;
        Ok(Self { all: (0..items.len()).collect(), items, children })
    }

    /// A page of these nodes, behind the one that the request begins behind.
    fn page(&self, nodes: &[usize], body: &[u8]) -> Option<Vec<u8>> {
        let begins_behind = memchr::memmem::find(body, b"\"ExclusiveStartKey\"").map(|at| &body[at..]);
        let start = match begins_behind.and_then(|key| texts(key, br#""id":{"S":""#).next()) {
            Some(id) => nodes.partition_point(|node| Some(*node) <= shape::number(id)),
            None => 0,
        };
        let (mut page, mut count, mut last) = (Vec::with_capacity(1024), 0, None);
        page.extend_from_slice(br#"{"Items":["#);
        for (at, node) in nodes.iter().enumerate().skip(start) {
            let item = &self.items[*node];
            if count > 0 {
                page.push(b',');
            }
            page.extend_from_slice(item.as_bytes());
            count += 1;
            if page.len() > PAGE && at + 1 < nodes.len() {
                last = Some(Node::key(*node));
                break;
            }
        }
        let counts = format!(r#"],"Count":{count},"ScannedCount":{count}"#);
        page.extend_from_slice(counts.as_bytes());
        if let Some(id) = last {
            page.extend_from_slice(format!(r#","LastEvaluatedKey":{{"id":{{"S":"{id}"}}}}"#).as_bytes());
        }
        page.push(b'}');
        Some(page)
    }
}

impl Store for Tree {
    fn answer(&self, request: &Request<'_>) -> Option<Vec<u8>> {
        match request.target {
            b"DynamoDB_20120810.DescribeTable" => Some(description().to_string().into_bytes()),
            b"DynamoDB_20120810.GetItem" => {
                let node = texts(request.body, br#""id":{"S":""#).find_map(shape::number)?;
                Some(format!(r#"{{"Item":{}}}"#, self.items.get(node)?).into_bytes())
            }
            b"DynamoDB_20120810.Query" => {
                // The value of the key condition, whatever its placeholder is called.
                let values = memchr::memmem::find(request.body, b"\"ExpressionAttributeValues\"")?;
                let mut values = texts(&request.body[values..], br#"{"S":""#);
                match values.next()? {
                    CONVERSATION => self.page(&self.all, request.body),
                    parent => self.page(self.children.get(shape::number(parent)?)?, request.body),
                }
            }
            _ => None,
        }
    }
}

/// The table, as the service describes it.
fn description() -> Value {
    let key = |name| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
    let types = ["id", "parent", "conversation"];
    let index = |name, attribute| {
        json!({
            "IndexName": name,
            "IndexStatus": "ACTIVE",
            "KeySchema": key(attribute),
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    json!({ "Table": {
        "TableName": data::TABLE,
        "TableStatus": "ACTIVE",
        "KeySchema": key("id"),
        "AttributeDefinitions": types.map(|name| json!({ "AttributeName": name, "AttributeType": "S" })),
        "GlobalSecondaryIndexes": [index(data::INDEX, "parent"), index(CONVERSATIONS, "conversation")],
    } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn query(tree: &Tree, value: &str, start: Option<Value>) -> Value {
        let mut body = json!({ "ExpressionAttributeValues": { ":v0": { "S": value } } });
        if let Some(start) = start {
            body["ExclusiveStartKey"] = start;
        }
        let body = body.to_string();
        let request = Request { target: b"DynamoDB_20120810.Query", body: body.as_bytes(), length: 0 };
        serde_json::from_slice(&tree.answer(&request).unwrap()).unwrap()
    }

    #[test]
    fn the_children_of_a_node_are_found() {
        let tree = Tree::of(Shape::Bushy).unwrap();
        let answer = query(&tree, &Node::key(1), None);
        assert_eq!(answer["Count"], 8);
        assert_eq!(answer["Items"][0]["id"]["S"], Node::key(9));
    }

    #[test]
    fn the_pages_of_a_conversation_hold_each_node_once() {
        let tree = Tree::of(Shape::Star).unwrap();
        let (mut start, mut ids, mut pages) = (None, Vec::new(), 0);
        loop {
            let answer = query(&tree, CONVERSATION, start);
            pages += 1;
            ids.extend(answer["Items"].as_array().unwrap().iter().map(|item| item["id"]["S"].to_string()));
            match answer.get("LastEvaluatedKey") {
                Some(key) => start = Some(key.clone()),
                None => break,
            }
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 10_000);
        assert!(pages > 4, "{pages} pages");
    }
}
