//! Commands about runs that are kept: moving them in and out, who may see them, upkeep.

pub mod accounts;
pub mod export;
mod export_parquet;
pub mod import;
mod sender;
pub mod upkeep;
mod wandb_folders;
mod wandb_server;
