//! Waiting between tries, and the common pace of all requests to one server.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How soon a raised stop is noticed.
const SLICE: Duration = Duration::from_millis(50);

/// The wait before try number `attempt + 1` (from 1): doubling, and with jitter between half and
/// the whole of it, so that many waiting requests do not come back at once. What the server asks
/// for counts where it is longer. `jitter` lies in 0 to 1.
pub(super) fn delay(
    attempt: usize,
    jitter: f64,
    first: Duration,
    longest: Duration,
    asked_for: Option<Duration>,
) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1))
        .unwrap_or(u32::MAX)
        .min(20);
    let grown = first.saturating_mul(1 << doublings).min(longest);
    let jittered = grown.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
    jittered.max(asked_for.unwrap_or_default()).min(longest)
}

/// `Retry-After` in seconds. Its other form, a date, leaves the ordinary wait.
pub(super) fn retry_after(header: &str) -> Option<Duration> {
    let secs: f64 = header.trim().parse().ok()?;
    (secs.is_finite() && secs >= 0.0).then(|| Duration::from_secs_f64(secs.min(1e6)))
}

/// Waits; false as soon as `stop` is raised.
pub(super) fn pause(duration: Duration, stop: &AtomicBool) -> bool {
    let end = Instant::now() + duration;
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::park_timeout(left.min(SLICE));
    }
}

/// Spreads requests evenly, and holds all of them back when the server asks one to wait.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(requests_per_minute: Option<f64>) -> Self {
        let interval = requests_per_minute
            .filter(|rate| *rate > 0.0)
            .map_or(Duration::ZERO, |rate| Duration::from_secs_f64(60.0 / rate));
        Self {
            interval,
            next: Mutex::new(Instant::now()),
        }
    }

    /// How long a request that comes at `now` has to wait for its turn, which it takes.
    pub(super) fn take_turn(&self, now: Instant) -> Duration {
        let mut next = self
            .next
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let turn = (*next).max(now);
        *next = turn + self.interval;
        turn.saturating_duration_since(now)
    }

    pub(super) fn hold_back(&self, until: Instant) {
        let mut next = self
            .next
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *next = (*next).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_jitter_up_to_a_limit() {
        let secs = Duration::from_secs;
        let wait = |attempt, jitter, asked| delay(attempt, jitter, secs(1), secs(10), asked);
        assert_eq!(wait(1, 1.0, None), secs(1));
        assert_eq!(wait(1, 0.0, None), Duration::from_millis(500));
        assert_eq!(wait(3, 1.0, None), secs(4));
        assert_eq!(wait(60, 1.0, None), secs(10));
        assert_eq!(wait(1, 1.0, Some(secs(7))), secs(7));
        assert_eq!(wait(1, 1.0, Some(secs(700))), secs(10));
        assert_eq!(retry_after(" 3 "), Some(secs(3)));
        assert_eq!(retry_after("Fri, 31 Dec 1999 23:59:59 GMT"), None);
        assert_eq!(retry_after("-1"), None);
    }

    #[test]
    fn a_pace_gives_turns_and_can_be_held_back() {
        let pace = Pace::new(Some(60.0));
        let now = Instant::now() + Duration::from_secs(5);
        assert_eq!(pace.take_turn(now), Duration::ZERO);
        assert_eq!(pace.take_turn(now), Duration::from_secs(1));
        pace.hold_back(now + Duration::from_secs(9));
        assert_eq!(pace.take_turn(now), Duration::from_secs(9));
        assert!(!pause(Duration::from_secs(60), &AtomicBool::new(true)));
    }
}
