#!/usr/bin/env python3
"""The worker on a device: whether it is right there, and how fast beside plain transformers.

    python Benchmarks/engine_on_device.py            an accelerator with 40 GB or more: under four minutes, nothing is fetched
    python Benchmarks/engine_on_device.py --tiny     the same steps on the CPU with a small model: whether the script itself works

Needs torch, transformers and accelerate. Prints one JSON object last, and writes it to `$OUT/engine_on_device.json` where OUT is set.
Steps, each by itself, so that one that fails leaves the others:

- families: tiny random models on the device in float32 beside the CPU in float32 (relative difference of rows, the largest of all hooks; the same
  with an edit; greedy texts), and in bfloat16 beside float32 on the device;
- capture: a random model of Gemma-2-2B's shape in bfloat16 reads random ids at its last block: the code of `capture` (`read_units`) and a forward
  hook on plain transformers in turns, on the same batches, rows as float32 on the CPU; medians, and the ratio of speeds (to stay above 0.9). `even`: all
  sequences of 128 tokens; `ragged`: of 32 to 256. Then the same into a folder on disk, and at a block in the middle, where the worker stops;
- served: the same through a worker of its own process and the protocol on pipes;
- memory: with less memory than a batch asks for, the same rows by smaller batches;
- continue: greedy, streamed token by token, beside `model.generate`, in turns;
- resume, follow, gradient: from rows of a block in the middle; a text typed key by key; seconds;
- devices: blocks of tiny models on the device and on the CPU in turns, as several devices would have them, beside the CPU alone: rows of all
  hooks, edits, texts, resumed rows, gradients;
- offload: a tiny checkpoint by a device map with the device, the CPU and the disk in it, the same comparisons;
- quantised: a tiny checkpoint of torchao's on the device, beside plain transformers; only where torchao is.
"""

import argparse
import copy
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "Engines"), str(ROOT / "Tests" / "engine")]

import torch
import transformers

import exemplar_engine as worker
import tiny_models

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
BEGAN = time.monotonic()


def say(text):
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", file=sys.stderr, flush=True)


class Sizes:
    def __init__(self, tiny):
        self.tiny = tiny
        self.device = "cpu" if tiny else "cuda"
        self.dtype = torch.bfloat16
        self.config = transformers.Gemma2Config(
            vocab_size=512, hidden_size=64, intermediate_size=128, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
            head_dim=16, query_pre_attn_scalar=16, sliding_window=64) if tiny else transformers.Gemma2Config(
            vocab_size=256000, hidden_size=2304, intermediate_size=9216, num_hidden_layers=26, num_attention_heads=8,
            num_key_value_heads=4, head_dim=256, query_pre_attn_scalar=256, sliding_window=4096)
        self.sequences = 96 if tiny else 1664
        self.length = 16 if tiny else 128
        self.turns = 2 if tiny else 3
        self.prompts, self.new = (6, 12) if tiny else (64, 128)
        self.families = ["llama", "gemma2", "bloom"] if tiny else list(tiny_models.FAMILIES)


def random_gemma(sizes):
    torch.manual_seed(0)
    with torch.device(sizes.device):
        model = transformers.AutoModelForCausalLM.from_config(sizes.config, dtype=sizes.dtype)
    return model.to(sizes.device).eval()


def synchronized(sizes):
    if not sizes.tiny:
        torch.cuda.synchronize()


def timed(sizes, work):
    synchronized(sizes)
    start = time.perf_counter()
    result = work()
    synchronized(sizes)
    return time.perf_counter() - start, result


def in_turns(sizes, first, second):
    """Median seconds of each, in turns, after one of each that does not count."""
    timed(sizes, first), timed(sizes, second)
    seconds = [[], []]
    for _ in range(sizes.turns):
        for place, work in enumerate((first, second)):
            seconds[place].append(timed(sizes, work)[0])
    return statistics.median(seconds[0]), statistics.median(seconds[1]), seconds


def off(first, second):
    return float((first.float() - second.float()).norm() / second.float().norm().clamp(min=1e-30))


