//! How many requests are in flight: as many as allowed, fewer when the service is throttled, more again as it is not.
//!
//! Additive increase, multiplicative decrease: a request of which nothing was done halves the window, one of which a
//! part was left takes a share of that; a window's worth of requests done whole adds one. Answers to requests that
//! were sent before the last cut do not cut again: they tell of the same congestion (RFC 5681, 3.1, and RFC 6582 for
//! the latter).

/// The window of a batch.
#[derive(Debug)]
pub(super) struct Window {
    most: f64,
    size: f64,
    /// The number of the next request.
    next: u64,
    /// The first request that was sent after the last cut.
    since_cut: u64,
}

impl Window {
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1) as f64;
        Window { most, size: most, next: 0, since_cut: 0 }
    }

    /// How many requests may be in flight.
    pub(super) fn limit(&self) -> usize {
        // At least one, and far below where a float loses whole numbers.
        self.size as usize
    }

    /// Numbers a request that is sent.
    pub(super) fn sent(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// A request was done whole.
    pub(super) fn done(&mut self) {
        self.size = (self.size + 1.0 / self.size).min(self.most);
    }

    /// Of a request, this share (0 to 1) was throttled.
    pub(super) fn throttled(&mut self, request: u64, share: f64) {
        if request >= self.since_cut {
            self.size = (self.size * (1.0 - share / 2.0)).max(1.0);
            self.since_cut = self.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn a_throttle_halves_the_window_once_for_all_requests_that_were_under_way() {
        let mut window = Window::new(16);
        let requests: Vec<u64> = (0..16).map(|_| window.sent()).collect();
        for request in &requests {
            window.throttled(*request, 1.0);
        }
        assert_eq!(window.limit(), 8);
        let later = window.sent();
        window.throttled(later, 1.0);
        assert_eq!(window.limit(), 4);
    }

    #[test]
    fn a_part_that_was_left_cuts_by_its_share() {
        let mut window = Window::new(100);
        let request = window.sent();
        window.throttled(request, 0.2);
        assert_eq!(window.limit(), 90);
    }

    #[test]
    fn success_brings_back_one_request_a_window_and_never_more_than_allowed() {
        let mut window = Window::new(8);
        let request = window.sent();
        window.throttled(request, 1.0);
        assert_eq!(window.limit(), 4);
        (0..5).for_each(|_| window.done());
        assert_eq!(window.limit(), 5);
        (0..1_000).for_each(|_| window.done());
        assert_eq!(window.limit(), 8);
    }

    #[test]
    fn one_request_may_always_be_in_flight() {
        let mut window = Window::new(0);
        for _ in 0..10 {
            let request = window.sent();
            window.throttled(request, 1.0);
        }
        assert_eq!(window.limit(), 1);
    }
}
