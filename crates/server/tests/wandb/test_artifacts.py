"""Artifacts: logged, read, used, linked, renamed, deleted, by the client alone."""

import os
import pathlib

import pytest
import wandb
from wandb.errors import CommError

from conftest import command, script


def build(name, files, kind="dataset", **arguments):
    artifact = wandb.Artifact(name, kind, **arguments)
    for path, content in files.items():
        with artifact.new_file(path, mode="wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return artifact


def log(run, name, files, aliases=None, tags=None, **arguments):
    logged = run.log_artifact(build(name, files, **arguments), aliases=aliases, tags=tags)
    return logged.wait(timeout=60)


def downloaded(artifact, folder, **arguments):
    root = pathlib.Path(artifact.download(root=str(folder), skip_cache=True, **arguments))
    return {path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def named(entity, project):
    """An artifact as a new reader finds it."""

    def find(name):
        return wandb.Api(timeout=60).artifact(f"{entity}/{project}/{name}")

    return find


@pytest.fixture
def exists(entity, project):
    return lambda name: wandb.Api(timeout=60).artifact_exists(f"{entity}/{project}/{name}")


@pytest.fixture
def versions(entity, project):
    def find(name, kind="dataset", **arguments):
        path = f"{entity}/{project}/{name}"
        return [found.version for found in wandb.Api(timeout=60).artifacts(kind, path, **arguments)]

    return find


def test_an_artifact_comes_back_as_it_was_logged(begin, named, tmp_path):
    files = {"a.txt": "hello", "deep/b.bin": bytes(range(256)) * 500, "deep/empty": "",
             "na me é.txt": "ü"}
    with begin() as run:
        logged = log(run, "data", files, aliases=["best"], tags=["one", "two words"],
                     metadata={"rows": 3, "nested": {"x": [1, 2.5, None]}}, description="what it is")
        assert (logged.version, logged.state) == ("v0", "COMMITTED")
        digest = logged.digest
    found = named("data:best")
    assert (found.version, found.type) == ("v0", "dataset")
    assert found.metadata == {"rows": 3, "nested": {"x": [1, 2.5, None]}}
    assert found.description == "what it is"
    assert sorted(found.aliases) == ["best", "latest"]
    assert sorted(found.tags) == ["one", "two words"]
    assert found.size == sum(len(c if isinstance(c, bytes) else c.encode()) for c in files.values())
    assert found.file_count == 4
    assert found.digest == digest == found.manifest.digest()
    assert found.commit_hash and found.created_at
    whole = downloaded(found, tmp_path / "whole")
    assert whole == {path: c if isinstance(c, bytes) else c.encode() for path, c in files.items()}
    assert downloaded(found, tmp_path / "parts", multipart=True) == whole
    entry = found.get_entry("deep/b.bin").download(root=str(tmp_path / "one"), skip_cache=True)
    assert pathlib.Path(entry).read_bytes() == whole["deep/b.bin"]
    assert named(f"data:{digest}").version == "v0"
    listed = found.files()
    assert len(listed) == 4
    assert {file.name for file in found.files(per_page=3)} == set(files)
    assert [file.size for file in found.files(names=["a.txt"])] == [5]
    found.verify(root=str(tmp_path / "whole"))


def test_versions_and_aliases(begin, named, versions):
    with begin() as run:
        for number in range(3):
            log(run, "data", {"a": str(number)}, aliases=["newest", f"n-{number}"])
    assert versions("data") == ["v2", "v1", "v0"]
    assert versions("data", order="version_index") == ["v0", "v1", "v2"]
    assert versions("data", per_page=1) == ["v2", "v1", "v0"]
    assert named("data:newest").version == named("data:latest").version == "v2"
    assert named("data:n-1").version == "v1"
    first = named("data:v0")
    first.aliases = ["newest", "kept"]
    first.save()
    assert named("data:newest").version == "v0"
    assert sorted(named("data:v0").aliases) == ["kept", "newest"]
    assert sorted(named("data:v2").aliases) == ["latest", "n-2"]


def test_the_same_content_is_no_new_version(begin, named, versions):
    with begin() as run:
        log(run, "data", {"a": "1"})
        log(run, "data", {"a": "2"})
        again = log(run, "data", {"a": "1"}, aliases=["again"])
        assert again.version == "v0"
    assert versions("data") == ["v1", "v0"]
    assert named("data:again").version == "v0"


def test_tags_descriptions_and_ttl(begin, named, versions):
    from datetime import timedelta

    with begin() as run:
        log(run, "data", {"a": "1"}, tags=["x"])
        log(run, "data", {"a": "2"})
    found = named("data:v0")
    found.tags = ["y", "z"]
    found.description = "changed"
    found.metadata["more"] = 1
    found.ttl = timedelta(days=2)
    found.save()
    found = named("data:v0")
    assert sorted(found.tags) == ["y", "z"]
    assert (found.description, found.metadata, found.ttl) == ("changed", {"more": 1}, timedelta(days=2))
    assert named("data:v1").ttl is None
    assert versions("data", tags=["y"]) == ["v0"]


def test_an_incremental_version_keeps_what_its_base_has(begin, named, tmp_path):
    with begin() as run:
        log(run, "data", {"a": "1", "b": "2"})
        log(run, "data", {"b": "3", "c": "4"}, incremental=True)
    assert downloaded(named("data:v1"), tmp_path / "new") == {"a": b"1", "b": b"3", "c": b"4"}
    assert downloaded(named("data:v0"), tmp_path / "old") == {"a": b"1", "b": b"2"}
    found = named("data:v1")
    assert found.digest == found.manifest.digest()


def test_several_runs_write_one_version(begin, named, tmp_path):
    for number in range(2):
        with begin(group="together") as run:
            run.upsert_artifact(build("data", {f"part-{number}": str(number)}))
    with begin(group="together") as run:
        run.finish_artifact(build("data", {}))
    assert downloaded(named("data:latest"), tmp_path / "all") == {"part-0": b"0", "part-1": b"1"}


def test_references(begin, named, tmp_path):
    (tmp_path / "here.txt").write_text("here")
    artifact = wandb.Artifact("refs", "dataset")
    artifact.add_reference(f"file://{tmp_path}/here.txt")
    artifact.add_reference("https://example.invalid/far.bin", name="far.bin", checksum=False)
    with begin() as run:
        run.log_artifact(artifact).wait(timeout=60)
        inner = log(run, "inner", {"x": "within"})
        outer = wandb.Artifact("outer", "dataset")
        outer.add_reference(inner.get_entry("x"), name="y")
        run.log_artifact(outer).wait(timeout=60)
    found = named("refs:latest")
    assert {file.name: file.direct_url for file in found.files()} == {
        "here.txt": f"file://{tmp_path}/here.txt", "far.bin": "https://example.invalid/far.bin"}
    here = found.get_entry("here.txt").download(root=str(tmp_path / "back"))
    assert pathlib.Path(here).read_text() == "here"
    assert downloaded(named("outer:latest"), tmp_path / "outer") == {"y": b"within"}


def test_lineage(begin, named, read, tmp_path):
    with begin() as run:
        maker = run.id
        log(run, "data", {"a": "1"})
    with begin() as run:
        user = run.id
        assert downloaded(run.use_artifact("data:latest"), tmp_path / "used") == {"a": b"1"}
        run.use_artifact("data:v0")
        log(run, "model", {"w": "2"}, kind="model")
    data = named("data:v0")
    assert data.logged_by().id == maker
    assert [run.id for run in data.used_by()] == [user]
    assert [found.name for found in read(user).used_artifacts()] == ["data:v0"]
    assert [found.name for found in read(user).logged_artifacts()] == ["model:v0"]
    read(user).delete(delete_artifacts=True)
    assert named("data:v0").used_by() == []
    with pytest.raises(CommError):
        named("model:v0")


def test_deletion(begin, named, exists, versions, entity, project):
    with begin() as run:
        for number in range(3):
            log(run, "data", {"shared": "s", "own": str(number)}, aliases=[f"n-{number}"])
    with pytest.raises(CommError, match="alias"):
        named("data:v2").delete()
    named("data:v2").delete(delete_aliases=True)
    assert versions("data") == ["v1", "v0"]
    assert not exists("data:v2") and not exists("data:n-2")
    assert named("data:latest").version == "v1"
    named("data:v0").delete(delete_aliases=True)
    with begin() as run:
        assert log(run, "data", {"own": "9"}).version == "v3"
    path = named("data:v1").download(skip_cache=True)
    assert sorted(os.listdir(path)) == ["own", "shared"]
    wandb.Api(timeout=60).artifact_collection("dataset", f"{entity}/{project}/data").delete()
    assert not exists("data:v1")


def test_links(begin, named, exists, entity, project):
    with begin() as run:
        log(run, "data", {"a": "1"})
        logged = log(run, "data", {"a": "2"})
        linked = run.link_artifact(logged, "chosen", aliases=["prod"])
        assert (linked.version, linked.source_version) == ("v0", "v1")
    found = named("chosen:prod")
    assert found.is_link and found.source_name == "data:v1"
    assert sorted(found.aliases) == ["latest", "prod"]
    assert [link.name for link in named("data:v1").linked_artifacts] == ["chosen:v0"]
    found.unlink()
    assert not exists("chosen:v0") and exists("data:v1")
    named("data:v0").link(f"{project}/chosen")
    assert named("chosen:latest").source_version == "v0"
    wandb.Api(timeout=60).artifact_collection("dataset", f"{entity}/{project}/chosen").delete()
    assert exists("data:v0")


def test_collections(begin, entity, project, named):
    with begin() as run:
        log(run, "data", {"a": "1"})
        log(run, "weights", {"w": "1"}, kind="model")
    api = wandb.Api(timeout=60)
    path = f"{entity}/{project}"
    assert {kind.name for kind in api.artifact_types(path)} == {"dataset", "model"}
    collection = api.artifact_collection("dataset", f"{path}/data")
    collection.description = "text"
    collection.tags = ["raw", "old"]
    collection.name = "renamed"
    collection.save()
    found = api.artifact_collection("dataset", f"{path}/renamed")
    assert (found.description, sorted(found.tags)) == ("text", ["old", "raw"])
    assert found.aliases == ["latest"]
    found.tags = ["raw"]
    found.save()
    found.change_type("corpus")
    changed = wandb.Api(timeout=60).artifact_collection("corpus", f"{path}/renamed")
    assert changed.tags == ["raw"]
    assert named("renamed:v0").type == "corpus"
    assert not api.artifact_collection_exists(f"{path}/data", "dataset")
    names = api.artifact_type("corpus", path).collections()
    assert [found.name for found in names] == ["renamed"]


def test_tables_in_artifacts(begin, named, tmp_path):
    artifact = wandb.Artifact("tables", "dataset")
    artifact.add(wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, None]]), "rows")
    with begin() as run:
        name = run.id
        run.log_artifact(artifact).wait(timeout=60)
        run.log({"seen": wandb.Table(columns=["c"], data=[[3]])})
    table = named("tables:latest").get("rows")
    assert (table.columns, table.data) == (["a", "b"], [[1, "x"], [2, None]])
    logged = named(f"run-{name}-seen:latest")
    assert logged.type == "run_table" and logged.get("seen").data == [[3]]


