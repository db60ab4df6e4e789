//! A whole GGUF file: container, configuration, tokenizer, chat template, every tensor.

#![no_main]

use gradus_engine::LoadedModel;
use gradus_engine::files::open_model;
use gradus_engine::model::{LoadOptions, Precision};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    let path = directory.path().join("model.gguf");
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let options = LoadOptions {
        threads: Some(1),
        precision: Precision::F32,
    };
    if let Ok(files) = open_model(&path) {
        let _ = LoadedModel::load(files, &options);
    }
});
