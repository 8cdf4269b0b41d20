"""What probe and detect should answer by the measures of SAEBench and AxBench, by numpy and scikit-learn.

    python measures.py        # numpy, scipy, scikit-learn, safetensors; after make.py

Plain loops over float64 copies, on labels.jsonl and concepts.jsonl; draws are the program's own. Writes measures.json.
"""

import json

import numpy as np
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from make import HERE, centre, document, exemplars, grouped_folds, means, nearest, permutation, position, texts, unit, x


def fit(features, y):
    return LogisticRegression(C=1.0, tol=1e-10, max_iter=10000).fit(features, y)


def pooled(seed=2, folds=5):
    lines = [json.loads(line) for line in (HERE / "labels.jsonl").open()]
    names = sorted({v["level"] for v in lines})
    known = {v["text"]: v for v in lines}
    documents = [d for d in range(len(texts)) if texts[d] in known and (document == d).any()]
    order = {}
    groups = [order.setdefault(known[texts[d]]["batch"], len(order)) for d in documents]
    y = np.array([names.index(known[texts[d]]["level"]) for d in documents])
    onehot = np.eye(len(exemplars))[nearest(x)[0]]
    histogram = np.stack([onehot[document == d].mean(0) for d in documents])
    raw = np.stack([x[document == d].mean(0) for d in documents])
    fold = grouped_folds(groups, list(y), folds, seed)

    def held_out(features, scaled):
        hits = np.zeros(len(y), bool)
        for f in range(folds):
            a, b = features[fold != f], features[fold == f]
            if scaled:
                a, b = (a - a.mean(0)) / a.std(0), (b - a.mean(0)) / a.std(0)
            hits[fold == f] = fit(a, y[fold != f]).predict(b) == y[fold == f]
        return float(hits.mean())

    def draw(kind, f, test):
        base = seed + 50_000 + ((f * len(names) + kind) * 2 + test) * 64
        rows = np.flatnonzero((fold == f) == bool(test))
        some = lambda v, n, s: v if n >= len(v) else v[permutation(len(v), s)[:n]]
        own = rows[y[rows] == kind]
        others = [k for k in range(len(names)) if k != kind]
        each = -(-len(own) // len(others))
        rest = np.concatenate([some(rows[y[rows] == k], each, base + 1 + i) for i, k in enumerate(others)])
        n = min(len(own), len(rest))
        return some(own, n, base + 63), some(rest, n, base)

    def against(features, k, scaled):
        shares = []
        for kind in range(len(names)):
            hits, total = 0, 0
            for f in range(folds):
                (own, rest), (own2, rest2) = draw(kind, f, 0), draw(kind, f, 1)
                if not len(own) or not len(own2):
                    continue
                a, b = features[np.r_[own, rest]], features[np.r_[own2, rest2]]
                if k:
                    keep = np.argsort(-np.abs(features[own].mean(0) - features[rest].mean(0)), kind="stable")[:k]
                    a, b = a[:, keep], b[:, keep]
                if scaled:
                    a, b = (a - a.mean(0)) / a.std(0), (b - a.mean(0)) / a.std(0)
                model = fit(a, np.r_[np.ones(len(own)), np.zeros(len(rest))])
                hits += int(((model.decision_function(b) > 0) == np.r_[np.ones(len(own2)), np.zeros(len(rest2))]).sum())
                total += len(b)
            shares.append(hits / total)
        return float(np.mean(shares))

    rows = [{"features": k or "all", "readout": against(histogram, k, False), "raw": against(raw, k, k is None)} for k in (1, 2, 5, None)]
    return {"rows": len(y), "readout": held_out(histogram, False), "raw": held_out(raw, True), "sparse": rows}


def rounded(v):
    bits = np.asarray(v, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32).astype(np.float64)


def detect():
    lines = [json.loads(line) for line in (HERE / "concepts.jsonl").open()]
    out = []
    for name in dict.fromkeys(v["concept"] for v in lines):
        own = [v for v in lines if v["concept"] == name]
        tokens = [x[document == texts.index(v["text"])] for v in own]
        truth = np.array([v["label"] == "positive" for v in own])
        held = np.array([v["split"] == "test" for v in own])
        entry = {"concept": name}
        for basis, directions in (("exemplar", exemplars), ("mean", means)):
            best = np.array([(unit(t - centre) @ directions.T).max(0) for t in tokens])
            areas = [metrics.roc_auc_score(truth[~held], best[~held, r]) for r in range(len(directions))]
            region = int(np.argmax(areas))
            score = np.array([(t @ directions[region]).max() for t in tokens])
            coarse = np.array([max(round(float(v), 3) for v in rounded(rounded(t) @ rounded(directions[region]))) for t in tokens])
            entry[basis] = {
                "region": region, "selected": float(areas[region]), "auroc": float(metrics.roc_auc_score(truth[held], score[held])),
                "cosine": float(metrics.roc_auc_score(truth[held], best[held, region])),
                "bf16": float(metrics.roc_auc_score(truth[held], coarse[held])),
            }
        out.append(entry)
    return {"concepts": out, "distinctWinners": {b: len({c[b]["region"] for c in out}) for b in ("exemplar", "mean")}}


if __name__ == "__main__":
    (HERE / "measures.json").write_text(json.dumps({"pooled": pooled(), "detect": detect()}, indent=1) + "\n")