def random_ids(vocabulary, lengths, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(3, vocabulary, (length,), generator=generator).tolist() for length in lengths]


# MARK: - Right


def families(sizes):
    found = {}
    for family in sizes.families:
        try:
            found[family] = one_family(sizes, family)
        except Exception as error:  # noqa: BLE001 (the others are looked at too)
            traceback.print_exc()
            found[family] = {"error": f"{type(error).__name__}: {error}"[:300]}
    known = [each for each in found.values() if "error" not in each]
    if not known:
        return {"error": "no family could be looked at", "families": found}
    return {
        "worstFloat32": max(each["float32"] for each in known), "worstEdited": max(each["edited"] for each in known),
        "worstBfloat16": max(each["bfloat16"] for each in known),
        "sameTexts": sum(each["sameTexts"] for each in known), "texts": sum(each["texts"] for each in known),
        "failed": [family for family, each in found.items() if "error" in each], "families": found}


def all_rows(engine, ids, edits=()):
    hooks = list(engine.structure.taps)
    lengths = [len(each) for each in ids]
    editing = worker.Editing(list(edits), lengths, lengths) if edits else None
    rows = {}
    for part in engine.read(ids, worker.Wanted(hooks), editing=editing):
        for each in part.split():
            rows[each.sequences[0]] = each.tensors
    return {hook: torch.cat([rows[index][hook] for index in range(len(ids))]) for hook in hooks}


def texts(engine, ids, limit):
    new = [[] for _ in ids]

    def tell(what, *said):
        if what == "tokens":
            for sequence, token in said[0]:
                new[sequence].append(token)

    engine.continued(ids, limit, tell=tell)
    return new


def one_family(sizes, family):
    model = tiny_models.made(family)
    here = worker.Engine(copy.deepcopy(model), None, family)
    there = worker.Engine(copy.deepcopy(model).to(sizes.device), None, family)
    half = worker.Engine(copy.deepcopy(model).to(sizes.device, torch.bfloat16), None, family)
    ids = random_ids(97, [5, 17, 9, 40, 1, 23])
    whole, device, rounded = all_rows(here, ids), all_rows(there, ids), all_rows(half, ids)
    generator = torch.Generator().manual_seed(2)
    basis = torch.linalg.qr(torch.randn(32, 2, generator=generator)).Q.T.contiguous()
    edits = [
        worker.Edit("ablate", "blocks.1.hook_resid_post", 1.0, centre=torch.randn(32, generator=generator), basis=basis),
        worker.Edit("steer", "blocks.2.hook_attn_out", 2.0, direction=torch.randn(32, generator=generator), positions=[0, -1]),
    ]
    edited_here, edited_there = all_rows(here, ids, edits), all_rows(there, ids, edits)
    texts_here, texts_there = texts(here, ids, 16), texts(there, ids, 16)
    return {
        "hooks": len(whole), "readOnly": sum(tap.read_only is not None for tap in there.structure.taps.values()),
        "padsPrompts": there.caching()[1],
        "float32": max(off(device[hook], whole[hook]) for hook in whole),
        "edited": max(off(edited_there[hook], edited_here[hook]) for hook in whole),
        "bfloat16": max(off(rounded[hook], device[hook]) for hook in rounded if hook in device),
        "hooksInBfloat16": len(rounded), "texts": len(ids), "sameTexts": sum(a == b for a, b in zip(texts_here, texts_there))}


