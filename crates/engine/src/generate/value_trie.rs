//! The values of a bounded integer, by the tokens that write them.

use super::backend::Vocabulary;
use crate::Result;

/// Ranges with more values are not listed.
const MAX_VALUES: i64 = 1_001;

/// How the values of a range are written in tokens.
pub(super) struct ValueTrie {
    /// The root, without tokens, first.
    pub nodes: Vec<Node>,
    /// The value with the longest text; no digit can follow it.
    longest: i64,
}

pub(super) struct Node {
    /// Tokens from the start of the number.
    pub path: Vec<u32>,
    pub children: Vec<(u32, usize)>,
    /// The value that ends here.
    pub value: Option<i64>,
    /// Least and greatest value that starts like this.
    pub lowest: i64,
    pub highest: i64,
}

impl ValueTrie {
    /// `None` where values cannot be listed: too many, or a tokenizer that joins digits with
    /// what stands beside them.
    pub fn build(minimum: i64, maximum: i64, vocabulary: &dyn Vocabulary) -> Result<Option<Self>> {
        if maximum - minimum >= MAX_VALUES {
            return Ok(None);
        }
        let root = Node {
            path: Vec::new(),
            children: Vec::new(),
            value: None,
            lowest: minimum,
            highest: maximum,
        };
        let mut trie = Self {
            nodes: vec![root],
            longest: minimum,
        };
        for value in minimum..=maximum {
            let Some(tokens) = number_tokens(value, vocabulary)? else {
                return Ok(None);
            };
            trie.insert(value, &tokens);
            if value.to_string().len() > trie.longest.to_string().len() {
                trie.longest = value;
            }
        }
        Ok(Some(trie))
    }

    fn insert(&mut self, value: i64, tokens: &[u32]) {
        let mut at = 0;
        for (depth, &token) in tokens.iter().enumerate() {
            at = match self.nodes[at]
                .children
                .iter()
                .find(|&&(child, _)| child == token)
            {
                Some(&(_, node)) => node,
                None => {
                    let path = tokens[..=depth].to_vec();
                    self.nodes.push(Node {
                        path,
                        children: Vec::new(),
                        value: None,
                        lowest: value,
                        highest: value,
                    });
                    let node = self.nodes.len() - 1;
                    self.nodes[at].children.push((token, node));
                    node
                }
            };
            let node = &mut self.nodes[at];
            node.lowest = node.lowest.min(value);
            node.highest = node.highest.max(value);
        }
        self.nodes[at].value = Some(value);
    }

    /// Tokens that a number of this range may start with.
    pub fn first_tokens(&self) -> impl Iterator<Item = u32> + '_ {
        self.nodes[0].children.iter().map(|&(token, _)| token)
    }

    pub fn path_of_longest(&self) -> &[u32] {
        self.path_of(self.longest)
    }

    /// # Panics
    /// A value outside the range.
    pub fn path_of(&self, value: i64) -> &[u32] {
        let node = self.nodes.iter().find(|node| node.value == Some(value));
        &node.expect("every value of the range was inserted").path
    }
}

/// The tokens of `value` where it stands between a key and the next.
fn number_tokens(value: i64, vocabulary: &dyn Vocabulary) -> Result<Option<Vec<u32>>> {
    const BEFORE: &str = r#"{"a":"#;
    let text = value.to_string();
    let before = vocabulary.encode(BEFORE)?;
    let all = vocabulary.encode(&format!(r#"{BEFORE}{text},"b":"#))?;
    let Some(rest) = all.strip_prefix(before.as_slice()) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    for (index, &token) in rest.iter().enumerate() {
        let Some(more) = vocabulary.bytes(token) else {
            return Ok(None);
        };
        bytes.extend(more);
        if bytes.len() >= text.len() {
            return Ok((bytes == text.as_bytes()).then(|| rest[..=index].to_vec()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakeVocabulary;
    use super::*;

    #[test]
    fn wide_ranges_are_not_listed() {
        assert!(
            ValueTrie::build(0, 1_000, &FakeVocabulary::new())
                .unwrap()
                .is_some()
        );
        assert!(
            ValueTrie::build(0, 1_001, &FakeVocabulary::new())
                .unwrap()
                .is_none()
        );
    }
}
