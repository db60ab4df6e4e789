//! JSON Schema, or a list of texts, as a constraint on tokens, by llguidance.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use toktrie::{SimpleVob, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};

use super::backend::Vocabulary;
use crate::{Error, Result};

/// Longer words, in bytes, are left unused: the trie's nodes count their depth in ten bits, and
/// its subtrees' sizes in 22.
const LONGEST_WORD: usize = 512;
const LARGEST_VOCABULARY: usize = 4_000_000;

/// A compiled grammar.
pub(super) struct Grammar {
    prototype: Matcher,
    /// Tokens whose text starts with a digit.
    digits: Arc<SimpleVob>,
}

fn refused(what: &str, problem: &str) -> Error {
    Error::Configuration(format!("{what} cannot be made into a grammar: {problem}"))
}

impl Grammar {
    /// # Errors
    /// A schema that llguidance does not take, in its words.
    pub fn of_schema(
        schema: &serde_json::Value,
        vocabulary: Arc<dyn Vocabulary>,
        eos_token_ids: &[u32],
    ) -> Result<Self> {
        let what = "the JSON Schema";
        let mut schema = schema.clone();
        let Some(object) = schema.as_object_mut() else {
            return Err(refused(what, "it is not an object"));
        };
        // White space would be a choice before every number and key, hence a pass each.
        object.insert(
            "x-guidance".to_owned(),
            serde_json::json!({ "whitespace_flexible": false }),
        );
        let grammar = TopLevelGrammar::from_json_schema(schema);
        Self::compile(what, grammar, vocabulary, eos_token_ids)
    }

    /// The grammar of exactly these texts.
    ///
    /// # Errors
    /// As for [`Self::of_schema`].
    pub fn of_choices(
        choices: &[String],
        vocabulary: Arc<dyn Vocabulary>,
        eos_token_ids: &[u32],
    ) -> Result<Self> {
        // A literal of Lark is quoted as JSON quotes text.
        let quoted: Vec<String> = choices
            .iter()
            .map(|choice| serde_json::Value::from(choice.as_str()).to_string())
            .collect();
        let grammar = TopLevelGrammar::from_lark(format!("start: {}", quoted.join(" | ")));
        Self::compile("the list of choices", grammar, vocabulary, eos_token_ids)
    }

    fn compile(
        what: &str,
        grammar: TopLevelGrammar,
        vocabulary: Arc<dyn Vocabulary>,
        eos_token_ids: &[u32],
    ) -> Result<Self> {
        let environment =
            environment(vocabulary, eos_token_ids).map_err(|problem| refused(what, &problem))?;
        let digits = Arc::new(starting_with_digit(environment.tok_trie()));
        let mut factory = ParserFactory::new_simple(&environment)
            .map_err(|error| refused(what, &error.to_string()))?;
        factory.quiet();
        let prototype = Matcher::new(factory.create_parser(grammar));
        match prototype.get_error() {
            Some(problem) => Err(refused(what, &problem)),
            None => Ok(Self { prototype, digits }),
        }
    }

    pub fn start(&self) -> Constraint {
        Constraint {
            matcher: self.prototype.clone(),
            digits: Arc::clone(&self.digits),
        }
    }
}

/// How far one answer has come in the grammar.
pub(super) struct Constraint {
    matcher: Matcher,
    digits: Arc<SimpleVob>,
}

impl Constraint {
    /// # Errors
    /// Tokens that the grammar does not allow.
    pub fn accept(&mut self, tokens: &[u32]) -> Result<()> {
        self.matcher
            .consume_tokens(tokens)
            .map_err(|error| broken(&error.to_string()))
    }

    /// Accepts `tokens` if the grammar allows all of them.
    pub fn accept_if_allowed(&mut self, tokens: &[u32]) -> Result<bool> {
        let allowed = self.matcher.validate_tokens(tokens);
        if allowed.map_err(|error| broken(&error.to_string()))? < tokens.len() {
            return Ok(false);
        }
        self.accept(tokens)?;
        Ok(true)
    }

    /// Accepts all that the grammar leaves no choice about, and gives it.
    pub fn take_forced(&mut self) -> Result<Vec<u32>> {
        let mut forced = Vec::new();
        while !self.is_complete() {
            let tokens = self.matcher.compute_ff_tokens();
            if tokens.is_empty() {
                break;
            }
            self.accept(&tokens)?;
            forced.extend(tokens);
        }
        Ok(forced)
    }

