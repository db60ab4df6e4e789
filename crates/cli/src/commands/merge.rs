//! `gradus merge MODEL --out DIR`.

use anyhow::Result;
use gradus_engine::files::open_model;
use gradus_engine::files::writer::{WeightType, write_model};
use gradus_engine::lora::{merge, read_adapter_files};
use serde_json::json;

use super::Settings;
use super::references::NativeReference;
use crate::args::{Dtype, MergeArguments};
use crate::out::Out;

pub fn run(arguments: &MergeArguments, settings: &Settings, out: &Out) -> Result<()> {
    let reference = NativeReference::parse(&arguments.model)?;
    let files = open_model(&settings.models.resolve(&reference.base)?)?;
    let wanted = arguments.dtype.map(weight_type);
    let Some(dir) = &reference.adapter else {
        // As a base alone: the same weights in another format.
        let kept = if files.finer_than_bf16 {
            WeightType::F32
        } else {
            WeightType::Bf16
        };
        let weight_type = wanted.unwrap_or(kept);
        write_model(&files, files.weights.as_ref(), &arguments.out, weight_type)?;
        out.say(format!(
            "{} as {}: {}",
            arguments.model,
            weight_type.torch_name(),
            arguments.out.display()
        ));
        out.result(&json!({
            "path": arguments.out,
            "weight_type": weight_type.torch_name(),
            "base_sha256": files.identity.sha256,
            "adapter_sha256": null,
        }));
        return Ok(());
    };
    let adapter = read_adapter_files(dir, &files.identity, &files.config)?;
    if let Some(note) = &adapter.note {
        out.note(note);
    }
    let report = merge(&files, &adapter, &arguments.out, wanted)?;
    out.say(format!(
        "{} merged as {}, {} matrices changed: {}",
        arguments.model,
        report.weight_type.torch_name(),
        report.matrices_changed,
        report.path.display()
    ));
    out.result(&serde_json::to_value(&report)?);
    Ok(())
}

fn weight_type(dtype: Dtype) -> WeightType {
    match dtype {
        Dtype::F32 => WeightType::F32,
        Dtype::Bf16 => WeightType::Bf16,
    }
}
