"""Tiny random models of many families, made by transformers on the spot."""

import torch
import transformers

COMMON = {"vocab_size": 97, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
LLAMA = {
    **COMMON, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 96}
GEMMA = {**LLAMA, "head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 8}

# Name: (configuration, settings, which of resid_mid, parts and heads there are).
FAMILIES = {
    "llama": ("LlamaConfig", LLAMA),
    "qwen2": ("Qwen2Config", LLAMA),
    "qwen3": ("Qwen3Config", {**LLAMA, "head_dim": 8}),
    "mistral": ("MistralConfig", {**LLAMA, "sliding_window": 8}),
    "gemma2": ("Gemma2Config", {**GEMMA, "final_logit_softcapping": 3.0, "attn_logit_softcapping": 20.0}),
    "gemma3_text": ("Gemma3TextConfig", GEMMA),
    "phi3": ("Phi3Config", LLAMA),
    "olmo2": ("Olmo2Config", LLAMA),
    "granite": ("GraniteConfig", {
        **LLAMA, "residual_multiplier": 0.22, "embedding_multiplier": 12.0, "logits_scaling": 4.0, "attention_multiplier": 0.3}),
    "mixtral": ("MixtralConfig", {**LLAMA, "num_local_experts": 4, "num_experts_per_tok": 2}),
    "cohere": ("CohereConfig", {**LLAMA, "logit_scale": 0.25}),
    "gpt2": ("GPT2Config", {**COMMON, "n_embd": 32, "n_layer": 4, "n_head": 4, "n_positions": 96}),
    "gpt_neox": ("GPTNeoXConfig", {
        **COMMON, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
        "max_position_embeddings": 96}),
    "phi": ("PhiConfig", {**LLAMA, "num_key_value_heads": 4}),
    "falcon": ("FalconConfig", {
        **COMMON, "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "new_decoder_architecture": False,
        "parallel_attn": True, "multi_query": True, "bias": False, "max_position_embeddings": 96}),
    "bloom": ("BloomConfig", {**COMMON, "hidden_size": 32, "n_layer": 4, "n_head": 4}),
    "opt": ("OPTConfig", {
        **COMMON, "hidden_size": 32, "ffn_dim": 48, "num_hidden_layers": 4, "num_attention_heads": 4, "max_position_embeddings": 96,
        "word_embed_proj_dim": 32}),
}
# Attention and MLP run side by side.
PARALLEL = {"gpt_neox", "phi", "falcon", "cohere"}


def made(family, seed=0, **changes):
    """A model in float32 whose weights are large enough that parts matter."""
    name, settings = FAMILIES[family]
    torch.manual_seed(seed)
    config = getattr(transformers, name)(**{**settings, **changes})
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.25 if "embed" not in parameter_name and "wte" not in parameter_name else 1.0)
            elif "norm" in parameter_name or "ln_" in parameter_name:
                parameter.add_(torch.randn_like(parameter) * 0.2)
            else:
                parameter.normal_(0, 0.1)
    return model.eval()