def test_many_small_files(begin, named, tmp_path):
    files = {f"part-{number:04}": str(number) for number in range(600)}
    with begin() as run:
        log(run, "many", files)
    found = downloaded(named("many:latest"), tmp_path / "back")
    assert found == {path: content.encode() for path, content in files.items()}
    assert len({file.name for file in named("many:latest").files(per_page=70)}) == 600


def test_offline_runs_bring_their_artifacts(named, project, tmp_path):
    done = script(f"""
        import wandb
        with wandb.init(project={project!r}, mode="offline") as run:
            artifact = wandb.Artifact("data", "dataset")
            with artifact.new_file("a.txt") as file:
                file.write("offline")
            run.log_artifact(artifact, aliases=["late"])
            run.log({{"t": wandb.Table(columns=["a"], data=[[1]])}})
    """, tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    synced = command("sync", str(folder), folder=tmp_path)
    assert synced.returncode == 0, synced.stderr
    assert downloaded(named("data:late"), tmp_path / "back") == {"a.txt": b"offline"}


def test_what_cannot_be_is_refused_with_a_reason(begin, named, exists):
    with begin() as run:
        log(run, "data", {"a": "1"})
        with pytest.raises(ValueError, match="already exists with type 'dataset'"):
            log(run, "data", {"a": "2"}, kind="model")
    with begin() as run:
        with pytest.raises(ValueError, match="how versions are numbered"):
            log(run, "data", {"a": "3"}, aliases=["v7"])
    with pytest.raises(CommError, match="not found"):
        named("data:v7")
    with pytest.raises(CommError, match="not found"):
        named("nothing:latest")
    assert not exists("data:v1")
