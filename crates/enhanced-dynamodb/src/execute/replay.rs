//! What sending a call a second time would do.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

/// What sending a call a second time would do.
///
/// An attempt may end with nobody knowing whether the service applied it: the connection was lost after the request
/// was sent, or the answer did not come in time. Whether the client may then send the call again depends on its class,
/// which the operation decides.
///
/// ```
/// use enhanced_dynamodb::ReplayClass;
///
/// assert!(ReplayClass::Read.may_be_replayed());
/// assert!(ReplayClass::Idempotent.may_be_replayed());
/// assert!(!ReplayClass::NonIdempotent.may_be_replayed());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplayClass {
    /// The call changes nothing.
    Read,
    /// The call writes, and leaves the same item behind whether it is applied once or twice.
    Idempotent,
    /// Applied twice, the call may leave something else behind than applied once: a counter raised twice, an element
    /// appended twice. Calls that the client does not understand are of this class.
    NonIdempotent,
}

impl ReplayClass {
    /// Whether a call of this class is sent again when nobody knows whether it was applied.
    #[must_use]
    pub const fn may_be_replayed(self) -> bool {
        match self {
            ReplayClass::Read | ReplayClass::Idempotent => true,
            ReplayClass::NonIdempotent => false,
        }
    }
}
