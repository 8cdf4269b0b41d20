"""A scripted client of docs/engine-protocol.md, written from that page alone."""

import json
import os
import queue
import struct
import subprocess
import sys
import threading
from pathlib import Path

import torch

WORKER = Path(__file__).resolve().parent.parent.parent / "Engines" / "exemplar_engine.py"
KINDS = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16, "I32": torch.int32, "U8": torch.uint8}
NAMES = {dtype: name for name, dtype in KINDS.items()}


def blob(message, tensors=None):
    header, data = {"__metadata__": {"message": json.dumps(message)}}, b""
    for name, tensor in (tensors or {}).items():
        values = tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        header[name] = {
            "dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def whole(values):
    return torch.tensor(list(values), dtype=torch.int32)


def sequences(ids):
    """The tensors of some sequences."""
    return {"ids": whole(token for each in ids for token in each), "lengths": whole(len(each) for each in ids)}


class Failure(Exception):
    def __init__(self, message):
        super().__init__(f"{message.get('kind')}: {message.get('text')}")
        self.kind, self.text = message.get("kind"), message.get("text")


class Client:
    """A worker that was started, and what it says, as it comes."""

    def __init__(self, *arguments, command=None, environment=None):
        self.process = subprocess.Popen(
            command or [sys.executable, str(WORKER), "serve", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
        self.id = 0
        self.replies = queue.Queue()
        self.log = []
        for work in (self._listen, self._note):
            threading.Thread(target=work, daemon=True).start()

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.process.stdout.read(count - len(data))
            if not more:
                return None
            data += more
        return data

    def _listen(self):
        while (head := self._exactly(8)) is not None:
            header = json.loads(self._exactly(struct.unpack("<Q", head)[0]))
            message = json.loads(header.pop("__metadata__")["message"])
            data = bytearray(self._exactly(max([0] + [entry["data_offsets"][1] for entry in header.values()])))
            tensors = {}
            for name, entry in header.items():
                start, end = entry["data_offsets"]
                tensors[name] = torch.frombuffer(
                    data[start:end], dtype=KINDS[entry["dtype"]]).reshape(entry["shape"]) if end > start else torch.zeros(
                    entry["shape"], dtype=KINDS[entry["dtype"]])
            self.replies.put((message, tensors))
        self.replies.put((None, {}))

    def _note(self):
        for line in self.process.stderr:
            self.log.append(line.decode("utf-8", "replace"))

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, ask, tensors=None, **said):
        self.id += 1
        self.write(blob({"ask": ask, "id": self.id, **said}, tensors))
        return self.id

    def next(self, timeout=60):
        return self.replies.get(timeout=timeout)

    def answers(self, id, timeout=120):
        """Every reply to a request, up to the last."""
        while True:
            message, tensors = self.next(timeout)
            if message is None:
                raise EOFError("the worker ended: " + "".join(self.log[-5:]))
            assert message["id"] == id or message["id"] == 0, message
            if message["reply"] == "error":
                raise Failure(message)
            yield message, tensors
            if message["reply"] in ("done", "cancelled"):
                return

    def ask(self, ask, tensors=None, **said):
        """The last reply, parts of progress left out."""
        return list(self.answers(self.send(ask, tensors, **said)))[-1]

    def open(self, model, **said):
        self.ask("hello", protocol=[1], client="tests")
        return self.ask("load", model=str(model), **said)[0]

    def open_again(self, model, **said):
        """Another model in place of the one before."""
        return self.ask("load", model=str(model), **said)[0]

    def read(self, ids, hooks=(), *, tensors=None, **said):
        """Of each sequence `{hook: rows}`, with logits and scores by their names."""
        found = {}
        given = {**(sequences(ids) if ids is not None else {}), **(tensors or {})}
        lengths = given["lengths"].tolist()
        for message, parts in self.answers(self.send("read", given, hooks=list(hooks), **said)):
            if message["reply"] != "rows":
                continue
            at = {name: 0 for name in parts}
            for place, sequence in enumerate(message["sequences"]):
                assert sequence not in found
                length = int(parts["lengths"][place])
                assert length == lengths[sequence]
                found[sequence] = {}
                for name, tensor in parts.items():
                    if name == "lengths":
                        continue
                    count = length
                    if name == "scores":
                        count = length - 1
                    elif said.get("logits") == "last" if name == "logits" else said.get("positions") == "last":
                        count = 1
                    found[sequence][name] = tensor[at[name]: at[name] + count]
                    at[name] += count
            assert all(at[name] == len(tensor) for name, tensor in parts.items() if name != "lengths")
        assert sorted(found) == list(range(len(lengths)))
        return [found[index] for index in range(len(lengths))]

    def continued(self, ids, limit, *, tensors=None, **said):
        """`(new ids, ending)` of each sequence."""
        new, endings = [[] for _ in ids], [None] * len(ids)
        for message, _ in self.answers(self.send("continue", {**sequences(ids), **(tensors or {})}, limit=limit, **said)):
            if message["reply"] == "tokens":
                for sequence, token in message["tokens"]:
                    assert endings[sequence] is None
                    new[sequence].append(token)
            elif message["reply"] == "finished":
                assert endings[message["sequence"]] is None
                endings[message["sequence"]] = message["ending"]
        assert None not in endings
        return list(zip(new, endings))

    def close(self, timeout=10):
        """Ends its input; the status it ends with."""
        self.process.stdin.close()
        status = self.process.wait(timeout)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass
