"""Writes activations of a Hugging Face model for `exemplar import FOLDER -o RUN.epstore`."""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

name, prompts, layer, out = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
tokenizer = AutoTokenizer.from_pretrained(name)
model = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32).eval()
out.mkdir(parents=True, exist_ok=True)
rows, lines = [], []
for line in prompts.read_text().splitlines():
    prompt = json.loads(line)
    text = prompt["prompt"]
    if tokenizer.chat_template:
        turn = [{"role": "user", "content": text}]
        text = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
    encoded = tokenizer(text, add_special_tokens=not tokenizer.chat_template, return_offsets_mapping=True)
    # Offsets count characters; the store counts bytes of UTF-8.
    ends = [len(text[:end].encode()) for _, end in encoded["offset_mapping"]]
    ends = [max(ends[: i + 1]) for i in range(len(ends))]
    with torch.no_grad():
        hidden = model(torch.tensor([encoded["input_ids"]]), output_hidden_states=True).hidden_states
    rows.append(hidden[layer + 1][0])
    lines.append({**prompt, "set": prompts.stem, "text": text, "ids": encoded["input_ids"], "ends": ends})
(out / "documents.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
save_file({f"blocks.{layer}.hook_resid_post": torch.cat(rows).contiguous()}, out / "rows.safetensors")
