//! `__type`: what clients before SDK 0.26 ask before they use a field. They take a type that is
//! not there for a broken server, so types of what gradus does not do are there without fields.

use gradus_wire::Json;

use super::Resolved;

/// Object types and their fields.
const OBJECTS: [(&str, &[&str]); 15] = [
    (
        "Query",
        &[
            "viewer",
            "entity",
            "users",
            "project",
            "model",
            "models",
            "projects",
            "artifact",
            "artifactCollection",
            "clientIDMapping",
            "serverInfo",
        ],
    ),
    (
        "Mutation",
        &[
            "upsertBucket",
            "rewindRun",
            "deleteRun",
            "stopRun",
            "updateRunState",
            "updateRun",
            "upsertModel",
            "deleteModel",
            "createRunFiles",
            "markRunFilesUploaded",
            "deleteFiles",
            "notifyScriptableRunAlert",
            "upsertSweep",
            "createAgent",
            "agentHeartbeat",
            "generateApiKey",
            "deleteApiKey",
            "createTeam",
            "createUser",
            "createArtifact",
            "createArtifactManifest",
            "updateArtifactManifest",
            "createArtifactFiles",
            "commitArtifact",
            "useArtifact",
            "addAliases",
            "deleteAliases",
            "updateArtifact",
            "deleteArtifact",
            "linkArtifact",
            "unlinkArtifact",
            "updateArtifactSequence",
            "updateArtifactPortfolio",
            "moveArtifactSequence",
            "deleteArtifactSequence",
            "deleteArtifactPortfolio",
            "createArtifactCollectionTagAssignments",
            "deleteArtifactCollectionTagAssignments",
        ],
    ),
    (
        "ServerInfo",
        &["features", "cliVersionInfo", "latestLocalVersionInfo"],
    ),
    ("ServerSettings", &[]),
    ("Organization", &[]),
    (
        "User",
        &[
            "id",
            "name",
            "username",
            "email",
            "admin",
            "entity",
            "flags",
            "deletedAt",
            "photoUrl",
            "accountType",
            "teams",
            "apiKeys",
            "organizations",
        ],
    ),
    (
        "Entity",
        &[
            "id",
            "name",
            "available",
            "isTeam",
            "entityType",
            "readOnly",
            "readOnlyAdmin",
            "privateOnly",
            "isPaid",
            "codeSavingEnabled",
            "defaultAccess",
            "photoUrl",
            "organization",
            "settings",
            "storageBytes",
            "user",
            "members",
            "project",
            "projects",
            "artifactCollections",
        ],
    ),
    (
        "Project",
        &[
            "id",
            "internalId",
            "name",
            "entityName",
            "entity",
            "description",
            "createdAt",
            "updatedAt",
            "user",
            "isBenchmark",
            "readOnly",
            "access",
            "views",
            "linkedRunQueues",
            "run",
            "bucket",
            "runs",
            "runCount",
            "sweep",
            "sweeps",
            "totalSweeps",
            "triggers",
            "members",
            "teamMembers",
            "artifact",
            "artifactCollectionMembership",
            "artifactCollection",
            "artifactSequence",
            "artifactPortfolio",
            "artifactCollections",
            "artifactType",
            "artifactTypes",
        ],
    ),
    (
        "Run",
        &[
            "id",
            "internalId",
            "name",
            "displayName",
            "projectId",
            "project",
            "state",
            "running",
            "failed",
            "stopped",
            "shouldStop",
            "exitcode",
            "config",
            "summaryMetrics",
            "wandbConfig",
            "group",
            "groupName",
            "jobType",
            "sweepName",
            "notes",
            "description",
            "tags",
            "commit",
            "host",
            "repo",
            "jobRepo",
            "program",
            "jobProgram",
            "readOnly",
            "createdAt",
            "heartbeatAt",
            "updatedAt",
            "user",
            "forkedFrom",
            "historyLineCount",
            "eventsLineCount",
            "logLineCount",
            "historyTail",
            "eventsTail",
            "history",
            "events",
            "sampledHistory",
            "historyKeys",
            "parquetHistory",
            "systemMetrics",
            "logLines",
            "files",
            "fileCount",
            "inputArtifacts",
            "outputArtifacts",
        ],
    ),
    (
        "Sweep",
        &[
            "id",
            "name",
            "displayName",
            "description",
            "method",
            "state",
            "config",
            "createdAt",
            "updatedAt",
            "heartbeatAt",
            "user",
            "project",
            "bestLoss",
            "runCount",
            "runCountExpected",
            "earlyStopJobRunning",
            "controller",
            "scheduler",
            "controllerRunName",
            "runs",
            "priorRuns",
            "agents",
            "agent",
        ],
    ),
    (
        "Artifact",
        &[
            "id",
            "artifactSequence",
            "versionIndex",
            "artifactType",
            "description",
            "metadata",
            "ttlDurationSeconds",
            "ttlIsInherited",
            "tags",
            "historyStep",
            "state",
            "size",
            "digest",
            "digestAlgorithm",
            "commitHash",
            "fileCount",
            "createdAt",
            "updatedAt",
            "aliases",
            "artifactMemberships",
            "artifactCollections",
            "createdBy",
            "usedBy",
            "currentManifest",
            "files",
            "filesByManifestEntries",
        ],
    ),
    (
        "ArtifactCollectionMembership",
        &[
            "id",
            "versionIndex",
            "createdAt",
            "aliases",
            "artifactCollection",
            "artifact",
            "files",
        ],
    ),
    ("ArtifactSequence", COLLECTION),
    ("ArtifactPortfolio", COLLECTION),
    (
        "ArtifactType",
        &[
            "id",
            "name",
            "description",
            "createdAt",
            "project",
            "artifactCollections",
            "artifactSequences",
            "artifactCollection",
            "artifactSequence",
        ],
    ),
];

