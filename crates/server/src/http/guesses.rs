//! How often an address came with a key that nobody has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered; more of them make room by forgetting those whose minute is over.
const MOST_ADDRESSES: usize = 10_000;

pub struct Guesses {
    limit: u32,
    addresses: Mutex<HashMap<IpAddr, Window>>,
}

struct Window {
    began: Instant,
    count: u32,
}

impl Guesses {
    pub fn new(limit: u32) -> Self {
        Self {
            limit,
            addresses: Mutex::default(),
        }
    }

    /// Counts a wrong key. `Some` is how many seconds the address has to wait.
    pub fn wrong(&self, address: IpAddr) -> Option<u64> {
        self.wrong_at(address, Instant::now())
    }

    fn wrong_at(&self, address: IpAddr, now: Instant) -> Option<u64> {
        let mut addresses = self
            .addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= MOST_ADDRESSES {
            addresses.retain(|_, window| now.duration_since(window.began) < WINDOW);
        }
        let window = addresses.entry(address).or_insert(Window {
            began: now,
            count: 0,
        });
        if now.duration_since(window.began) >= WINDOW {
            *window = Window {
                began: now,
                count: 0,
            };
        }
        window.count = window.count.saturating_add(1);
        let left = WINDOW.saturating_sub(now.duration_since(window.began));
        (window.count > self.limit).then(|| left.as_secs().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_too_many_and_others_do_not() {
        let guesses = Guesses::new(3);
        let (here, there) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let start = Instant::now();
        let at = |secs| start + Duration::from_secs(secs);
        for secs in 0..3 {
            assert_eq!(guesses.wrong_at(here, at(secs)), None);
        }
        assert_eq!(guesses.wrong_at(here, at(10)), Some(50));
        assert_eq!(guesses.wrong_at(there, at(10)), None);
        assert_eq!(guesses.wrong_at(here, at(60)), None);
    }
}
