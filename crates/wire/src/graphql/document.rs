//! A parsed document: the executable half of the GraphQL language (October 2021), no schemas.

use std::collections::BTreeMap;

use crate::json::Json;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    pub operations: Vec<Operation>,
    pub fragments: BTreeMap<String, Fragment>,
}

impl Document {
    /// The operation of that name; without a name, the first.
    pub fn operation(&self, name: Option<&str>) -> Option<&Operation> {
        match name {
            Some(name) => self
                .operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(name)),
            None => self.operations.first(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub kind: OperationKind,
    pub name: Option<String>,
    pub variables: Vec<VariableDefinition>,
    pub selections: Vec<Selection>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    pub type_condition: String,
    pub selections: Vec<Selection>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct VariableDefinition {
    pub name: String,
    pub variable_type: TypeReference,
    pub default: Option<Literal>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TypeReference {
    Named(String),
    List(Box<TypeReference>),
    NonNull(Box<TypeReference>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    Field(Field),
    Spread(Spread),
    Inline(InlineFragment),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub alias: Option<String>,
    pub name: String,
    pub arguments: Vec<(String, Literal)>,
    pub directives: Vec<Directive>,
    /// Empty for a leaf.
    pub selections: Vec<Selection>,
    pub place: Place,
}

impl Field {
    /// The key of the answer: the alias where there is one.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    pub fragment: String,
    pub directives: Vec<Directive>,
    pub place: Place,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InlineFragment {
    pub type_condition: Option<String>,
    pub directives: Vec<Directive>,
    pub selections: Vec<Selection>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Directive {
    pub name: String,
    pub arguments: Vec<(String, Literal)>,
}

/// A value as written in the document.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Variable(String),
    /// null, booleans, numbers, strings, and enum values as strings.
    Scalar(Json),
    List(Vec<Literal>),
    Object(Vec<(String, Literal)>),
}

/// Both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}
