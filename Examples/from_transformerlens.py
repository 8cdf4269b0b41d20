"""From TransformerLens to `exemplar import`: activations of one hook and greedy answers, a batch at a time.

    python from_transformerlens.py gpt2 blocks.6.hook_resid_post prompts.jsonl folder
    exemplar import folder -o run.epstore && exemplar build run.epstore --percentile 10 -o run.epdict && exemplar run.epdict

A line of prompts.jsonl has `prompt`, and `id`, `set` (`harmful`, `benign`) and `split` (`train`, `heldout`) where known.
A folder that is there already is refused, so that no two captures are mixed. transformer_lens, torch, safetensors.
"""

import itertools
import json
import os
import sys


def read(model, prompt):
    """The ids that the model reads, and the byte of the prompt where each ends; the token that begins a text ends at 0."""
    found = model.tokenizer(prompt, return_offsets_mapping=True, add_special_tokens=False)
    ids, ends = list(found["input_ids"]), [len(prompt[:end].encode()) for _, end in found["offset_mapping"]]
    if model.cfg.default_prepend_bos:
        ids, ends = [model.tokenizer.bos_token_id, *ids], [0, *ends]
    assert ids == model.to_tokens(prompt)[0].tolist(), "this tokenizer adds tokens of its own: add them here"
    return ids, ends


def capture(model, hook, prompts, folder, tensor, save, batch=16, answer_tokens=32):
    """`tensor(lists)` makes a batch of ids; `save(rows, path)` writes a list of rows `[n, D]` as one tensor named as the hook."""
    os.makedirs(folder)
    items = [(*read(model, prompt["prompt"]), prompt) for prompt in prompts]
    items.sort(key=lambda item: len(item[0]))
    # Texts of one length need no padding, which would have to be kept out of every row.
    parts = [list(part) for _, part in itertools.groupby(items, key=lambda item: len(item[0]))]
    parts = [part[start : start + batch] for part in parts for start in range(0, len(part), batch)]
    with open(os.path.join(folder, "documents.jsonl"), "w") as documents:
        for number, part in enumerate(parts):
            ids = tensor([ids for ids, _, _ in part])
            _, cache = model.run_with_cache(ids, names_filter=hook)
            save([rows.float().cpu() for rows in cache[hook]], os.path.join(folder, f"{number:06d}.safetensors"))
            answers = model.generate(ids, max_new_tokens=answer_tokens, do_sample=False, verbose=False)
            for (own, ends, prompt), answer in zip(part, answers.tolist()):
                answer = answer[len(own) :]
                if model.tokenizer.eos_token_id in answer:
                    answer = answer[: answer.index(model.tokenizer.eos_token_id)]
                answer = model.tokenizer.decode(answer)
                line = {**prompt, "text": prompt["prompt"], "ids": own, "ends": ends, "continuation": answer}
                documents.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    import torch
    from safetensors.torch import save_file
    from transformer_lens import HookedTransformer

    name, hook, path, folder = sys.argv[1:]
    with open(path) as file:
        prompts = [json.loads(line) for line in file if line.strip()]
    model = HookedTransformer.from_pretrained_no_processing(name)
    with torch.no_grad():
        save = lambda rows, path: save_file({hook: torch.cat(rows)}, path)
        capture(model, hook, prompts, folder, lambda ids: torch.tensor(ids, device=model.cfg.device), save)
