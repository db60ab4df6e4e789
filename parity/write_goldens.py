"""Writes the golden values of crates/engine/tests/golden.rs.

Tiny random checkpoints of every family are saved by transformers itself; logits and losses come
from transformers (f32, eager attention), gradients from peft, dequantised numbers from gguf.
"""

import argparse
import json
import math
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gguf
import numpy as np
import peft
import safetensors
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    Ministral3Config,
    Mistral3Config,
    MistralConfig,
    PixtralVisionConfig,
    Qwen2Config,
    Qwen3Config,
)

VERSIONS = {
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "peft": peft.__version__,
    "gguf": "unversioned" if not hasattr(gguf, "__version__") else gguf.__version__,
    "safetensors": safetensors.__version__,
    "numpy": np.__version__,
}
SEED = 20240607
TOKENS = 40
PROMPT = 24
SIZES = dict(
    vocab_size=96,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    initializer_range=0.15,
    max_position_embeddings=256,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
    rms_norm_eps=1e-5,
)
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

YARN = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "original_max_position_embeddings": 16,
    "beta_fast": 4.0,
    "beta_slow": 1.0,
    "mscale": 1.0,
    "mscale_all_dim": 1.0,
    "llama_4_scaling_beta": 0.1,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def families():
    """Name, configuration, dtype on disk, whether in shards."""
    yield "llama", LlamaConfig(**SIZES, tie_word_embeddings=True), torch.float32, False
    yield "llama_bias_f16", LlamaConfig(**SIZES, attention_bias=True), torch.float16, False
    yield "llama_rope3", LlamaConfig(**SIZES, head_dim=16, rope_parameters=LLAMA3), torch.float32, False
    yield "mistral", MistralConfig(**SIZES, head_dim=16, sliding_window=8), torch.bfloat16, True
    yield "ministral3", Ministral3Config(**SIZES, head_dim=16, rope_parameters=YARN, tie_word_embeddings=True), torch.float32, False
    yarn = {k: v for k, v in YARN.items() if k not in ("mscale", "mscale_all_dim", "llama_4_scaling_beta")}
    yield "llama_yarn", LlamaConfig(**SIZES, rope_parameters=yarn), torch.bfloat16, False
    yield "qwen2", Qwen2Config(**SIZES, tie_word_embeddings=True), torch.bfloat16, False
    yield "qwen3", Qwen3Config(**SIZES, head_dim=16), torch.bfloat16, True


def randomise(model):
    """Norms and biases start at one and zero, where an error would not show."""
    generator = torch.Generator().manual_seed(SEED + 1)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            parameter.data.copy_(1 + 0.3 * torch.randn(parameter.shape, generator=generator))
        elif name.endswith(".bias"):
            parameter.data.copy_(0.2 * torch.randn(parameter.shape, generator=generator))


def write_tokenizer(directory):
    characters = sorted(pre_tokenizers.ByteLevel.alphabet())
    kept = [c for c in characters if c.isascii() and c.isalnum()] + ["Ġ", "Ċ", ",", ".", ":", "{", "}", '"']
    merges = [("a", "n"), ("Ġ", "a"), ("Ġ", "t"), ("i", "n"), ("e", "r"), ("Ġt", "o")]
    vocabulary = {text: at for at, text in enumerate(["<pad>", "<s>", "</s>"] + kept + [a + b for a, b in merges])}
    assert len(vocabulary) <= SIZES["vocab_size"]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<pad>", "<s>", "</s>")])
    tokenizer.save(str(directory / "tokenizer.json"), pretty=False)
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    (directory / "tokenizer_config.json").write_text(json.dumps(config) + "\n")


def random_tokens(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, SIZES["vocab_size"], (TOKENS,), generator=generator)


def load(directory):
    return transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, attn_implementation="eager")


def measure(model, tokens):
    """Logits of the whole text, and the mean loss of what follows the prompt."""
    labels = tokens.clone()
    labels[:PROMPT] = -100
    out = model(input_ids=tokens[None], labels=labels[None])
    return out.logits[0], out.loss


