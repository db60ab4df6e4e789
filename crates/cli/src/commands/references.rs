//! From a model reference to something loaded.

use std::path::Path;

use anyhow::Result;
use gradus_engine::LoadedModel;
use gradus_engine::lora::{LoadedAdapter, read_adapter};
use gradus_engine::model::Precision;
use gradus_eval::ModelReference;

use super::Settings;
use crate::failure::bad_input;
use crate::out::Out;

/// The two parts of a native model's reference.
pub struct NativeReference {
    pub base: String,
    pub adapter: Option<std::path::PathBuf>,
}

impl NativeReference {
    /// # Errors
    /// A baseline, where a model with weights is needed.
    pub fn parse(text: &str) -> Result<Self> {
        match text.parse()? {
            ModelReference::Base(base) => Ok(Self {
                base,
                adapter: None,
            }),
            ModelReference::BaseWithAdapter { base, adapter } => Ok(Self {
                base,
                adapter: Some(adapter),
            }),
            other => Err(bad_input(format!(
                "'{other}' is a baseline without weights; give a base model, or BASE+ADAPTER_DIR"
            ))),
        }
    }

    pub fn load(
        &self,
        settings: &Settings,
        precision: Precision,
        out: &Out,
    ) -> Result<(LoadedModel, Option<LoadedAdapter>)> {
        let model = load_base(&self.base, settings, precision, out)?;
        let adapter = self
            .adapter
            .as_deref()
            .map(|dir| load_adapter(dir, &model))
            .transpose()?;
        Ok((model, adapter))
    }
}

pub fn load_base(
    base: &str,
    settings: &Settings,
    precision: Precision,
    out: &Out,
) -> Result<LoadedModel> {
    let path = settings.models.resolve(base)?;
    out.note(format!("loading {base}"));
    Ok(LoadedModel::open(&path, &settings.load_options(precision))?)
}

pub fn load_adapter(dir: &Path, model: &LoadedModel) -> Result<LoadedAdapter> {
    Ok(read_adapter(dir, model)?)
}