def beside(here, there):
    """How far two engines of one model are apart, in everything that they do."""
    layers, width = here.structure.layers, here.structure.width
    ids = random_ids(97, [5, 17, 9, 40, 1, 23])
    generator = torch.Generator().manual_seed(2)
    direction = torch.randn(width, generator=generator)
    edits = [
        worker.Edit("steer", "blocks.0.hook_resid_post", 2.0, direction=direction),
        worker.Edit("replace", f"blocks.{layers - 1}.hook_attn_out", rows=direction[None], positions=[-1]),
        worker.Edit("steer", "ln_final.hook_normalized", 0.5, direction=direction)]
    plain, other = all_rows(here, ids), all_rows(there, ids)
    edited, other_edited = all_rows(here, ids, edits), all_rows(there, ids, edits)
    hook, last = "blocks.1.hook_resid_post", f"blocks.{layers - 1}.hook_resid_post"
    rows = [next(iter(here.read([each], worker.Wanted([hook])))).tensors[hook] for each in ids]
    resumed = [
        torch.cat([next(iter(engine.read([each], worker.Wanted([last]), start=2, rows=[row]))).tensors[last] for each, row in zip(ids, rows)])
        for engine in (here, there)]
    gradients = []
    for target in (
            {"kind": "logit", "token": 9},
            {"kind": "cosine", "targetHook": last, "position": -1, "centre": torch.zeros(width), "direction": direction}):
        gradients.append(off(there.gradient(ids[3], hook, target)[1], here.gradient(ids[3], hook, target)[1]))
    found = {
        "hooks": len(plain), "missing": sorted(set(plain) - set(other)),
        "readOnly": [name for name, tap in there.structure.taps.items() if tap.read_only and not here.structure.taps[name].read_only],
        "rows": max(off(other[name], plain[name]) for name in other), "edited": max(off(other_edited[name], edited[name]) for name in other),
        "resumed": off(resumed[1], resumed[0]), "gradients": max(gradients),
        "lens": off(there.lens(rows[1])[0], here.lens(rows[1])[0]),
        "sameTexts": sum(a == b for a, b in zip(texts(here, ids, 16), texts(there, ids, 16))), "texts": len(ids)}
    found["resumesFrom"] = len(there.starts())
    wrong = found["missing"] or found["readOnly"] or found["resumesFrom"] != len(here.starts()) or max(
        found[each] for each in ("rows", "edited", "resumed", "gradients", "lens")) > 1e-3
    return {**found, "error": "it is not what it is beside"} if wrong else found


def of_each(families, work):
    found = {}
    for family in families:
        try:
            found[family] = work(family)
        except Exception as error:  # noqa: BLE001 (the others are looked at too)
            traceback.print_exc()
            found[family] = {"error": f"{type(error).__name__}: {error}"[:300]}
        say(f"{family}: {json.dumps(found[family])[:300]}")
    return {"families": found, "failed": [family for family, each in found.items() if "error" in each]}


def devices(sizes):
    from accelerate.hooks import attach_align_device_hook_on_blocks

    def one(family):
        model = tiny_models.made(family)
        here = worker.Engine(copy.deepcopy(model), None, family)
        blocks = here.structure.blocks_name
        places = {"": sizes.device}
        for name, module in model.named_modules():
            if name.startswith(blocks + "."):
                if name.count(".") == blocks.count(".") + 1:
                    places[name] = sizes.device if int(name.rsplit(".", 1)[1]) % 2 == 0 else "cpu"
            elif list(module.parameters(recurse=False)) or list(module.buffers(recurse=False)):
                places[name] = sizes.device
        for name, place in places.items():
            if name:
                model.get_submodule(name).to(place)
        attach_align_device_hook_on_blocks(
            model, execution_device=places, offload={name: False for name in places if name},
            skip_keys=getattr(model, "_skip_keys_device_placement", None))
        return beside(here, worker.Engine(model, None, family))

    return of_each(["llama", "gpt2", "gemma2", "granite", "gpt_neox", "mixtral"], one)


def offload(sizes):
    def one(family):
        model = tiny_models.made(family)
        here = worker.Engine(model, None, family)
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            order = [f"{here.structure.blocks_name}.{layer}" for layer in range(here.structure.layers)]
            places = dict(zip(order, (sizes.device, "disk", "cpu", "disk")))
            for name, module in model.named_modules():
                if not name.startswith(here.structure.blocks_name + ".") and (
                        list(module.parameters(recurse=False)) or list(module.buffers(recurse=False))):
                    places[name] = sizes.device
            there = worker.Engine.load(folder, device_map=places, needs_tokenizer=False)
            try:
                there.gradients()
                found = beside(here, there)
                if not there.offloads() or not sizes.tiny and there.device.type != "cuda":
                    found["error"] = f"expected layers that are brought to the device, found {there.facts['engine']}"
                return {"engine": there.facts["engine"], **found}
            finally:
                there.close()

    return of_each(["llama", "gpt2", "gemma2"], one)


