//! At most 60 mass requests within a minute, WeChat's limit.

use std::collections::VecDeque;
use std::time::Duration;

/// Requests within [`WINDOW_SECONDS`].
const MAX_REQUESTS: usize = 60;
/// A minute, and a second because times are whole seconds.
const WINDOW_SECONDS: i64 = 61;

/// The times of the last requests.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    sent: VecDeque<i64>,
}

impl Pacing {
    /// Records a request and returns how long to wait before it.
    pub(super) fn reserve(&mut self, now: i64) -> Duration {
        while self.sent.front().is_some_and(|&at| at + WINDOW_SECONDS <= now) {
            self.sent.pop_front();
        }
        let at = match self.sent.len().checked_sub(MAX_REQUESTS).and_then(|place| self.sent.get(place)) {
            Some(&earlier) => now.max(earlier + WINDOW_SECONDS),
            None => now,
        };
        self.sent.push_back(at);
        Duration::from_secs(u64::try_from(at - now).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_minute_has_more_than_sixty_requests(gaps in prop::collection::vec(0_i64..3, 1..300)) {
            let (mut pacing, mut now, mut sent) = (Pacing::default(), 1_000, Vec::new());
            for gap in gaps {
                now += gap;
                now += pacing.reserve(now).as_secs() as i64;
                sent.push(now);
            }
            for window in sent.windows(MAX_REQUESTS + 1) {
                prop_assert!(window[MAX_REQUESTS] - window[0] > 60);
            }
        }
    }
}
