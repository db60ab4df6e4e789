//! What kernels run on: an instruction set and a pool of threads. The one thing a backend for
//! another processor replaces, together with the functions of this module's siblings.

use super::int16::Recycled;
use super::lanes::{Isa, Kernel};
use super::pool::Pool;

pub struct Device {
    isa: Isa,
    pool: Pool,
    rounded: Recycled,
}

impl Device {
    /// `threads`: `None` takes all cores.
    pub fn new(threads: Option<usize>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_isa(Isa::detect(), threads.unwrap_or(cores).max(1))
    }

    pub fn with_isa(isa: Isa, threads: usize) -> Self {
        Self {
            isa,
            pool: Pool::new(threads),
            rounded: Recycled::default(),
        }
    }

    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Memory of rounded operands, used again by the next.
    pub(super) fn rounded(&self) -> &Recycled {
        &self.rounded
    }

    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Runs tasks 0..count on the threads; they must write to different places.
    pub fn run(&self, count: usize, task: &(dyn Fn(usize) + Sync)) {
        self.pool.run(count, task);
    }

    pub fn kernel<K: Kernel>(&self, kernel: K) -> K::Output {
        self.isa.run(kernel)
    }

    /// Cuts `values` into chunks of `size` and hands each, with its index, to one thread.
    pub fn for_each_chunk<T: Send>(
        &self,
        values: &mut [T],
        size: usize,
        task: impl Fn(usize, &mut [T]) + Sync,
    ) {
        let length = values.len();
        let base = SendPointer(values.as_mut_ptr());
        self.run(length.div_ceil(size.max(1)), &|index| {
            let first = index * size;
            // SAFETY: chunks don't overlap and lie within `values`, which is borrowed mutably.
            let chunk = unsafe {
                std::slice::from_raw_parts_mut(base.get().add(first), size.min(length - first))
            };
            task(index, chunk);
        });
    }
}

/// A pointer that threads may share because they write to different places behind it.
pub struct SendPointer<T>(pub *mut T);

impl<T> Clone for SendPointer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SendPointer<T> {}

// SAFETY: see the type.
unsafe impl<T> Send for SendPointer<T> {}
// SAFETY: see the type.
unsafe impl<T> Sync for SendPointer<T> {}

impl<T> SendPointer<T> {
    pub fn get(self) -> *mut T {
        self.0
    }
}
