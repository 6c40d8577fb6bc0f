//! Closing a client: calls under way end, new ones are refused.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::error::{Error, ErrorKind};

/// Counts the calls under way, those included that wait for a retry and hold no socket.
#[derive(Debug, Default)]
pub(super) struct Gate {
    under_way: AtomicUsize,
    closed: AtomicBool,
    quiet: Notify,
}

/// One call under way.
pub(super) struct Pass<'a>(&'a Gate);

impl Gate {
    /// # Errors
    /// If the gate is closed.
    pub(super) fn enter(&self) -> Result<Pass<'_>, Error> {
        // Counted before the look at `closed`, so that whoever closes sees this call or this call sees that it is closed.
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let pass = Pass(self);
        if self.is_closed() {
            return Err(Error::new(ErrorKind::Closed, "the client was closed"));
        }
        Ok(pass)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Ends when no call is under way.
    pub(super) async fn quiet(&self) {
        loop {
            let quiet = self.quiet.notified();
            if self.under_way.load(Ordering::SeqCst) == 0 {
                return;
            }
            quiet.await;
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::SeqCst) == 1 && self.0.is_closed() {
            self.0.quiet.notify_waiters();
        }
    }
}
