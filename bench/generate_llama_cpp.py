"""The peer in generation: llama.cpp on the same GGUF, prompts and output contract.

It is given its best case: the low-level API (no Python in the inner loop but the choice of the
most likely token), the prompt's constant beginning kept in the key-value cache, a compact grammar
without optional white space, and llama.cpp's own order of sampling (the grammar is asked about
all tokens only when the most likely one does not fit it). Prints one JSON object.
"""

import argparse
import ctypes
import json
import time

import llama_cpp
import numpy

from common import nearest_rank, peak_memory_bytes, read_rows

TOKEN_DATA = numpy.dtype([("id", numpy.int32), ("logit", numpy.float32), ("p", numpy.float32)])
CONTEXT_TOKENS = 8192


def main():
    arguments = parse_arguments()
    with open(arguments.schema, encoding="utf-8") as file:
        grammar = grammar_of(json.load(file))
    prompts = [row["prompt_tokens"] for row in read_rows(arguments.prompts)]
    engine = Engine(arguments.model, arguments.threads, arguments.batch_size, grammar)
    engine.cache_prefix(common_prefix(prompts))
    groups = [
        [prompts[(start + offset) % len(prompts)] for offset in range(arguments.batch_size)]
        for start in range(0, arguments.requests, arguments.batch_size)
    ]
    engine.answer(groups[0])
    latencies, tokens, valid, started = [], 0, 0, time.perf_counter()
    for group in groups:
        began = time.perf_counter()
        answers = engine.answer(group)
        latencies += [time.perf_counter() - began] * len(group)
        tokens += sum(len(answer) for answer in answers)
        valid += sum(is_json(engine.text(answer)) for answer in answers)
        if time.perf_counter() - started > arguments.max_secs:
            break
    wall_secs = time.perf_counter() - started
    print(
        json.dumps(
            {
                "engine": f"llama-cpp-python {llama_cpp.__version__}",
                "threads": arguments.threads,
                "batch_size": arguments.batch_size,
                "requests": len(latencies),
                "valid": valid,
                "completion_tokens": tokens,
                "wall_secs": wall_secs,
                "requests_per_sec": len(latencies) / wall_secs,
                "latency_p50_secs": nearest_rank(latencies, 0.50),
                "latency_p95_secs": nearest_rank(latencies, 0.95),
                "example": engine.text(answers[-1]),
                "peak_memory_bytes": peak_memory_bytes(),
            }
        )
    )


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--prompts", required=True, help="JSONL with prompt_tokens")
    parser.add_argument("--schema", required=True, help="JSON Schema of the completion")
    parser.add_argument("--requests", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=1, help="requests answered together")
    parser.add_argument("--max-secs", type=float, default=90, help="begin no further group after this")
    parser.add_argument("--threads", type=int, required=True)
    return parser.parse_args()


def grammar_of(schema):
    """A compact grammar for an object of bounded integers, else llama.cpp's own translation."""
    fields = schema.get("properties", {})
    required = set(schema.get("required", []))
    ranges = [(spec.get("minimum"), spec.get("maximum")) for spec in fields.values()]
    is_bounded = all(
        spec.get("type") == "integer" and isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= 999
        for spec, (low, high) in zip(fields.values(), ranges)
    )
    if not fields or not is_bounded or required != set(fields):
        return llama_cpp.LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)._grammar
    members = []
    for name, (low, high) in zip(fields, ranges):
        choices = " | ".join(f'"{number}"' for number in range(low, high + 1))
        members.append(f'"\\"{name}\\":" ({choices})')
    return 'root ::= "{" ' + ' "," '.join(members) + ' "}"'


def common_prefix(prompts):
    """What all prompts begin with, less than the whole of the shortest."""
    shortest = min(len(prompt) for prompt in prompts) - 1
    length = 0
    while length < shortest and all(prompt[length] == prompts[0][length] for prompt in prompts):
        length += 1
    return prompts[0][:length]