def write_family(root, name, config, dtype, sharded):
    directory = root / name
    directory.mkdir(parents=True)
    torch.manual_seed(SEED)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    randomise(model)
    model.to(dtype).save_pretrained(directory, max_shard_size="16KB" if sharded else "5GB")
    write_tokenizer(directory)

    tokens = random_tokens(SEED + 2)
    model = load(directory)
    with torch.no_grad():
        logits, loss = measure(model, tokens)
    golden = {"logits": logits.contiguous()}

    settings = peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=MODULES, task_type="CAUSAL_LM")
    torch.manual_seed(SEED + 3)
    adapted = peft.get_peft_model(model, settings)
    generator = torch.Generator().manual_seed(SEED + 4)
    for parameter_name, parameter in adapted.named_parameters():
        if "lora_B" in parameter_name:
            parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    adapted.save_pretrained(directory / "adapter")
    (directory / "adapter" / "README.md").unlink(missing_ok=True)
    scrub(directory / "adapter" / "adapter_config.json")
    adapted_logits, adapted_loss = measure(adapted, tokens)
    adapted_loss.backward()
    golden["adapter_logits"] = adapted_logits.detach().contiguous()
    for parameter_name, parameter in adapted.named_parameters():
        if parameter.grad is not None:
            golden["gradient." + parameter_name.replace(".default", "")] = parameter.grad.contiguous()
    with torch.no_grad():
        greedy = adapted.generate(input_ids=tokens[None, :8], max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)[0, 8:]
    save_file(golden, directory / "golden.safetensors")
    write_golden_json(
        directory,
        tokens=tokens.tolist(),
        prompt=PROMPT,
        loss=loss.item(),
        adapter_loss=adapted_loss.item(),
        adapter_greedy_prompt=8,
        adapter_greedy=greedy.tolist(),
    )
    print(name, "loss", loss.item(), "with adapter", adapted_loss.item())


def scrub(path):
    """peft writes the path of the base; it would differ from machine to machine."""
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = "tiny"
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=1) + "\n")


def write_golden_json(directory, **values):
    (directory / "golden.json").write_text(json.dumps({"versions": VERSIONS, **values}) + "\n")


