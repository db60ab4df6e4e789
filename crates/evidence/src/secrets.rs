//! Secrets and personal paths in a line of text. A finding names the kind, never the secret.

/// Characters that a key is made of.
#[derive(Clone, Copy)]
enum Alphabet {
    Alphanumeric,
    /// Letters, digits, `-` and `_`.
    Url,
    UpperAndDigits,
}

impl Alphabet {
    fn holds(self, letter: char) -> bool {
        match self {
            Self::Alphanumeric => letter.is_ascii_alphanumeric(),
            Self::Url => letter.is_ascii_alphanumeric() || letter == '-' || letter == '_',
            Self::UpperAndDigits => letter.is_ascii_uppercase() || letter.is_ascii_digit(),
        }
    }
}

/// What a key begins with, and how many characters of its alphabet must follow at least.
const KEYS: [(&str, Alphabet, usize, &str); 17] = [
    ("hf_", Alphabet::Alphanumeric, 30, "a Hugging Face token"),
    (
        "api_org_",
        Alphabet::Alphanumeric,
        30,
        "a Hugging Face token",
    ),
    ("sk-", Alphabet::Url, 32, "an API key (sk-…)"),
    ("wandb_v1_", Alphabet::Url, 20, "a W&B API key"),
    ("AKIA", Alphabet::UpperAndDigits, 16, "an AWS access key"),
    ("ASIA", Alphabet::UpperAndDigits, 16, "an AWS access key"),
    ("ghp_", Alphabet::Alphanumeric, 30, "a GitHub token"),
    ("gho_", Alphabet::Alphanumeric, 30, "a GitHub token"),
    ("ghu_", Alphabet::Alphanumeric, 30, "a GitHub token"),
    ("ghs_", Alphabet::Alphanumeric, 30, "a GitHub token"),
    ("ghr_", Alphabet::Alphanumeric, 30, "a GitHub token"),
    ("github_pat_", Alphabet::Url, 30, "a GitHub token"),
    ("glpat-", Alphabet::Url, 20, "a GitLab token"),
    ("AIza", Alphabet::Url, 35, "a Google API key"),
    ("xoxb-", Alphabet::Url, 20, "a Slack token"),
    ("xoxp-", Alphabet::Url, 20, "a Slack token"),
    ("r8_", Alphabet::Alphanumeric, 37, "a Replicate token"),
];

/// The kind of the first secret in a line, in words.
pub(crate) fn secret_in(line: &str) -> Option<&'static str> {
    if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    for (start, alphabet, least, kind) in KEYS {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            let begins_a_word = before.is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
            let length = run(&line[at + start.len()..], alphabet);
            if begins_a_word && length >= least {
                return Some(kind);
            }
        }
    }
    let lower = line.to_ascii_lowercase();
    bearer_in(line, &lower).or_else(|| named_key_in(line, &lower))
}

/// `Bearer …` with something behind it that can be a credential.
fn bearer_in(line: &str, lower: &str) -> Option<&'static str> {
    for (at, word) in lower.match_indices("bearer ") {
        let rest = line[at + word.len()..].trim_start();
        let token: String = rest
            .chars()
            .take_while(|c| Alphabet::Url.holds(*c) || "./+=~".contains(*c))
            .collect();
        let has_digit = token.chars().any(|c| c.is_ascii_digit());
        if token.len() >= 20 && has_digit {
            return Some("a bearer credential");
        }
    }
    None
}

/// A key that only its name gives away: W&B's 40 hex digits, AWS's 40 characters.
fn named_key_in(line: &str, lower: &str) -> Option<&'static str> {
    const NAMED: [(&str, usize, &str); 3] = [
        ("wandb", 40, "a W&B API key"),
        ("aws_secret_access_key", 40, "an AWS secret key"),
        ("api.wandb.ai", 40, "a W&B API key"),
    ];
    for (name, length, kind) in NAMED {
        for (at, _) in lower.match_indices(name) {
            let rest = &line[at + name.len()..];
            if name == "wandb" && !near_key_word(&lower[at + name.len()..]) {
                continue;
            }
            let is_key = |word: &str| {
                word.len() == length
                    && word.chars().any(|c| c.is_ascii_digit())
                    && word.chars().any(|c| c.is_ascii_alphabetic())
            };
            if rest
                .split(|c: char| !(c.is_ascii_alphanumeric() || "/+".contains(c)))
                .take(6)
                .any(is_key)
            {
                return Some(kind);
            }
        }
    }
    None
}

