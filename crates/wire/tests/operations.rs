//! Every GraphQL operation that `wandb` 0.31.0 sends parses and executes.
//!
//! `WANDB_OPERATIONS.md` of the shared material lists their variables and selected fields; the
//! documents are put together from that, with every construct that the client uses. Where the list
//! is absent the test is skipped; the constructs themselves are tested in `src/graphql`.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gradus_wire::graphql::{
    Arguments, Field, GraphqlError, GraphqlRequest, Object, OperationKind, RequestLimits, Resolved,
    Resolver, Selection,
};
use gradus_wire::{Json, JsonObject};

/// One entry of the list.
struct Listed {
    kind: &'static str,
    name: String,
    variables: Vec<(String, String)>,
    fields: String,
}

fn listed(text: &str) -> Vec<Listed> {
    let mut kind = "query";
    let mut operations: Vec<Listed> = Vec::new();
    for line in text.lines() {
        if line == "## mutation" {
            kind = "mutation";
        } else if let Some(rest) = line.strip_prefix("- **") {
            operations.push(Listed {
                kind,
                name: rest.split("**").next().unwrap().to_owned(),
                variables: Vec::new(),
                fields: String::new(),
            });
        } else if let Some(variables) = line.strip_prefix("  - vars: ") {
            let variables = split_at_commas(variables).into_iter();
            operations.last_mut().unwrap().variables = variables
                .filter(|variable| variable != "none")
                .map(|variable| {
                    let (name, kind) = variable.split_once(": ").unwrap();
                    (name.to_owned(), kind.to_owned())
                })
                .collect();
        } else if let Some(fields) = line.strip_prefix("  - fields: ") {
            operations.last_mut().unwrap().fields = fields.to_owned();
        }
    }
    operations
}

/// At commas that stand in no bracket.
fn split_at_commas(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for character in text.chars() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(character);
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// `a=b(x,y){…}` → `a: b(x: $x, y: 1) { … }`, `<T>f` → `... on T { f }`.
fn selection(text: &str, variables: &[(String, String)]) -> String {
    let fields = split_at_commas(text).into_iter().map(|field| {
        if let Some((condition, rest)) = field.strip_prefix('<').and_then(|f| f.split_once('>')) {
            return format!("... on {condition} {{ {} }}", selection(rest, variables));
        }
        let name_end = field.find(['(', '{']).unwrap_or(field.len());
        let (name, mut rest) = field.split_at(name_end);
        let mut written = name.replacen('=', ": ", 1);
        if let Some(inside) = rest.strip_prefix('(') {
            let (names, after) = inside.split_once(')').unwrap();
            let arguments = names
                .split(',')
                .map(|name| argument(name.trim(), variables));
            written += &format!("({})", arguments.collect::<Vec<_>>().join(", "));
            rest = after;
        }
        match rest
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(inner) => format!("{written} {{ {} }}", selection(inner, variables)),
            None => written,
        }
    });
    fields.collect::<Vec<_>>().join(" ")
}

/// A variable of the name, `input` with all variables inside, or a literal.
fn argument(name: &str, variables: &[(String, String)]) -> String {
    if variables.iter().any(|(variable, _)| variable == name) {
        return format!("{name}: ${name}");
    }
    if name == "input" {
        let fields = variables.iter().map(|(name, _)| format!("{name}: ${name}"));
        return format!("input: {{{}}}", fields.collect::<Vec<_>>().join(", "));
    }
    format!("{name}: true")
}

fn document(listed: &Listed) -> String {
    let definitions = listed
        .variables
        .iter()
        .map(|(name, kind)| match kind.split_once('=') {
            Some((kind, default)) => format!("${name}: {kind} = {default}"),
            None => format!("${name}: {kind}"),
        });
    let definitions = definitions.collect::<Vec<_>>().join(", ");
    let definitions = match definitions.as_str() {
        "" => String::new(),
        definitions => format!("({definitions})"),
    };
    let fields = selection(&listed.fields, &listed.variables);
    format!(
        "{} {}{definitions} {{ {fields} }}",
        listed.kind, listed.name
    )
}

/// Answers every field: leaves with a text, others with an object of the type that a fragment
/// wants. A node is the path of its fields.
struct Everything {
    leaves: BTreeSet<String>,
    types: BTreeMap<String, &'static str>,
}

