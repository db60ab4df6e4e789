//! Live events for pages. A subscriber that does not keep up loses events and is told how many; the
//! writer never waits for anybody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::operation::StreamKey;
use crate::run::RunNumber;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The stream has lines up to this offset, which is not among them. After a rewind it may be
    /// lower than before.
    Lines {
        key: StreamKey,
        end: u64,
    },
    /// Something of the run beside its rows changed.
    Run(RunNumber),
    RunDeleted(RunNumber),
    /// So many events were lost because the subscriber did not keep up.
    Lagged(u64),
}

#[derive(Debug, Default)]
pub struct Feed {
    subscribers: Mutex<Vec<Subscriber>>,
}

#[derive(Debug)]
struct Subscriber {
    events: SyncSender<Event>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
pub struct Subscription {
    events: Receiver<Event>,
    lost: Arc<AtomicU64>,
}

impl Feed {
    /// Events from now on, of which `capacity` may wait.
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        let (sender, events) = sync_channel(capacity.max(1));
        let lost = Arc::new(AtomicU64::new(0));
        let subscriber = Subscriber {
            events: sender,
            lost: lost.clone(),
        };
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subscribers.push(subscriber);
        Subscription { events, lost }
    }

    pub fn publish(&self, event: &Event) {
        let mut subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subscribers.retain(
            |subscriber| match subscriber.events.try_send(event.clone()) {
                Ok(()) => true,
                Err(TrySendError::Full(_)) => {
                    subscriber.lost.fetch_add(1, Ordering::Relaxed);
                    true
                }
                Err(TrySendError::Disconnected(_)) => false,
            },
        );
    }
}

impl Subscription {
    /// The next event; `None` when none came in time, or the store is closed.
    pub fn next(&self, patience: Duration) -> Option<Event> {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            return Some(Event::Lagged(lost));
        }
        self.events.recv_timeout(patience).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lags_is_told_and_who_left_is_forgotten() {
        let feed = Feed::default();
        let (slow, gone) = (feed.subscribe(2), feed.subscribe(2));
        drop(gone);
        for run in 0..5 {
            feed.publish(&Event::Run(run));
        }
        let next = || slow.next(Duration::ZERO);
        assert_eq!(next(), Some(Event::Lagged(3)));
        assert_eq!(
            (next(), next(), next()),
            (Some(Event::Run(0)), Some(Event::Run(1)), None)
        );
        assert_eq!(feed.subscribers.lock().unwrap().len(), 1);
    }
}
