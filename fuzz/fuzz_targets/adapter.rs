//! The weights of a PEFT adapter whose configuration is valid.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use gradus_engine::files::{ModelFiles, open_model};
use gradus_engine::lora::read_adapter_files;
use libfuzzer_sys::fuzz_target;

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/engine/tests/golden/llama"
);

static BASE: LazyLock<ModelFiles> =
    LazyLock::new(|| open_model(Path::new(GOLDEN)).expect("the golden model opens"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    let config = Path::new(GOLDEN).join("adapter/adapter_config.json");
    if std::fs::copy(config, directory.path().join("adapter_config.json")).is_err()
        || std::fs::write(directory.path().join("adapter_model.safetensors"), bytes).is_err()
    {
        return;
    }
    let _ = read_adapter_files(directory.path(), &BASE.identity, &BASE.config);
});
