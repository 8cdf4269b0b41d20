"""Writes golden.json beside this file: the reference's refusal directions on made-up rows of two layers, by their definition, with numpy alone.

    python3 make.py golden.json
"""
import json, sys
import numpy as np
made = np.random.default_rng(7)
SIDE, D, LAYERS, HELD, P, BATCH = 40, 8, 2, 10, 12, 16
n = 2 * SIDE
harmful = np.arange(n) < SIDE
layers = []
for layer in range(LAYERS):
    topics = made.normal(size=(14, D)) * 1.4
    along = made.normal(size=D)
    along *= (1.1 + 0.3 * layer) / np.linalg.norm(along)
    topic = made.integers(14, size=n)
    rows = topics[topic] + np.where(harmful[:, None], 1, -1) * along + 0.3 * made.normal(size=(n, D)) + 2.0
    layers.append(rows.astype(np.float32))


def unit(v):
    return v / (np.linalg.norm(v, axis=-1, keepdims=True) + 1e-12)


def partition(X):
    """Built from all prompts: the order of seed 0, batches of 16; then all go to the nearest exemplar, without a cut."""
    order = np.random.default_rng(0).permutation(n)
    direction = unit(X / np.linalg.norm(X, axis=1, keepdims=True)).mean(0)
    direction /= np.linalg.norm(direction)
    U = unit(X - direction * (X.mean(0) @ direction))
    S = U @ U.T
    batches = [order[s:s + BATCH] for s in range(0, n, BATCH)]
    theta = np.mean([np.percentile(1 - S[np.ix_(b, b)][np.triu_indices(len(b), 1)], P) for b in batches if len(b) > 1])
    founders = []
    for i in order:
        if not founders or min(1 - S[i, f] for f in founders) > theta:
            founders.append(int(i))
    distances = np.array([[1 - S[i, f] for f in founders] for i in range(n)])
    return theta, founders, distances.argmin(1), np.clip(distances.min(1), 0, 2)


generator = np.random.default_rng(0)
held = np.zeros(n, bool)
for start in (0, SIDE):
    held[start + np.sort(generator.choice(SIDE, HELD, replace=False))] = True


def area(scores, positive):
    a, b = scores[positive], scores[~positive]
    return float(np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)))


out = []
for rows in layers:
    X = rows.astype(np.float64)
    theta, founders, ids, distances = partition(X)
    members = {r: np.flatnonzero(ids == r) for r in range(len(founders))}
    exemplar = {r: m[np.argmin(distances[m])] for r, m in members.items()}
    bySize = sorted(members, key=lambda r: (-len(members[r]), r))
    pure = {True: [r for r in bySize if harmful[members[r]].all()], False: [r for r in bySize if not harmful[members[r]].any()]}
    kept = {side: [r for r in pure[side] if not held[exemplar[r]]] for side in pure}
    ep = unit(X[[exemplar[r] for r in kept[True]]].mean(0) - X[[exemplar[r] for r in kept[False]]].mean(0))
    means = unit(X[harmful & ~held].mean(0) - X[~harmful & ~held].mean(0))
    ends, groups = [], []
    for side in (True, False):
        sizes = [int(((harmful[members[r]] == side) & ~held[members[r]]).sum()) for r in sorted(members)]
        dealt = generator.permutation(np.flatnonzero((harmful == side) & ~held))
        taken, start = [], 0
        for size in sizes:
            if size:
                group = dealt[start:start + size]
                taken.append(group[np.argmin(np.linalg.norm(X[group] - X[group].mean(0), axis=1))])
                start += size
        assert start == len(dealt)
        ends.append(X[taken].mean(0))
        groups.append([int(i) for i in taken])
    shuffled = unit(ends[0] - ends[1])
    out.append({
        "rows": [[float(x) for x in row] for row in rows], "theta": float(theta), "founders": founders, "regions": ids.tolist(), "distances": distances.tolist(),
        "harmful": pure[True], "benign": pure[False], "omitted": sorted(set(pure[True] + pure[False]) - set(kept[True] + kept[False])), "norm": float(np.median(np.linalg.norm(X, axis=1))),
        "representatives": groups, "directions": {"ep": ep.tolist(), "prompt-mean": means.tolist(), "shuffled": shuffled.tolist()},
        "cosines": {"ep": 1.0, "prompt-mean": float(means @ ep), "shuffled": float(shuffled @ ep)}})
for layer in out:
    layer["areas"] = {name: [area(rows[held].astype(np.float64) @ np.array(d), harmful[held]) for rows in layers] for name, d in layer["directions"].items()}
# The author's own draws: 256 held out of 1176 a side.
draws = np.random.default_rng(0)
first, second = (np.sort(draws.choice(1176, 256, replace=False)) for _ in range(2))
json.dump({"harmful": harmful.tolist(), "held": np.flatnonzero(held).tolist(), "layers": out,
           "draws": {"harmful": first.tolist(), "benign": second.tolist(), "then": draws.permutation(6).tolist()}}, open(sys.argv[1], "w"))
for layer in out:
    print(len(layer["founders"]), layer["harmful"], layer["benign"], layer["omitted"], layer["cosines"], layer["areas"])
