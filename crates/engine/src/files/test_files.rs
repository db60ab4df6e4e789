//! Tiny model files for tests, written byte by byte so that they can also be written wrongly.

use std::path::Path;

pub(crate) const TINY_HIDDEN: usize = 8;
pub(crate) const TINY_HEAD_DIM: usize = 4;
pub(crate) const TINY_TOKENS: [&str; 10] = [
    "<|im_start|>",
    "<|im_end|>",
    "a",
    "b",
    "c",
    "ab",
    "Ġ",
    "Ċ",
    "Ã",
    "©",
];

/// Writes GGUF version 3.
pub(crate) struct GgufBuilder {
    metadata: Vec<(String, u32, Vec<u8>)>,
    tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
}

impl GgufBuilder {
    pub(crate) fn new() -> Self {
        Self {
            metadata: Vec::new(),
            tensors: Vec::new(),
        }
    }

    pub(crate) fn raw(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.metadata.retain(|(name, _, _)| name != key);
        self.metadata.push((key.into(), kind, value.to_vec()));
    }

    pub(crate) fn set_u32(&mut self, key: &str, value: u32) {
        self.raw(key, 4, &value.to_le_bytes());
    }

    pub(crate) fn set_f32(&mut self, key: &str, value: f32) {
        self.raw(key, 6, &value.to_le_bytes());
    }

    pub(crate) fn set_text(&mut self, key: &str, value: &str) {
        let mut bytes = Vec::new();
        push_text(&mut bytes, value);
        self.raw(key, 8, &bytes);
    }

    pub(crate) fn texts(&mut self, key: &str, values: &[&str]) {
        let mut bytes = 8u32.to_le_bytes().to_vec();
        bytes.extend_from_slice(&(values.len() as u64).to_le_bytes());
        values.iter().for_each(|value| push_text(&mut bytes, value));
        self.raw(key, 9, &bytes);
    }

    pub(crate) fn i32s(&mut self, key: &str, values: &[i32]) {
        let mut bytes = 5u32.to_le_bytes().to_vec();
        bytes.extend_from_slice(&(values.len() as u64).to_le_bytes());
        values
            .iter()
            .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        self.raw(key, 9, &bytes);
    }

    /// An f32 tensor; `shape` slowest dimension first.
    pub(crate) fn tensor(&mut self, name: &str, shape: &[usize], numbers: &[f32]) {
        let bytes = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        self.tensors.push((name.into(), shape.to_vec(), bytes));
    }

    pub(crate) fn remove_tensor(&mut self, name: &str) {
        self.tensors.retain(|(other, _, _)| other != name);
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend_from_slice(&3u32.to_le_bytes());
        bytes.extend_from_slice(&(self.tensors.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&(self.metadata.len() as u64).to_le_bytes());
        for (key, kind, value) in &self.metadata {
            push_text(&mut bytes, key);
            bytes.extend_from_slice(&kind.to_le_bytes());
            bytes.extend_from_slice(value);
        }
        let mut offset = 0usize;
        for (name, shape, data) in &self.tensors {
            push_text(&mut bytes, name);
            bytes.extend_from_slice(&(shape.len() as u32).to_le_bytes());
            shape
                .iter()
                .rev()
                .for_each(|size| bytes.extend_from_slice(&(*size as u64).to_le_bytes()));
            bytes.extend_from_slice(&0u32.to_le_bytes());
            bytes.extend_from_slice(&(offset as u64).to_le_bytes());
            offset = (offset + data.len()).next_multiple_of(32);
        }
        for (_, _, data) in &self.tensors {
            bytes.resize(bytes.len().next_multiple_of(32), 0);
            bytes.extend_from_slice(data);
        }
        bytes
    }
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// A whole llama of one layer with a byte-level tokenizer and a chat template.
pub(crate) fn tiny_gguf() -> Vec<u8> {
    tiny_gguf_with(|_| {})
}

pub(crate) fn tiny_gguf_with(change: impl Fn(&mut GgufBuilder)) -> Vec<u8> {
    let mut builder = GgufBuilder::new();
    builder.set_text("general.architecture", "llama");
    builder.set_text("general.name", "Tiny");
    for (key, value) in [
        ("block_count", 1),
        ("context_length", 64),
        ("embedding_length", TINY_HIDDEN as u32),
        ("feed_forward_length", 12),
        ("attention.head_count", 2),
        ("attention.head_count_kv", 1),
    ] {
        builder.set_u32(&format!("llama.{key}"), value);
    }
    builder.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5);
    builder.set_text("tokenizer.ggml.model", "gpt2");
    builder.set_text("tokenizer.ggml.pre", "smollm");
    builder.texts("tokenizer.ggml.tokens", &TINY_TOKENS);
    builder.i32s("tokenizer.ggml.token_type", &[3, 3, 1, 1, 1, 1, 1, 1, 1, 1]);
    builder.texts("tokenizer.ggml.merges", &["a b"]);
    builder.set_u32("tokenizer.ggml.bos_token_id", 0);
    builder.set_u32("tokenizer.ggml.eos_token_id", 1);
    builder.set_text(
        "tokenizer.chat_template",
        "{% for m in messages %}{{ bos_token + m['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ bos_token }}{% endif %}",
    );
    let shapes: [(&str, Vec<usize>); 11] = [
        ("token_embd.weight", vec![TINY_TOKENS.len(), TINY_HIDDEN]),
        ("output_norm.weight", vec![TINY_HIDDEN]),
        ("blk.0.attn_norm.weight", vec![TINY_HIDDEN]),
        ("blk.0.ffn_norm.weight", vec![TINY_HIDDEN]),
        ("blk.0.attn_q.weight", vec![2 * TINY_HEAD_DIM, TINY_HIDDEN]),
        ("blk.0.attn_k.weight", vec![TINY_HEAD_DIM, TINY_HIDDEN]),
        ("blk.0.attn_v.weight", vec![TINY_HEAD_DIM, TINY_HIDDEN]),
        (
            "blk.0.attn_output.weight",
            vec![TINY_HIDDEN, 2 * TINY_HEAD_DIM],
        ),
        ("blk.0.ffn_gate.weight", vec![12, TINY_HIDDEN]),
        ("blk.0.ffn_up.weight", vec![12, TINY_HIDDEN]),
        ("blk.0.ffn_down.weight", vec![TINY_HIDDEN, 12]),
    ];
    for (at, (name, shape)) in shapes.iter().enumerate() {
        let len: usize = shape.iter().product();
        let numbers: Vec<f32> = (0..len)
            .map(|i| (((i * 37 + at * 11) % 29) as f32 - 14.0) / 40.0)
            .collect();
        builder.tensor(name, shape, &numbers);
    }
    change(&mut builder);
    builder.build()
}

/// Writes the tiny model into `directory` and gives its path.
pub(crate) fn write_tiny_gguf(directory: &Path) -> std::path::PathBuf {
    let path = directory.join("tiny.gguf");
    std::fs::write(&path, tiny_gguf()).expect("a temporary directory can be written");
    path
}

/// A safetensors file of f32 tensors.
pub(crate) fn safetensors_bytes(tensors: &[(&str, &str, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        let offsets = [data.len(), data.len() + bytes.len()];
        header.insert(
            (*name).into(),
            serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": offsets}),
        );
        data.extend_from_slice(bytes);
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&data);
    bytes
}
