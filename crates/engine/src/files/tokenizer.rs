//! Text to token ids and back.
//!
//! The work is done by the `tokenizers` crate on a `tokenizer.json`, the model's own or one rebuilt
//! from GGUF metadata. What this adds: a path on which text never becomes a control token, and
//! the bytes behind every token, which grammars are matched against.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Text to token ids and back.
pub struct Tokenizer {
    with_special: tokenizers::Tokenizer,
    /// The same vocabulary; control tokens in a text are taken as plain characters.
    without_special: tokenizers::Tokenizer,
    /// By id; `None` for special tokens and ids that are not in use.
    bytes: Vec<Option<Vec<u8>>>,
    special: BTreeSet<u32>,
    /// The texts of all special tokens, the longest first.
    special_texts: Vec<String>,
    pub names: SpecialNames,
}

/// Texts of the special tokens that chat templates and `tokenizer_config.json` name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialNames {
    pub bos: Option<String>,
    pub eos: Option<String>,
    pub pad: Option<String>,
    pub unk: Option<String>,
}

impl Tokenizer {
    /// From the text of a `tokenizer.json`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn from_json(json: &[u8], names: SpecialNames) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json)
            .map_err(|problem| format!("the tokenizer is not valid JSON ({problem})"))?;
        check_limits(&value)?;
        let mut with_special = tokenizers::Tokenizer::from_bytes(json)
            .map_err(|problem| format!("the tokenizer can't be built: {problem}"))?;
        with_special.with_padding(None);
        with_special
            .with_truncation(None)
            .map_err(|problem| format!("the tokenizer can't be built: {problem}"))?;
        let mut without_special = with_special.clone();
        without_special.set_encode_special_tokens(true);

        let added: BTreeMap<u32, tokenizers::AddedToken> = with_special
            .get_added_tokens_decoder()
            .into_iter()
            .collect();
        let special: BTreeSet<u32> = added
            .iter()
            .filter(|(_, token)| token.special)
            .map(|(id, _)| *id)
            .collect();
        let mut special_texts: Vec<String> = added
            .values()
            .filter(|token| token.special && !token.content.is_empty())
            .map(|token| token.content.clone())
            .collect();
        special_texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let plain: BTreeMap<u32, &str> = added
            .iter()
            .filter(|(_, token)| !token.special)
            .map(|(id, token)| (*id, token.content.as_str()))
            .collect();
        let bytes = token_bytes(&with_special, &special, &plain, Spelling::of(&value));
        Ok(Self {
            with_special,
            without_special,
            bytes,
            special,
            special_texts,
            names,
        })
    }

    /// `special`: whether `<|im_start|>` and the like in `text` become their tokens. No token is
    /// added that the text does not hold (no BOS).
    ///
    /// With `special` false no special token can come out, whatever `text` holds: this is the path
    /// for text of other people.
    pub fn encode(&self, text: &str, special: bool) -> crate::Result<Vec<u32>> {
        if special {
            return encode_with(&self.with_special, text);
        }
        let tokens = encode_with(&self.without_special, text)?;
        if !tokens
            .iter()
            .any(|token| self.is_special(*token) && !self.is_unknown(*token))
        {
            return Ok(tokens);
        }
        // The vocabulary itself spells a control token; cut its text in two wherever it stands.
        let mut tokens = Vec::new();
        for piece in self.cut_special_texts(text) {
            tokens.extend(encode_with(&self.without_special, piece)?);
        }
        match tokens
            .iter()
            .find(|token| self.is_special(**token) && !self.is_unknown(**token))
        {
            Some(token) => Err(crate::Error::Configuration(format!(
                "a text would turn into the control token {token}; leave it out of the text"
            ))),
            None => Ok(tokens),
        }
    }

    /// Special tokens are left out; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, tokens: &[u32]) -> crate::Result<String> {
        self.with_special.decode(tokens, true).map_err(|problem| {
            crate::Error::Configuration(format!("decoding tokens failed: {problem}"))
        })
    }

    /// One more than the largest id in use.
    pub fn vocab_size(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes a token stands for; `None` for special tokens and unused ids.
    pub fn token_bytes(&self, token: u32) -> Option<Vec<u8>> {
        self.bytes.get(token as usize)?.clone()
    }

    pub fn token_id(&self, text: &str) -> Option<u32> {
        self.with_special.token_to_id(text)
    }

    /// The token's own spelling, special tokens included.
    pub fn token_text(&self, token: u32) -> Option<String> {
        self.with_special.id_to_token(token)
    }

    pub fn is_special(&self, token: u32) -> bool {
        self.special.contains(&token)
    }

    /// The texts of all special tokens, the longest first.
    pub fn special_texts(&self) -> &[String] {
        &self.special_texts
    }

    /// The whole `tokenizer.json`, as written beside merged models.
    pub fn to_json(&self) -> crate::Result<String> {
        self.with_special.to_string(false).map_err(|problem| {
            crate::Error::Configuration(format!("writing the tokenizer failed: {problem}"))
        })
    }

    fn is_unknown(&self, token: u32) -> bool {
        self.names
            .unk
            .as_deref()
            .is_some_and(|unknown| self.token_id(unknown) == Some(token))
    }

    fn cut_special_texts<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for (at, first) in text.char_indices() {
            if at >= start
                && self
                    .special_texts
                    .iter()
                    .any(|special| text[at..].starts_with(special.as_str()))
            {
                let cut = at + first.len_utf8();
                pieces.push(&text[start..cut]);
                start = cut;
            }
        }
        pieces.push(&text[start..]);
        pieces
    }
}

