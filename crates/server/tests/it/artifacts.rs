//! Artifacts as pages show them, logged as the `wandb` client does; media of runs.

use serde_json::{Value, json};

use crate::reports::put;
use crate::served::{Served, served};

/// `rows.csv` with this content, and a reference; with the MD5 of file and manifest as the client
/// sends them.
const CONTENT: &[u8] = b"a,b\n";
const CONTENT_MD5: &str = "9p9bcrx5qS3HDGPJqhQuNg==";
const MANIFEST: &str = r#"{"version":1,"contents":{"rows.csv":{"digest":"9p9bcrx5qS3HDGPJqhQuNg==","size":4},"far.bin":{"digest":"etag","ref":"s3://b/far.bin","size":9}}}"#;
const MANIFEST_MD5: &str = "k5Osc7YE1Zv24AvQxt5EaQ==";
const SECOND: &str =
    r#"{"version":1,"contents":{"far.bin":{"digest":"etag2","ref":"s3://b/far.bin","size":9}}}"#;
const SECOND_MD5: &str = "twPgGlrHDYxteApH8XHwkQ==";

#[track_caller]
fn graphql(server: &Served, mutation: &str, input: &str) -> Value {
    let query = format!(
        "mutation {{ {mutation}(input: {{{input}}}) {{ {} }} }}",
        match mutation {
            "createArtifactManifest" => "artifactManifest { file { uploadUrl } }",
            "createArtifactFiles" => "files { edges { node { uploadUrl } } }",
            _ => "artifact { id }",
        }
    );
    let body = json!({ "query": query }).to_string();
    let answer = server
        .send("POST", "/graphql", &[], Some(body.as_bytes()))
        .ok();
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"][mutation].clone()
}

