//! Where weights come from: the seam between file formats and the decoder.

use crate::Result;

/// Named tensors of one checkpoint, under the names of Hugging Face transformers
/// (`model.layers.0.self_attn.q_proj.weight`), whatever the file calls them.
pub trait WeightSource {
    fn contains(&self, name: &str) -> bool;

    /// The tensor as f32, row-major.
    ///
    /// # Errors
    /// Missing tensor, another shape than `shape`, a value that is not finite, a broken file.
    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;

    /// All names, sorted.
    fn names(&self) -> Vec<String>;
}
