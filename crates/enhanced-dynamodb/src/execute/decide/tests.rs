//! The whole table of decisions.

use std::time::Duration;

use super::Decision::{CorrectClock, OutcomeUnknown, PastDeadline, RefreshCredentials, ReplaceSocket, Retry, Stop};
use super::{Decision, Situation, decide};
use crate::error::Class;

const CLASSES: [Class; 6] =
    [Class::Throttle, Class::NotApplied, Class::Unknown, Class::Expired, Class::Skewed, Class::Final];

const TRANSIENT: Decision = Retry { after: Duration::from_micros(12_500), cost: 14 };
const THROTTLED: Decision = Retry { after: Duration::from_millis(500), cost: 5 };

/// A first failure of a read on a new socket, with three retries to go.
fn situation(class: Class) -> Situation {
    Situation {
        class,
        writes: false,
        maybe_applied: false,
        stale_socket: false,
        replayable: true,
        retries: 0,
        max_retries: 3,
        retry_after: None,
        chance: 0.5,
        socket_replaced: false,
        refreshed: false,
        clock_corrected: false,
        skewed: false,
        out_of_time: false,
        time_left: None,
    }
}

/// What is decided for each class, in the order of `CLASSES`.
fn decisions(change: impl Fn(&mut Situation)) -> [Decision; 6] {
    CLASSES.map(|class| {
        let mut situation = situation(class);
        change(&mut situation);
        decide(&situation)
    })
}

#[test]
fn what_passes_is_retried_and_what_stays_is_not() {
    let plain = [THROTTLED, TRANSIENT, TRANSIENT, RefreshCredentials, Stop, Stop];
    assert_eq!(decisions(|_| {}), plain);
    assert_eq!(decisions(|s| s.writes = true), plain);
}

#[test]
fn nothing_is_retried_without_retries_left() {
    let spent = [Stop, Stop, Stop, RefreshCredentials, Stop, Stop];
    assert_eq!(decisions(|s| s.retries = 3), spent);
    assert_eq!(decisions(|s| s.max_retries = 0), spent);
}

#[test]
fn credentials_are_refreshed_once() {
    assert_eq!(decisions(|s| s.refreshed = true)[3], Stop);
}

#[test]
fn a_clock_is_corrected_once_and_only_if_it_is_wrong() {
    assert_eq!(
        decisions(|s| s.skewed = true),
        [THROTTLED, TRANSIENT, TRANSIENT, RefreshCredentials, CorrectClock, Stop]
    );
    assert_eq!(decisions(|s| (s.skewed, s.clock_corrected) = (true, true))[4], Stop);
}

#[test]
fn a_write_that_may_have_been_applied_and_may_not_be_repeated_is_never_sent_again_whatever_else_is_true() {
    for flags in 0..128u32 {
        let flag = |bit: u32| flags & (1 << bit) != 0;
        let decided = decisions(|s| {
            s.writes = true;
            s.maybe_applied = true;
            s.replayable = false;
            s.stale_socket = flag(0);
            s.socket_replaced = flag(1);
            s.refreshed = flag(2);
            s.clock_corrected = flag(3);
            s.skewed = flag(4);
            s.retries = if flag(5) { 3 } else { 0 };
            s.retry_after = flag(6).then_some(Duration::ZERO);
        });
        assert_eq!(decided, [OutcomeUnknown; 6], "{flags:b}");
    }
}

#[test]
fn a_read_that_may_not_be_repeated_ends_with_its_own_error() {
    let decided = decisions(|s| (s.maybe_applied, s.replayable) = (true, false));
    assert_eq!(decided, [Stop; 6]);
}

#[test]
fn what_was_surely_not_applied_is_retried_even_if_it_may_not_be_repeated() {
    let decided = decisions(|s| (s.writes, s.replayable) = (true, false));
    assert_eq!(decided, [THROTTLED, TRANSIENT, TRANSIENT, RefreshCredentials, Stop, Stop]);
}

#[test]
fn a_stale_socket_is_replaced_once_without_a_retry() {
    for (maybe_applied, replayable) in [(false, false), (false, true), (true, true)] {
        let change = |s: &mut Situation| {
            s.writes = true;
            s.stale_socket = true;
            (s.maybe_applied, s.replayable) = (maybe_applied, replayable);
            s.max_retries = 0;
        };
        assert_eq!(decisions(change), [ReplaceSocket; 6]);
    }
    let second = |s: &mut Situation| (s.stale_socket, s.socket_replaced) = (true, true);
    assert_eq!(decisions(second)[2], TRANSIENT);
}

#[test]
fn waits_grow_with_the_retries_and_heed_the_service() {
    assert_eq!(decisions(|s| s.retries = 2)[0], Retry { after: Duration::from_secs(2), cost: 5 });
    assert_eq!(decisions(|s| s.retries = 2)[1], Retry { after: Duration::from_millis(50), cost: 14 });
    let asked = decisions(|s| s.retry_after = Some(Duration::from_secs(60)));
    assert_eq!(asked[0], Retry { after: Duration::from_millis(5_500), cost: 5 });
    assert_eq!(asked[1], Retry { after: Duration::from_micros(5_012_500), cost: 14 });
}

#[test]
fn no_wait_ends_less_than_twenty_milliseconds_before_the_deadline() {
    let left = |millis| decisions(|s| s.time_left = Some(Duration::from_millis(millis)));
    assert_eq!(left(520)[..3], [THROTTLED, TRANSIENT, TRANSIENT]);
    assert_eq!(left(519)[..3], [PastDeadline, TRANSIENT, TRANSIENT]);
    assert_eq!(left(33)[..3], [PastDeadline, TRANSIENT, TRANSIENT]);
    assert_eq!(left(32)[..3], [PastDeadline; 3]);
}

#[test]
fn what_the_deadline_cut_ends_as_past_the_deadline_and_what_request_timeout_cut_does_not() {
    let cut = |millis, max_retries| {
        decisions(|s| {
            s.out_of_time = true;
            s.time_left = Some(Duration::from_millis(millis));
            s.max_retries = max_retries;
        })
    };
    assert_eq!(cut(0, 0)[2], PastDeadline);
    assert_eq!(cut(1_000, 0)[2], Stop);
    assert_eq!((cut(0, 3)[5], cut(1_000, 3)[5]), (PastDeadline, Stop));
    let unrepeatable = |writes| {
        let change = |s: &mut Situation| {
            (s.writes, s.maybe_applied, s.replayable) = (writes, true, false);
            (s.out_of_time, s.time_left) = (true, Some(Duration::ZERO));
        };
        decisions(change)[2]
    };
    assert_eq!((unrepeatable(false), unrepeatable(true)), (PastDeadline, OutcomeUnknown));
}
