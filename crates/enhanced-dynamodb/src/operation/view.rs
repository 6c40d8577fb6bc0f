//! How the items of an answer are looked at: those that have expired are hidden, and attributes that the client read for
//! itself are taken out.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::response;
use crate::codec::{DecodeError, decode_item, decode_value, member};
use crate::error::Error;
use crate::expression::{AttributeType, Condition, attr, widen_projection};
use crate::item::{AttributeValue, Number};

/// What expired longer ago than this, the service does not delete: it takes the number for something else (developer
/// guide, "Time to Live: Before you start": "no more than five years in the past").
const OLDEST: u64 = 5 * 365 * 24 * 60 * 60;

/// How items are looked at; the usual way is as they are.
#[derive(Clone, Default)]
pub(crate) struct View {
    /// The attribute that says, in seconds of Unix time, when an item expires.
    pub(crate) expiry: Option<String>,
    /// Attributes that were read though nobody asked for them.
    pub(crate) added: Vec<String>,
}

impl View {
    pub(crate) fn is_plain(&self) -> bool {
        self.expiry.is_none() && self.added.is_empty()
    }

    /// Adds to the projection among a request's members what must be seen to know whether an item has expired, and
    /// these attributes.
    ///
    /// # Errors
    /// As [`widen_projection`].
    pub(crate) fn widen(&mut self, members: &mut Vec<u8>, wanted: &[String]) -> Result<(), Error> {
        let wanted: Vec<&String> = wanted.iter().chain(&self.expiry).collect();
        self.added.extend(widen_projection(members, &wanted)?);
        Ok(())
    }

    /// Whether the item has expired and is to be hidden.
    pub(crate) fn hides(&self, item: &[u8], now: SystemTime) -> Result<bool, DecodeError> {
        let Some(expiry) = &self.expiry else { return Ok(false) };
        let Some(at) = member(item, expiry)? else { return Ok(false) };
        Ok(match decode_value(&item[at])? {
            AttributeValue::N(time) => {
                let (oldest, now) = bounds(now);
                (oldest..=now).contains(&time)
            }
            _ => false,
        })
    }

    /// The item without the attributes that nobody asked for, as the service's JSON.
    pub(crate) fn strip(&self, item: &Bytes) -> Result<Bytes, DecodeError> {
        if self.added.is_empty() { Ok(item.clone()) } else { response::without(item, &self.added).map(Bytes::from) }
    }

    /// The item as it was asked for. One that is no `T` is an error that holds it with all that was read.
    pub(crate) fn decode<T: DeserializeOwned>(&self, item: &Bytes) -> Result<T, Error> {
        let read = self.strip(item).and_then(|asked| decode_item(&asked));
        read.map_err(|error| Error::from(error).with_item(Some(item.clone())))
    }
}

/// The filter that an item which has not expired passes: one without the attribute, one in which it is no number, and
/// one in which it is so old that the service does not delete the item.
pub(crate) fn not_expired(attribute: &str, now: SystemTime) -> Condition {
    let (oldest, now) = bounds(now);
    attr(attribute).not_exists()
        | attr(attribute).gt(now)
        | attr(attribute).lt(oldest)
        | !attr(attribute).has_type(AttributeType::N)
}

/// What has expired, and is about to be deleted, lies between these seconds of Unix time.
fn bounds(now: SystemTime) -> (Number, Number) {
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    (Number::from(now.saturating_sub(OLDEST)), Number::from(now))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, View};
    use std::time::{Duration, UNIX_EPOCH};

    const NOW: u64 = 1_700_000_000;

    fn hides(item: &str) -> Option<bool> {
        let view = View { expiry: Some("ttl".to_owned()), added: Vec::new() };
        view.hides(item.as_bytes(), UNIX_EPOCH + Duration::from_secs(NOW)).ok()
    }

    #[test]
    fn an_item_is_hidden_from_the_second_in_which_it_expires() {
        let expires = |at: String| hides(&format!(r#"{{"id":{{"S":"a"}},"ttl":{{"N":"{at}"}}}}"#));
        assert_eq!(expires((NOW + 1).to_string()), Some(false));
        assert_eq!(expires(NOW.to_string()), Some(true));
        assert_eq!(expires(format!("{}.5", NOW - 1)), Some(true));
        assert_eq!(expires((NOW - OLDEST).to_string()), Some(true));
        assert_eq!(expires((NOW - OLDEST - 1).to_string()), Some(false), "the service does not delete it");
        assert_eq!(expires("0".to_owned()), Some(false));
    }

    #[test]
    fn what_says_no_time_does_not_expire() {
        for item in
            [r#"{"id":{"S":"a"}}"#, r#"{"ttl":{"S":"1699999999"}}"#, r#"{"m":{"M":{"ttl":{"N":"1699999999"}}}}"#]
        {
            assert_eq!(hides(item), Some(false), "{item}");
        }
    }
}
