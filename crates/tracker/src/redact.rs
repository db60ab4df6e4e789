//! What an import may leave out: keys of services, and what tells who somebody is.

use std::borrow::Cow;
use std::sync::LazyLock;

use gradus_wire::{Json, JsonObject};
use regex::{Captures, Regex};

/// What is replaced in the texts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Keys and tokens of services.
    pub secrets: bool,
    /// E-mail addresses, home folders, names of hosts.
    pub personal: bool,
    /// Names that are personal in this run: its host, its user.
    pub names: Vec<String>,
}

const SECRET: &str = "[secret]";

/// Forms of keys that services hand out, and values behind a name that says what they are.
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        r"hf_[A-Za-z0-9]{30,}",
        r"api_org_[A-Za-z0-9]{30,}",
        r"sk-[A-Za-z0-9_-]{32,}",
        r"wandb_v1_[A-Za-z0-9_-]{20,}",
        r"local-[0-9a-f]{40}",
        r"A[KS]IA[A-Z0-9]{16}",
        r"gh[pousr]_[A-Za-z0-9]{30,}",
        r"github_pat_[A-Za-z0-9_]{30,}",
        r"glpat-[A-Za-z0-9_-]{20,}",
        r"AIza[A-Za-z0-9_-]{35}",
        r"xox[bp]-[A-Za-z0-9-]{20,}",
        r"r8_[A-Za-z0-9]{37}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    ];
    compiled(&format!(r"\b(?:{})", forms.join("|")))
});
static NAMED_SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    compiled(
        r#"(?i)((?:api[_-]?key|secret|token|password|passwd|bearer|authorization)["']?\s*[:= ]\s*["']?(?:bearer\s+)?)([A-Za-z0-9_./+~-]{16,})"#,
    )
});
static MAIL: LazyLock<Regex> = LazyLock::new(|| {
    compiled(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
});
static HOME: LazyLock<Regex> =
    LazyLock::new(|| compiled(r#"((?:/(?:home|Users)/|[A-Za-z]:\\Users\\))[^/\\\s"':]+"#));
/// Keys of metadata that say where, or who.
const PERSONAL_KEYS: [&str; 4] = ["email", "host", "username", "hostname"];

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that a test compiles")
}

impl Redaction {
    pub fn is_none(&self) -> bool {
        !self.secrets && !self.personal
    }

    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        let mut replace = |pattern: &Regex, with: &dyn Fn(&Captures<'_>) -> String| {
            if pattern.is_match(&text) {
                text = Cow::Owned(pattern.replace_all(&text, with).into_owned());
            }
        };
        if self.secrets {
            replace(&SECRETS, &|_| SECRET.to_owned());
            replace(&NAMED_SECRETS, &|found| format!("{}{SECRET}", &found[1]));
        }
        if self.personal {
            replace(&MAIL, &|_| "[e-mail]".to_owned());
            replace(&HOME, &|found| format!("{}[user]", &found[1]));
        }
        if self.personal {
            // Short names stand in too many words.
            for name in self.names.iter().filter(|name| name.len() >= 4) {
                if text.contains(name.as_str()) {
                    text = Cow::Owned(text.replace(name.as_str(), "[name]"));
                }
            }
        }
        text
    }

    pub fn value(&self, value: &mut Json) {
        match value {
            Json::String(text) => {
                if let Cow::Owned(redacted) = self.text(text) {
                    *text = redacted;
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Json::Object(entries) => self.object(entries),
            _ => {}
        }
    }

    pub fn object(&self, entries: &mut JsonObject) {
        for (key, value) in entries {
            let is_named = PERSONAL_KEYS.contains(&key.to_ascii_lowercase().as_str());
            match value {
                Json::String(text) if self.personal && is_named => *text = "[name]".to_owned(),
                value => self.value(value),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_goes_and_the_rest_stays() {
        let both = Redaction {
            secrets: true,
            personal: true,
            names: vec!["kotone-mac".to_owned()],
        };
        let digits = "0123456789abcdef0123456789abcdef01234567";
        for (text, redacted) in [
            ("loss 0.5 at step 7", "loss 0.5 at step 7"),
            ("mail a.b@example.org now", "mail [e-mail] now"),
            (
                concat!("/ho", "me/ann/x and D", ":\\Users\\Bob\\y"),
                concat!("/ho", "me/[user]/x and D", ":\\Users\\[user]\\y"),
            ),
            ("on kotone-mac:", "on [name]:"),
            ("token count: 512", "token count: 512"),
        ] {
            assert_eq!(both.text(text), redacted);
        }
        let key = format!("WANDB_API_KEY={digits} python x.py");
        assert_eq!(both.text(&key), "WANDB_API_KEY=[secret] python x.py");
        let hub = format!("login hf_{}", "a1".repeat(16));
        assert_eq!(both.text(&hub), "login [secret]");
        assert_eq!(Redaction::default().text(&hub), hub);
    }
}
