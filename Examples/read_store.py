"""An .epstore in Python: its prompts, the model's answers with their verdicts, and the activations of one hook. numpy and the standard library."""

import sqlite3
import sys

import numpy as np
from read_dictionary import tensors


def widened(rows):
    """float32, of bfloat16 too."""
    return (rows.astype("<u4") << 16).view("<f4") if rows.dtype == np.uint16 else rows.astype("<f4")


def read_store(path, hook):
    database = sqlite3.connect(f"file:{path}/store.sqlite?mode=ro", uri=True)
    hooks = [name for name, in database.execute("SELECT name FROM hook ORDER BY id")]
    assert hook in hooks, f"expected one of {hooks}, found {hook}"
    shards = [f"{path}/activations/{id:06d}.safetensors" for id, in database.execute("SELECT id FROM shard ORDER BY id")]
    rows = np.concatenate([widened(tensors(shard)[hook]) for shard in shards])
    documents = database.execute(
        """SELECT name, promptSet, split, CAST(document.text AS TEXT), firstRow, firstPosition, rowCount,
             CAST(continuation.text AS TEXT), outcome
           FROM document LEFT JOIN continuation ON continuation.document = document.id AND condition = 'baseline'
           ORDER BY document.id"""
    ).fetchall()
    return documents, rows  # position p of a document is row firstRow + p - firstPosition


if __name__ == "__main__":
    documents, rows = read_store(sys.argv[1], sys.argv[2])
    print(len(documents), "documents", *rows.shape)
    assert sum(document[6] for document in documents) == len(rows)
    for name, kind, split, text, first, _, count, answer, outcome in documents[:5]:
        final = np.linalg.norm(rows[first + count - 1])
        print(name, kind, split, outcome, f"{final:.3f}", repr((answer or "")[:40]), sep="\t")
