//! What went wrong, as an exit code.

use std::io::ErrorKind;

use gradus_schema::exit::ExitStatus;
use thiserror::Error;

use crate::tracker_place::Refused;

/// Ended by Ctrl-C or SIGTERM after leaving a checkpoint; what shells use for it.
pub const INTERRUPTED: u8 = 130;

/// Failures that the command line itself finds.
#[derive(Debug, Error)]
pub enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    BadInput(String),
    #[error("{0}")]
    EvidenceInvalid(String),
    #[error("{0}")]
    Interrupted(String),
}

pub fn usage(text: impl Into<String>) -> anyhow::Error {
    Failure::Usage(text.into()).into()
}

pub fn bad_input(text: impl Into<String>) -> anyhow::Error {
    Failure::BadInput(text.into()).into()
}

pub fn evidence_invalid(text: impl Into<String>) -> anyhow::Error {
    Failure::EvidenceInvalid(text.into()).into()
}

pub fn interrupted(text: impl Into<String>) -> anyhow::Error {
    Failure::Interrupted(text.into()).into()
}

/// Bad input with the place where it stands.
pub fn located(text: impl std::fmt::Display, path: &std::path::Path) -> anyhow::Error {
    bad_input(format!("{text}: {}", path.display()))
}

/// The code of the first cause that has one; what nobody foresaw is 1.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    error
        .chain()
        .find_map(code_of)
        .unwrap_or(ExitStatus::Unexpected.code())
}

fn code_of(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(match failure {
            Failure::Usage(_) => ExitStatus::Usage.code(),
            Failure::BadInput(_) => ExitStatus::BadInput.code(),
            Failure::EvidenceInvalid(_) => ExitStatus::EvidenceInvalid.code(),
            Failure::Interrupted(_) => INTERRUPTED,
        });
    }
    if let Some(refused) = cause.downcast_ref::<Refused>() {
        return Some(refused.exit_status().code());
    }
    if let Some(error) = cause.downcast_ref::<gradus_engine::Error>() {
        return Some(engine_code(error));
    }
    if let Some(error) = cause.downcast_ref::<gradus_eval::Error>() {
        return Some(match error {
            gradus_eval::Error::Io { source, .. } => io_code(source),
            gradus_eval::Error::Engine(error) => engine_code(error),
            _ => ExitStatus::BadInput.code(),
        });
    }
    if let Some(error) = cause.downcast_ref::<gradus_store::Error>() {
        return Some(match error {
            error if error.is_passing() => ExitStatus::Unexpected.code(),
            gradus_store::Error::Io { source, .. } => io_code(source),
            _ => ExitStatus::BadInput.code(),
        });
    }
    if let Some(error) = cause.downcast_ref::<gradus_tracker::Error>() {
        return Some(match error.is_passing() {
            true => ExitStatus::Unexpected.code(),
            false => ExitStatus::BadInput.code(),
        });
    }
    if cause.is::<gradus_evidence::Error>() {
        return Some(ExitStatus::BadInput.code());
    }
    cause.downcast_ref::<std::io::Error>().map(io_code)
}

fn engine_code(error: &gradus_engine::Error) -> u8 {
    match error {
        gradus_engine::Error::Io { source, .. } => io_code(source),
        _ => ExitStatus::BadInput.code(),
    }
}

/// A path that is not what was asked for is bad input; a full or failing disk is not.
fn io_code(error: &std::io::Error) -> u8 {
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::IsADirectory
        | ErrorKind::NotADirectory
        | ErrorKind::AlreadyExists
        | ErrorKind::InvalidData
        | ErrorKind::UnexpectedEof => ExitStatus::BadInput.code(),
        _ => ExitStatus::Unexpected.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn causes_decide_the_exit_code() {
        let wrapped = Err::<(), _>(bad_input("the row is empty"))
            .context("reading")
            .unwrap_err();
        assert_eq!(exit_code(&wrapped), 3);
        assert_eq!(exit_code(&usage("--set x")), 2);
        assert_eq!(exit_code(&interrupted("stopped")), 130);
        assert_eq!(exit_code(&anyhow!("what")), 1);
        let missing = std::io::Error::from(ErrorKind::NotFound);
        assert_eq!(
            exit_code(&gradus_engine::Error::io("opening", "x", missing).into()),
            3
        );
        let full = std::io::Error::from(ErrorKind::StorageFull);
        assert_eq!(
            exit_code(&gradus_engine::Error::io("writing", "x", full).into()),
            1
        );
    }
}
