//! The GraphQL fields that the `wandb` client asks for, type by type. A field that is not here is
//! null; nothing looks at the names of operations.

mod account;
mod artifact;
mod artifact_collection;
mod artifact_edits;
mod artifact_files;
mod artifact_uploads;
mod connection;
mod console;
mod introspection;
mod mutation;
mod project;
mod run;
mod run_files;
mod sweep;

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use gradus_store::{RunRecord, RunView};
use gradus_tracker::artifacts::{Artifact, Collection, Member};
use gradus_tracker::sweeps::Sweep;
use gradus_tracker::{Caller, Project, Tracker};
use gradus_wire::Json;
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::graphql::{
    Arguments, GraphqlError, Object, OperationKind, Resolved as WireResolved, Resolver,
};

use crate::http::answer::Refusal;
use artifact_collection::ArtifactType;

pub type Resolved = WireResolved<Node>;
pub type Outcome = Result<Resolved, GraphqlError>;

/// Answers for one caller, with addresses under the base that the caller used.
pub struct Resolve<'a> {
    pub tracker: &'a Tracker,
    pub caller: &'a Caller,
    pub base_url: String,
    pub writer: SharedWriter,
}

/// An object of which fields can be asked.
#[derive(Debug, Clone)]
pub enum Node {
    Query,
    Mutation,
    /// Fields that are known already.
    Fields(Rc<Vec<(&'static str, Resolved)>>),
    /// By name; the account may be gone.
    User(String),
    Entity(String),
    Project(Arc<Project>),
    Run(Rc<RunNode>),
    Artifact(Arc<Artifact>),
    /// A version in a collection.
    Member(Arc<Member>),
    Collection(Arc<Collection>),
    ArtifactType(Rc<ArtifactType>),
    Sweep(Arc<Sweep>),
}

/// A run of which only some fields need its rows.
#[derive(Debug)]
pub struct RunNode {
    pub record: Arc<RunRecord>,
    view: OnceCell<Option<RunView>>,
}

impl RunNode {
    pub fn new(record: Arc<RunRecord>) -> Rc<Self> {
        Rc::new(Self {
            record,
            view: OnceCell::new(),
        })
    }

    /// The rows as they were when they were first asked for.
    pub fn view(&self, tracker: &Tracker) -> Result<&RunView, GraphqlError> {
        let view = self
            .view
            .get_or_init(|| tracker.store.run_numbered(self.record.number));
        view.as_ref()
            .ok_or_else(|| GraphqlError::not_found("the run was deleted"))
    }
}

impl Resolver for Resolve<'_> {
    type Node = Node;

    fn root(&self, kind: OperationKind) -> Object<Node> {
        match kind {
            OperationKind::Mutation => Object::new("Mutation", Node::Mutation),
            _ => Object::new("Query", Node::Query),
        }
    }

    fn resolve(&self, object: &Object<Node>, field: &str, arguments: &Arguments) -> Outcome {
        match &object.node {
            Node::Query => self.query(field, arguments),
            Node::Mutation => self.mutation(field, arguments),
            Node::Fields(fields) => Ok(picked(fields, field)),
            Node::User(name) => self.user(name, field),
            Node::Entity(name) => self.entity(name, field, arguments),
            Node::Project(project) => self.project(project, field, arguments),
            Node::Run(run) => self.run(run, field, arguments),
            Node::Artifact(artifact) => self.artifact(artifact, field, arguments),
            Node::Member(member) => self.membership(member, field, arguments),
            Node::Collection(collection) => self.collection(collection, field, arguments),
            Node::ArtifactType(known) => self.artifact_type(known, field, arguments),
            Node::Sweep(sweep) => self.sweep(sweep, field, arguments),
        }
    }
}

impl Resolve<'_> {
    fn query(&self, field: &str, arguments: &Arguments) -> Outcome {
        match field {
            "viewer" => Ok(user_node(&self.caller.user.name)),
            "entity" => Ok(entity_node(arguments.text("name")?.unwrap_or_default())),
            "users" => self.users(arguments),
            "project" | "model" => self.project_named(arguments),
            "models" | "projects" => self.projects_of(arguments.text("entityName")?, arguments),
            "artifact" => self.artifact_by_id(arguments.text("id")?.unwrap_or_default()),
            "artifactCollection" => {
                self.collection_by_id(arguments.text("id")?.unwrap_or_default())
            }
            "clientIDMapping" => {
                self.client_id_mapping(arguments.text("clientID")?.unwrap_or_default())
            }
            "serverInfo" => Ok(server_info()),
            "__type" => Ok(introspection::type_named(
                arguments.text("name")?.unwrap_or_default(),
            )),
            _ => Ok(Resolved::Unknown),
        }
    }
}

/// Fields known already, as an object of a type.
pub fn fields(type_name: &'static str, fields: Vec<(&'static str, Resolved)>) -> Resolved {
    Resolved::Object(Object::new(type_name, Node::Fields(Rc::new(fields))))
}

fn picked(fields: &[(&'static str, Resolved)], wanted: &str) -> Resolved {
    let found = fields.iter().find(|(name, _)| *name == wanted);
    found.map_or(Resolved::Unknown, |(_, value)| value.clone())
}

pub fn user_node(name: &str) -> Resolved {
    Resolved::Object(Object::new("User", Node::User(name.to_owned())))
}

pub fn entity_node(name: &str) -> Resolved {
    Resolved::Object(Object::new("Entity", Node::Entity(name.to_owned())))
}

pub fn project_node(project: Arc<Project>) -> Resolved {
    Resolved::Object(Object::new("Project", Node::Project(project)))
}

pub fn run_node(record: Arc<RunRecord>) -> Resolved {
    Resolved::Object(Object::new("Run", Node::Run(RunNode::new(record))))
}

pub fn flag(value: bool) -> Resolved {
    Resolved::Json(Json::Bool(value))
}

pub fn int(value: impl TryInto<i64>) -> Resolved {
    Resolved::Json(Json::int(value.try_into().unwrap_or(i64::MAX)))
}

/// A text, or null.
pub fn text(value: Option<impl Into<String>>) -> Resolved {
    value.map_or(Resolved::NULL, |text| Resolved::text(text))
}

/// An error of the tracker in the words and of the kind of an answer.
pub fn refused(error: gradus_tracker::Error) -> GraphqlError {
    Refusal::from(error).into()
}

/// What the client should use because it works here.
const FEATURES: [&str; 12] = [
    "LARGE_FILENAMES",
    "ARTIFACT_TAGS",
    "ARTIFACT_COLLECTIONS_FILTERING_SORTING",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
    "CLIENT_IDS",
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILES",
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
    "MARK_RUN_FILES_UPLOADED",
    "SWEEPS_QUERY_FILTERING",
    "FILESTREAM_GZIP",
];

fn server_info() -> Resolved {
    let features = FEATURES.iter().map(|name| {
        Resolved::Json(Json::object([
            ("name", Json::text(*name)),
            ("isEnabled", Json::Bool(true)),
        ]))
    });
    fields(
        "ServerInfo",
        vec![
            ("features", Resolved::List(features.collect())),
            (
                "cliVersionInfo",
                // Every client is welcome; one that is too new is told by what does not work.
                Resolved::Json(Json::object([
                    ("min_cli_version", Json::text("0.13.0")),
                    ("max_cli_version", Json::text("99.0.0")),
                ])),
            ),
            ("latestLocalVersionInfo", Resolved::NULL),
        ],
    )
}