fn near_key_word(rest: &str) -> bool {
    let head: String = rest.chars().take(16).collect();
    head.contains("key") || head.contains("token") || head.contains("secret")
}

fn run(text: &str, alphabet: Alphabet) -> usize {
    text.chars().take_while(|c| alphabet.holds(*c)).count()
}

/// Beginnings of home folders, and what separates the parts of such a path.
const HOMES: [&str; 3] = [concat!("/ho", "me/"), concat!("/Us", "ers/"), ":\\Users\\"];

/// A path below somebody's home folder, as far as the name.
pub(crate) fn personal_path_in(line: &str) -> Option<String> {
    // In JSON a backslash is written twice.
    let line = line
        .replace("\\\\", "\\")
        .replace(concat!(":/Us", "ers/"), ":\\Users\\");
    for start in HOMES {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            // `docs.example.org/…` and `../…` are not absolute.
            let is_absolute = start.starts_with(':')
                || before.is_none_or(|c| !c.is_alphanumeric() && !".-_~}".contains(c));
            let name: String = line[at + start.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || "._-".contains(*c))
                .collect();
            if is_absolute && !name.is_empty() {
                let drive = if start.starts_with(':') { "C" } else { "" };
                return Some(format!("{drive}{start}{name}"));
            }
        }
    }
    let root = concat!("/ro", "ot/");
    line.match_indices(root).find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        before
            .is_none_or(|c| !c.is_alphanumeric() && !".-_~}".contains(c))
            .then(|| root.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(start: &str, length: usize) -> String {
        format!("{start}{}", &"aB3dE5".repeat(9)[..length])
    }

    #[test]
    fn secrets_of_each_kind_are_found() {
        let lines = [
            format!("export HF_TOKEN={}", key("hf_", 34)),
            format!("\"api_key\": \"{}\"", key("sk-proj-", 40)),
            format!("{{\"k\":\"AKIA{}\"}}", "ABCD1234".repeat(2)),
            key("ghp_", 36),
            key("github_pat_", 40),
            format!("Authorization: Bearer {}", key("ey", 30)),
            format!("WANDB_API_KEY={}", "0123456789abcdef0123".repeat(2)),
            format!("wandb: api_key: {}", "0123456789abcdef0123".repeat(2)),
            format!("aws_secret_access_key = {}", key("", 40)),
            format!("-----BEGIN {} PRIVATE KEY-----", "OPENSSH"),
        ];
        for line in lines {
            assert!(secret_in(&line).is_some(), "{line}");
        }
    }

    #[test]
    fn what_is_no_secret_passes() {
        let digest = "0123456789abcdef".repeat(4);
        for line in [
            "HF_TOKEN is not set; hf_token".to_owned(),
            format!("\"sha256\": \"{digest}\""),
            "mask-sk-and-some-more-words".to_owned(),
            "the bearer of this letter is a friend of mine".to_owned(),
            format!("wandb run, commit {}", &digest[..40]),
            "risk-analysis-of-a-very-long-hyphenated-title-here".to_owned(),
        ] {
            assert_eq!(secret_in(&line), None, "{line}");
        }
    }

    #[test]
    fn personal_paths_are_found_and_others_pass() {
        let home = concat!("/ho", "me/");
        let users = concat!("/Us", "ers/");
        let found = |line: &str| personal_path_in(line);
        assert_eq!(
            found(&format!("\"{home}ann/x\"")),
            Some(format!("{home}ann"))
        );
        assert!(found(&format!("file://{users}bob/x")).is_some());
        assert_eq!(
            found(&format!("in {users}bob/x")),
            Some(format!("{users}bob"))
        );
        for line in [
            "C:\\Users\\carl\\x",
            "\"C:\\\\Users\\\\carl\\\\x\"",
            concat!("D:/Us", "ers/carl"),
        ] {
            assert!(
                found(line).is_some_and(|path| path.ends_with("carl")),
                "{line}"
            );
        }
        for line in [
            format!("https://example.org{home}page"),
            format!("..{home}x"),
            "a home/office set".to_owned(),
            format!("{home} alone"),
        ] {
            assert_eq!(found(&line), None, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in ".{0,120}") {
            let _ = (secret_in(&line), personal_path_in(&line));
        }
    }
}
