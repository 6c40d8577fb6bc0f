//! Where operations are written, one after the other, by one thread: what they have in common is allocated once for many.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::error::Error;

/// Memory for operations is allocated in pieces of so many bytes, each for the operations that are written next.
const PIECE: usize = 16 * 1024;

/// Larger operations are allocated by themselves.
const LARGEST_SHARED: usize = PIECE / 4;

/// A buffer larger than this is not kept.
const LARGEST_KEPT: usize = 64 * 1024;

/// How many tables' names are kept.
const NAMES: usize = 8;

thread_local! {
    static DESK: RefCell<Desk> = RefCell::new(Desk::default());
}

/// What a thread keeps from one operation to the next.
#[derive(Default)]
pub(super) struct Desk {
    buffer: Vec<u8>,
    piece: BytesMut,
    /// The names that came up last.
    names: Vec<Arc<str>>,
}

/// Lends the thread's desk.
pub(super) fn with<T>(work: impl FnOnce(&mut Desk) -> T) -> T {
    DESK.with(|desk| match desk.try_borrow_mut() {
        Ok(mut desk) => work(&mut desk),
        // An item whose `Serialize` makes an operation of its own.
        Err(_) => work(&mut Desk::default()),
    })
}

impl Desk {
    /// Gives what `write` writes, in memory that is shared with the operations before and after.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>) -> Result<Bytes, Error> {
        self.buffer.clear();
        let written = write(&mut self.buffer).map(|()| match self.buffer.len() {
            0..=LARGEST_SHARED => {
                if self.piece.capacity() < self.buffer.len() {
                    self.piece = BytesMut::with_capacity(PIECE);
                }
                self.piece.extend_from_slice(&self.buffer);
                self.piece.split().freeze()
            }
            _ => Bytes::copy_from_slice(&self.buffer),
        });
        if self.buffer.capacity() > LARGEST_KEPT {
            self.buffer = Vec::new();
        }
        written
    }

    /// The name of a table, allocated once for operations that follow each other.
    pub(super) fn table(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.iter().find(|known| ***known == *name) {
            return Arc::clone(known);
        }
        if self.names.len() == NAMES {
            self.names.remove(0);
        }
        let table: Arc<str> = Arc::from(name);
        self.names.push(Arc::clone(&table));
        table
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn write(desk: &mut Desk, text: &[u8]) -> Bytes {
        desk.write(|out| {
            out.extend_from_slice(text);
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn what_is_written_stays_as_it_was_whatever_is_written_after_it() {
        let mut desk = Desk::default();
        let texts: Vec<Vec<u8>> = (0..200_usize).map(|n| vec![n as u8; n * 41 % (LARGEST_SHARED + 500)]).collect();
        let written: Vec<Bytes> = texts.iter().map(|text| write(&mut desk, text)).collect();
        assert!(texts.iter().zip(&written).all(|(text, written)| text[..] == written[..]));
    }

    #[test]
    fn an_operation_that_failed_leaves_nothing_in_the_next() {
        let mut desk = Desk::default();
        let failed = desk.write(|out| {
            out.extend_from_slice(b"half");
            Err(Error::invalid_input("no"))
        });
        assert!(failed.is_err());
        assert_eq!(write(&mut desk, b"whole")[..], *b"whole");
    }

    #[test]
    fn a_table_is_named_once_among_the_last_few() {
        let mut desk = Desk::default();
        let first = desk.table("A");
        assert!(Arc::ptr_eq(&first, &desk.table("A")));
        (0..NAMES).for_each(|n| drop(desk.table(&n.to_string())));
        let again = desk.table("A");
        assert_eq!(*again, *first);
        assert!(!Arc::ptr_eq(&first, &again), "names are not kept for ever");
        assert_eq!(desk.names.len(), NAMES);
    }
}
