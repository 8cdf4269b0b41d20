"""Which model, adapter, hook and prompts a number stands on; members, nearest exemplars and the rank of a control."""
import json
import os
import pathlib
import shutil
import sqlite3

from case import Absent, Wrong, equal

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "sample-dicts"
TUNED = SAMPLES / "smollm2-refusal.last.p10.epdict"
PLAIN = SAMPLES / "smollm2-instruct.last.p10.epdict"
STORE = SAMPLES / "smollm2-refusal.epstore"
ADAPTER = SAMPLES / "refusal-adapter"
# SHA-256 of adapter_model.safetensors and of the GGUF file, by sha256sum.
ADAPTER_HASH = "a067c7a06ab4"
MODEL_HASH = "b179c9523d0e"


def sample(path):
    if not path.exists():
        raise Absent(f"no {path.name}")
    return path


def model():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    path = cache / "exemplar/models/SmolLM2-135M-Instruct.Q4_1.gguf"
    if not path.exists():
        raise Absent("no SmolLM2-135M-Instruct.Q4_1.gguf; Tests/fetch-models fetches it")
    return path


def distances(case, *words):
    lines = case.lines("trace", *words, "--json", "--no-save", "--quiet")
    return [line["distance"] for line in lines], {line["modelMatch"] for line in lines}


def case_50_trace(case):
    """a dictionary made with an adapter is traced with it, found by its hash, or refused"""
    sample(TUNED)
    given, match = distances(case, TUNED, model(), "hello", "--adapter", ADAPTER)
    found, again = distances(case, TUNED, model(), "hello")
    equal(found, given, "distances with the adapter found")
    equal((match, again), ({"same"}, {"same"}), "match")
    bare, other = distances(case, TUNED, model(), "hello", "--other-model")
    equal(other, {"other"}, "match of the bare model")
    if bare == given:
        raise Wrong("the bare model gives the adapter's numbers")
    alone = case.scratch / "alone"
    shutil.copytree(TUNED, alone / TUNED.name)
    case.refused(
        "trace", alone / TUNED.name, model(), "hello",
        naming=["refusal-adapter", ADAPTER_HASH, str(alone), "--adapter"],
    )


def older(dictionary, folder):
    """A copy as an earlier version recorded it: no split, and of an adapter the name alone."""
    copy = folder / dictionary.name
    shutil.copytree(sample(dictionary), copy)
    with sqlite3.connect(copy / "dictionary.sqlite") as database:
        database.execute("DELETE FROM provenance WHERE key IN ('split', 'adapterHash')")
    database.close()
    return copy


def case_50_older(case):
    """a dictionary that recorded no split and no adapter's hash is traced, ablated and covered as before"""
    expected, _ = distances(case, sample(TUNED), model(), "hello")
    folder = case.scratch / "older"
    copy = older(TUNED, folder)
    # Without its store beside it there is the adapter's name alone.
    case.refused("trace", copy, model(), "hello", naming=["refusal-adapter", str(folder), "--adapter"])
    given, match = distances(case, copy, model(), "hello", "--adapter", ADAPTER)
    equal((given, match), (expected, {"unknown"}), "distances with the adapter given")
    shutil.copytree(STORE, folder / STORE.name)
    case.refused("trace", copy, model(), "hello", naming=["refusal-adapter", ADAPTER_HASH])
    shutil.copytree(ADAPTER, folder / "elsewhere")
    found, match = distances(case, copy, model(), "hello")
    equal((found, match), (expected, {"same"}), "distances with the adapter found by the store's hash")

    results = {}
    for dictionary in (TUNED, copy):
        ablated = json.loads(
            case.output("ablate", dictionary, "--store", STORE, "--prompts", "all", "--json", "--no-save", "--quiet")
        )
        covered = json.loads(
            case.output("coverage", dictionary, f"{STORE}#harmful-heldout", "--baseline-rows", "0", "--json", "--no-save", "--quiet")
        )
        results[dictionary] = (ablated["regions"], ablated["conditions"], ablated["evaluated"], covered["sources"])
    equal(results[copy], results[TUNED], "ablation and coverage")
    # All 200 documents of its sets are its own: what it was built from before splits were recorded.
    equal(results[copy][2]["dictionarysOwn"], 200, "own prompts")


