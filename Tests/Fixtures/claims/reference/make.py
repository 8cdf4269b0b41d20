"""What `patch`, `paths`, `trace --prompts` and `alignment` must answer, by the reference's own scripts on a tiny model.

    python make.py REFERENCE        # a checkout of the reference; torch, transformers, tokenizers, scipy, plotly

Its scripts run as they are. What stands in for TransformerLens is `Model` below, over transformers in float32; texts, which the
scripts fetch or have written in them, are replaced by ours. Kept beside what they write: the region that each random control
drew, and the same pairs with the source's own residual instead of its region's direction.
"""

import json
import os
import pickle
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoConfig, AutoModelForCausalLM

os.environ["EP_FORCE_CPU"] = "1"
sys.path.insert(0, sys.argv[1])
HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / "models" / "tiny-llama"
LAYERS = (1, 2)

TEMPLATES = {
    "metals": ("A ring of {} is", ["gold", "iron", "tin", "zinc"], ["dear", "grey", "soft", "pale"]),
    "trees": ("Under the {} we", ["oak", "elm", "birch"], ["rest", "sing", "wait"]),
}
PROBES = {
    "math": ["2 + 3 =", "7 - 4 =", "9 * 9 =", "8 / 2 =", "5 + 5 ="],
    "code": ["def f(x):", "for i in", "x = [1, 2", "return x"],
    "factual": ["A ring of gold is", "Under the oak we", "Two of the ten are"],
}
STREAM = [t.format(w) + " " + a for t, fills, answers in TEMPLATES.values() for w in fills for a in answers] + [
    f"{n} {w} lie by the {v}" for n in ("One", "Two", "Ten") for w in ("rings", "leaves", "keys") for v in ("oak", "door", "sea")]


