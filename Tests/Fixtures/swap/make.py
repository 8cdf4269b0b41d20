"""Makes swap.json: what the region swap and the conditions beside it make of synthetic activations.

Written from the definitions with numpy: pure regions by descending size, then id; the reduced QR of their directions; a
representative that is the closest prompt, or the mean of the prompts.
"""

import json
import pathlib

import numpy as np

rng = np.random.default_rng(5)
N, D, K = 48, 10, 9
centres = rng.normal(size=(K, D)) * 3
regions = rng.integers(0, K, N)
harmful = np.where(np.isin(regions, [0, 3, 7]), True, np.where(np.isin(regions, [1, 2, 5, 8]), False, rng.random(N) < 0.5))
a = np.round(centres[regions] + rng.normal(size=(N, D)), 4).astype(np.float32)
distances = rng.integers(0, 12, N).astype(np.float32) / 16  # with ties
c = np.round(a.mean(axis=0) + 0.25, 4).astype(np.float32)
A, C = a.astype(np.float64), c.astype(np.float64)


def unit(v):
    v = v - C
    return v / (np.linalg.norm(v) + 1e-12)


def pure(side):
    found = [r for r in range(K) if (regions == r).any() and (harmful[regions == r] == side).all()]
    return sorted(found, key=lambda r: (-(regions == r).sum(), r))


def span(vectors):
    q, _ = np.linalg.qr(np.stack([unit(v) for v in vectors], axis=1))
    return q @ q.T


out = {"dimension": D, "rows": a.ravel().tolist(), "harmful": harmful.tolist(), "regions": regions.tolist(),
       "distances": distances.tolist(), "centre": c.tolist(), "pureHarmful": pure(True), "pureBenign": pure(False)}
for basis in ("exemplar", "mean"):
    def stands(r):
        members = np.flatnonzero(regions == r)
        if basis == "mean":
            return A[members].mean(axis=0)
        return A[members[np.argmin(distances[members])]]
    h = [stands(r) for r in pure(True)]
    b = [stands(r) for r in pure(False)]
    P, mu = span(h), np.mean(b, axis=0)
    PB = span(b[: len(h)])
    PG, muG = span([A[harmful].mean(axis=0)]), A[~harmful].mean(axis=0)
    s = mu - np.mean(h, axis=0)
    out[basis] = {
        "swap": (C + (A - C) @ (np.eye(D) - P) + P @ (mu - C)).ravel().tolist(),
        "harmful-span": (C + (A - C) @ (np.eye(D) - P)).ravel().tolist(),
        "benign-span": (C + (A - C) @ (np.eye(D) - PB)).ravel().tolist(),
        "meanshift": (A + s).ravel().tolist(),
        "meanshift-back": (A - s).ravel().tolist(),
        "swap-global": (A - (A - muG) @ PG).ravel().tolist(),
    }
pathlib.Path(__file__).with_name("swap.json").write_text(
    json.dumps(json.loads(json.dumps(out), parse_float=lambda text: round(float(text), 8))))
