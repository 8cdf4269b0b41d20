"""Makes this folder's Parquet files with pyarrow: every codec, both page versions, every encoding, nested columns.

    python make.py            # pyarrow, numpy, ml_dtypes
"""

import io
import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ROWS = 40


def flat():
    return pa.table({
        "text": pa.array([None if i % 7 == 3 else f"naïve {'ab' * (i % 5)} {i}" for i in range(ROWS)]),
        "small": pa.array([i - 20 for i in range(ROWS)], pa.int32()),
        "large": pa.array([None if i == 9 else i * 10**12 - 5 for i in range(ROWS)], pa.int64()),
        "unsigned": pa.array([4_000_000_000 + i for i in range(ROWS)], pa.uint32()),
        "half": pa.array([i / 2 for i in range(ROWS)], pa.float32()),
        "ratio": pa.array([i / 3 for i in range(ROWS)], pa.float64()),
        "flag": pa.array([None if i == 5 else i % 3 == 0 for i in range(ROWS)]),
    })


def nested():
    turn = pa.struct([("role", pa.string()), ("content", pa.string())])
    messages = [
        None if i == 4 else [] if i == 6 else
        [{"role": "user", "content": f"ask {i}.{j}"} if j % 2 == 0 else {"role": "assistant", "content": None} for j in range(1 + i % 4)]
        for i in range(ROWS)
    ]
    return pa.table({
        "messages": pa.array(messages, pa.list_(turn)),
        "deep": pa.array([None if i % 5 == 0 else [[], None, [i, None]] for i in range(ROWS)], pa.list_(pa.list_(pa.int64()))),
        "pair": pa.array([None if i == 2 else {"a": i, "b": {"c": f"x{i}"}} for i in range(ROWS)],
                         pa.struct([("a", pa.int64()), ("b", pa.struct([("c", pa.string())]))])),
        "day": pa.array(np.arange(ROWS, dtype=np.int32), pa.date32()),
    })


def main():
    table, deep = flat(), nested()
    for codec in ("none", "snappy", "gzip", "zstd", "lz4", "brotli"):
        for version in ("1.0", "2.0"):
            pq.write_table(table, HERE / f"{codec}-{version[0]}.parquet", compression=codec, data_page_version=version,
                           write_page_checksum=True)
    encodings = {
        "delta": {"text": "DELTA_LENGTH_BYTE_ARRAY", "small": "DELTA_BINARY_PACKED", "large": "DELTA_BINARY_PACKED",
                  "unsigned": "DELTA_BINARY_PACKED", "half": "BYTE_STREAM_SPLIT", "ratio": "BYTE_STREAM_SPLIT", "flag": "RLE"},
        "shared": {"text": "DELTA_BYTE_ARRAY", "small": "BYTE_STREAM_SPLIT", "large": "BYTE_STREAM_SPLIT",
                   "unsigned": "BYTE_STREAM_SPLIT", "half": "PLAIN", "ratio": "PLAIN", "flag": "PLAIN"},
    }
    for name, encoding in encodings.items():
        for version in ("1.0", "2.0"):
            pq.write_table(table, HERE / f"{name}-{version[0]}.parquet", compression="zstd", use_dictionary=False,
                           column_encoding=encoding, data_page_version=version)
    for version in ("1.0", "2.0"):
        pq.write_table(deep, HERE / f"nested-{version[0]}.parquet", compression="zstd", data_page_version=version,
                       row_group_size=17, data_page_size=128, write_batch_size=8)
    pq.write_table(deep.drop(["day"]), HERE / "nested-legacy.parquet", use_compliant_nested_type=False)
    # Old LZ4 as Hadoop frames it cannot be written by pyarrow any more; "lz4" is the raw block, number 7.
    golden = {**{c: table[c].to_pylist() for c in table.column_names},
              **{c: deep[c].to_pylist() for c in deep.column_names if c != "day"}}
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
    pq.write_table(pa.table({"prompt": ["the same text"] * 100_000}), HERE / "equal.parquet", compression="zstd")

    # One text of a megabyte, by its place in the dictionary: more than a file of that size may come to.
    again = pa.DictionaryArray.from_arrays(pa.array([0] * 300, pa.int32()), pa.array(["a" * 2**20]))
    pq.write_table(pa.table({"prompt": again}), HERE / "repeated.parquet", compression="zstd", write_statistics=False)

    values = np.array([[1.0, -2.5, 3e38], [0.0, 1e-40, -0.1]])
    np.save(HERE / "bf16.npy", values.astype(ml_dtypes.bfloat16))
    np.save(HERE / "bf16-fortran.npy", np.asfortranarray(values.astype(ml_dtypes.bfloat16)))
    np.savez(HERE / "bf16.npz", x=values.astype(ml_dtypes.bfloat16))
    for name, array in {"void2": np.zeros(3, "V2"), "f8": values.astype(ml_dtypes.float8_e4m3fn),
                        "e5m2": values.astype(ml_dtypes.float8_e5m2)}.items():
        np.save(HERE / f"{name}.npy", array)
    (HERE / "bf16.json").write_text(
        json.dumps(values.astype(ml_dtypes.bfloat16).astype(np.float64).ravel().tolist()) + "\n")


if __name__ == "__main__":
    main()