    /// Tokens that may come next; an end-of-text token among them where the answer may end.
    pub fn allowed(&mut self) -> Result<SimpleVob> {
        self.matcher
            .compute_mask()
            .map_err(|error| broken(&error.to_string()))
    }

    /// As [`Self::allowed`], without those that would make a number at the end longer.
    pub fn allowed_after_number(&mut self) -> Result<SimpleVob> {
        let mut allowed = self.allowed()?;
        allowed.sub(&self.digits);
        Ok(allowed)
    }

    /// Nothing can follow.
    pub fn is_complete(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// A copy, moved on by `tokens`; `None` if the grammar does not allow them.
    pub fn after(&self, tokens: &[u32]) -> Result<Option<Constraint>> {
        let mut copy = Self {
            matcher: self.matcher.clone(),
            digits: Arc::clone(&self.digits),
        };
        Ok(copy.accept_if_allowed(tokens)?.then_some(copy))
    }
}

/// The parser's own limits (too many items in one step) end here too.
fn broken(problem: &str) -> Error {
    let line = problem.lines().next().unwrap_or_default();
    Error::Configuration(format!(
        "the JSON Schema's grammar cannot be followed further: {line}"
    ))
}

/// # Errors
/// A vocabulary too large for the trie.
fn environment(vocabulary: Arc<dyn Vocabulary>, eos_token_ids: &[u32]) -> Result<TokEnv, String> {
    let size = vocabulary.size() as u32;
    let eos: Vec<u32> = eos_token_ids
        .iter()
        .copied()
        .filter(|&token| token < size)
        .collect();
    let words: Vec<Vec<u8>> = (0..size)
        .map(|token| match vocabulary.bytes(token) {
            Some(bytes) if bytes.len() > LONGEST_WORD => Vec::new(),
            Some(bytes) => bytes,
            None => special_word(token),
        })
        .collect();
    let bytes: usize = words.iter().map(Vec::len).sum();
    if bytes > LARGEST_VOCABULARY {
        return Err(format!(
            "the tokenizer's words are {bytes} bytes long in all and at most {LARGEST_VOCABULARY} can be held to a schema"
        ));
    }
    let info = TokRxInfo::new(size, eos.first().copied().unwrap_or(toktrie::INVALID_TOKEN));
    let mut trie = TokTrie::from(&info, &words);
    if !eos.is_empty() {
        trie = trie.with_eos_tokens(&eos);
    }
    Ok(Arc::new(Environment { trie, vocabulary }))
}

/// A name that no text of a schema can spell: the marker byte is not UTF-8.
fn special_word(token: u32) -> Vec<u8> {
    let mut word = vec![TokTrie::SPECIAL_TOKEN_MARKER];
    word.extend_from_slice(format!("<|special {token}|>").as_bytes());
    word
}

fn starting_with_digit(trie: &TokTrie) -> SimpleVob {
    let mut set = trie.alloc_token_set();
    for token in 0..trie.vocab_size() as u32 {
        if trie.token(token).first().is_some_and(u8::is_ascii_digit) {
            set.allow_token(token);
        }
    }
    set
}

/// Our tokenizer as llguidance sees one. Forced text is cut as the tokenizer itself would.
struct Environment {
    trie: TokTrie,
    vocabulary: Arc<dyn Vocabulary>,
}

impl TokenizerEnv for Environment {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        self.trie.tokenize_with_greedy_fallback(bytes, |text| {
            let tokens = exact_tokens(self.vocabulary.as_ref(), text);
            tokens.unwrap_or_else(|| self.trie.greedy_tokenize(text.as_bytes()))
        })
    }
}

/// The tokens of `text` as it stands within a longer one: SentencePiece tokenizers put a space
/// before what they take for a text's start.
fn exact_tokens(vocabulary: &dyn Vocabulary, text: &str) -> Option<Vec<u32>> {
    ["", "\n"].into_iter().find_map(|before| {
        let skipped = vocabulary.encode(before).ok()?;
        let tokens = vocabulary.encode(&format!("{before}{text}")).ok()?;
        let tokens = tokens.strip_prefix(skipped.as_slice())?;
        let mut bytes = Vec::new();
        for &token in tokens {
            bytes.extend(vocabulary.bytes(token)?);
        }
        (bytes == text.as_bytes()).then(|| tokens.to_vec())
    })
}
