"""Writes the files in this folder. Run here with Python 3 and NumPy 2: python3 make.py"""

import collections
import io
import os
import pickle
import sys
import types
import zipfile

import numpy as np

NUMBERS = [0, 1, 2, 3, 100, 7]  # fits every type, 2 x 3


def typed_arrays():
    arrays = {code: np.array(NUMBERS).reshape(2, 3).astype(code)
              for code in ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"]}
    arrays["b1"] = np.array([[True, False, True], [False, False, True]])
    for code in ["f8", "f4", "f2", "i8", "i4", "u2"]:
        arrays["big-" + code] = np.array(NUMBERS).reshape(2, 3).astype(">" + code)
    arrays["fortran"] = np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4))
    arrays["text"] = np.array(["", "\u03b8 = 0.8", "na\u00efve \U0001f600", "a\0b"])
    arrays["big-text"] = arrays["text"].astype(">U8")
    arrays["bytes"] = np.array([b"abc", b"\xce\xb8", b""])
    arrays["objects"] = np.array([["one", "\u03b8"], ["", "four"]], dtype=object)
    arrays["scalar"] = np.float64(0.8125)
    arrays["empty"] = np.zeros((0, 3), dtype="f4")
    arrays["specials"] = np.array([np.nan, np.inf, -np.inf, -0.0, 6e-8, 65504], dtype="f2")
    arrays["unsigned-large"] = np.array([2**64 - 1], dtype="u8")
    return arrays


class Stream(io.RawIOBase):
    """Somewhere that cannot seek, so that sizes follow the data."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def close(self):
        self.file.close()


def write_npz(target, arrays, compression, force_zip64=False):
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = compression
            with archive.open(info, "w", force_zip64=force_zip64) as member:
                np.lib.format.write_array(member, np.asanyarray(array))


def write_arrays():
    arrays = typed_arrays()
    write_npz("stored.npz", arrays, zipfile.ZIP_STORED)
    write_npz("deflated.npz", arrays, zipfile.ZIP_DEFLATED)
    few = {name: arrays[name] for name in ["f4", "i8", "objects"]}
    stream = Stream("streamed.npz")
    write_npz(stream, few, zipfile.ZIP_DEFLATED)
    stream.close()
    stream = Stream("streamed64.npz")
    write_npz(stream, few, zipfile.ZIP_STORED, force_zip64=True)
    stream.close()
    zipfile.ZIP64_LIMIT = 64  # everything past it is written as if it were past 4 GB
    zipfile.ZIP_FILECOUNT_LIMIT = 1
    write_npz("zip64.npz", few, zipfile.ZIP_STORED, force_zip64=True)
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(f"version{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, arrays["f4"], version=version)
    np.save("complex.npy", np.zeros(2, dtype="c8"))
    np.save("records.npy", np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]))


def plain_values():
    shared = ["shared"]
    ordered = collections.OrderedDict([("b", 1), ("a", 2)])
    return {
        "none": None, "yes": True, "no": False,
        "ints": [0, 255, 256, 65535, 65536, -1, -2**31, 2**31, -2**63, 2**63 - 1],
        "floats": [0.5, -0.0, 1e300], "text": "\u03b8 \U0001f600", "long": "x" * 300,
        "bytes": b"\x00\x80\xff", "no bytes": b"", "bytearray": bytearray(b"\x01\xfe"),
        "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "set": {3}, "frozenset": frozenset([4]), "ordered": ordered,
        "shared": [shared, shared], "many": list(range(1500)), "keys": {1: "a", (2, "b"): "c"},
        "f4": np.array([[1.5, -2.5], [3.5, 4.5]], dtype="f4"),
        "fortran": np.asfortranarray(np.arange(6, dtype="i4").reshape(2, 3)),
        "big": np.array([1.0, 2.0], dtype=">f8"), "bool": np.array([True, False]),
        "zero": np.array(7, dtype="i8"), "no rows": np.zeros((0, 4), dtype="f4"),
        "names": np.array(["a", "\u03b8"]), "objects": np.array(["x", None], dtype=object),
        "scalars": [np.float32(0.1), np.float64(0.1), np.int64(-5), np.bool_(True)],
    }


def ep_classes(module_name, dictionary_name, partition_name):
    module = types.ModuleType(module_name)
    for name in [dictionary_name, partition_name]:
        setattr(module, name, type(name, (), {"__module__": module_name}))
    package = module_name.rpartition(".")[0]
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package.rpartition(".")[0]] = types.ModuleType(package.rpartition(".")[0])
    sys.modules[module_name] = module
    return getattr(module, dictionary_name), getattr(module, partition_name)


def small_dictionary(module, dictionary_name, partition_name):
    dictionary_class, partition_class = ep_classes(module, dictionary_name, partition_name)
    dictionary = dictionary_class()
    dictionary.center = np.array([0.5, -1, 2], dtype="f4")
    dictionary.threshold = 0.75
    dictionary.partitions = []
    for count in [3, 2]:
        partition = partition_class()
        partition.member_count = count
        partition.exemplar_direction = np.array([1, 0, count], dtype="f4")
        partition.source_iterations = {0, 1}
        partition.sample_prompts = [(-0.25, "a prompt", 4)]
        partition.label = None
        dictionary.partitions.append(partition)
    return dictionary


class Attack:
    def __reduce__(self):
        return os.system, ("echo never",)


def write_pickles():
    def dump(name, value, protocol):
        with open(name, "wb") as file:
            pickle.dump(value, file, protocol)

    for protocol in [2, 3, 4, 5]:
        dump(f"plain-{protocol}.pkl", plain_values(), protocol)
    for protocol in [2, 3]:
        dump(f"dictionary-{protocol}.pkl",
             small_dictionary("ep.discovery.dictionary", "Dictionary", "Partition"), protocol)
    dump("dictionary-mixed.pkl",
         small_dictionary("ep.discovery.dictionary", "ConceptLibrary", "Concept"), 4)
    for protocol in [0, 2, 4]:
        dump(f"attack-{protocol}.pkl", {"center": [Attack()]}, protocol)
    cycle = []
    cycle.append(cycle)
    dump("cycle.pkl", cycle, 4)


write_arrays()
write_pickles()
