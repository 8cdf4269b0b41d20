"""What each command should answer on the reference's own dictionary, by numpy, scipy and scikit-learn.

    python make.py            # numpy, scipy, scikit-learn, safetensors

Reads ../../ep/p10 (dictionary and activations of the reference implementation), ../../ep/match/b.pkl and
../../models/tiny-llama; writes the inputs that the commands need besides them (far.npz, labels.jsonl, concepts.jsonl,
sae/) and golden.json. Everything is a plain loop over float64 copies; draws are the program's own (SplitMix64 by seed and
index), since a null is only comparable with the same deals.
"""

import json
import pickle
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy import optimize, stats
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import jensenshannon
from sklearn import metrics
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

HERE = Path(__file__).parent
EP = HERE.parent.parent / "ep"
MASK = (1 << 64) - 1


def draw(seed, index):
    z = (seed * 0xD1B54A32D192ED03 + (index + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def permutation(count, seed):
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = draw(seed, last) % (last + 1)
        order[last], order[other] = order[other], order[last]
    return np.array(order, int)


def weights(count, seed):
    return np.bincount([draw(seed, i) % count for i in range(count)], minlength=count)


def numbered(units):
    """Units by their first appearance."""
    seen = {}
    return np.array([seen.setdefault(u, len(seen)) for u in units]), len(seen)


def bounds(values):
    return [float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))]


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


class Stub:
    def __init__(self, *args):
        pass

    def __setstate__(self, state):
        self.__dict__.update(state if isinstance(state, dict) else {})


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if module.startswith("numpy") or module == "collections":
            return super().find_class(module, name)
        return Stub


def directions(path, attribute):
    dictionary = Reader(open(path, "rb")).load()
    regions = next(v for v in vars(dictionary).values() if isinstance(v, list) and v and isinstance(v[0], Stub))
    return np.stack([np.asarray(getattr(r, attribute), np.float64) for r in regions])


# --- the data

tensors = load_file(EP / "p10" / "expected.safetensors")
expected = json.loads((EP / "p10" / "expected.json").read_text())
theta = expected["calibration"]["threshold"]
centre, exemplars = tensors["center"].astype(np.float64), tensors["exemplar_directions"].astype(np.float64)
means = tensors["mean_directions"].astype(np.float64)
rows, document, position, texts = [], [], [], []
for shard in sorted((EP / "p10" / "activations").glob("shard_*.npz")):
    z = np.load(shard, allow_pickle=True)
    rows.append(z["x"])
    document.append(z["prompt_ids"] - z["prompt_ids"].min() + len(texts))
    position.append(z["position_ids"])
    texts += list(z["prompts"])
rows, document, position = np.concatenate(rows), np.concatenate(document), np.concatenate(position)
x = rows.astype(np.float64)


def nearest(x):
    similarity = unit(x - centre) @ exemplars.T
    return similarity.argmax(1), np.clip(1 - similarity.max(1), 0, 2)


ids, distances = nearest(x)
rng = np.random.default_rng(6)


# --- coverage

def auroc(negative, positive, wn=None, wp=None):
    wn = np.ones(len(negative)) if wn is None else wn
    wp = np.ones(len(positive)) if wp is None else wp
    order = np.argsort(negative, kind="stable")
    below = np.r_[0, np.cumsum(wn[order])]
    left = below[np.searchsorted(negative[order], positive, "left")]
    right = below[np.searchsorted(negative[order], positive, "right")]
    return float((wp * (left + right) / 2).sum() / (wn.sum() * wp.sum()))


def separation(negative, positive, nu, pu, seed):
    # Scores as the program has them: cosine distances are float32.
    truth, score = np.r_[np.zeros(len(negative)), np.ones(len(positive))], np.r_[negative, positive]
    area = metrics.roc_auc_score(truth, score)
    assert abs(area - auroc(negative, positive)) < 1e-12
    fpr, tpr, _ = metrics.roc_curve(truth, score, drop_intermediate=False)
    (nu, n), (pu, p) = numbered(nu), numbered(pu)
    drawn = [auroc(negative, positive, weights(n, seed + 2 * r)[nu], weights(p, seed + 2 * r + 1)[pu]) for r in range(200)]
    return {"auroc": float(area), "fprAt95Recall": float(fpr[np.argmax(tpr >= 0.95)]), "auroc95": bounds(drawn)}


