"""Makes gemma-3-270m.json and gemma-3-270m.safetensors, with torch and transformers 4.57.

    python make-gemma3.py FOLDER-WITH-THE-MODEL IDS.json

IDS.json lists the prompts with their ids, as llama.cpp has them: [{"text": …, "ids": […]}, …]. Kept are, of each prompt's last
position, what leaves three blocks and every 97th logit, and the 16 ids that follow greedily.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

LAYERS, STRIDE = [0, 8, 17], 97
folder, prompts = sys.argv[1], json.load(open(sys.argv[2]))
here = pathlib.Path(__file__).parent
model = AutoModelForCausalLM.from_pretrained(
    folder, gguf_file="gemma-3-270m.Q4_K_M.gguf", dtype=torch.float32, attn_implementation="eager").eval()
numbers = {}
for number, prompt in enumerate(prompts):
    ids = torch.tensor([prompt["ids"]])
    rows = {}
    handles = [
        model.model.layers[layer].register_forward_hook(
            lambda m, a, out, layer=layer: rows.__setitem__(layer, out[0][0, -1].clone()))
        for layer in LAYERS]
    with torch.inference_mode():
        logits = model(ids).logits[0, -1]
        for handle in handles:
            handle.remove()
        greedy = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=16,
                                do_sample=False, eos_token_id=None, pad_token_id=0)
    numbers[f"{number}.logits"] = logits[::STRIDE].clone()
    for layer, row in rows.items():
        numbers[f"{number}.blocks.{layer}.hook_resid_post"] = row
    prompt["greedy"] = greedy[0, ids.shape[1]:].tolist()
save_file(numbers, str(here / "gemma-3-270m.safetensors"))
(here / "gemma-3-270m.json").write_text(
    json.dumps({"layers": LAYERS, "stride": STRIDE, "prompts": prompts}, ensure_ascii=False) + "\n")
