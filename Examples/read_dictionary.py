"""An .epdict in Python: its exemplars, regions, labels that came with it, and closest contexts. numpy and the standard library."""

import json
import sqlite3
import sys

import numpy as np


def tensors(path):
    """The tensors of a safetensors file, by name, mapped and not read; `safetensors.numpy.load_file` reads them."""
    kinds = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "BF16": "<u2"}  # bfloat16: the upper half of a float32
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: np.memmap(path, kinds[info["dtype"]], "r", 8 + size + info["data_offsets"][0], tuple(info["shape"]))
        for name, info in header.items()
    }


def read_dictionary(path):
    database = sqlite3.connect(f"file:{path}/dictionary.sqlite?mode=ro", uri=True)
    facts = dict(database.execute("SELECT key, value FROM provenance"))
    regions = database.execute("SELECT id, members, coherence, label FROM region ORDER BY id").fetchall()
    contexts = database.execute(
        """SELECT region, distance, position, CAST(text AS TEXT) FROM context JOIN document ON document.id = document
           WHERE kind = 0 ORDER BY region, rank"""
    ).fetchall()
    return facts, regions, contexts, tensors(f"{path}/directions.safetensors")


def assign(rows, facts, directions):
    """The region of each row `[n, D]`, and its cosine distance; a row beyond θ of its exemplar is in no region."""
    rows = rows - directions["center"]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    distances = np.clip(1 - rows @ directions["exemplars"].T, 0, 2)
    nearest = distances.argmin(axis=1)
    distances = distances[np.arange(len(rows)), nearest]
    return np.where(distances <= float(facts["threshold"]), nearest, -1), distances


if __name__ == "__main__":
    facts, regions, contexts, directions = read_dictionary(sys.argv[1])
    print(facts.get("model"), facts.get("hook"), f"K = {facts['regions']}, theta = {float(facts['threshold']):.4f}")
    # An exemplar is in its own region.
    ids, _ = assign(directions["exemplars"] + directions["center"], facts, directions)
    assert (ids == np.arange(len(ids))).all()
    for region, members, coherence, label in sorted(regions, key=lambda row: -row[1])[:5]:
        closest = next((text for id, _, _, text in contexts if id == region), "")
        print(region, members, f"{coherence:.3f}", label or "", repr(closest[-60:]), sep="\t")