def coverage(seed=3):
    far = (centre + rng.normal(size=(150, 64)) * 1.6 + 0.3 * x[rng.integers(0, len(x), 150)]).astype(np.float32)
    np.savez(HERE / "far.npz", x=far)
    far_ids, far_distances = nearest(far.astype(np.float64))
    out = {"sources": []}
    for name, d, units in (("near", distances, document), ("far", far_distances, np.arange(150))):
        number, count = numbered(units)
        hits = d <= theta
        shares = []
        for r in range(200):
            w = weights(count, seed + r)[number]
            shares.append((w * hits).sum() / w.sum())
        source = {"name": name, "n": len(d), "documents": count, "withinThreshold": float(hits.mean()), "within95": bounds(shares),
                  "mean": float(d.mean()), "median": float(np.median(d)), "p90": float(np.percentile(d, 90)),
                  "p99": float(np.percentile(d, 99)), "min": float(d.min()), "max": float(d.max())}
        if name == "far":
            source.update(separation(distances, d, document, units, seed))
        out["sources"].append(source)
    fit, test = document % 2 == 1, document % 2 == 0
    model = LedoitWolf().fit(x[fit])
    neighbours = NearestNeighbors(n_neighbors=10, metric="cosine").fit(x[fit] - centre)
    far64 = far.astype(np.float64)
    knn = lambda v: neighbours.kneighbors(v - centre)[0][:, -1]
    own, other = document[test], np.arange(150)
    out["baselines"] = {
        "fittedRows": int(fit.sum()), "inDistributionRows": int(test.sum()), "shrinkage": float(model.shrinkage_),
        "distance": separation(distances[test], far_distances, own, other, seed),
        "mahalanobis": separation(np.sqrt(model.mahalanobis(x[test])), np.sqrt(model.mahalanobis(far64)), own, other, seed),
        "nearestNeighbours": separation(knn(x[test]), knn(far64), own, other, seed),
    }
    out["byRegion"] = [{"n": int((far_ids == r).sum()), "withinThreshold": float((far_distances[far_ids == r] <= theta).mean()) if (far_ids == r).any() else None,
                        "meanDistance": float(far_distances[far_ids == r].mean()) if (far_ids == r).any() else None} for r in range(len(exemplars))]
    return out


# --- probes

def grouped_folds(groups, classes, folds, seed):
    names = sorted(set(groups))
    members = {g: [i for i, v in enumerate(groups) if v == g] for g in names}
    place = {int(g): i for i, g in enumerate(permutation(len(names), seed))}
    held = np.zeros((folds, max(classes) + 1), int)
    fold = np.zeros(len(groups), int)
    for g in sorted(range(len(names)), key=lambda g: (-len(members[names[g]]), place[g])):
        rows = members[names[g]]
        counts = np.bincount([classes[i] for i in rows], minlength=held.shape[1])
        common = counts.argmax()
        best = min(range(folds), key=lambda f: (held[f][common], held[f].sum()))
        fold[rows] = best
        held[best] += counts
    return fold


def last_rows():
    return np.array([np.flatnonzero(document == d)[position[document == d].argmax()] for d in range(len(texts))])


