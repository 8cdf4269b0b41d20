"""Makes tiny models with random weights and their golden numbers, with torch, transformers and gguf.

    python make-tiny.py FOLDER [NAME…]
    python make-tiny.py FOLDER tiny-qwen2

Each folder gets config.json, model.safetensors (one is sharded) and golden.safetensors: input_ids,
logits, every block's hooks, and greedy_ids (a prompt of 6 tokens and what follows). The .gguf files
hold the same weights in the layout of llama.cpp's converters; transformers reads them back (all but
those families that it cannot) to check that the layout is right.
"""

import pathlib
import sys

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

SIZES = dict(vocab_size=96, max_position_embeddings=64, bos_token_id=1, eos_token_id=2)
LLAMA = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, **SIZES)
MODELS = {
    "tiny-llama2": ("llama", dict(LLAMA)),
    "tiny-qwen3": ("qwen3", dict(LLAMA, head_dim=12, tie_word_embeddings=True)),
    "tiny-gpt2": ("gpt2", dict(vocab_size=96, n_positions=64, n_embd=32, n_layer=2, n_head=4)),
    "tiny-llama3": ("llama", dict(
        LLAMA, attention_bias=True, mlp_bias=True, tie_word_embeddings=False,
        rope_parameters=dict(rope_type="llama3", rope_theta=500.0, factor=4.0, low_freq_factor=1.0,
                             high_freq_factor=4.0, original_max_position_embeddings=32))),
    "tiny-mistral": ("mistral", dict(
        LLAMA, head_dim=8, sliding_window=5, tie_word_embeddings=False,
        rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5))),
    "tiny-gemma2-hooks": ("gemma2", dict(
        LLAMA, head_dim=12, sliding_window=6, query_pre_attn_scalar=12)),
    "tiny-neox-sequential": ("gpt_neox", dict(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        use_parallel_residual=False, hidden_act="gelu",
        rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5),
        **SIZES)),
    # A window and a rotary base of their own in five layers of six.
    "tiny-gemma3-hooks": ("gemma3_text", dict(
        SIZES, hidden_size=16, intermediate_size=24, num_hidden_layers=6, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, sliding_window=5, query_pre_attn_scalar=8,
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", rope_theta=1e6, factor=4.0),
            sliding_attention=dict(rope_type="default", rope_theta=1e4)))),
    "tiny-phi3-hooks": ("phi3", dict(
        LLAMA, head_dim=8, sliding_window=5, pad_token_id=0, rope_parameters=dict(
            rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.75))),
    "tiny-olmo2-hooks": ("olmo2", dict(LLAMA)),
    "tiny-granite-hooks": ("granite", dict(
        LLAMA, embedding_multiplier=6.0, attention_multiplier=0.3, residual_multiplier=0.6,
        logits_scaling=4.0)),
    "tiny-mixtral-hooks": ("mixtral", dict(LLAMA, num_local_experts=5, num_experts_per_tok=2)),
    "tiny-qwen3-moe-hooks": ("qwen3_moe", dict(
        LLAMA, head_dim=12, num_experts=6, num_experts_per_tok=3, moe_intermediate_size=24,
        norm_topk_prob=True)),
}
# What transformers does not read back from GGUF files, or not with all settings.
UNREAD = ["gpt_neox", "gemma3_text", "phi3", "olmo2", "granite", "mixtral"]


def make(kind, settings):
    torch.manual_seed(sum(map(ord, kind)))
    config = AutoConfig.for_model(kind, **settings)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    for name, parameter in model.named_parameters():
        is_norm = parameter.ndim == 1 and not name.endswith("bias")
        scale = 0.2 if parameter.ndim == 1 else 1.2 / parameter.shape[-1] ** 0.5
        # A router that tells rows apart.
        scale *= 3 if name.endswith("mlp.gate.weight") else 1
        parameter.data = torch.randn_like(parameter) * scale
        if is_norm and not kind.startswith("gemma"):
            parameter.data += 1
    return model


