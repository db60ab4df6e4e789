"""The digests that `src/manifest.rs` expects, by the rule of the wandb client (MANIFEST_MD5)."""

import hashlib

SAMPLE = {
    "model/weights.bin": "kAFQmDzST7DWlj99KOF/cg==",
    "a.txt": "CY9rzUYh03PK3k6DJie09g==",
    "é.txt": "s3://bucket/x",
}


def digest(contents: dict[str, str]) -> str:
    lines = "".join(f"{path}:{digest}\n" for path, digest in sorted(contents.items()))
    return hashlib.md5(b"wandb-artifact-manifest-v1\n" + lines.encode()).hexdigest()


print(digest(SAMPLE), digest({}))
