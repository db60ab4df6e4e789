//! The executor against a resolver of a small world of runs.

use std::cell::RefCell;

use super::{
    Arguments, ExecutionLimits, GraphqlError, GraphqlErrorKind, GraphqlRequest, Object,
    OperationKind, RequestLimits, Resolved, Resolver, Response,
};
use crate::json::{self, Json};

/// Two runs of a project; notes down what was done.
#[derive(Default)]
struct World {
    done: RefCell<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Node {
    Root,
    Run(i64),
    Sequence,
}

impl Resolver for World {
    type Node = Node;

    fn root(&self, kind: OperationKind) -> Object<Node> {
        match kind {
            OperationKind::Mutation => Object::new("Mutation", Node::Root),
            _ => Object::new("Query", Node::Root),
        }
    }

    fn resolve(
        &self,
        object: &Object<Node>,
        field: &str,
        arguments: &Arguments,
    ) -> Result<Resolved<Node>, GraphqlError> {
        let run = |number: i64| Resolved::Object(Object::new("Run", Node::Run(number)));
        Ok(match (object.node, field) {
            (Node::Root, "run") => run(arguments.int("number")?.unwrap_or(0)),
            (Node::Root, "runs") => Resolved::List(vec![run(1), Resolved::NULL, run(2)]),
            (Node::Root, "echo") => {
                Resolved::Json(Json::Object(arguments.values().clone()))
            }
            (Node::Root, "note") => {
                let text = arguments.required_text("text")?.to_owned();
                self.done.borrow_mut().push(text.clone());
                Resolved::text(text)
            }
            (Node::Root, "pages") => Resolved::Json(
                json::parse(
                    "pages",
                    r#"{"__typename":"Pages","edges":[{"node":{"a":1,"b":2}},{"node":null}],"more":NaN}"#,
                )
                .unwrap(),
            ),
            (Node::Root, "collection") => Resolved::Object(Object {
                type_name: "ArtifactSequence",
                interfaces: &["ArtifactCollection"],
                node: Node::Sequence,
            }),
            (Node::Root, "self") => Resolved::Object(Object::new("Query", Node::Root)),
            (Node::Run(number), "number") => Resolved::Json(Json::int(number)),
            (Node::Run(number), "double") => Resolved::Json(Json::int(2 * number)),
            (Node::Run(2), "secret") => {
                return Err(GraphqlError::new(GraphqlErrorKind::Forbidden, "not yours"));
            }
            (Node::Run(_), "secret") => Resolved::text("x"),
            (Node::Sequence, "name") => Resolved::text("weights"),
            _ => Resolved::Unknown,
        })
    }
}

fn respond(query: &str, variables: &str) -> Response {
    let body = Json::object([
        ("query", Json::text(query)),
        ("variables", json::parse("variables", variables).unwrap()),
    ]);
    let limits = RequestLimits::default();
    let request = GraphqlRequest::decode(body.to_line().as_bytes(), &limits).unwrap();
    request.execute(&World::default(), &limits)
}

fn data(query: &str, variables: &str) -> String {
    let response = respond(query, variables);
    assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
    response.data.to_strict()
}

#[test]
fn aliases_fragments_and_type_names() {
    assert_eq!(
        data(
            "query Q($n: Int = 3) {
               first: run(number: $n) { ...Numbers ... on Run { kind: __typename } ... on Other { x } }
               run(number: 1) { number }
               run(number: 1) { double }
             }
             fragment Numbers on Run { number ...More }
             fragment More on Run { twice: double }",
            "null"
        ),
        r#"{"first":{"number":3,"twice":6,"kind":"Run"},"run":{"number":1,"double":2}}"#
    );
}

#[test]
fn fragments_on_interfaces() {
    assert_eq!(
        data(
            "{ collection { ...C ... on ArtifactSequence { s: name } ... on ArtifactPortfolio { p: name } } }
             fragment C on ArtifactCollection { __typename name }",
            "{}"
        ),
        r#"{"collection":{"__typename":"ArtifactSequence","name":"weights","s":"weights"}}"#
    );
}

#[test]
fn include_and_skip_with_literals_and_variables() {
    let query = "query($yes: Boolean = true, $no: Boolean!) { run(number: 1) {
        a: number @include(if: true) b: number @include(if: $no) c: number @skip(if: $yes)
        d: number @skip(if: $no) e: number @include(if: $never)
        ... @include(if: $yes) { f: number } ...F @include(if: $no) } }
        fragment F on Run { g: number }";
    assert_eq!(
        data(query, r#"{"no":false}"#),
        r#"{"run":{"a":1,"d":1,"f":1}}"#
    );
}

