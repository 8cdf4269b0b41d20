"""Writes ../results.md and the plots beside this file from the samples and the real model.

    python3 make.py EXEMPLAR MODEL OTHER      # `make results` calls it

Only counts, shares and correlations are written: no text that a model made.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import families
from figures import interval, number, share, small, table, wilson

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent.parent / "sample-dicts"
PARENT, CHILD = SAMPLES / "smollm2-instruct.epstore", SAMPLES / "smollm2-refusal.epstore"
ADAPTER = SAMPLES / "refusal-adapter"
HOOK = "blocks.16.hook_resid_post"
LAYERS = [4, 10, 16, 22, 28]


class Program:
    def __init__(self, binary, model, scratch):
        self.binary, self.model, self.scratch = binary, model, scratch
        # Nothing of this goes to the notebook of whoever runs it.
        self.environment = {**os.environ, "XDG_DATA_HOME": str(scratch / "data"), "SOURCE_DATE_EPOCH": "1795392000"}

    def run(self, *arguments):
        command = [str(a) for a in (self.binary, *arguments)]
        print("exemplar", " ".join(command[1:4]), "…", file=sys.stderr, flush=True)
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode()

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--json", "--quiet"))


def dictionary(checkpoint, kind):
    return SAMPLES / f"smollm2-{checkpoint}.{kind}.epdict"


def coverage(p):
    result = p.json(
        "coverage", dictionary("instruct", "all.p10"), f"held-out prompts={PARENT}#harmful-heldout,benign-heldout",
        f"prompts it was built from={PARENT}#harmful,benign", f"the model's own texts={PARENT}#openers",
        "--text", f"English sentences={HERE / 'english.txt'}", "--text", f"the same in French={HERE / 'french.txt'}",
        "--text", f"lines of code={HERE / 'code.txt'}", "--random-tokens", 2000, "--model", p.model,
        "--export", HERE / "coverage.svg", "--overwrite-exports")
    rows = [[s["name"], f"{s['n']} in {s['documents']}", f"{number(s['withinThreshold'])} {interval(s['within95'])}",
             number(s["mean"]), number(s["median"]), number(s["p90"]), number(s["p99"]),
             "—" if s["auroc"] is None else f"{number(s['auroc'])} {interval(s['auroc95'])}", number(s["fprAt95Recall"])]
            for s in result["sources"]]
    own = result["baselines"]
    beside = [[s["name"], s["n"]] + [f"{number(s[k]['auroc'])} {interval(s[k]['auroc95'])}"
                                    for k in ("distance", "mahalanobis", "nearestNeighbours")] for s in own["sources"]]
    return f"""## Coverage, and distance as a score for being elsewhere

`smollm2-instruct.all.p10`, {result['regions']} regions, θ {number(result['theta'])}. The first source counts as in distribution; distances are cosine
distances to the nearest exemplar; AUROC and the false-positive rate at 95 % recall tell a source from the first one (0.5 and
0.95: not at all). Intervals resample documents.

""" + table(["source", "rows in documents", "within θ", "mean", "median", "p90", "p99", "AUROC", "FPR@95"], rows) + f"""
![Share within θ](results/coverage.svg)

The null is the second row: prompts of the same kind. Beside two usual scores on the same rows ({own['inDistributionRows']} rows of the first
source; both fitted on {own['fittedRows']} others of it, the covariance shrunk by {number(own['shrinkage'])}):

""" + table(["AUROC", "rows", "nearest exemplar", "Mahalanobis", f"{own['neighbours']} nearest neighbours"], beside) + """
All prompts went through the chat template and the sentences did not, which is most of what separates the second half of the
table from the first.
"""


def probes(p):
    rows, few = [], []
    for name, kind, pool, target, classes in [
        ("refused or complied", "all.p10", "mean", "outcome", "complied,refused"),
        ("harmful or benign", "all.p10", "mean", "set", "harmful,benign"), ("category, of 20", "all.p10", "mean", "category", None),
        ("refused or complied", "last.p10", "last", "outcome", "complied,refused"),
        ("refused or complied", "last.p40", "last", "outcome", "complied,refused"),
        ("harmful or benign", "last.p10", "last", "set", "harmful,benign"), ("category, of 20", "last.p10", "last", "category", None),
    ]:
        r = p.json("probe", dictionary("refusal", kind), CHILD, "--target", target, "--pool", pool,
                   *(["--classes", classes] if classes else []), "--null-rounds", 200)
        rows.append([name, kind, pool, f"{r['rows']} in {r['groups']}", f"{number(r['readout']['accuracy'])} {interval(r['readout']['accuracy95'])}",
                     number(r["readout"]["auroc"]), f"{number(r['raw']['accuracy'])} {interval(r['raw']['accuracy95'])}",
                     number(r["raw"]["auroc"]), f"{number(r['retained'])} {interval(r['retained95'])}",
                     f"{number(r['null']['mean'])}, p {number(r['null']['p'])}"])
        if pool == "mean":
            few += [[name, s["features"], s["n"], f"{number(s['readout'])} {interval(s['readout95'])}", f"{number(s['raw'])} {interval(s['raw95'])}",
                     f"{number(s['retained'])} {interval(s['retained95'])}"] for s in r["sparse"]]
    return """## Probes: regions beside the whole activation