impl Everything {
    fn of(selections: &[Selection]) -> Self {
        let mut all = Self {
            leaves: BTreeSet::new(),
            types: BTreeMap::new(),
        };
        all.note("", selections);
        all
    }

    fn note(&mut self, path: &str, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(Field {
                    name, selections, ..
                }) => {
                    let path = format!("{path}.{name}");
                    if selections.is_empty() {
                        self.leaves.insert(path);
                    } else {
                        self.note(&path, selections);
                    }
                }
                Selection::Inline(inline) => {
                    if let Some(condition) = &inline.type_condition {
                        let kind: &'static str = match condition.as_str() {
                            "Run" => "Run",
                            "ArtifactSequence" => "ArtifactSequence",
                            other => panic!("a new type condition: {other}"),
                        };
                        self.types.insert(path.to_owned(), kind);
                    }
                    self.note(path, &inline.selections);
                }
                Selection::Spread(spread) => panic!("{spread:?}"),
            }
        }
    }
}

impl Resolver for Everything {
    type Node = String;

    fn root(&self, kind: OperationKind) -> Object<String> {
        match kind {
            OperationKind::Mutation => Object::new("Mutation", String::new()),
            _ => Object::new("Query", String::new()),
        }
    }

    fn resolve(
        &self,
        object: &Object<String>,
        field: &str,
        _: &Arguments,
    ) -> Result<Resolved<String>, GraphqlError> {
        let path = format!("{}.{field}", object.node);
        if self.leaves.contains(&path) {
            return Ok(Resolved::text("leaf"));
        }
        let kind = self.types.get(&path).copied().unwrap_or("Thing");
        let object = Object::new(kind, path);
        Ok(match field {
            "edges" => Resolved::List(vec![Resolved::Object(object)]),
            _ => Resolved::Object(object),
        })
    }
}

fn leaves(value: &Json) -> usize {
    match value {
        Json::Null => 0,
        Json::Array(items) => items.iter().map(leaves).sum(),
        Json::Object(entries) => entries.values().map(leaves).sum(),
        _ => 1,
    }
}

#[test]
fn every_listed_operation_parses_and_executes() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocols/WANDB_OPERATIONS.md");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the list of operations is not here");
        return;
    };
    let operations = listed(&text);
    assert!(
        operations.len() > 140,
        "only {} operations read",
        operations.len()
    );
    let limits = RequestLimits::default();
    for listed in &operations {
        let document = document(listed);
        let mut variables = JsonObject::new();
        for (name, kind) in &listed.variables {
            if kind.ends_with('!') {
                variables.insert(name.clone(), Json::text("{}"));
            }
        }
        let body = Json::object([
            ("query", Json::text(&document)),
            ("variables", Json::Object(variables)),
            ("operationName", Json::text(&listed.name)),
        ]);
        let request = GraphqlRequest::decode(body.to_strict().as_bytes(), &limits);
        let request =
            request.unwrap_or_else(|error| panic!("{}: {error}\n{document}", listed.name));
        let resolver = Everything::of(&request.operation().unwrap().selections);
        let response = request.execute(&resolver, &limits);
        let name = &listed.name;
        assert!(response.errors.is_empty(), "{name}: {:?}", response.errors);
        assert!(
            response.unknown_fields.is_empty(),
            "{name}: {:?}",
            response.unknown_fields
        );
        // Every selected leaf was answered: as many values as words without a selection of theirs.
        let words = document_leaves(&request.operation().unwrap().selections);
        assert_eq!(
            leaves(&response.data),
            words,
            "{name}\n{document}\n{}",
            response.to_body()
        );
    }
}

/// Leaves by their answer keys, so that `__typename` of a field and of its fragment is one.
fn document_leaves(selections: &[Selection]) -> usize {
    fn keys(path: &str, selections: &[Selection], found: &mut BTreeSet<String>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let path = format!("{path}.{}", field.key());
                    match field.selections.is_empty() {
                        true => {
                            found.insert(path);
                        }
                        false => keys(&path, &field.selections, found),
                    }
                }
                Selection::Inline(inline) => keys(path, &inline.selections, found),
                Selection::Spread(_) => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    keys("", selections, &mut found);
    found.len()
}