def quantised(sizes):
    try:
        from torchao.quantization import Int8WeightOnlyConfig
    except ImportError as error:
        return {"left out": f"torchao is not there ({error})"}
    with tempfile.TemporaryDirectory() as folder:
        tiny_models.made("llama", hidden_size=64, intermediate_size=128).save_pretrained(folder + "/plain")
        transformers.AutoModelForCausalLM.from_pretrained(
            folder + "/plain", quantization_config=transformers.TorchAoConfig(Int8WeightOnlyConfig()),
            dtype=torch.float32).save_pretrained(folder + "/small")
        engine = worker.Engine.load(folder + "/small", device=sizes.device, needs_tokenizer=False)
        found = next(iter(engine.read(random_ids(97, [9]), worker.Wanted([], logits="all")))).tensors["logits"]
        with torch.no_grad():
            expected = engine.model(input_ids=torch.tensor(random_ids(97, [9]), device=engine.device)).logits[0].cpu()
        engine.gradients()
        return {"engine": engine.facts["engine"], "device": str(engine.device), "logitsOff": off(found, expected)}


# MARK: - Fast


def batched(engine, sequences):
    return [[sequences[index] for index in batch] for batch in engine.batches([len(each) for each in sequences])]


def plain(sizes, model, layer, batches):
    """Rows of a block's output by a forward hook on the base model, as one writes it by hand."""
    kept, rows = [], []
    block = model.model.layers[layer]
    handle = block.register_forward_hook(
        lambda module, arguments, given: kept.append(given[0] if isinstance(given, tuple) else given))
    try:
        with torch.no_grad():
            for batch in batches:
                longest = max(map(len, batch))
                ids = torch.zeros((len(batch), longest), dtype=torch.long)
                mask = torch.zeros_like(ids)
                for row, each in enumerate(batch):
                    ids[row, : len(each)] = torch.tensor(each)
                    mask[row, : len(each)] = 1
                ids, mask = ids.to(sizes.device), mask.to(sizes.device)
                model.model(input_ids=ids, attention_mask=mask, use_cache=False)
                rows.append(kept.pop()[mask.bool()].float().cpu())
    finally:
        handle.remove()
    return rows


def ours(engine, hook, batches):
    return [rows.tensors[hook] for _, rows in engine.read_units(batches, worker.Wanted([hook], torch.float32))]