The child's prompts. *Mean*, the paper's measure, encodes every token of a prompt but the first and averages: one-hot becomes the share of the tokens
in each region, raw the mean activation. *Last* sees the final position alone, one region, and is no figure to set beside the paper's. Both
probes are logistic, on the same five folds, with prompts of one topic on one side. Intervals resample topics. Null: the one-hot probe on classes
dealt to topics at random, 200 times.

""" + table(["what", "dictionary", "pool", "prompts in topics", "one-hot accuracy", "AUROC", "raw accuracy", "AUROC", "retained", "null accuracy"], rows) + """
SAEBench's sparse probes, which the paper's figure is of: each class against as many of the others on the features whose means differ most, pool
*mean*, averaged over classes, so that chance is 0.5; n counts a prompt once for each class that it was tested for. With one feature the raw
baseline is a single neuron, which is a weak one; with all it is the whole activation.

""" + table(["what", "features", "n", "one-hot accuracy", "raw accuracy", "retained"], few)


def concepts(p):
    prompts = [json.loads(line) for line in (SAMPLES / "prompts" / "prompts.jsonl").open()]
    path = p.scratch / "concepts.jsonl"
    kind = lambda x: x["set"].split("-")[0]
    with path.open("w") as out:
        for concept in sorted({x["category"] for x in prompts}):
            own = {kind(x) for x in prompts if x["category"] == concept}
            for x in prompts:
                if kind(x) in own:
                    label = "positive" if x["category"] == concept else "negative"
                    out.write(json.dumps({"concept": concept, "text": x["prompt"], "label": label, "split": x["split"]}) + "\n")
    rows = []
    for rule, score in (("auroc", "signed"), ("auroc", "cosine"), ("contrast", "signed")):
        r = p.json("detect", dictionary("instruct", "all.p10"), f"{PARENT}#harmful,benign,harmful-heldout,benign-heldout",
                   "--concepts", path, "--selection", rule, "--score", score)
        mean = lambda v: f"{number(v['mean'])} {interval(v['mean95'])}"
        for basis in ("exemplar", "mean"):
            b = r[basis]
            rows.append([rule, score, basis, mean(b["auroc"]), mean(b["meanPooled"]), f"{b['distinctWinners']} of {len(r['concepts'])}",
                         mean(r["differenceOfMeans"]), mean(r["linearProbe"]), mean(b["randomRegion"])])
    held = r["concepts"][0]["heldOut"]
    return f"""## Concept detection

The 20 categories of the sample prompts as concepts, `smollm2-instruct.all.p10`: is a prompt of this category, or of another
category of its kind (harmful or benign)? The region is chosen on train prompts, by AUROC of the largest cosine or by the larger contrast of mean
cosines; held-out prompts, {held[0]} positive and about {held[1]} negative a concept, of other topics, score by the largest raw product of their tokens
(signed), or the largest cosine. The template's tokens around a prompt are left out. Means over concepts with intervals over concepts; the
null is a region drawn at random.

""" + table(["chosen by", "score", "basis", "region, max", "region, mean", "distinct regions", "difference of means", "linear probe", "random region"], rows)


def autoencoder(p):
    folder = p.scratch / "sae"
    subprocess.run([sys.executable, HERE / "train_sae.py", PARENT, folder, HOOK], check=True,
                   env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    r = p.json("compare-sae", dictionary("instruct", "all.p10"), PARENT, "--sae", folder,
               "--export", HERE / "sae.svg", "--overwrite-exports")
    rows = []
    for name, key in [("region → feature, top sets", "regionToFeature"), ("feature → region, top sets", "featureToRegion"),
                      ("region → feature, firing", "firingRegionToFeature"), ("feature → region, firing", "firingFeatureToRegion")]:
        d = r[key]
        rows.append([name, d["evaluated"], number(d["meanF1"]), number(d["medianF1"]), f"{number(d['shareAbove0.5'])} {interval(d['share95'])}",
                     f"{number(d['null']['mean'])}, p {number(d['null']['p'])}"])
    coherent = []
    for c in r["comparisons"]:
        d, f = c["oneToOne"], c["coherenceF1"]
        rows.append([f"one to one, {c['basis']}", d["matched"], number(d["meanF1"]), number(d["medianF1"]), f"{number(d['shareAbove0.5'])} {interval(d['share95'])}",
                     f"{number(d['null']['mean'])}, p {number(d['null']['p'])}"])
        coherent.append([c["basis"], f["n"], f"{number(f['spearman'])} {interval(f['spearman95'])}, p {number(f['p'])}", number(c["meanDistinctLeaders"], 2),
                         number(c["sharedLeader"])])
    return f"""## Beside a sparse autoencoder

