"""Files: arrays, tables, prompts, labels, notebooks and paths."""
import json
import os
import pathlib
import shutil
import stat
import subprocess

from case import FIXTURES, Wrong, equal



def build(case, path):
    """The identity of what is built from rows."""
    output = case.scratch / f"{pathlib.Path(path).name}.epdict"
    return json.loads(case.output("build", path, "--seed", "0", "-o", output, "--json", "--quiet"))["identity"], output


def dictionary(case):
    """A dictionary of 26 regions."""
    for folder in (case.root, FIXTURES / "cases"):
        for path in folder.glob("03-*/c.npy"):
            return build(case, path)[1]
    raise Wrong("no rows to build of")


def case_01(case):
    """NumPy 2 pickles of a dictionary"""
    # The small one has the modules' new names and too few fields; a whole one gets the names here.
    case.refused("import", case.file("dictionary-3.pkl"), "-o", case.scratch / "x.epdict",
                 naming=["mean_member_direction"])
    whole = (FIXTURES / "ep/match/b.pkl").read_bytes()
    values = []
    for name, old, new in (("old", b"", b""), ("new", b"cnumpy.core.", b"cnumpy._core.")):
        path = case.scratch / f"{name}.pkl"
        path.write_bytes(whole.replace(old, new) if old else whole)
        values.append(json.loads(case.output("import", path, "-o", case.scratch / f"{name}.epdict", "--json", "--quiet")))
    equal(values[1]["identity"], values[0]["identity"], "identity")


def case_02(case):
    """bfloat16 in .npy and .npz, as in safetensors"""
    expected = build(case, case.file("acts-bf16.safetensors"))[0]
    for name in ("acts-bf16.npy", "acts-bf16.npz"):
        equal(build(case, case.file(name))[0], expected, name)


def case_03(case):
    """Fortran and big-endian order"""
    expected = build(case, case.file("c.npy"))[0]
    for name in ("fortran.npy", "big.npy"):
        equal(build(case, case.file(name))[0], expected, name)
    case.refused("build", case.file("threed.npy"), "-o", case.scratch / "t.epdict", naming=["[10, 20, 16]"])


def case_04(case):
    """Rows with NaN and infinity are refused by number"""
    for name, row in (("nan-row.npy", "row 37"), ("overflow-f16.npy", "row 5")):
        case.refused("build", case.file(name), "-o", case.scratch / "x.epdict", naming=[row])


def case_05(case):
    """A needless F8 tensor beside"""
    build(case, case.file("acts-with-f8.safetensors"))


def case_06(case):
    """Parquet in every compression, and the right line"""
    store = case.scratch / "s.epstore"
    prompts = case.scratch / "p.jsonl"
    rows = [json.loads(line) for line in case.file("train_data.jsonl").read_text().splitlines()]
    texts = dict.fromkeys(row["input"] + row["output"] for row in rows)
    prompts.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in texts))
    tiny = case.tiny_model()
    case.output("capture", tiny, "--prompts", prompts, "--hook", "blocks.0.hook_resid_post", "--template", "raw", "-o",
                store, "--quiet")
    target = case.scratch / "d.epdict"
    case.output("build", store, "-o", target, "--quiet")
    expected = None
    for path in [case.file("train_data.jsonl")] + sorted(case.folder.glob("train_*.parquet")):
        status, out, error = case.run("detect", target, store, "--concepts", path, "--json")
        found = (status, out, error.replace(path.name, "FILE"))
        expected = expected or found
        equal(found, expected, path.name)
    case.refused("detect", target, store, "--concepts", case.file("train_badline.jsonl"),
                 naming=["train_badline.jsonl:7"])


