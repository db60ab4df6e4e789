//! Looking things up, and lists with filters and orders.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_schema::UnixMillis;
use gradus_schema::nearest::did_you_mean;
use gradus_store::RunNumber;
use gradus_wire::filter::{Filter, Order, RunField};
use gradus_wire::{Json, JsonObject, json};

use super::content::content_key;
use super::names::version_in;
use super::{
    Artifact, ArtifactNumber, Artifacts, Collection, CollectionNumber, Content, LATEST, Lineage,
    Member, member_key, number_key,
};
use crate::accounts::Caller;
use crate::query::time_text;
use crate::{Error, Result, Tracker};

impl Artifacts {
    pub fn collection(&self, number: CollectionNumber) -> Option<Arc<Collection>> {
        self.collections.get(&number_key(number))
    }

    pub fn artifact(&self, number: ArtifactNumber) -> Option<Arc<Artifact>> {
        self.artifacts.get(&number_key(number))
    }

    pub fn member(&self, collection: CollectionNumber, version: u64) -> Option<Arc<Member>> {
        self.members.get(&member_key(collection, version))
    }

    /// By version.
    pub fn members_of(&self, collection: CollectionNumber) -> Vec<Arc<Member>> {
        let found = self.members.with_prefix(&format!("{collection:016x}/"));
        found.into_iter().map(|(_, member)| member).collect()
    }

    pub fn named(&self, entity: &str, project: &str, name: &str) -> Option<Arc<Collection>> {
        let number = self.look(|index| index.named(entity, project, name))?;
        self.collection(number)
    }

    /// Newest first.
    pub fn of_project(&self, entity: &str, project: &str) -> Vec<Arc<Collection>> {
        let mut numbers = self.look(|index| index.of_project(entity, project));
        numbers.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        let found = numbers.into_iter();
        found.filter_map(|number| self.collection(number)).collect()
    }

    /// `best`, `latest`, `v3` or a digest, in this order of meaning.
    pub fn member_named(&self, collection: CollectionNumber, name: &str) -> Option<Arc<Member>> {
        let by_alias = self.look(|index| index.alias(collection, name));
        if let Some(version) = by_alias.or_else(|| version_in(name)) {
            return self.member(collection, version);
        }
        let is_digest = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_digest {
            return None;
        }
        if let Some(same) = self.look(|index| index.same(collection, name)) {
            return self.membership(same, collection);
        }
        // Of a portfolio nobody knows the digests but its members.
        let members = self.members_of(collection).into_iter().rev();
        { members }.find(|member| {
            let artifact = self.artifact(member.artifact);
            artifact.is_some_and(|artifact| artifact.digest == name)
        })
    }

    /// Where an artifact is a version, its own sequence first.
    pub fn memberships(&self, artifact: ArtifactNumber) -> Vec<Arc<Member>> {
        let places = self.look(|index| index.memberships(artifact));
        let found = places.into_iter();
        let mut members: Vec<_> = found
            .filter_map(|(collection, version)| self.member(collection, version))
            .collect();
        let own = self.artifact(artifact).map(|artifact| artifact.sequence);
        members.sort_by_key(|member| Some(member.collection) != own);
        members
    }

    pub fn membership(
        &self,
        artifact: ArtifactNumber,
        collection: CollectionNumber,
    ) -> Option<Arc<Member>> {
        let places = self.look(|index| index.memberships(artifact));
        let place = places.into_iter().find(|place| place.0 == collection)?;
        self.member(place.0, place.1)
    }

    /// The version that `latest` names, or the newest.
    pub fn latest(&self, collection: CollectionNumber) -> Option<Arc<Member>> {
        let latest = self.member_named(collection, LATEST);
        latest.or_else(|| self.members_of(collection).pop())
    }

    pub fn content(&self, entity: &str, md5: &str) -> Option<Arc<Content>> {
        self.contents.get(&content_key(entity, md5))
    }

    pub fn artifacts_of(&self, run: RunNumber, lineage: Lineage) -> Vec<Arc<Artifact>> {
        let numbers = self.look(|index| index.artifacts_of(run, lineage));
        let found = numbers
            .into_iter()
            .filter_map(|number| self.artifact(number));
        found.filter(|artifact| artifact.is_committed()).collect()
    }

