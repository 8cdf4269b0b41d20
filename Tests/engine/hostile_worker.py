#!/usr/bin/env python3
"""A worker of docs/engine-protocol.md that does not keep to it: the client's tests start it. Standard library only.

    hostile_worker.py MODE [--at ASK] [--after N] [--slow MS] [--say JSON]
    hostile_worker.py --list

Until it is asked ASK (`read`, unless said) it is honest; then it does what MODE names, and goes on honestly where that leaves a
conversation. `honest` never does anything else. --after: it is honest N times more. --slow: it waits so long before each ASK. --say:
other than its own words on the model, as at load.

Its model has 2 layers, a width of 4 and one token a byte, with 256 for the end. At hook number h (in the order of
`hooks`) and position p, token t has the row [h, p, t, 1]; the likeliest next token is (t + 1) mod 256, with a logit of
1 where all others have 0; steered, replaced and resumed rows are not known here (`can` is empty; with `--at gradient` it has that).
"""

import json
import math
import os
import select
import struct
import sys
import time

WIDTH, LAYERS, VOCABULARY, CONTEXT, END = 4, 2, 257, 512, 256
HOOKS = ["hook_embed"] + [
    f"blocks.{layer}.{suffix}" for layer in range(LAYERS)
    for suffix in ("hook_resid_pre", "hook_resid_mid", "hook_resid_post")]
SIZES = {"F32": 4, "I32": 4, "U8": 1, "BF16": 2, "F16": 2}
CAN = []
BANNER = b"Last login: Mon Jan  1 00:00:00 2024 from 10.0.0.1\r\nbash: warning: setlocale: LC_ALL: cannot change locale\n"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m\r\n\x00\x9b5A\u202etxt\u200bend"

# MARK: - Messages


def read_exactly(count):
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def receive():
    """A request and its tensors: {name: (dtype, shape, bytes)}."""
    header = json.loads(read_exactly(struct.unpack("<Q", read_exactly(8))[0]))
    request = json.loads(header.pop("__metadata__")["message"])
    data = read_exactly(max([0] + [entry["data_offsets"][1] for entry in header.values()]))
    return request, {
        name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])]) for name, entry in header.items()}


def put(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]


def blob(message, tensors=(), change=None):
    """A message; `change` may spoil its header."""
    header, data = {"__metadata__": {"message": json.dumps(message)}}, b""
    for name, (dtype, shape, values) in dict(tensors).items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    if change:
        change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def send(message, tensors=(), change=None):
    put(blob(message, tensors, change))


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


def whole(values):
    return struct.pack(f"<{len(values)}i", *values)


def numbers(tensors, name):
    return list(struct.unpack(f"<{len(tensors[name][2]) // 4}i", tensors[name][2]))


def cut(ids, lengths):
    sequences, at = [], 0
    for length in lengths:
        sequences.append(ids[at: at + length])
        at += length
    return sequences


# MARK: - The honest worker


TOKENIZER = {
    "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
    "added_tokens": [{
        "id": END, "content": "</s>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
        "special": True}],
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
}
TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"