No published autoencoder of this model was looked for. `docs/results/train_sae.py` trains one for this page: top-k, {r['features']} features, {number(r['meanActiveFeatures'], 1)}
active on a row, on the {r['rows']} activations of the parent's store, in half a minute. It says how the comparison reads, not what
autoencoders are. Top sets: each side's {r['topK']} most active rows; firing: members of a region against rows where a feature is not 0. F1
of the best partner, by means; null: the rows of one side dealt anew. One to one: the matching whose F1 of top sets sum to the most; its p is of the mean F1.

""" + table(["direction", "n", "mean F1", "median F1", "share above 0.5", "null share"], rows) + """
Whether regions whose members agree have better partners, and how many features lead on the five rows a region is most active on:

""" + table(["basis", "regions", "Spearman of coherence and F1", "leading features", "one alone"], coherent) + """
![Share of best matches above 0.5](results/sae.svg)
"""


def stability(p):
    rows, plots = [], []
    for positions in ("last", "all"):
        r = p.json("stability", f"{PARENT}#harmful,benign", "--positions", positions, "--seeds", 5,
                   *(["--export", HERE / "stability.svg", "--overwrite-exports"] if positions == "all" else []))
        mean = lambda key: sum(x[key] for x in r["pairs"]) / len(r["pairs"])
        best = r["predictors"][0]
        rows.append([positions, f"{r['rows']} in 5 orders", " ".join(str(n) for n in r["sizes"]), number(r["pooledCosMean"]["median"]),
                     number(r["nullCosine"]), number(r["pooledCosExemplar"]["median"]), number(mean("adjustedRand")),
                     number(mean("variationOfInformation")), f"{number(best['spearman'])} {interval(best['spearman95'])}, n {best['n']}, p {number(best['p'])}"])
    return """## Stability

The parent's train prompts in their stored order and four shuffles, one calibration. Regions are matched one to one by the cosine of
their means; null: a dictionary whose directions were rotated at random. Adjusted Rand and the variation of information (nats) are of
memberships, means over the ten pairs (adjusted Rand is 0 by chance). The last column is Spearman's correlation of log10(N c²) with the matched cosine over regions; its
interval takes regions for independent, which those of one stream are not, so it is too narrow.

""" + table(["positions", "rows", "regions", "cosine of matched means, median", "null", "cosine of exemplars, median", "adjusted Rand", "VI", "log10(N c²)"], rows) + """
![Matched cosine by log10(N c²)](results/stability.svg)
"""


def resolution(p):
    """The reference's toy: a prominent word and one in brackets before it, all texts drawn here."""
    colours = ["red", "blue", "yellow"]
    chance = random.Random(0)
    texts = [(f"{chance.randrange(100)} ({first}) {second}", first, second)
             for first in colours for second in colours if first != second for _ in range(50)]
    (p.scratch / "toy.txt").write_text("".join(text + "\n" for text, _, _ in texts))
    (p.scratch / "toy.jsonl").write_text("".join(json.dumps({"text": t, "first": a, "second": b}) + "\n" for t, a, b in texts))
    store = p.scratch / "toy.epstore"
    hooks = [x for layer in LAYERS for x in ("--hook", f"blocks.{layer}.hook_resid_post")]
    p.run("capture", p.model, "--text", p.scratch / "toy.txt", "--documents", "lines", *hooks, "-o", store, "--quiet")
    rows = []
    for layer in LAYERS:
        r = p.json("resolution", store, "--labels", p.scratch / "toy.jsonl", "--by", "second,first", "--hook", f"blocks.{layer}.hook_resid_post",
                   "--percentiles", "6..60/0.5", "--orders", "5", "--permutations", "99", "--no-save")
        for place, label in enumerate(r["labels"]):
            at = next(x for x in r["levels"] if x["percentile"] == label["separatedAt"])
            found = at["agreements"][place]
            rows.append([layer, label["name"], len(label["values"]), number(label["separatedAt"], 1), at["regions"], number(found["adjustedRand"]),
                         interval(found["adjustedRandOverOrders"]["interval95"]), number(found["purity"]), number(found["chancePurity"]), small(found["p"])])
    spread = [[x["kind"], x["pairs"], number(x["p10"]), number(x["median"]), number(x["p90"])] for x in r["distances"]]
    return """## Resolution

[At which p](claims.md#resolution) regions tell two words apart that end a text, `12 (red) blue`, and the pair of them: 300 texts, six ordered pairs, final positions. Of p from 6 to
60 in steps of 0.5 the one with as many regions as there are values, the purest of those; 5 orders, labels dealt anew 99 times.

""" + table(["layer", "label", "values", "p", "regions", "adjusted Rand", "over orders", "purity", "by chance", "p of it"], rows) + """
Cosine distances at the last of these layers:

""" + table(["pairs of", "n", "p10", "median", "p90"], spread)


