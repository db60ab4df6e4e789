//! The decoder: one configurable architecture, its forward pass, its adapter and its gradients.

pub mod adapter;
pub mod batch;
pub mod config;
pub mod decoder;
pub mod source;
pub mod training;

pub use adapter::{Adapter, AdapterConfig, AdapterWeights, LowRank, Module};
pub use batch::{Run, Target, TokenTree};
pub use config::{Family, ModelConfig, QueryTemperature, RopeScaling};
pub use decoder::{
    Chunk, Decoder, KeyValueCache, LoadOptions, LogitsOf, PackedAdapter, Precision, SegmentId,
};
pub use source::WeightSource;
pub use training::{AdamW, Dropout, LossSum, OptimiserState, TrainingSession};