def capture(sizes, engine):
    found, model = {}, engine.model
    layers = engine.structure.layers
    generator = torch.Generator().manual_seed(3)
    lengths = {
        "even": [sizes.length] * sizes.sequences,
        "ragged": torch.randint(sizes.length // 4, 2 * sizes.length + 1, (sizes.sequences,), generator=generator).tolist()}
    for name, each in lengths.items():
        batches = batched(engine, random_ids(sizes.config.vocab_size, each))
        tokens = sum(each)
        hook = f"blocks.{layers - 1}.hook_resid_post"
        theirs = plain(sizes, model, layers - 1, batches[:2])
        mine = ours(engine, hook, batches[:2])
        seconds, plain_seconds, all_seconds = in_turns(
            sizes, lambda: ours(engine, hook, batches), lambda: plain(sizes, model, layers - 1, batches))
        found[name] = {
            "tokens": tokens, "tokensPerSecond": tokens / seconds, "plainTokensPerSecond": tokens / plain_seconds,
            "ratio": plain_seconds / seconds, "rowsOff": off(torch.cat(mine), torch.cat(theirs)), "seconds": all_seconds}
        say(f"capture {name}: {tokens / seconds:,.0f} tokens/s, plain {tokens / plain_seconds:,.0f}")
    middle = f"blocks.{layers // 2}.hook_resid_post"
    batches = batched(engine, random_ids(sizes.config.vocab_size, lengths["even"]))
    timed(sizes, lambda: ours(engine, middle, batches[:1]))
    seconds, _ = timed(sizes, lambda: ours(engine, middle, batches))
    found["middle"] = {"hook": middle, "tokensPerSecond": sum(lengths["even"]) / seconds}
    with tempfile.TemporaryDirectory() as folder:
        seconds, _ = timed(sizes, lambda: to_disk(sizes, engine, middle, lengths["even"], Path(folder) / "out"))
        size = sum(file.stat().st_size for file in (Path(folder) / "out").iterdir())
    found["middleToDisk"] = {"tokensPerSecond": sum(lengths["even"]) / seconds, "bytes": size}
    return found


def to_disk(sizes, engine, hook, lengths, folder):
    """The whole of `capture`, but for the tokenizer."""
    from array import array

    work = worker.Capture.__new__(worker.Capture)
    work.engine, work.folder, work.hooks, work.prompt_count = engine, folder, [hook], 0
    work.arguments = argparse.Namespace(
        prompts=[], text=[], system=None, generate=0, rows_as="float32", hook=[hook], context_length=sizes.length, documents="lines")
    work.documents = [
        worker.Document(f"random-{index}", "random", None, {}, ("x" * len(ids), array("i", ids), array("i", range(1, len(ids) + 1))))
        for index, ids in enumerate(random_ids(sizes.config.vocab_size, lengths))]
    work.run()


class Pipe:
    """A client that does as little as one can."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = 0

    def exactly(self, count):
        data = bytearray(count)
        view = memoryview(data)
        while view:
            got = os.readv(self.process.stdout.fileno(), [view])
            if not got:
                raise EOFError("the worker ended")
            view = view[got:]
        return data

    def ask(self, ask, tensors=None, **said):
        """Replies, each with the bytes of its tensors."""
        import client

        self.id += 1
        self.process.stdin.write(client.blob({"ask": ask, "id": self.id, **said}, tensors))
        self.process.stdin.flush()
        while True:
            header = json.loads(bytes(self.exactly(struct.unpack("<Q", self.exactly(8))[0])))
            message = json.loads(header.pop("__metadata__")["message"])
            data = self.exactly(max([0] + [entry["data_offsets"][1] for entry in header.values()]))
            if message["reply"] == "error":
                raise RuntimeError(message["text"])
            yield message, header, data
            if message["reply"] in ("done", "cancelled"):
                return


def served(sizes, engine, arguments):
    import client

    command = [sys.executable, __file__, "--serve-random"] + (["--tiny"] if arguments.tiny else [])
    pipe = Pipe(command)
    try:
        list(pipe.ask("hello", protocol=[1]))
        seconds, _ = timed(sizes, lambda: list(pipe.ask("load", model="random")))
        hook = f"blocks.{engine.structure.layers - 1}.hook_resid_post"
        ids = random_ids(sizes.config.vocab_size, [sizes.length] * sizes.sequences)
        found = {"load": seconds}

        def read(kind):
            size = 0
            for _, _, data in pipe.ask("read", client.sequences(ids), hooks=[hook], rowsAs=kind):
                size += len(data)
            return size

        tokens = sum(map(len, ids))
        read("BF16")
        batches = batched(engine, ids)
        for kind in ("BF16", "F32"):
            runs = [timed(sizes, lambda: read(kind)) for _ in range(sizes.turns)]
            # Beside it, in this process, with nothing to send: the worker beside it is idle then.
            alone = [timed(sizes, lambda: ours(engine, hook, batches))[0] for _ in range(sizes.turns)]
            seconds = statistics.median(each[0] for each in runs)
            found[kind] = {
                "tokensPerSecond": tokens / seconds, "bytes": runs[0][1], "ratioToDirect": statistics.median(alone) / seconds}
            say(f"served {kind}: {tokens / seconds:,.0f} tokens/s")
        pipe.process.stdin.close()
        found["status"] = pipe.process.wait(20)
        return found
    finally:
        if pipe.process.poll() is None:
            pipe.process.kill()


def memory(sizes, engine):
    """The device's memory runs out in the first, large batch."""
    hooks = [f"blocks.{layer}.hook_resid_post" for layer in range(engine.structure.layers)]
    sequences = random_ids(sizes.config.vocab_size, [sizes.length] * (32 if sizes.tiny else 512), seed=5)
    wanted = worker.Wanted(hooks, torch.bfloat16)

    def rows():
        found = {}
        for part in engine.read(sequences, wanted):
            for each in part.split():
                found[each.sequences[0]] = each.tensors[hooks[-1]]
        return torch.cat([found[index] for index in range(len(sequences))])

    budget = engine.budget
    before = rows()
    halvings = []
    engine.say = halvings.append
    engine.budget = 1 << 24
    try:
        if sizes.tiny:
            # As if there were room for 100 tokens.
            own = engine._read_batch

            def narrow(sequences, batch, *more):
                if sum(len(sequences[index]) for index in batch) > 100:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory")
                return own(sequences, batch, *more)

            engine._read_batch = narrow
        else:
            torch.cuda.empty_cache()
            total = torch.cuda.get_device_properties(0).total_memory
            torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_allocated() + (3 << 30)) / total)
        again = rows()
        learned = engine.budget
    finally:
        engine.budget, engine.say = budget, worker.say
        if sizes.tiny:
            del engine._read_batch
        else:
            torch.cuda.set_per_process_memory_fraction(1.0)
    return {"halvings": len(halvings), "budgetAfter": learned, "rowsOff": off(again, before), "said": halvings[:2]}


