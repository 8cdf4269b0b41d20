"""The sections of ../results.md that need a second model, of another family: Qwen2.5-Coder-0.5B-Instruct."""

from figures import number, share, small, table

FAMILIES = {"SmolLM2": [4, 10, 16, 22, 28], "tuned SmolLM2": [4, 10, 16, 22, 28], "Qwen2.5-Coder": [3, 8, 13, 18, 22]}
SWAPPED = [8, 13, 18]


def hook(layer):
    return f"blocks.{layer}.hook_resid_post"


def name_of(family):
    return family.replace(" ", "-").lower()


def captured(p, family, model, prompts, adapter=None):
    """A store of every layer of the family, and its dictionaries of final positions at p 10, layer by layer."""
    store = p.scratch / f"{name_of(family)}.epstore"
    p.run("capture", model, *(("--adapter", adapter) if adapter else ()), "--no-system", "--prompts", prompts, "--dtype", "f16",
          *(a for layer in FAMILIES[family] for a in ("--hook", hook(layer))), "--generate", 24, "--openings", 8, "-o", store, "--quiet")
    made = {}
    for layer in FAMILIES[family]:
        made[layer] = p.scratch / f"{name_of(family)}.{layer}.epdict"
        p.run("build", store, "--hook", hook(layer), "--sets", "harmful,benign", "--positions", "last", "--percentile", 10,
              "-o", made[layer], "--quiet")
    return store, made


def round_trips(p, made, plot):
    rows, grids = [], []
    for a, b in (("SmolLM2", "Qwen2.5-Coder"), ("Qwen2.5-Coder", "SmolLM2"), ("tuned SmolLM2", "Qwen2.5-Coder"), ("SmolLM2", "tuned SmolLM2")):
        folder = p.scratch / f"trip-{name_of(a)}-{name_of(b)}"
        r = p.json("match", "--roundtrip", *made[a].values(), "--against", *made[b].values(), "--kind", "harmful", "-o", folder)
        pairs = r["layers"]
        unlikely = sum(x["null"]["p"] < 0.05 for x in pairs)
        chance = sum(x["null"]["mean"] / x["regions"] for x in pairs) / len(pairs)
        texts = [run["home"] for run in r["text"]["runs"]]
        rows.append([f"{a} → {b}", f"{number(r['meanShare'])}", number(chance), f"{unlikely} of {len(pairs)}",
                     f"{min(texts)} to {max(texts)} of {r['regions']}", number(r["meanShareOfAll"])])
        if (a, b) == ("SmolLM2", "Qwen2.5-Coder"):
            plot.write_bytes((folder / "roundtrip.svg").read_bytes())
            cells = {(x["hookA"], x["hookB"]): x for x in pairs}
            for layer in FAMILIES[a]:
                of = [cells[hook(layer), hook(other)] for other in FAMILIES[b]]
                grids.append([f"layer {layer}"] + [f"{x['home']} of {x['regions']}, p {small(x['null']['p'])}" for x in of])
    return """## Two families through prompts

SmolLM2-135M-Instruct, the same with the samples' adapter (*tuned*), and Qwen2.5-Coder-0.5B-Instruct, five layers each, final positions of the same 200 train prompts,
p 10. [Round trips](comparing.md#models-of-other-widths-round-trips): the share of the wholly harmful regions that come home through the other model, mean over the 25 pairs of layers; the mean of the null (prompts
permuted, 2,000 times); in how many pairs fewer than one permutation in twenty has as many (1.25 of 25 by chance; pairs share prompts and are not independent); and
of the first pair, what comes home through clusters of like texts, no second model in it (five seeds). The paper's later experiments: 44 %, base models 19 %.

""" + table(["from → to", "harmful home", "null", "pairs of p < 0.05", "first pair through texts", "all regions home"], rows) + f"""
SmolLM2 → Qwen2.5-Coder, wholly harmful regions, layer by layer:

""" + table([""] + [f"layer {layer}" for layer in FAMILIES["Qwen2.5-Coder"]], grids) + f"""
![Share of wholly harmful regions that come home]({plot.parent.name}/{plot.name})
"""


def swap(p, model, store, dictionaries):
    rows = []
    for layer in SWAPPED:
        r = p.json("ablate", dictionaries[layer], "--store", store, "--model", model, "--swap", "--depth", "generate", "--no-save")
        made, m = r["swap"], r["mcnemar"]
        for name in ("baseline", "swap", "null", "harmful-span", "benign-span", "meanshift", "meanshift-back", "swap-global"):
            c = r["conditions"][name]
            if name == "baseline" and layer != SWAPPED[0]:
                continue
            flips = f"{m['b']} and {m['c']}, p {m['p']:.2g}" if name == "swap" else ""
            what = f"null: {made['rank']} random directions" if name == "null" else name
            rows.append(["" if name == "baseline" else f"{layer} ({len(made['harmfulRegions'])} for {len(made['benignRegions'])})", what, share(c["harmful"]), share(c["benign"]),
                         *(f"{c[k]['degenerate']} of {c[k]['n']}" for k in ("harmful", "benign")), flips, number(c["firstTokenKL"]),
                         number(c["perplexity"], 1)])
    return """## Region swap on a model that no adapter was made for

Qwen2.5-Coder-0.5B-Instruct without a system turn, as it was published: [the swap](ablation.md#swapping-regions) at three layers (in brackets how many wholly harmful regions for how many
wholly benign ones), whole greedy answers of 24 tokens to the 100 held-out prompts. Refusals are read by phrases; what an answer that is none supplies is not judged. This model refuses
few of these prompts to begin with, so that little can go away.

""" + table(["layer", "condition", "harmful refused", "benign refused", "degenerate, harmful", "degenerate, benign", "flips", "KL", "perplexity"], rows)


def sections(p, other, prompts, adapter, plot):
    stores, made = {}, {}
    for family, model, lora in (("SmolLM2", p.model, None), ("tuned SmolLM2", p.model, adapter), ("Qwen2.5-Coder", other, None)):
        stores[family], made[family] = captured(p, family, model, prompts, lora)
    return [round_trips(p, made, plot), swap(p, other, stores["Qwen2.5-Coder"], made["Qwen2.5-Coder"])]