const COLLECTION: &[&str] = &[
    "id",
    "name",
    "description",
    "createdAt",
    "updatedAt",
    "state",
    "digestAlgorithm",
    "entity",
    "project",
    "defaultArtifactType",
    "artifactType",
    "tags",
    "aliases",
    "latestArtifact",
    "artifactMembership",
    "artifactMemberships",
    "artifacts",
    "versionCount",
];

/// Types of arguments and their fields. A client leaves out what is not listed.
const INPUTS: [(&str, &[&str]); 10] = [
    (
        "CreateArtifactInput",
        &[
            "entityName",
            "projectName",
            "runName",
            "artifactTypeName",
            "artifactCollectionName",
            "artifactCollectionNames",
            "digest",
            "digestAlgorithm",
            "description",
            "metadata",
            "aliases",
            "tags",
            "clientID",
            "sequenceClientID",
            "distributedID",
            "enableDigestDeduplication",
            "historyStep",
            "ttlDurationSeconds",
            "storageRegion",
        ],
    ),
    (
        "CreateArtifactFileSpecInput",
        &[
            "artifactID",
            "artifactManifestID",
            "name",
            "md5",
            "mimetype",
            "storagePath",
        ],
    ),
    (
        "UseArtifactInput",
        &[
            "artifactID",
            "entityName",
            "projectName",
            "runName",
            "usedAs",
        ],
    ),
    ("AddAliasesInput", &["artifactID", "aliases"]),
    ("DeleteAliasesInput", &["artifactID", "aliases"]),
    ("DeleteFilesInput", &["files"]),
    ("CreateRunQueueInput", &[]),
    ("PushToRunQueueInput", &[]),
    ("FailRunQueueItemInput", &[]),
    ("CreateLaunchAgentInput", &[]),
];

/// A type by its name, or null.
pub fn type_named(name: &str) -> Resolved {
    let of = |types: &[(&str, &'static [&'static str])]| {
        let found = types.iter().find(|(known, _)| *known == name);
        found.map(|(_, fields)| fields.iter().map(|field| described(field)).collect())
    };
    let (kind, fields, input_fields) = match (of(&OBJECTS), of(&INPUTS)) {
        (Some(fields), _) => ("OBJECT", Json::Array(fields), Json::Null),
        (_, Some(fields)) => ("INPUT_OBJECT", Json::Null, Json::Array(fields)),
        (None, None) => return Resolved::NULL,
    };
    Resolved::Json(Json::object([
        ("__typename", Json::text("__Type")),
        ("kind", Json::text(kind)),
        ("name", Json::text(name)),
        ("description", Json::Null),
        ("fields", fields),
        ("inputFields", input_fields),
    ]))
}

