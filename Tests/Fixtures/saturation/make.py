"""What `saturation` must answer, by the reference implementation's own Dictionary and calibrate.

    python make.py REFERENCE        # a checkout of the reference; numpy, scipy

Streams: the documents of ../ep/p10 and the rows of ../claims/runs/far.npz, 12 documents a batch; shuffled as the reference shuffles
a domain's prompts (numpy's default_rng(seed).shuffle), seeds 5, 6, 7, and dealt anew with seeds 8 and 9.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np

os.environ["EP_FORCE_CPU"] = "1"
sys.path.insert(0, sys.argv[1])
from ep.discovery import calibration as cal  # noqa: E402
from ep.discovery.dictionary import Dictionary  # noqa: E402

HERE = Path(__file__).parent
EP = HERE.parent / "ep" / "p10"
BATCH, SEED, ORDERS, DEALS, WINDOW, PERCENTILE = 12, 5, 3, 2, 1, 8.0


def shards():
    """[document's rows]"""
    documents = []
    for path in sorted((EP / "activations").glob("shard_*.npz")):
        data = np.load(path, allow_pickle=True)
        for number in range(len(data["prompts"])):
            documents.append(data["x"][data["prompt_ids"] == number])
    return documents


def batches(documents):
    for start in range(0, len(documents), BATCH):
        rows = np.concatenate(documents[start:start + BATCH])
        if len(rows):
            yield rows


def shuffled(items, seed):
    order = list(range(len(items)))
    np.random.default_rng(seed).shuffle(order)
    return [items[i] for i in order]


def grow(documents, calibration):
    """The reference's snapshots, where a window of idle batches would have stopped it, and the founders."""
    d = Dictionary(center=calibration.center, threshold=calibration.threshold)
    points, total, last, stopped = [], 0, 0, None
    for number, rows in enumerate(batches(documents)):
        before = len(d)
        d.add_batch(rows, iteration=number, global_index_start=total)
        if len(d) > before:
            last = number
        total += len(rows)
        points.append([total, len(d), d.new_partition_rate])
        if stopped is None and number + 1 - last > WINDOW:
            stopped = {"activations": total, "regions": len(d)}
    founders = sorted(p.constituent_sample_indices[0] for p in d.partitions)
    return points, stopped, founders


def cut(documents, count):
    """The first `count` rows; what is built from them is built by the reference, not read off a longer run."""
    taken = []
    for rows in documents:
        taken.append(rows[:count])
        count -= len(taken[-1])
        if count == 0:
            return taken
    raise ValueError("too few rows")


def dealt(streams, count, seed):
    pool, hands, room = shuffled([d for s in streams for d in s], seed), [[]], count
    for rows in pool:
        while len(rows):
            taken, rows = rows[:room], rows[room:]
            hands[-1].append(taken)
            room -= len(taken)
            if room == 0:
                hands.append([])
                room = count
    return hands[:len(streams)]


def spread(values):
    return {"mean": float(np.mean(values)), "interval95": [float(np.percentile(values, q)) for q in (2.5, 97.5)]}


far = np.load(HERE.parent / "claims" / "runs" / "far.npz")
far = far[far.files[0]].astype(np.float32)
streams = {"near": shards(), "far": [far[i:i + 1] for i in range(len(far))]}
calibration = cal.calibrate((b for s in streams.values() for b in batches(s)), n_tokens=10**9, percentile=PERCENTILE)
equal = min(sum(map(len, s)) for s in streams.values())
result = {"theta": calibration.threshold, "centerNorm": float(np.linalg.norm(calibration.center.astype(float))),
          "equalActivations": equal, "streams": []}
at_equal = {}
for name, documents in streams.items():
    total, orders, same, rates, whole = sum(map(len, documents)), [], [], [], []
    for seed in range(SEED, SEED + ORDERS):
        order = shuffled(documents, seed)
        points, stopped, founders = grow(order, calibration)
        shorter = len(grow(cut(order, equal), calibration)[2])
        tenth = len(grow(cut(order, equal - equal // 10), calibration)[2])
        orders.append({"seed": seed, "regions": len(founders), "regionsAtEqual": shorter, "saturated": stopped, "growth": points})
        same.append(shorter)
        rates.append((shorter - tenth) / (equal // 10))
        whole.append(len(founders))
    points, _, founders = grow(documents, calibration)
    at_equal[name] = np.array(same)
    result["streams"].append({"name": name, "documents": len(documents), "activations": total, "regions": spread(whole),
                              "regionsAtEqual": spread(same), "newRegionRate": spread(rates),
                              "stored": {"regions": len(founders), "growth": points}, "orders": orders})
deals = [[len(grow(hand, calibration)[2]) for hand in dealt(list(streams.values()), equal, SEED + ORDERS + i)] for i in range(DEALS)]
spreads = [max(d) - min(d) for d in deals]
difference = spread(at_equal["near"] - at_equal["far"])
difference["p"] = (1 + sum(s >= abs(difference["mean"]) for s in spreads)) / (1 + DEALS)
result["differences"] = [{"a": "near", "b": "far", **difference}]
result["null"] = {"deals": deals, "meanSpread": float(np.mean(spreads))}
(HERE / "golden.json").write_text(json.dumps(result))
print(result["theta"], [(s["name"], s["activations"], s["regions"], s["regionsAtEqual"]) for s in result["streams"]], deals, difference)
