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

/// What is known of one table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// By a declaration, or from the service's description.
    Schema(Arc<KeySchema>),
    /// From a position or an accepted delete.
    Names(KeyNames),
    /// Nothing, and the service will not say.
    Withheld,
}

impl Known {
    #[allow(dead_code, reason = "for those above that compare keys")]
    pub(crate) fn names(&self) -> Option<KeyNames> {
        match self {
            Known::Schema(schema) => Some(KeyNames::of(schema)),
            Known::Names(names) => Some(names.clone()),
            Known::Withheld => None,
        }
    }
}

/// What a client knows of its tables, by the name or ARN that it uses for them.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys {
    declared: HashMap<String, Arc<KeySchema>>,
    found: RwLock<HashMap<String, Found>>,
}

#[derive(Debug)]
enum Found {
    Schema(Arc<KeySchema>),
    Names(KeyNames),
    WithheldUntil(Instant),
}

impl KnownKeys {
    pub(crate) fn new(declared: &BTreeMap<String, KeySchema>) -> Self {
        let declared = declared.iter().map(|(table, schema)| (table.clone(), Arc::new(schema.clone()))).collect();
        KnownKeys { declared, found: RwLock::default() }
    }

    pub(crate) fn get(&self, table: &str, now: Instant) -> Option<Known> {
        if let Some(schema) = self.declared.get(table) {
            return Some(Known::Schema(Arc::clone(schema)));
        }
        match self.found.read().unwrap_or_else(PoisonError::into_inner).get(table)? {
            Found::Schema(schema) => Some(Known::Schema(Arc::clone(schema))),
            Found::Names(names) => Some(Known::Names(names.clone())),
            Found::WithheldUntil(until) => (now < *until).then_some(Known::Withheld),
        }
    }

    /// The service has described the table.
    pub(crate) fn described(&self, table: &str, schema: KeySchema) {
        self.set(table, Found::Schema(Arc::new(schema)));
    }

    /// The service has used or accepted a key of these attributes. A description that says the same stays: it says
    /// more.
    pub(crate) fn learnt(&self, table: &str, names: &KeyNames) {
        if self.declared.contains_key(table) {
            return;
        }
        let known = match self.found.read().unwrap_or_else(PoisonError::into_inner).get(table) {
            Some(Found::Schema(schema)) => KeyNames::of(schema) == *names,
            Some(Found::Names(known)) => known == names,
            Some(Found::WithheldUntil(_)) | None => false,
        };
        if known {
            return;
        }
        let found = match names.names() {
            // The one attribute of a key can only be its partition key.
            [partition] => Found::Schema(Arc::new(KeySchema::new(partition))),
            _ => Found::Names(names.clone()),
        };
        self.set(table, found);
    }

    /// The service did not describe the table: it is not asked again for a while.
    pub(crate) fn withheld(&self, table: &str, now: Instant) {
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        match found.get(table) {
            // Learnt meanwhile.
            Some(Found::Schema(_) | Found::Names(_)) => {}
            Some(Found::WithheldUntil(_)) | None => {
                found.insert(table.to_owned(), Found::WithheldUntil(now + REFUSAL_KEPT));
            }
        }
    }

    /// The table is deleted: one of the same name may have another key.
    pub(crate) fn forget(&self, table: &str) {
        self.found.write().unwrap_or_else(PoisonError::into_inner).remove(table);
    }

    fn set(&self, table: &str, found: Found) {
        self.found.write().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned(), found);
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
    fn one_learnt_attribute_is_the_partition_key_and_of_two_nobody_knows_which_is() {
        let (keys, now) = (KnownKeys::default(), Instant::now());
        keys.learnt("Messages", &names(&["id"]));
        keys.learnt("Events", &names(&["at", "stream"]));
        assert_eq!(keys.get("Messages", now), Some(Known::Schema(Arc::new(KeySchema::new("id")))));
        assert_eq!(keys.get("Events", now), Some(Known::Names(names(&["at", "stream"]))));
        let described = KeySchema::new("stream").with_sort("at");
        keys.described("Events", described.clone());
        keys.learnt("Events", &names(&["at", "stream"]));
        assert_eq!(keys.get("Events", now), Some(Known::Schema(Arc::new(described))), "a description says more");
        keys.learnt("Events", &names(&["id"]));
        assert_eq!(keys.get("Events", now), Some(Known::Schema(Arc::new(KeySchema::new("id")))), "made anew");
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
