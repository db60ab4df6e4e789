//! Running an operation: field by field against a [`Resolver`], never by the operation's name.

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;

use super::arguments::Arguments;
use super::document::{Directive, Document, Field, Operation, OperationKind, Selection};
use super::response::{FieldError, GraphqlError, PathPart, Response};
use super::variables::{filled, with_defaults};
use crate::json::{Json, JsonObject};

/// Answers single fields of single objects. What a field means, and whether the caller may see it,
/// is decided here alone.
pub trait Resolver {
    /// What a resolver needs to know an object again: an id, a row, a snapshot.
    type Node;

    /// The object that the fields of an operation are asked of.
    fn root(&self, kind: OperationKind) -> Object<Self::Node>;

    /// One field of one object. Fields of a mutation are asked in the order of the document.
    ///
    /// # Errors
    /// What the user should read; the field is null then and the rest goes on.
    fn resolve(
        &self,
        object: &Object<Self::Node>,
        field: &str,
        arguments: &Arguments,
    ) -> Result<Resolved<Self::Node>, GraphqlError>;
}

/// An object of a type, of which fields can be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<N> {
    /// What `__typename` says.
    pub type_name: &'static str,
    /// Other types whose fragments apply to it.
    pub interfaces: &'static [&'static str],
    pub node: N,
}