    pub fn runs_of(&self, artifact: ArtifactNumber, lineage: Lineage) -> Vec<RunNumber> {
        self.look(|index| index.runs_of(artifact, lineage))
    }

    pub fn of_client(&self, client_id: &str) -> Option<Arc<Artifact>> {
        self.artifact(self.look(|index| index.of_client(client_id))?)
    }

    /// A pending artifact counts on content that is there already.
    pub(super) fn claim(&self, artifact: ArtifactNumber, md5: &str) {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.entry(artifact).or_default().insert(md5.to_owned());
    }

    pub(super) fn release(&self, artifact: ArtifactNumber) {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        claims.remove(&artifact);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.remove(&artifact);
    }

    pub(super) fn hear_of(&self, artifact: ArtifactNumber, now: UnixMillis) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.insert(artifact, now);
    }

    pub(super) fn heard_of(&self, artifact: ArtifactNumber) -> Option<UnixMillis> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(&artifact).copied()
    }

    pub(super) fn is_claimed(&self, md5: &str, but: &[ArtifactNumber]) -> bool {
        let claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        let others = claims.iter().filter(|(number, _)| !but.contains(number));
        { others }.any(|(_, claimed)| claimed.contains(md5))
    }
}

/// The id of an artifact for clients: base64 text, which they turn into hexadecimal.
pub fn artifact_id(number: ArtifactNumber) -> String {
    STANDARD.encode(format!("Artifact:{number}"))
}

pub fn collection_id(number: CollectionNumber) -> String {
    STANDARD.encode(format!("ArtifactCollection:{number}"))
}

impl Tracker {
    /// The artifact, where the caller may see it: through any collection that it is in.
    pub fn artifact(&self, caller: &Caller, number: ArtifactNumber) -> Option<Arc<Artifact>> {
        let artifact = self.artifacts.artifact(number)?;
        let members = self.artifacts.memberships(number).into_iter();
        let collections = members.map(|member| member.collection);
        let mut collections = collections.chain([artifact.sequence]);
        collections
            .any(|number| self.collection(caller, number).is_some())
            .then_some(artifact)
    }

    pub fn collection(&self, caller: &Caller, number: CollectionNumber) -> Option<Arc<Collection>> {
        let collection = self.artifacts.collection(number)?;
        let may_read = self.accounts.may_read(caller, &collection.entity);
        may_read.then_some(collection)
    }

    /// `NAME:ALIAS`; without an alias the latest.
    pub fn artifact_named(&self, entity: &str, project: &str, name: &str) -> Option<Arc<Member>> {
        let (name, alias) = name.split_once(':').unwrap_or((name, LATEST));
        let collection = self.artifacts.named(entity, project, name)?;
        self.artifacts.member_named(collection.number, alias)
    }
}

/// Which versions of a collection, and in which order.
#[derive(Debug, Clone)]
pub struct VersionQuery(Query);

/// Which collections of a project, and in which order.
#[derive(Debug, Clone)]
pub struct CollectionQuery(Query);

#[derive(Debug, Clone)]
struct Query {
    filter: Option<Filter>,
    order: Option<Order>,
}

/// The name in the view and those that clients use beside it.
const VERSION_FIELDS: [(&str, &[&str]); 14] = [
    ("state", &[]),
    ("tags", &["tag"]),
    ("aliases", &["alias"]),
    ("version_index", &["versionIndex", "version"]),
    ("digest", &[]),
    ("name", &[]),
    ("type", &[]),
    ("description", &[]),
    ("created_at", &["createdAt"]),
    ("updated_at", &["updatedAt"]),
    ("size", &["sizeBytes"]),
    ("file_count", &["fileCount"]),
    ("history_step", &["historyStep"]),
    ("metadata", &[]),
];
const COLLECTION_FIELDS: [(&str, &[&str]); 8] = [
    ("id", &[]),
    ("name", &[]),
    ("type", &["artifact_type", "artifactType"]),
    ("description", &[]),
    ("tags", &["tag"]),
    ("created_at", &["createdAt"]),
    ("updated_at", &["updatedAt"]),
    ("collection_type", &["collectionType"]),
];

