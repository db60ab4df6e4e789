//! The decoder: one configurable architecture, its forward pass, its adapter and its gradients.

pub mod adapter;
mod backward;
pub mod batch;
pub mod cache;
pub mod config;
pub mod decoder;
mod geometry;
mod low_rank;
mod pass_memory;
mod rotary;
pub mod source;
#[cfg(test)]
mod tests;
pub mod training;
mod weights;

pub use adapter::{Adapter, AdapterConfig, AdapterWeights, LowRank, Module};
pub use batch::{Run, Target, TokenTree};
pub use cache::{Chunk, KeyValueCache, LogitsOf, SegmentId};
pub use config::{Family, ModelConfig, QueryTemperature, RopeScaling};
pub use decoder::{Decoder, LoadOptions, Precision};
pub use low_rank::PackedAdapter;
pub use source::WeightSource;
pub use training::{AdamW, Dropout, LossSum, OptimiserState, TrainingSession};
