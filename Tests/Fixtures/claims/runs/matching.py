"""What `compare-sae` must answer of both bases, by the reference's own compute_correspondence: one-to-one pairs, and how many features
lead on each region's five most active rows; with SciPy's correlation of coherence and F1.

    python matching.py REFERENCE        # a checkout of the reference; numpy, scipy, torch, safetensors
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy import stats

sys.path.insert(0, sys.argv[1])
from scripts.compare_sae import compute_correspondence  # noqa: E402

HERE = Path(__file__).parent
EP = HERE.parent.parent / "ep" / "p10"
x = np.concatenate([np.load(p, allow_pickle=True)["x"] for p in sorted((EP / "activations").glob("shard_*.npz"))]).astype(np.float32)
dictionary = pickle.loads((EP / "dictionary.pkl").read_bytes())
sae = load_file(HERE / "sae" / "sae_weights.safetensors")
pre = x @ sae["W_enc"] + sae["b_enc"]
features = np.where(pre > sae["threshold"], np.maximum(pre, 0), 0)
result = {}
for basis, attribute in (("mean", "mean_member_direction"), ("exemplar", "exemplar_direction")):
    directions = np.stack([getattr(p, attribute) for p in dictionary.partitions]).astype(np.float64)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    regions = (x.astype(np.float64) - dictionary.center) @ directions.T
    r = compute_correspondence(features, regions, min_feature_activations=20, top_k_sae=50)
    pairs = r["hungarian"]
    f1 = [m["f1"] for m in pairs]
    own = [dictionary.partitions[m["ep_partition"]].member_coherence for m in r["ep_to_sae"]]
    result[basis] = {
        "matched": len(pairs), "meanF1": float(np.mean(f1)), "medianF1": float(np.median(f1)), "shareAbove0.5": float(np.mean(np.array(f1) > 0.5)),
        "sum": float(np.sum(f1)), "pairs": sorted([m["ep_partition"], m["sae_feature"], m["overlap"], m["f1"]] for m in pairs),
        "distinctLeaders": [r["coherence"]["histogram"][k] for k in range(1, 6)], "meanDistinctLeaders": r["coherence"]["mean_distinct"],
        "sharedLeader": r["coherence"]["frac_all_same"], "spearman": float(stats.spearmanr(own, [m["f1"] for m in r["ep_to_sae"]])[0]),
        "regionToFeature": float(np.mean([m["f1"] for m in r["ep_to_sae"]])), "n": len(own),
    }
(HERE / "matching.json").write_text(json.dumps(result))
print({k: {a: b for a, b in v.items() if a != "pairs"} for k, v in result.items()})