def case_29(case):
    """Prompt files as people have them"""
    tiny = case.tiny_model()
    expected = None
    for name in ("array.json", "bom.jsonl", "cr-only-blank.jsonl", "harmful_behaviors.csv", "instruction.jsonl",
                 "messages.jsonl", "numeric-id.jsonl"):
        found = [line["ids"] for line in case.lines("tokenize", tiny, "--prompts", case.file(name), "--json")]
        expected = expected or found
        equal(found, expected, name)
        case.output("capture", tiny, "--prompts", case.file(name), "--hook", "blocks.0.hook_resid_post", "--template",
                    "raw", "-o", case.scratch / f"{name}.epstore", "--quiet")
    equal(len(case.lines("tokenize", tiny, "--prompts", case.file("text.parquet"), "--json")), 2, "text.parquet")
    for name in ("completions.json", "gen-numid.jsonl"):
        lines = case.lines("outcomes", case.file(name), "--json")
        equal([line.get("outcome") for line in lines[:2]], ["refused", "complied"], name)


def case_30(case):
    """Labels as we print them, as CSV and as Neuronpedia exports them"""
    target = dictionary(case)
    case.output("label", target, "3", "first, of all")
    case.output("label", target, "4", "second")
    files = {name: case.scratch / name for name in ("label.jsonl", "regions.jsonl", "export.jsonl", "table.csv")}
    files["label.jsonl"].write_text(case.output("label", target, "--json"))
    files["regions.jsonl"].write_text(case.output("regions", target, "--json"))
    case.output("label", target, "--export", files["export.jsonl"])
    case.output("export", target, "--format", "csv", "-o", files["table.csv"])
    wanted = {path: {3: "first, of all", 4: "second"} for path in files.values()}
    for name, label in (("labels.csv", "rivers, lakes"), ("simple.jsonl", "names of rivers"),
                        ("neuronpedia-export.json", "names of rivers")):
        wanted[case.file(name)] = {3: "words about weather", 5: label}
    for path, expected in wanted.items():
        data = {"XDG_DATA_HOME": str(case.scratch / f"data-{path.name}")}
        case.output("label", target, "--import", path, **data)
        found = {line["id"]: line["label"] for line in case.lines("label", target, "--json", **data)}
        equal(found, expected, path.name)


def case_34(case):
    """A read-only notebook is read"""
    target = dictionary(case)
    case.output("label", target, "3", "first")
    home = case.scratch / "data/exemplar"
    shutil.rmtree(home / "backups", ignore_errors=True)
    (home / "notebook.sqlite.lock").unlink(missing_ok=True)
    os.chmod(home / "notebook.sqlite", stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    os.chmod(home, 0o555)
    os.chmod(case.scratch, 0o755)
    # Root is stopped by no mode, so that another has to look.
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    values = dict(os.environ, XDG_DATA_HOME=str(case.scratch / "data"), XDG_CACHE_HOME=str(case.scratch / "none"))

    def run(*words):
        return subprocess.run([*other, case.program, *map(str, words)], capture_output=True, text=True, env=values)

    try:
        for words in (("search", target, "first", "--json"), ("regions", target, "--json"),
                      ("label", target, "--list"), ("experiments", target)):
            done = run(*words)
            equal(done.returncode, 0, f"{words[0]}: {done.stderr.strip()}")
            if words[0] != "experiments" and "first" not in done.stdout:
                raise Wrong(f"{words[0]}: the label is not there")
        done = run("label", target, "3", "second")
        if done.returncode != 1 or "read-only" not in done.stderr:
            raise Wrong(f"label: expected read-only, found {done.returncode}: {done.stderr.strip()}")
    finally:
        os.chmod(home, 0o755)


def case_44(case):
    """Paths of two slashes, and names that mean something to SQLite"""
    target = dictionary(case)
    odd = case.scratch / "a b?c#d%41 ü.epdict"
    shutil.copytree(target, odd)
    for path in (f"/{target}", f"//{target}", f"{target}/", f"{target.parent}/.//{target.name}", f"/{odd}", f"{odd}//"):
        case.output("info", path)
        case.output("regions", path, "--limit", "1")
    case.output("label", target, "0", "x", XDG_DATA_HOME=f"/{case.scratch}/data")
