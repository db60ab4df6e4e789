"""The peer in training: PyTorch, transformers and PEFT on the rows, model and batch of gradus.

LoRA r = 16 on all linear layers, AdamW, rows of one batch padded to the longest, loss on the
completion only. Prints one JSON object. "Effective" tokens are those of prompt and completion;
padding does not count.
"""

import argparse
import json
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from common import peak_memory_bytes, read_rows

IGNORED_LABEL = -100


def main():
    arguments = parse_arguments()
    torch.manual_seed(42)
    torch.set_num_threads(arguments.threads)
    model = load_model(arguments)
    optimiser = torch.optim.AdamW(
        [parameter for parameter in model.parameters() if parameter.requires_grad],
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
    )
    rows = read_rows(arguments.rows)
    batches = [
        rows[start : start + arguments.batch_size]
        for start in range(0, len(rows) - arguments.batch_size + 1, arguments.batch_size)
    ]
    steps, began = [], time.perf_counter()
    for step in range(arguments.warmup_steps + arguments.steps):
        batch = batches[step % len(batches)]
        started = time.perf_counter()
        loss = train_step(model, optimiser, batch)
        wall_secs = time.perf_counter() - started
        tokens = sum(len(row["prompt_tokens"]) + len(row["completion_tokens"]) for row in batch)
        # bf16 without hardware for it takes minutes a step; the warm-up step alone must do then.
        out_of_time = time.perf_counter() - began > arguments.max_secs
        if step >= arguments.warmup_steps or out_of_time:
            steps.append({"tokens": tokens, "wall_secs": wall_secs, "loss": loss})
        if out_of_time:
            break
    wall_secs = sum(step["wall_secs"] for step in steps)
    print(
        json.dumps(
            {
                "engine": f"torch {torch.__version__}",
                "precision": arguments.dtype,
                "threads": arguments.threads,
                "steps": len(steps),
                "warm_up_counted": step < arguments.warmup_steps,
                "rows_per_step": arguments.batch_size,
                "tokens": sum(step["tokens"] for step in steps),
                "wall_secs": wall_secs,
                "tokens_per_sec": sum(step["tokens"] for step in steps) / wall_secs,
                "loss_first": steps[0]["loss"],
                "loss_last": steps[-1]["loss"],
                "peak_memory_bytes": peak_memory_bytes(),
            }
        )
    )


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="Hugging Face directory")
    parser.add_argument("--rows", required=True, help="JSONL with prompt_tokens and completion_tokens")
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--warmup-steps", type=int, default=1)
    parser.add_argument("--max-secs", type=float, default=90, help="begin no further step after this")
    parser.add_argument("--threads", type=int, required=True)
    return parser.parse_args()


def load_model(arguments):
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[arguments.dtype]
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype)
    model.config.use_cache = False
    adapter = LoraConfig(
        r=16,
        lora_alpha=32,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    model = get_peft_model(model, adapter)
    model.train()
    return model


def train_step(model, optimiser, batch):
    texts = [row["prompt_tokens"] + row["completion_tokens"] for row in batch]
    longest = max(len(text) for text in texts)
    tokens = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED_LABEL, dtype=torch.long)
    for index, (row, text) in enumerate(zip(batch, texts)):
        tokens[index, : len(text)] = torch.tensor(text)
        mask[index, : len(text)] = 1
        first = len(row["prompt_tokens"])
        labels[index, first : len(text)] = torch.tensor(row["completion_tokens"])
    loss = model(input_ids=tokens, attention_mask=mask, labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss.item()


if __name__ == "__main__":
    main()
