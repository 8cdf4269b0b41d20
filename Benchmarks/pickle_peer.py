"""A large pickle as the reference writes one, and Python's own reading of it.

`make FILE REGIONS DIMENSION TOKENS` answers the bytes written; `load FILE` the seconds of `pickle.load`, in a process of its own
so that one reading does not help the next. The classes are stand-ins of the reference's names, with its attributes.
"""

import pickle
import subprocess
import sys
import time
import types

import numpy as np

SAMPLED = 30
SHOWN = 10
CONTEXT = 128


def classes():
    for name in ("ep", "ep.discovery", "ep.discovery.dictionary"):
        sys.modules[name] = types.ModuleType(name)
    module = sys.modules["ep.discovery.dictionary"]
    for name in ("Dictionary", "Partition"):
        setattr(module, name, type(name, (), {"__module__": module.__name__}))
    return module.Dictionary, module.Partition


def units(random, count, dimension):
    rows = random.standard_normal((count, dimension), dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def contexts(random, documents, count, sign):
    places = zip(
        random.random(count), random.integers(0, len(documents), count), random.integers(1, CONTEXT, count))
    return [(sign * float(distance), documents[int(text)], int(place)) for distance, text, place in places]


def make(path, regions, dimension, tokens):
    dictionary_class, partition_class = classes()
    random = np.random.default_rng(0)
    words = [f"word{number}" for number in range(20_000)]
    documents = [" ".join(random.choice(words, 90)) for _ in range(max(1, tokens // CONTEXT))]
    # A few regions hold most of the stream, as they do in published dictionaries.
    sizes = random.pareto(1.0, regions) + 0.1
    sizes = np.maximum(1, (sizes / sizes.sum() * tokens).astype(int))
    stream = random.permutation(int(sizes.sum()))
    dictionary = dictionary_class()
    dictionary.center = random.standard_normal(dimension, dtype=np.float32)
    dictionary.threshold = 0.45
    dictionary.merge_close = False
    dictionary.partitions = []
    exemplars = np.zeros((1 << (regions - 1).bit_length(), dimension), dtype=np.float32)
    start = 0
    for region, size in enumerate(map(int, sizes)):
        rows = units(random, 2 + min(SAMPLED, size), dimension)
        members = np.sort(stream[start:start + size])
        start += size
        partition = partition_class()
        partition.member_count = size
        partition.exemplar_direction = rows[0].copy()
        partition.mean_member_direction = rows[1].copy()
        partition.member_coherence = 0.7
        partition.sum_dist_to_exemplar = 0.1 * size
        partition.sum_sq_dist_to_exemplar = 0.02 * size
        partition.source_iterations = set((members // (CONTEXT * CONTEXT)).tolist())
        partition.constituent_sample_indices = members.tolist()
        partition.sample_prompts = contexts(random, documents, min(SHOWN, size), -1)
        partition.boundary_prompts = contexts(random, documents, min(SHOWN, size), 1)
        partition.sample_members = [row.copy() for row in rows[2:]]
        partition.label = None
        exemplars[region] = rows[0]
        dictionary.partitions.append(partition)
    dictionary._last_batch_new_partition_rate = 0.0
    dictionary._exemplars = exemplars
    dictionary._exemplars_capacity = len(exemplars)
    with open(path, "wb") as file:
        pickle.dump(dictionary, file, protocol=pickle.HIGHEST_PROTOCOL)
        return file.tell()


def load(path):
    classes()
    start = time.perf_counter()
    with open(path, "rb") as file:
        pickle.load(file)
    return time.perf_counter() - start


def main():
    if sys.argv[1:2] == ["load"]:
        print(load(sys.argv[2]))
        return
    for line in sys.stdin:
        command, path, *numbers = line.split()
        if command == "make":
            print(make(path, *map(int, numbers)), flush=True)
        else:
            answer = subprocess.run(
                [sys.executable, __file__, "load", path], check=True, capture_output=True, text=True)
            print(answer.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
