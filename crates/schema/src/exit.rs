//! Exit codes of the `gradus` binary: scripts and CI depend on them, so they live in one place.

/// What a finished command tells its caller. The numbers are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitStatus {
    Ok = 0,
    /// Something that no input explains: a bug or a failing machine.
    Unexpected = 1,
    /// The command line itself is wrong.
    Usage = 2,
    /// A file, a row, a recipe, a model or an adapter that can't be used.
    BadInput = 3,
    /// The gate said reject or hold.
    NotPromoted = 10,
    /// Evidence does not re-derive its own numbers.
    EvidenceInvalid = 11,
    /// The two reports may not be compared.
    ComparisonRefused = 12,
    /// The comparison is fair and shows nothing.
    Inconclusive = 13,
}

impl ExitStatus {
    pub fn code(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::ExitStatus::*;

    #[test]
    fn numbers_are_the_documented_ones() {
        let codes = [
            Ok,
            Unexpected,
            Usage,
            BadInput,
            NotPromoted,
            EvidenceInvalid,
            ComparisonRefused,
            Inconclusive,
        ]
        .map(super::ExitStatus::code);
        assert_eq!(codes, [0, 1, 2, 3, 10, 11, 12, 13]);
    }
}
