//! What the figures were taken on.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::process::output;

const LIMIT: Duration = Duration::from_secs(60);

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Processor, cores, instruction sets that matter and memory; nothing that names the host.
pub fn describe() -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let flags = field("flags").unwrap_or_default();
    let known = ["avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"];
    let has: Vec<&str> = known
        .into_iter()
        .filter(|name| flags.split(' ').any(|flag| flag == *name))
        .collect();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = memory
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse::<u64>().ok());
    let mut facts = Map::new();
    facts.insert("processor".into(), json!(field("model name")));
    facts.insert("cores".into(), json!(cores()));
    facts.insert("instruction_sets".into(), json!(has));
    facts.insert(
        "memory_bytes".into(),
        json!(kibibytes.map(|kibibytes| kibibytes * 1024)),
    );
    Value::Object(facts)
}

/// Today, in UTC.
pub fn date() -> Result<String> {
    let text = output(
        "date",
        LIMIT,
        Command::new("date").args(["-u", "+%Y-%m-%d"]),
    )?;
    Ok(text.trim().to_string())
}
