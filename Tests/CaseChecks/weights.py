"""Weights, adapters and rotary frequencies."""
import json
import pathlib
import struct

from case import Wrong, equal

MODELS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures/models"
TOKENS = "1,5,9,33,7,12"


def logits(case, model, *words, tokens=TOKENS):
    """The logits that `forward` writes, as one list."""
    path = case.scratch / f"{len(list(case.scratch.iterdir()))}.safetensors"
    case.output("forward", model, "--tokens", tokens, "-o", path, "--quiet", *words)
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    start, end = json.loads(data[8 : 8 + size])["logits"]["data_offsets"]
    return struct.unpack(f"<{(end - start) // 4}f", data[8 + size + start : 8 + size + end])


def close(found, expected, what, tolerance=1e-5):
    largest = max(map(abs, expected))
    worst = max(abs(a - b) for a, b in zip(found, expected)) / largest
    if len(found) != len(expected) or not worst <= tolerance:
        raise Wrong(f"{what}: off by {worst:.2g} of the largest value")


def differ(found, other, what):
    if found == other:
        raise Wrong(f"{what}: changes nothing")


def case_08(case):
    """GPT-2 without the name of its outermost module"""
    logits(case, case.file("gpt2"))


def case_09(case):
    """Quantised checkpoints are named as such"""
    for folder, method in [("bnb8", "bitsandbytes"), ("bnb4", "bitsandbytes"), ("gptq", "gptq")]:
        case.refused(
            "forward", case.file(folder), "--tokens", "1,2", "-o", case.scratch / "x.safetensors",
            naming=["quantization_config", method],
        )


def case_10(case):
    """alpha_pattern: the first key that fits, in the file's order, as an expression"""
    base = MODELS / "tiny-llama2"
    for name in ("overlap", "caret"):
        found = {logits(case, base, "--adapter", case.file(name)) for _ in range(6)}
        equal(len(found), 1, f"results of {name} in six runs")
        close(found.pop(), logits(case, case.file(f"{name}-merged")), name)
    differ(logits(case, base, "--adapter", case.file("regex")), logits(case, base), "regex")


def case_11(case):
    """Adapters of the head, of a whole embedding, with a name in theirs, and as a pickle"""
    base = MODELS / "tiny-llama2"
    plain = logits(case, base)
    for name in ("lm_head", "embed_saved", "default_name", "rslora"):
        differ(logits(case, base, "--adapter", case.file(name)), plain, name)
    close(
        logits(case, base, "--adapter", case.file("rslora")), logits(case, case.file("rslora-merged")), "rslora"
    )
    case.refused(
        "forward", base, "--adapter", case.file("bin_only"), "--tokens", TOKENS, "-o", case.scratch / "x.safetensors",
        naming=["adapter_model.bin"],
    )


def case_12(case):
    """A GGUF model in parts, by any of its parts"""
    whole = logits(case, MODELS / "tiny-llama2/model.gguf")
    first = logits(case, case.file("tiny-00001-of-00002.gguf"))
    equal(len(first), len(whole), "logits")
    equal(logits(case, case.file("tiny-00002-of-00002.gguf")), first, "logits by the second part")
    equal(logits(case, case.folder), first, "logits by the folder")
    alone = case.scratch / "tiny-00001-of-00002.gguf"
    alone.write_bytes(case.file("tiny-00001-of-00002.gguf").read_bytes())
    case.refused(
        "forward", alone, "--tokens", TOKENS, "-o", case.scratch / "x.safetensors", naming=["tiny-00002-of-00002.gguf"]
    )


def case_14(case):
    """GGUF files of every type in use"""
    files = sorted(case.folder.glob("*.gguf"))
    for file in files:
        if file.stem in ("yarn", "longrope", "big-endian"):
            case.refused(
                "forward", file, "--tokens", TOKENS, "-o", case.scratch / "x.safetensors", naming=[file.stem]
            )
        else:
            logits(case, file)


def case_15(case):
    """Rotary frequencies in float32, whatever lies beside the weights"""
    tokens = ",".join(str(i * 7 % 90 + 3) for i in range(600))
    bare = logits(case, case.file("bare"), tokens=tokens)
    equal(logits(case, case.file("with-tokenizer-config"), tokens=tokens), bare, "logits with a tokenizer beside")
    differ(logits(case, case.file("bare"), "--rotary-precision", "bfloat16", tokens=tokens), bare, "--rotary-precision")
    equal(json.loads(case.output("info", case.file("bare"), "--json"))["rotaryPrecision"], "float32", "info")
