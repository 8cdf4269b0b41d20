"""Writes golden.json beside this file: the reference's resolution toy on made-up rows, by its definition, with numpy and scikit-learn.

    python3 make.py golden.json
"""
import json, sys
import numpy as np
from sklearn.metrics import adjusted_rand_score
rng = np.random.default_rng(7)
colours = ["red", "blue", "yellow"]
pairs = [(a, b) for a in colours for b in colours if a != b]
D = 8
base = {c: rng.normal(size=D) for c in colours}
minor = {c: 0.35 * rng.normal(size=D) for c in colours}
rows, texts, c1s, c2s = [], [], [], []
for a, b in pairs:
    for i in range(15):
        rows.append(base[b] * 2 + minor[a] * 2 + 0.25 * rng.normal(size=D) + 1.0)
        c1s.append(a); c2s.append(b)
X = np.array(rows, dtype=np.float32)
n = len(X)
unit = X / (np.linalg.norm(X, axis=1, keepdims=True) + 1e-12)
direction = unit.mean(0); direction /= np.linalg.norm(direction)
centre = direction * (X.mean(0) @ direction)
C = X - centre
U = C / (np.linalg.norm(C, axis=1, keepdims=True) + 1e-12)
S = U.astype(np.float64) @ U.astype(np.float64).T
iu = np.triu_indices(n, 1)
dist = 1 - S[iu]
def build(theta, order):
    ex = []
    for start in range(0, n, 32):
        for i in order[start:start + 32]:
            if not ex or min(1 - S[i, e] for e in ex) > theta: ex.append(i)
    return ex
def purity(ids, lab):
    return sum(max(sum(1 for l in lab[ids == r] if l == v) for v in set(lab)) for r in set(ids)) / n
labels = {"second": np.array(c2s), "first": np.array(c1s), "second+first": np.array([f"{b}+{a}" for a, b in zip(c1s, c2s)])}
levels = []
for p in [5, 10, 20, 30, 40, 55]:
    theta = float(np.percentile(dist, p))
    out = []
    for seed in range(3):
        order = list(range(n)); np.random.default_rng(seed).shuffle(order)
        ex = build(theta, order)
        ids = np.array([int(np.argmin([1 - S[i, e] for e in ex])) for i in range(n)])
        out.append((len(ex), {k: (adjusted_rand_score(v, ids), purity(ids, v)) for k, v in labels.items()}))
    levels.append({"percentile": p, "theta": theta, "regions": [o[0] for o in out],
                   "adjustedRand": {k: [o[1][k][0] for o in out] for k in labels}, "purity": {k: [o[1][k][1] for o in out] for k in labels}})
kinds = {"same": [], "first": [], "other": []}
for i in range(n):
    for j in range(i + 1, n):
        d = 1 - S[i, j]
        kinds["same" if c1s[i] == c1s[j] and c2s[i] == c2s[j] else "first" if c2s[i] == c2s[j] else "other"].append(d)
names = sorted(set(labels["second+first"]))
M = np.array([U[labels["second+first"] == v].astype(np.float64).mean(0) for v in names]); M /= np.linalg.norm(M, axis=1, keepdims=True)
json.dump({"rows": [[float(x) for x in r] for r in X], "second": c2s, "first": c1s, "levels": levels,
           "distances": {k: [len(v)] + [float(np.percentile(v, q)) for q in (10, 50, 90)] for k, v in kinds.items()},
           "values": names, "meanDistances": (1 - M @ M.T).tolist()}, open(sys.argv[1], "w"))
