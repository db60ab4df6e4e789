//! `gradus version`.

use anyhow::Result;
use serde_json::json;

use crate::out::Out;

pub fn run(out: &Out) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let sets = instruction_sets();
    out.say(format!("gradus {version}"));
    let found = if sets.is_empty() {
        "portable code only".to_string()
    } else {
        sets.join(", ")
    };
    out.say(format!("{cores} cores, {found}"));
    out.result(&json!({
        "version": version,
        "cores": cores,
        "target": {"arch": std::env::consts::ARCH, "os": std::env::consts::OS},
        "instruction_sets": sets,
    }));
    Ok(())
}

/// Those that the kernels choose from at run time.
#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> Vec<&'static str> {
    let known = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        (
            "avx512bf16",
            std::arch::is_x86_feature_detected!("avx512bf16"),
        ),
    ];
    known
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instruction_sets() -> Vec<&'static str> {
    Vec::new()
}
