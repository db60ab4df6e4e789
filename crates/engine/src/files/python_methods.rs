//! The Python methods that chat templates call on strings, lists and mappings.
//!
//! Jinja2 templates run in Python, so authors write `content.strip()`; minijinja hands such calls to
//! [`call`]. Behaviour: <https://docs.python.org/3/library/stdtypes.html#string-methods>.

use minijinja::value::{Kwargs, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

pub(super) fn call(
    _state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => string_method(value.as_str().unwrap_or_default(), method, args),
        ValueKind::Map => map_method(value, method, args),
        ValueKind::Seq | ValueKind::Iterable => list_method(value, method, args),
        _ => Err(unknown(value, method)),
    }
}

fn unknown(value: &Value, method: &str) -> Error {
    Error::new(
        ErrorKind::UnknownMethod,
        format!("{} has no method {method}", value.kind()),
    )
}

fn string_method(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "strip" | "lstrip" | "rstrip" => {
            let (characters,): (Option<&str>,) = from_args(args)?;
            let stripped = |character: char| {
                characters.map_or(character.is_whitespace(), |set| set.contains(character))
            };
            Ok(Value::from(match method {
                "lstrip" => text.trim_start_matches(stripped),
                "rstrip" => text.trim_end_matches(stripped),
                _ => text.trim_matches(stripped),
            }))
        }
        "upper" => no_arguments(args).map(|()| Value::from(text.to_uppercase())),
        "lower" => no_arguments(args).map(|()| Value::from(text.to_lowercase())),
        "capitalize" => no_arguments(args).map(|()| Value::from(capitalised(text))),
        "title" => no_arguments(args).map(|()| Value::from(titled(text))),
        "isspace" => no_arguments(args).map(|()| Value::from(all(text, char::is_whitespace))),
        "isdigit" | "isnumeric" | "isdecimal" => {
            no_arguments(args).map(|()| Value::from(all(text, char::is_numeric)))
        }
        "isalpha" => no_arguments(args).map(|()| Value::from(all(text, char::is_alphabetic))),
        "isalnum" => no_arguments(args).map(|()| Value::from(all(text, char::is_alphanumeric))),
        "startswith" | "endswith" => {
            let (wanted,): (&Value,) = from_args(args)?;
            let fits = |affix: &str| {
                if method == "startswith" {
                    text.starts_with(affix)
                } else {
                    text.ends_with(affix)
                }
            };
            match wanted.as_str() {
                Some(affix) => Ok(Value::from(fits(affix))),
                None => Ok(Value::from(
                    wanted
                        .try_iter()?
                        .any(|affix| affix.as_str().is_some_and(fits)),
                )),
            }
        }
        "removeprefix" => {
            let (affix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_prefix(affix).unwrap_or(text)))
        }
        "removesuffix" => {
            let (affix,): (&str,) = from_args(args)?;
            Ok(Value::from(text.strip_suffix(affix).unwrap_or(text)))
        }
        "replace" => {
            let (old, new, count): (&str, &str, Option<i64>) = from_args(args)?;
            Ok(Value::from(
                match count.and_then(|count| usize::try_from(count).ok()) {
                    Some(count) => text.replacen(old, new, count),
                    None => text.replace(old, new),
                },
            ))
        }
        "find" | "rfind" | "index" => {
            let (wanted,): (&str,) = from_args(args)?;
            let at = if method == "rfind" {
                text.rfind(wanted)
            } else {
                text.find(wanted)
            };
            match at {
                Some(at) => Ok(Value::from(text[..at].chars().count())),
                None if method == "index" => Err(Error::new(
                    ErrorKind::InvalidOperation,
                    "substring not found",
                )),
                None => Ok(Value::from(-1)),
            }
        }
        "count" => {
            let (wanted,): (&str,) = from_args(args)?;
            Ok(Value::from(text.matches(wanted).count()))
        }
        "join" => {
            let (parts,): (&Value,) = from_args(args)?;
            let parts: Vec<String> = parts.try_iter()?.map(|part| part.to_string()).collect();
            Ok(Value::from(parts.join(text)))
        }
        "split" | "rsplit" => split(text, method == "rsplit", args),
        "splitlines" => no_arguments(args)
            .map(|()| Value::from(text.lines().map(Value::from).collect::<Vec<_>>())),
        _ => Err(unknown(&Value::from(text), method)),
    }
}

fn no_arguments(args: &[Value]) -> Result<(), Error> {
    from_args(args)
}

fn all(text: &str, test: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(test)
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(characters.as_str().to_lowercase().chars())
            .collect()
    })
}

fn titled(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            result.extend(character.to_lowercase())
        } else {
            result.extend(character.to_uppercase())
        }
        inside = character.is_alphabetic();
    }
    result
}