def blocks(model):
    inner = model.base_model
    return inner.h if hasattr(inner, "h") else inner.layers


def golden(model):
    """Logits, hooks and greedy ids; the hooks' names are TransformerLens's."""
    ids = torch.randint(3, 96, (2, 14))
    result = {}
    handles = []
    for index, block in enumerate(blocks(model)):
        def keep(name, index=index):
            return lambda value: result.__setitem__(f"blocks.{index}.{name}", value.clone())
        attention = getattr(block, "self_attn", None) or getattr(block, "attn", None) or block.attention
        output = next(getattr(attention, n) for n in ("o_proj", "c_proj", "dense")
                      if hasattr(attention, n))
        normed = hasattr(block, "post_feedforward_layernorm")
        after_attention = block.post_attention_layernorm if normed else attention
        after_mlp = block.post_feedforward_layernorm if normed else block.mlp
        first = lambda value: value[0] if isinstance(value, tuple) else value
        factor = getattr(block, "residual_multiplier", 1)
        added = lambda value: first(value) * factor
        for module, name, before in (
            (block, "hook_resid_pre", True), (output, "attn.hook_z", True),
            (after_attention, "hook_attn_out", False), (after_mlp, "hook_mlp_out", False),
            (block, "hook_resid_post", False)):
            put = keep(name)
            if before:
                handles.append(module.register_forward_pre_hook(
                    lambda m, a, k, put=put: put((a or list(k.values()))[0]), with_kwargs=True))
            else:
                of = first if module is block else added
                handles.append(module.register_forward_hook(
                    lambda m, a, o, put=put, of=of: put(of(o))))
    with torch.inference_mode():
        result["logits"] = model(ids).logits
        for handle in handles:
            handle.remove()
        greedy = model.generate(ids[:, :6], max_new_tokens=12, min_new_tokens=12, do_sample=False,
                                pad_token_id=0, eos_token_id=None)
    for index in range(len(blocks(model))):
        result[f"blocks.{index}.hook_resid_mid"] = (
            result[f"blocks.{index}.hook_resid_pre"] + result[f"blocks.{index}.hook_attn_out"])
    return {"input_ids": ids, "greedy_ids": greedy, **{k: v.contiguous() for k, v in result.items()}}


NAMES = {
    "embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "ln_1": "attn_norm",
    "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
    "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
    "embed_in": "token_embd", "final_layer_norm": "output_norm", "embed_out": "output",
    "attention.query_key_value": "attn_qkv", "attention.dense": "attn_output",
    "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down",
    "self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up", "mlp.gate": "ffn_gate_inp",
}
SANDWICHED = {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
         "post_feedforward_layernorm": "post_ffw_norm"}