def continuing(sizes, engine):
    prompts = random_ids(sizes.config.vocab_size, [sizes.length // 2] * sizes.prompts, seed=6)
    model, new = engine.model, sizes.new
    given = torch.tensor(prompts, device=sizes.device)

    def generate():
        return model.generate(
            input_ids=given, attention_mask=torch.ones_like(given), do_sample=False, max_new_tokens=new, min_new_tokens=new,
            pad_token_id=0, eos_token_id=None)[:, given.shape[1]:].tolist()

    def streamed():
        answers, times = [[] for _ in prompts], []

        def tell(what, *said):
            if what == "tokens":
                times.append(time.perf_counter())
                for sequence, token in said[0]:
                    answers[sequence].append(token)

        engine.continued(prompts, new, stops=[], tell=tell)
        return answers, times

    seconds, generate_seconds, all_seconds = in_turns(sizes, streamed, generate)
    answers, times = streamed()
    theirs = generate()
    gaps = sorted(after - before for before, after in zip(times, times[1:]))
    tokens = len(prompts) * new
    return {
        "tokensPerSecond": tokens / seconds, "generateTokensPerSecond": tokens / generate_seconds, "ratio": generate_seconds / seconds,
        "sameTexts": sum(a == b for a, b in zip(answers, theirs)), "texts": len(prompts), "largestGap": gaps[-1], "steps": len(times),
        "seconds": all_seconds}


def resume(sizes, engine):
    layers = engine.structure.layers
    middle, last = f"blocks.{layers // 2 - 1}.hook_resid_post", f"blocks.{layers - 1}.hook_resid_post"
    ids = random_ids(sizes.config.vocab_size, [sizes.length] * 64, seed=7)

    def read(hooks, **more):
        found = {}
        for part in engine.read(more.pop("sequences", ids), worker.Wanted(hooks, torch.float32, logits="last"), **more):
            for each in part.split():
                found[each.sequences[0]] = each.tensors
        return [found[index] for index in range(len(ids))]

    whole = read([middle, last])
    rows = [each[middle] for each in whole]
    again = read([last], start=layers // 2, rows=rows)
    seconds, _ = timed(sizes, lambda: read([last]))
    resumed, _ = timed(sizes, lambda: read([last], start=layers // 2, rows=rows))
    return {
        "rowsOff": max(off(a[last], b[last]) for a, b in zip(again, whole)), "secondsWhole": seconds, "secondsResumed": resumed,
        "sameLikeliest": sum(int(a["logits"].argmax() == b["logits"].argmax()) for a, b in zip(again, whole)), "of": len(ids)}


def follow(sizes, engine):
    ids = random_ids(sizes.config.vocab_size, [sizes.length])[0]
    hook = f"blocks.{engine.structure.layers // 2}.hook_resid_post"
    seconds, kept = [], []
    for end in range(1, len(ids) + 1):
        taken, (reused, rows) = timed(sizes, lambda: engine.follow("typed", ids[:end], [hook], torch.float32))
        seconds.append(taken)
        kept.append(rows[hook])
        assert reused == end - 1
    whole = next(iter(engine.read([ids], worker.Wanted([hook])))).tensors[hook]
    engine.forget("typed")
    return {"medianSecondsAKey": statistics.median(seconds[5:]), "rowsOff": off(torch.cat(kept), whole)}


def gradient(sizes, engine):
    ids = random_ids(sizes.config.vocab_size, [sizes.length], seed=8)[0]
    hook = f"blocks.{engine.structure.layers // 2}.hook_resid_post"
    target = {"kind": "logit", "token": 7}
    engine.gradient(ids, hook, target)
    seconds, (value, found, rows) = timed(sizes, lambda: engine.gradient(ids, hook, target))
    return {"seconds": seconds, "value": value, "norm": float(found.norm()), "length": len(found)}


# MARK: - All


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--serve-random", action="store_true", help="be the worker of the step `served`")
    parser.add_argument("--only", help="these steps, with commas between")
    arguments = parser.parse_args()
    sizes = Sizes(arguments.tiny)
    if arguments.tiny:
        torch.set_num_threads(1)
    if not arguments.tiny and not torch.cuda.is_available():
        parser.error("expected a device; --tiny runs on the CPU")
    if arguments.serve_random:
        worker.Engine.load = classmethod(
            lambda cls, name, batch_tokens=8192, **_: cls(random_gemma(sizes), None, name, batch_tokens=batch_tokens))
        return worker.main(["serve"])
    result = {
        "torch": torch.__version__, "transformers": transformers.__version__,
        "device": "cpu" if arguments.tiny else torch.cuda.get_device_name(0), "steps": {}}
    wanted = arguments.only.split(",") if arguments.only else None

    def step(name, work):
        if wanted is not None and name not in wanted:
            return
        say(name)
        start = time.monotonic()
        try:
            found = work()
        except Exception as error:  # noqa: BLE001 (what else there is to know is still found out)
            traceback.print_exc()
            found = {"error": f"{type(error).__name__}: {error}"[:500]}
        found["stepSeconds"] = round(time.monotonic() - start, 1)
        result["steps"][name] = found
        say(json.dumps(found)[:400])

    engine = None
    try:
        start = time.monotonic()
        engine = worker.Engine(random_gemma(sizes), None, "random-gemma", batch_tokens=256 if arguments.tiny else 8192)
        result["engine"], result["parameters"] = engine.facts["engine"], sum(each.numel() for each in engine.model.parameters())
        result["makeAndProveSeconds"] = round(time.monotonic() - start, 1)
        result["readOnly"] = sum(tap.read_only is not None for tap in engine.structure.taps.values())
        result["refusedHooks"] = list(engine.structure.refused)[:8]
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        result["error"] = f"{type(error).__name__}: {error}"[:500]
    if engine is not None:
        step("capture", lambda: capture(sizes, engine))
        step("continue", lambda: continuing(sizes, engine))
        step("memory", lambda: memory(sizes, engine))
        step("resume", lambda: resume(sizes, engine))
        step("follow", lambda: follow(sizes, engine))
        step("gradient", lambda: gradient(sizes, engine))
        step("served", lambda: served(sizes, engine, arguments))
    step("devices", lambda: devices(sizes))
    step("offload", lambda: offload(sizes))
    step("quantised", lambda: quantised(sizes))
    step("families", lambda: families(sizes))
    result["seconds"] = round(time.monotonic() - BEGAN, 1)
    text = json.dumps(result, indent=1)
    print(text)
    if os.environ.get("OUT"):
        (Path(os.environ["OUT"]) / "engine_on_device.json").write_text(text)
    return 0 if "error" not in result and not any(
        "error" in each or each.get("failed") for each in result["steps"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