def child_at_layers(p):
    """The child's prompts at several layers; the sample store has one alone."""
    store = p.scratch / "layers.epstore"
    if not store.exists():
        p.run("capture", p.model, "--adapter", ADAPTER, "--no-system", "--prompts", SAMPLES / "prompts" / "prompts.jsonl",
              *(x for layer in LAYERS for x in ("--hook", f"blocks.{layer}.hook_resid_post")), "-o", store, "--quiet")
    return store


def directions(p):
    store = child_at_layers(p)
    # Coarser regions are wholly of one side at some layers alone.
    r = p.json("directions", store, "--percentile", "6", "--purity", "kept", "--no-save", "--export", HERE / "directions.svg", "--overwrite-exports")
    rows = []
    for layer in r["layers"]:
        for d in layer["directions"]:
            rows.append([layer["hook"].split(".")[1], d["direction"], f"{d['harmful']} − {d['benign']}", number(d["cosine"]), number(d["auroc"]), interval(d["interval95"]),
                         f"{number(layer['random']['mean'])} {interval(layer['random']['interval95'])}", small(d["p"])])
    return f"""## Refusal directions

[Directions](claims.md#directions) from benign to harmful prompts in the child's final positions, and the AUROC of {r['held']['harmful']} held-out harmful against {r['held']['benign']} benign prompts along each, at its own layer;
{r['controls']} random unit rows a layer. Regions of all prompts at p 6, purity by those that are not held out.

""" + table(["layer", "direction", "of", "cosine with ep", "AUROC", "95 %", "random", "p of it"], rows) + """
![AUROC across layers](results/directions.svg)
"""


def saturation(p):
    r = p.json("saturation", PARENT, "--by", "set", "--export", HERE / "saturation.svg", "--overwrite-exports")
    spread = lambda v, scale=1: f"{number(v['mean'] * scale, 1)} [{number(v['interval95'][0] * scale, 1)}, {number(v['interval95'][1] * scale, 1)}]"
    rows = [[s["name"], f"{s['activations']} in {s['documents']}", spread(s["regions"]), spread(s["regionsAtEqual"]), spread(s["newRegionRate"], 1000),
             f"{sum(o['saturated'] is not None for o in s['orders'])} of {len(s['orders'])}"] for s in r["streams"]]
    pairs = [[f"{d['a']} and {d['b']}", spread(d), number(d["p"])] for d in r["differences"]]
    deals, orders = len(r["null"]["deals"]), len(r["streams"][0]["orders"])
    return f"""## Saturation

The parent's train prompts and its own openers, one centre and θ {number(r['theta'])} (p = {r['percentile']:.0f}, calibrated on all three together), {r['documentsPerBatch']} documents a batch.
Means and intervals (2.5th to 97.5th percentile) over {orders} orders of the documents; *saturated*: orders in which a batch founded nothing.

""" + table(["stream", "rows in documents", "regions", f"after {r['equalActivations']} rows", "new regions per 1,000 rows there", "saturated"], rows) + f"""
More regions after as many rows; null: the documents of all three dealt anew {deals} times, whose hands differ by {number(r['null']['meanSpread'], 1)} regions on average. p is of any
two hands.

""" + table(["streams", "difference", "p"], pairs) + """
![Regions by activations seen](results/saturation.svg)
"""


def trajectories(p):
    store, built = child_at_layers(p), []
    for layer in LAYERS:
        built.append(p.scratch / f"layer-{layer}.epdict")
        p.run("build", store, "--hook", f"blocks.{layer}.hook_resid_post", "--sets", "harmful,benign", "--positions", "last",
              "-o", built[-1], "--quiet")
    held = p.scratch / "heldout.jsonl"
    with held.open("w") as out:
        for line in (SAMPLES / "prompts" / "prompts.jsonl").open():
            x = json.loads(line)
            if x["split"] == "heldout":
                out.write(json.dumps({**x, "category": x["set"].split("-")[0]}) + "\n")
    export = p.scratch / "trace.json"
    p.run("trace", built[0], p.model, "--adapter", ADAPTER, "--chat", "--no-system", "--prompts", held, "--json", "--quiet",
          *(x for other in built[1:] for x in ("--with", other)), "--export", export, "--export", HERE / "trajectories.svg", "--overwrite-exports")
    r = json.loads(export.read_text())
    by = {c["category"]: c for c in r["categories"]}
    rows = []
    for i, shared in enumerate(r["sharing"]):
        top = {k: by[k]["dominant"][i] for k in by}
        rows.append([f"`{shared['hook']}`", json.loads(p.run("info", built[i], "--json"))["regions"],
                     *(f"{top[k]['region']}: {top[k]['prompts']} of {by[k]['prompts']} {interval(wilson(top[k]['prompts'], by[k]['prompts']))}"
                       for k in ("harmful", "benign")),
                     number(shared["jaccard"]), f"{number(shared['nullMean'])}, p {number(shared['p'])}"])
    alike = []
    for layer in r["cohesion"]:
        for c in layer["categories"]:
            alike.append([f"`{layer['hook']}`", c["category"], f"{c['prompts']} in {c['regions']}", f"{number(c['cohesion'])} {interval(c['cohesion95'])}",
                          "—" if c["cohesionP"] is None else f"{number(c['cohesionNullMean'])}, p {number(c['cohesionP'])}", number(c["purity"]),
                          f"{number(c['purityNullMean'])}, p {number(c['purityP'])}"])
    return f"""## One path through the layers

The child's layers {', '.join(map(str, LAYERS))}, each with a dictionary of the 200 train prompts' final positions (p = 10), and the paths of the {r['prompts']} held-out prompts
through them: {by['harmful']['distinctPaths']} different ones of {by['harmful']['prompts']} harmful and {by['benign']['distinctPaths']} of {by['benign']['prompts']} benign prompts. The Jaccard index says how many of the regions that either
kind ends in both end in; null: the prompts dealt to the two kinds at random. Intervals are Wilson's, of the region's share of prompts.

""" + table(["hook", "regions", "most harmful prompts", "most benign prompts", "regions in common", "null"], rows) + """
How far apart the regions of a kind lie (mean cosine distance, over pairs of its prompts in different ones; intervals resample prompts), and how much of who
is in them is of the kind; null: the prompts dealt to the two kinds at random, 200 times.

""" + table(["hook", "kind", "prompts in regions", "cohesion", "null", "purity", "null"], alike) + """
![Regions that the prompts pass through](results/trajectories.svg)
"""