type Fields = [(&'static str, &'static [&'static str])];

impl VersionQuery {
    pub fn parse(filter: Option<&Json>, order: Option<&str>) -> Result<Self> {
        Query::parse(filter, order, &VERSION_FIELDS).map(Self)
    }
}

impl CollectionQuery {
    pub fn parse(filter: Option<&Json>, order: Option<&str>) -> Result<Self> {
        Query::parse(filter, order, &COLLECTION_FIELDS).map(Self)
    }
}

impl Query {
    fn parse(filter: Option<&Json>, order: Option<&str>, fields: &Fields) -> Result<Self> {
        let order = order.map(str::trim).filter(|order| !order.is_empty());
        let order = order.map(|order| {
            let keys = order.split(',').map(str::trim);
            let keys = keys.filter(|key| !key.is_empty()).map(|key| {
                let name = key.trim_start_matches(['+', '-']);
                let sign = if key.starts_with('-') { "-" } else { "+" };
                Ok(format!("{sign}{PREFIX}{}", field(name, fields)?))
            });
            let keys = keys.collect::<Result<Vec<_>>>()?;
            Ok::<_, Error>(Order::parse(&keys.join(","))?)
        });
        let filter = filter.map(|filter| {
            let placed = placed(filter, fields)?;
            Ok::<_, Error>(Filter::from_json(&placed)?)
        });
        Ok(Self {
            filter: filter.transpose()?,
            order: order.transpose()?,
        })
    }

    /// What the filter lets through, in the order that is asked for or the one in which it came.
    /// Of each row only the fields are looked at that this needs.
    fn select<T>(&self, rows: Vec<T>, field: impl Fn(&T, &str) -> Json) -> Vec<T> {
        let wanted = self.wanted();
        if wanted.is_empty() {
            return rows;
        }
        let rows = rows.into_iter();
        let view = |row: &T| {
            let fields = wanted.iter();
            let fields = fields.map(|name| ((*name).to_owned(), field(row, name)));
            as_run(fields.collect())
        };
        let mut seen: Vec<(JsonObject, T)> = rows.map(|row| (view(&row), row)).collect();
        if let Some(filter) = &self.filter {
            seen.retain(|(view, _)| filter.matches(view));
        }
        if let Some(order) = &self.order {
            seen.sort_by(|left, right| order.compare(&left.0, &right.0));
        }
        seen.into_iter().map(|(_, row)| row).collect()
    }
}

impl Query {
    fn wanted(&self) -> BTreeSet<&str> {
        let filtered = self.filter.iter().flat_map(Filter::fields);
        let ordered = self.order.iter().flat_map(|order| &order.keys);
        let fields = filtered.chain(ordered.map(|key| &key.field));
        let names = fields.filter_map(|field| match field {
            RunField::Summary(path) => path.first(),
            _ => None,
        });
        names.map(String::as_str).collect()
    }
}

/// Filters look at runs; the fields of other things lie where a run has its summary.
const PREFIX: &str = "summary.";

fn as_run(view: JsonObject) -> JsonObject {
    let mut run = JsonObject::new();
    run.insert("summary".to_owned(), Json::Object(view));
    run
}

fn field(name: &str, fields: &Fields) -> Result<String> {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let known = fields
        .iter()
        .find(|(known, others)| *known == first || others.contains(&first));
    match known {
        Some((known, _)) if rest.is_empty() => Ok((*known).to_owned()),
        Some((known, _)) => Ok(format!("{known}.{rest}")),
        None => {
            let hint = did_you_mean(first, fields.iter().map(|(known, _)| *known));
            Err(Error::input(format!(
                "the filter or order names '{name}', which artifacts have not{hint}"
            )))
        }
    }
}

/// The filter with its fields named as they lie in the view.
fn placed(filter: &Json, fields: &Fields) -> Result<Json> {
    let Json::Object(entries) = filter else {
        return Ok(filter.clone());
    };
    let mut answer = JsonObject::new();
    for (key, value) in entries {
        match (key.starts_with('$'), value) {
            (true, Json::Array(parts)) => {
                let parts = parts.iter().map(|part| placed(part, fields));
                let parts = parts.collect::<Result<Vec<_>>>()?;
                answer.insert(key.clone(), Json::Array(parts));
            }
            (true, other) => {
                answer.insert(key.clone(), placed(other, fields)?);
            }
            (false, value) => {
                answer.insert(format!("{PREFIX}{}", field(key, fields)?), value.clone());
            }
        }
    }
    Ok(Json::Object(answer))
}

impl Tracker {
    /// Members of a collection, newest first where nothing else is asked for.
    pub fn versions(&self, collection: &Collection, query: &VersionQuery) -> Vec<Arc<Member>> {
        let mut members = self.artifacts.members_of(collection.number);
        members.reverse();
        query.0.select(members, |member, field| {
            self.version_field(collection, member, field)
        })
    }

    fn version_field(&self, collection: &Collection, member: &Member, field: &str) -> Json {
        let texts = |texts: &[String]| Json::Array(texts.iter().map(Json::text).collect());
        match field {
            // Only committed ones are members.
            "state" => return Json::text("COMMITTED"),
            "version_index" => return count(member.version),
            "aliases" => return texts(&member.aliases),
            "name" => return Json::text(&collection.name),
            "type" => return Json::text(&collection.type_name),
            _ => {}
        }
        let Some(artifact) = self.artifacts.artifact(member.artifact) else {
            return Json::Null;
        };
        match field {
            "tags" => texts(&artifact.tags),
            "digest" => Json::text(&artifact.digest),
            "description" => optional(artifact.description.as_ref()),
            "created_at" => Json::text(time_text(artifact.created_unix_ms)),
            "updated_at" => Json::text(time_text(artifact.updated_unix_ms)),
            "size" => count(artifact.size_bytes),
            "file_count" => count(artifact.file_count),
            "history_step" => artifact.history_step.map_or(Json::Null, Json::int),
            "metadata" => {
                let text = artifact.metadata.as_deref();
                let parsed = text.and_then(|text| json::parse_object("metadata", text).ok());
                parsed.map_or(Json::Null, Json::Object)
            }
            _ => Json::Null,
        }
    }

    /// Collections of a project, of one type or all, newest first where nothing else is asked for.
    pub fn collections(
        &self,
        entity: &str,
        project: &str,
        type_name: Option<&str>,
        query: &CollectionQuery,
    ) -> Vec<Arc<Collection>> {
        let mut collections = self.artifacts.of_project(entity, project);
        if let Some(type_name) = type_name {
            collections.retain(|collection| collection.type_name == type_name);
        }
        query
            .0
            .select(collections, |collection, field| match field {
                "id" => Json::text(collection_id(collection.number)),
                "name" => Json::text(&collection.name),
                "type" => Json::text(&collection.type_name),
                "description" => optional(collection.description.as_ref()),
                "tags" => Json::Array(collection.tags.iter().map(Json::text).collect()),
                "created_at" => Json::text(time_text(collection.created_unix_ms)),
                "updated_at" => Json::text(time_text(collection.updated_unix_ms)),
                "collection_type" if collection.is_portfolio => Json::text("PORTFOLIO"),
                "collection_type" => Json::text("SEQUENCE"),
                _ => Json::Null,
            })
    }

    /// Types of a project, and when each came first; newest first.
    pub fn artifact_types(&self, entity: &str, project: &str) -> Vec<(String, i64)> {
        let mut types: HashMap<String, i64> = HashMap::new();
        for collection in self.artifacts.of_project(entity, project) {
            let first = types
                .entry(collection.type_name.clone())
                .or_insert(i64::MAX);
            *first = (*first).min(collection.created_unix_ms);
        }
        let mut types: Vec<_> = types.into_iter().collect();
        types.sort_by(|left, right| (right.1, &left.0).cmp(&(left.1, &right.0)));
        types
    }
}

fn count(count: u64) -> Json {
    Json::int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn optional(text: Option<&String>) -> Json {
    text.map_or(Json::Null, Json::text)
}
