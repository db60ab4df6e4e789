"""Runs a base and an adapter through transformers + peft, for `cargo xtask parity`.

    live.py --base DIR --adapter DIR --prompts FILE --out FILE [--max-new-tokens N]

FILE of prompts: a JSON list; each prompt is a text, a list of token ids, or an object with `ids` or
`text` and, to have its loss measured, `completion_ids` or `completion`. The answer:
{"outputs": [{"ids": [...], "text": "...", "loss": number or null}], "loss": mean or null, "versions": {...}}
where the loss is the mean over all completion tokens. Greedy, f32, eager attention.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import peft
import torch
import transformers


def ids_of(tokenizer, value):
    if isinstance(value, str):
        return tokenizer.encode(value, add_special_tokens=False)
    return list(value)


def read_prompt(tokenizer, prompt):
    if not isinstance(prompt, dict):
        return ids_of(tokenizer, prompt), None
    ids = ids_of(tokenizer, prompt.get("ids", prompt.get("text")))
    completion = prompt.get("completion_ids", prompt.get("completion"))
    return ids, None if completion is None else ids_of(tokenizer, completion)


def completion_loss(model, prompt, completion):
    """Sum of the cross-entropy of the completion's tokens, in nats."""
    logits = model(input_ids=torch.tensor([prompt + completion])).logits[0].float()
    wanted = torch.tensor(completion)
    predicted = logits[len(prompt) - 1 : len(prompt) + len(completion) - 1]
    return torch.nn.functional.cross_entropy(predicted, wanted, reduction="sum").item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--prompts", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--max-new-tokens", type=int, default=32)
    arguments = parser.parse_args()

    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.base)
    model = transformers.AutoModelForCausalLM.from_pretrained(arguments.base, dtype=torch.float32, attn_implementation="eager")
    if arguments.adapter:
        model = peft.PeftModel.from_pretrained(model, arguments.adapter)
    model.eval()

    outputs, loss, targets = [], 0.0, 0
    with torch.no_grad():
        for prompt in json.loads(arguments.prompts.read_text()):
            ids, completion = read_prompt(tokenizer, prompt)
            given = torch.tensor([ids])
            generated = model.generate(
                input_ids=given, attention_mask=torch.ones_like(given), max_new_tokens=arguments.max_new_tokens, do_sample=False
            )[0, len(ids) :].tolist()
            own = None
            if completion:
                own = completion_loss(model, ids, completion)
                loss, targets = loss + own, targets + len(completion)
                own /= len(completion)
            outputs.append({"ids": generated, "text": tokenizer.decode(generated, skip_special_tokens=True), "loss": own})

    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    result = {"outputs": outputs, "loss": loss / targets if targets else None, "versions": versions}
    aside = arguments.out.with_name(arguments.out.name + ".unfinished")
    aside.write_text(json.dumps(result, ensure_ascii=False) + "\n")
    aside.replace(arguments.out)


if __name__ == "__main__":
    main()