def tokenizer():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        STREAM * 3, trainers.BpeTrainer(
            vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    made.save(str(HERE / "tokenizer.json"))
    return made


class Words:
    """The part of a transformers tokenizer that the scripts use."""

    def __init__(self, inner):
        self.inner = inner

    def encode(self, text, add_special_tokens=False):
        return self.inner.encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        return self.inner.decode(list(ids))


class Model:
    """The part of a HookedTransformer that the scripts use."""

    def __init__(self):
        config = AutoConfig.from_pretrained(FOLDER)
        # The folder was written by transformers 5, whose spelling 4 passes over.
        config.rope_theta = config.rope_parameters["rope_theta"]
        self.inner = AutoModelForCausalLM.from_pretrained(FOLDER, config=config, dtype=torch.float32, attn_implementation="eager").eval()
        self.tokenizer = Words(Tokenizer.from_file(str(HERE / "tokenizer.json")))
        self.cfg = types.SimpleNamespace(d_vocab=self.inner.config.vocab_size, d_model=self.inner.config.hidden_size)
        self.W_U = self.inner.lm_head.weight.detach().T
        self.handles = []

    def eval(self):
        return self

    def ln_final(self, rows):
        return self.inner.model.norm(rows)

    def to_tokens(self, text, prepend_bos=True):
        return torch.tensor([self.tokenizer.encode(text)])

    def add_hook(self, name, function, direction):
        layer = self.inner.model.layers[int(name.split(".")[1])]

        def hook(module, arguments, output):
            rows = output[0] if isinstance(output, tuple) else output
            changed = function(rows, None)
            if changed is None:
                return None
            return (changed, *output[1:]) if isinstance(output, tuple) else changed

        self.handles.append(layer.register_forward_hook(hook))

    def reset_hooks(self):
        for handle in self.handles:
            handle.remove()
        self.handles = []

    def __call__(self, tokens):
        with torch.no_grad():
            return self.inner(tokens, use_cache=False).logits

    def rows(self, text, layer):
        found = {}
        self.add_hook(f"blocks.{layer}.hook_resid_post", lambda rows, hook: found.update(rows=rows.detach()), "fwd")
        self(self.to_tokens(text))
        self.reset_hooks()
        return found["rows"][0].numpy()


def build(model, layer, percentile, stream=STREAM):
    from ep.discovery.calibration import calibrate
    from ep.discovery.dictionary import Dictionary

    batches = [np.concatenate([model.rows(t, layer)[1:] for t in stream[i:i + 8]]) for i in range(0, len(stream), 8)]
    calibration = calibrate(batches, percentile=percentile)
    made = Dictionary(center=calibration.center, threshold=calibration.threshold)
    start = 0
    for number, rows in enumerate(batches):
        made.add_batch(rows, iteration=number, global_index_start=start)
        start += len(rows)
    for p in made.partitions:
        p.sample_members = []
    return made


def run(module, arguments):
    sys.argv = [module.__name__, *arguments]
    module.main()


def main():
    tokenizer()
    model = Model()
    lens = types.ModuleType("transformer_lens")
    lens.HookedTransformer = types.SimpleNamespace(from_pretrained_no_processing=lambda *a, **k: model)
    sys.modules["transformer_lens"] = lens

    from scripts import exp_alignment, exp_category_firing, exp_patching, exp_resolution_paths, exp_trajectories

    dictionaries = {}
    for name, layer, percentile in (("coarse", 1, 20.0), ("fine", 1, 6.0), ("above", 2, 12.0)):
        made = build(model, layer, percentile)
        print(name, made)
        dictionaries[name] = made
        with (HERE / f"{name}.pkl").open("wb") as out:
            pickle.dump(made, out, protocol=4)

    golden = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        # Patching, in both bases.
        exp_patching.CATEGORIES = {c: (t, list(zip(f, a))) for c, (t, f, a) in TEMPLATES.items()}
        with (HERE / "items.jsonl").open("w") as out:
            for category, (template, fills, answers) in TEMPLATES.items():
                for fill, answer in zip(fills, answers):
                    out.write(json.dumps({"prompt": template.format(fill), "fill": fill, "target": answer, "category": category}) + "\n")
        swap = exp_patching._norm_preserving_swap
        for basis in ("mean", "exemplar"):
            directions = []

            def recorded(original, direction, center):
                directions.append(np.array(direction))
                return swap(original, direction, center)

            exp_patching._norm_preserving_swap = recorded
            run(exp_patching, ["--dict-path", str(HERE / "coarse.pkl"), "--layer", "1", "--basis", basis, "--output-dir", str(folder / basis),
                               "--device", "cpu"])
            exp_patching._norm_preserving_swap = swap
            found = json.loads((folder / basis / "patching.json").read_text())
            own = np.stack([p.mean_member_direction if basis == "mean" else p.exemplar_direction for p in dictionaries["coarse"].partitions])
            items = exp_patching._build_items(model.tokenizer)
            by_fill = {i.fill: i for i in items}
            center = dictionaries["coarse"].center
            hook = "blocks.1.hook_resid_post"
            for row, drawn in zip(found["rows"], directions[1::3]):
                row["random_pid"] = int(np.argmin(np.abs(own - drawn).sum(axis=1)))
                a, b = by_fill[row["a_fill"]], by_fill[row["b_fill"]]
                places = [exp_patching._find_fill_position(model, i.prompt, i.fill) for i in (a, b)]
                rows = [exp_patching._forward_capture(model, i.prompt, hook, p)[1] for i, p in zip((a, b), places)]
                base_b = exp_patching._forward_capture(model, b.prompt, hook, places[1])[0]
                unit = (rows[1] - center) / (np.linalg.norm(rows[1] - center) + 1e-12)
                logits = exp_patching._patched_logits(model, a.prompt, hook, places[0], swap(rows[0], unit, center))
                row["a_position"], row["a_target_id"] = places[0], a.target_token_id
                row["flip_row"] = int(np.argmax(logits) == b.target_token_id)
                row["lgdiff_row"] = float(logits[b.target_token_id] - logits[a.target_token_id])
                row["kl_row_to_baseline_b"] = exp_patching._kl(exp_patching._softmax(logits), exp_patching._softmax(base_b))
            golden[f"patching-{basis}"] = {"summary": found["summary"], "rows": found["rows"]}

        # Paths, in both bases, and with anchors that are in both dictionaries.
        for name, more in (("exemplar", ["--basis", "exemplar"]), ("mean", ["--basis", "mean"]),
                           ("identity", ["--basis", "exemplar", "--identity-track", "--max-members", "40"])):
            run(exp_resolution_paths, ["--dict-paths", f"{HERE / 'coarse.pkl'},{HERE / 'fine.pkl'}", "--n-pairs", "4",
                                       "--output-root", str(folder / f"paths-{name}"), "--device", "cpu", *more])
            golden[f"paths-{name}"] = json.loads((folder / f"paths-{name}" / "resolution_paths.json").read_text())["pairs"]

        run(exp_alignment, ["--dict-path", str(HERE / "fine.pkl"), "--output-dir", str(folder / "alignment"), "--device", "cpu",
                            "--n-permutations", "50"])
        found = json.loads((folder / "alignment" / "alignment.json").read_text())
        golden["alignment"] = {k: found[k] for k in ("K", "spearman_rho", "anchor_panel")}

        # Categories: how far apart the regions of one lie.
        with (HERE / "probes.jsonl").open("w") as out:
            for category, prompts in PROBES.items():
                for prompt in prompts:
                    out.write(json.dumps({"prompt": prompt, "category": category}) + "\n")
        exp_category_firing.PROMPTS_BY_CATEGORY = PROBES
        for name in ("fine", "above"):
            run(exp_category_firing, ["--dict-path", str(HERE / f"{name}.pkl"), "--layer", "1" if name == "fine" else "2",
                                      "--output-dir", str(folder / f"firing-{name}"), "--device", "cpu", "--n-permutations", "50"])
            found = json.loads((folder / f"firing-{name}" / "category_firing.json").read_text())
            golden[f"firing-{name}"] = {k: found[k] for k in (
                "cohesion", "separation", "obs_within_mean", "n_unique_partitions_per_category", "per_prompt")}

        # Trajectories, with what the script tells Weights & Biases.
        told = {}
        wandb = types.ModuleType("wandb")
        wandb.init = lambda **k: None
        wandb.finish = lambda: None
        wandb.Table = lambda columns, data: {"columns": columns, "data": data}
        wandb.log = lambda values: told.update({k: v for k, v in values.items() if isinstance(v, dict)})
        sys.modules["wandb"] = wandb
        chosen = {1: dictionaries["fine"], 2: dictionaries["above"]}
        exp_trajectories.PROBE_CATEGORIES = tuple(PROBES)
        exp_trajectories._probe_prompts = lambda category, **k: PROBES[category]
        exp_trajectories._build_library_for_layer = lambda hook_name, **k: chosen[int(hook_name.split(".")[1])]
        exp_trajectories._extract_final_activations = lambda m, prompts, hook_name, **k: np.stack(
            [m.rows(p, int(hook_name.split(".")[1]))[-1] for p in prompts])
        run(exp_trajectories, ["--layers", "1,2", "--output-dir", str(folder / "trajectories"), "--device", "cpu", "--wandb"])
        found = json.loads((folder / "trajectories" / "trajectories.json").read_text())
        golden["trajectories"] = {"paths": [t["path"] for t in found["trajectories"]],
                                  "purity": {k: told[f"purity/L{k}"]["data"] for k in LAYERS},
                                  "top": told["top_trajectories"]["data"]}
    (HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
