//! Which fault strikes which request, and where.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the request and its answer pass.
    None,
    /// The connection is closed.
    Cut {
        /// Where.
        at: Point,
        /// As the client's socket sees it.
        how: Close,
    },
    /// Nothing more comes, but the connection stays open until the client closes it.
    Hang {
        /// Where.
        at: Point,
    },
    /// The request or its answer comes late, and passes.
    Delay {
        /// Where.
        at: Point,
        /// For how long.
        by: Duration,
    },
    /// The answer comes in pieces.
    Drip {
        /// Bytes a piece.
        bytes: usize,
        /// The pause before each piece.
        every: Duration,
    },
    /// The answer declares this `content-length` instead of its own, with its body unchanged; then the connection is closed.
    ContentLength(u64),
    /// These bytes are sent instead of an answer, and the connection is closed; the engine does not see the request.
    Garbage(Bytes),
}

impl Fault {
    /// Where it strikes; whole answers are changed before their first byte.
    pub(super) fn point(&self) -> Option<Point> {
        match self {
            Fault::None => None,
            Fault::Cut { at, .. } | Fault::Hang { at } | Fault::Delay { at, .. } => Some(*at),
            Fault::Drip { .. } | Fault::ContentLength(_) => Some(Point::AnswerBytes(0)),
            Fault::Garbage(_) => Some(Point::Received),
        }
    }
}

/// A place on the way of a request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The connection was accepted; nothing was read.
    Accepted,
    /// So many bytes of the request (head and body) were read, at least one. The engine has seen nothing.
    RequestBytes(usize),
    /// The whole request was read. The engine has seen nothing.
    Received,
    /// The engine has applied the request and answered. The client has seen nothing.
    Applied,
    /// So many bytes of the answer, head and body, were passed on.
    AnswerBytes(usize),
    /// The answer's head and so many bytes of its body were passed on.
    BodyBytes(usize),
    /// The whole answer was passed on: the connection is idle.
    Answered,
}

/// How a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// At once, with a reset: the client's reads and writes fail.
    Reset,
    /// In order, with a FIN: the client reads the end of the stream.
    Fin,
}

/// Which request it is; all count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The connection, in the order of acceptance.
    pub connection: u64,
    /// The request on its connection.
    pub on_connection: u64,
    /// The request among all, in the order of arrival.
    pub request: u64,
}

type Choose = dyn Fn(At) -> Fault + Send + Sync;

#[derive(Default)]
pub(super) struct Plan(Mutex<Faults>);

#[derive(Default)]
struct Faults {
    queue: VecDeque<Fault>,
    choose: Option<Box<Choose>>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("queue", &self.faults().queue).finish_non_exhaustive()
    }
}

impl Plan {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn queue(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults().queue.extend(faults);
    }

    pub(super) fn choose(&self, choose: impl Fn(At) -> Fault + Send + Sync + 'static) {
        self.faults().choose = Some(Box::new(choose));
    }

    pub(super) fn clear(&self) {
        *self.faults() = Faults::default();
    }

    /// The fault that strikes at acceptance, if the next one does.
    pub(super) fn at_acceptance(&self, at: At) -> Fault {
        let mut faults = self.faults();
        let strikes = |fault: &Fault| fault.point() == Some(Point::Accepted);
        match faults.queue.front() {
            Some(next) if strikes(next) => faults.queue.pop_front().unwrap_or(Fault::None),
            Some(_for_the_request) => Fault::None,
            None => faults.choose.as_ref().map(|choose| choose(at)).filter(strikes).unwrap_or(Fault::None),
        }
    }

    pub(super) fn for_request(&self, at: At) -> Fault {
        let mut faults = self.faults();
        if let Some(fault) = faults.queue.pop_front() {
            return fault;
        }
        match faults.choose.as_ref().map_or(Fault::None, |choose| choose(at)) {
            // It has had its turn when the connection was accepted.
            fault if fault.point() == Some(Point::Accepted) => Fault::None,
            fault => fault,
        }
    }
}
