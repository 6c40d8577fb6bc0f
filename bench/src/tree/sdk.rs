//! How trees are read on the AWS SDK: by hand, a query a node one after the other; and with this client's strategy, many
//! queries in flight.

use super::shape::{Node, Shape};
use crate::{
    data::{INDEX, TABLE},
    error::Result,
};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, from_items};
use std::collections::{HashMap, VecDeque};

/// What was read, and in how many requests.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) nodes: usize,
    pub(super) requests: u64,
}

type Key = HashMap<String, AttributeValue>;

async fn root(client: &Client) -> Result<Node> {
    let id = AttributeValue::S(Node::key(0));
    let found = client.get_item().table_name(TABLE).key("id", id).send().await?;
    Ok(from_item(found.item.ok_or("there is no root")?)?)
}

/// A page of a node's children, and where the next one begins.
async fn page(client: &Client, parent: &str, start: Option<Key>) -> Result<(Vec<Node>, Option<Key>)> {
    let query = client.query().table_name(TABLE).index_name(INDEX).key_condition_expression("#p = :p");
    let query = query.expression_attribute_names("#p", "parent");
    let query = query.expression_attribute_values(":p", AttributeValue::S(parent.to_owned()));
    let page = query.set_exclusive_start_key(start).send().await?;
    Ok((from_items(page.items.unwrap_or_default())?, page.last_evaluated_key))
}

/// A node with its children, as people nest them.
#[derive(Debug)]
struct Nested {
    node: Node,
    children: Vec<Nested>,
}

impl Drop for Nested {
    /// A thread of thousands would overflow the stack.
    fn drop(&mut self) {
        let mut rest = std::mem::take(&mut self.children);
        while let Some(mut nested) = rest.pop() {
            rest.append(&mut nested.children);
        }
    }
}

/// The query a node that people write: each node's children are asked for when it is reached, and what they are asked for
/// is awaited before anything else.
pub(super) async fn by_hand(client: &Client) -> Result<Read> {
    let mut requests = 1;
    // The recursion is written out: as async functions it would be a box a level.
    let mut path = vec![(root(client).await?, VecDeque::new(), Vec::new(), false)];
    let mut nodes = 1;
    loop {
        let Some((node, waiting, children, asked)) = path.last_mut() else { return Err("no node is left".into()) };
        if !*asked {
            *asked = true;
            let mut start = None;
            loop {
                let (page, next) = self::page(client, &node.id, start).await?;
                requests += 1;
                waiting.extend(page);
                start = next;
                if start.is_none() {
                    break;
                }
            }
        }
        if let Some(child) = waiting.pop_front() {
            nodes += 1;
            path.push((child, VecDeque::new(), Vec::new(), false));
            continue;
        }
        let children = std::mem::take(children);
        let Some((node, ..)) = path.pop() else { return Err("no node is left".into()) };
        let nested = Nested { node, children };
        match path.last_mut() {
            Some((_, _, siblings, _)) => siblings.push(nested),
            None => {
                // The tree is whole: someone would use it now.
                std::hint::black_box((&nested.node, &nested.children));
                return Ok(Read { nodes, requests });
            }
        }
    }
}

/// The same queries, `in_flight` of them at a time, each started as soon as its node is known.
pub(super) async fn same_strategy(client: &Client, in_flight: usize) -> Result<Read> {
    let mut nodes = vec![root(client).await?];
    let mut children: Vec<Vec<usize>> = vec![Vec::new()];
    let mut requests = 1;
    let mut waiting = VecDeque::from([(0, None)]);
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < in_flight
            && let Some((parent, start)) = waiting.pop_front()
        {
            let id = nodes[parent].id.clone();
            under_way.push(async move { (parent, page(client, &id, start).await) });
        }
        let Some((parent, read)) = under_way.next().await else { break };
        let (page, next) = read?;
        requests += 1;
        for node in page {
            children[parent].push(nodes.len());
            waiting.push_back((nodes.len(), None));
            nodes.push(node);
            children.push(Vec::new());
        }
        if next.is_some() {
            waiting.push_back((parent, next));
        }
    }
    std::hint::black_box(&children);
    Ok(Read { nodes: nodes.len(), requests })
}

/// One query for the children of the root, its first page alone: what the TypeScript client that came before did. Gives how
/// many nodes it misses.
pub(super) async fn missed_by_one_query(client: &Client, shape: Shape) -> Result<usize> {
    let (children, _) = page(client, &root(client).await?.id, None).await?;
    Ok(shape.count() - 1 - children.len())
}

/// Makes a connection.
pub(super) async fn warm_up(client: &Client) -> Result<()> {
    root(client).await.map(drop)
}