def probe(seed=2, folds=5):
    last = x[last_rows()]
    score = unit(last - centre) @ unit(rng.normal(size=64)) + 0.05 * rng.normal(size=len(last))
    classes = np.digitize(score, np.percentile(score, [40, 70]))
    names = ["high", "low", "middle"]  # alphabetical, as the program numbers them
    label = [["low", "middle", "high"][c] for c in classes]
    group = [f"g{i // 3}" for i in range(len(last))]
    with (HERE / "labels.jsonl").open("w") as out:
        for text, l, g in zip(texts, label, group):
            out.write(json.dumps({"text": text, "level": l, "batch": g}) + "\n")
    y = np.array([names.index(l) for l in label])
    order = {}
    groups = [order.setdefault(g, len(order)) for g in group]
    fold = grouped_folds(groups, list(y), folds, seed)
    onehot = np.zeros((len(last), len(exemplars)))
    onehot[np.arange(len(last)), nearest(last)[0]] = 1

    def held_out(features, scaled, y):
        result = np.zeros((len(y), 3))
        for f in range(folds):
            train, test = fold != f, fold == f
            a, b = features[train], features[test]
            if scaled:
                mean, deviation = a.mean(0), a.std(0)
                a, b = (a - mean) / deviation, (b - mean) / deviation
            model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10000).fit(a, y[train])
            result[test] = model.predict_proba(b)
        return result

    def interval(hits):
        totals, good = np.bincount(groups), np.bincount(groups, hits)
        # Groups are numbered by their first appearance, which is also their order.
        shares = []
        for r in range(200):
            w = weights(len(totals), seed + r)
            shares.append((w * good).sum() / (w * totals).sum())
        return bounds(shares)

    def scores(p):
        hits = p.argmax(1) == y
        areas = [metrics.roc_auc_score(y == c, p[:, c]) for c in range(3)]
        return hits, {"accuracy": float(hits.mean()), "accuracy95": interval(hits), "auroc": float(np.mean(areas))}

    a, readout = scores(held_out(onehot, False, y))
    b, raw = scores(held_out(x[last_rows()], True, y))
    ga, gb = np.bincount(groups, a), np.bincount(groups, b)
    ratios = [(w * ga).sum() / (w * gb).sum() for w in (weights(len(ga), seed + r) for r in range(1000))]
    pure = all(len({int(y[i]) for i in range(len(y)) if groups[i] == g}) == 1 for g in set(groups))
    assert not pure
    null = []
    for r in range(3):
        dealt = y[permutation(len(y), seed + 1000 + r)]
        null.append(float((held_out(onehot, False, dealt).argmax(1) == dealt).mean()))
    common = sum(int((y[fold == f] == np.bincount(y[fold != f]).argmax()).sum()) for f in range(folds))
    return {"rows": len(y), "groups": len(order), "readout": readout, "raw": raw, "majority": common / len(y),
            "retained": readout["accuracy"] / raw["accuracy"], "retained95": bounds(ratios),
            "retainedAUROC": readout["auroc"] / raw["auroc"],
            "null": {"mean": float(np.mean(null)), "p95": float(np.percentile(null, 95)),
                     "p": (1 + sum(v >= readout["accuracy"] for v in null)) / 4}}


# --- concepts

def detect(seed=5, random_regions=12):
    concepts, lines = [], []
    for word, train_last in (("music", 40), ("harbour", 60)):
        own = [i for i, t in enumerate(texts) if word in t.split()][:50]
        rest = [i for i, t in enumerate(texts) if word not in t.split()][:50]
        examples = []
        for chosen, positive in ((own, True), (rest, False)):
            for n, i in enumerate(chosen):
                held = n >= len(chosen) * train_last // 100
                examples.append((i, positive, held))
                lines.append({"concept": word, "text": texts[i], "label": "positive" if positive else "negative",
                              "split": "test" if held else "train"})
        concepts.append((word, examples))
    with (HERE / "concepts.jsonl").open("w") as out:
        for line in lines:
            out.write(json.dumps(line) + "\n")
    out = []
    for number, (word, examples) in enumerate(concepts):
        tokens = {i: x[document == i] for i, _, _ in examples}
        units = {i: unit(v - centre) for i, v in tokens.items()}
        gather = lambda table, positive: np.concatenate([table[i] for i, p, h in examples if p == positive and not h])
        contrast = exemplars @ (gather(units, True).mean(0) - gather(units, False).mean(0))
        held = [(i, p) for i, p, h in examples if h]
        truth = [p for _, p in held]
        area = lambda score: float(metrics.roc_auc_score(truth, score))
        by_max = lambda r: area([(units[i] @ exemplars[r]).max() for i, _ in held])
        region = int(contrast.argmax())
        train = [(i, p) for i, p, h in examples if not h]
        best = [metrics.roc_auc_score([p for _, p in train], [(units[i] @ exemplars[r]).max() for i, _ in train]) for r in range(len(exemplars))]
        difference = gather(tokens, True).mean(0) - gather(tokens, False).mean(0)
        a = np.concatenate([tokens[i] for i, _ in train])
        b = np.concatenate([np.full(len(tokens[i]), p) for i, p in train])
        mean, deviation = a.mean(0), a.std(0)
        model = LogisticRegression(C=1.0, tol=1e-10, max_iter=10000).fit((a - mean) / deviation, b)
        drawn = [draw(seed + number, k) % len(exemplars) for k in range(random_regions)]
        random = [by_max(r) for r in drawn]
        out.append({
            "concept": word, "region": region, "selected": float(contrast[region]), "auroc": by_max(region),
            "meanPooled": area([(units[i] @ exemplars[region]).mean() for i, _ in held]),
            "differenceOfMeans": area([(tokens[i] @ difference).max() for i, _ in held]),
            "linearProbe": area([model.decision_function((tokens[i] - mean) / deviation).max() for i, _ in held]),
            "randomRegion": {"mean": float(np.mean(random)), "p95": float(np.percentile(random, 95))},
            "regionByAUROC": int(np.argmax(best)), "selectedByAUROC": float(max(best)),
        })
    return {"concepts": out, "meanAUROC": float(np.mean([c["auroc"] for c in out]))}


