//! Some threads that do numbered pieces of work, and one place that takes the results as they
//! come.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::Result;

/// Does `work` for 0 to `count` − 1 on so many threads and hands each result to `deliver`, on the
/// caller's thread, in the order of completion. `work` gives nothing when it was stopped.
///
/// # Errors
/// The first error of `work` or `deliver`; no further piece is begun then.
pub(crate) fn each<T: Send>(
    count: usize,
    threads: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> Option<Result<T>> + Sync,
    deliver: &mut dyn FnMut(usize, T) -> Result<()>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let ended = AtomicBool::new(false);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            let sender = sender.clone();
            let (next, ended, work) = (&next, &ended, &work);
            scope.spawn(move || {
                while !ended.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let Some(result) = work(index) else { return };
                    if result.is_err() {
                        ended.store(true, Ordering::Relaxed);
                    }
                    if sender.send((index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        // Ends when the last thread is gone, so that nothing finished is lost.
        let mut outcome = Ok(());
        for (index, result) in results {
            let delivered = result.and_then(|value| match outcome.is_ok() {
                true => deliver(index, value),
                false => Ok(()),
            });
            if let Err(error) = delivered {
                ended.store(true, Ordering::Relaxed);
                if outcome.is_ok() {
                    outcome = Err(error);
                }
            }
        }
        outcome
    })
}
