//! Which attributes are the primary key of which table: what a client was told, what it has learnt, what it has asked.
//!
//! A batch must not hold two operations on one key, and a deletion of all that a query finds must know what to delete
//! by: both need the names of a table's key attributes, which no request or item tells by itself. A client knows them
//! from whoever declares them ([`Options::table_key`](crate::Options::table_key)), from a table that it makes or
//! describes, from the positions (`LastEvaluatedKey`) of a table's pages, from deletes that the service accepted; and
//! else asks once with DescribeTable.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::item::Number;

/// How long it is remembered that a table could not be described: a role that may not describe tables seldom may a
/// minute later, and a failure should not cost each batch a request.
const REFUSAL_KEPT: Duration = Duration::from_secs(60);

/// The attributes that make a table's primary key.
///
/// ```
/// use enhanced_dynamodb::KeySchema;
///
/// let messages = KeySchema::new("id");
/// assert_eq!((messages.partition(), messages.sort()), ("id", None));
/// let events = KeySchema::new("stream").with_sort("at");
/// assert_eq!((events.partition(), events.sort()), ("stream", Some("at")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeySchema {
    partition: String,
    sort: Option<String>,
}

impl KeySchema {
    /// A key of a partition key alone.
    #[must_use]
    pub fn new(partition: impl Into<String>) -> Self {
        KeySchema { partition: partition.into(), sort: None }
    }

    /// The same with a sort key.
    #[must_use]
    pub fn with_sort(mut self, sort: impl Into<String>) -> Self {
        self.sort = Some(sort.into());
        self
    }

    /// The partition key's attribute.
    #[must_use]
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The sort key's attribute, if there is one.
    #[must_use]
    pub fn sort(&self) -> Option<&str> {
        self.sort.as_deref()
    }

    /// # Errors
    /// If no table can have this key.
    pub(crate) fn check(&self, table: &str) -> Result<(), Error> {
        let wrong = |what: &str| {
            let message = format!("the key declared for the table {table:?} {what}");
            Err(Error::new(ErrorKind::InvalidConfiguration, message)
                .with_advice("Declare the attributes that the table was made with."))
        };
        if table.is_empty() {
            return wrong("names no table");
        }
        if self.partition.is_empty() || self.sort.as_deref() == Some("") {
            return wrong("has an attribute without a name");
        }
        if self.sort.as_deref() == Some(&*self.partition) {
            return wrong("has one attribute twice");
        }
        Ok(())
    }

    /// As [`check`](Self::check), of a key that is declared for one request.
    ///
    /// # Errors
    /// If no table can have this key.
    pub(crate) fn check_input(&self, table: &str) -> Result<(), Error> {
        self.check(table).map_err(|error| Error::invalid_input(error.message()).with_advice(error.advice().to_owned()))
    }
}

/// Writes `id`, or `stream, at`.
impl std::fmt::Display for KeySchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.partition)?;
        match &self.sort {
            Some(sort) => write!(f, ", {sort}"),
            None => Ok(()),
        }
    }
}

/// The names of a key's attributes, without what each is for: a position or a delete does not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyNames(Arc<[String]>);

impl KeyNames {
    /// Nothing unless there are one or two of them, and two different ones.
    pub(crate) fn new(mut names: Vec<String>) -> Option<Self> {
        names.sort_unstable();
        match &*names {
            [_] => {}
            [one, other] if one != other => {}
            _ => return None,
        }
        Some(KeyNames(names.into()))
    }

    pub(crate) fn of(schema: &KeySchema) -> Self {
        let mut names: Vec<String> = std::iter::once(schema.partition.clone()).chain(schema.sort.clone()).collect();
        names.sort_unstable();
        KeyNames(names.into())
    }

    /// In alphabetical order.
    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }
}

/// What is known of one table's key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    Names(KeyNames),
    /// Nothing, and the service will not say.
    Withheld,
}

impl Known {
    pub(crate) fn names(self) -> Option<KeyNames> {
        match self {
            Known::Names(names) => Some(names),
            Known::Withheld => None,
        }
    }
}

/// What a client knows of its tables, by the name or ARN that it uses for them.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys {
    declared: HashMap<String, KeyNames>,
    found: RwLock<HashMap<String, Found>>,
}

#[derive(Debug)]
enum Found {
    Names(KeyNames),
    WithheldUntil(Instant),
}

impl KnownKeys {
    pub(crate) fn new(declared: &BTreeMap<String, KeySchema>) -> Self {
        let declared = declared.iter().map(|(table, schema)| (table.clone(), KeyNames::of(schema))).collect();
        KnownKeys { declared, found: RwLock::default() }
    }

