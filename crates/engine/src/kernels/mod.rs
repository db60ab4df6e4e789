//! Kernels: the arithmetic of the engine, behind one small interface.
//!
//! [`Device`] says where they run; [`linear()`] multiplies with packed weights; [`attention`],
//! [`elementwise`], [`cross_entropy`] and [`optimiser`] do the rest. The model code holds no
//! arithmetic of its own, so another backend replaces this folder and nothing else.

pub mod attention;
mod buffer;
pub mod cross_entropy;
pub mod device;
pub mod elementwise;
mod int16;
pub mod lanes;
pub mod linear;
pub mod optimiser;
pub mod outer;
pub mod packed;
pub mod pool;
mod tile;

pub use buffer::Buffer;
pub use device::Device;
pub use linear::{Linear, Operand, linear};
pub use packed::{PackedWeight, Storage};

#[cfg(test)]
mod test_numbers {
    /// Numbers in -1..1 that look random.
    pub fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count)
            .map(|i| (((i + seed) * 2_654_435_761) % 1000) as f32 / 500.0 - 1.0)
            .collect()
    }
}
