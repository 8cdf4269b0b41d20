"""Trains a small top-k sparse autoencoder on the activations of a store, in SAELens' layout.

    python3 train_sae.py STORE FOLDER HOOK      # numpy

Not a published one: there is none for this model. It is here so that a comparison has something to compare with, and
is as seeded and as short as can be.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np

FEATURES, K, STEPS, BATCH, RATE = 512, 16, 1500, 512, 1e-3


def activations(store):
    """The rows of a store of one hook, f16, position 0 of each document among them."""
    for shard in sorted((Path(store) / "activations").glob("*.safetensors")):
        data = shard.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        for name, tensor in json.loads(data[8 : 8 + size]).items():
            if name == "__metadata__":
                continue
            assert tensor["dtype"] == "F16", tensor["dtype"]
            begin, end = tensor["data_offsets"]
            yield np.frombuffer(data[8 + size + begin : 8 + size + end], np.float16).reshape(tensor["shape"])


def train(rows, rng):
    mean = rows.mean(0)
    x = rows - mean
    # The first position of a document is far longer than all others; it would be all that is learnt.
    norms = np.linalg.norm(x, axis=1)
    x = x[norms < 3 * np.median(norms)]
    # A few components vary a hundred times as much as the others.
    scale = x.std(0) + 1e-6
    x /= scale
    decoder = rng.normal(size=(FEATURES, x.shape[1])).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    parameters = [decoder.T.copy(), np.zeros(FEATURES, np.float32), decoder]
    moments = [[np.zeros_like(p), np.zeros_like(p)] for p in parameters]
    fired = np.zeros(FEATURES, bool)
    for step in range(1, STEPS + 1):
        encoder, bias, decoder = parameters
        batch = x[rng.integers(0, len(x), BATCH)]
        pre = batch @ encoder + bias
        limit = np.partition(pre, FEATURES - K, axis=1)[:, FEATURES - K, None]
        active = (pre >= limit) & (pre > 0)
        code = np.where(active, pre, 0)
        error = (code @ decoder - batch) / BATCH
        fired |= active.any(0)
        if step % 100 == 0 and step <= STEPS // 2:
            # Features that nothing uses begin again at what is explained worst.
            dead = np.flatnonzero(~fired)
            worst = np.argsort(-(error**2).sum(1), kind="stable")[: len(dead)]
            dead = dead[: len(worst)]
            new = -error[worst] / np.linalg.norm(error[worst], axis=1, keepdims=True)
            decoder[dead], encoder[:, dead], bias[dead] = new, new.T, 0
            for index, axis in ((0, 1), (1, 0), (2, 0)):
                for m in moments[index]:
                    np.moveaxis(m, axis, 0)[dead] = 0
            fired[:] = False
            continue
        back = np.where(active, error @ decoder.T, 0)
        gradients = [batch.T @ back, back.sum(0), code.T @ error]
        for p, m, g in zip(parameters, moments, gradients):
            m[0] += 0.1 * (g - m[0])
            m[1] += 0.001 * (g * g - m[1])
            p -= RATE * (m[0] / (1 - 0.9**step)) / (np.sqrt(m[1] / (1 - 0.999**step)) + 1e-8)
        parameters[2] /= np.linalg.norm(parameters[2], axis=1, keepdims=True)
    encoder, bias, decoder = parameters
    # Folded, so that the encoder reads activations as they are.
    return {"W_enc": encoder / scale[:, None], "b_enc": bias, "W_dec": decoder * scale, "b_dec": mean}


def write(path, tensors):
    header, blobs, offset = {}, [], 0
    for name, value in tensors.items():
        blob = np.ascontiguousarray(value, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def main(store, folder, hook):
    rows = np.concatenate(list(activations(store))).astype(np.float32)
    tensors = train(rows, np.random.default_rng(0))
    folder = Path(folder)
    folder.mkdir(parents=True)
    write(folder / "sae_weights.safetensors", tensors)
    config = {
        "architecture": "topk", "k": K, "d_in": rows.shape[1], "d_sae": FEATURES, "hook_name": hook,
        "apply_b_dec_to_input": True, "normalize_activations": "none", "dtype": "float32",
    }
    (folder / "cfg.json").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
