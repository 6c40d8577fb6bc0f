//! When a slow read is sent a second time.

use std::fmt;
use std::time::Duration;

/// When a read that is slow to answer is sent a second time while the first is still under way; whichever answers
/// first serves, the other is dropped together with its socket.
///
/// It shortens the tail: few requests are slow, and those are rarely slow twice. It costs the capacity of the second
/// read. A budget bounds how many calls may be hedged, so that a service that is slow for everybody does not get twice
/// the load. Writes are never hedged.
///
/// ```
/// use std::time::Duration;
/// use enhanced_dynamodb::{Client, Hedge, Item};
///
/// # async fn example() -> Result<(), enhanced_dynamodb::Error> {
/// let db = Client::builder().hedge(Hedge::p95()).build().await?;
/// let soon = Hedge::after(Duration::from_millis(20));
/// let found: Option<Item> = db.get("Messages").key("id", "m1").hedge(soon).item().await?;
/// # let _ = found;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    pub(crate) when: HedgeWhen,
    /// How many of 100 calls may be hedged.
    pub(crate) budget: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HedgeWhen {
    Never,
    After(Duration),
    P95,
}

/// How many of 100 calls may be hedged if nothing else is said.
const DEFAULT_BUDGET: u32 = 5;

impl Hedge {
    /// After this time without an answer.
    #[must_use]
    pub const fn after(delay: Duration) -> Self {
        Hedge { when: HedgeWhen::After(delay), budget: DEFAULT_BUDGET }
    }

    /// After the time within which 95 of 100 such calls were answered lately: the client keeps an estimate for each
    /// kind of read, which follows the service. The first 20 calls of a kind are not hedged.
    #[must_use]
    pub const fn p95() -> Self {
        Hedge { when: HedgeWhen::P95, budget: DEFAULT_BUDGET }
    }

    /// Not at all: for one call of a client that hedges.
    #[must_use]
    pub const fn never() -> Self {
        Hedge { when: HedgeWhen::Never, budget: 0 }
    }

    /// How many of 100 calls may be hedged; 5 by default, 100 for all. What is not used is kept for later, for 10
    /// hedges at most.
    #[must_use]
    pub const fn budget(mut self, percent: u32) -> Self {
        self.budget = if percent > 100 { 100 } else { percent };
        self
    }
}

impl fmt::Display for Hedge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            HedgeWhen::Never => f.write_str("never"),
            HedgeWhen::After(delay) => write!(f, "after {delay:?} for {} % of calls", self.budget),
            HedgeWhen::P95 => write!(f, "after the p95 for {} % of calls", self.budget),
        }
    }
}
