"""Tokenizers: ids as the hub's library, transformers and llama.cpp give them."""
import json
import pathlib

from case import equal

# By the tokenizers library; the inputs came without expected values.
EXPECTED = pathlib.Path(__file__).resolve().parent.parent / "Fixtures/cases/19-pretokenizers/expected.json"


def ids(case, model, text, *more):
    return json.loads(case.output("tokenize", model, text, "--json", *more))["ids"]


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
    expected = json.loads(EXPECTED.read_text())
    for name, texts in expected.items():
        compare(case, case.file(name), texts)


def case_21(case):
    """One BOS where template and tokenizer both have one"""
    expected = json.loads(case.file("expected.json").read_text())
    for text, wanted in expected.items():
        equal(ids(case, case.folder, text, "--chat"), wanted, repr(text))
