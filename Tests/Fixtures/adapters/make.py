#!/usr/bin/env python3
"""Adapters of every kind that is read, for the tiny models, and the logits that PEFT gives with them (unmerged)."""
import os
import pathlib
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parent / "models"
IDS = torch.tensor([[1, 5, 9, 33, 7, 12]])
Q, V = "q_proj", "v_proj"
KINDS = {
    "head": ("tiny-llama2", dict(target_modules=[Q, "lm_head"])),
    "embed": ("tiny-llama2", dict(target_modules=[Q, "embed_tokens"])),
    "saved": ("tiny-llama2", dict(target_modules=[Q], modules_to_save=["lm_head", "norm"])),
    "tied-head": ("tiny-gemma2-hooks", dict(target_modules=[Q, "lm_head"])),
    "tied-embed": ("tiny-gemma2-hooks", dict(target_modules=[Q, "embed_tokens"])),
    "tied-both": ("tiny-gemma2-hooks", dict(target_modules=["embed_tokens", "lm_head"])),
    "tied-saved-head": ("tiny-gemma2-hooks", dict(target_modules=[Q], modules_to_save=["lm_head"])),
    "tied-saved-embed": ("tiny-gemma2-hooks", dict(target_modules=[Q], modules_to_save=["embed_tokens"])),
    "tied-kept": ("tiny-gemma2-hooks", dict(target_modules=[Q], modules_to_save=["embed_tokens"], ensure_weight_tying=True)),
    "conv-bias": ("tiny-gpt2", dict(target_modules=["c_attn", "wte", "wpe"], bias="all", fan_in_fan_out=True)),
    "lora-bias": ("tiny-gpt2", dict(target_modules=["c_attn", "c_proj"], lora_bias=True)),
    "patterns": (
        "tiny-llama2",
        dict(
            target_modules=[Q, V, "up_proj"],
            rank_pattern={r"layers\.1\..*_proj": 2, "up_proj": 3},
            alpha_pattern={
                r"^model\.layers\.0\.(self_attn\.q|mlp\.up)_proj": 64, "q_proj": 2, r"layers\.[1-9]\d*\..*": 5, ".*v_proj": 16,
            },
        ),
    ),
    "stabilised": ("tiny-llama2", dict(target_modules=[Q, V], use_rslora=True, alpha_pattern={"layers.1.self_attn.q_proj": 1, "q_proj": 9})),
    "dora": ("tiny-llama2", dict(target_modules=[Q, V, "up_proj", "down_proj"], use_dora=True, rank_pattern={"up_proj": 2})),
    "dora-conv": ("tiny-gpt2", dict(target_modules=["c_attn", "c_proj", "wte"], use_dora=True, use_rslora=True, fan_in_fan_out=True)),
    "dora-tied": ("tiny-gemma2-hooks", dict(target_modules=[Q, "embed_tokens", "lm_head"], use_dora=True)),
    "lora-bias-none": ("tiny-llama2", dict(target_modules=[V, "o_proj", "up_proj", "lm_head"], lora_bias=True)),
    "lora-bias-tied": ("tiny-gemma2-hooks", dict(target_modules=["down_proj", "lm_head"], lora_bias=True)),
}


def base(name):
    # Other attention implementations leave out Gemma's soft cap.
    return AutoModelForCausalLM.from_pretrained(MODELS / name, dtype=torch.float32, attn_implementation="eager")


def main():
    chosen = sys.argv[1:] or list(KINDS)
    expected = load_file(HERE / "expected.safetensors") if sys.argv[1:] else {}
    for number, (kind, (name, options)) in enumerate(KINDS.items()):
        if kind not in chosen:
            continue
        torch.manual_seed(number)
        model = get_peft_model(base(name), LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, **options))
        for key, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.data += torch.randn_like(parameter) * 0.2
        folder = HERE / kind
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "README.md").unlink()
        config = (folder / "adapter_config.json").read_text().replace(str(MODELS / name), name)
        loaded = PeftModel.from_pretrained(base(name), folder).eval()
        (folder / "adapter_config.json").write_text(config)
        with torch.no_grad():
            expected[kind] = loaded(IDS).logits[0].contiguous()
    save_file(expected, HERE / "expected.safetensors", metadata={"tokens": "1,5,9,33,7,12"})


main()
