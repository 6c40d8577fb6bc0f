//! The query for a node's children: written once, and then only the node's key put in its place.

use bytes::Bytes;
use memchr::memmem;

use super::check::Layout;
use super::plan::Plan;
use super::row::Wanted;
use crate::codec::{EncodeOptions, encode_value};
use crate::error::Error;
use crate::execute::{Call, CallOptions, Core, Operation, ReplayClass, Reply};
use crate::expression::attr;
use crate::item::AttributeValue;
use crate::operation::base::{member, number_member};
use crate::transport::ArnParameter;

/// All but the key of the node whose children are asked for.
pub(super) struct Template {
    operation: &'static Operation,
    table: String,
    head: Vec<u8>,
    tail: Vec<u8>,
    options: CallOptions,
}

impl Template {
    /// # Errors
    /// What is wrong with the read's expressions.
    pub(super) fn new(plan: &Plan, layout: &Layout, wanted: &Wanted, whole: bool) -> Result<Self, Error> {
        for number in 0u64.. {
            // What stands in the key's place must stand nowhere else.
            let mark = format!("\u{1}the node's key {number}\u{1}");
            let mut query = plan.query(whole, wanted).index(&plan.schema.index);
            query = match (&plan.tree, layout.within_tree) {
                (Some(tree), true) => {
                    let name = plan.schema.tree_attribute().unwrap_or_default();
                    query.partition(name, tree).sort(attr(&plan.schema.parent).eq(&mark))
                }
                (None, true) => {
                    return Err(plan.locate(
                        Error::invalid_input("the index finds children within a tree, and the tree's id is not known")
                            .with_advice("Name the tree with .tree(id)."),
                    ));
                }
                (_, false) => query.partition(&plan.schema.parent, &mark),
            };
            if layout.consistent && plan.consistent == Some(true) {
                query = query.consistent_read(true);
            }
            let request = query.pages_of()?;
            let mut value = Vec::new();
            encode_value(&mut value, &mark, EncodeOptions { keep_nulls: true })?;
            let mut found = memmem::find_iter(&request.prefix, &value);
            if let (Some(at), None) = (found.next(), found.next()) {
                return Ok(Template {
                    operation: request.operation,
                    table: request.table,
                    head: request.prefix[..at].to_vec(),
                    tail: request.prefix[at + value.len()..].to_vec(),
                    options: request.options,
                });
            }
        }
        Err(Error::invalid_input("the query for a node's children cannot be written"))
    }

    /// Asks for a page of a node's children.
    pub(super) async fn fetch(
        &self,
        core: &Core,
        node: &AttributeValue,
        start: Option<&Bytes>,
        limit: Option<u32>,
    ) -> Result<Reply, Error> {
        let start_length = start.map_or(0, |key| key.len() + 24);
        let mut body = Vec::with_capacity(self.head.len() + self.tail.len() + 96 + start_length);
        body.extend_from_slice(&self.head);
        encode_value(&mut body, node, EncodeOptions { keep_nulls: true })?;
        body.extend_from_slice(&self.tail);
        if let Some(limit) = limit {
            number_member(&mut body, "Limit", limit);
        }
        if let Some(start) = start {
            member(&mut body, "ExclusiveStartKey");
            body.extend_from_slice(start);
        }
        body.push(b'}');
        let call = Call {
            operation: self.operation,
            table: Some(&self.table),
            arns: ArnParameter::Single(&self.table),
            body: Bytes::from(body),
            replay: ReplayClass::Read,
            options: &self.options,
        };
        core.execute(call).await
    }
}
