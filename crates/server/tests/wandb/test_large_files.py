"""Artifact files above the size from which the client would upload in parts (2 GiB).

They cost gigabytes of disk and a minute, so that they are tried when GRADUS_LARGE_FILES is set.
"""

import hashlib
import os

import pytest
import wandb

GIB = 1 << 30
pytestmark = pytest.mark.skipif(
    not os.environ.get("GRADUS_LARGE_FILES"), reason="GRADUS_LARGE_FILES is not set"
)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_file_above_the_threshold_is_taken_in_one_put(begin, entity, project, tmp_path):
    large = tmp_path / "weights.bin"
    with open(large, "wb") as file:
        # Sparse, with something to tell its parts apart.
        for place in range(0, 2 * GIB, 100 << 20):
            file.seek(place)
            file.write(place.to_bytes(8, "little"))
        file.truncate(2 * GIB + 12_345)
    with begin() as run:
        artifact = wandb.Artifact("weights", "model")
        artifact.add_file(str(large), policy="immutable", skip_cache=True)
        run.log_artifact(artifact).wait(timeout=600)
    read = wandb.Api(timeout=60).artifact(f"{entity}/{project}/weights:latest")
    assert read.size == large.stat().st_size
    # The client fetches this one in ranges.
    folder = read.download(root=str(tmp_path / "back"), skip_cache=True)
    assert sha256(os.path.join(folder, "weights.bin")) == sha256(large)
