//! Kernels: the arithmetic of the engine, behind one small interface.
//!
//! [`Device`] says where they run; [`linear()`] multiplies with packed weights; [`attention`],
//! [`elementwise`], [`cross_entropy`] and [`optimiser`] do the rest. The model code holds no
//! arithmetic of its own, so another backend replaces this folder and nothing else.

pub mod attention;
pub mod cross_entropy;
pub mod device;
pub mod elementwise;
pub mod lanes;
pub mod linear;
pub mod optimiser;
pub mod outer;
pub mod pool;
mod tile;

pub use device::Device;
pub use linear::{Linear, Operand, PackedWeight, Storage, linear};
