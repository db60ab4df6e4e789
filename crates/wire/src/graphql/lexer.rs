//! Text → tokens of the GraphQL language.

use super::document::Place;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Punctuator(char),
    /// `...`
    Spread,
    Name(&'a str),
    /// The digits; whether it is whole is seen again when it is read.
    Number(&'a str),
    Text(String),
    End,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// The next token and where it begins.
    pub fn next(&mut self) -> Result<(Token<'a>, Place)> {
        self.skip_ignored();
        let place = self.place();
        let Some(first) = self.rest().chars().next() else {
            return Ok((Token::End, place));
        };
        let token = match first {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                self.at += 1;
                Token::Punctuator(first)
            }
            '.' if self.rest().starts_with("...") => {
                self.at += 3;
                Token::Spread
            }
            '_' | 'a'..='z' | 'A'..='Z' => {
                Token::Name(self.take_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric()))
            }
            '-' | '0'..='9' => Token::Number(self.take_while(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
            })),
            '"' if self.rest().starts_with("\"\"\"") => Token::Text(self.block_string()?),
            '"' => Token::Text(self.string()?),
            other => return Err(self.problem(format!("unexpected character {other:?}"))),
        };
        Ok((token, place))
    }

    /// Space, commas, comments and byte order marks mean nothing.
    fn skip_ignored(&mut self) {
        while let Some(character) = self.rest().chars().next() {
            match character {
                ' ' | '\t' | ',' | '\r' | '\n' | '\u{feff}' => self.advance(character),
                '#' => {
                    let comment = self.rest();
                    self.at += comment.find(['\n', '\r']).unwrap_or(comment.len());
                }
                _ => return,
            }
        }
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| belongs(*byte)).count();
        self.at += length;
        // Only ASCII belongs, so `length` is the edge of a character.
        rest.get(..length).unwrap_or_default()
    }

    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut text = String::new();
        while let Some(character) = self.rest().chars().next() {
            match character {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\n' | '\r' => break,
                '\\' => text.push(self.escape()?),
                other => {
                    self.advance(other);
                    text.push(other);
                }
            }
        }
        Err(self.problem("a string has no end"))
    }

    fn escape(&mut self) -> Result<char> {
        let letter = self.rest().chars().nth(1).unwrap_or(' ');
        let character = match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode_escape(),
            _ => return Err(self.problem("an unknown escape in a string")),
        };
        self.at += 2;
        Ok(character)
    }

    /// `\u00e9`, a pair of surrogates, or `\u{1f680}`.
    fn unicode_escape(&mut self) -> Result<char> {
        let escape = self.rest();
        if let Some(braced) = escape.strip_prefix("\\u{") {
            let digits = braced.split('}').next().unwrap_or_default();
            let code =
                hexadecimal(digits).filter(|_| digits.len() <= 6 && digits.len() < braced.len());
            let character = code.and_then(char::from_u32);
            self.at += "\\u{}".len() + digits.len();
            return character.ok_or_else(|| self.problem("not a character after \\u{"));
        }
        let unit = |from: usize| escape.get(from..from + 4).and_then(hexadecimal);
        let Some(first) = unit(2) else {
            return Err(self.problem("four hexadecimal digits are wanted after \\u"));
        };
        if !(0xd800..0xdc00).contains(&first) {
            self.at += 6;
            return char::from_u32(first).ok_or_else(|| self.problem("half of a surrogate pair"));
        }
        let is_pair = escape.get(6..8) == Some("\\u");
        let second = unit(8).filter(|code| is_pair && (0xdc00..0xe000).contains(code));
        let Some(second) = second else {
            return Err(self.problem("half of a surrogate pair"));
        };
        self.at += 12;
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or_else(|| self.problem("not a character"))
    }

    /// `"""…"""`, without the indentation that its lines share.
    fn block_string(&mut self) -> Result<String> {
        self.at += 3;
        let mut raw = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with("\"\"\"") {
                self.at += 3;
                return Ok(without_indentation(&raw));
            }
            if rest.starts_with("\\\"\"\"") {
                raw.push_str("\"\"\"");
                self.at += 4;
                continue;
            }
            let Some(character) = rest.chars().next() else {
                return Err(self.problem("a block string has no end"));
            };
            self.advance(character);
            raw.push(character);
        }
    }

    fn advance(&mut self, character: char) {
        self.at += character.len_utf8();
        if character == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn place(&self) -> Place {
        let before = self.text.get(self.line_start..self.at).unwrap_or_default();
        Place {
            line: self.line,
            column: before.chars().count() + 1,
        }
    }

    pub fn problem(&self, problem: impl Into<String>) -> Error {
        let Place { line, column } = self.place();
        Error::Graphql {
            line,
            column,
            problem: problem.into(),
        }
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

/// The algorithm of the specification, §2.9.4. Indentation is spaces and tabs, which are one byte.
fn without_indentation(raw: &str) -> String {
    let raw = raw.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = raw.split('\n').collect();
    let indent_of = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let is_blank = |line: &str| indent_of(line) == line.len();
    let common = lines
        .iter()
        .skip(1)
        .filter(|line| !is_blank(line))
        .map(|line| indent_of(line))
        .min()
        .unwrap_or(0);
    let trimmed: Vec<&str> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| match index {
            0 => *line,
            _ => line.get(common.min(indent_of(line))..).unwrap_or_default(),
        })
        .collect();
    let first = trimmed.iter().position(|line| !is_blank(line));
    let last = trimmed.iter().rposition(|line| !is_blank(line));
    match (first, last) {
        (Some(first), Some(last)) => trimmed[first..=last].join("\n"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            match lexer.next().unwrap().0 {
                Token::End => return tokens,
                token => tokens.push(token),
            }
        }
    }

    fn text(document: &str) -> String {
        match tokens(document).remove(0) {
            Token::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_numbers_and_what_is_ignored() {
        assert_eq!(
            tokens("\u{feff}{ a,b # c }\n -1.5e+3 ...}"),
            [
                Token::Punctuator('{'),
                Token::Name("a"),
                Token::Name("b"),
                Token::Number("-1.5e+3"),
                Token::Spread,
                Token::Punctuator('}'),
            ]
        );
    }

    #[test]
    fn strings_of_every_kind() {
        assert_eq!(text(r#""a\\""#), "a\\");
        assert_eq!(text(r#""\b\u00e9\ud83d\ude80\u{1f680}""#), "\u{8}é🚀🚀");
        assert_eq!(
            text("\"\"\"\n    a\n      b \\\"\"\"\n\n  \"\"\""),
            "a\n  b \"\"\""
        );
        // A wide space in a shallow line: `graphql-parser` 0.4.1 panics here.
        assert_eq!(text("\"\"\"\n a\n\u{3000}\n b\"\"\""), " a\n\u{3000}\n b");
        for wrong in [
            "\"a",
            "\"\"\"a",
            "\"\\ud83d\"",
            "\"\\ud83d\\u0041\"",
            "\"\\x\"",
            "\"\\u{110000}\"",
            "\"\\u{}\"",
            "\"\\u{41\"",
            "\"\\u+123\"",
            "\"\\",
            "..",
            "日",
        ] {
            let mut lexer = Lexer::new(wrong);
            assert!(lexer.next().is_err(), "{wrong}");
        }
    }

    #[test]
    fn places_count_characters() {
        let mut lexer = Lexer::new("{\n  \"é\" a");
        let mut places = Vec::new();
        for _ in 0..3 {
            let (_, Place { line, column }) = lexer.next().unwrap();
            places.push((line, column));
        }
        assert_eq!(places, [(1, 1), (2, 3), (2, 7)]);
    }
}
