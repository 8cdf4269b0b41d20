"""Makes the golden numbers of this folder with numpy, scipy and scikit-learn.

    python make.py            # numpy, scipy, scikit-learn, safetensors

Everything is synthetic and seeded. Inputs are stored as float32 and computed with as float64.
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy import stats
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import jensenshannon
from sklearn import metrics
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
D = 12


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def coverage(rng):
    centre = rng.normal(size=D).astype(np.float32)
    fit = (rng.normal(size=(80, D)) * np.linspace(0.3, 2, D) + centre).astype(np.float32)
    near = (rng.normal(size=(60, D)) * np.linspace(0.3, 2, D) + centre).astype(np.float32)
    far = (rng.normal(size=(50, D)) + 1 + centre).astype(np.float32)
    model = LedoitWolf().fit(fit.astype(np.float64))
    neighbours = NearestNeighbors(n_neighbors=5, metric="cosine").fit(fit.astype(np.float64) - centre)
    out = {"shrinkage": float(model.shrinkage_)}
    for name, rows in (("near", near), ("far", far)):
        x = rows.astype(np.float64)
        out[f"mahalanobis_{name}"] = np.sqrt(model.mahalanobis(x)).tolist()
        out[f"neighbours_{name}"] = neighbours.kneighbors(x - centre)[0][:, -1].tolist()
    # Scores with many ties.
    negatives = np.round(rng.normal(size=70), 1)
    positives = np.round(rng.normal(size=40) + 0.8, 1)
    labels = np.r_[np.zeros(70), np.ones(40)]
    scores = np.r_[negatives, positives]
    fpr, tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    out["negatives"], out["positives"] = negatives.tolist(), positives.tolist()
    out["auroc"] = float(metrics.roc_auc_score(labels, scores))
    out["fpr_at_95_recall"] = float(fpr[np.argmax(tpr >= 0.95)])
    out["percentiles"] = [float(np.percentile(scores, p)) for p in (2.5, 50, 90, 99)]
    save_file({"centre": centre, "fit": fit, "near": near, "far": far}, HERE / "coverage.safetensors")
    return out


def readouts(rng):
    centre = rng.normal(size=D).astype(np.float32)
    w = unit(rng.normal(size=(9, D))).astype(np.float32)
    x = rng.normal(size=(15, D)).astype(np.float32) + centre
    x[3] = centre  # nothing is left of it
    c = x.astype(np.float64) - centre
    u = c / np.maximum(np.linalg.norm(c, axis=1, keepdims=True), 1e-12)

    def top(p, k):
        out = np.zeros_like(p)
        for i, row in enumerate(p):
            keep = np.argsort(-row, kind="stable")[:k]
            out[i, keep] = np.maximum(row[keep], 0)
        return out

    p, q = c @ w.T.astype(np.float64), u @ w.T.astype(np.float64)
    binary = np.zeros_like(q)
    binary[np.arange(len(q)), q.argmax(1)] = 1
    encoded = {
        "topk": top(p, 1), "topk3": top(p, 3), "signed": p, "cosine": q, "signed_norm": q,
        "topk_norm": top(q, 1), "topk_norm3": top(q, 3), "binary": binary,
    }
    tensors = {k: v.astype(np.float32) for k, v in encoded.items()}
    tensors["decoded"] = (top(p, 3) @ w + centre).astype(np.float32)
    save_file({"centre": centre, "directions": w, "rows": x, **tensors}, HERE / "readouts.safetensors")


def probes(rng):
    n, classes = 150, 3
    x = rng.normal(size=(n, D)).astype(np.float32)
    w = rng.normal(size=(D, classes))
    y = (x @ w + rng.normal(size=(n, classes))).argmax(1)
    save_file({"rows": x, "classes": y.astype(np.int64)}, HERE / "probes.safetensors")
    scaled = StandardScaler().fit_transform(x.astype(np.float64))
    binary = (y == 0).astype(int)
    out = {}
    for name, target in (("binary", binary), ("multinomial", y)):
        for c in (1.0, 0.05):
            model = LogisticRegression(C=c, tol=1e-12, max_iter=10000).fit(scaled, target)
            out[f"{name}_{c}"] = {
                "coef": model.coef_.tolist(), "intercept": model.intercept_.tolist(),
                "probabilities": model.predict_proba(scaled)[:5].tolist(),
            }
    return out


def stability(rng):
    a = rng.integers(0, 6, 200)
    b = np.where(rng.random(200) < 0.7, a, rng.integers(0, 8, 200))
    def entropy(labels):
        p = np.bincount(labels) / len(labels)
        return -sum(v * np.log(v) for v in p if v > 0)
    vi = entropy(a) + entropy(b) - 2 * metrics.mutual_info_score(a, b)
    one = metrics.adjusted_rand_score(a == 2, b == 2)
    points = unit(rng.normal(size=(25, 6))).astype(np.float32)
    g = 1 - points.astype(np.float64) @ points.T.astype(np.float64)
    np.fill_diagonal(g, 0)
    near = np.argsort(g, axis=1)[:, 1:4]
    rows = np.repeat(np.arange(25), 3)
    graph = csr_matrix((np.ones(75), (rows, near.flatten())), shape=(25, 25))
    hops = shortest_path(graph.maximum(graph.T), directed=False, unweighted=True)
    p = rng.dirichlet(np.ones(40) * 0.2, size=8)
    js = [[float(jensenshannon(a, b) ** 2) for b in p] for a in p]
    x, y = np.round(rng.normal(size=60), 1), np.round(rng.normal(size=60), 1)
    return {
        "a": a.tolist(), "b": b.tolist(), "adjusted_rand": float(metrics.adjusted_rand_score(a, b)),
        "variation_of_information": float(vi), "adjusted_rand_of_2": float(one),
        "points": points.tolist(), "hops": [[None if np.isinf(v) else int(v) for v in r] for r in hops],
        "logits": np.log(p).tolist(), "jensen_shannon": js,
        "x": x.tolist(), "y": y.tolist(), "spearman": float(stats.spearmanr(x, y)[0]),
    }


def sparse(rng):
    """Autoencoders in every layout that is read, with what they make of the same rows."""
    features, n = 20, 64
    x = rng.normal(size=(n, D)).astype(np.float32)
    w_enc = (rng.normal(size=(D, features)) * 0.6).astype(np.float32)
    w_dec = unit(rng.normal(size=(features, D))).astype(np.float32)
    b_enc = (rng.normal(size=features) * 0.2).astype(np.float32)
    b_dec = (rng.normal(size=D) * 0.3).astype(np.float32)
    threshold = rng.uniform(0.05, 0.8, features).astype(np.float32)
    r_mag, b_mag, b_gate = (rng.normal(size=(3, features)) * 0.3).astype(np.float32)
    x64, w64 = x.astype(np.float64), w_enc.astype(np.float64)
    relu = lambda v: np.maximum(v, 0)
    common = {"d_in": D, "d_sae": features, "hook_name": "blocks.3.hook_resid_post", "dtype": "float32"}

    def write(name, config, tensors, expected):
        folder = HERE / "sae" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cfg.json").write_text(json.dumps(config, indent=1) + "\n")
        save_file(tensors, folder / "sae_weights.safetensors")
        golden[name] = expected.astype(np.float32)

    golden = {"rows": x}
    base = {"W_enc": w_enc, "W_dec": w_dec, "b_enc": b_enc, "b_dec": b_dec}
    pre_dec = (x64 - b_dec) @ w64 + b_enc
    pre = x64 @ w64 + b_enc
    write("standard", {**common, "architecture": "standard", "apply_b_dec_to_input": True}, base, relu(pre_dec))
    write("jumprelu", {**common, "architecture": "jumprelu", "apply_b_dec_to_input": False},
          {**base, "threshold": threshold}, np.where(pre > threshold, relu(pre), 0))
    k = 4
    topk = np.zeros_like(pre_dec)
    for i, row in enumerate(pre_dec):
        keep = np.argsort(-row, kind="stable")[:k]
        topk[i, keep] = relu(row[keep])
    write("topk", {**common, "architecture": "topk", "activation_fn_kwargs": {"k": k}, "apply_b_dec_to_input": True}, base, topk)
    gate = (x64 - b_dec) @ w64 + b_gate
    magnitude = (x64 - b_dec) @ (w64 * np.exp(r_mag.astype(np.float64))) + b_mag
    write("gated", {"architecture": "gated", "d_in": D, "d_sae": features, "apply_b_dec_to_input": True,
                    "metadata": {"hook_name": "blocks.3.hook_resid_post", "model_name": "synthetic"}},
          {"W_enc": w_enc, "W_dec": w_dec, "b_dec": b_dec, "b_gate": b_gate, "b_mag": b_mag, "r_mag": r_mag},
          np.where(gate > 0, relu(magnitude), 0))
    scope = HERE / "sae" / "layer_3" / "width_20" / "canonical"
    scope.mkdir(parents=True, exist_ok=True)
    np.savez(scope / "params.npz", **base, threshold=threshold)
    golden["gemma_scope"] = np.where(pre > threshold, relu(pre), 0).astype(np.float32)

    # Correspondence, as the reference computes it: signed readout, top-k inputs of each side.
    centre = rng.normal(size=D).astype(np.float32) * 0.1
    directions = unit(w_enc.T[:7] + 0.3 * rng.normal(size=(7, D))).astype(np.float32)
    ep = (x64 - centre) @ directions.T.astype(np.float64)
    sae = golden["jumprelu"].astype(np.float64)
    top_k, minimum = 10, 6

    def indicator(f):
        m, active = np.zeros(f.shape, int), (f > 0).sum(0)
        for j in range(f.shape[1]):
            idx = np.where(f[:, j] > 0)[0]
            keep = idx[np.argsort(-f[idx, j], kind="stable")[:top_k]]
            m[keep, j] = 1
        return m, active

    ms, ns = indicator(sae)
    me, ne = indicator(ep)
    overlap = ms.T @ me

    def best(o, own, other, n_own, n_other):
        out = []
        for i in np.where(n_own >= minimum)[0]:
            row = np.where(n_other >= minimum, o[i], -1)
            j = int(row.argmax())
            if o[i, j] <= 0:
                continue
            precision, recall = o[i, j] / own[i], o[i, j] / other[j]
            out.append([int(i), j, int(o[i, j]), float(2 * precision * recall / (precision + recall))])
        return out

    ss, se = np.minimum(ns, top_k), np.minimum(ne, top_k)
    member = np.zeros_like(ep, dtype=int)
    member[np.arange(n), ((x64 - centre) @ directions.T).argmax(1)] = 1
    fires = (sae > 0).astype(int)
    both = member.T @ fires
    f1 = 2 * both / np.maximum(member.sum(0)[:, None] + fires.sum(0)[None, :], 1)
    golden["centre"], golden["directions"] = centre, directions
    save_file(golden, HERE / "sae" / "golden.safetensors")
    return {
        "top_k": top_k, "minimum": minimum, "ep_to_sae": best(overlap.T, se, ss, ne, ns),
        "sae_to_ep": best(overlap, ss, se, ns, ne),
        "firing": [[int(j), int(f1[j].argmax()), float(f1[j].max())] for j in range(7)],
    }


def main():
    golden = {"coverage": coverage(np.random.default_rng(1))}
    readouts(np.random.default_rng(2))
    golden["probes"] = probes(np.random.default_rng(3))
    golden["stability"] = stability(np.random.default_rng(4))
    golden["sparse"] = sparse(np.random.default_rng(5))
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
