"""Makes this folder's Parquet files with pyarrow and pandas, as AxBench writes its own.

    python make.py            # pandas, pyarrow
"""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
RUNS = HERE.parent / "runs"


def axbench():
    """The concepts of ../runs as AxBench has them: ids, hard negatives that name others, negatives shared by id −1."""
    lines = [json.loads(line) for line in (RUNS / "concepts.jsonl").open()]
    ids = {"music": 0, "harbour": 1}
    for split, name in (("train", "train_data"), ("test", "latent_eval_data")):
        rows = []
        for n, line in enumerate(x for x in lines if x["split"] == split):
            positive = line["label"] == "positive"
            hard = not positive and n % 3 == 0 and split == "test"
            words = line["text"].split(" ")
            rows.append({
                "input": " ".join(words[:2]), "output": " " + " ".join(words[2:]),
                "output_concept": line["concept"] if positive else ("paper//glass" if hard else line["concept"]),
                "concept_genre": "text", "category": "positive" if positive else ("hard negative" if hard else "negative"),
                "dataset_category": "continuation", "concept_id": ids[line["concept"]],
            })
        pd.DataFrame(rows).to_parquet(HERE / f"{name}.parquet", index=False)


def layouts():
    rows = 50
    table = pa.table({
        "text": pa.array([None if i % 7 == 3 else f"naïve {'ab' * (i % 5)} {i}" for i in range(rows)]),
        "word": pa.array([("red", "green", "blue")[i % 3] for i in range(rows)]),
        "small": pa.array([i - 20 for i in range(rows)], pa.int32()),
        "large": pa.array([None if i == 9 else i * 10**12 - 5 for i in range(rows)], pa.int64()),
        "half": pa.array([i / 2 for i in range(rows)], pa.float32()),
        "ratio": pa.array([i / 3 for i in range(rows)], pa.float64()),
        "flag": pa.array([i % 3 == 0 for i in range(rows)]),
    })
    for name, more in {
        "snappy": {}, "plain": {"compression": "none", "use_dictionary": False},
        "groups": {"row_group_size": 13}, "version2": {"data_page_version": "2.0"},
        "pages": {"data_page_size": 64, "write_batch_size": 8}, "gzip": {"compression": "gzip"},
        "delta": {"use_dictionary": False, "column_encoding": {"word": "DELTA_BYTE_ARRAY"}},
    }.items():
        pq.write_table(table, HERE / f"{name}.parquet", **more)
    pq.write_table(pa.table({"lists": pa.array([[1], [2, 3]])}), HERE / "lists.parquet")
    pq.write_table(table.slice(0, 0), HERE / "empty.parquet")
    (HERE / "golden.json").write_text(json.dumps({c: table[c].to_pylist() for c in table.column_names}) + "\n")


if __name__ == "__main__":
    axbench()
    layouts()
