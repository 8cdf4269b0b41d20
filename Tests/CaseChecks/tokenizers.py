"""Tokenizers: ids as the hub's library, transformers and llama.cpp give them."""
import json

from case import Wrong, equal

TEXTS = ["hello world", "don't  stop 1234567 naïve 日本語 HELLOworld\n\n x", "  two\t tabs ", "I'LL e\u0301a 👍🏽 <b>"]


def ids(case, model, text, *more):
    answer = json.loads(case.output("tokenize", model, text, "--json", *more))
    return [token["id"] for token in answer["tokens"]]


def compare(case, model, expected):
    for text, wanted in expected.items():
        equal(ids(case, model, text), wanted, repr(text))


def case_16(case):
    """Text after a special token, folder and GGUF"""
    expected = json.loads(case.file("expected.json").read_text())
    for model in ("hub", "tok.gguf"):
        compare(case, case.file(model), {text: wanted for text, wanted in expected.items() if text})


def case_17(case):
    """Merges as pairs and as strings"""
    expected = json.loads(case.file("expected.json").read_text())
    for model in ("pairs", "strings"):
        compare(case, case.file(model), expected)


def case_18(case):
    """add_bos_token, true and false"""
    for folder in sorted(case.root.glob("18-*")):
        compare(case, folder, json.loads((folder / "expected.json").read_text()))


def case_19(case):
    """Pre-tokenizers, decoders and post-processors in use"""
    case.folder
    try:
        from tokenizers import Tokenizer
    except ImportError:
        Tokenizer = None
    found = [path.parent for path in sorted(case.folder.glob("*/tokenizer.json"))]
    if not found:
        raise Wrong("expected tokenizers, found none")
    for folder in found:
        for text in TEXTS:
            tokens = ids(case, folder, text)
            if Tokenizer:
                equal(tokens, Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids, f"{folder.name} {text!r}")
            elif not tokens:
                raise Wrong(f"{folder.name}: no tokens")


def case_21(case):
    """One BOS where template and tokenizer both have one"""
    expected = json.loads(case.file("expected.json").read_text())
    for text, wanted in expected.items():
        equal(ids(case, case.folder, text, "--chat"), wanted, repr(text))
