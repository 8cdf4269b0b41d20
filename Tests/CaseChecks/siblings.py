"""Inputs of the same kinds as reports describe, in other shapes."""
import json
import subprocess

from case import FIXTURES, Wrong, equal

ROWS = [{"prompt": "Name a river.", "id": 1}, {"prompt": "Name a lake.", "id": 2}]


def case_05_arrays(case):
    """Arrays of other types and shapes beside the one matrix of an .npz"""
    for name in ("beside.npz", "beside-packed.npz"):
        path = FIXTURES / "cases/05-f8-beside" / name
        output = case.scratch / f"{name}.epdict"
        built = json.loads(case.output("build", path, "--percentile", "50", "-o", output, "--json", "--quiet"))
        equal(built["activations"], 4, name)
        listed = json.loads(case.output("info", path, "--json"))
        equal((listed["q"]["type"], listed["r"]["type"]), ("<f1", "structured"), f"info {name}")


def case_29_columns(case):
    """Tables written by their columns, as datasets and pandas write them"""
    tiny = case.tiny_model()
    names = list(ROWS[0])
    columns = {name: [row[name] for row in ROWS] for name in names}
    shapes = {
        "rows.json": ROWS,
        "columns.json": columns,
        "index.json": {name: dict(zip("01", values)) for name, values in columns.items()},
        "split.json": {"columns": names, "index": [0, 1], "data": [list(row.values()) for row in ROWS]},
    }
    expected = None
    for name, value in shapes.items():
        path = case.scratch / name
        path.write_text(json.dumps(value))
        found = [(line["id"], line["ids"]) for line in case.lines("tokenize", tiny, "--prompts", path, "--json")]
        expected = expected or found
        equal(found, expected, name)
    path = case.scratch / "uneven.json"
    path.write_text(json.dumps({"prompt": ["a", "b"], "id": [1]}))
    case.refused("tokenize", tiny, "--prompts", path, naming=["uneven.json", "1 of id, 2 of prompt"])


def case_30_whole(case):
    """Neuronpedia's exports with ids of their own"""
    rows = case.file("neuronpedia-export.json")
    target = case.scratch / "d.epdict"
    case.output("build", FIXTURES / "cases/03-fortran-bigendian/c.npy", "-o", target, "--quiet")
    path = case.scratch / "whole.json"
    entries = json.loads(rows.read_text())
    path.write_text(json.dumps([dict(entry, id=f"clx{index}") for index, entry in enumerate(entries)]))
    case.output("label", target, "--import", path)
    found = {line["id"]: line["label"] for line in case.lines("label", target, "--json")}
    equal(found, {3: "words about weather", 5: "names of rivers"}, "labels")


def case_32_emoji(case):
    """Emoji are found in contexts"""
    tiny = case.tiny_model()
    prompts = case.scratch / "p.jsonl"
    texts = ["a cat \U0001f408 here", "a dog \U0001f415 there", "nothing at all"]
    prompts.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in texts))
    store, target = case.scratch / "s.epstore", case.scratch / "d.epdict"
    case.output("capture", tiny, "--prompts", prompts, "--hook", "blocks.0.hook_resid_post", "--template", "raw",
                "-o", store, "--quiet")
    case.output("build", store, "-o", target, "--quiet")
    for emoji, text in (("\U0001f408", texts[0]), ("\U0001f415", texts[1])):
        found = {line["id"] for line in case.lines("search", target, emoji, "--json")}
        shown = {
            line["id"] for line in case.lines("regions", target, "--json")
            if any(context["text"] == text for context in line["closest"] + line["farthest"])
        }
        equal(found, shown, emoji)
        if not found:
            raise Wrong("nothing is found")
    equal(case.lines("search", target, "\U0001f98a", "--json"), [], "another emoji")


def case_40_usage(case):
    """Control characters of arguments do not come back, and bytes that are no text are refused"""
    status, _, error = case.run("export", "x", "--format", "\x1b[2J\x9b31m\u202e", "-o", "y")
    equal(status, 64, "exit status")
    if any(character in error for character in "\x1b\x9b\u202e"):
        raise Wrong(f"they come back: {error!r}")
    done = subprocess.run([case.program, "info", b"/tmp/\xff\xfe.npy"], capture_output=True, text=True)
    if done.returncode != 1 or "argument 2: expected UTF-8" not in done.stderr:
        raise Wrong(f"expected a refusal that says UTF-8, found {done.returncode}: {done.stderr.strip()}")