def spelled(byte):
    """The character by which byte-level tokenizers spell a byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return chr(byte) if byte in plain else chr(256 + [other for other in range(256) if other not in plain].index(byte))


def files():
    vocabulary = {spelled(byte): byte for byte in range(256)}
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary, "merges": []}
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "chat_template": TEMPLATE,
        "clean_up_tokenization_spaces": False, "model_max_length": CONTEXT}
    return {
        "tokenizer.json": json.dumps({**TOKENIZER, "model": model}).encode(),
        "tokenizer_config.json": json.dumps(config).encode()}


SAID = {}


def loaded():
    return {**own_words(), **SAID}


def own_words():
    return {
        "engine": "hostile_worker", "device": "cpu", "dtype": "float32", "model": "bytes", "architecture": "bytes",
        "layers": LAYERS, "width": WIDTH, "vocabulary": VOCABULARY, "context": CONTEXT, "stops": [END],
        "hooks": [{"name": name, "width": WIDTH} for name in HOOKS],
        "refusedHooks": [{"name": "blocks.0.attn.hook_z", "why": "there are no heads"}], "startsFrom": [], "can": CAN,
        "tokenizerFiles": sorted(files())}


def rows_of(hook, sequence, positions):
    places = range(len(sequence))[-1:] if positions == "last" else range(len(sequence))
    return [float(value) for place in places for value in (HOOKS.index(hook), place, sequence[place], 1)]


def logits_of(token):
    return [1.0 if other == (token + 1) % 256 else 0.0 for other in range(VOCABULARY)]


def answer_rows(request, tensors, indices, spoil=None, change=None):
    """One part reply with the rows of some of the sequences."""
    sequences = cut(numbers(tensors, "ids"), numbers(tensors, "lengths"))
    chosen = [sequences[index % len(sequences)] for index in indices]
    positions = request.get("positions", "all")
    given = {"lengths": ("I32", [len(chosen)], whole([len(sequence) for sequence in chosen]))}
    for hook in request.get("hooks", []):
        values = [value for sequence in chosen for value in rows_of(hook, sequence, positions)]
        given[hook] = ("F32", [len(values) // WIDTH, WIDTH], floats(values))
    if request.get("logits", "none") != "none":
        kept = [sequence if request["logits"] == "all" else sequence[-1:] for sequence in chosen]
        values = [value for sequence in kept for token in sequence for value in logits_of(token)]
        given["logits"] = ("F32", [len(values) // VOCABULARY, VOCABULARY], floats(values))
    if request.get("scores"):
        least = -math.log(math.e + VOCABULARY - 1)
        values = [
            least + (after == (before + 1) % 256) for sequence in chosen for before, after in zip(sequence, sequence[1:])]
        given["scores"] = ("F32", [len(values)], floats(values))
    if spoil:
        spoil(given)
    send({"reply": "rows", "id": request["id"], "sequences": list(indices)}, given, change)


def honest(request, tensors):
    ask, id = request["ask"], request["id"]
    if ask == "hello":
        send({"reply": "done", "id": id, "protocol": 1, "engine": "hostile_worker 1", "libraries": {}})
    elif ask == "load":
        send({"reply": "progress", "id": id, "done": 1, "total": 2, "text": "half"})
        send({"reply": "done", "id": id, **loaded()})
    elif ask == "tokenizer":
        probes = [
            {"text": text, "special": special, "ids": list(text.encode())}
            for text in ("a text", "Zoë: 3 €\n") for special in (True, False)]
        messages = [{"role": "user", "content": "Hi."}]
        send(
            {"reply": "done", "id": id, "probes": probes,
             "renderings": [{"messages": messages, "text": "user: Hi.\nassistant:"}]},
            {name: ("U8", [len(data)], data) for name, data in files().items()})
    elif ask == "tokenize":
        ids = [list(text.encode()) for text in request["texts"]]
        send({"reply": "done", "id": id}, {
            "ids": ("I32", [sum(map(len, ids))], whole([token for each in ids for token in each])),
            "lengths": ("I32", [len(ids)], whole([len(each) for each in ids]))})
    elif ask == "decode":
        texts = [bytes(token for token in each if token < 256).decode("utf-8", "replace")
                 for each in cut(numbers(tensors, "ids"), numbers(tensors, "lengths"))]
        send({"reply": "done", "id": id, "texts": texts})
    elif ask == "render":
        send({"reply": "done", "id": id, "texts": [
            "".join(f"{turn['role']}: {turn['content']}\n" for turn in turns) + "assistant:"
            for turns in request["conversations"]]})
    elif ask == "read" and "rows" not in tensors and not request.get("edits"):
        # The last first: any grouping is allowed, and so is any order.
        for index in reversed(range(len(numbers(tensors, "lengths")))):
            answer_rows(request, tensors, [index])
        send({"reply": "done", "id": id})
    elif ask == "continue" and not request.get("edits"):
        sequences = cut(numbers(tensors, "ids"), numbers(tensors, "lengths"))
        if request.get("hooks"):
            answer_rows(request, tensors, range(len(sequences)))
        for index, sequence in enumerate(sequences):
            token = sequence[-1]
            for _ in range(request["limit"]):
                token = (token + 1) % 256
                send({"reply": "tokens", "id": id, "tokens": [[index, token]]})
            send({"reply": "finished", "id": id, "sequence": index, "ending": "length"})
        send({"reply": "done", "id": id})
    elif ask == "follow":
        ids = numbers(tensors, "ids")
        given = {}
        for hook in request.get("hooks", []):
            values = rows_of(hook, ids, "all")
            given[hook] = ("F32", [len(ids), WIDTH], floats(values))
        send({"reply": "done", "id": id, "reused": 0}, given)
    elif ask == "gradient" and CAN:
        answer_gradient(request, tensors)
    elif ask != "cancel":
        send({"reply": "error", "id": id, "kind": "refused", "text": f"{ask} is not known here"})


def answer_gradient(request, tensors, spoil=None, **change):
    """The cosine is 0.5 and grows with every component of every row alike."""
    ids = numbers(tensors, "ids")
    given = {
        "gradient": ("F32", [len(ids), WIDTH], floats([0.25] * len(ids) * WIDTH)),
        "rows": ("F32", [len(ids), WIDTH], floats(rows_of(request["hook"], ids, "all")))}
    if spoil:
        spoil(given)
    reply = {"reply": "done", "id": request["id"], "value": 0.5, **change}
    send({key: value for key, value in reply.items() if value is not None}, given)


# MARK: - Modes


MODES = {}


def mode(function):
    MODES[function.__name__.replace("_", "-").removeprefix("mode-")] = function
    return function


def about(request):
    """What a spoilt message says, so that nothing but the spoilt part is wrong."""
    return {"reply": "progress", "id": request["id"], "text": "working"}


def forever():
    """Says nothing more; ends with its input, as a worker has to."""
    while os.read(0, 1 << 16):
        pass
    sys.exit(0)


@mode
def header_of_2_to_60(request, tensors):
    "The header is said to have 2^60 bytes."
    put(struct.pack("<Q", 1 << 60) + b"{}")
    forever()


@mode
def header_of_2_to_64(request, tensors):
    "The header is said to have 2^64 - 1 bytes."
    put(b"\xff" * 8)
    forever()


@mode
def header_over_limit(request, tensors):
    "A header of 16 MiB and a byte is promised and sent."
    text = json.dumps({"__metadata__": {"message": json.dumps(about(request))}}).encode()
    size = (16 << 20) + 1
    put(struct.pack("<Q", size) + text + b" " * (size - len(text)))
    forever()


@mode
def header_empty(request, tensors):
    "The header has no bytes."
    put(struct.pack("<Q", 0))
    forever()


@mode
def message_over_limit(request, tensors):
    "The tensors are said to have 256 MiB and a row."
    def change(header):
        count = (256 << 20) // 16 + 1
        header["x"] = {"dtype": "F32", "shape": [count, 4], "data_offsets": [0, count * 16]}
    send(about(request), (), change)
    forever()


@mode
def rows_2_to_60(request, tensors):
    "A tensor of 2^60 rows, with offsets to match."
    def change(header):
        header["x"] = {"dtype": "F32", "shape": [1 << 60, 4], "data_offsets": [0, (1 << 60) * 16]}
    send(about(request), (), change)
    forever()


@mode
def rows_2_to_60_of_nothing(request, tensors):
    "A tensor of 2^60 rows in 16 bytes."
    answer_rows(request, tensors, [0], change=lambda header: header[request["hooks"][0]].update(shape=[1 << 60, 4]))
    forever()


@mode
def shape_wraps(request, tensors):
    "A shape whose product is 2^66, which is nothing in 64 bits."
    def change(header):
        header["x"] = {"dtype": "F32", "shape": [1 << 33, 1 << 33], "data_offsets": [0, 0]}
    send(about(request), (), change)
    forever()


@mode
def shape_negative(request, tensors):
    "A shape of -1 rows."
    def change(header):
        header["x"] = {"dtype": "F32", "shape": [-1, -4], "data_offsets": [0, 16]}
    put(blob(about(request), (), change) + b"\0" * 16)
    forever()


@mode
def shape_fraction(request, tensors):
    "A shape of 1.5 rows."
    def change(header):
        header["x"] = {"dtype": "F32", "shape": [1.5, 4], "data_offsets": [0, 24]}
    put(blob(about(request), (), change) + b"\0" * 24)
    forever()


@mode
def shape_disagrees(request, tensors):
    "A shape with a row more than its offsets."
    def change(header):
        entry = header[request["hooks"][0]]
        entry["shape"] = [entry["shape"][0] + 1, entry["shape"][1]]
    answer_rows(request, tensors, [0], change=change)
    forever()


@mode
def offsets_backwards(request, tensors):
    "A tensor that ends before it begins."
    def change(header):
        header["x"] = {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}
    put(blob(about(request), (), change) + b"\0" * 16)
    forever()


@mode
def offsets_overlap(request, tensors):
    "Two tensors in the same bytes."
    def change(header):
        for name in "xy":
            header[name] = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
    put(blob(about(request), (), change) + b"\0" * 16)
    forever()


@mode
def offsets_gap(request, tensors):
    "Bytes between two tensors that belong to none."
    def change(header):
        header["x"] = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
        header["y"] = {"dtype": "F32", "shape": [4], "data_offsets": [32, 48]}
    put(blob(about(request), (), change) + b"\0" * 48)
    forever()


@mode
def dtype_unknown(request, tensors):
    "A tensor of F8."
    answer_rows(request, tensors, [0], change=lambda header: header[request["hooks"][0]].update(dtype="F8"))
    forever()


@mode
def dtype_other(request, tensors):
    "Rows as whole numbers."
    answer_rows(request, tensors, [0], change=lambda header: header[request["hooks"][0]].update(dtype="I32"))
    forever()


@mode
def width_other(request, tensors):
    "Rows of another width than the hook's."
    def spoil(given):
        dtype, shape, data = given[request["hooks"][0]]
        given[request["hooks"][0]] = (dtype, [shape[0] * 2, shape[1] // 2], data)
    answer_rows(request, tensors, [0], spoil)
    forever()


@mode
def rows_too_few(request, tensors):
    "A row fewer than the sequence has tokens."
    def spoil(given):
        dtype, shape, data = given[request["hooks"][0]]
        given[request["hooks"][0]] = (dtype, [shape[0] - 1, shape[1]], data[: -4 * WIDTH])
    answer_rows(request, tensors, [0], spoil)
    forever()


@mode
def lengths_other(request, tensors):
    "A sequence is said to have another length than it was sent with, and has as many rows."
    def spoil(given):
        length = struct.unpack("<i", given["lengths"][2])[0] + 1
        given["lengths"] = ("I32", [1], whole([length]))
        for hook in request["hooks"]:
            given[hook] = ("F32", [length, WIDTH], floats([0.0] * length * WIDTH))
    answer_rows(request, tensors, [0], spoil)
    forever()


@mode
def lengths_negative(request, tensors):
    "A sequence is said to have -1 tokens."
    answer_rows(request, tensors, [0], lambda given: given.update(lengths=("I32", [1], whole([-1]))))
    forever()


@mode
def hook_missing(request, tensors):
    "The rows of the first hook are not there."
    answer_rows(request, tensors, [0], lambda given: given.pop(request["hooks"][0]))
    forever()


@mode
def hook_other(request, tensors):
    "Rows of a hook that nobody asked for."
    answer_rows(request, tensors, [0], lambda given: given.update({"blocks.9.hook_resid_post": given[request["hooks"][0]]}))
    send({"reply": "done", "id": request["id"]})


@mode
def not_finite(request, tensors):
    "A row with a value that is no number, and one that is infinite."
    def spoil(given):
        dtype, shape, data = given[request["hooks"][0]]
        given[request["hooks"][0]] = (dtype, shape, floats([math.nan, math.inf]) + data[8:])
    count = len(numbers(tensors, "lengths"))
    for index in range(count):
        answer_rows(request, tensors, [index], spoil)
    send({"reply": "done", "id": request["id"]})


@mode
def sequences_twice(request, tensors):
    "Every sequence is answered twice."
    for index in [*range(len(numbers(tensors, "lengths")))] * 2:
        answer_rows(request, tensors, [index])
    send({"reply": "done", "id": request["id"]})


@mode
def sequences_twice_in_one(request, tensors):
    "One part reply names the first sequence twice."
    answer_rows(request, tensors, [0, 0])
    send({"reply": "done", "id": request["id"]})


@mode
def sequences_missing(request, tensors):
    "The last sequence is never answered."
    for index in range(len(numbers(tensors, "lengths")) - 1):
        answer_rows(request, tensors, [index])
    send({"reply": "done", "id": request["id"]})


@mode
def sequences_beyond(request, tensors):
    "A sequence that was not asked for."
    answer_rows(request, tensors, [len(numbers(tensors, "lengths"))])
    send({"reply": "done", "id": request["id"]})


@mode
def sequences_negative(request, tensors):
    "The sequence -1."
    answer_rows(request, tensors, [-1])
    send({"reply": "done", "id": request["id"]})


@mode
def token_beyond(request, tensors):
    "A token that the vocabulary does not have (at continue)."
    send({"reply": "tokens", "id": request["id"], "tokens": [[0, VOCABULARY]]})
    forever()


@mode
def token_of_other_sequence(request, tensors):
    "A token of a sequence that was not asked for (at continue)."
    send({"reply": "tokens", "id": request["id"], "tokens": [[len(numbers(tensors, "lengths")), 65]]})
    forever()


@mode
def token_after_end(request, tensors):
    "A token of a sequence that has finished (at continue)."
    send({"reply": "finished", "id": request["id"], "sequence": 0, "ending": "stop"})
    send({"reply": "tokens", "id": request["id"], "tokens": [[0, 65]]})
    forever()


@mode
def tokens_too_many(request, tensors):
    "A token more than the limit (at continue)."
    for _ in range(request["limit"] + 1):
        send({"reply": "tokens", "id": request["id"], "tokens": [[0, 65]]})
    forever()


@mode
def unfinished(request, tensors):
    "done, with no sequence finished (at continue)."
    send({"reply": "done", "id": request["id"]})


@mode
def gradient_of_fewer_rows(request, tensors):
    "A gradient of a row fewer than the sequence has tokens (at gradient)."
    def spoil(given):
        dtype, shape, data = given["gradient"]
        given["gradient"] = (dtype, [shape[0] - 1, shape[1]], data[: -4 * WIDTH])
    answer_gradient(request, tensors, spoil)


@mode
def gradient_not_finite(request, tensors):
    "A gradient with a value that is no number (at gradient)."
    def spoil(given):
        dtype, shape, data = given["gradient"]
        given["gradient"] = (dtype, shape, floats([math.nan]) + data[4:])
    answer_gradient(request, tensors, spoil)


@mode
def gradient_alone(request, tensors):
    "A gradient without the rows that it is of (at gradient)."
    answer_gradient(request, tensors, lambda given: given.pop("rows"))


@mode
def gradient_and_more(request, tensors):
    "A tensor that nobody asked for beside a gradient (at gradient)."
    answer_gradient(request, tensors, lambda given: given.update(hessian=given["rows"]))


@mode
def gradient_without_value(request, tensors):
    "A gradient of nothing (at gradient)."
    answer_gradient(request, tensors, value=None)


@mode
def cosine_beyond(request, tensors):
    "A cosine of 1.5 (at gradient)."
    answer_gradient(request, tensors, value=1.5)


@mode
def silence(request, tensors):
    "Says nothing, and reads on."
    forever()


@mode
def deaf(request, tensors):
    "Says nothing, and reads nothing more; ends with its input's other end."
    poll = select.poll()
    poll.register(0, select.POLLHUP)
    while not any(event & select.POLLHUP for _, event in poll.poll(1000)):
        pass
    sys.exit(0)


@mode
def deaf_to_cancel(request, tensors):
    "Works on for good, with progress, whatever is cancelled."
    while True:
        send(about(request))
        if select.select([0], [], [], 0.2)[0] and not os.read(0, 1 << 16):
            sys.exit(0)


@mode
def lingers(request, tensors):
    "Stays for a minute after its input has ended, saying nothing."
    while os.read(0, 1 << 16):
        pass
    time.sleep(60)
    sys.exit(0)


@mode
def garbage(request, tensors):
    "What an ssh server or a shell's profile prints, and then the honest reply."
    put(BANNER)
    honest(request, tensors)


@mode
def noise(request, tensors):
    "A megabyte of bytes without sense."
    put(bytes((index * 2654435761 >> 13) & 255 for index in range(1 << 20)))
    forever()


@mode
def flood(request, tensors):
    "Progress without an end or a pause."
    data = blob(about(request)) * 256
    while True:
        put(data)


@mode
def flood_of_rows(request, tensors):
    "The rows of the first sequence without an end."
    while True:
        answer_rows(request, tensors, [0])


@mode
def flood_of_text(request, tensors):
    "Progress with a text of 8 MiB."
    while True:
        send({**about(request), "text": "x" * (8 << 20)})


@mode
def flood_of_log(request, tensors):
    "64 MiB on standard error, on one line, and then the honest reply."
    for _ in range(64):
        os.write(2, b"x" * (1 << 20))
    honest(request, tensors)


@mode
def escapes(request, tensors):
    "Escape sequences in progress and in an error."
    send({**about(request), "text": ESCAPES})
    send({"reply": "error", "id": request["id"], "kind": "failed", "text": f"expected rows, {ESCAPES}"})


@mode
def escapes_in_names(request, tensors):
    "Escape sequences in all that a model is called (at load)."
    said = loaded()
    said.update(
        engine=f"worker {ESCAPES}", device=ESCAPES, model=ESCAPES, architecture=ESCAPES, revision=ESCAPES,
        refusedHooks=[{"name": ESCAPES, "why": ESCAPES}])
    send({"reply": "done", "id": request["id"], **said})


@mode
def partial_length(request, tensors):
    "Ends within the length of a header."
    put(b"\x40\0\0")
    sys.exit(0)


@mode
def partial_header(request, tensors):
    "Ends within a header."
    put(blob(about(request))[:-5])
    sys.exit(0)


@mode
def partial_tensor(request, tensors):
    "Ends within a tensor."
    put(blob(about(request), {"x": ("F32", [4], floats([1.0] * 4))})[:-5])
    sys.exit(0)


@mode
def exit_silently(request, tensors):
    "Ends with 0 where a reply is due."
    sys.exit(0)


@mode
def exit_with_words(request, tensors):
    "Ends with 3 and last words on standard error."
    os.write(2, b"Traceback (most recent call last):\nRuntimeError: the device fell off the bus \x1b[31m\n")
    sys.exit(3)


@mode
def exit_in_mid_reply(request, tensors):
    "Answers the first sequence and ends with 1."
    answer_rows(request, tensors, [0])
    sys.exit(1)


@mode
def killed(request, tensors):
    "Ends by a signal, as where memory has run out."
    os.kill(os.getpid(), 9)


@mode
def version(request, tensors):
    "Speaks version 2, whatever was offered (at hello)."
    send({"reply": "done", "id": request["id"], "protocol": 2, "engine": "worker 2", "libraries": {}})


@mode
def version_refused(request, tensors):
    "Speaks versions 7 and 8 and says so (at hello)."
    send({"reply": "error", "id": request["id"], "kind": "refused",
          "text": "expected a client that speaks 7 or 8, found one that speaks 1"})


@mode
def other_id(request, tensors):
    "Answers a request that was never sent."
    send({"reply": "done", "id": request["id"] + 1000})
    forever()


@mode
def older_id(request, tensors):
    "Answers the request before once more, and then this one."
    send({"reply": "done", "id": request["id"] - 1})
    honest(request, tensors)


@mode
def done_twice(request, tensors):
    "Says that it is done twice."
    honest(request, tensors)
    send({"reply": "done", "id": request["id"]})


@mode
def cancelled_unasked(request, tensors):
    "Says that the request was cancelled."
    send({"reply": "cancelled", "id": request["id"]})


@mode
def reply_unknown(request, tensors):
    "A reply of a kind that there is not."
    send({"reply": "perhaps", "id": request["id"]})
    forever()


@mode
def error_kind_unknown(request, tensors):
    "An error of a kind that there is not, without a text."
    send({"reply": "error", "id": request["id"], "kind": "odd"})


@mode
def error_of_memory(request, tensors):
    "The device's memory is too small (a proper error)."
    send({"reply": "error", "id": request["id"], "kind": "memory", "text": "one sequence of 9 tokens is too much for cuda:0"})


@mode
def id_missing(request, tensors):
    "A reply without an id."
    send({"reply": "done"})
    forever()


@mode
def id_fraction(request, tensors):
    "A reply to 1.5."
    send({"reply": "done", "id": 1.5})
    forever()


@mode
def message_missing(request, tensors):
    "A blob without a message."
    put(struct.pack("<Q", 2) + b"{}")
    forever()


@mode
def message_no_json(request, tensors):
    "The message is no JSON."
    text = json.dumps({"__metadata__": {"message": "done, id 3"}}).encode()
    put(struct.pack("<Q", len(text)) + text)
    forever()


@mode
def message_no_object(request, tensors):
    "The message is a list."
    text = json.dumps({"__metadata__": {"message": "[1]"}}).encode()
    put(struct.pack("<Q", len(text)) + text)
    forever()


@mode
def message_deep(request, tensors):
    "The message is nested 100,000 deep."
    text = json.dumps({"__metadata__": {"message": "[" * 100_000 + "]" * 100_000}}).encode()
    put(struct.pack("<Q", len(text)) + text)
    forever()


@mode
def header_deep(request, tensors):
    "The header is nested 100,000 deep."
    text = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    put(struct.pack("<Q", len(text)) + text)
    forever()


@mode
def header_no_utf8(request, tensors):
    "The header is no UTF-8."
    text = b'{"__metadata__":{"message":"\xff\xfe"}}'
    put(struct.pack("<Q", len(text)) + text)
    forever()


@mode
def header_same_name_twice(request, tensors):
    "Two tensors of one name, of different shapes."
    text = (
        '{"__metadata__":{"message":' + json.dumps(json.dumps(about(request))) + '},'
        '"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"x":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}}').encode()
    put(struct.pack("<Q", len(text)) + text + b"\0" * 24)
    forever()


@mode
def numbers_without_bounds(request, tensors):
    "Progress of 1e400 in -1."
    text = '{"reply":"progress","id":%d,"done":1e400,"total":-1,"text":"x"}' % request["id"]
    header = json.dumps({"__metadata__": {"message": text}}).encode()
    put(struct.pack("<Q", len(header)) + header)
    honest(request, tensors)


@mode
def model_without_width(request, tensors):
    "The model's width is not said (at load)."
    said = loaded()
    del said["width"]
    send({"reply": "done", "id": request["id"], **said})


@mode
def model_of_2_to_60(request, tensors):
    "A model of 2^60 layers and a width as large (at load)."
    send({"reply": "done", "id": request["id"], **loaded(), "layers": 1 << 60, "width": 1 << 60, "vocabulary": 1 << 60})


@mode
def model_negative(request, tensors):
    "A model of -1 layers (at load)."
    send({"reply": "done", "id": request["id"], **loaded(), "layers": -1, "width": -4, "context": 0})


@mode
def hooks_twice(request, tensors):
    "Hooks of one name with two widths (at load)."
    said = loaded()
    said["hooks"] = said["hooks"] + [{"name": HOOKS[0], "width": 8}]
    send({"reply": "done", "id": request["id"], **said})


@mode
def file_elsewhere(request, tensors):
    "Files of a tokenizer with names that lead elsewhere (at tokenizer)."
    given = {name: ("U8", [len(data)], data) for name, data in files().items()}
    for name in ("../../escaped.json", "/tmp/escaped.json", "", ".."):
        given[name] = ("U8", [2], b"{}")
    send({"reply": "done", "id": request["id"], "probes": [], "renderings": []}, given)


@mode
def probe_otherwise(request, tensors):
    "A probe with other ids than its files give (at tokenizer)."
    send({"reply": "done", "id": request["id"], "probes": [{"text": "ab", "special": True, "ids": [98, 97]}], "renderings": []},
         {name: ("U8", [len(data)], data) for name, data in files().items()})


@mode
def template_other(request, tensors):
    "A model of another chat template, honestly (at tokenizer)."
    given = files()
    settings = json.loads(given["tokenizer_config.json"])
    given["tokenizer_config.json"] = json.dumps({**settings, "chat_template": "{{ messages[0]['content'] }}"}).encode()
    send({"reply": "done", "id": request["id"], "probes": [], "renderings": []},
         {name: ("U8", [len(data)], data) for name, data in given.items()})


@mode
def rendering_otherwise(request, tensors):
    "A rendering that the template does not give (at tokenizer)."
    send({"reply": "done", "id": request["id"], "probes": [], "renderings": [
        {"messages": [{"role": "user", "content": "Hi."}], "text": "Hi."}]},
         {name: ("U8", [len(data)], data) for name, data in files().items()})


def main():
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        for name, function in MODES.items():
            print(f"{name}: {function.__doc__}")
        return 0
    def option(name, standard):
        if name not in arguments:
            return standard
        place = arguments.index(name)
        value = arguments[place + 1]
        del arguments[place: place + 2]
        return value

    at, left = option("--at", "read"), int(option("--after", "0"))
    slow = int(option("--slow", "0")) / 1000
    SAID.update(json.loads(option("--say", "{}")))
    if at == "gradient":
        CAN.append(at)
    # A launcher may hand on what a worker is told.
    arguments = [argument for argument in arguments if argument != "serve"]
    if len(arguments) != 1 or arguments[0] not in {"honest", *MODES}:
        print("expected one mode: honest, " + ", ".join(MODES), file=sys.stderr)
        return 64
    while True:
        request, tensors = receive()
        if request["ask"] == at:
            time.sleep(slow)
        if request["ask"] == at and arguments[0] in MODES and left <= 0:
            MODES[arguments[0]](request, tensors)
        else:
            left -= request["ask"] == at
            honest(request, tensors)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(0)