fn split(text: &str, from_the_right: bool, args: &[Value]) -> Result<Value, Error> {
    let (separator, limit, kwargs): (Option<&str>, Option<i64>, Kwargs) = from_args(args)?;
    let separator = match separator {
        Some(separator) => Some(separator.to_string()),
        None => kwargs.get::<Option<String>>("sep")?,
    };
    let limit = match limit {
        Some(limit) => Some(limit),
        None => kwargs.get::<Option<i64>>("maxsplit")?,
    };
    kwargs.assert_all_used()?;
    let parts = limit
        .and_then(|limit| usize::try_from(limit).ok())
        .map_or(usize::MAX, |limit| limit.saturating_add(1));
    let pieces: Vec<&str> = match separator.as_deref() {
        Some("") => return Err(Error::new(ErrorKind::InvalidOperation, "empty separator")),
        Some(separator) if from_the_right => reversed(text.rsplitn(parts, separator)),
        Some(separator) => text.splitn(parts, separator).collect(),
        None => split_whitespace(text, parts, from_the_right),
    };
    Ok(Value::from(
        pieces.into_iter().map(Value::from).collect::<Vec<_>>(),
    ))
}

fn reversed<'a>(pieces: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut pieces: Vec<&str> = pieces.collect();
    pieces.reverse();
    pieces
}

fn split_whitespace(text: &str, parts: usize, from_the_right: bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let cut = if from_the_right {
            rest.rfind(char::is_whitespace)
        } else {
            rest.find(char::is_whitespace)
        };
        match cut.filter(|_| pieces.len() + 1 < parts) {
            None => {
                pieces.push(rest);
                break;
            }
            Some(at) if from_the_right => {
                pieces.push(rest[at..].trim_start());
                rest = rest[..at].trim_end();
            }
            Some(at) => {
                pieces.push(&rest[..at]);
                rest = rest[at..].trim_start();
            }
        }
    }
    if from_the_right {
        pieces.reverse();
    }
    pieces
}

fn map_method(value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let entry = |key: Value| -> Result<Value, Error> {
        Ok(Value::from(vec![key.clone(), value.get_item(&key)?]))
    };
    match method {
        "items" => {
            no_arguments(args)?;
            Ok(Value::from(
                value
                    .try_iter()?
                    .map(entry)
                    .collect::<Result<Vec<_>, _>>()?,
            ))
        }
        "keys" => {
            no_arguments(args)?;
            Ok(Value::from(value.try_iter()?.collect::<Vec<_>>()))
        }
        "values" => {
            no_arguments(args)?;
            Ok(Value::from(
                value
                    .try_iter()?
                    .map(|key| value.get_item(&key))
                    .collect::<Result<Vec<_>, _>>()?,
            ))
        }
        "get" => {
            let (key, default): (&Value, Option<Value>) = from_args(args)?;
            let found = value.get_item(key)?;
            Ok(if found.is_undefined() {
                default.unwrap_or(Value::from(()))
            } else {
                found
            })
        }
        _ => Err(unknown(value, method)),
    }
}

fn list_method(value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    match method {
        "count" => {
            let (wanted,): (&Value,) = from_args(args)?;
            Ok(Value::from(
                value
                    .try_iter()?
                    .filter(|element| element == wanted)
                    .count(),
            ))
        }
        "index" => {
            let (wanted,): (&Value,) = from_args(args)?;
            let at = value.try_iter()?.position(|element| element == *wanted);
            at.map(Value::from)
                .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "value is not in the list"))
        }
        _ => Err(unknown(value, method)),
    }
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;

    fn render(expression: &str) -> String {
        let mut environment = Environment::new();
        environment.set_unknown_method_callback(super::call);
        environment
            .render_str(&format!("{{{{ {expression} }}}}"), ())
            .unwrap()
    }

    #[test]
    fn methods_do_what_python_does() {
        for (expression, expected) in [
            ("'  a b '.strip()", "a b"),
            ("'xxaxx'.strip('x')", "a"),
            ("'xxaxx'.lstrip('x')", "axx"),
            ("'a,b,c'.split(',')|join('|')", "a|b|c"),
            ("'a,b,c'.split(',', 1)|join('|')", "a|b,c"),
            ("'a,b,c'.rsplit(',', 1)|join('|')", "a,b|c"),
            ("' a  b\nc '.split()|join('|')", "a|b|c"),
            ("'a  b c'.split(none, 1)|join('|')", "a|b c"),
            ("'</think>abc'.split('</think>')[-1]", "abc"),
            ("'abc'.startswith('ab')", "True"),
            ("'abc'.endswith(('x', 'c'))", "True"),
            ("'a b'.title()", "A B"),
            ("'aB'.capitalize()", "Ab"),
            ("'aaa'.replace('a', 'b', 2)", "bba"),
            ("'éab'.find('b')", "2"),
            ("'ab'.find('x')", "-1"),
            ("', '.join(['a', 'b'])", "a, b"),
            ("{'a': 1}.get('b', 7)", "7"),
            ("{'a': 1}.get('b') is none", "True"),
            ("{'a': 1}.items()|map('join', '=')|join", "a=1"),
            ("[1, 2, 1].count(1)", "2"),
            ("'12'.isdigit()", "True"),
        ] {
            assert_eq!(render(expression), expected, "{expression}");
        }
    }
}
