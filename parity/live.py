"""Runs a base and an adapter through transformers + peft, for `cargo xtask parity`.

    live.py --base DIR --adapter DIR --prompts FILE --out FILE [--max-new-tokens N]

FILE of prompts: JSON lines with `prompt` (a text, put in the chat template's user turn) or `ids`, and,
to have its loss measured, `completion` (a text). The answers, a line each:
{"prompt": ..., "ids": [...], "text": "...", "loss": mean over the completion's tokens or null, "versions": {...}}
Greedy, f32, eager attention.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import peft
import torch
import transformers


def prompt_ids(tokenizer, row):
    if "ids" in row:
        return list(row["ids"])
    messages = [{"role": "user", "content": row["prompt"]}]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return tokenizer.encode(text, add_special_tokens=False)


def completion_loss(model, prompt, completion):
    """Mean cross-entropy of the completion's tokens, in nats."""
    logits = model(input_ids=torch.tensor([prompt + completion])).logits[0].float()
    wanted = torch.tensor(completion)
    predicted = logits[len(prompt) - 1 : len(prompt) + len(completion) - 1]
    return torch.nn.functional.cross_entropy(predicted, wanted).item()


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

    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
    lines = []
    with torch.no_grad():
        for line in arguments.prompts.read_text().splitlines():
            if not line.strip():
                continue
            row = json.loads(line)
            ids = prompt_ids(tokenizer, row)
            given = torch.tensor([ids])
            generated = model.generate(
                input_ids=given, attention_mask=torch.ones_like(given), max_new_tokens=arguments.max_new_tokens, do_sample=False
            )[0, len(ids) :].tolist()
            loss = None
            if row.get("completion"):
                loss = completion_loss(model, ids, tokenizer.encode(row["completion"], add_special_tokens=False))
            text = tokenizer.decode(generated, skip_special_tokens=True)
            lines.append({"prompt": row.get("prompt"), "ids": generated, "text": text, "loss": loss, "versions": versions})

    aside = arguments.out.with_name(arguments.out.name + ".unfinished")
    aside.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    aside.replace(arguments.out)


if __name__ == "__main__":
    main()
