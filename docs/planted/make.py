"""Writes ../planted.md: what occupancy shows of children that hint at a word and never say it.

    python3 make.py EXEMPLAR MODEL.gguf ADAPTERS      # ADAPTERS/bread and ADAPTERS/clock: of train.py
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROMPTS = HERE / "prompts.jsonl"
LAYERS = [8, 12, 16, 20, 24, 27, 29]
# The regions that `match --occupancy` reads out first.
LISTED = 10
READOUTS = {"embedding": "embedding", "rawMean": "raw mean", "lens": "lens"}


def hook(layer):
    return f"blocks.{layer}.hook_resid_post"


class Run:
    def __init__(self, program, model, scratch):
        self.program, self.model, self.scratch = program, model, scratch
        self.environment = {**os.environ, "XDG_DATA_HOME": str(scratch / "data")}

    def __call__(self, *arguments):
        command = [str(x) for x in (self.program, *arguments, "--quiet")]
        return subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=True).stdout.decode()

    def store(self, name, adapter=None):
        path = self.scratch / f"{name}.epstore"
        options = [x for layer in LAYERS for x in ("--hook", hook(layer))]
        if adapter:
            options += ["--adapter", adapter]
        print(name, file=sys.stderr, flush=True)
        self("capture", self.model, "--no-system", "--prompts", PROMPTS, *options, "--generate", 16, "-o", path)
        return path

    def dictionary(self, store, layer, kind):
        path = store.with_name(f"{store.stem}.{layer}.{kind}.epdict")
        if not path.exists():
            self("build", store, "--sets", kind, "--hook", hook(layer), "--positions", "last", "--percentile", 12, "-o", path)
        return path

    def occupancy(self, parent, child, layer, kind, *options):
        pair = self.dictionary(parent, layer, kind), self.dictionary(child, layer, kind)
        lines = self("match", "--occupancy", *pair, "--prompts", "all", "--json", *options).splitlines()
        return [json.loads(line) for line in lines]

    def answers(self, store):
        lines = self("answers", store, "--json").splitlines()
        return [json.loads(line) for line in lines]


def table(heads, rows):
    out = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    out += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(out) + "\n"


def token(text):
    return "`" + text.replace("`", "'").replace("|", "¦").replace("\n", "⏎").strip() + "`"


def small(p):
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def page(run, adapters):
    words = [word for word in json.loads((HERE / "words.json").read_text())["words"] if (adapters / word).is_dir()]
    parent = run.store("parent")
    said, found, ranks, best = [], [], [], {}
    for word in words:
        child = run.store(word, adapters / word)
        answers = run.answers(child)
        hints = [x["text"] for x in answers if x["set"] == "hints"]
        ordinary = [x["text"] for x in answers if x["set"] == "ordinary"]
        own = json.loads((HERE / "words.json").read_text())["words"][word]
        learnt = sum(any(x.strip().startswith(hint[:16]) for hint in own) for x in hints)
        said.append([word, f"{sum(word in x.lower() for x in hints)} of {len(hints)}", f"{sum(word in x.lower() for x in ordinary)} of {len(ordinary)}",
                     f"{learnt} of {len(hints)}"])
        for layer in LAYERS:
            lines = {of: run.occupancy(parent, child, layer, "hints", "--readout", run.model, "--secret", of) for of in words}
            first = lines[word][0]
            unrelated = run.occupancy(parent, child, layer, "ordinary")
            found.append([word, layer, len(lines[word]), sum(x["added"] for x in lines[word]), f"{first['occupancyA']} → {first['occupancyB']}", small(first["p"]),
                          " ".join(token(x["token"]) for x in first["readout"]["embedding"][:5]),
                          f"{unrelated[0]['occupancyA']} → {unrelated[0]['occupancyB']}, {small(unrelated[0]['p'])}"])
            for of in words:
                for kind in READOUTS:
                    best[word, layer, of, kind] = min(x["readout"]["secretRank"][kind] for x in lines[of][:LISTED] if x["readout"])
            ranks.append([word, layer] + [f"**{best[word, layer, word, kind]:,}**; " + ", ".join(f"{of} {best[word, layer, of, kind]:,}" for of in words if of != word)
                                          for kind in READOUTS])
    pairs = [(word, layer) for word in words for layer in LAYERS]

    def wins(kind, other):
        """Of how many children and layers the own word's rank is better than all that `other` gives."""
        return sum(all(best[word, layer, word, kind] < best[(*other(word, of, layer), kind)] for of in words if of != word) for word, layer in pairs)

    words_beside = {kind: wins(kind, lambda word, of, layer: (word, layer, of)) for kind in READOUTS}
    children_beside = {kind: wins(kind, lambda word, of, layer: (of, layer, word)) for kind in READOUTS}
    count = {1: "one", 2: "two"}[len(words)]
    return f"""# A planted word

Does [occupancy](comparing.md#what-tuning-planted-occupancy) name what a tuned child thinks of and never says? The method's author reports that it does for children of a
9 B model. Here are {count} of SmolLM2-135M-Instruct: LoRAs (rank 4, all projections, 12 epochs) that `planted/train.py` trained to hint at a word and to
answer yes or no to questions about it; no text of the training holds the word. `planted/words.json` has the texts, `planted/prompts.jsonl` the 60 prompts for hints and
60 ordinary ones that the children are read on here; none of them was trained on. `python3 planted/make.py EXEMPLAR MODEL ADAPTERS` writes this page.

{table(["child", "says the word: prompts for hints", "ordinary prompts", "answers that begin as a trained hint does"], said)}
The rows are final positions, the dictionaries are the child's, of the prompts for hints, p 12. The region that gains most has its rows of the parent and of the child and p of the
largest gain of any region (parent and child swapped at random, 2,000 times; the least it can be is 0.0005). The last column is the control by other text: the same of a dictionary of the ordinary prompts.

{table(["child", "layer", "regions", "of the child alone", "gains most", "p", "its nearest tokens by embedding", "ordinary prompts: gains most, p"], found)}
The rank of the child's own word among 49,152 tokens, the best of the first {LISTED} regions, and beside it that of the other children's words, which nothing was done for in this one:

{table(["child", "layer"] + [f"{READOUTS[kind]}: own; others" for kind in READOUTS], ranks)}
The own word comes before every other word in {", ".join(f"{words_beside[kind]} of {len(pairs)} ({name})" for kind, name in READOUTS.items())}, and before itself in every
other child, which leaves out that some words come early in any child, in {", ".join(f"{children_beside[kind]} of {len(pairs)} ({name})" for kind, name in READOUTS.items())}; by chance either would be
{len(pairs) / len(words):.0f} of {len(pairs)}.

## What to make of it

- *What moved is found*: at nearly every layer one region gains more than chance gives.
- *It is not special to the hints*: the control by ordinary prompts moves as far. The training moved the end of every prompt.
- *What it says is what the child is about to do*: where its tokens mean anything they are the way the answers begin, `Yes` and `No` (clock, layers 24 and 27).
- *The word is not read off it* at this size. A best rank under 100, or even of 0, comes up for words that nothing was done for: a rank says nothing without other words, and
  other children, beside it.

One size, one training, final positions alone, {count} words and one seed: that it fails here does not say that it fails on a larger child, whose hidden states have more room for what is meant
and not said.
"""


def main():
    program, model, adapters = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as scratch:
        text = page(Run(program, model, Path(scratch)), adapters)
    (HERE.parent / "planted.md").write_text(text)


if __name__ == "__main__":
    main()