def write_gguf(path, kind, model):
    arch = {"gpt_neox": "gptneox", "mistral": "llama", "mixtral": "llama", "gemma3_text": "gemma3",
            "qwen3_moe": "qwen3moe"}.get(kind, kind)
    config = model.config
    writer = gguf.GGUFWriter(str(path), arch)
    heads = config.num_attention_heads
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(getattr(config, "intermediate_size", None) or 4 * config.hidden_size)
    writer.add_head_count(heads)
    if kind in ("gpt2", "gpt_neox"):
        writer.add_layer_norm_eps(
            config.layer_norm_epsilon if kind == "gpt2" else config.layer_norm_eps)
    else:
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_head_count_kv(config.num_key_value_heads)
        rope = config.rope_parameters.get("full_attention", config.rope_parameters)
        writer.add_rope_freq_base(rope["rope_theta"])
        if rope["rope_type"] == "linear":
            writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            writer.add_rope_scaling_factor(rope["factor"])
        head = getattr(config, "head_dim", None) or config.hidden_size // heads
        writer.add_key_length(head)
        writer.add_value_length(head)
    if kind == "gpt_neox":
        writer.add_rope_dimension_count(
            int(config.hidden_size // heads * config.rope_parameters["partial_rotary_factor"]))
        writer.add_parallel_residual(config.use_parallel_residual)
    if kind == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    if kind == "phi3":
        writer.add_rope_dimension_count(
            int(head * config.rope_parameters["partial_rotary_factor"]))
    if kind == "granite":
        writer.add_attention_scale(config.attention_multiplier)
        writer.add_embedding_scale(config.embedding_multiplier)
        writer.add_residual_scale(config.residual_multiplier)
        writer.add_logit_scale(config.logits_scaling)
    if kind in ("mixtral", "qwen3_moe"):
        writer.add_expert_count(config.num_experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
    if kind == "qwen3_moe":
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"<{i}>" for i in range(config.vocab_size)])
    for name, value in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings or "rotary" in name:
            continue
        if name.endswith("embed_scale"):
            continue
        value = value.numpy()
        parts = name.split(".")
        suffix = parts[-1]
        block = next((p for p in parts if p.isdigit()), None)
        inner = ".".join(parts[parts.index(block) + 1:-1]) if block else parts[-2]
        prefix = f"blk.{block}." if block else ""
        if inner == "mlp.experts":
            if suffix == "down_proj":
                writer.add_tensor(f"{prefix}ffn_down_exps.weight", value)
            else:
                for part, half in zip(("gate", "up"), np.split(value, 2, axis=1)):
                    writer.add_tensor(
                        f"{prefix}ffn_{part}_exps.weight", np.ascontiguousarray(half))
            continue
        is_gemma = kind.startswith("gemma")
        has_later_norms = is_gemma or kind == "olmo2"
        target = (SANDWICHED if has_later_norms and inner in SANDWICHED else NAMES)[inner]
        if kind == "gpt2" and ".c_" in name and value.ndim == 2:
            value = value.T
        if is_gemma and "norm" in inner:
            value = value + 1
        if arch in ("llama", "granite") and target in ("attn_q", "attn_k"):
            count = heads if target == "attn_q" else config.num_key_value_heads
            rest = value.shape[1:]
            value = value.reshape(count, 2, -1, *rest).swapaxes(1, 2).reshape(value.shape)
        if kind == "gpt_neox" and target == "attn_qkv":
            rest = value.shape[1:]
            value = value.reshape(heads, 3, -1, *rest).swapaxes(0, 1).reshape(value.shape)
        writer.add_tensor(f"{prefix}{target}.{suffix}", np.ascontiguousarray(value))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    root = pathlib.Path(sys.argv[1])
    if sys.argv[2:] == ["tiny-qwen2"]:
        # What the folder gives when it is loaded: unlike golden.safetensors, whose model was cast
        # to bfloat16 and back, rotary frequencies and all.
        model = AutoModelForCausalLM.from_pretrained(root / "tiny-qwen2", dtype=torch.float32)
        numbers = golden(model.eval())
        save_file({name: numbers[name] for name in ("input_ids", "logits")},
                  str(root / "tiny-qwen2" / "golden-loaded.safetensors"))
        return
    for name in sys.argv[2:] or MODELS:
        kind, settings = MODELS[name]
        folder = root / name
        model = make(kind, settings)
        model.save_pretrained(folder, max_shard_size="40KB" if name == "tiny-mistral" else "1GB")
        (folder / "generation_config.json").unlink(missing_ok=True)
        loaded = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        numbers = golden(loaded)
        save_file(numbers, str(folder / "golden.safetensors"))
        if name in ("tiny-llama3", "tiny-mistral"):
            continue
        file = folder / "model.gguf"
        write_gguf(file, kind, model)
        if kind in UNREAD:
            continue
        again = AutoModelForCausalLM.from_pretrained(
            folder, gguf_file="model.gguf", config=loaded.config, dtype=torch.float32).eval()
        with torch.inference_mode():
            found = again(numbers["input_ids"]).logits
        print(name, "GGUF read by transformers:", (found - numbers["logits"]).abs().max().item(),
              "of", numbers["logits"].abs().max().item())


main()
