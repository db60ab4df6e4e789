//! Tokens → [`Document`], with bounded size and depth.

use super::document::{
    Directive, Document, Field, Fragment, InlineFragment, Literal, Operation, OperationKind, Place,
    Selection, Spread, TypeReference, VariableDefinition,
};
use super::lexer::{Lexer, Token};
use crate::error::{Error, Result};
use crate::json::{Json, Number};

#[derive(Debug, Clone, Copy)]
pub struct DocumentLimits {
    pub document_bytes: usize,
    /// Selections, values and types inside each other. The deepest of the SDK has 11.
    pub depth: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            document_bytes: 1 << 20,
            depth: 64,
        }
    }
}

/// # Errors
/// Text that is no executable document, with its place; one beyond the limits.
pub fn parse_document(text: &str, limits: &DocumentLimits) -> Result<Document> {
    if text.len() > limits.document_bytes {
        return Err(Error::TooLarge {
            what: "the GraphQL document",
            limit: limits.document_bytes,
            unit: "bytes",
        });
    }
    let mut lexer = Lexer::new(text);
    let (token, place) = lexer.next()?;
    let mut parser = Parser {
        lexer,
        token,
        place,
        depth_left: limits.depth,
    };
    parser.document()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token that is looked at, not yet taken.
    token: Token<'a>,
    place: Place,
    depth_left: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Result<Document> {
        let mut document = Document::default();
        while self.token != Token::End {
            match self.token {
                Token::Punctuator('{') => document.operations.push(Operation {
                    kind: OperationKind::Query,
                    name: None,
                    variables: Vec::new(),
                    selections: self.selections()?,
                }),
                Token::Name("fragment") => {
                    self.advance()?;
                    let name = self.name("the name of the fragment")?;
                    let type_condition = self.type_condition()?;
                    self.directives()?;
                    let selections = self.selections()?;
                    let fragment = Fragment {
                        type_condition,
                        selections,
                    };
                    document.fragments.insert(name, fragment);
                }
                Token::Name("query") => self.operation(OperationKind::Query, &mut document)?,
                Token::Name("mutation") => {
                    self.operation(OperationKind::Mutation, &mut document)?
                }
                Token::Name("subscription") => {
                    self.operation(OperationKind::Subscription, &mut document)?;
                }
                _ => return Err(self.wanted("'query', 'mutation', 'fragment' or '{'")),
            }
        }
        match document.operations.is_empty() {
            true => Err(self.problem("there is no query and no mutation in it")),
            false => Ok(document),
        }
    }

    fn operation(&mut self, kind: OperationKind, document: &mut Document) -> Result<()> {
        self.advance()?;
        let name = match self.token {
            Token::Name(name) => {
                self.advance()?;
                Some(name.to_owned())
            }
            _ => None,
        };
        let mut variables = Vec::new();
        if self.take('(')? {
            while !self.take(')')? {
                variables.push(self.variable_definition()?);
            }
        }
        self.directives()?;
        document.operations.push(Operation {
            kind,
            name,
            variables,
            selections: self.selections()?,
        });
        Ok(())
    }

    fn variable_definition(&mut self) -> Result<VariableDefinition> {
        self.expect('$')?;
        let name = self.name("the name of a variable")?;
        self.expect(':')?;
        let variable_type = self.type_reference()?;
        let default = match self.take('=')? {
            true => Some(self.literal()?),
            false => None,
        };
        self.directives()?;
        Ok(VariableDefinition {
            name,
            variable_type,
            default,
        })
    }

    fn type_reference(&mut self) -> Result<TypeReference> {
        let inner = if self.take('[')? {
            let element = self.nested(Self::type_reference)?;
            self.expect(']')?;
            TypeReference::List(Box::new(element))
        } else {
            TypeReference::Named(self.name("a type")?)
        };
        Ok(match self.take('!')? {
            true => TypeReference::NonNull(Box::new(inner)),
            false => inner,
        })
    }

    fn selections(&mut self) -> Result<Vec<Selection>> {
        self.expect('{')?;
        let mut selections = Vec::new();
        while !self.take('}')? {
            selections.push(self.nested(Self::selection)?);
        }
        match selections.is_empty() {
            true => Err(self.problem("no field is selected between '{' and '}'")),
            false => Ok(selections),
        }
    }

    fn selection(&mut self) -> Result<Selection> {
        let place = self.place;
        if self.token != Token::Spread {
            return Ok(Selection::Field(self.field(place)?));
        }
        self.advance()?;
        match self.token {
            Token::Name(name) if name != "on" => {
                self.advance()?;
                Ok(Selection::Spread(Spread {
                    fragment: name.to_owned(),
                    directives: self.directives()?,
                    place,
                }))
            }
            _ => {
                let type_condition = match self.token {
                    Token::Name(_) => Some(self.type_condition()?),
                    _ => None,
                };
                Ok(Selection::Inline(InlineFragment {
                    type_condition,
                    directives: self.directives()?,
                    selections: self.selections()?,
                }))
            }
        }
    }

    fn field(&mut self, place: Place) -> Result<Field> {
        let first = self.name("a field")?;
        let (alias, name) = match self.take(':')? {
            true => (Some(first), self.name("a field")?),
            false => (None, first),
        };
        let arguments = self.arguments()?;
        let directives = self.directives()?;
        let selections = match self.token {
            Token::Punctuator('{') => self.selections()?,
            _ => Vec::new(),
        };
        Ok(Field {
            alias,
            name,
            arguments,
            directives,
            selections,
            place,
        })
    }

    fn type_condition(&mut self) -> Result<String> {
        if self.token != Token::Name("on") {
            return Err(self.wanted("'on' and a type"));
        }
        self.advance()?;
        self.name("a type")
    }

    fn directives(&mut self) -> Result<Vec<Directive>> {
        let mut directives = Vec::new();
        while self.take('@')? {
            directives.push(Directive {
                name: self.name("the name of a directive")?,
                arguments: self.arguments()?,
            });
        }
        Ok(directives)
    }

    fn arguments(&mut self) -> Result<Vec<(String, Literal)>> {
        match self.take('(')? {
            true => self.entries(')'),
            false => Ok(Vec::new()),
        }
    }

    /// `name: value` until the closing bracket.
    fn entries(&mut self, end: char) -> Result<Vec<(String, Literal)>> {
        let mut entries = Vec::new();
        while !self.take(end)? {
            let name = self.name("a name")?;
            self.expect(':')?;
            entries.push((name, self.nested(Self::literal)?));
        }
        Ok(entries)
    }

    fn literal(&mut self) -> Result<Literal> {
        if self.take('$')? {
            return Ok(Literal::Variable(self.name("the name of a variable")?));
        }
        if self.take('[')? {
            let mut items = Vec::new();
            while !self.take(']')? {
                items.push(self.nested(Self::literal)?);
            }
            return Ok(Literal::List(items));
        }
        if self.take('{')? {
            return Ok(Literal::Object(self.entries('}')?));
        }
        let scalar = match &self.token {
            Token::Name("null") => Json::Null,
            Token::Name("true") => Json::Bool(true),
            Token::Name("false") => Json::Bool(false),
            Token::Name(name) => Json::text(*name),
            Token::Text(text) => Json::text(text.clone()),
            Token::Number(digits) => self.number(digits)?,
            _ => return Err(self.wanted("a value")),
        };
        self.advance()?;
        Ok(Literal::Scalar(scalar))
    }

    /// GraphQL's numbers are JSON's; NaN and the like are names there.
    fn number(&self, digits: &str) -> Result<Json> {
        match crate::json::parse("the number", digits) {
            Ok(Json::Number(number)) if number.as_f64().is_finite() => Ok(Json::Number(number)),
            Ok(Json::Number(number @ Number::Big(_))) => Ok(Json::Number(number)),
            _ => Err(self.problem(format!("'{digits}' is no number"))),
        }
    }

    /// One level deeper, or an error: recursion ends here.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth_left == 0 {
            return Err(self.problem("it is nested too deeply"));
        }
        self.depth_left -= 1;
        let value = read(self);
        self.depth_left += 1;
        value
    }

    fn name(&mut self, what: &str) -> Result<String> {
        match self.token {
            Token::Name(name) => {
                self.advance()?;
                Ok(name.to_owned())
            }
            _ => Err(self.wanted(what)),
        }
    }

    fn expect(&mut self, punctuator: char) -> Result<()> {
        match self.take(punctuator)? {
            true => Ok(()),
            false => Err(self.wanted(&format!("'{punctuator}'"))),
        }
    }

    fn take(&mut self, punctuator: char) -> Result<bool> {
        if self.token != Token::Punctuator(punctuator) {
            return Ok(false);
        }
        self.advance()?;
        Ok(true)
    }

    fn advance(&mut self) -> Result<()> {
        (self.token, self.place) = self.lexer.next()?;
        Ok(())
    }

    fn wanted(&self, what: &str) -> Error {
        let found = match &self.token {
            Token::Punctuator(character) => format!("'{character}'"),
            Token::Spread => "'...'".to_owned(),
            Token::Name(name) => format!("'{name}'"),
            Token::Number(digits) => format!("'{digits}'"),
            Token::Text(_) => "a string".to_owned(),
            Token::End => "the end".to_owned(),
        };
        self.problem(format!("{what} is wanted, {found} is there"))
    }

    fn problem(&self, problem: impl Into<String>) -> Error {
        let Place { line, column } = self.place;
        Error::Graphql {
            line,
            column,
            problem: problem.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Document> {
        parse_document(text, &DocumentLimits::default())
    }

    #[test]
    fn all_of_the_grammar() {
        let document = parse(
            r#"query Q($a: [String!]! = ["x"], $b: Int = 5 @d) @e {
                 al: field(o: {n: 1, v: $a, l: [1.5, E, null, true, "s"]}) @include(if: $b) { x }
                 ...F @skip(if: false)
                 ... on T { y }
                 ... @include(if: true) { z }
               }
               fragment F on T { w }
               mutation { m }"#,
        )
        .unwrap();
        let query = document.operation(Some("Q")).unwrap();
        assert_eq!(document.operation(None), Some(query));
        assert_eq!(document.operation(Some("other")), None);
        assert_eq!(query.variables.len(), 2);
        let string = TypeReference::Named("String".into());
        let element = TypeReference::NonNull(Box::new(string));
        let list = TypeReference::NonNull(Box::new(TypeReference::List(Box::new(element))));
        assert_eq!(query.variables[0].variable_type, list);
        let Selection::Field(field) = &query.selections[0] else {
            panic!("{query:?}");
        };
        assert_eq!((field.key(), field.name.as_str()), ("al", "field"));
        assert_eq!((field.place.line, field.place.column), (2, 18));
        let scalar = |json: Json| Literal::Scalar(json);
        let list = vec![
            scalar(Json::float(1.5)),
            scalar(Json::text("E")),
            scalar(Json::Null),
            scalar(Json::Bool(true)),
            scalar(Json::text("s")),
        ];
        let object = Literal::Object(vec![
            ("n".into(), scalar(Json::int(1))),
            ("v".into(), Literal::Variable("a".into())),
            ("l".into(), Literal::List(list)),
        ]);
        assert_eq!(field.arguments, [("o".to_owned(), object)]);
        assert_eq!(document.fragments["F"].type_condition, "T");
        assert_eq!(document.operations[1].kind, OperationKind::Mutation);
    }

    #[test]
    fn complaints_name_the_place() {
        let problem = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            problem("query {\n  a(b 1)\n}"),
            "GraphQL document, line 2 column 7: ':' is wanted, '1' is there"
        );
        assert!(problem("").contains("no query"));
        assert!(problem("{ }").contains("no field is selected"));
        assert!(problem("{ a(b: 01) }").contains("'01' is no number"));
        assert!(problem("{ a(b: 1e999) }").contains("is no number"));
        assert!(problem("fragment F on T { a }").contains("no query"));
        assert!(problem("{ a ").contains("a field is wanted, the end is there"));
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = |depth: usize| "{a".repeat(depth) + &"}".repeat(depth);
        assert!(parse(&deep(64)).is_ok());
        assert!(parse(&deep(65)).unwrap_err().to_string().contains("deeply"));
        for hostile in [
            "{a(b:",
            "{a(b:[",
            "{a(b:{c:",
            "query($a:[",
            "{a",
            "{...on T",
        ] {
            let repeated = match hostile.rfind(['[', '{']) {
                Some(at) if at > 0 => hostile[..at].to_owned() + &hostile[at..].repeat(100_000),
                _ => hostile.repeat(100_000),
            };
            assert!(parse(&repeated).is_err());
        }
        let long = format!("{{ a(b: \"{}\") }}", "x".repeat(2 << 20));
        assert!(matches!(parse(&long), Err(Error::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_a_document_or_a_complaint(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn nearly_graphql_too(text in r#"[{}()\[\]$!:=@."\\a-d0-9 \n\u{3000}]{0,80}"#) {
            let _ = parse(&text);
        }
    }
}
