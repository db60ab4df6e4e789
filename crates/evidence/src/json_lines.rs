//! Where each value of a JSON text stands: path and line of every scalar, which a parsed value
//! no longer knows.

use serde_json::Value;

/// One scalar of a JSON text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    /// Keys and indices, outermost first.
    pub path: Vec<String>,
    /// From 1.
    pub line: usize,
    pub value: Value,
}

/// Every scalar of a text, in order, with the line it stands on.
///
/// # Errors
/// Text that is not one JSON value: line and what is wrong.
pub(crate) fn scalars(text: &str) -> Result<Vec<Scalar>, (usize, String)> {
    // The parser judges, and bounds the depth; what follows may then rely on sound text.
    serde_json::from_str::<serde::de::IgnoredAny>(text)
        .map_err(|error| (error.line(), format!("not JSON ({error})")))?;
    let mut reader = Reader {
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        found: Vec::new(),
    };
    reader.value(&mut Vec::new());
    Ok(reader.found)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    found: Vec<Scalar>,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return *byte,
            }
            self.at += 1;
        }
        0
    }

    fn value(&mut self, path: &mut Vec<String>) {
        match self.peek() {
            b'{' => self.items(path, b'}', true),
            b'[' => self.items(path, b']', false),
            b'"' => {
                let value = Value::String(self.string());
                self.add(path, value);
            }
            _ => {
                let word = self.word();
                let value = serde_json::from_str(&word).unwrap_or(Value::Null);
                self.add(path, value);
            }
        }
    }

    fn items(&mut self, path: &mut Vec<String>, end: u8, keyed: bool) {
        self.at += 1;
        let mut index = 0usize;
        loop {
            match self.peek() {
                0 => return,
                b',' => self.at += 1,
                byte if byte == end => {
                    self.at += 1;
                    return;
                }
                _ => {
                    let key = if keyed {
                        let key = self.string();
                        self.peek();
                        self.at += 1; // the colon
                        key
                    } else {
                        index.to_string()
                    };
                    path.push(key);
                    self.value(path);
                    path.pop();
                    index += 1;
                }
            }
        }
    }

    /// The string that begins here. A string holds no line break of its own.
    fn string(&mut self) -> String {
        let begin = self.at;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let raw = self.bytes.get(begin..self.at).unwrap_or_default();
        serde_json::from_slice(raw).unwrap_or_default()
    }

    /// A number, `true`, `false` or `null`. Always moves on.
    fn word(&mut self) -> String {
        let begin = self.at;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            if b",]} \t\r\n".contains(byte) {
                break;
            }
            self.at += 1;
        }
        String::from_utf8_lossy(
            &self.bytes[begin.min(self.bytes.len())..self.at.min(self.bytes.len())],
        )
        .into_owned()
    }

    fn add(&mut self, path: &[String], value: Value) {
        self.found.push(Scalar {
            path: path.to_vec(),
            line: self.line,
            value,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_come_with_path_and_line() {
        let text = "{\n \"a\": null, \"b\": [1.5,\n {\"c\\\"d\": \"x\\\\\"}],\n\n \"e\": true}\n";
        let found: Vec<(String, usize, Value)> = scalars(text)
            .unwrap()
            .into_iter()
            .map(|scalar| (scalar.path.join("/"), scalar.line, scalar.value))
            .collect();
        assert_eq!(
            found,
            [
                ("a".to_owned(), 2, Value::Null),
                ("b/0".to_owned(), 2, 1.5.into()),
                ("b/1/c\"d".to_owned(), 3, "x\\".into()),
                ("e".to_owned(), 5, true.into()),
            ]
        );
        assert_eq!(scalars("{\"a\":\n1,}").unwrap_err().0, 2);
        assert!(scalars("").is_err());
    }

    proptest::proptest! {
        #[test]
        fn every_value_is_found(map in proptest::collection::btree_map("[a-z\"\\\\]{1,4}", ".{0,8}", 0..6)) {
            let text = serde_json::to_string_pretty(&map).unwrap();
            let found = scalars(&text).unwrap();
            proptest::prop_assert_eq!(found.len(), map.len());
            for scalar in found {
                proptest::prop_assert_eq!(scalar.value.as_str().unwrap(), &map[&scalar.path[0]]);
            }
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:0-9a-z\\\\ \n]{0,60}") {
            let _ = scalars(&text);
        }
    }
}
