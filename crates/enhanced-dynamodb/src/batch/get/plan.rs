//! What a batch asks of each table, the requests for it, and what their answers mean.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::keys::{Keys, Scratch};
use crate::codec::{DecodeError, Reader};
use crate::error::Error;
use crate::execute::{CallOptions, Core};
use crate::observe::table_name;
use crate::operation::base::request_items;
use crate::operation::batch_get::{BATCH_GET_ITEM, BatchGetParts, Leftover, MOST_KEYS};
use crate::operation::view::View;
use crate::operation::{ConsumedCapacity, ReturnConsumedCapacity, UnprocessedKeys, response};

/// A key: its table, and which of that table's different keys it is.
pub(super) type Asked = (u32, u32);

/// What became of a key.
#[derive(Clone)]
pub(super) enum Found {
    /// The service did not read it.
    Unread,
    /// There is no such item.
    Missing,
    /// The item as the service gave it, with the attributes that were added to a projection.
    Item(Bytes),
}

/// All that a batch asks for.
pub(super) struct Plan {
    pub(super) core: Arc<Core>,
    /// The deadline is that of the whole batch.
    pub(super) options: CallOptions,
    capacity: Option<ReturnConsumedCapacity>,
    pub(super) tables: Vec<Table>,
    /// The table of each key, in the order asked.
    pub(super) order: Vec<u32>,
    /// How many keys of the same batch stand before these.
    first: usize,
}

pub(super) struct Table {
    pub(super) name: String,
    pub(super) keys: Keys,
    /// What a request says of the table beside its keys, as the caller asked.
    settings: Vec<u8>,
    /// The same, with the key attributes in the projection.
    widened: Vec<u8>,
    /// With the attributes that the caller's projection does not have.
    pub(super) view: View,
    /// The same without those: what goes with keys that are given back.
    asked_view: View,
}

/// What one answer says beside the items.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) unread: Vec<Asked>,
    pub(super) capacity: Vec<ConsumedCapacity>,
}

impl Plan {
    /// # Errors
    /// If keys of one table are not made of the same attributes.
    pub(super) fn new(parts: BatchGetParts) -> Result<Self, Error> {
        let BatchGetParts { core, options, capacity, tables, asked, first } = parts;
        let mut plan = Plan { core, options, capacity, tables: Vec::with_capacity(tables.len()), order: asked, first };
        for (at, parts) in tables.into_iter().enumerate() {
            let made = Keys::new(parts.keys, |nth| plan.place(at, nth)).and_then(|keys| {
                let (mut widened, mut view) = (parts.settings.clone(), parts.view.clone());
                view.widen(&mut widened, keys.names())?;
                Ok((keys, widened, view))
            });
            match made {
                Ok((keys, widened, view)) => plan.tables.push(Table {
                    name: parts.table,
                    keys,
                    settings: parts.settings,
                    widened,
                    view,
                    asked_view: parts.view,
                }),
                Err(error) => return Err(plan.core.refuse(BATCH_GET_ITEM.name.clone(), Some(&parts.table), error)),
            }
        }
        Ok(plan)
    }

