"""The known answers of known_answers.rs, counted with nothing but the standard library.

python3 crates/eval/src/data/known_answers.py ../shared/data/mistral-hackathon
"""

import collections
import json
import pathlib
import statistics
import sys

root = pathlib.Path(sys.argv[1])


def lines(name):
    return [json.loads(line) for line in (root / name).read_text().splitlines()]


def text(row):
    return " ".join(row["request_text"].lower().split())


def vector(row):
    return tuple(row["target_hidden_params"]["vector"].values())


def by_text(rows):
    found = collections.defaultdict(list)
    for row in rows:
        found[text(row)].append(vector(row))
    return found


raw = by_text(lines("ft/teacher_pairs.raw.jsonl"))
print("raw rows", sum(map(len, raw.values())), "distinct", len(raw))
print("texts with several vectors", sum(len(set(v)) > 1 for v in raw.values()))

pair_of = {}
for pair in lines("ft/teacher_pairs.filtered.jsonl"):
    for field in ("request_text", "rule_prompt"):
        pair_of[text({"request_text": pair[field]})] = pair["id"]
roles = {name: lines(f"ft/ft_request_param_{name}.jsonl") for name in ("train", "valid", "test")}
pairs = {name: {pair_of[text(row)] for row in rows} for name, rows in roles.items()}
for held_out, other in (("test", "train"), ("valid", "train"), ("test", "valid")):
    siblings = sum(pair_of[text(row)] in pairs[other] for row in roles[held_out])
    print(held_out, "rows with a sibling in", other, siblings, "of", len(roles[held_out]))

frozen = by_text(json.loads((root / "eval/frozen_eval_set.v1.json").read_text())["items"])
errors = []
for labels in frozen.values():
    for column in zip(*labels):
        middle = statistics.median(column)
        errors += [abs(value - middle) for value in column]
print("frozen rows", sum(map(len, frozen.values())), "distinct texts", len(frozen))
print("labels a text", dict(collections.Counter(len(set(v)) for v in frozen.values())))
print("floor", sum(errors) / len(errors))