# --- a sparse autoencoder

def sparse(seed=7, top_k=50, minimum=20, rounds=5):
    features = 40
    w = unit(means[rng.integers(0, len(means), features)] + 0.5 * unit(rng.normal(size=(features, 64)))).T.astype(np.float32)
    bias = (-w.T.astype(np.float64) @ centre).astype(np.float32)
    pre = x @ w + bias
    threshold = np.percentile(pre, rng.uniform(75, 97, features), axis=0).diagonal().astype(np.float32)
    # No activation so near its threshold that float32 could put it on the other side.
    assert np.abs(pre - threshold).min() > 1e-6
    folder = HERE / "sae"
    folder.mkdir(exist_ok=True)
    save_file({"W_enc": np.ascontiguousarray(w), "b_enc": bias, "threshold": threshold, "b_dec": np.zeros(64, np.float32),
               "W_dec": np.ascontiguousarray(w.T)}, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps({"architecture": "jumprelu", "d_in": 64, "d_sae": features, "apply_b_dec_to_input": False}) + "\n")
    f = np.where(pre > threshold, np.maximum(pre, 0), 0)
    g = (x - centre) @ means.T
    n = len(x)

    def sets(v):
        out = []
        for column in v.T:
            active = np.flatnonzero(column > 0)
            keep = active[np.argsort(-column[active], kind="stable")[:top_k]]
            out.append(set(keep.tolist()) if len(active) >= minimum else set())
        return out

    def direction(own, other, by_f1, orders):
        def matches(order):
            moved = other if order is None else [{int(order[i]) for i in s} for s in other]
            out = []
            for i, a in enumerate(own):
                best = None
                for j, b in enumerate(moved):
                    o = len(a & b)
                    if o == 0:
                        continue
                    f1 = 2 * o / (len(a) + len(b))
                    key = f1 if by_f1 else o
                    if best is None or key > best[0]:
                        best = (key, j, o, f1)
                if best:
                    out.append([i, best[1], best[2], best[3]])
            return out

        share = lambda m: float(np.mean([v[3] > 0.5 for v in m])) if m else 0.0
        seen = matches(None)
        shuffled = [matches(o) for o in orders]
        null = [share(m) for m in shuffled]
        return {"matches": seen, "meanF1": float(np.mean([m[3] for m in seen])), "medianF1": float(np.median([m[3] for m in seen])),
                "shareAbove0.5": share(seen), "null": {"mean": float(np.mean(null)), "p95": float(np.percentile(null, 95)),
                                                      "p": (1 + sum(v >= share(seen) for v in null)) / (1 + rounds),
                                                      "meanF1": float(np.mean([np.mean([m[3] for m in s]) for s in shuffled]))}}

    orders = [permutation(n, seed + r) for r in range(rounds)]
    inverse = [np.argsort(o) for o in orders]
    ours, theirs = sets(g), sets(f)
    members = [set(np.flatnonzero(ids == r).tolist()) for r in range(len(exemplars))]
    firing = [set(np.flatnonzero(f[:, j] != 0).tolist()) for j in range(features)]
    enough = lambda table: [s if len(s) >= minimum else set() for s in table]
    leader = f.argmax(1)
    distinct = [len({int(leader[i]) for i in np.argsort(-np.where(c > 0, c, -np.inf), kind="stable")[:5]}) for c in g.T]
    # The rows of the own side stand where the other side's were dealt to.
    return {"rows": n, "meanActiveFeatures": float((f != 0).sum(1).mean()),
            "regionToFeature": direction(ours, theirs, False, inverse), "featureToRegion": direction(theirs, ours, False, orders),
            "firingRegionToFeature": direction(enough(members), enough(firing), True, inverse),
            "firingFeatureToRegion": direction(enough(firing), enough(members), True, orders),
            "meanDistinctLeaders": float(np.mean(distinct)), "sharedLeader": float(np.mean([d == 1 for d in distinct]))}


