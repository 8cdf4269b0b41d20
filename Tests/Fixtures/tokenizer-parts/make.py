"""Makes base.json, parts.jsonl (by the tokenizers library, 0.22) and classes.jsonl (by transformers, 4.57)."""
import json
import os
import pathlib
import random
import tempfile

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).resolve().parent
draw = random.Random(5)

ALPHABETS = [
    "abcdeghlnorst", "ABCXYZ", "0123456789", "  \t\n\r", "\u00a0\u2003\u3000\u0085", "'’\".,!?-_()<>|@#$^+=~`",
    "éèüñßŁİıſKΣ", "日本漢ひらカター、。", "한국ㄱㅏ", "русЯ", "العربُ", "हिक्षि", "ไทยำ", "👍🏽👨‍👩‍👧🇩🇪",
    "e\u0301a\u0327", "\u200b\u200d\u00ad", "\x00\x01\x7f\x9f", "ﬁ①²½Ⅷｱﾞ", "▁_", "𝒳𐐀", "\u0378\u0c5c\u1c89\ue000",
]
WORDS = ["don't", "I'LL", "we've", "hello world", "<s>", "1234567", "3.14", " \n ", "naïve", " do not ", "'ſ", "  "]


def text():
    out = ""
    for _ in range(draw.randint(1, 6)):
        if draw.random() < 0.35:
            out += draw.choice(WORDS)
        else:
            letters = draw.choice(ALPHABETS)
            out += "".join(draw.choice(letters) for _ in range(draw.randint(1, 5)))
        if draw.random() < 0.4:
            out += " "
    return out


def base():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<unk>", "<s>", "<end>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([text() for _ in range(300)] + WORDS, trainer)
    tokenizer.add_tokens([AddedToken("foo", single_word=True, lstrip=True), AddedToken("É", normalized=True)])
    value = json.loads(tokenizer.to_str())
    pieces = value["model"]["vocab"]
    for piece in ["▁", "a</w>", "##a", "b</w>", "##b"] + [f"<0x{byte:02X}>" for byte in range(256)]:
        pieces.setdefault(piece, 1 + max(pieces.values()))
    # The library numbers the tokens that the model lacks.
    return json.loads(Tokenizer.from_str(json.dumps(value)).to_str())


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def byte_level(space=False, regex=False):
    return {"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": True, "use_regex": regex}


