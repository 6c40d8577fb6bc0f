//! Bodies of responses as they come in: the one piece that a small response is, or the pieces put together.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

/// The largest response that is read, in bytes. The service's largest is a batch of 16 MB of items.
pub(crate) const MAX_RESPONSE: usize = 64 * 1024 * 1024;

/// What is set aside for a body at once, in bytes; the rest grows with what really comes, whatever the length header
/// promises.
const RESERVED: usize = 1024 * 1024;

/// The largest body, in bytes, whose memory is kept for the next one.
const KEPT: usize = 256 * 1024;

/// Memory in which bodies of several pieces are put together, one after the other: most are done with before the next
/// one comes, and to give memory back to the operating system and get it anew costs more than to copy a body.
#[derive(Default)]
pub(crate) struct Bodies(Mutex<BytesMut>);

impl Bodies {
    /// The memory, unless another body is just being put together there.
    fn take(&self) -> BytesMut {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps it for the next body, which gets it once this one is gone.
    fn keep(&self, memory: BytesMut) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = memory;
    }
}

/// A body that is coming in.
pub(crate) struct Pieces<'a> {
    bodies: &'a Bodies,
    /// What the length header promises.
    expected: Option<usize>,
    first: Bytes,
    joined: BytesMut,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(bodies: &'a Bodies, expected: Option<usize>) -> Self {
        Pieces { bodies, expected, first: Bytes::new(), joined: BytesMut::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.joined.len()
    }

    fn is_kept(&self) -> bool {
        self.expected.is_some_and(|expected| expected <= KEPT)
    }

    /// Adds a piece, and tells whether it fits into [`MAX_RESPONSE`].
    pub(crate) fn add(&mut self, piece: Bytes) -> bool {
        let length = self.len() + piece.len();
        if length > MAX_RESPONSE {
            return false;
        }
        if self.len() == 0 && self.expected.is_none_or(|expected| length >= expected) {
            self.first = piece;
            return true;
        }
        if self.joined.is_empty() {
            if self.is_kept() {
                self.joined = self.bodies.take();
            }
            self.joined.reserve(self.expected.unwrap_or_default().clamp(length, RESERVED.max(length)));
            self.joined.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.joined.extend_from_slice(&piece);
        true
    }

    pub(crate) fn join(mut self) -> Bytes {
        if self.joined.is_empty() {
            return self.first;
        }
        let body = self.joined.split().freeze();
        if self.is_kept() {
            self.bodies.keep(self.joined);
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bodies: &Bodies, expected: Option<usize>, pieces: &[&[u8]]) -> Bytes {
        let mut body = Pieces::new(bodies, expected);
        assert!(pieces.iter().all(|piece| body.add(Bytes::copy_from_slice(piece))));
        body.join()
    }

    #[test]
    fn pieces_are_put_together_whether_or_not_their_length_is_known() {
        let bodies = Bodies::default();
        for expected in [Some(6), None, Some(4), Some(KEPT + 1)] {
            assert_eq!(read(&bodies, expected, &[b"ab", b"c", b"def"]), "abcdef");
            assert_eq!(read(&bodies, expected, &[b"abcdef"]), "abcdef");
            assert_eq!(read(&bodies, expected, &[]), "");
        }
    }

    #[test]
    fn a_body_that_is_still_in_use_stays_as_it_is() {
        let bodies = Bodies::default();
        let held: Vec<Bytes> = (0..9_u8).map(|n| read(&bodies, Some(6), &[&[n; 4], &[n; 2]])).collect();
        assert!((0..9_u8).zip(&held).all(|(n, body)| body[..] == [n; 6]));
    }

    #[test]
    fn the_memory_of_a_body_that_is_gone_is_used_again() {
        let bodies = Bodies::default();
        let first = read(&bodies, Some(60_000), &[&[1; 30_000], &[2; 30_000]]);
        let place = first.as_ptr();
        drop(first);
        let second = read(&bodies, Some(50_000), &[&[3; 30_000], &[4; 20_000]]);
        assert_eq!(second.as_ptr(), place);
    }

    #[test]
    fn more_than_the_largest_response_is_refused() {
        let bodies = Bodies::default();
        let mut body = Pieces::new(&bodies, None);
        assert!(body.add(Bytes::from(vec![0; MAX_RESPONSE])));
        assert!(!body.add(Bytes::from_static(b"x")));
    }
}