def alignment(p):
    rows = []
    for name, more in [("instruct", []), ("refusal", ["--adapter", ADAPTER])]:
        for basis in ("exemplar", "mean"):
            r = p.json("alignment", dictionary(name, "all.p10"), "--model", p.model, "--basis", basis, *more)
            rows.append([f"smollm2-{name}.all.p10", basis, f"{r['regions']} ({r['pairs']} pairs)", f"{number(r['spearman'])} {interval(r['spearman95'])}",
                         f"{number(r['nullMean'])} ± {number(r['nullDeviation'])}, p {number(r['p'])}"])
    return """## Do near regions say like things?

Spearman's correlation, over all pairs of regions, of the cosine distance of their directions with the Jensen–Shannon divergence of what
the model's lens makes of them. Intervals resample regions; null: the predictions dealt to other regions, 1,000 times.

""" + table(["dictionary", "directions", "regions", "Spearman", "null"], rows)


def paths(p, regions):
    finer = []
    for percentile in (5, 2):
        finer.append(p.scratch / f"smollm2-refusal.last.p{percentile}.epdict")
        p.run("build", CHILD, "--sets", "harmful,benign", "--positions", "last", "--percentile", percentile, "-o", finer[-1], "--quiet")
    r = p.json("paths", dictionary("refusal", "last.p40"), dictionary("refusal", "last.p10"), *finer,
               "--from", regions[0], "--to", regions[1], "--figure", "cells", "--export", HERE / "paths.svg", "--overwrite-exports")
    rows = [[pair["basis"], d["dictionary"], d["regions"], number(d["theta"]), "none" if d["hops"] is None else d["hops"],
             number(d["medianHops"], 1), d["reachable"], d["betweenCount"]] for pair in r["pairs"] for d in pair["dictionaries"]]
    return f"""## A path at finer resolution

From region {regions[0]} of `smollm2-refusal.last.p40`, the one with the highest share of refusals among those of five prompts or more, to region {regions[1]},
the one with the lowest, over the graph of the {r['neighbours']} nearest neighbours. What the hops compare with is the median from the same start to all regions;
they are counts in one graph, not a sample. *Between*: regions that lie nearer to both ends than these to each other.

""" + table(["along", "dictionary", "regions", "θ", "hops", "median hops from the start", "reachable", "between"], rows) + """
![Cells along the path](results/paths.svg)
"""


def neighbourhood(p):
    r = p.json("neighbourhood", dictionary("refusal", "last.p10"), "--regions", 21, "--model", p.model, "--adapter", ADAPTER,
               "--export", HERE / "neighbourhood.svg", "--overwrite-exports")
    rows = [[n["region"], n["members"], number(n["distance"]), number(n["distance"] / r["theta"], 2), "yes" if n["touches"] else "no",
             " ".join(f"`{t}`" for t in n["tokens"][:4])] for n in r["neighbours"]]
    return f"""## A neighbourhood

Region {r['region']['region']} of `smollm2-refusal.last.p10`, the introduced one that refuses most ({r['region']['members']} members; lens: {" ".join(f"`{t}`" for t in r['region']['tokens'][:4])}), and
the {len(rows)} nearest of {r['regions']} by exemplars. What they compare with is the median distance to all, {number(r['medianDistance'])}; they are all regions there are, not a
sample. On the sphere of the picture, whose three directions hold {number(sum(r['explained']), 2)} of the exemplars' variance, some touch it.

""" + table(["region", "members", "distance", "d/θ", "touches", "lens"], rows) + """
![Cells around the region](results/neighbourhood.svg)
"""