def both(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


CASED = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
HEAD = "[^\\r\\n\\p{L}\\p{N}]?"
TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PATTERNS = [
    f"{HEAD}{CASED[0]}*{CASED[1]}+|{HEAD}{CASED[0]}+{CASED[1]}*|\\p{{N}}{TAIL}",
    f"{HEAD}{CASED[0]}*{CASED[1]}+{SHORT}?|{HEAD}{CASED[0]}+{CASED[1]}*{SHORT}?|\\p{{N}}{{1,3}}{TAIL}",
    f"{SHORT}|{HEAD}[\\p{{L}}\\p{{M}}]+|\\p{{N}}| ?[^\\s\\p{{L}}\\p{{M}}\\p{{N}}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    f"'(?i:[sdmt]|ll|ve|re)|{HEAD}+\\p{{L}}+|\\p{{N}}{{1,3}}| ?[^\\s\\p{{L}}\\p{{N}}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
    "[\\p{Han}&&[^、]]+|\\p{Hiragana}+", "\\d{1,3}(?=(?:\\d{3})*\\b)", "(?=(\\d{3})+(?!\\d))", "(?<=\\p{L})\\d|(?<!\\s)\\p{Lu}",
    "\\b", "a|b|", "^\\s|\\n$", "[[:punct:]]+", "(?>a+)a|\\x20+|\\u0041", "\\S+?\\s", "\\R|\\P{L}{2}", "(?i)s|k|[a-c]",
]
PARTS = [("Split " + pattern, {"pre_tokenizer": both(split(pattern), byte_level())}) for pattern in PATTERNS]
PARTS += [
    (f"Split {behavior} {invert}", {"pre_tokenizer": both(split("\\p{L}+", behavior, invert), byte_level())})
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] for invert in (False, True)
]
PARTS += [
    (name, {"pre_tokenizer": both(part, byte_level())})
    for name, part in {
        "Whitespace": {"type": "Whitespace"}, "WhitespaceSplit": {"type": "WhitespaceSplit"},
        "Punctuation": {"type": "Punctuation", "behavior": "Contiguous"},
        "BertPreTokenizer": {"type": "BertPreTokenizer"}, "FixedLength": {"type": "FixedLength", "length": 3},
        "CharDelimiterSplit": {"type": "CharDelimiterSplit", "delimiter": "a"},
        "Digits": {"type": "Digits", "individual_digits": True},
    }.items()
]
PARTS += [
    ("falcon", {"pre_tokenizer": both({"type": "Punctuation", "behavior": "Contiguous"}, byte_level(False, True),
                                      {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]"))}),
    ("prefix after a split", {"pre_tokenizer": both(split("\\s+"), byte_level(True, True))}),
    ("Metaspace after a split", {"pre_tokenizer": both(split("\\d+"), {"type": "Metaspace", "replacement": "▁",
                                                                          "prepend_scheme": "first", "split": True})}),
]
PARTS += [
    ("normalizer " + name, {"normalizer": part, "pre_tokenizer": byte_level(False, True)})
    for name, part in {
        **{kind: {"type": kind} for kind in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"]},
        "Strip": {"type": "Strip", "strip_left": True, "strip_right": True},
        "Replace": {"type": "Replace", "pattern": {"Regex": "\\s{2,}|(?<=a)b"}, "content": "·"},
        "Bert": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                 "lowercase": True},
        "Prepend": {"type": "Prepend", "prepend": "ab"},
    }.items()
]
PARTS += [("normalizer ByteLevel", {"normalizer": {"type": "ByteLevel"}, "pre_tokenizer": None})]
PARTS += [
    ("decoder " + name, {"pre_tokenizer": byte_level(False, True), "decoder": part})
    for name, part in {
        "none": None, "Fuse": {"type": "Fuse"}, "WordPiece": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "BPEDecoder": {"type": "BPEDecoder", "suffix": "Ġ"},
        "CTC": {"type": "CTC", "pad_token": "e", "word_delimiter_token": "Ġ", "cleanup": True},
        "Metaspace": {"type": "Metaspace", "replacement": "Ġ", "prepend_scheme": "always", "split": True},
        "Sequence": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"Regex": "Ġ+"}, "content": " "},
                                                      {"type": "Strip", "content": "h", "start": 1, "stop": 0}]},
    }.items()
]
PARTS += [
    ("model " + str(options), {"pre_tokenizer": split("\\s+"), "decoder": None, "model": options})
    for options in [
        {"unk_token": "<unk>"}, {"unk_token": "<unk>", "fuse_unk": True}, {"byte_fallback": True},
        {"unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True}, {"ignore_merges": True},
        {"unk_token": "<unk>", "end_of_word_suffix": "</w>", "merges": []},
        {"unk_token": "<unk>", "continuing_subword_prefix": "##", "merges": []},
    ]
]
PARTS += [
    ("RobertaProcessing", {"pre_tokenizer": byte_level(), "post_processor": {
        "type": "RobertaProcessing", "sep": ["<end>", 2], "cls": ["<s>", 1], "trim_offsets": True, "add_prefix_space": False}}),
    ("BertProcessing", {"pre_tokenizer": byte_level(), "post_processor": {
        "type": "BertProcessing", "sep": ["<end>", 2], "cls": ["<s>", 1]}}),
    ("WordLevel", {"pre_tokenizer": {"type": "Whitespace"}, "decoder": None, "model": {
        "type": "WordLevel", "unk_token": "<unk>", "vocab": {"<unk>": 0, "<s>": 1, "<end>": 2, "hello": 3, "don": 4, "'": 5,
                                                             "foo": 6, "É": 7}}}),
    ("WordPiece", {"pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
                   "model": {"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##",
                             "max_input_chars_per_word": 6, "vocab": {
                                 piece: number for number, piece in enumerate(
                                     ["<unk>", "<s>", "<end>", "hel", "##lo", "d", "##o", "##n", "world", "foo", "É", "é", "##é", "1"])}}}),
    ("Unigram", {"pre_tokenizer": None, "decoder": {"type": "Fuse"}, "model": {
        "type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": [
            ["<unk>", 0.0], ["<s>", 0.0], ["<end>", 0.0], ["he", -2.0], ["l", -3.5], ["ll", -5.0], ["o", -3.0], ["hello", -9.5],
            [" ", -2.5], ["é", -4.0], ["foo", -6.0], ["É", -7.0], ["日本", -6.0], ["1", -3.25]]}}),
]


def parts(root):
    for name, part in PARTS:
        value = json.loads(json.dumps(root))
        line = {"normalizer": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
                "post_processor": None, **part}
        for key in ("normalizer", "pre_tokenizer", "decoder", "post_processor"):
            value[key] = line[key]
        value["model"].update(line.get("model", {}))
        if line.get("model", {}).get("type"):
            value["model"] = line["model"]
            for token in value["added_tokens"]:
                known = line["model"]["vocab"]
                names = list(known) if isinstance(known, dict) else [piece for piece, _ in known]
                token["id"] = names.index(token["content"])
            line["added_tokens"] = value["added_tokens"]
        tokenizer = Tokenizer.from_str(json.dumps(value))
        rows = []
        for sample in [text() for _ in range(9)] + ["", "hello foo Élan"]:
            plain = tokenizer.encode(sample, add_special_tokens=False).ids
            rows.append({"text": sample, "ids": tokenizer.encode(sample).ids, "plain": plain,
                         "decoded": tokenizer.decode(plain, skip_special_tokens=False)})
        yield {"name": name, **line, "rows": rows}


CLASSES = ["LlamaTokenizerFast", "LlamaTokenizer", "GemmaTokenizer", "PreTrainedTokenizerFast", "GPT2Tokenizer",
           "GPTNeoXTokenizerFast", "Qwen2Tokenizer", "CohereTokenizerFast", "CodeLlamaTokenizer"]
TEMPLATE = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}


