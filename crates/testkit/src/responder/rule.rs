//! Which requests a rule decides.

use super::{Action, Seen};

/// Which requests are answered how.
///
/// A rule counts the requests that fit its operation and text, including those that an earlier rule has decided.
#[derive(Clone, Debug)]
pub struct Rule {
    operation: Option<String>,
    text: Option<String>,
    which: Which,
    action: Action,
    fitting: u64,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Each,
    First(u64),
    Nth(u64),
    Every(u64),
    After(u64),
}

impl Which {
    fn holds(self, count: u64) -> bool {
        match self {
            Which::Each => true,
            Which::First(n) => count <= n,
            Which::Nth(n) => count == n,
            Which::Every(n) => count.is_multiple_of(n),
            Which::After(n) => count > n,
        }
    }
}

impl Rule {
    /// A rule for requests of every operation. Until [`then`](Rule::then) says otherwise it lets them pass.
    pub fn any() -> Rule {
        Rule { operation: None, text: None, which: Which::Each, action: Action::pass(), fitting: 0 }
    }

    /// A rule for requests of one operation.
    pub fn on(operation: &str) -> Rule {
        Rule { operation: Some(operation.to_owned()), ..Rule::any() }
    }

    /// Only requests whose body contains `text`, such as a key's value with its quotes.
    pub fn containing(self, text: &str) -> Rule {
        Rule { text: Some(text.to_owned()), ..self }
    }

    /// Only the first `n`.
    pub fn first(self, n: u64) -> Rule {
        Rule { which: Which::First(n), ..self }
    }

    /// Only the `n`-th, counted from 1.
    pub fn nth(self, n: u64) -> Rule {
        Rule { which: Which::Nth(n), ..self }
    }

    /// Only every `n`-th.
    pub fn every(self, n: u64) -> Rule {
        Rule { which: Which::Every(n), ..self }
    }

    /// Only those after the first `n`.
    pub fn after(self, n: u64) -> Rule {
        Rule { which: Which::After(n), ..self }
    }

    /// What is done with them.
    pub fn then(self, action: Action) -> Rule {
        Rule { action, ..self }
    }

    fn fits(&self, seen: &Seen) -> bool {
        let contains = |text: &String| seen.bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes());
        self.operation.as_ref().is_none_or(|operation| *operation == seen.operation)
            && self.text.as_ref().is_none_or(contains)
    }
}

/// The position and action of the first rule that holds.
pub(super) fn decide(rules: &mut [Rule], seen: &Seen) -> Option<(usize, Action)> {
    let mut decided = None;
    for (position, rule) in rules.iter_mut().enumerate() {
        if rule.fits(seen) {
            rule.fitting += 1;
            if decided.is_none() && rule.which.holds(rule.fitting) {
                decided = Some((position, rule.action.clone()));
            }
        }
    }
    decided
}