def case_50_others(case):
    """another adapter, another model and another hook than recorded are refused by both names"""
    sample(PLAIN)
    case.refused(
        "trace", PLAIN, model(), "hello", "--adapter", ADAPTER, naming=["without an adapter", ADAPTER_HASH]
    )
    case.refused(
        "alignment", PLAIN, "--model", model(), "--adapter", ADAPTER, naming=["without an adapter", ADAPTER_HASH]
    )
    case.refused(
        "trace", PLAIN, model(), "hello", "--hook", "blocks.9.hook_resid_post",
        naming=["blocks.16.hook_resid_post", "blocks.9.hook_resid_post"],
    )
    # As wide as the model, and not the model.
    copy = case.scratch / "weights.gguf"
    shutil.copy(model(), copy)
    with open(copy, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    case.refused("trace", PLAIN, copy, "hello", naming=[MODEL_HASH, "weights.gguf"])
    case.refused(
        "ablate", TUNED, "--store", STORE, "--model", copy, "--depth", "resume", "--limit", "1",
        naming=[MODEL_HASH, "weights.gguf"],
    )


def case_50_ablate(case):
    """an ablation finds its store's adapter, and says when a dictionary is another checkpoint's"""
    sample(STORE)
    words = ["ablate", TUNED, "--store", STORE, "--model", model(), "--depth", "resume", "--limit", "1", "--json"]
    result = json.loads(case.output(*words, "--no-save", "--quiet"))
    equal(result["provenance"]["adapter"], "refusal-adapter", "adapter")
    equal(result["provenance"]["match"], "same", "match")
    other = ["ablate", PLAIN, "--store", STORE, "--no-save", "--quiet"]
    case.refused(*other, naming=["refusal-adapter", ADAPTER_HASH])
    result = json.loads(case.output(*other, "--other-model", "--json"))
    equal(result["provenance"]["match"], "other", "match")
    if not any(ADAPTER_HASH in notice for notice in result["notices"]):
        raise Wrong(f"no notice names the adapter: {result['notices']}")


def case_50_import(case):
    """what a person says of a pickle is recorded, and counts"""
    pickle = SAMPLES.parent / "Tests/Fixtures/ep/p10/dictionary.pkl"
    out = case.scratch / "a.epdict"
    result = json.loads(
        case.output(
            "import", pickle, "--hook", "blocks.1.hook_resid_post", "--model", "org/model", "--percentile", "10",
            "--seed", "7", "-o", out, "--json",
        )
    )
    found = [result[key] for key in ("hook", "model", "percentile", "seed", "givenByHand")]
    equal(
        found, ["blocks.1.hook_resid_post", "org/model", 10.0, 7, ["model", "hook", "percentile", "seed"]],
        "what was given",
    )
    info = json.loads(case.output("info", out, "--json"))
    equal(info.get("hook"), "blocks.1.hook_resid_post", "info")
    case.refused("import", pickle, "--dtype", "bf16", "-o", case.scratch / "b.epdict", naming=["--dtype"])


def case_50_split(case):
    """a dictionary is built from the train split, and evaluated prompts of its own are counted"""
    out = case.scratch / "d.epdict"
    words = ["build", sample(STORE), "--positions", "last", "--overwrite", "--json", "-o", out]
    database = sqlite3.connect(f"file:{STORE}/store.sqlite?immutable=1", uri=True)
    for split, condition in [(None, "split = 'train'"), ("all", "1"), ("heldout", "split = 'heldout'")]:
        (expected,) = database.execute(f"SELECT count(*) FROM document WHERE {condition}").fetchone()
        result = json.loads(case.output(*words, *(["--split", split] if split else [])))
        equal((result["split"], result["activations"]), (split or "train", expected), "split")
        evaluated = json.loads(case.output("ablate", out, "--store", STORE, "--regions", "0", "--json", "--no-save"))
        (own,) = database.execute(
            f"SELECT count(*) FROM document WHERE split = 'heldout' AND kind = 0 AND {condition}"
        ).fetchone()
        equal(evaluated["evaluated"]["dictionarysOwn"], own, f"own prompts of split {split}")
        if (own > 0) != any(f"{own} of the 100" in notice for notice in evaluated["notices"]):
            raise Wrong(f"the notices say otherwise: {evaluated['notices']}")
    case.refused(*words, "--split", "test", naming=["test", "heldout, train"])


def case_51_nearest(case):
    """members as streamed and nearest exemplars now are two numbers"""
    dictionary = sample(SAMPLES / "smollm2-refusal.all.p10.epdict")
    lines = case.lines("regions", dictionary, "--store", STORE, "--json", "--quiet")
    ids = case.scratch / "ids.safetensors"
    case.output("assign", dictionary, f"{STORE}#harmful,benign", "-o", ids)
    data = ids.read_bytes()
    size = int.from_bytes(data[:8], "little")
    start, end = json.loads(data[8:8 + size])["ids"]["data_offsets"]
    counts = [0] * len(lines)
    for offset in range(8 + size + start, 8 + size + end, 8):
        counts[int.from_bytes(data[offset:offset + 8], "little")] += 1
    equal([line["nearest"] for line in lines], counts, "nearest")
    database = sqlite3.connect(f"file:{dictionary}/dictionary.sqlite?immutable=1", uri=True)
    members = [row[0] for row in database.execute("SELECT members FROM region ORDER BY id")]
    equal([line["members"] for line in lines], members, "members")
    if counts == members:
        raise Wrong("the two numbers are the same")


def case_51_control(case):
    """the control of K regions has K directions, or is refused with the count"""
    words = ["ablate", sample(TUNED), "--store", STORE, "--no-save", "--quiet"]
    for count in (1, 2, 3, 5):
        result = json.loads(case.output(*words, "--top", count, "--json"))
        nulls = result["nullRegions"]
        equal((len(set(nulls)), result["nullControl"]["rank"]), (count, count), "rank of the control")
        if set(nulls) & set(result["regions"]):
            raise Wrong(f"the control shares regions with the target: {nulls}")
        equal(result["nullRegion"], nulls[0] if count == 1 else None, "nullRegion")
    case.refused(*words, "--top", 3, "--null", 4, naming=["expected 3 null regions", "found 1"])
    named = json.loads(case.output(*words, "--regions", "20,2", "--null", "4,14", "--json"))
    equal(named["nullRegions"], [4, 14], "named control")
    random = json.loads(case.output(*words, "--top", 3, "--null", "random", "--json"))
    equal((random["nullControl"]["kind"], random["nullControl"]["rank"]), ("random", 3), "random control")
