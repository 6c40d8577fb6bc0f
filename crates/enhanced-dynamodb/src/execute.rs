//! One logical call: attempts, backoff, quota, deadline, and what to do after a failure.

mod replay;

pub use replay::ReplayClass;

use crate::error::{CancellationReason, ErrorKind};

pub(crate) fn is_throttling(_kind: ErrorKind, _control_plane: bool) -> bool {
    false
}
pub(crate) fn is_retryable(_kind: ErrorKind, _control_plane: bool, _c: &[CancellationReason]) -> bool {
    false
}
