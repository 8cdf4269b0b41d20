"""What `build --as-reference` must make of a sample store, by the reference's own pipeline (calibrate_pipeline, then discover, on one
stream of texts, as its script calls them).

    python make.py REFERENCE        # a checkout of the reference; numpy, scipy, torch, safetensors

The extractor hands out the store's activations where the reference would run a model; tokens are counted as its extractors do.
"""

import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

os.environ["EP_FORCE_CPU"] = "1"
sys.path.insert(0, sys.argv[1])
from ep.discovery import calibration as cal  # noqa: E402
from ep.discovery.extraction import ExtractionResult  # noqa: E402
from ep.discovery.pipeline import calibrate_pipeline, discover  # noqa: E402

HERE = Path(__file__).parent
STORE = HERE.parents[2] / "sample-dicts" / "smollm2-refusal.epstore"
HOOK = "blocks.16.hook_resid_post"


def documents():
    db = sqlite3.connect(f"file:{STORE / 'store.sqlite'}?mode=ro", uri=True)
    rows = []
    for path in sorted((STORE / "activations").glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            rows.append(file.get_tensor(HOOK).float().numpy())
    rows = np.concatenate(rows)
    query = "SELECT firstRow, firstPosition, rowCount FROM document WHERE promptSet IN ('harmful', 'benign') AND split = 'train' ORDER BY id"
    return [(rows[first:first + count], position) for first, position, count in db.execute(query)]


def extractor(taken, last):
    def extract(model, prompts, hook):
        x, owners, places, tokens = [], [], [], 0
        for index, name in enumerate(prompts):
            rows, first = taken[int(name)]
            tokens += first + len(rows)
            chosen = [len(rows) - 1] if last else [r for r in range(len(rows)) if first + r >= 1]
            x.append(rows[chosen])
            owners += [index] * len(chosen)
            places += [first + r for r in chosen]
        return ExtractionResult(x=np.concatenate(x), prompt_ids=np.array(owners), position_ids=np.array(places), n_tokens=tokens)
    return extract


taken = documents()
cases = []
for name, last, size, calibration_n, tokens, prompts, window, percentile in [
    ("tokens", False, 16, 400, 2500, None, 50, 10.0),
    ("prompts", False, 12, 400, 1_000_000, 100, 50, 10.0),
    ("saturated", False, 8, 900, 1_000_000, None, 1, 20.0),
    ("last", True, 20, 40, 1_000_000, None, 50, 10.0),
]:
    texts = iter(str(i) for i in range(len(taken)))
    extract = extractor(taken, last)
    calibration = calibrate_pipeline(None, texts, HOOK, n_tokens=calibration_n, percentile=percentile, extract_fn=extract,
                                     prompt_batch_size=size)
    r = discover(None, texts, HOOK, calibration, extract_fn=extract, saturation_window=window, max_tokens=tokens, max_prompts=prompts,
                 prompt_batch_size=size)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EP_CALIBRATION_CACHE"] = folder
        cached = cal.load("m", HOOK, percentile) if cal.save("m", HOOK, calibration) else None
    cases.append({
        "name": name, "last": last, "documents": size, "calibration": calibration_n, "maxTokens": tokens, "maxPrompts": prompts,
        "window": window, "percentile": percentile, "theta": calibration.threshold, "cachedTheta": cached.threshold,
        "centerNorm": float(np.linalg.norm(calibration.center.astype(float))), "calibrationActivations": calibration.n_activations,
        "activations": r.n_activations, "prompts": r.n_prompts, "regions": len(r.dictionary), "saturated": r.saturated,
        "growth": [[s.n_activations, s.n_partitions, s.new_partition_rate] for s in r.snapshots],
        "members": [p.member_count for p in r.dictionary.partitions],
    })
    print({k: v for k, v in cases[-1].items() if k not in ("growth", "members")})
(HERE / "golden.json").write_text(json.dumps({"cases": cases}))