    /// Every different key.
    pub(super) fn asked(&self) -> impl Iterator<Item = Asked> + '_ {
        self.tables
            .iter()
            .enumerate()
            .flat_map(|(table, asked)| (0..asked.keys.len()).map(move |slot| (table as u32, slot as u32)))
    }

    /// How many different keys there are.
    pub(super) fn len(&self) -> usize {
        self.tables.iter().map(|table| table.keys.len()).sum()
    }

    pub(super) fn nothing_found(&self) -> Vec<Vec<Found>> {
        self.tables.iter().map(|table| vec![Found::Unread; table.keys.len()]).collect()
    }

    pub(super) fn first_table(&self) -> Option<&str> {
        self.tables.first().map(|table| table.name.as_str())
    }

    /// The names of the tables of these keys, which are sorted.
    pub(super) fn tables_of(&self, keys: &[Asked]) -> Vec<&str> {
        keys.chunk_by(|one, other| one.0 == other.0)
            .filter_map(|chunk| chunk.first())
            .map(|(table, _)| self.table(*table).name.as_str())
            .collect()
    }

    /// The place among the keys of all tables of one table's nth key.
    pub(super) fn place(&self, table: usize, nth: usize) -> usize {
        let own = self.order.iter().enumerate().filter(|(_, of)| **of as usize == table);
        self.first + own.map(|(place, _)| place).nth(nth).unwrap_or(nth)
    }

    /// The place among the keys of the whole batch of the one in this place among those that are asked for here.
    pub(super) fn place_in_batch(&self, place: usize) -> usize {
        self.first + place
    }

    fn table(&self, table: u32) -> &Table {
        &self.tables[table as usize]
    }

    /// The next keys to ask for, as many as one request takes, and the request.
    pub(super) fn next_request(&self, pending: &mut VecDeque<Asked>) -> Option<(Vec<Asked>, Vec<u8>)> {
        let mut keys: Vec<Asked> = pending.drain(..pending.len().min(MOST_KEYS)).collect();
        keys.sort_unstable();
        let first = keys.first()?;
        let mut body = Vec::with_capacity(256 + keys.len() * (self.table(first.0).keys.json(first.1).len() + 16));
        let by_table = keys.chunk_by(|one, other| one.0 == other.0);
        let tables = by_table.filter_map(|keys| keys.first().map(|(table, _)| (self.table(*table), keys)));
        let tables = tables.map(|(table, keys)| (table.name.as_str(), (table, keys)));
        request_items(&mut body, tables, self.capacity, |body, (table, keys)| {
            table.write(body, keys.iter().map(|(_, slot)| *slot), &table.widened);
        });
        body.push(b'}');
        Some((keys, body))
    }

    /// Reads the answer to a request for these keys: items go to their keys. What the service neither gave nor gave back
    /// does not exist.
    ///
    /// # Errors
    /// If it is not of the operation's form, or speaks of a table or a key that was not asked for: which items exist
    /// could not be told then.
    pub(super) fn read(&self, body: &Bytes, keys: &[Asked], found: &mut [Vec<Found>]) -> Result<Answer, Error> {
        let answer = self.take(body, found).map_err(|error| response::malformed(&error))?;
        for (table, slot) in keys {
            let found = &mut found[*table as usize][*slot as usize];
            if matches!(found, Found::Unread) && !answer.unread.contains(&(*table, *slot)) {
                *found = Found::Missing;
            }
        }
        Ok(answer)
    }

    fn take(&self, body: &Bytes, found: &mut [Vec<Found>]) -> Result<Answer, DecodeError> {
        let mut answer = Answer::default();
        let mut scratch = Scratch::default();
        let now = self.core.time().wall();
        let mut reader = Reader::new(body)?;
        let mut object = reader.object()?;
        while let Some(member) = object.next_key(&mut reader)? {
            match &*member {
                "Responses" if !reader.null() => {
                    let mut tables = reader.object()?;
                    while let Some(name) = tables.next_key(&mut reader)? {
                        let table = self.table_named(&name)?;
                        let view = &self.tables[table].view;
                        self.each(table, &mut reader, body, &mut scratch, |slot, at| {
                            let hidden = view.hides(&body[at.clone()], now)?;
                            found[table][slot as usize] =
                                if hidden { Found::Missing } else { Found::Item(body.slice(at)) };
                            Ok(())
                        })?;
                    }
                }
                "UnprocessedKeys" if !reader.null() => {
                    let mut tables = reader.object()?;
                    while let Some(name) = tables.next_key(&mut reader)? {
                        let table = self.table_named(&name)?;
                        let mut request = reader.object()?;
                        while let Some(member) = request.next_key(&mut reader)? {
                            if member == "Keys" {
                                let unread = &mut answer.unread;
                                self.each(table, &mut reader, body, &mut scratch, |slot, _| {
                                    unread.push((table as u32, slot));
                                    Ok(())
                                })?;
                            } else {
                                reader.skip_value()?;
                            }
                        }
                    }
                }
                "Responses" | "UnprocessedKeys" => {}
                "ConsumedCapacity" => {
                    let capacity: Option<Vec<ConsumedCapacity>> = response::json(&mut reader, body)?;
                    answer.capacity = capacity.unwrap_or_default();
                }
                _ => reader.skip_value()?,
            }
        }
        Ok(answer)
    }

    /// Goes through a list of items or keys of one table.
    fn each(
        &self,
        table: usize,
        reader: &mut Reader<'_>,
        body: &Bytes,
        scratch: &mut Scratch,
        mut each: impl FnMut(u32, Range<usize>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Some(mut items) = reader.optional_array()? else { return Ok(()) };
        while items.next_element(reader)? {
            let start = reader.position();
            match self.tables[table].keys.find(reader, body, scratch)? {
                Some(slot) => each(slot, start..reader.position())?,
                None => return Err(DecodeError::new("it has a key that was not asked for")),
            }
        }
        Ok(())
    }

    /// The table of this name: as it was asked for, or by its name alone where it was asked for by its ARN.
    fn table_named(&self, name: &str) -> Result<usize, DecodeError> {
        let exact = self.tables.iter().position(|table| table.name == name);
        exact
            .or_else(|| self.tables.iter().position(|table| table_name(&table.name) == table_name(name)))
            .ok_or_else(|| DecodeError::new("it has a table that was not asked for"))
    }

    /// The keys that were not read, with what the caller asked of them.
    pub(super) fn unread(&self, found: &[Vec<Found>]) -> UnprocessedKeys {
        let mut unread = UnprocessedKeys::default();
        for (table, found) in self.tables.iter().zip(found) {
            let slots = || {
                let numbered = found.iter().enumerate();
                numbered.filter(|(_, found)| matches!(found, Found::Unread)).map(|(slot, _)| slot as u32)
            };
            let count = slots().count();
            if count > 0 {
                let mut json = Vec::new();
                table.write(&mut json, slots(), &table.settings);
                let (json, view) = (Bytes::from(json), table.asked_view.clone());
                unread.tables.push(Leftover { table: table.name.clone(), json, count, view });
            }
        }
        unread
    }
}

impl Table {
    /// `{"Keys":[…],…}`.
    fn write(&self, out: &mut Vec<u8>, slots: impl Iterator<Item = u32>, settings: &[u8]) {
        out.extend_from_slice(b"{\"Keys\":[");
        for (at, slot) in slots.enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(self.keys.json(slot));
        }
        out.push(b']');
        out.extend_from_slice(settings);
        out.push(b'}');
    }
}