    pub(crate) fn get(&self, table: &str, now: Instant) -> Option<Known> {
        if let Some(names) = self.declared.get(table) {
            return Some(Known::Names(names.clone()));
        }
        match self.found.read().unwrap_or_else(PoisonError::into_inner).get(table)? {
            Found::Names(names) => Some(Known::Names(names.clone())),
            Found::WithheldUntil(until) => (now < *until).then_some(Known::Withheld),
        }
    }

    /// The service has described the table, or used or accepted a key of these attributes.
    pub(crate) fn learnt(&self, table: &str, names: &KeyNames) {
        let known = match self.found.read().unwrap_or_else(PoisonError::into_inner).get(table) {
            Some(Found::Names(known)) => known == names,
            Some(Found::WithheldUntil(_)) | None => false,
        };
        if !known && !self.declared.contains_key(table) {
            let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
            found.insert(table.to_owned(), Found::Names(names.clone()));
        }
    }

    /// The service did not describe the table: it is not asked again for a while.
    pub(crate) fn withheld(&self, table: &str, now: Instant) {
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        match found.get(table) {
            // Learnt meanwhile.
            Some(Found::Names(_)) => {}
            Some(Found::WithheldUntil(_)) | None => {
                found.insert(table.to_owned(), Found::WithheldUntil(now + REFUSAL_KEPT));
            }
        }
    }

    /// The table is deleted: one of the same name may have another key.
    pub(crate) fn forget(&self, table: &str) {
        self.found.write().unwrap_or_else(PoisonError::into_inner).remove(table);
    }
}

/// The value of a key attribute in the one form that equal keys share: the service takes the numbers 1, 1.0 and 1e0 for
/// one key. `kind` is its type, `S`, `N` or `B`.
pub(crate) fn canonical<'a>(kind: &str, text: Cow<'a, str>) -> Cow<'a, str> {
    match if kind == "N" { Number::parse(&text).ok() } else { None } {
        Some(number) => number.to_string().into(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> KeyNames {
        KeyNames(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn what_is_declared_stands_whatever_is_learnt() {
        let declared = BTreeMap::from([("Events".to_owned(), KeySchema::new("stream").with_sort("at"))]);
        let (keys, now) = (KnownKeys::new(&declared), Instant::now());
        keys.learnt("Events", &names(&["id"]));
        keys.withheld("Events", now);
        keys.forget("Events");
        let known = keys.get("Events", now).and_then(|known| known.names());
        assert_eq!(known, Some(names(&["at", "stream"])));
    }

    #[test]
    fn what_was_learnt_last_is_known() {
        let (keys, now) = (KnownKeys::default(), Instant::now());
        keys.learnt("Messages", &names(&["id"]));
        keys.learnt("Events", &names(&["at", "stream"]));
        assert_eq!(keys.get("Messages", now), Some(Known::Names(names(&["id"]))));
        assert_eq!(keys.get("Events", now), Some(Known::Names(names(&["at", "stream"]))));
        keys.learnt("Events", &KeyNames::of(&KeySchema::new("stream").with_sort("at")));
        assert_eq!(keys.get("Events", now), Some(Known::Names(names(&["at", "stream"]))), "described");
        keys.learnt("Events", &names(&["id"]));
        assert_eq!(keys.get("Events", now), Some(Known::Names(names(&["id"]))), "made anew");
    }

    #[test]
    fn a_refusal_is_remembered_for_a_minute_and_never_hides_what_is_known() {
        let (keys, now) = (KnownKeys::default(), Instant::now());
        keys.withheld("Messages", now);
        assert_eq!(keys.get("Messages", now + Duration::from_secs(59)), Some(Known::Withheld));
        assert_eq!(keys.get("Messages", now + Duration::from_secs(60)), None);
        keys.learnt("Messages", &names(&["id"]));
        keys.withheld("Messages", now);
        assert_ne!(keys.get("Messages", now), Some(Known::Withheld));
        keys.forget("Messages");
        assert_eq!(keys.get("Messages", now), None);
    }

    #[test]
    fn a_key_has_one_or_two_different_attributes() {
        let made = |names: &[&str]| KeyNames::new(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(made(&["stream", "at"]), Some(names(&["at", "stream"])));
        assert_eq!(made(&["id"]), Some(names(&["id"])));
        assert_eq!((made(&[]), made(&["a", "a"]), made(&["a", "b", "c"])), (None, None, None));
    }

    #[test]
    fn a_declared_key_that_no_table_can_have_is_an_error() {
        let wrong = |schema: KeySchema| schema.check("T").err().map(|error| error.message().to_owned());
        assert_eq!(wrong(KeySchema::new("a").with_sort("b")), None);
        assert!(wrong(KeySchema::new("")).is_some_and(|message| message.contains("without a name")));
        assert!(wrong(KeySchema::new("a").with_sort("a")).is_some_and(|message| message.contains("twice")));
        assert!(KeySchema::new("a").check("").is_err());
    }
}
