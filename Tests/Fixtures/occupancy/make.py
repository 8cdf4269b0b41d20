"""Makes occupancy.json: readouts of regions of synthetic rows in the tokens of models/tiny-gemma2, by numpy from the definitions.

    python make.py          # numpy, safetensors
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parent / "models" / "tiny-gemma2"
config = json.loads((MODEL / "config.json").read_text())
weights = {name: values.astype(np.float64) for name, values in load_file(MODEL / "model.safetensors").items()}
# Not scaled by the root of the width, as the model scales it.
embedding = weights["model.embed_tokens.weight"]
head = weights.get("lm_head.weight", embedding)
rng = np.random.default_rng(11)
D = embedding.shape[1]
regions = rng.integers(0, 5, 40)
regions[regions == 3] = 4
centres = rng.normal(size=(5, D)) * 2
rows = np.round(centres[regions] + rng.normal(size=(40, D)), 3).astype(np.float32)
c = np.round(rows.mean(axis=0) + 0.1, 3).astype(np.float32)
asked = [4, 3, 1]


def top(scores):
    order = np.argsort(-scores, kind="stable")[:6]
    return {"ids": order.tolist(), "scores": scores[order].tolist(), "rankOf5And9": int((scores > max(scores[5], scores[9])).sum())}


found = []
for region in asked:
    own = rows[regions == region].astype(np.float64)
    if not len(own):
        continue
    shifted = own - c.astype(np.float64)
    mean = (shifted / (np.linalg.norm(shifted, axis=1, keepdims=True) + 1e-12)).mean(axis=0)
    direction, raw = mean / (np.linalg.norm(mean) + 1e-8), own.mean(axis=0)
    lengths = np.linalg.norm(embedding, axis=1)
    normed = direction / np.sqrt((direction ** 2).mean() + config["rms_norm_eps"]) * (1 + weights["model.norm.weight"])
    found.append({
        "region": region, "direction": direction.tolist(), "raw": raw.tolist(),
        "embedding": top(embedding @ direction / lengths / np.linalg.norm(direction)),
        "rawMean": top(embedding @ raw / lengths / np.linalg.norm(raw)), "lens": top(head @ normed)})
(HERE / "occupancy.json").write_text(json.dumps({
    "rows": [float(x) for x in rows.ravel()], "assigned": regions.tolist(), "centre": [float(x) for x in c], "asked": asked, "found": found,
}, separators=(",", ":")) + "\n")
