"""Chat templates render as transformers renders them."""
import json

from case import equal


def case_20(case):
    """Chat templates of one family with another's details"""
    expected = json.loads(case.file("expected.json").read_text())
    for name, right in expected.items():
        words = ("tokenize", case.file(name), "hello world", "--chat", "--json")
        if "error" in right:
            case.refused(*words, naming=("template",))
        else:
            equal(json.loads(case.output(*words))["ids"], right["ids"], name)


def case_22(case):
    """Llama 2, Zephyr and Vicuna"""
    right = {
        "llama2": "<s>[INST] hello world [/INST]", "zephyr": "<|user|>\nhello world</s>\n<|assistant|>\n",
        "vicuna": "USER: hello world ASSISTANT:",
    }
    for name, text in right.items():
        out = json.loads(case.output("tokenize", case.file(name), "hello world", "--chat", "--json"))
        equal("".join(out["tokens"]).replace("\\n", "\n"), text, name)