def patching(p):
    rows = []
    for basis in ("mean", "exemplar"):
        r = p.json("patch", dictionary("instruct", "all.p10"), p.model, "--prompts", SAMPLES.parent / "Examples" / "patching.jsonl", "--basis", basis,
                   *(["--export", HERE / "patching.svg", "--overwrite-exports"] if basis == "mean" else []))
        for name, what in (("region", "the source's region"), ("row", "the source's residual"), ("self", "the receiver's own region"),
                           ("random", "a region at random"), ("baseline", "nothing")):
            if basis == "exemplar" and name in ("row", "baseline"):
                continue
            c = r["conditions"][name]
            null = c.get("null")
            rows.append([what, "—" if name in ("row", "baseline") else basis, c["n"], f"{c['flips']}, {number(c['rate'])} {interval(c['rate95'])}",
                         f"{number(null['mean'])}, p {small(null['p'])}" if null else "—", number(c["logitDifference"], 2), number(c["kl"], 2)])
    known = sum(i["correct"] for i in r["items"])
    inside = sum(i["ratio"] <= 1 for i in r["items"])
    held = len({i["region"] for i in r["items"]})
    return f"""## Patching

`Examples/patching.jsonl`, {len(r['items'])} prompts of which the model answers {known} as they should, at `{r['hook']}` with `smollm2-instruct.all.p10`: at the word that decides the
answer they lie in {held} of its {r['regions']} regions ({inside} within θ; it was built from chat prompts), which leaves {r['possiblePairs']} pairs of a category in different regions and
{r['sameRegionPairs']} in one. A flip is a receiver whose most probable next token becomes the source's answer; intervals resample prompts; null: answers dealt anew
within each category, 1,000 times. The last two: the logit of the source's answer less the receiver's own, and KL to the source's prediction, in nats.

""" + table(["put in", "along", "pairs", "flips", "null", "logits", "KL"], rows) + """
![Flips by what is put in](results/patching.svg)
"""


def matching(p):
    rows = []
    counted = lambda c: f"{c['count']} of {c['n']}, {number(c['rate'])} {interval(c['wilson95'])}"
    for kind in ("last.p40", "last.p10", "all.p10"):
        r = p.json("match", dictionary("instruct", kind), dictionary("refusal", kind), "--null", "orders:20", "--null", "rotations:20",
                   "-o", p.scratch / f"match-{kind}")
        rows.append([kind, f"{r['k_a']} and {r['k_b']}", counted(r["persisted"]), counted(r["introduced"]),
                     *(counted(null["introduced"]) for null in r["null"])])
    return """## Parent and child

One-to-one matching of the exemplars, pairs at a cosine of 0.7 or more persist. Two nulls say what *introduced* is read against: the parent
built again from its documents in 20 other orders, the one to fear, and 20 random rotations of the child, which is chance in a space of this
width. Intervals are Wilson's; regions of one dictionary are not independent draws. [comparing.md](comparing.md) says more.

""" + table(["dictionary", "regions", "persisted", "introduced", "introduced by order alone", "introduced against rotations"], rows)


def ablation(p):
    rows, classifiers = [], set()
    for kind, top in (("last.p40", 1), ("last.p10", 1), ("last.p10", 3)):
        r = p.json("ablate", dictionary("refusal", kind), "--store", CHILD, "--model", p.model, "--adapter", ADAPTER,
                   "--top", top, "--depth", "generate")
        classifiers.add(r["provenance"]["classifier"])
        control = r["nullControl"]
        many = lambda regions: f"region{'s' if len(regions) > 1 else ''} {', '.join(map(str, regions))}"
        for name in ("baseline", "ablated", "null"):
            c = r["conditions"][name]
            bad = sum(c[k]["degenerate"] for k in ("harmful", "benign"))
            n = sum(c[k]["n"] for k in ("harmful", "benign"))
            flips = f"{r['mcnemar']['b']} and {r['mcnemar']['c']}, p {number(r['mcnemar']['p'])}" if name == "ablated" else ""
            drawn = "a random direction" if control["rank"] == 1 else f"{control['rank']} random directions"
            what = {"baseline": "baseline", "ablated": f"{many(r['regions'])} out",
                    "null": f"null: {many(r['nullRegions']) if r['nullRegions'] else drawn}"}[name]
            rows.append([kind, what, share(c["harmful"]), share(c["benign"]), f"{bad} of {n}", flips, number(c["firstTokenKL"])])
    return f"""## Ablation

Measured: whole greedy answers of 24 tokens to the 100 held-out prompts, read by `{", ".join(sorted(classifiers))}`. The regions are the first
candidates by rate × n, the null is of as many regions or directions; intervals are Wilson's, flips are refused → not and not → refused
among harmful prompts with the exact McNemar p, and KL is of the first token on benign prompts.

""" + table(["dictionary", "condition", "harmful refused", "benign refused", "degenerate", "flips", "KL"], rows)


