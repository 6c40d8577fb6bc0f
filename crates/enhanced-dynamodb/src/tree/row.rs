//! Items as they stand in a response, with the attributes that make the tree read out of them.

use bytes::Bytes;

use super::schema::TreeSchema;
use crate::codec::{DecodeError, Reader, decode_value, member};
use crate::item::AttributeValue;
use crate::operation::{ConsumedCapacity, response};

/// The names of the attributes that are read out of every item.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) key: String,
    pub(super) parent: Option<String>,
    pub(super) order: Option<String>,
    pub(super) count: Option<String>,
    pub(super) tree: Option<String>,
}

impl Wanted {
    /// `parent` and `tree` are read where the layout needs them; `sort` orders children where the schema does not say.
    pub(super) fn new(schema: &TreeSchema, sort: Option<&str>, parent: bool, tree: bool) -> Self {
        Wanted {
            key: schema.key.clone(),
            parent: parent.then(|| schema.parent.clone()),
            order: schema.order.as_deref().or(sort).map(str::to_owned),
            count: schema.child_count.as_ref().map(|count| count.attribute.clone()),
            tree: schema.tree_attribute().filter(|_| tree).map(str::to_owned),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let others = [&self.parent, &self.order, &self.count, &self.tree];
        std::iter::once(self.key.as_str()).chain(others.into_iter().filter_map(|name| name.as_deref()))
    }
}

/// One item.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) item: Bytes,
    pub(super) id: Option<AttributeValue>,
    pub(super) parent: Option<AttributeValue>,
    pub(super) order: Option<AttributeValue>,
    pub(super) count: Option<u64>,
    pub(super) tree: Option<AttributeValue>,
}

/// What a page of a query has beside its items.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) count: u64,
    pub(super) scanned: u64,
    pub(super) next: Option<Bytes>,
    pub(super) capacity: Option<ConsumedCapacity>,
}

/// Reads a page of a query.
pub(super) fn read_page(body: &Bytes, wanted: &Wanted, rows: &mut Vec<Row>) -> Result<Frame, DecodeError> {
    let mut frame = Frame::default();
    let mut reader = Reader::new(body)?;
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(&mut reader)? {
        match &*key {
            "Items" => {
                let mut array = reader.array()?;
                while array.next_element(&mut reader)? {
                    rows.push(read_row(&mut reader, body, wanted)?);
                }
            }
            "Count" => frame.count = reader.number()?,
            "ScannedCount" => frame.scanned = reader.number()?,
            "LastEvaluatedKey" => {
                let key = response::slice(body, reader.raw_value()?);
                frame.next = Some(key).filter(|key| key.first() == Some(&b'{') && key.contains(&b'"'));
            }
            "ConsumedCapacity" => frame.capacity = response::capacity(&mut reader, body)?,
            _ => reader.skip_value()?,
        }
    }
    Ok(frame)
}

/// Reads an item that stands alone.
pub(super) fn row_of(item: &Bytes, wanted: &Wanted) -> Result<Row, DecodeError> {
    read_row(&mut Reader::new(item)?, item, wanted)
}

/// Reads an item where the reader stands.
pub(super) fn read_row(reader: &mut Reader<'_>, body: &Bytes, wanted: &Wanted) -> Result<Row, DecodeError> {
    let (mut id, mut parent, mut order, mut count, mut tree) = (None, None, None, None, None);
    let is = |name: &str, wanted: &Option<String>| wanted.as_deref() == Some(name);
    // White space before the item is passed over by whoever looks for the item's end.
    let mut object = reader.object()?;
    let start = reader.position() - 1;
    while let Some(name) = object.next_key(reader)? {
        let at = reader.raw_value()?;
        // One attribute may be several of these, such as a key that is the order too.
        if name == wanted.key.as_str() {
            id = Some(decode_value(&body[at.clone()])?);
        }
        if is(&name, &wanted.parent) {
            parent = Some(decode_value(&body[at.clone()])?).filter(|parent| *parent != AttributeValue::Null);
        }
        if is(&name, &wanted.order) {
            order = Some(decode_value(&body[at.clone()])?);
        }
        if is(&name, &wanted.count) {
            let value: AttributeValue = decode_value(&body[at.clone()])?;
            count = value.as_n().and_then(crate::Number::to_u64);
        }
        if is(&name, &wanted.tree) {
            tree = Some(decode_value(&body[at])?);
        }
    }
    Ok(Row { item: body.slice(start..reader.position()), id, parent, order, count, tree })
}

/// One attribute of an item.
pub(super) fn attribute(item: &[u8], wanted: &str) -> Result<Option<AttributeValue>, DecodeError> {
    member(item, wanted)?.map(|at| decode_value(&item[at])).transpose()
}
