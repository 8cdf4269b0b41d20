"""Autoencoders and their sites, and the concepts of AxBench."""
import json
import shutil

from case import Wrong, equal

RESIDUAL = "blocks.7.hook_resid_post"


def dictionary(case, rows, hook):
    target = case.scratch / f"{rows.stem}-{hook}.epdict"
    if not target.exists():
        case.output("build", rows, "-o", target, "--hook", hook, "--quiet")
    return target


def compare(case, rows, folder, hook=RESIDUAL):
    words = ["compare-sae", dictionary(case, rows, hook), rows, "--sae", folder, "--json", "--quiet", "--no-save"]
    return json.loads(case.output(*words))


def refused(case, rows, folder, hook, naming):
    case.refused("compare-sae", dictionary(case, rows, hook), rows, "--sae", folder, "--quiet", "--no-save", naming=naming)


def case_23(case):
    """An autoencoder of a model with centred writing weights reads rows less their mean."""
    found = [
        compare(case, case.file(rows), case.file(sae))
        for sae in ("sae", "sae-v6") for rows in ("acts.npy", "acts-raw.npy")
    ]
    # SAELens on the rows less their mean: 24.55; on the rows as they are: 24.94 and 25.245.
    for one in found:
        equal(round(one["meanActiveFeatures"], 6), 24.55, "features a row")
        if not any("center_writing_weights" in step for step in one["transformations"]):
            raise Wrong("the result does not say that rows were centred")


def case_24(case):
    """Every kind of autoencoder is read as SAELens reads it, or refused by name."""
    expected = json.loads(case.file("expected.json").read_text())
    rows = case.file("acts.npy")
    kinds = {
        "relu_L0": ["no-dims", "scaling-factor", "tanh-relu"],
        "topk_L0": ["topk-new", "topk-old-fn", "topk-old-str", "topk-layernorm", "k-in-sae-subobject"],
        "jump_L0": ["jumprelu"],
    }
    for key, names in kinds.items():
        for name in names:
            equal(round(compare(case, rows, case.file(name))["meanActiveFeatures"], 6), expected[key], name)
    steps = compare(case, rows, case.file("topk-layernorm"))["transformations"]
    equal(any("layer_norm" in step for step in steps), True, "topk-layernorm is normalised")
    steps = compare(case, rows, case.file("tanh-relu"))["transformations"]
    equal(any("tanh" in step for step in steps), True, "tanh-relu takes the tangent")
    for name, word in [
        ("batchtopk", "batchtopk"), ("matryoshka", "matryoshka_batchtopk"), ("transcoder", "transcoder"),
        ("expected-avg", "expected_average_only_in"),
    ]:
        refused(case, rows, case.file(name), RESIDUAL, [word])


def case_25(case):
    """Gemma Scope's site is read off its folders, and another one is refused by both names."""
    rows, hook = case.file("acts.npy"), "blocks.12.hook_resid_post"
    below = "layer_12/width_16k/average_l0_41"
    equal(compare(case, rows, case.file(f"gemma-scope-2b-pt-res/{below}"), hook)["hook"], hook, "res")
    for kind, site in [("mlp", "blocks.12.hook_mlp_out"), ("att", "blocks.12.attn.hook_z")]:
        refused(case, rows, case.file(f"gemma-scope-2b-pt-{kind}/{below}"), hook, [site, hook])
        equal(compare(case, rows, case.file(f"gemma-scope-2b-pt-{kind}/{below}"), site)["hook"], site, kind)
    refused(case, rows, case.file("gemma-scope-2b-pt-res/embedding/width_4k/average_l0_6"), hook, ["hook_embed", hook])
    bare = case.scratch / "gemma" / "layer_12"
    shutil.copytree(case.file("gemma-scope-2b-pt-res/layer_12"), bare)
    refused(case, rows, bare / "width_16k/average_l0_41", hook, ["--sae-hook"])
    shutil.copytree(case.file("gemma-scope-2b-pt-res/layer_12"), case.scratch / "gemma-scope-2b-pt-transcoders/layer_12")
    refused(case, rows, case.scratch / "gemma-scope-2b-pt-transcoders" / below, hook, ["transcoder"])


def case_31(case):
    """AxBench's Parquet is captured and scored as published: no text is missing, hard negatives apart."""
    folder = case.tiny_model()
    store, hook = case.scratch / "axbench.epstore", "blocks.1.hook_resid_post"
    files = ["--concepts", case.file("train_data.parquet"), "--concepts", case.file("latent_eval_data.parquet")]
    captured = json.loads(
        case.output("capture", folder, *files, "--hook", hook, "--template", "raw", "-o", store, "--json", "--quiet")
    )
    case.output("build", store, "-o", case.scratch / "d.epdict", "--quiet")
    found = json.loads(case.output("detect", case.scratch / "d.epdict", store, *files, "--json", "--quiet", "--no-save"))
    equal(found["missingTexts"], 0, "missing texts")
    equal((found["score"], found["selection"]), ("signed", "auroc"), "the measure")
    equal(len(found["concepts"]), 4, "concepts")
    if not any(c["hardNegatives"] for c in found["concepts"]):
        raise Wrong("no hard negative was told apart")
    for concept in found["concepts"]:
        equal(concept["train"][0], 8, "train positives")
        equal(concept["heldOut"][1] + concept["hardNegatives"], 8, "negatives of the evaluation")
    # Each text once: 32 positives and 32 shared negatives to train on, 64 to evaluate on.
    equal(captured["documents"], 128, "documents")