def swap(p):
    r = p.json("ablate", dictionary("refusal", "last.p10"), "--store", CHILD, "--model", p.model, "--adapter", ADAPTER,
               "--swap", "--depth", "generate", "--no-save")
    made, m = r["swap"], r["mcnemar"]
    rows = []
    for name in ("baseline", "swap", "null", "harmful-span", "benign-span", "meanshift", "meanshift-back", "swap-global"):
        c = r["conditions"][name]
        bad = [f"{c[k]['degenerate']} of {c[k]['n']}" for k in ("harmful", "benign")]
        what = f"null: {made['rank']} random directions" if name == "null" else name
        rows.append([what, share(c["harmful"]), share(c["benign"]), *bad, number(c["firstTokenKL"]), number(c["perplexity"], 1)])
    return f"""## Region swap

`smollm2-refusal.last.p10` with [the swap](ablation.md#swapping-regions) of {len(made['harmfulRegions'])} wholly harmful for {len(made['benignRegions'])} wholly benign regions (means of the
{made['trainPrompts']} train prompts, {made['mixedRegions']} regions are mixed), whole greedy answers of 24 tokens to the 100 held-out prompts, read by `{r['provenance']['classifier']}`.
Refusals are read by phrases: what they turned into is not judged. {r['conclusion']['sentence']}

""" + table(["condition", "harmful refused", "benign refused", "degenerate, harmful", "degenerate, benign", "KL", "perplexity"], rows) + f"""
Harmful prompts that stopped and began refusing under the swap: {m['b']} and {m['c']}, exact McNemar p {m['p']:.2g}; against the random span p {m['againstNull']['p']:.2g}.
"""


def through_prompts(p):
    trips, texts, planted = [], [], []
    for kind in ("last.p40", "last.p10"):
        pair = (dictionary("instruct", kind), dictionary("refusal", kind))
        # Five regions are too coarse for any to be wholly harmful.
        for what in ("harmful", "all") if kind == "last.p10" else ("all",):
            r = p.json("match", "--roundtrip", *pair, "--kind", what)
            trips.append([kind, what, f"{r['home']} of {r['regions']}, {number(r['share'])} {interval(r['wilson95'])}",
                          f"{number(r['null']['mean'], 1)}, at most {r['null']['max']}, p {small(r['null']['p'])}"])
            runs, count = r["text"]["runs"], len(r["text"]["runs"])
            span = lambda values, digits=3: f"{number(sum(values) / count, digits)} ({number(min(values), digits)} to {number(max(values), digits)})"
            covered = lambda coverage: [number(x["rate"]) for x in coverage] or ["", ""]
            texts.append([kind, what, f"{r['text']['clusters']} clusters of texts, {count} seeds",
                          f"{span([x['home'] for x in runs], 1)} of {r['regions']}, null {number(sum(x['null']['mean'] for x in runs) / count, 1)}"] + (
                [span([x["coverage"][i]["rate"] for x in runs]) for i in (0, 1)] if what == "harmful" else ["", ""]))
            if what == "harmful":
                for side, key in (("parent's", "coverageOfA"), ("child's", "coverageOfB")):
                    texts.append([kind, what, f"the {side} regions", ""] + covered(r["text"][key]))
        lines = [json.loads(line) for line in p.run("match", "--occupancy", *pair, "--json", "--quiet").splitlines()]
        added = sum(x["added"] for x in lines)
        for x in lines[:3]:
            planted.append([kind, x["region"], x["occupancyA"], x["occupancyB"], x["prompts"], small(x["p"]), f"{added} of {len(lines)}"])
    return """## Parent and child through prompts

The 200 train prompts, final positions. [Round trips](comparing.md#models-of-other-widths-round-trips): regions of the parent that come home through the child; null: the
child's prompts permuted, 2,000 times; intervals are Wilson's.

""" + table(["dictionaries", "regions sent", "home", "null"], trips) + """
What the prompts' text alone gives: the parent's regions through clusters of like texts, means with the least and the most of the seeds; and the share of the harmful
prompts in groups of which 0.9, or all, are harmful (the reference, 161 clusters of 2,352 prompts: 0.457 and 0.270).

""" + table(["dictionaries", "regions sent", "groups", "home", "harmful in 0.9", "harmful in 1"], texts) + """
[Occupancy](comparing.md#what-tuning-planted-occupancy): the three regions of the child's dictionary that gain most. p is of the largest gain of any region where parent and
child are swapped at random row by row, 2,000 times.

""" + table(["dictionary", "region", "parent's rows", "child's rows", "prompts", "p", "regions of the child alone"], planted)