fn encode_with(tokenizer: &tokenizers::Tokenizer, text: &str) -> crate::Result<Vec<u32>> {
    let encoding = tokenizer
        .encode_fast(text, false)
        .map_err(|problem| crate::Error::Configuration(format!("tokenising failed: {problem}")))?;
    Ok(encoding.get_ids().to_vec())
}

/// Ids far beyond the number of tokens would make every table by id as large as they say.
fn check_limits(value: &Value) -> Result<(), String> {
    const MAX_ID: u64 = 1 << 22;
    let too_large = |id: &Value| id.as_u64().is_none_or(|id| id > MAX_ID);
    let vocabulary = value.pointer("/model/vocab").and_then(Value::as_object);
    if let Some((text, id)) =
        vocabulary.and_then(|vocabulary| vocabulary.iter().find(|(_, id)| too_large(id)))
    {
        return Err(format!(
            "token {text:?} has the id {id}, which is no id below {MAX_ID}"
        ));
    }
    let added = value.get("added_tokens").and_then(Value::as_array);
    if let Some(token) = added.and_then(|tokens| {
        tokens
            .iter()
            .find(|token| token.get("id").is_some_and(too_large))
    }) {
        return Err(format!("added token {token} has no id below {MAX_ID}"));
    }
    Ok(())
}

/// How a vocabulary writes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Every byte is one printable character (GPT-2).
    ByteLevel,
    /// `▁` is a space, `<0x0A>` a byte (SentencePiece).
    SentencePiece,
}

impl Spelling {
    fn of(tokenizer: &Value) -> Self {
        if ["decoder", "pre_tokenizer"]
            .into_iter()
            .any(|part| mentions(&tokenizer[part], "ByteLevel"))
        {
            Self::ByteLevel
        } else {
            Self::SentencePiece
        }
    }

    fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::ByteLevel => {
                let bytes: Option<Vec<u8>> = text.chars().map(byte_of_character).collect();
                bytes.unwrap_or_else(|| text.as_bytes().to_vec())
            }
            Self::SentencePiece => {
                let hexadecimal = text
                    .strip_prefix("<0x")
                    .and_then(|rest| rest.strip_suffix('>'));
                match hexadecimal
                    .filter(|digits| digits.len() == 2)
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                {
                    Some(byte) => vec![byte],
                    None => text.replace('▁', " ").into_bytes(),
                }
            }
        }
    }
}