/// A field of a type, or an input value: of both, only names are asked for.
fn described(field: &str) -> Json {
    Json::object([
        ("name", Json::text(field)),
        ("description", Json::Null),
        ("args", Json::Array(Vec::new())),
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names at the left of the arms of a `match`, from the first of `fn NAME(` on.
    fn arms(source: &str, function: &str) -> BTreeSet<String> {
        let from = source.find(&format!("fn {function}(")).unwrap();
        let body = &source[from..];
        let body = &body[..body.find("\n    }\n").unwrap()];
        let mut names = BTreeSet::new();
        for line in body.lines().map(str::trim) {
            let left = line.split("=>").next().unwrap_or_default().trim();
            let left = left.split(" if ").next().unwrap_or_default();
            let parts: Vec<&str> = left.trim_start_matches("| ").split(" | ").collect();
            let quoted = |part: &&str| part.starts_with('"') && part.ends_with('"');
            let is_arm = line.contains("=>") || line.starts_with('|') || line.ends_with('"');
            if is_arm && parts.iter().all(quoted) {
                names.extend(parts.iter().map(|part| part.trim_matches('"').to_owned()));
            }
        }
        names
    }

    #[test]
    fn every_field_that_is_answered_is_listed_and_no_other() {
        let run = include_str!("run.rs");
        let mutation = include_str!("mutation.rs");
        let artifact = include_str!("artifact.rs");
        let collection = include_str!("artifact_collection.rs");
        let account = include_str!("account.rs");
        let sources: [(&str, &[(&str, &str)]); 12] = [
            ("Query", &[(include_str!("mod.rs"), "query")]),
            (
                "Mutation",
                &[
                    (mutation, "mutation"),
                    (include_str!("artifact_edits.rs"), "artifact_edit"),
                ],
            ),
            ("User", &[(account, "user")]),
            ("Entity", &[(account, "entity")]),
            (
                "Project",
                &[
                    (include_str!("project.rs"), "project"),
                    (collection, "project_artifacts"),
                ],
            ),
            ("Run", &[(run, "run"), (run, "run_rows")]),
            ("Sweep", &[(include_str!("sweep.rs"), "sweep")]),
            ("Artifact", &[(artifact, "artifact")]),
            ("ArtifactCollectionMembership", &[(artifact, "membership")]),
            ("ArtifactSequence", &[(collection, "collection")]),
            ("ArtifactPortfolio", &[(collection, "collection")]),
            ("ArtifactType", &[(collection, "artifact_type")]),
        ];
        for (name, places) in sources {
            let mut answered = BTreeSet::new();
            for (source, function) in places {
                answered.extend(arms(source, function));
            }
            answered.remove("__type");
            let (_, fields) = OBJECTS.iter().find(|(known, _)| *known == name).unwrap();
            let listed: BTreeSet<String> = fields.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(listed.len(), fields.len(), "{name}: a field twice");
            if name == "Mutation" {
                // Names of values that its arms take apart.
                answered.retain(|field| listed.contains(field) || !field.ends_with("ID"));
            }
            assert_eq!(answered, listed, "{name}");
        }
    }

    #[test]
    fn types_have_the_shape_that_is_asked_for() {
        let Resolved::Json(run) = type_named("Run") else {
            panic!("no type");
        };
        let run = run.as_object().unwrap();
        assert_eq!(run["kind"], Json::text("OBJECT"));
        assert_eq!(run["inputFields"], Json::Null);
        let Resolved::Json(input) = type_named("UseArtifactInput") else {
            panic!("no type");
        };
        assert_eq!(input.as_object().unwrap()["fields"], Json::Null);
        assert!(matches!(
            type_named("LaunchAgent"),
            Resolved::Json(Json::Null)
        ));
    }
}
