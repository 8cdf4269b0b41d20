"""Makes expected.json: SciPy and scikit-learn on small inputs. pip install numpy scipy scikit-learn"""

import json

import numpy as np
import scipy
from scipy import stats
from sklearn.metrics import cohen_kappa_score, roc_auc_score

rng = np.random.default_rng(20260514)
out = {"made with": f"scipy {scipy.__version__}, numpy {np.__version__}"}
out["normal"] = [[p, stats.norm.ppf(p)] for p in (1e-12, 0.001, 0.025, 0.3, 0.8, 0.975, 0.9995)]
out["wilson"] = []
for k, n in ((0, 10), (1, 10), (5, 10), (10, 10), (45, 50), (3, 1000), (81, 263)):
    for confidence in (0.8, 0.95, 0.999):
        ci = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
        out["wilson"].append([k, n, confidence, ci.low, ci.high])
out["binomial"] = []
for k, n, p in ((0, 5, 0.5), (3, 12, 0.5), (9, 10, 0.5), (7, 30, 0.1), (30, 200, 0.2), (600, 1200, 0.48)):
    row = [stats.binomtest(k, n, p, a).pvalue for a in ("two-sided", "less", "greater")]
    out["binomial"].append([k, n, p] + row)
out["mcnemar"] = [[b, c, stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0]
                  for b, c in ((0, 0), (5, 0), (0, 9), (10, 3), (25, 25), (40, 11))]


def delong(pos, neg):
    v10 = [np.mean([(p > n) + 0.5 * (p == n) for n in neg]) for p in pos]
    v01 = [np.mean([(p > n) + 0.5 * (p == n) for p in pos]) for n in neg]
    return np.var(v10, ddof=1) / len(pos) + np.var(v01, ddof=1) / len(neg)


out["auroc"] = []
for m, n, levels in ((6, 9, 4), (20, 35, 8), (15, 12, 1000)):
    pos = rng.integers(0, levels, m) + levels * 0.2
    neg = rng.integers(0, levels, n) + 0.0
    pos = np.floor(pos)
    area = roc_auc_score([1] * m + [0] * n, list(pos) + list(neg))
    out["auroc"].append({"positives": pos.tolist(), "negatives": neg.tolist(), "area": area,
                         "variance": delong(pos, neg)})
out["spearman"] = []
for n, levels in ((8, 100), (30, 5)):
    x = rng.integers(0, levels, n).astype(float)
    y = x + rng.integers(0, levels, n)
    out["spearman"].append({"x": x.tolist(), "y": y.tolist(), "rho": stats.spearmanr(x, y).statistic})
a = rng.integers(0, 4, 60)
b = np.where(rng.random(60) < 0.7, a, rng.integers(0, 4, 60))
out["kappa"] = {"a": a.tolist(), "b": b.tolist(), "kappa": cohen_kappa_score(a, b)}
p, q = rng.normal(0, 3, 12).astype(np.float32), rng.normal(0, 3, 12).astype(np.float32)
soft = lambda x: np.exp(x.astype(np.float64) - np.logaddexp.reduce(x.astype(np.float64)))
mask = np.arange(12) != 4
out["kl"] = {"p": p.tolist(), "q": q.tolist(), "all": stats.entropy(soft(p), soft(q)),
             "without 4": stats.entropy(soft(p[mask]), soft(q[mask]))}
json.dump(out, open("expected.json", "w"), indent=1)