def is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class Engine:
    """One model and one context; sequence 0 holds the cached prefix, 1.. the requests."""

    def __init__(self, path, threads, batch_size, grammar):
        llama_cpp.llama_backend_init()
        silence = llama_cpp.llama_log_callback(lambda level, text, data: None)
        self.silence = silence  # kept, or the callback would be freed
        llama_cpp.llama_log_set(silence, ctypes.c_void_p(0))
        self.model = llama_cpp.llama_model_load_from_file(
            path.encode(), llama_cpp.llama_model_default_params()
        )
        if not self.model:
            raise SystemExit(f"llama.cpp can't load {path}")
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = CONTEXT_TOKENS
        params.n_batch = CONTEXT_TOKENS
        params.n_ubatch = 512
        params.n_seq_max = batch_size + 1
        params.n_threads = threads
        params.n_threads_batch = threads
        params.kv_unified = True
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)
        self.vocab_size = llama_cpp.llama_vocab_n_tokens(self.vocab)
        self.batch = llama_cpp.llama_batch_init(CONTEXT_TOKENS, 0, 1)
        self.grammar = grammar.encode()
        self.prefix = []

    def cache_prefix(self, tokens):
        self.prefix = tokens
        if tokens:
            self.decode([(token, position, 0, False) for position, token in enumerate(tokens)])

    def answer(self, prompts):
        """Greedy completions of all prompts, decoded together; token ids without the end token."""
        start = len(self.prefix)
        entries, asked = [], []
        for sequence, prompt in enumerate(prompts, start=1):
            if start:
                llama_cpp.llama_memory_seq_cp(self.memory, 0, sequence, -1, -1)
            rest = prompt[start:]
            for offset, token in enumerate(rest):
                entries.append((token, start + offset, sequence, offset == len(rest) - 1))
            asked.append(len(entries) - 1)
        self.decode(entries)
        open_requests = {
            index: (asked[index], self.new_grammar()) for index in range(len(prompts))
        }
        answers = [[] for _ in prompts]
        while open_requests:
            entries, still_open = [], {}
            for index, (place, grammar) in open_requests.items():
                token = self.most_likely(place, grammar)
                if llama_cpp.llama_vocab_is_eog(self.vocab, token):
                    llama_cpp.llama_sampler_free(grammar)
                    continue
                llama_cpp.llama_sampler_accept(grammar, token)
                answers[index].append(token)
                position = len(prompts[index]) + len(answers[index]) - 1
                still_open[index] = (len(entries), grammar)
                entries.append((token, position, index + 1, True))
            if entries:
                self.decode(entries)
            open_requests = still_open
        for sequence in range(1, len(prompts) + 1):
            llama_cpp.llama_memory_seq_rm(self.memory, sequence, -1, -1)
        return answers

    def new_grammar(self):
        grammar = llama_cpp.llama_sampler_init_grammar(self.vocab, self.grammar, b"root")
        if not grammar:
            raise SystemExit("llama.cpp does not accept the grammar")
        return grammar

    def decode(self, entries):
        """Feeds (token, position, sequence, whether its logits are wanted)."""
        batch = self.batch
        batch.n_tokens = len(entries)
        for index, (token, position, sequence, wanted) in enumerate(entries):
            batch.token[index] = token
            batch.pos[index] = position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = wanted
        status = llama_cpp.llama_decode(self.context, batch)
        if status != 0:
            raise SystemExit(f"llama_decode failed with {status}")

    def most_likely(self, place, grammar):
        pointer = llama_cpp.llama_get_logits_ith(self.context, place)
        logits = numpy.ctypeslib.as_array(pointer, shape=(self.vocab_size,))
        best = int(logits.argmax())
        if self.allowed(grammar, numpy.array([best], numpy.int32), logits)[0]:
            return best
        ids = numpy.arange(self.vocab_size, dtype=numpy.int32)
        fitting = self.allowed(grammar, ids, logits)
        return int(numpy.where(fitting, logits, -numpy.inf).argmax())

    def allowed(self, grammar, ids, logits):
        data = numpy.zeros(len(ids), TOKEN_DATA)
        data["id"] = ids
        data["logit"] = logits[ids]
        array = llama_cpp.llama_token_data_array(
            data=ctypes.cast(data.ctypes.data, llama_cpp.llama_token_data_p),
            size=len(ids),
            selected=-1,
            sorted=False,
        )
        llama_cpp.llama_sampler_apply(grammar, ctypes.byref(array))
        return numpy.isfinite(data["logit"])

    def text(self, tokens):
        parts = []
        for token in tokens:
            buffer = ctypes.create_string_buffer(64)
            size = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, 64, 0, False)
            parts.append(buffer.raw[: max(size, 0)])
        return b"".join(parts).decode("utf-8", errors="replace")


if __name__ == "__main__":
    main()