/// Logs a version of `rows` from a run.
fn log(server: &Served, run: &str, name: &str, manifest: (&str, &str), aliases: &str) -> String {
    let made = graphql(
        server,
        "createArtifact",
        &format!(
            r#"entityName: "local", projectName: "p", runName: "{run}", artifactTypeName: "dataset", artifactCollectionName: "{name}", digest: "", metadata: "{{\"rows\": 12345678901234567890}}", aliases: [{aliases}]"#
        ),
    );
    let id = made["artifact"]["id"].as_str().unwrap().to_owned();
    if manifest.0 == MANIFEST {
        let files = graphql(
            server,
            "createArtifactFiles",
            &format!(
                r#"artifactFiles: [{{artifactID: "{id}", name: "rows.csv", md5: "{CONTENT_MD5}"}}], storageLayout: V2"#
            ),
        );
        let url = &files["files"]["edges"][0]["node"]["uploadUrl"];
        server.send("PUT", url.as_str().unwrap(), &[], Some(CONTENT));
    }
    let place = graphql(
        server,
        "createArtifactManifest",
        &format!(
            r#"artifactID: "{id}", name: "wandb_manifest.json", digest: "{}", entityName: "local", projectName: "p", runName: "{run}", includeUpload: true, type: FULL"#,
            manifest.1
        ),
    );
    let url = &place["artifactManifest"]["file"]["uploadUrl"];
    server.send(
        "PUT",
        url.as_str().unwrap(),
        &[],
        Some(manifest.0.as_bytes()),
    );
    graphql(server, "commitArtifact", &format!(r#"artifactID: "{id}""#));
    id
}

fn logged() -> Served {
    let server = served();
    for run in ["maker", "user"] {
        server.begin(run, json!({ "host": "box" }));
    }
    let first = log(
        &server,
        "maker",
        "rows",
        (MANIFEST, MANIFEST_MD5),
        r#"{artifactCollectionName: "rows", alias: "latest"}"#,
    );
    graphql(
        &server,
        "useArtifact",
        &format!(
            r#"artifactID: "{first}", entityName: "local", projectName: "p", runName: "user""#
        ),
    );
    log(&server, "user", "made", (SECOND, SECOND_MD5), "");
    server
}

#[test]
fn an_artifact_is_listed_and_shown_with_lineage_both_ways() {
    let server = logged();
    let listed = server.get("projects/local/p/artifacts").ok();
    assert_eq!(listed["types"].as_array().unwrap().len(), 1);
    let collections = listed["types"][0]["collections"].as_array().unwrap();
    let names: Vec<_> = collections.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["made", "rows"]);
    assert_eq!(collections[1]["latest"]["version"], "v0");
    let versions = server.get("projects/local/p/artifacts/dataset/rows").ok();
    assert_eq!(versions["total"], 1);
    assert_eq!(versions["versions"][0]["used_by"], 1);

    let shown = server
        .get("projects/local/p/artifacts/dataset/rows/latest")
        .ok();
    assert!(
        shown.to_string().contains("12345678901234567890"),
        "metadata stays exact"
    );
    let files = shown["files"].as_array().unwrap();
    assert_eq!(
        (&files[0]["path"], &files[0]["reference"]),
        (&json!("far.bin"), &json!("s3://b/far.bin"))
    );
    assert_eq!(files[0]["url"], json!(null));
    let content = server.send("GET", files[1]["url"].as_str().unwrap(), &[], None);
    assert_eq!(content.text.as_bytes(), CONTENT);
    assert_eq!(shown["made_by"][0]["name"], "maker");
    assert_eq!(shown["used_by"][0]["name"], "user");
    assert_eq!(shown["led_to"][0]["name"], "made");
    let made = server
        .get("projects/local/p/artifacts/dataset/made/v0")
        .ok();
    assert_eq!(
        made["made_from"][0],
        json!({ "entity": "local", "project": "p", "type": "dataset", "name": "rows", "version": "v0" })
    );
    let of_run = server.get("projects/local/p/runs/user/artifacts").ok();
    assert_eq!(of_run["logged"][0]["artifact"]["name"], "made");
    assert_eq!(of_run["used"][0]["version"]["version"], "v0");
}

#[test]
fn aliases_and_tags_are_given_and_taken() {
    let server = logged();
    let path = "projects/local/p/artifacts/dataset/rows/v0";
    let post = |what: &str, body: Value| server.ask("POST", &format!("{path}/{what}"), Some(&body));
    let tagged = post("tags", json!({ "tag": "sound" })).ok();
    assert_eq!(tagged["version"]["tags"], json!(["sound"]));
    let named = post("aliases", json!({ "alias": "best" })).ok();
    assert!(named["version"]["aliases"].to_string().contains("best"));
    server
        .get("projects/local/p/artifacts/dataset/rows/best")
        .ok();
    let delete = |what: &str| server.ask("DELETE", &format!("{path}/{what}"), None).ok();
    assert_eq!(delete("tags/sound")["version"]["tags"], json!([]));
    assert!(
        !delete("aliases/best")["version"]["aliases"]
            .to_string()
            .contains("best")
    );
    post("aliases", json!({ "alias": "v7" })).refused(400);
    post("tags", json!({ "tag": "a/b" })).refused(400);
    let message = post("tags", json!({ "tga": "x" })).refused(400);
    assert!(message.contains("did you mean 'tag'?"), "{message}");
    for (path, words) in [
        ("artifacts/dataset/rwos", "did you mean 'rows'?"),
        ("artifacts/dataset/rows/latst", "did you mean 'latest'?"),
        ("artifacts/datset/rows", "no artifact"),
        ("artifacts?type=datset", "did you mean 'dataset'?"),
    ] {
        let message = server.get(&format!("projects/local/p/{path}")).refused(404);
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[test]
fn keys_that_hold_media_name_their_files() {
    let server = served();
    server.begin("a", json!({ "host": "box" }));
    let image = json!({ "_type": "image-file", "path": "media/images/x_3_ab.png", "width": 2 });
    let table =
        json!({ "_type": "table-file", "path": "media/table/t_4_cd.table.json", "nrows": 1 });
    let several = json!({ "_type": "images/separated", "filenames": ["media/images/y_4_0.png", "media/images/y_4_1.png"] });
    let rows = [
        json!({ "_step": 3, "loss": 1.0, "x": image }),
        json!({ "_step": 4, "eval": { "t": table }, "y": several }),
    ];
    server.history("a", &rows.map(|row| row.to_string()));
    server.summary(
        "a",
        &json!({ "x": image, "only": { "_type": "html-file", "path": "media/html/<b>.html" } }),
    );
    put(&server, "a", "media/images/x_3_ab.png", b"png");
    let found = server.get("projects/local/p/runs/a/media").ok();
    let media = found["media"].as_array().unwrap();
    let keys: Vec<_> = media.iter().map(|it| it["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["eval.t", "only", "x", "y"]);
    assert_eq!(
        (&media[0]["type"], &media[0]["last_step"]),
        (&json!("table-file"), &json!(4))
    );
    assert_eq!(
        media[0]["missing"],
        json!(["media/table/t_4_cd.table.json"])
    );
    assert_eq!(
        (&media[1]["rows"], &media[1]["last_step"]),
        (&json!(0), &json!(null))
    );
    assert_eq!(
        (&media[2]["rows"], &media[2]["last_step"]),
        (&json!(1), &json!(3))
    );
    let content = server.send(
        "GET",
        media[2]["files"][0]["url"].as_str().unwrap(),
        &[],
        None,
    );
    assert_eq!(content.text, "png");
    assert_eq!(media[3]["missing"].as_array().unwrap().len(), 2);
}
