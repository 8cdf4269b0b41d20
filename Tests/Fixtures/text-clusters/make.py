"""Makes text-clusters.json: TF-IDF weights and mini-batch k-means labels by scikit-learn, of the sample prompts and of texts in other
scripts, and what NumPy's older generator draws.

    python make.py
"""

import json
import pathlib

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import TfidfVectorizer

HERE = pathlib.Path(__file__).resolve().parent
PROMPTS = HERE.parents[2] / "sample-dicts" / "prompts" / "prompts.jsonl"
SCRIPTS = [
    "ΟΔΟΣ ΣΟΦΟΣ, οδος σοφος! Σ Σ2", "Ὀδυσσεύς και ΣΟΦΟΣ οδος", "İstanbul'da ışık, istanbul'da IŞIK", "İstanbul'da bir ışık",
    "cafe\u0301 café cafe", "café cafe\u0301 x_1 x_1 __ ٣٤ ③④ ½½", "हिन्दी भाषा में हिन्दी", "हिन्दी में ٣٤ ③④ ½½ __",
    "東京都は東京 東京都", "東京 東京都 a\u00adb a\u200db ab", "don't DON'T Don’t a b c", "a\u00adb a\u200db don't ab", "", "—"]


def vectors(texts):
    made = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=20000, sublinear_tf=True)
    rows = made.fit_transform(texts).tocsr()
    rows.sort_indices()
    return made.get_feature_names_out().tolist(), rows


def clusters(rows, k, batch, starts, seed):
    found = MiniBatchKMeans(n_clusters=k, random_state=seed, n_init=starts, batch_size=batch).fit(rows)
    return {
        "clusters": k, "batch": batch, "starts": starts, "seed": seed, "steps": int(found.n_steps_), "labels": found.labels_.tolist(),
        "inertia": float(found.inertia_)}


prompts = [json.loads(line)["prompt"] for line in PROMPTS.read_text().splitlines()]
terms, rows = vectors(prompts)
other_terms, other = vectors(SCRIPTS)
generator = np.random.RandomState(7)
golden = {
    "draws": {
        "below50": generator.randint(0, 50, 8).tolist(), "uniform": generator.uniform(size=3).tolist(),
        "choose": generator.choice(20, replace=False, size=6).tolist(), "below1000": generator.randint(0, 1000, 5).tolist()},
    "terms": len(terms), "sums": np.asarray(rows.sum(axis=1)).ravel().tolist(),
    "scripts": {"texts": SCRIPTS, "terms": other_terms, "rows": other.toarray().round(12).tolist()},
    "runs": [clusters(rows, k, batch, starts, seed) for k, batch, starts, seed in (
        (34, 512, 10, 0), (34, 512, 10, 1), (34, 512, 10, 2), (12, 16, 3, 5), (7, 64, 10, 4294967295), (100, 512, 10, 1))],
}
(HERE / "text-clusters.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n")