impl<N> Object<N> {
    pub fn new(type_name: &'static str, node: N) -> Self {
        Self {
            type_name,
            interfaces: &[],
            node,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Resolved<N> {
    /// The resolver does not know this field of this type: null, and a line in the log.
    Unknown,
    /// A finished value. Where the document selects fields of it, they are picked from its keys.
    Json(Json),
    Object(Object<N>),
    List(Vec<Resolved<N>>),
}

impl<N> Resolved<N> {
    pub const NULL: Self = Self::Json(Json::Null);

    /// An object, or null where there is none.
    pub fn optional(object: Option<Object<N>>) -> Self {
        object.map_or(Self::NULL, Self::Object)
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Json(Json::text(text))
    }
}

#[derive(Debug, Clone, Copy)]
pub struct ExecutionLimits {
    /// Objects inside each other, fragments counted.
    pub depth: usize,
    /// Fields, list elements and fragments in all: small documents can ask for endless answers.
    pub steps: usize,
}

impl Default for ExecutionLimits {
    fn default() -> Self {
        Self {
            depth: 96,
            steps: 1_000_000,
        }
    }
}

/// Variables that the document does not declare are kept, declared ones that were not sent get
/// their default, and a single value for a list becomes a list of one.
pub fn execute<R: Resolver>(
    document: &Document,
    operation: &Operation,
    variables: JsonObject,
    resolver: &R,
    limits: &ExecutionLimits,
) -> Response {
    let mut execution = Execution {
        document,
        resolver,
        variables: with_defaults(operation, variables),
        limits: *limits,
        steps: 0,
        path: Vec::new(),
        errors: Vec::new(),
        unknown_fields: BTreeSet::new(),
    };
    let root = resolver.root(operation.kind);
    let data = match execution.object(&root, &[&operation.selections], 0) {
        Ok(data) => data,
        Err(Stopped(reason)) => {
            execution.path.clear();
            execution.record(GraphqlError::bad_input(reason));
            Json::Null
        }
    };
    let nothing_succeeded = !execution.errors.is_empty()
        && data
            .as_object()
            .is_none_or(|fields| fields.values().all(Json::is_null));
    Response {
        data: if nothing_succeeded { Json::Null } else { data },
        errors: execution.errors,
        unknown_fields: execution.unknown_fields,
    }
}

/// Beyond a limit, or a fragment that can't be: no field of the answer is worth having.
struct Stopped(String);

struct Execution<'a, R: Resolver> {
    document: &'a Document,
    resolver: &'a R,
    variables: JsonObject,
    limits: ExecutionLimits,
    steps: usize,
    path: Vec<Step<'a>>,
    errors: Vec<FieldError>,
    unknown_fields: BTreeSet<String>,
}

/// A [`PathPart`] that costs nothing until there is an error.
#[derive(Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Fields of one answer key: they ask for the same field, and their selections add up.
type Grouped<'a> = IndexMap<&'a str, Vec<&'a Field>>;

impl<'a, R: Resolver> Execution<'a, R> {
    fn object(
        &mut self,
        object: &Object<R::Node>,
        selections: &[&'a [Selection]],
        depth: usize,
    ) -> Result<Json, Stopped> {
        let applies = |condition: &str| {
            condition == object.type_name || object.interfaces.contains(&condition)
        };
        let groups = self.grouped(selections, &applies, depth)?;
        let mut answer = JsonObject::with_capacity(groups.len());
        for (key, fields) in groups {
            self.path.push(Step::Key(key));
            let value = self.field(object, &fields, depth)?;
            self.path.pop();
            answer.insert(key.to_owned(), value);
        }
        Ok(Json::Object(answer))
    }

    fn field(
        &mut self,
        object: &Object<R::Node>,
        fields: &[&'a Field],
        depth: usize,
    ) -> Result<Json, Stopped> {
        let Some(first) = fields.first() else {
            return Ok(Json::Null);
        };
        if first.name == "__typename" {
            return Ok(Json::text(object.type_name));
        }
        let arguments = Arguments::new(filled(&first.arguments, &self.variables));
        match self.resolver.resolve(object, &first.name, &arguments) {
            Ok(Resolved::Unknown) => {
                self.unknown(object.type_name, &first.name);
                Ok(Json::Null)
            }
            Ok(resolved) => self.complete(resolved, &sub_selections(fields), depth + 1),
            Err(error) => {
                self.record(error);
                Ok(Json::Null)
            }
        }
    }

    fn complete(
        &mut self,
        resolved: Resolved<R::Node>,
        selections: &[&'a [Selection]],
        depth: usize,
    ) -> Result<Json, Stopped> {
        self.step(depth)?;
        match resolved {
            Resolved::Unknown => Ok(Json::Null),
            Resolved::Json(json) if selections.is_empty() => Ok(json),
            Resolved::Json(json) => self.picked(json, selections, depth),
            Resolved::Object(object) if selections.is_empty() => {
                self.unknown(object.type_name, "(no field of it is selected)");
                Ok(Json::Null)
            }
            Resolved::Object(object) => self.object(&object, selections, depth),
            Resolved::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    self.path.push(Step::Index(index));
                    values.push(self.complete(item, selections, depth + 1)?);
                    self.path.pop();
                }
                Ok(Json::Array(values))
            }
        }
    }

    /// The selected keys of a finished value.
    fn picked(
        &mut self,
        json: Json,
        selections: &[&'a [Selection]],
        depth: usize,
    ) -> Result<Json, Stopped> {
        self.step(depth)?;
        let entries = match json {
            Json::Object(entries) => entries,
            Json::Array(items) => {
                let items = items.into_iter();
                let picked = items.map(|item| self.picked(item, selections, depth + 1));
                return picked.collect::<Result<Vec<_>, _>>().map(Json::Array);
            }
            scalar => return Ok(scalar),
        };
        let type_name = entries.get("__typename").and_then(Json::as_str);
        let applies = |condition: &str| type_name.is_none_or(|name| name == condition);
        let groups = self.grouped(selections, &applies, depth)?;
        let mut answer = JsonObject::with_capacity(groups.len());
        for (key, fields) in groups {
            let Some(field) = fields.first() else {
                continue;
            };
            let value = match entries.get(&field.name) {
                Some(value) if field.selections.is_empty() => value.clone(),
                Some(value) => self.picked(value.clone(), &sub_selections(&fields), depth + 1)?,
                None => {
                    self.unknown(type_name.unwrap_or("(a value)"), &field.name);
                    Json::Null
                }
            };
            answer.insert(key.to_owned(), value);
        }
        Ok(Json::Object(answer))
    }

    /// The fields that are asked of an object, fragments opened, by their key and in order.
    fn grouped(
        &mut self,
        selections: &[&'a [Selection]],
        applies: &dyn Fn(&str) -> bool,
        depth: usize,
    ) -> Result<Grouped<'a>, Stopped> {
        let mut groups = Grouped::new();
        let mut opened = HashSet::new();
        for selections in selections {
            self.collect(selections, applies, depth, &mut opened, &mut groups)?;
        }
        Ok(groups)
    }

    fn collect(
        &mut self,
        selections: &'a [Selection],
        applies: &dyn Fn(&str) -> bool,
        depth: usize,
        opened: &mut HashSet<&'a str>,
        groups: &mut Grouped<'a>,
    ) -> Result<(), Stopped> {
        for selection in selections {
            self.step(depth)?;
            match selection {
                Selection::Field(field) if self.is_wanted(&field.directives) => {
                    groups.entry(field.key()).or_default().push(field);
                }
                Selection::Spread(spread) if self.is_wanted(&spread.directives) => {
                    let Some(fragment) = self.document.fragments.get(&spread.fragment) else {
                        let place = spread.place;
                        return Err(Stopped(format!(
                            "line {} column {}: there is no fragment '{}'",
                            place.line, place.column, spread.fragment
                        )));
                    };
                    // Twice in one object would add nothing, and this ends circles.
                    let is_new = opened.insert(&spread.fragment);
                    if is_new && applies(&fragment.type_condition) {
                        self.collect(&fragment.selections, applies, depth + 1, opened, groups)?;
                    }
                }
                Selection::Inline(inline) if self.is_wanted(&inline.directives) => {
                    let condition = inline.type_condition.as_deref();
                    if condition.is_none_or(applies) {
                        self.collect(&inline.selections, applies, depth + 1, opened, groups)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `@include` and `@skip`; a condition that was not sent counts as false.
    fn is_wanted(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let is_true = || {
                let arguments = filled(&directive.arguments, &self.variables);
                arguments.get("if") == Some(&Json::Bool(true))
            };
            match directive.name.as_str() {
                "include" => is_true(),
                "skip" => !is_true(),
                _ => true,
            }
        })
    }

    fn step(&mut self, depth: usize) -> Result<(), Stopped> {
        self.steps += 1;
        if self.steps > self.limits.steps {
            let limit = self.limits.steps;
            return Err(Stopped(format!("the answer has more than {limit} parts")));
        }
        if depth > self.limits.depth {
            let limit = self.limits.depth;
            return Err(Stopped(format!(
                "the answer is more than {limit} levels deep"
            )));
        }
        Ok(())
    }

    fn unknown(&mut self, type_name: &str, field: &str) {
        const ENOUGH: usize = 1_000;
        if self.unknown_fields.len() < ENOUGH {
            self.unknown_fields.insert(format!("{type_name}.{field}"));
        }
    }

    fn record(&mut self, error: GraphqlError) {
        let path = self.path.iter().map(|step| match step {
            Step::Key(key) => PathPart::Key((*key).to_owned()),
            Step::Index(index) => PathPart::Index(*index),
        });
        let path = path.collect();
        self.errors.push(FieldError { error, path });
    }
}

fn sub_selections<'a>(fields: &[&'a Field]) -> Vec<&'a [Selection]> {
    let parts = fields.iter().map(|field| field.selections.as_slice());
    parts.filter(|selections| !selections.is_empty()).collect()
}
