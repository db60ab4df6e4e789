//! The threads that kernels run on.
//!
//! A decode step has some two hundred parallel regions of a few microseconds each, so workers
//! spin briefly before they sleep, and a region never waits for a worker that has not started:
//! on a busy machine the caller does the work alone.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Set in [`Shared::gate`] while no job may be entered.
const CLOSED: u64 = 1 << 63;
/// Rounds of waiting before a worker sleeps: about 50 microseconds.
const SPINS_BEFORE_SLEEP: u32 = 4_000;

type Task<'a> = dyn Fn(usize) + Sync + 'a;

#[derive(Clone, Copy)]
struct Job {
    task: *const Task<'static>,
    count: usize,
}

struct Shared {
    /// Workers inside the current job, and [`CLOSED`].
    gate: AtomicU64,
    /// Counts jobs, so that a worker enters each at most once.
    epoch: AtomicU64,
    /// Next task of the current job.
    next: AtomicUsize,
    job: UnsafeCell<Option<Job>>,
    panicked: AtomicBool,
    stopping: AtomicBool,
    sleepers: AtomicUsize,
    sleep: Mutex<()>,
    wake: Condvar,
}

// SAFETY: `job` is written only while the gate is closed and empty, and read only inside it.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` is only followed inside the gate, while the caller keeps it alive.
unsafe impl Send for Shared {}

/// A fixed set of threads, the caller's included.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// One job at a time.
    caller: Mutex<()>,
}

impl Pool {
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            gate: AtomicU64::new(CLOSED),
            epoch: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
            panicked: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        });
        let workers = (1..threads.max(1))
            .filter_map(|index| {
                let shared = Arc::clone(&shared);
                // With fewer threads than asked for, the work is done all the same.
                std::thread::Builder::new()
                    .name(format!("kernel-{index}"))
                    .spawn(move || work(&shared))
                    .ok()
            })
            .collect();
        Self {
            shared,
            workers,
            caller: Mutex::new(()),
        }
    }

    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `task(0)` to `task(count - 1)`, each once, in any order, on any of the threads.
    /// The tasks must write to different places; then the result doesn't depend on who ran what.
    pub fn run(&self, count: usize, task: &Task<'_>) {
        if count <= 1 || self.workers.is_empty() {
            return (0..count).for_each(task);
        }
        let _one_at_a_time = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: the gate is closed and empty, so nobody reads `job`; the lifetime is extended
        // only until the gate is closed and empty again, below.
        unsafe {
            let task = std::mem::transmute::<*const Task<'_>, *const Task<'static>>(task);
            *shared.job.get() = Some(Job { task, count });
        }
        shared.next.store(0, Ordering::Relaxed);
        shared.gate.store(0, Ordering::Release);
        shared.epoch.fetch_add(1, Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            let _guard = shared.sleep.lock().unwrap_or_else(PoisonError::into_inner);
            shared.wake.notify_all();
        }
        let own = catch_unwind(AssertUnwindSafe(|| take_tasks(shared, task, count)));
        shared.gate.fetch_or(CLOSED, Ordering::AcqRel);
        let mut rounds = 0u32;
        while shared.gate.load(Ordering::Acquire) != CLOSED {
            rounds += 1;
            if rounds > SPINS_BEFORE_SLEEP {
                std::thread::yield_now()
            } else {
                std::hint::spin_loop()
            }
        }
        if let Err(cause) = own {
            std::panic::resume_unwind(cause);
        }
        assert!(
            !shared.panicked.swap(false, Ordering::AcqRel),
            "a kernel task panicked on a worker thread"
        );
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
        {
            let _guard = self
                .shared
                .sleep
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            self.shared.wake.notify_all();
        }
        for worker in self.workers.drain(..) {
            // A worker that panicked has nothing to hand back.
            let _ = worker.join();
        }
    }
}

fn take_tasks(shared: &Shared, task: &Task<'_>, count: usize) {
    loop {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        if index >= count {
            return;
        }
        task(index);
    }
}

fn work(shared: &Shared) {
    let mut seen = 0;
    loop {
        seen = wait_for_job(shared, seen);
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        if !enter(shared) {
            continue;
        }
        // SAFETY: inside the gate the job is set, and its caller waits until we leave.
        let job = unsafe { *shared.job.get() };
        if let Some(Job { task, count }) = job {
            // SAFETY: as above.
            let task = unsafe { &*task };
            if catch_unwind(AssertUnwindSafe(|| take_tasks(shared, task, count))).is_err() {
                shared.panicked.store(true, Ordering::Release);
            }
        }
        shared.gate.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Waits until the epoch is another than `seen`, and gives it.
fn wait_for_job(shared: &Shared, seen: u64) -> u64 {
    for _ in 0..SPINS_BEFORE_SLEEP {
        let epoch = shared.epoch.load(Ordering::Acquire);
        if epoch != seen {
            return epoch;
        }
        std::hint::spin_loop();
    }
    let mut guard = shared.sleep.lock().unwrap_or_else(PoisonError::into_inner);
    shared.sleepers.fetch_add(1, Ordering::SeqCst);
    while shared.epoch.load(Ordering::SeqCst) == seen {
        guard = shared
            .wake
            .wait(guard)
            .unwrap_or_else(PoisonError::into_inner);
    }
    shared.sleepers.fetch_sub(1, Ordering::SeqCst);
    shared.epoch.load(Ordering::SeqCst)
}

/// Joins the current job unless its caller has closed it.
fn enter(shared: &Shared) -> bool {
    let mut gate = shared.gate.load(Ordering::Acquire);
    while gate & CLOSED == 0 {
        match shared
            .gate
            .compare_exchange_weak(gate, gate + 1, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => return true,
            Err(now) => gate = now,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_exactly_once() {
        let pool = Pool::new(3);
        for round in 0..500 {
            let counts: Vec<AtomicUsize> = (0..round % 17).map(|_| AtomicUsize::new(0)).collect();
            pool.run(counts.len(), &|index| {
                counts[index].fetch_add(1, Ordering::Relaxed);
            });
            assert!(
                counts
                    .iter()
                    .all(|count| count.load(Ordering::Relaxed) == 1)
            );
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(2);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.run(8, &|index| assert!(index != 5, "task five"));
        }));
        assert!(caught.is_err());
        let done = AtomicUsize::new(0);
        pool.run(8, &|_| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.load(Ordering::Relaxed), 8);
    }
}