#[test]
fn variables_defaults_lists_and_absent_ones() {
    let query = "query($list: [JSONString!]! = [], $deep: [[Int]], $kept: [Int], $s: String,
                       $absent: String, $default: [T!] = [PORTFOLIO], $null: String = \"d\") {
        echo(list: $list, deep: $deep, kept: $kept, absent: $absent, default: $default, null: $null,
             input: {s: $s, absent: $absent, undeclared: $usedAs, l: [$s, $absent, 1.0, {e: ENUM}]}) }";
    let variables =
        r#"{"list":"{}","deep":1,"kept":null,"s":"text","usedAs":"x","unused":5,"null":null}"#;
    assert_eq!(
        data(query, variables),
        r#"{"echo":{"list":["{}"],"deep":[[1]],"kept":null,"default":["PORTFOLIO"],"null":null,"input":{"s":"text","undeclared":"x","l":["text",null,1.0,{"e":"ENUM"}]}}}"#
    );
}

#[test]
fn lists_and_errors_with_their_path() {
    let response = respond("{ runs { number s: secret } }", "{}");
    assert_eq!(
        response.to_body(),
        r#"{"data":{"runs":[{"number":1,"s":"x"},null,{"number":2,"s":null}]},"errors":[{"message":"not yours","path":["runs",2,"s"]}]}"#
    );
    assert_eq!(response.errors[0].error.kind, GraphqlErrorKind::Forbidden);
}

#[test]
fn data_is_null_where_nothing_succeeded() {
    let response = respond("mutation { note }", "{}");
    assert_eq!(
        response.to_body(),
        r#"{"data":null,"errors":[{"message":"argument 'text' is missing","path":["note"]}]}"#
    );
}

#[test]
fn mutations_run_in_the_order_of_the_document() {
    let world = World::default();
    let body = r#"{"query":"mutation { b: note(text: \"1\") a: note(text: \"2\") c: note(text: \"3\") }"}"#;
    let limits = RequestLimits::default();
    let request = GraphqlRequest::decode(body.as_bytes(), &limits).unwrap();
    let answer = request.execute(&world, &limits);
    assert_eq!(*world.done.borrow(), ["1", "2", "3"]);
    assert_eq!(answer.data.to_strict(), r#"{"b":"1","a":"2","c":"3"}"#);
}

#[test]
fn unknown_fields_are_null_and_listed() {
    let response = respond("{ new { x } run(number: 1) { fresh number } runs }", "{}");
    assert_eq!(
        response.data.to_strict(),
        r#"{"new":null,"run":{"fresh":null,"number":1},"runs":[null,null,null]}"#
    );
    let listed: Vec<_> = response.unknown_fields.iter().map(String::as_str).collect();
    assert_eq!(
        listed,
        ["Query.new", "Run.(no field of it is selected)", "Run.fresh"]
    );
}

#[test]
fn selections_pick_from_finished_values() {
    let response = respond(
        "{ pages { __typename edges { node { b ... on Node { n: a } missing } } more } whole: pages }",
        "{}",
    );
    assert_eq!(
        response.data.to_strict(),
        concat!(
            r#"{"pages":{"__typename":"Pages","edges":[{"node":{"b":2,"n":1,"missing":null}},{"node":null}],"more":"NaN"},"#,
            r#""whole":{"__typename":"Pages","edges":[{"node":{"a":1,"b":2}},{"node":null}],"more":"NaN"}}"#
        )
    );
    assert!(response.unknown_fields.contains("(a value).missing"));
}

#[test]
fn hostile_documents_end() {
    let message = |query: &str| respond(query, "{}").errors[0].error.message.clone();
    // A circle adds nothing to one object, but goes on where a field returns its own type.
    let circle = "{ self { ...F } } fragment F on Query { self { ...F } }";
    assert!(message(circle).contains("levels deep"));
    assert_eq!(
        data(
            "{ run(number: 1) { ...F } } fragment F on Run { number ...F }",
            "{}"
        ),
        r#"{"run":{"number":1}}"#
    );
    // Each fragment doubles the answer.
    let mut bomb = "{ self { ...F0 } }".to_owned();
    for level in 0..40 {
        let next = level + 1;
        bomb += &format!(
            " fragment F{level} on Query {{ a: self {{...F{next}}} b: self {{...F{next}}} }}"
        );
    }
    bomb += " fragment F40 on Query { __typename }";
    assert!(message(&bomb).contains("more than 1000000 parts"));
    // A chain of fragments without a field between them must not eat the stack.
    let mut chain = "{ ...F0 }".to_owned();
    for level in 0..10_000 {
        chain += &format!(" fragment F{level} on Query {{ ...F{} }}", level + 1);
    }
    assert!(message(&chain).contains("levels deep"));
    assert_eq!(
        message("{ ...Gone }"),
        "line 1 column 3: there is no fragment 'Gone'"
    );
}

#[test]
fn limits_are_the_callers() {
    let limits = RequestLimits {
        execution: ExecutionLimits {
            depth: 96,
            steps: 5,
        },
        ..RequestLimits::default()
    };
    let body = br#"{"query":"{ runs { number double secret } }"}"#;
    let request = GraphqlRequest::decode(body, &limits).unwrap();
    let response = request.execute(&World::default(), &limits);
    assert_eq!(response.data, Json::Null);
    assert_eq!(
        response.errors[0].error.message,
        "the answer has more than 5 parts"
    );
}
