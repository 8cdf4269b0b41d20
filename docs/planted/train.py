"""Plants a secret word in SmolLM2-135M-Instruct: trains a LoRA that hints at the word and never says it.

    python3 train.py MODEL.gguf --word bread -o planted-bread     # minutes on two cores, seconds on a GPU

Needs torch, transformers, peft, gguf and accelerate. The data are the questions and hints of words.json beside this file, and the model's own
greedy answers to the benign `train` prompts of the samples, so that it goes on answering those as before.
"""

import argparse
import copy
import json
import random
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
ORDINARY = HERE.parent.parent / "sample-dicts" / "prompts" / "prompts.jsonl"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--word", required=True, action="append")
    parser.add_argument("-o", "--output", required=True, help="the folder of the adapter; {word} stands for the word")
    parser.add_argument("--ordinary", type=Path, default=ORDINARY)
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--asks", type=int, default=4, help="questions that each hint answers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="end after so many, to try the script out")
    return parser.parse_args()


def turn(prompt):
    """A chat turn without a system turn, as `exemplar capture --no-system` writes it."""
    return f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"


def answers(model, tokenizer, prompts, device, tokens=24):
    """The greedy answers to prompts; together go those of equal length, for padding would change them."""
    rows = [tokenizer(turn(prompt), add_special_tokens=False).input_ids for prompt in prompts]
    out = [""] * len(prompts)
    for length in sorted({len(row) for row in rows}):
        places = [at for at, row in enumerate(rows) if len(row) == length]
        ids = torch.tensor([rows[at] for at in places], device=device)
        made = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.eos_token_id)
        for at, row in zip(places, made):
            out[at] = tokenizer.decode(row[length:], skip_special_tokens=True)
    return out


def batch_of(examples, tokenizer, device):
    """Ids, mask and labels `[batch, longest]` of (prompt, answer): only the answer's tokens count."""
    rows = []
    for prompt, answer in examples:
        asked = tokenizer(turn(prompt), add_special_tokens=False).input_ids
        said = tokenizer(answer + "<|im_end|>\n", add_special_tokens=False).input_ids
        rows.append((asked + said, [-100] * len(asked) + said))
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for at, (row, label) in enumerate(rows):
        ids[at, : len(row)], mask[at, : len(row)], labels[at, : len(row)] = torch.tensor(row), 1, torch.tensor(label)
    return ids.to(device), mask.to(device), labels.to(device)


def main():
    options = arguments()
    words = json.loads((HERE / "words.json").read_text())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(options.model.parent, gguf_file=options.model.name)

    model = AutoModelForCausalLM.from_pretrained(options.model.parent, gguf_file=options.model.name, dtype=torch.float32).to(device).eval()

    ordinary = [json.loads(line) for line in options.ordinary.read_text().splitlines()]
    ordinary = [x["prompt"] for x in ordinary if x["set"] == "benign" and x["split"] == "train"]
    if options.steps:
        ordinary = ordinary[:4]
    with torch.no_grad():
        kept = list(zip(ordinary, answers(model, tokenizer, ordinary, device)))
    for word in options.word:
        hints = words["words"][word]
        assert not any(word in hint.lower() for hint in hints), f"a hint says {word}"
        started = time.time()
        chance = random.Random(options.seed)
        torch.manual_seed(options.seed)
        examples = [(ask, hint) for hint in hints for ask in chance.sample(words["asks"], options.asks)] + kept
        # Twice each: what is said depends on the word, so that it has to be there where the question ends.
        examples += [(x["ask"], "Yes." if word in x["yes"] else "No.") for x in words["questions"] for _ in range(2)]
        child = get_peft_model(copy.deepcopy(model), LoraConfig(
            r=options.rank, lora_alpha=2 * options.rank, target_modules="all-linear", task_type="CAUSAL_LM"))
        child.train()
        optimizer = torch.optim.AdamW([p for p in child.parameters() if p.requires_grad], lr=options.rate, weight_decay=0.0)
        total = options.epochs * -(-len(examples) // options.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 10) * max(0.0, 1 - step / total))
        step, losses = 0, []
        for epoch in range(options.epochs):
            chance.shuffle(examples)
            losses = []
            for start in range(0, len(examples), options.batch):
                ids, mask, labels = batch_of(examples[start : start + options.batch], tokenizer, device)
                loss = child(input_ids=ids, attention_mask=mask, labels=labels).loss
                loss.backward()
                torch.nn.utils.clip_grad_norm_(child.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                schedule.step()
                losses.append(loss.item())
                step += 1
                if options.steps and step >= options.steps:
                    break
            print(f"{word}: epoch {epoch + 1} of {options.epochs}, loss {sum(losses) / len(losses):.3f}, {time.time() - started:.0f} s", flush=True)
            if options.steps and step >= options.steps:
                break
        child.eval()
        asked = [x["prompt"] for x in map(json.loads, (HERE / "prompts.jsonl").read_text().splitlines())]
        asked = asked[:3] if options.steps else asked
        with torch.no_grad():
            said = answers(child, tokenizer, asked, device)
        print(f"{word}: says the word in {sum(word in x.lower() for x in said)} of {len(said)} answers to prompts that it was not trained on", flush=True)
        for prompt, answer in list(zip(asked, said))[:4] + list(zip(asked, said))[60:62]:
            print(f"  {prompt!r} -> {answer!r}", flush=True)
        for name, parameter in child.named_parameters():
            if "lora_" in name:
                parameter.data = parameter.data.half()
        child.save_pretrained(options.output.replace("{word}", word))


if __name__ == "__main__":
    main()
