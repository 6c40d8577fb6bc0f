//! The items that a transaction gives, each in the place of the action that asked for it.

use std::ops::Range;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::codec::{DecodeError, Reader, decode_item};
use crate::error::Error;
use crate::operation::{ConsumedCapacity, response};

/// Where each item stands in the body.
#[derive(Clone)]
pub(super) struct Responses {
    body: Bytes,
    pub(super) items: Vec<Option<Range<usize>>>,
}

impl Responses {
    pub(super) fn read(body: &Bytes) -> Result<(Self, Vec<ConsumedCapacity>), Error> {
        Responses::take(body).map_err(|error| response::malformed(&error))
    }

    /// # Errors
    /// If there are not as many answers as actions.
    pub(super) fn check_count(&self, asked: usize) -> Result<(), Error> {
        if self.items.len() == asked {
            return Ok(());
        }
        let message = format!("{} answers to {asked} actions", self.items.len());
        Err(response::malformed(&DecodeError::new(message)))
    }

    /// The item of the action number `index`.
    pub(super) fn item<T: DeserializeOwned>(
        &self,
        index: usize,
        operation: &'static str,
        table: Option<&str>,
    ) -> Result<Option<T>, Error> {
        let Some(Some(at)) = self.items.get(index) else { return Ok(None) };
        decode_item(&self.body[at.clone()]).map(Some).map_err(|error| {
            Error::from(error).of_action(index, operation, table).with_item(Some(self.body.slice(at.clone())))
        })
    }

    fn take(body: &Bytes) -> Result<(Self, Vec<ConsumedCapacity>), DecodeError> {
        let (mut items, mut consumed_capacity) = (Vec::new(), Vec::new());
        let mut reader = Reader::new(body)?;
        let mut object = reader.object()?;
        while let Some(key) = object.next_key(&mut reader)? {
            match &*key {
                "Responses" => {
                    let Some(mut array) = reader.optional_array()? else { continue };
                    while array.next_element(&mut reader)? {
                        items.push(item(&mut reader)?);
                    }
                }
                "ConsumedCapacity" => consumed_capacity = response::capacities(&mut reader, body)?,
                _ => reader.skip_value()?,
            }
        }
        Ok((Responses { body: body.clone(), items }, consumed_capacity))
    }
}

/// Where the item of one answer stands.
fn item(reader: &mut Reader<'_>) -> Result<Option<Range<usize>>, DecodeError> {
    let mut item = None;
    if reader.null() {
        return Ok(item);
    }
    let mut object = reader.object()?;
    while let Some(key) = object.next_key(reader)? {
        match &*key {
            "Item" if reader.null() => {}
            "Item" => item = Some(reader.raw_value()?),
            _ => reader.skip_value()?,
        }
    }
    Ok(item)
}

/// The error of an action that the transaction did not have.
pub(super) fn no_such_action(what: &str, count: usize, index: usize) -> Error {
    Error::invalid_input(format!("the transaction had {count} {what}, counted from 0, and none has the number {index}"))
}
