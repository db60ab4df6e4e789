//! Shared mode: several processes write one run, each with offsets of its own.

/// Who of several writers sent a request. Lines are kept by run and writer, or one process would
/// overwrite what another logged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedWriter {
    /// A request without this header is of an ordinary run: one writer, no id.
    pub is_shared: bool,
    pub client_id: Option<String>,
}

impl SharedWriter {
    /// From the headers of a `file_stream` or GraphQL request; names in any case. The ids of the
    /// two differ only in the name of their header.
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut writer = Self::default();
        for (name, value) in headers {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "x-wandb-use-async-filestream" => {
                    writer.is_shared = value.eq_ignore_ascii_case("true");
                }
                "x-wandb-async-client-id" | "x-wandb-client-id" if !value.is_empty() => {
                    writer.client_id = Some(value.to_owned());
                }
                _ => {}
            }
        }
        writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_in_any_case() {
        let writer = SharedWriter::from_headers([
            ("X-Wandb-Use-Async-Filestream", "true"),
            ("x-wandb-async-client-id", " 1f0c "),
            ("Content-Type", "application/json"),
        ]);
        assert!(writer.is_shared);
        assert_eq!(writer.client_id.as_deref(), Some("1f0c"));
        let ordinary = SharedWriter::from_headers([("X-WANDB-CLIENT-ID", "")]);
        assert_eq!(ordinary, SharedWriter::default());
    }
}