def grid(p):
    # Only the child's candidates refuse; p of the reference's figure that leave a candidate here.
    (HERE / "grid.svg").unlink(missing_ok=True)
    lines = [json.loads(x) for x in p.run("ablate", dictionary("refusal", "last.p40"), "--store", CHILD, "--model", p.model, "--adapter", ADAPTER, "--depth",
                                          "resume", "--grid", "p=10,20,40", "seeds=0..2", "--json", "--quiet", "--plot", HERE / "grid.svg").splitlines()]
    rows = []
    for percentile in (10, 20, 40):
        for basis in ("mean", "exemplar"):
            own = [c for c in lines if c["p"] == percentile and c["basis"] == basis and c["ablated"]]
            if not own:
                continue
            span = lambda values: f"{number(sum(values) / len(values))} ({number(min(values))} to {number(max(values))})"
            rows.append([f"{percentile}", basis, len(own), span([c["dictionaryRegions"] for c in own]).replace(".000", ""),
                         f"{own[0]['baseline']['count']} of {own[0]['baseline']['n']}", span([c["ablated"]["change"] for c in own]), span([c["null"]["change"] for c in own]),
                         span([c["ablated"]["firstTokenKL"] for c in own]), span([c["null"]["firstTokenKL"] for c in own])])
    return """## Refusals by percentile, order and basis

Dictionaries of the child's 200 train prompts' final positions for each p and three orders of the prompts, the first candidate taken out, read off the first tokens of the
100 held-out prompts (depth resume: no answers, so none that are degenerate). Means over the orders, with the least and the most; the control is
a matched region, or a random direction where none qualifies.

""" + table(["p", "basis", "orders", "regions", "refusing before", "change", "change of the control", "KL", "KL of the control"], rows) + """
![Change of the refusal rate by p](results/grid.svg)
"""


def extremes(p):
    """The regions of the coarse dictionary with the largest and the smallest share of refusals, of five prompts or more."""
    r = p.json("ablate", dictionary("refusal", "last.p40"), "--store", CHILD, "--depth", "geometry", "--null", "none",
               "--prompts", "all", "--no-save")
    rates = {c["region"]: c["rate"] for c in r["candidates"] if c["n"] >= 5}
    return max(rates, key=lambda k: (rates[k], -k)), min(rates, key=lambda k: (rates[k], k))


def main(binary, model, other):
    with tempfile.TemporaryDirectory() as folder:
        p = Program(Path(binary).resolve(), model, Path(folder))
        sections = [matching(p), through_prompts(p), ablation(p), grid(p), swap(p), coverage(p), probes(p), concepts(p), autoencoder(p), stability(p), saturation(p), resolution(p), directions(p),
                    trajectories(p), paths(p, extremes(p)), neighbourhood(p), alignment(p), patching(p),
                    *families.sections(p, other, SAMPLES / "prompts" / "prompts.jsonl", ADAPTER, HERE / "roundtrip.svg")]
    text = """# Results on the sample pair

Made by `make results` from the samples, SmolLM2-135M-Instruct and, where it is named, Qwen2.5-Coder-0.5B-Instruct; not edited by hand. [claims.md](claims.md) says how each
figure is computed and what it cannot say.

What the paper (Rumbelow, [arXiv:2605.14347](https://arxiv.org/abs/2605.14347)) reports for Gemma-2-2B (the swap and the round trips: its later experiments), and where the same
kind of figure stands here:

| claim | the paper, Gemma-2-2B | here |
| --- | --- | --- |
| matching tells kept directions from introduced ones | shown, no figure | [Parent and child](#parent-and-child) |
| ablating one region's exemplar can collapse held-out refusal | shown, no figure | [Ablation](#ablation) |
| ablating one region's exemplar, by p: largest at some p, nothing where the region breaks up | figure | [Refusals by percentile](#refusals-by-percentile-order-and-basis) |
| a swap of wholly harmful for wholly benign regions makes harmful prompts answered (compliance, by a judge) | 0.00 → 0.88 at layer 14; Llama-3.1-8B 0.91 | [Region swap](#region-swap), refusal phrases, no judge |
| wholly harmful regions of one model come home through another family's prompts, mean over layer pairs | 44 %, base models 19 % | [Two families through prompts](#two-families-through-prompts); [parent and child](#parent-and-child-through-prompts) |
| kinds of text need different numbers of regions under one calibration | shown, no figure | [Saturation](#saturation) |
| distance to the nearest exemplar tells what is out of distribution | shown, no figure | [Coverage](#coverage-and-distance-as-a-score-for-being-elsewhere) |
| one-hot regions, averaged over tokens, retain raw-activation accuracy in SAEBench's sparse probes | about 97 % (on one feature or on all is not said) | [Probes](#probes-regions-beside-the-whole-activation), *retained* in the second table: the same measure on other tasks |
| concept detection (AxBench, layer 20, p = 1), mean AUROC | 0.881; two autoencoders 0.755 and 0.911 | [Concept detection](#concept-detection) |
| regions with an autoencoder feature at F1 above 0.5 | about 20 % | [Beside a sparse autoencoder](#beside-a-sparse-autoencoder) |

The two columns need not agree. A model of 135 M parameters with dictionaries of some tens of regions, from 200 prompts in one template, is not
one of 2.6 B, and nothing below is a replication of it or a failure to replicate it. Every figure has its n, an interval where one can be had, and
what chance or a control gives.

"""
    target = HERE.parent / "results.md"
    target.write_text(text + "\n".join(sections))
    print(f"wrote {target}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
