//! What reading all items of a batch gives.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::plan::{Found, Plan};
use crate::error::{Error, ErrorKind};
use crate::execute::Metadata;
use crate::operation::batch_get::BATCH_GET_ITEM;
use crate::operation::{ConsumedCapacity, UnprocessedKeys, response};

/// What [`BatchGetItem::all`](crate::operation::BatchGetItem::all) gives.
#[non_exhaustive]
pub struct BatchGetAllOutput {
    plan: Plan,
    /// What became of each different key, table by table.
    found: Vec<Vec<Found>>,
    /// What all requests together consumed on each table, if asked for.
    pub consumed_capacity: Vec<ConsumedCapacity>,
    /// How the calls went: attempts of all of them, the time that the whole batch took, the id of the last request.
    pub metadata: Metadata,
}

impl BatchGetAllOutput {
    pub(super) fn new(
        plan: Plan,
        found: Vec<Vec<Found>>,
        consumed_capacity: Vec<ConsumedCapacity>,
        metadata: Metadata,
    ) -> Self {
        BatchGetAllOutput { plan, found, consumed_capacity, metadata }
    }

    /// The items of this table, in the order asked; `None` where there is no such item. Nothing if no key of this table
    /// was asked for.
    ///
    /// # Errors
    /// The first of [`results`](Self::results).
    pub fn items<T: DeserializeOwned>(&self, table: &str) -> Result<Vec<Option<T>>, Error> {
        self.results(table).collect()
    }

    /// The items of this table, each for itself, in the order asked: one that cannot be read does not hide the others.
    ///
    /// An error names the key by its place among all that were asked for. It is an [`ErrorKind::Decode`], with the item
    /// and its key inside ([`Error::item`]), for an item that is no `T`, and an [`ErrorKind::BatchIncomplete`] for a key
    /// that was not read, which only the [`batch_get`](Error::batch_get) of an error has.
    pub fn results<T: DeserializeOwned>(&self, table: &str) -> impl Iterator<Item = Result<Option<T>, Error>> + '_ {
        let at = self.plan.tables.iter().position(|asked| asked.name == table);
        let slots = at.map_or(&[][..], |at| self.plan.tables[at].keys.slots());
        slots.iter().enumerate().map(move |(nth, slot)| {
            let table = at.unwrap_or_default();
            self.result(table, *slot, || self.plan.place(table, nth))
        })
    }

    /// The items of this table as the service's JSON, in the order asked: those that there are.
    ///
    /// # Errors
    /// If what was read for the matching cannot be taken out of one again.
    pub(crate) fn raw_items(&self, table: &str) -> impl Iterator<Item = Result<Bytes, Error>> + '_ {
        let asked = self.plan.tables.iter().zip(&self.found).find(|(asked, _)| asked.name == table);
        asked.into_iter().flat_map(|(asked, found)| {
            asked.keys.slots().iter().filter_map(|slot| match &found[*slot as usize] {
                Found::Item(item) => Some(asked.view.strip(item).map_err(|error| response::malformed(&error))),
                Found::Missing | Found::Unread => None,
            })
        })
    }

    /// The items of all tables, in the order asked; `None` where there is no such item.
    ///
    /// # Errors
    /// The first of [`all_results`](Self::all_results).
    pub fn all_items<T: DeserializeOwned>(&self) -> Result<Vec<Option<T>>, Error> {
        self.all_results().collect()
    }

    /// The items of all tables, each for itself, in the order asked; see [`results`](Self::results).
    pub fn all_results<T: DeserializeOwned>(&self) -> impl Iterator<Item = Result<Option<T>, Error>> + '_ {
        let mut next: Vec<std::slice::Iter<'_, u32>> =
            self.plan.tables.iter().map(|table| table.keys.slots().iter()).collect();
        self.plan.order.iter().enumerate().map(move |(place, table)| {
            let table = *table as usize;
            let slot = next[table].next().copied().unwrap_or_default();
            self.result(table, slot, || self.plan.place_in_batch(place))
        })
    }

    /// The keys that were not read, to be given to [`retry`](crate::operation::BatchGetItem::retry) of another batch:
    /// each once, with the projection and the consistency that were asked for. None unless this is the
    /// [`batch_get`](Error::batch_get) of an error.
    #[must_use]
    pub fn unread(&self) -> UnprocessedKeys {
        self.plan.unread(&self.found)
    }

    fn result<T: DeserializeOwned>(
        &self,
        table: usize,
        slot: u32,
        place: impl Fn() -> usize,
    ) -> Result<Option<T>, Error> {
        let asked = &self.plan.tables[table];
        let located =
            |error: Error| error.at_index(place()).with_operation(BATCH_GET_ITEM.name.clone(), Some(&asked.name));
        match &self.found[table][slot as usize] {
            Found::Missing => Ok(None),
            Found::Item(item) => asked.view.decode(item).map(Some).map_err(located),
            Found::Unread => Err(located(Error::new(ErrorKind::BatchIncomplete, "the key was not read"))),
        }
    }
}

// Keys and items do not belong in logs: only how many there are is shown.
impl std::fmt::Debug for BatchGetAllOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tables = self.plan.tables.iter().map(|table| (&table.name, table.keys.slots().len()));
        f.debug_struct("BatchGetAllOutput")
            .field("tables", &tables.collect::<Vec<_>>())
            .field("unread", &self.unread())
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