def write_vision_wrapper(root):
    """Ministral 3 as it is published: f8 with one scale a tensor, inside a vision model."""
    source = root / "ministral3"
    directory = root / "ministral3_fp8"
    directory.mkdir()
    weights = load_file(source / "model.safetensors")
    stored, dequantised = {}, {}
    for name, tensor in weights.items():
        published = "language_model." + name
        if "_proj." in name:
            scale = tensor.abs().max() / 448
            stored[published] = (tensor / scale).to(torch.float8_e4m3fn)
            stored[published.replace(".weight", ".weight_scale_inv")] = scale.reshape(()).to(torch.float32)
            stored[published.replace(".weight", ".activation_scale")] = torch.ones(())
            dequantised[name] = stored[published].to(torch.float32) * scale
        else:
            stored[published] = tensor
            dequantised[name] = tensor
    stored["vision_tower.patch_conv.weight"] = torch.zeros(2, 2)
    stored["multi_modal_projector.linear_1.weight"] = torch.zeros(2, 2)
    save_file(stored, directory / "model.safetensors", metadata={"format": "pt"})
    text = Ministral3Config.from_pretrained(source)
    config = Mistral3Config(text_config=text, vision_config=PixtralVisionConfig(hidden_size=8, num_attention_heads=1)).to_dict()
    config["architectures"] = ["Mistral3ForConditionalGeneration"]
    config["quantization_config"] = {"quant_method": "fp8", "activation_scheme": "static", "weight_block_size": None}
    config["text_config"]["tie_word_embeddings"] = True
    (directory / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_tokenizer(directory)
    model = load(source)
    missing, unexpected = model.load_state_dict(dequantised, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    tokens = random_tokens(SEED + 2)
    with torch.no_grad():
        logits, loss = measure(model, tokens)
    save_file({"logits": logits.contiguous()}, directory / "golden.safetensors")
    write_golden_json(directory, tokens=tokens.tolist(), prompt=PROMPT, loss=loss.item())


GGUF_NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    fixed = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
    if name in fixed:
        return fixed[name]
    layer, rest = name.removeprefix("model.layers.").split(".", 1)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{GGUF_NAMES[part]}.{kind}"


def permute(weight, heads):
    """llama.cpp's convert_hf_to_gguf.py, LlamaModel.permute."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def write_gguf(root, name, architecture):
    """The same checkpoint as a GGUF file; its golden values are those of the directory."""
    source = root / name
    config = transformers.AutoConfig.from_pretrained(source)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer = gguf.GGUFWriter(root / f"{name}.gguf", architecture)
    writer.add_name(name)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_rope_dimension_count(head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        writer.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
        writer.add_rope_scaling_yarn_beta_slow(rope["beta_slow"])
        writer.add_rope_scaling_yarn_log_mul(rope["mscale_all_dim"])
        writer.add_attn_temperature_scale(rope["llama_4_scaling_beta"])
    elif rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_divisors(rope, head_dim))
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    texts = [text for text, _ in sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    texts += [f"[PAD{at}]" for at in range(len(texts), config.vocab_size)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(texts)
    writer.add_token_types([3 if t in special else 5 if t.startswith("[PAD") else 1 for t in texts])
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for tensor_name, tensor in load_file(source / "model.safetensors").items():
        weight = tensor.to(torch.float32).numpy()
        if architecture in ("llama", "mistral3"):
            if ".q_proj." in tensor_name:
                weight = permute(weight, config.num_attention_heads)
            elif ".k_proj." in tensor_name:
                weight = permute(weight, config.num_key_value_heads)
        writer.add_tensor(gguf_name(tensor_name), np.ascontiguousarray(weight))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama3_divisors(rope, head_dim):
    """llama.cpp's convert_hf_to_gguf.py, LlamaModel.generate_extra_tensors."""
    divisors = []
    low = rope["original_max_position_embeddings"] / rope["low_freq_factor"]
    high = rope["original_max_position_embeddings"] / rope["high_freq_factor"]
    for at in range(0, head_dim, 2):
        wavelength = 2 * math.pi * rope["rope_theta"] ** (at / head_dim)
        if wavelength < high:
            divisors.append(1.0)
        elif wavelength > low:
            divisors.append(rope["factor"])
        else:
            smooth = (rope["original_max_position_embeddings"] / wavelength - rope["low_freq_factor"]) / (
                rope["high_freq_factor"] - rope["low_freq_factor"]
            )
            divisors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(divisors, dtype=np.float32)


def write_dequantisation(root):
    """Random blocks of every format and the numbers that gguf reads from them."""
    kinds = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
    random = np.random.default_rng(SEED)
    golden = {}
    for name in kinds:
        kind = gguf.GGMLQuantizationType[name]
        length, size = gguf.GGML_QUANT_SIZES[kind]
        wanted, blocks = (256 if length == 1 else 4), []
        while len(blocks) < wanted:
            block = random.integers(0, 256, size, dtype=np.uint8)
            with np.errstate(all="ignore"):
                numbers = dequantised(block, kind)
            if np.isfinite(numbers).all():
                blocks.append(block)
        data = np.concatenate(blocks)
        golden[name + ".bytes"] = torch.from_numpy(data.copy())
        golden[name + ".numbers"] = torch.from_numpy(np.concatenate([dequantised(block, kind).reshape(-1) for block in blocks]))
    save_file(golden, root / "dequantise.safetensors", metadata={"versions": json.dumps(VERSIONS)})


def dequantised(block, kind):
    if kind == gguf.GGMLQuantizationType.F16:
        return block.view(np.float16).astype(np.float32)
    return np.array(gguf.quants.dequantize(block.reshape(1, -1), kind), dtype=np.float32)


TEMPLATES = {
    "chatml": "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe brief.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "headers": "{{- bos_token }}\n{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content']|trim %}\n    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system_message = \"\" %}\n{%- endif %}\n{{- \"<|header|>system<|end|>\\n\\n\" }}{{- system_message }}\n{%- for message in messages %}\n    {{- '<|header|>' + message['role'] + '<|end|>\\n\\n'+ message['content'] | trim + '<|eot|>' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|header|>assistant<|end|>\\n\\n' }}\n{%- endif %}\n",
    "alternating": "{%- if messages[0][\"role\"] == \"system\" %}\n    {%- set system_message = messages[0][\"content\"] %}\n    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n{%- set ns = namespace(index=0) %}\n{{- bos_token }}\n{%- for message in loop_messages %}\n    {%- if (message['role'] == 'user') != (ns.index % 2 == 0) %}\n        {{- raise_exception('roles must alternate') }}\n    {%- endif %}\n    {%- set ns.index = ns.index + 1 %}\n    {%- if message[\"role\"] == \"user\" %}\n        {%- if loop.last and system_message is defined %}\n            {{- \"[INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}\n        {%- else %}\n            {{- \"[INST] \" + message[\"content\"] + \"[/INST]\" }}\n        {%- endif %}\n    {%- else %}\n        {{- \" \" + message[\"content\"] + eos_token}}\n    {%- endif %}\n{%- endfor %}\n",
    "thinking": "{%- set ns = namespace(last=messages|length - 1) %}\n{%- for message in messages[::-1] %}\n    {%- set index = (messages|length - 1) - loop.index0 %}\n    {%- if message.role == \"user\" and message.content is string and not(message.content.startswith('<tool>') and message.content.endswith('</tool>')) %}\n        {%- set ns.last = index %}\n        {%- break %}\n    {%- endif %}\n{%- endfor %}\n{%- for message in messages %}\n    {%- set content = message.content %}\n    {%- set reasoning = '' %}\n    {%- if '</think>' in content %}\n        {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}\n        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}\n    {%- endif %}\n{{ message.role }}:{% if loop.index0 > ns.last and reasoning %}({{ reasoning.strip() }}){% endif %} {{ content }}\n{% endfor %}\n{%- if add_generation_prompt %}assistant:{% endif %}",
    "json": "{% for key, value in messages[0].items() %}{{ key }}={{ value|tojson }};{% endfor %}{{ messages|tojson(indent=2) }}\n{% if tools %}tools{% else %}none{% endif %} {{ messages|map(attribute='role')|join(', ') }} {{ messages[0].get('name', 'nobody') }} {{ true }} {{ none }} {{ 'a' ~ 1 }} {{ messages|selectattr('role', 'equalto', 'user')|list|length }}",
    "blocks": "  {% for message in messages %}\n    {% if message.role == 'user' %}\n  [{{ message.content.title() }}]\n    {% elif loop.last %}\n  last {{ loop.index }}\n    {% else %}\n  {{ message.content | replace('a', 'b') | upper }}\n    {% endif %}\n  {% endfor %}\nend\n",
}
MESSAGES = [
    {"role": "system", "content": " You are a careful <assistant> & \"friend\". "},
    {"role": "user", "content": "Hello, caf\u00e9?\nSecond line"},
    {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHi 'there'"},
    {"role": "user", "content": "\u3053\u3093\u306b\u3061\u306f"},
]


def write_chat_templates(root):
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(root / "llama" / "tokenizer.json"), bos_token="<s>", eos_token="</s>")
    cases = []
    for name, template in TEMPLATES.items():
        for messages in (MESSAGES, MESSAGES[1:], MESSAGES[1:2]):
            for add_generation_prompt in (True, False):
                text = tokenizer.apply_chat_template(
                    messages, chat_template=template, tokenize=False, add_generation_prompt=add_generation_prompt
                )
                cases.append(
                    dict(name=name, template=template, messages=messages, add_generation_prompt=add_generation_prompt, text=text)
                )
    (root / "chat_templates.json").write_text(json.dumps({"versions": VERSIONS, "cases": cases}, indent=1) + "\n")


def compare(recorded, fresh):
    """Refuses when a recorded number is not what today's libraries give."""
    names = sorted(path.relative_to(recorded) for path in recorded.rglob("*") if path.is_file())
    if names != sorted(path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()):
        raise SystemExit(f"other files than in {recorded}")
    problems = []
    for name in names:
        if name.suffix == ".safetensors":
            one, other = load_file(recorded / name), load_file(fresh / name)
            for key in sorted(one.keys() | other.keys()):
                if key not in one or key not in other or one[key].shape != other[key].shape:
                    problems.append(f"{name}: {key} is not in both with one shape")
                    continue
                distance = (one[key].to(torch.float64) - other[key].to(torch.float64)).abs().max().item()
                if not distance <= 1e-5:
                    problems.append(f"{name}: {key} differs by {distance}")
        elif name.name == "golden.json":
            one, other = json.loads((recorded / name).read_text()), json.loads((fresh / name).read_text())
            for key in sorted(one.keys() - {"versions"}):
                same = abs(one[key] - other[key]) <= 1e-5 if isinstance(one[key], float) else one[key] == other[key]
                if not same:
                    problems.append(f"{name}: {key} is {other[key]}, recorded is {one[key]}")
        elif name.name == "chat_templates.json":
            one, other = json.loads((recorded / name).read_text()), json.loads((fresh / name).read_text())
            if one["cases"] != other["cases"]:
                problems.append(f"{name}: another text is rendered")
    if problems:
        raise SystemExit("\n".join(problems))
    print(f"{len(names)} files as recorded")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parent.parent / "crates/engine/tests/golden"
    parser.add_argument("--out", type=Path, default=default)
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is there")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if not arguments.check:
        return write_all(arguments.out)
    with tempfile.TemporaryDirectory() as fresh:
        write_all(Path(fresh) / "golden")
        compare(arguments.out, Path(fresh) / "golden")


def write_all(root):
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for name, config, dtype, sharded in families():
        write_family(root, name, config, dtype, sharded)
    write_vision_wrapper(root)
    write_gguf(root, "llama", "llama")
    write_gguf(root, "llama_rope3", "llama")
    write_gguf(root, "ministral3", "mistral3")
    write_gguf(root, "qwen2", "qwen2")
    write_dequantisation(root)
    write_chat_templates(root)
    total = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    print(f"{total} bytes in {root}")


if __name__ == "__main__":
    main()