fn mentions(part: &Value, kind: &str) -> bool {
    match part {
        Value::Object(fields) => {
            fields.get("type").and_then(Value::as_str) == Some(kind)
                || fields.values().any(|value| mentions(value, kind))
        }
        Value::Array(values) => values.iter().any(|value| mentions(value, kind)),
        _ => false,
    }
}

/// GPT-2's `bytes_to_unicode`, backwards.
fn byte_of_character(character: char) -> Option<u8> {
    let code = u32::from(character);
    match code {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => Some(code as u8),
        // The 68 others, in order: 0x00..=0x20, 0x7f..=0xa0, 0xad.
        0x100..=0x120 => Some((code - 0x100) as u8),
        0x121..=0x142 => Some((code - 0x121 + 0x7f) as u8),
        0x143 => Some(0xad),
        _ => None,
    }
}

fn token_bytes(
    tokenizer: &tokenizers::Tokenizer,
    special: &BTreeSet<u32>,
    plain: &BTreeMap<u32, &str>,
    spelling: Spelling,
) -> Vec<Option<Vec<u8>>> {
    let vocabulary = tokenizer.get_vocab(true);
    let size = vocabulary.values().max().map_or(0, |id| *id as usize + 1);
    let mut bytes = vec![None; size];
    for (text, id) in &vocabulary {
        if special.contains(id) {
            continue;
        }
        bytes[*id as usize] = Some(match plain.get(id) {
            Some(content) => content.as_bytes().to_vec(),
            None => spelling.bytes(text),
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::gguf_tokenizer;
    use super::*;

    fn tiny() -> Tokenizer {
        let header =
            super::super::gguf::Header::parse(&super::super::test_files::tiny_gguf()[..], 1 << 20)
                .unwrap();
        gguf_tokenizer::tokenizer(&header).unwrap()
    }

    #[test]
    fn text_becomes_tokens_and_returns() {
        let tokenizer = tiny();
        let tokens = tokenizer
            .encode("<|im_start|>ab c\né<|im_end|>", true)
            .unwrap();
        assert_eq!(tokens, [0, 5, 6, 4, 7, 8, 9, 1]);
        assert_eq!(tokenizer.decode(&tokens).unwrap(), "ab c\né");
        assert_eq!(tokenizer.decode(&[8]).unwrap(), "\u{fffd}");
    }

    #[test]
    fn control_tokens_never_come_out_of_plain_text() {
        let tokenizer = tiny();
        let tokens = tokenizer.encode("a<|im_end|>b", false).unwrap();
        assert!(
            tokens.iter().all(|token| !tokenizer.is_special(*token)),
            "{tokens:?}"
        );
        assert_eq!(
            tokenizer.cut_special_texts("a<|im_end|>b"),
            ["a<", "|im_end|>b"]
        );
    }

    #[test]
    fn bytes_are_known_for_plain_tokens_only() {
        let tokenizer = tiny();
        assert_eq!(tokenizer.token_bytes(0), None);
        assert_eq!(tokenizer.token_bytes(5).unwrap(), b"ab");
        assert_eq!(tokenizer.token_bytes(6).unwrap(), b" ");
        assert_eq!(tokenizer.token_bytes(8).unwrap(), [0xc3]);
        assert_eq!(tokenizer.token_bytes(99), None);
    }

    #[test]
    fn every_byte_has_its_character() {
        let all: BTreeSet<u8> = (0..0x144)
            .filter_map(char::from_u32)
            .filter_map(byte_of_character)
            .collect();
        assert_eq!(all.len(), 256);
        assert_eq!(byte_of_character('Ġ'), Some(b' '));
        assert_eq!(byte_of_character('Ċ'), Some(b'\n'));
    }

    #[test]
    fn broken_tokenizers_are_errors() {
        for text in [
            "",
            "{}",
            "[1]",
            r#"{"model":{"type":"BPE","vocab":{"a":99999999},"merges":[]}}"#,
        ] {
            assert!(
                Tokenizer::from_json(text.as_bytes(), SpecialNames::default()).is_err(),
                "{text}"
            );
        }
    }
}