# --- two dictionaries, paths, and what the lens says

def graph(d, k=3):
    g = 1 - d @ d.T
    np.fill_diagonal(g, np.inf)
    near = np.argsort(g, axis=1, kind="stable")[:, :k]
    m = csr_matrix((np.ones(near.size), (np.repeat(np.arange(len(d)), k), near.flatten())), shape=(len(d), len(d)))
    return shortest_path(m.maximum(m.T), directed=False, unweighted=True)


def pairs():
    other = EP / "match" / "b.pkl"
    a, b = means, directions(other, "mean_member_direction")
    ea, eb = exemplars, directions(other, "exemplar_direction")
    cos = unit(a) @ unit(b).T
    i, j = optimize.linear_sum_assignment(-cos)
    matched = cos[i, j]
    out = {"matched": len(i), "cosMean": {"mean": float(matched.mean()), "median": float(np.median(matched)),
           "p10": float(np.percentile(matched, 10)), "p90": float(np.percentile(matched, 90)), "min": float(matched.min()), "max": float(matched.max())},
           "cosExemplar": {"mean": float((ea[i] * eb[j]).sum(1).mean())},
           "bestCosine": [[float(v) for v in cos.max(1)], [float(v) for v in cos.max(0)]]}
    size, coherence = (np.array([r[k] for r in expected["regions"]]) for k in ("member_count", "coherence"))
    out["predictor"] = [float(v) for v in np.log10(size * coherence**2)]
    hops = []
    first, last = 2, 9
    for d in (ea, eb):
        s, e = (first, last) if d is ea else (int((d @ ea[first]).argmax()), int((d @ ea[last]).argmax()))
        h = graph(d)[s]
        reach = h[np.isfinite(h) & (np.arange(len(h)) != s)]
        hops.append({"from": s, "to": e, "hops": int(h[e]) if np.isfinite(h[e]) else None, "medianHops": float(np.median(reach)), "reachable": len(reach)})
    return {"stability": out, "paths": {"from": first, "to": last, "dictionaries": hops}}


def alignment(seed=4, rounds=50):
    t = load_file(HERE.parent.parent / "models" / "tiny-llama" / "model.safetensors")
    norm, unembed = t["model.norm.weight"].astype(np.float64), t["model.embed_tokens.weight"].astype(np.float64)
    h = exemplars / np.sqrt((exemplars**2).mean(1, keepdims=True) + 1e-6) * norm
    logits = h @ unembed.T
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    n = len(p)
    near = 1 - np.clip(exemplars @ exemplars.T, -1, 1)
    js = np.array([[jensenshannon(a, b) ** 2 for b in p] for a in p])
    upper = np.triu_indices(n, 1)
    rho = stats.spearmanr(near[upper], js[upper])[0]
    null = []
    for r in range(rounds):
        o = permutation(n, seed + r)
        null.append(stats.spearmanr(near[upper], js[np.ix_(o, o)][upper])[0])
    return {"regions": n, "pairs": len(upper[0]), "spearman": float(rho), "nullMean": float(np.mean(null)),
            "nullDeviation": float(np.std(null)), "p": (1 + sum(abs(v) >= abs(rho) - 1e-12 for v in null)) / (1 + rounds)}


if __name__ == "__main__":
    golden = {"coverage": coverage(), "probe": probe(), "detect": detect(), "sparse": sparse(), **pairs(), "alignment": alignment()}
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")
