"""Makes added.jsonl: added tokens that share spellings, before or behind a normalizer, with every flag, and the ids by tokenizers 0.22."""
import json
import pathlib
import random

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
draw = random.Random(20)
LETTERS = ["a", "b", "A", "B", "É", "e\u0301", " ", "  ", "▁", "1", "ﬁ", "\n", ".", "_", "中", "\u00a0", "Й"]
STEPS = [
    {"type": "Lowercase"}, {"type": "NFKC"}, {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Prepend", "prepend": "▁"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "Replace", "pattern": {"String": "a"}, "content": "b"},
    {"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "Nmt"},
]
PIECES = ["<unk>"] + sorted({letter for piece in LETTERS for letter in piece} | set("éйfi") | {"aa", "ab"})


def word(longest):
    return "".join(draw.choice(LETTERS) for _ in range(draw.randint(1, longest)))


def case():
    words = [word(3) for _ in range(draw.randint(1, 4))]
    words += [draw.choice(words).lower(), draw.choice(words).upper(), draw.choice(words)][: draw.randint(0, 3)]
    vocab, added = {piece: number for number, piece in enumerate(PIECES)}, []
    for spelling in words:
        flags = {key: draw.random() < 0.25 for key in ("single_word", "lstrip", "rstrip")}
        number = vocab.setdefault(spelling, len(vocab))
        added.append({"id": number, "content": spelling, **flags, "normalized": draw.random() < 0.7, "special": draw.random() < 0.4})
    steps = draw.sample(STEPS, draw.randint(1, 2))
    value = {
        "version": "1.0", "added_tokens": added, "normalizer": {"type": "Sequence", "normalizers": steps}, "pre_tokenizer": None,
        "post_processor": None, "decoder": None, "model": {
            "type": "BPE", "unk_token": "<unk>", "vocab": {piece: number for number, piece in enumerate(PIECES)},
            "merges": [["a", "a"], ["a", "b"]]}}
    tokenizer = Tokenizer.from_str(json.dumps(value))
    rows = []
    for _ in range(5):
        text = "".join(draw.choice([word(3), draw.choice(words), draw.choice(words).upper()]) for _ in range(draw.randint(1, 5)))
        try:
            rows.append({"text": text, "ids": tokenizer.encode(text).ids})
        except BaseException as error:  # a panic of the library, where a token would end before the white space taken in before it
            assert type(error).__name__ == "PanicException", error
    return {"normalizer": value["normalizer"], "added_tokens": added, "rows": rows}


lines = [json.dumps({"pieces": PIECES}, ensure_ascii=False)] + [json.dumps(case(), ensure_ascii=False) for _ in range(70)]
(HERE / "added.jsonl").write_text("".join(line + "\n" for line in lines))
