//! A BatchGetItem taken apart: what requests are made from.

use std::sync::Arc;

use super::{BATCH_GET_ITEM, BatchGetItem, Leftover, MOST_KEYS, OWN, TableReads};
use crate::codec::{DecodeError, Reader};
use crate::error::Error;
use crate::execute::{CallOptions, Core};
use crate::operation::ReturnConsumedCapacity;
use crate::operation::base::{bool_member, member};
use crate::operation::view::View;

/// A [`BatchGetItem`] taken apart.
pub(crate) struct BatchGetParts {
    pub(crate) core: Arc<Core>,
    pub(crate) options: CallOptions,
    pub(crate) capacity: Option<ReturnConsumedCapacity>,
    pub(crate) tables: Vec<TableParts>,
    /// The table of each key, by its place in `tables`, in the order asked.
    pub(crate) asked: Vec<u32>,
    /// How many keys of the same batch stand before these.
    pub(crate) first: usize,
}

impl BatchGetParts {
    /// The same with keys of its only table, with commas between them.
    pub(crate) fn with_keys(&self, keys: Vec<u8>, count: usize, first: usize) -> Self {
        let with_keys = |parts: &TableParts| TableParts {
            table: parts.table.clone(),
            keys,
            settings: parts.settings.clone(),
            view: parts.view.clone(),
        };
        BatchGetParts {
            core: Arc::clone(&self.core),
            options: self.options.clone(),
            capacity: self.capacity,
            tables: self.tables.first().map(with_keys).into_iter().collect(),
            asked: vec![0; count],
            first,
        }
    }
}

/// What is asked of one table.
pub(crate) struct TableParts {
    pub(crate) table: String,
    /// The keys, with commas between them.
    pub(crate) keys: Vec<u8>,
    /// Projection, consistency and the like: members, each with a comma before it.
    pub(crate) settings: Vec<u8>,
    pub(crate) view: View,
}

impl TableParts {
    /// `{"Keys":[…],…}`, as the service gave it back.
    fn of_leftovers(left: Leftover) -> Result<Self, DecodeError> {
        let Leftover { table, json, view, .. } = left;
        let (mut keys, mut settings) = (Vec::new(), Vec::new());
        let mut reader = Reader::new(&json)?;
        let mut object = reader.object()?;
        while let Some(name) = object.next_key(&mut reader)? {
            let value = &json[reader.raw_value()?];
            if name == "Keys" {
                keys = value.get(1..value.len() - 1).unwrap_or_default().to_vec();
            } else {
                member(&mut settings, &name);
                settings.extend_from_slice(value);
            }
        }
        Ok(TableParts { table, keys, settings, view })
    }
}

impl BatchGetItem {
    /// The batch taken apart, for more than one request.
    ///
    /// # Errors
    /// What is wrong with it; the first table is named.
    pub(crate) fn into_parts(self) -> Result<BatchGetParts, Error> {
        self.taken_apart(Self::parts)
    }

    pub(super) fn taken_apart(
        mut self,
        parts: impl FnOnce(&mut Self) -> Result<BatchGetParts, Error>,
    ) -> Result<BatchGetParts, Error> {
        let table = self.first_table();
        let core = Arc::clone(&self.core);
        parts(&mut self).map_err(|error| core.refuse(BATCH_GET_ITEM.name.clone(), table.as_deref(), error))
    }

    /// The parts of a batch that is one request: with what must be read to look at the items as was asked.
    pub(super) fn for_one_request(&mut self) -> Result<BatchGetParts, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let count = self.len();
        if count == 0 || count > MOST_KEYS {
            return Err(Error::invalid_input(format!("a batch has 1 to {MOST_KEYS} keys, this one has {count}"))
                .with_advice("Read more than 100 with .all() instead of .send()."));
        }
        let mut parts = self.parts()?;
        for table in parts.tables.iter_mut().filter(|table| !table.view.is_plain()) {
            table.view.widen(&mut table.settings, &[])?;
        }
        Ok(parts)
    }

    fn parts(&mut self) -> Result<BatchGetParts, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        self.check_leftovers()?;
        let mut tables = Vec::with_capacity(self.tables.len() + self.leftovers.len());
        // The place of each table among those that a key was asked of.
        let mut places = Vec::with_capacity(self.tables.len());
        for reads in &mut self.tables {
            places.push(tables.len() as u32);
            if reads.count > 0 {
                let mut settings = Vec::new();
                reads.write_settings(&mut settings)?;
                let (keys, view) = (std::mem::take(&mut reads.keys), reads.view.clone());
                tables.push(TableParts { table: reads.table.clone(), keys, settings, view });
            }
        }
        let mut asked = std::mem::take(&mut self.asked);
        for table in &mut asked {
            *table = places[*table as usize];
        }
        for left in std::mem::take(&mut self.leftovers) {
            asked.extend(std::iter::repeat_n(tables.len() as u32, left.count));
            tables.push(TableParts::of_leftovers(left)?);
        }
        Ok(BatchGetParts {
            core: Arc::clone(&self.core),
            options: self.options.clone(),
            capacity: self.capacity,
            tables,
            asked,
            first: 0,
        })
    }

    /// The parts of a batch whose keys, all of one table, are still to come.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn for_keys_to_come(mut self, table: &str) -> Result<BatchGetParts, Error> {
        let core = Arc::clone(&self.core);
        let mut parts = || {
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            if !self.is_empty() {
                let message = format!("a stream reads the keys that it is given; the batch has {} more", self.len());
                return Err(Error::invalid_input(message).with_advice("Read those with .all()."));
            }
            let reads = self.table(table);
            let mut settings = Vec::new();
            reads.write_settings(&mut settings)?;
            let view = reads.view.clone();
            Ok((settings, view))
        };
        let (settings, view) = parts().map_err(|error| core.refuse(BATCH_GET_ITEM.name.clone(), Some(table), error))?;
        Ok(BatchGetParts {
            core,
            options: self.options,
            capacity: self.capacity,
            tables: vec![TableParts { table: table.to_owned(), keys: Vec::new(), settings, view }],
            asked: Vec::new(),
            first: 0,
        })
    }

    /// A table's keys go with one projection.
    fn check_leftovers(&self) -> Result<(), Error> {
        let twice = self.leftovers.iter().map(|left| &left.table).find(|table| {
            self.tables.iter().any(|reads| reads.count > 0 && reads.table == **table)
                || self.leftovers.iter().filter(|left| left.table == **table).count() > 1
        });
        if let Some(table) = twice {
            return Err(Error::invalid_input(format!(
                "table {table} has keys left over from another batch, which bring their own projection; send those alone"
            )));
        }
        Ok(())
    }
}

impl TableReads {
    /// What the request says of this table beside its keys: members, each with a comma before it.
    fn write_settings(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.consistent_read {
            bool_member(out, "ConsistentRead", true);
        }
        self.expressions.write(out)?;
        self.parameters.check(|name| OWN.contains(&name))?;
        self.parameters.write(out);
        Ok(())
    }
}