def classes(root):
    for name in CLASSES:
        for beginning in (None, True, False):
            for end in (None, True, False):
                template = draw.random() < 0.5
                tokenizer = {"post_processor": TEMPLATE if template else None, "pre_tokenizer": byte_level(draw.random() < 0.5, True)}
                config = {"tokenizer_class": name, "bos_token": "<s>", "eos_token": draw.choice(["<end>", "hello"])}
                config.update({} if beginning is None else {"add_bos_token": beginning})
                config.update({} if end is None else {"add_eos_token": end})
                if draw.random() < 0.5:
                    config["unk_token"] = draw.choice([None, "<unk>", "<new>"])
                line = {"tokenizer": tokenizer, "tokenizer_config.json": config}
                if draw.random() < 0.3:
                    line["special_tokens_map.json"] = {"bos_token": "<end>", "additional_special_tokens": ["3.14"]}
                with tempfile.TemporaryDirectory() as folder:
                    files = {"tokenizer.json": {**root, **tokenizer}, **{key: line[key] for key in line if key != "tokenizer"}}
                    for file, value in files.items():
                        pathlib.Path(folder, file).write_text(json.dumps(value))
                    loaded = AutoTokenizer.from_pretrained(folder)
                    line["rows"] = [
                        {"text": sample, "ids": loaded.encode(sample), "plain": loaded.encode(sample, add_special_tokens=False)}
                        for sample in ["hello world", "", "a<s>b<unk> </s>", "3.14<new><|endoftext|><pad>"]
                    ]
                yield line


def write(name, lines):
    (HERE / name).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


if __name__ == "__main__":
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    root = base()
    (HERE / "base.json").write_text(json.dumps(root, ensure_ascii=False))
    write("parts.jsonl", parts(root))
    write("classes.jsonl", classes(root))
