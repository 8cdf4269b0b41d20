"""The worker against transformers: hooks, edits, continuations, resumed rows, followed texts, gradients, the protocol.

    python Tests/engine/test_engine.py                    all of it: some minutes
    python Tests/engine/test_engine.py Families           the families alone
    EXEMPLAR_FAMILIES=llama,gpt2 python Tests/engine/test_engine.py Families

Needs torch and transformers; with accelerate, peft and tokenizers what is about those too. `make test-models` runs it with EXEMPLAR_PYTHON.
The models are tiny, random, and made here. Nothing is fetched.
"""

import contextlib
import io
import json
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
import unittest
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent / "Engines"), str(HERE)]

import torch
import transformers

import exemplar_engine as worker
import tiny_models
from client import Client, Failure, blob, sequences, whole

transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
FAMILIES = [each for each in os.environ.get("EXEMPLAR_FAMILIES", "").split(",") if each] or list(tiny_models.FAMILIES)
WIDTH, LAYERS = 32, 4


def ids_of(*lengths, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(3, 97, (length,), generator=generator).tolist() for length in lengths]


def has(module):
    with contextlib.suppress(ImportError):
        __import__(module)
        return True
    return False


def logits_of(model, sequence):
    with torch.no_grad():
        return model(input_ids=torch.tensor([sequence]), use_cache=False).logits[0]


def read(engine, ids, hooks, *, edits=(), **more):
    lengths = [len(each) for each in ids]
    editing = worker.Editing(list(edits), lengths, lengths) if edits else None
    wanted = worker.Wanted(hooks, logits=more.pop("logits", "none"), scores=more.pop("scores", False))
    found = {}
    for part in engine.read(ids, wanted, editing=editing, **more):
        for each in part.split():
            found[each.sequences[0]] = each.tensors
    return [found[index] for index in range(len(ids))]


def continued(engine, ids, limit, edits=(), **more):
    new, endings = [[] for _ in ids], [None] * len(ids)

    def tell(what, *said):
        if what == "tokens":
            for sequence, token in said[0]:
                new[sequence].append(token)
        elif what == "finished":
            endings[said[0]] = said[1]

    lengths = [len(each) for each in ids]
    editing = worker.Editing(list(edits), lengths, [length + limit for length in lengths]) if edits else None
    engine.continued(ids, limit, editing=editing, tell=tell, **more)
    return new, endings


def block_list(model):
    """The blocks, by their names in the families."""
    # Gemma 3 names another in some versions.
    base = getattr(model, model.base_model_prefix, None) or model.model
    base = getattr(base, "decoder", base)
    return next(getattr(base, name) for name in ("layers", "h", "blocks") if hasattr(base, name))


@contextlib.contextmanager
def by_hand(model, changes):
    """Edits as one writes them: `{(layer, "pre" | "post"): function of [batch, tokens, width]}`."""
    handles = []
    for (layer, side), change in changes.items():
        block = block_list(model)[layer]
        if side == "pre":
            def before(module, arguments, named, change=change):
                if arguments:
                    return (change(arguments[0]), *arguments[1:]), named
                return arguments, {**named, "hidden_states": change(named["hidden_states"])}

            handles.append(block.register_forward_pre_hook(before, with_kwargs=True))
        else:
            def after(module, arguments, given, change=change):
                return (change(given[0]), *given[1:]) if isinstance(given, tuple) else change(given)

            handles.append(block.register_forward_hook(after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Families(unittest.TestCase):
    """Every family, in this process."""

    @classmethod
    def setUpClass(cls):
        cls.engines = {}

    def each(self):
        for family in FAMILIES:
            try:
                if family not in self.engines:
                    self.engines[family] = worker.Engine(tiny_models.made(family), None, family)
                yield family, self.engines[family]
            except BaseException:
                print(f"\n{self.id()}: with {family}", file=sys.stderr)
                raise

    def close(self, first, second, tolerance=2e-5):
        self.assertEqual(first.shape, second.shape)
        if not second.numel():
            return
        scale = max(1.0, float(second.abs().max()))
        self.assertLessEqual(float((first - second).abs().max()), tolerance * scale)

    def test_all_hooks_are_found_and_can_be_edited(self):
        for family, engine in self.each():
            structure = engine.structure
            missing = {name.split(".", 2)[-1] for name in structure.refused}
            self.assertEqual(missing, {"hook_resid_mid"} if family in tiny_models.PARALLEL else set())
            self.assertEqual([tap.read_only for tap in structure.taps.values() if tap.read_only], [])
            self.assertEqual(len(engine.starts()), 2 * LAYERS)
            self.assertTrue(engine.caching()[1], "prompts of other lengths go into one batch")

    def test_the_residual_stream_is_what_transformers_gives(self):
        ids = ids_of(5, 17, 1, 30)
        hooks = [f"blocks.{layer}.{place}" for layer in range(LAYERS) for place in ("hook_resid_pre", "hook_resid_post")]
        for family, engine in self.each():
            rows = read(engine, ids, hooks, logits="all", scores=True)
            for sequence, found in zip(ids, rows):
                with torch.no_grad():
                    given = engine.model(input_ids=torch.tensor([sequence]), output_hidden_states=True, use_cache=False)
                for layer in range(LAYERS):
                    self.close(found[f"blocks.{layer}.hook_resid_pre"], given.hidden_states[layer][0])
                    # The last that transformers gives stands behind the final norm.
                    if layer + 1 < LAYERS:
                        self.close(found[f"blocks.{layer}.hook_resid_post"], given.hidden_states[layer + 1][0])
                self.close(found["logits"], given.logits[0])
                expected = given.logits[0, :-1].log_softmax(-1).gather(-1, torch.tensor(sequence[1:])[:, None])[:, 0]
                self.close(found["scores"], expected)

    def test_parts_add_up_as_in_TransformerLens(self):
        ids = ids_of(9, 14)
        for family, engine in self.each():
            factor = engine.structure.multiplier
            for found in read(engine, ids, list(engine.structure.taps)):
                for layer in range(LAYERS):
                    pre, post, attention, feed_forward = (
                        found[f"blocks.{layer}.{name}"] for name in ("hook_resid_pre", "hook_resid_post", "hook_attn_out", "hook_mlp_out"))
                    # What is read is what is added, Granite's factor in it.
                    self.close(pre + attention + feed_forward, post)
                    if family not in tiny_models.PARALLEL:
                        self.close(pre + attention, found[f"blocks.{layer}.hook_resid_mid"])
                    self.assertGreater(float(attention.norm()), 1e-3)
                    if layer:
                        self.assertTrue(torch.equal(pre, found[f"blocks.{layer - 1}.hook_resid_post"]))
                normalised = found["ln_final.hook_normalized"]
                mean_square = normalised.pow(2).mean(-1)
                self.close(mean_square, torch.ones_like(mean_square), 1e-2)
                # The heads side by side, through the output projection, are what attention gives.
                tap = engine.structure.taps["blocks.1.attn.hook_z"]
                with torch.no_grad():
                    projected = tap.module(found["blocks.1.attn.hook_z"])
                if family != "gemma2" and family != "gemma3_text" and family != "olmo2":
                    self.close(projected * factor, found["blocks.1.hook_attn_out"])
            self.assertEqual(engine.structure.widths["blocks.1.attn.hook_z"], found["blocks.1.attn.hook_z"].shape[-1])

    def test_embeddings_are_scaled_and_without_positions(self):
        for family, engine in self.each():
            found = read(engine, ids_of(6), ["hook_embed", "blocks.0.hook_resid_pre"])[0]
            table = engine.model.get_input_embeddings().weight[torch.tensor(ids_of(6)[0])]
            ratios = found["hook_embed"] / table.detach()
            self.assertLess(float(ratios.max() - ratios.min()), 1e-2 * float(ratios.abs().max()))
            scaled = family in ("gemma2", "gemma3_text", "granite")
            self.assertEqual(abs(float(ratios.mean()) - 1) > 0.5, scaled)
            positions = family in ("gpt2", "opt")
            # BLOOM's embeddings go through a norm.
            if family != "bloom":
                self.assertEqual(torch.equal(found["hook_embed"], found["blocks.0.hook_resid_pre"]), not positions)

    def test_a_family_is_read_as_one_sequence_at_a_time_and_in_any_batch(self):
        ids = ids_of(3, 40, 11, 29, 40, 2)
        for _, engine in self.each():
            hooks = ["blocks.2.hook_resid_post", "blocks.3.hook_mlp_out"]
            whole_batch = read(engine, ids, hooks)
            budget, engine.budget = engine.budget, 45
            try:
                narrow = read(engine, ids, hooks)
            finally:
                engine.budget = budget
            for index, sequence in enumerate(ids):
                alone = read(engine, [sequence], hooks)[0]
                for hook in hooks:
                    self.close(whole_batch[index][hook], alone[hook])
                    self.close(narrow[index][hook], alone[hook])

    def test_stopping_above_the_last_hook_changes_no_bit(self):
        ids = ids_of(7, 13)
        for _, engine in self.each():
            for hook in ("blocks.1.hook_resid_post", "blocks.2.hook_resid_pre", "blocks.1.hook_mlp_out"):
                stopped = read(engine, ids, [hook])
                whole_model = read(engine, ids, [hook], logits="last")
                for first, second in zip(stopped, whole_model):
                    self.assertTrue(torch.equal(first[hook], second[hook]), hook)

    def test_an_edit_of_zero_changes_nothing_at_any_hook(self):
        ids = ids_of(8, 5)
        for _, engine in self.each():
            plain = read(engine, ids, ["blocks.3.hook_resid_post"], logits="all")
            for hook in engine.structure.taps:
                width = engine.structure.widths[hook]
                edits = [
                    worker.Edit("steer", hook, 0.0, direction=torch.randn(width)),
                    worker.Edit("ablate", hook, 0.0, centre=torch.randn(width), basis=torch.eye(width)[:2])]
                edited = read(engine, ids, ["blocks.3.hook_resid_post"], edits=edits, logits="all")
                for first, second in zip(edited, plain):
                    for name in first:
                        if engine.structure.taps[hook].factor == 1.0:
                            self.assertTrue(torch.equal(first[name], second[name]), f"{hook} {name}")
                        else:
                            self.close(first[name], second[name])

    def test_edits_are_those_of_a_hook_by_hand(self):
        ids = ids_of(12)
        torch.manual_seed(3)
        centre, direction = torch.randn(WIDTH), torch.randn(WIDTH)
        basis = torch.linalg.qr(torch.randn(WIDTH, 3)).Q.T.contiguous()
        row = torch.randn(2, WIDTH)

        def ablate(x):
            return x - 0.7 * ((x - centre) @ basis.T) @ basis

        def steer_last(x):
            x = x.clone()
            x[:, -1] += 2.5 * direction
            return x

        def replace(x):
            x = x.clone()
            x[:, 3], x[:, -2] = row[0], row[1]
            return x

        cases = {
            ("blocks.1.hook_resid_post", (1, "post")): (
                worker.Edit("ablate", "blocks.1.hook_resid_post", 0.7, centre=centre, basis=basis), ablate),
            ("blocks.2.hook_resid_pre", (2, "pre")): (
                worker.Edit("steer", "blocks.2.hook_resid_pre", 2.5, direction=direction, positions=[-1]), steer_last),
            ("blocks.0.hook_resid_post", (0, "post")): (
                worker.Edit("replace", "blocks.0.hook_resid_post", rows=row, positions=[3, -2]), replace),
        }
        for _, engine in self.each():
            for (_, place), (edit, change) in cases.items():
                with by_hand(engine.model, {place: change}):
                    expected = logits_of(engine.model, ids[0])
                found = read(engine, ids, [], edits=[edit], logits="all")[0]["logits"]
                self.close(found, expected)
                self.assertGreater(float((expected - logits_of(engine.model, ids[0])).abs().max()), 1e-3)

    def test_a_replaced_row_arrives_in_everything_after_it(self):
        ids = ids_of(10)
        for family, engine in self.each():
            plain = read(engine, ids, list(engine.structure.taps))[0]
            for suffix in ("hook_attn_out", "hook_resid_mid", "hook_mlp_out"):
                hook = f"blocks.1.{suffix}"
                if hook not in engine.structure.taps:
                    continue
                row = torch.randn(1, WIDTH)
                edit = worker.Edit("replace", hook, rows=row, positions=[4])
                found = read(engine, ids, list(engine.structure.taps), edits=[edit])[0]
                self.close(found[hook][4], row[0])
                # The sums hold with what was put in; what comes before that position is as it was.
                mid = found.get("blocks.1.hook_resid_mid")
                pre, post = found["blocks.1.hook_resid_pre"], found["blocks.1.hook_resid_post"]
                attention, feed_forward = found["blocks.1.hook_attn_out"], found["blocks.1.hook_mlp_out"]
                if suffix == "hook_resid_mid":
                    self.close(mid[4], row[0])
                    self.close(mid + feed_forward, post)
                    self.assertFalse(torch.equal(feed_forward[4], plain["blocks.1.hook_mlp_out"][4]))
                else:
                    self.close(pre + attention + feed_forward, post)
                self.close(post[:4], plain["blocks.1.hook_resid_post"][:4])
                self.assertFalse(torch.equal(post[4], plain["blocks.1.hook_resid_post"][4]))
                self.assertFalse(torch.allclose(
                    found["blocks.3.hook_resid_post"][4:], plain["blocks.3.hook_resid_post"][4:]))

    def test_edits_of_chosen_sequences_leave_the_others(self):
        ids = ids_of(6, 9, 4)
        for _, engine in self.each():
            edit = worker.Edit("steer", "blocks.1.hook_resid_post", 3.0, direction=torch.ones(WIDTH), sequences={1}, positions=[0, -1])
            plain = read(engine, ids, ["blocks.1.hook_resid_post"])
            found = read(engine, ids, ["blocks.1.hook_resid_post"], edits=[edit])
            for index in range(3):
                difference = found[index]["blocks.1.hook_resid_post"] - plain[index]["blocks.1.hook_resid_post"]
                changed = difference.abs().sum(-1) > 1
                self.assertEqual(changed.nonzero().flatten().tolist(), [0, len(ids[1]) - 1] if index == 1 else [])

    def test_continuing_is_generate(self):
        ids = ids_of(5, 17, 1, 30, 9)
        for _, engine in self.each():
            new, endings = continued(engine, ids, 14)
            for sequence, mine, ending in zip(ids, new, endings):
                expected = engine.model.generate(
                    input_ids=torch.tensor([sequence]), attention_mask=torch.ones((1, len(sequence)), dtype=torch.long),
                    do_sample=False, max_new_tokens=14, pad_token_id=0, eos_token_id=engine.stops)[0, len(sequence):].tolist()
                stopped = bool(expected) and expected[-1] in engine.stops
                self.assertEqual(ending, "stop" if stopped else "length")
                self.assertEqual(mine, expected[:-1] if stopped else expected)

    def test_continuing_with_edits_is_the_slow_loop(self):
        ids = ids_of(5, 21, 12)
        torch.manual_seed(5)
        direction, row = torch.randn(WIDTH), torch.randn(1, WIDTH)
        for _, engine in self.each():
            edits = [
                worker.Edit("steer", "blocks.1.hook_resid_post", 1.5, direction=direction),
                worker.Edit("replace", "blocks.2.hook_resid_pre", rows=row, positions=[-2]),
                worker.Edit("steer", "blocks.2.hook_mlp_out", 1.0, direction=direction, positions=[23], sequences={1})]
            new, _ = continued(engine, ids, 8, edits, stops=[])
            for index, sequence in enumerate(ids):
                known = list(sequence)
                for _ in range(8):
                    # From the start, without keys and values: positions are now counted from the text's beginning.
                    slow = [edits[0], worker.Edit("replace", "blocks.2.hook_resid_pre", rows=row, positions=[len(sequence) - 2])]
                    if index == 1 and len(known) > 23:
                        slow.append(worker.Edit("steer", "blocks.2.hook_mlp_out", 1.0, direction=direction, positions=[23]))
                    logits = read(engine, [known], [], edits=slow, logits="last")[0]["logits"][0]
                    known.append(int(logits.argmax()))
                self.assertEqual(new[index], known[len(sequence):])

    def test_resuming_is_the_whole(self):
        ids = ids_of(6, 19, 2)
        hooks = ["blocks.2.hook_attn_out", "blocks.3.hook_resid_post"]
        for _, engine in self.each():
            whole_text = read(engine, ids, ["blocks.1.hook_resid_post", "blocks.0.hook_resid_pre", *hooks], logits="all")
            for source, start in (("blocks.1.hook_resid_post", 2), ("blocks.0.hook_resid_pre", 0)):
                resumed = read(
                    engine, [range(len(each)) for each in ids], hooks, logits="all", start=start,
                    rows=[each[source] for each in whole_text])
                for first, second in zip(resumed, whole_text):
                    for name in [*hooks, "logits"]:
                        self.close(first[name], second[name])

    def test_blocks_below_are_not_run_when_resuming(self):
        for _, engine in self.each():
            calls = []
            handles = [
                module.register_forward_hook(lambda *_: calls.append(1))
                for block in engine.structure.blocks[:2] for module in block.modules() if not list(module.children())]
            rows = [torch.randn(5, WIDTH)]
            read(engine, [range(5)], ["blocks.3.hook_resid_post"], start=2, rows=rows)
            for handle in handles:
                handle.remove()
            self.assertEqual(calls, [])
            self.assertTrue(all("forward" not in block.__dict__ for block in engine.structure.blocks))

    def test_following_is_reading(self):
        ids = ids_of(36)[0]
        for _, engine in self.each():
            for hook in ("blocks.1.hook_resid_post", "blocks.2.hook_resid_pre", "blocks.3.hook_mlp_out"):
                text, rows = [], torch.zeros(0, WIDTH)
                # Typed, rubbed out beyond a sliding window, and typed again.
                for state in (ids[:1], ids[:2], ids[:9], ids[:20], ids[:20], ids[:4], ids[:4] + [5, 6, 7], ids[:30], ids):
                    reused, found = engine.follow("a", state, [hook])
                    common = 0
                    while common < min(len(text), len(state)) and text[common] == state[common]:
                        common += 1
                    self.assertIn(reused, (common, 0))
                    rows = torch.cat([rows[:reused], found[hook]])
                    self.close(rows, read(engine, [state], [hook])[0][hook])
                    text = state
                engine.follow("a", [], [])
                self.assertEqual(engine.follow("a", ids[:3], [hook])[0], 0)

    def test_gradients_are_those_of_autograd(self):
        ids = ids_of(9)[0]
        torch.manual_seed(8)
        centre, direction = torch.randn(WIDTH), torch.randn(WIDTH)
        for family, engine in self.each():
            leaf = {}

            def keep(x):
                leaf["x"] = x.detach().clone().requires_grad_(True)
                return leaf["x"]

            seen = {}

            def see(x):
                seen["x"] = x
                return x

            with by_hand(engine.model, {(1, "post"): keep, (2, "post"): see}):
                logits = engine.model(input_ids=torch.tensor([ids]), use_cache=False).logits
            expected = torch.autograd.grad(logits[0, -1, 11], leaf["x"], retain_graph=True)[0][0]
            value, found, rows = engine.gradient(ids, "blocks.1.hook_resid_post", {"kind": "logit", "token": 11})
            self.assertAlmostEqual(value, float(logits[0, -1, 11].detach()), places=3)
            self.close(found, expected)
            self.close(rows, leaf["x"][0].detach())
            cosine = torch.nn.functional.cosine_similarity(seen["x"][0, 5] - centre, direction, dim=0)
            expected = torch.autograd.grad(cosine, leaf["x"])[0][0]
            value, found, _ = engine.gradient(ids, "blocks.1.hook_resid_post", {
                "kind": "cosine", "targetHook": "blocks.2.hook_resid_post", "position": 5, "centre": centre, "direction": direction})
            self.assertAlmostEqual(value, float(cosine.detach()), places=4)
            self.close(found, expected)
            # However long the direction is.
            scaled, again, _ = engine.gradient(ids, "blocks.1.hook_resid_post", {
                "kind": "cosine", "targetHook": "blocks.2.hook_resid_post", "position": 5, "centre": centre, "direction": direction * 1e37})
            self.assertAlmostEqual(scaled, value, places=5)
            self.close(again, found)
            # Where a hook is written in place, by differences.
            for hook in ("blocks.1.hook_resid_mid", "blocks.1.hook_attn_out", "blocks.0.hook_mlp_out", "hook_embed"):
                # Where experts are chosen there are steps.
                if hook in engine.structure.taps and family != "mixtral":
                    self.by_differences(engine, ids, hook)

    def by_differences(self, engine, ids, hook):
        _, found, rows = engine.gradient(ids, hook, {"kind": "logit", "token": 11})
        torch.manual_seed(1)
        direction = torch.randn(rows.shape) * 1e-2 * rows.norm() / rows.numel() ** 0.5
        values = []
        for sign in (1, -1):
            edit = worker.Edit("replace", hook, rows=rows + sign * direction, positions=list(range(len(ids))))
            values.append(float(read(engine, [ids], [], edits=[edit], logits="last")[0]["logits"][0, 11]))
        expected, slope = (values[0] - values[1]) / 2, float((found * direction).sum())
        scale = float(found.norm() * direction.norm()) / rows.numel() ** 0.5
        self.assertLess(abs(expected - slope), max(0.1 * abs(slope), 0.2 * scale, 3e-4), hook)

    def test_the_lens_is_the_final_norm_and_head(self):
        ids = ids_of(7)
        for family, engine in self.each():
            found = read(engine, ids, ["blocks.3.hook_resid_post"], logits="all")[0]
            logits = engine.lens(found["blocks.3.hook_resid_post"])[0]
            expected = found["logits"]
            if family == "gemma2":
                expected = torch.atanh((expected / 3.0).double()) * 3.0
                near = expected.abs() < 12
                self.close(logits[near], expected[near].float(), 1e-2)
            else:
                self.close(logits, expected)
            chosen, values = engine.lens(found["blocks.3.hook_resid_post"], top=5)
            self.assertTrue(torch.equal(values, logits.sort(-1, descending=True).values[:, :5]))
            self.assertTrue(torch.equal(logits.gather(-1, chosen.long()), values))


class Refused(unittest.TestCase):
    """What is not such a decoder, by name."""

    def refused(self, model, pattern):
        with self.assertRaisesRegex(worker.Refusal, pattern):
            worker.Engine(model.eval(), None, "x")

    def test_a_state_space_model_has_no_attention_to_read_and_is_not_continued(self):
        model = transformers.MambaForCausalLM(transformers.MambaConfig(
            vocab_size=97, hidden_size=32, num_hidden_layers=4, state_size=4, pad_token_id=0, eos_token_id=2))
        engine = worker.Engine(model.eval(), None, "mamba")
        self.assertIn("blocks.1.hook_attn_out", engine.structure.refused)
        self.assertIn("blocks.1.attn.hook_z", engine.structure.refused)
        with self.assertRaisesRegex(worker.Refusal, "MambaForCausalLM keeps no keys and values"):
            engine.caching()
        with self.assertRaisesRegex(worker.Refusal, "could be proved to add up"):
            engine.structure.probe(["blocks.1.hook_mlp_out"])

    def test_attention_that_looks_ahead_is_no_decoder(self):
        torch.manual_seed(0)
        model = transformers.BertLMHeadModel(transformers.BertConfig(
            vocab_size=97, hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=48, is_decoder=False))
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, 0, 0.3)
        self.refused(model, "expected a causal decoder")

    def test_an_encoder_and_decoder_is_refused(self):
        model = transformers.T5ForConditionalGeneration(transformers.T5Config(
            vocab_size=97, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4))
        self.refused(model, "has an encoder")

    def test_norms_after_the_sum_leave_the_parts_out(self):
        model = tiny_models.made("opt", do_layer_norm_before=False)
        engine = worker.Engine(model, None, "x")
        self.assertIn("blocks.1.hook_resid_mid", engine.structure.refused)
        self.assertIn("blocks.1.hook_resid_post", engine.structure.taps)

    def test_hooks_that_there_are_not(self):
        engine = worker.Engine(tiny_models.made("llama"), None, "x")
        for name, pattern in (
                ("blocks.4.hook_resid_post", "expected a layer from 0 to 3"), ("blocks.01.hook_resid_post", "is not a hook"),
                ("blocks.0.hook_q", "is not a hook"), ("hook_pos_embed", "is not a hook"), ("\x1b[2J", "is not a hook")):
            with self.assertRaisesRegex(worker.Refusal, pattern) as raised:
                engine.structure.probe([name])
            self.assertNotIn("\x1b", str(raised.exception))


class Arithmetic(unittest.TestCase):
    def test_the_soft_cap_of_attention_is_kept(self):
        model = tiny_models.made("gemma2", attn_logit_softcapping=0.5)
        ids = ids_of(20)
        model.set_attn_implementation("eager")
        expected = logits_of(model, ids[0])
        model.set_attn_implementation("sdpa")
        without = logits_of(model, ids[0])
        engine = worker.Engine(model, None, "x")
        found = read(engine, ids, [], logits="all")[0]["logits"]
        self.assertLess(float((found - expected).abs().max()), 1e-4)
        self.assertGreater(float((without - expected).abs().max()), 1e-2)
        self.assertIn("eager", engine.facts["engine"])

    def test_half_precision_reads_what_transformers_reads(self):
        for dtype in (torch.bfloat16, torch.float16):
            model = tiny_models.made("llama").to(dtype)
            engine = worker.Engine(model, None, "x")
            self.assertEqual([tap.read_only for tap in engine.structure.taps.values() if tap.read_only], [])
            ids = ids_of(11)
            found = read(engine, ids, ["blocks.2.hook_resid_post"])[0]["blocks.2.hook_resid_post"]
            with torch.no_grad():
                expected = model(input_ids=torch.tensor(ids), output_hidden_states=True, use_cache=False).hidden_states[3][0].float()
            self.assertTrue(torch.equal(found, expected))

    def test_largest_takes_the_lower_id_of_equal_logits(self):
        logits = torch.tensor([[1.0, 3.0, -0.0, 3.0, 0.0, -2.0, 3.0], [-1.0, -1.0, -5.0, -1.0, -1.0, -1.0, -1.0]])
        ids, values = worker.largest(logits, 5)
        self.assertEqual(ids.tolist(), [[1, 3, 6, 0, 2], [0, 1, 3, 4, 5]])
        self.assertEqual(values.tolist()[0], [3.0, 3.0, 3.0, 1.0, 0.0])

    def test_greedy_takes_the_lowest_of_equal_logits(self):
        model = tiny_models.made("llama")
        with torch.no_grad():
            model.lm_head.weight[40:60] = model.lm_head.weight[50]
            model.lm_head.weight[50] *= 1
        engine = worker.Engine(model, None, "x")
        for tokens in continued(engine, ids_of(4, 9, 13), 12, stops=[])[0]:
            self.assertFalse(set(tokens) & set(range(41, 60)))

    def test_memory_that_runs_out_halves_the_batch_from_then_on(self):
        engine = worker.Engine(tiny_models.made("llama"), None, "x")
        ids, hooks = ids_of(8, 8, 8, 8, 8, 8, 8, 3), ["blocks.3.hook_resid_post"]
        expected, texts = read(engine, ids, hooks), continued(engine, ids, 6)
        said = []
        engine.say = said.append
        own = engine._read_batch

        def narrow(sequences, batch, *more):
            if len(batch) > 2:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return own(sequences, batch, *more)

        engine._read_batch = narrow
        found = read(engine, ids, hooks)
        for first, second in zip(found, expected):
            self.assertLess(float((first[hooks[0]] - second[hooks[0]]).abs().max()), 1e-5)
        self.assertLessEqual(engine.budget, 32)
        count = len(said)
        self.assertGreater(count, 0)
        read(engine, ids, hooks)
        self.assertLessEqual(len(said), count + 1)
        # In the middle of continuing: what was said is not said again.
        steps = []
        step = engine._step

        def failing(given, cache, mask, positions):
            steps.append(len(given))
            if len(given) > 3 and len(steps) > 3:
                raise torch.cuda.OutOfMemoryError("out of memory")
            return step(given, cache, mask, positions)

        engine.budget, engine._step = 8192, failing
        self.assertEqual(continued(engine, ids, 6), texts)
        engine._step = lambda *_: (_ for _ in ()).throw(torch.cuda.OutOfMemoryError("out of memory"))
        with self.assertRaisesRegex(worker.OutOfMemory, "one sequence of"):
            continued(engine, ids, 6)

    def test_what_is_drawn_does_not_depend_on_the_batch(self):
        engine = worker.Engine(tiny_models.made("llama"), None, "x")
        ids = ids_of(5, 9, 14)
        sampling = {"temperature": 1.3, "topP": 0.9, "topK": 20, "seed": 4}
        together = continued(engine, ids, 10, sampling=sampling, stops=[])[0]
        engine.budget = 6
        self.assertEqual(continued(engine, ids, 10, sampling=sampling, stops=[])[0], together)
        other = continued(engine, ids, 10, sampling={**sampling, "seed": 5}, stops=[])[0]
        self.assertNotEqual(other, together)
        cold = continued(engine, ids, 10, sampling={**sampling, "topK": 1}, stops=[])[0]
        self.assertEqual(cold, continued(engine, ids, 10, stops=[])[0])

    def test_samples_have_the_model_s_chances(self):
        engine = worker.Engine(tiny_models.made("llama"), None, "x")
        ids = ids_of(5) * 600
        drawn = [each[0] for each in continued(engine, ids, 1, sampling={"temperature": 1.5, "topP": 0.8, "topK": 0, "seed": 1}, stops=[])[0]]
        chances = (logits_of(engine.model, ids[0])[-1] / 1.5).softmax(-1)
        order = chances.argsort(descending=True)
        before = chances[order].cumsum(-1) - chances[order]
        kept = set(order[before < 0.8].tolist())
        self.assertTrue(set(drawn) <= kept)
        likeliest = int(order[0])
        expected = float(chances[likeliest] / chances[list(kept)].sum())
        self.assertLess(abs(drawn.count(likeliest) / 600 - expected), 4 * (expected * (1 - expected) / 600) ** 0.5 + 1e-3)


class Conversation(unittest.TestCase):
    """The worker as a process."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.model = tiny_models.made("llama")
        cls.path = Path(cls.folder) / "llama"
        cls.model.save_pretrained(cls.path)
        byte_tokenizer(cls.path)
        cls.large = Path(cls.folder) / "large"
        tiny_models.made("llama", hidden_size=256, intermediate_size=512, num_hidden_layers=12, max_position_embeddings=4096).save_pretrained(
            cls.large)
        cls.client = Client("--device", "cpu")
        cls.described = cls.client.open(cls.path)

    @classmethod
    def tearDownClass(cls):
        with cls.client as client:
            assert client.close() == 0, client.log
        shutil.rmtree(cls.folder)

    def test_it_describes_the_model(self):
        said = self.described
        self.assertEqual((said["layers"], said["width"], said["vocabulary"], said["context"]), (4, 32, 97, 96))
        self.assertEqual(said["hooks"][0], {"name": "hook_embed", "width": 32})
        self.assertEqual([each["name"] for each in said["hooks"]][1:7], [f"blocks.0.{each}" for each in worker.BLOCK_HOOKS])
        self.assertEqual(said["can"], ["ablate", "steer", "replace", "lens", "gradient", "sample"])
        self.assertIn("tokenizer.json", said["tokenizerFiles"])
        self.assertEqual(len(said["modelHash"]), 64)

    def test_reading_in_many_parts(self):
        ids = ids_of(5, 17, 1, 30)
        for kind, tolerance in (("F32", 1e-5), ("BF16", 2e-2), ("F16", 2e-3)):
            found = self.client.read(ids, ["blocks.2.hook_resid_post"], rowsAs=kind, logits="last", scores=True)
            for sequence, each in zip(ids, found):
                with torch.no_grad():
                    given = self.model(input_ids=torch.tensor([sequence]), output_hidden_states=True)
                expected = given.hidden_states[3][0]
                self.assertLess(float((each["blocks.2.hook_resid_post"].float() - expected).abs().max()), tolerance * float(expected.abs().max()))
                self.assertLess(float((each["logits"][0] - given.logits[0, -1]).abs().max()), 1e-4)
        last = self.client.read(ids, ["blocks.2.hook_resid_post"], positions="last")
        self.assertEqual([len(each["blocks.2.hook_resid_post"]) for each in last], [1] * 4)

    def test_edits_and_resumed_rows(self):
        ids = ids_of(8, 6)
        basis = torch.linalg.qr(torch.randn(32, 2)).Q.T.contiguous()
        tensors = {"c": torch.randn(32), "q": basis, "u": torch.randn(32), "r": torch.randn(1, 32)}
        edits = [
            {"kind": "ablate", "hook": "blocks.1.hook_resid_post", "centre": "c", "basis": "q", "strength": 0.5},
            {"kind": "steer", "hook": "blocks.1.hook_resid_post", "direction": "u", "alpha": 2.0, "positions": [-1], "sequences": [1]},
            {"kind": "replace", "hook": "blocks.2.hook_resid_mid", "rows": "r", "positions": [2]}]
        found = self.client.read(ids, ["blocks.1.hook_resid_post", "blocks.3.hook_resid_post"], tensors=tensors, edits=edits)
        engine = worker.Engine(self.model, None, "x")
        same = [
            worker.Edit("ablate", "blocks.1.hook_resid_post", 0.5, centre=tensors["c"], basis=basis),
            worker.Edit("steer", "blocks.1.hook_resid_post", 2.0, direction=tensors["u"], positions=[-1], sequences={1}),
            worker.Edit("replace", "blocks.2.hook_resid_mid", rows=tensors["r"], positions=[2])]
        for first, second in zip(found, read(engine, ids, ["blocks.1.hook_resid_post", "blocks.3.hook_resid_post"], edits=same)):
            for hook in first:
                self.assertLess(float((first[hook] - second[hook]).abs().max()), 1e-5)
        resumed = self.client.read(
            None, ["blocks.3.hook_resid_post"], tensors={
                "lengths": whole([8, 6]), "rows": torch.cat([each["blocks.1.hook_resid_post"] for each in found]), "r": tensors["r"]},
            edits=[edits[2]], **{"from": "blocks.1.hook_resid_post"})
        for first, second in zip(resumed, found):
            self.assertLess(float((first["blocks.3.hook_resid_post"] - second["blocks.3.hook_resid_post"]).abs().max()), 1e-5)

    def test_continuing_streams_and_gives_rows_of_prompts(self):
        ids = ids_of(5, 12, 9)
        rows, steps, finished = {}, 0, 0
        id = self.client.send("continue", sequences(ids), limit=6, stops=[], hooks=["blocks.1.hook_resid_post"], positions="last")
        for message, tensors in self.client.answers(id):
            if message["reply"] == "rows":
                for place, sequence in enumerate(message["sequences"]):
                    rows[sequence] = tensors["blocks.1.hook_resid_post"][place]
            steps += message["reply"] == "tokens"
            finished += message["reply"] == "finished"
        self.assertEqual((len(rows), steps, finished), (3, 6, 3))
        for index, each in enumerate(read(worker.Engine(self.model, None, "x"), ids, ["blocks.1.hook_resid_post"])):
            self.assertLess(float((rows[index] - each["blocks.1.hook_resid_post"][-1]).abs().max()), 1e-5)
        near_the_end = self.client.continued(ids_of(94, 3), 8, stops=[])
        self.assertEqual([(len(new), ending) for new, ending in near_the_end], [(2, "context"), (8, "length")])
        self.assertEqual(self.client.continued(ids_of(4), 0), [([], "length")])

    def test_the_tokenizer_travels(self):
        said, tensors = self.client.ask("tokenizer")
        with tempfile.TemporaryDirectory() as folder:
            for name, tensor in tensors.items():
                (Path(folder) / name).write_bytes(tensor.numpy().tobytes())
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        for probe in said["probes"]:
            self.assertEqual(tokenizer(probe["text"], add_special_tokens=probe["special"])["input_ids"], probe["ids"])
        self.assertGreater(len(said["probes"]), 20)
        self.assertEqual(said["renderings"][0]["text"], tokenizer.apply_chat_template(
            said["renderings"][0]["messages"], tokenize=False, add_generation_prompt=True))
        texts = ["Hello there", "", "Zoë €"]
        _, found = self.client.ask("tokenize", texts=texts, special=True)
        ids = [tokenizer(text)["input_ids"] for text in texts]
        self.assertEqual(found["lengths"].tolist(), [len(each) for each in ids])
        self.assertEqual(found["ids"].tolist(), [token for each in ids for token in each])
        self.assertEqual(self.client.ask("decode", found, skipSpecial=True)[0]["texts"], texts)
        self.assertEqual(self.client.ask("render", conversations=[[{"role": "user", "content": "Hi"}]])[0]["texts"], ["<user>Hi\n<assistant>"])

    def test_following_lens_and_gradient(self):
        ids = ids_of(9)[0]
        hook = "blocks.2.hook_resid_post"
        self.assertEqual(self.client.ask("follow", {"ids": whole(ids[:6])}, session="a", hooks=[hook])[0]["reused"], 0)
        said, tensors = self.client.ask("follow", {"ids": whole(ids)}, session="a", hooks=[hook])
        self.assertEqual((said["reused"], len(tensors[hook])), (6, 3))
        rows = self.client.read([ids], [hook])[0][hook]
        self.assertLess(float((tensors[hook] - rows[6:]).abs().max()), 1e-5)
        _, tensors = self.client.ask("lens", {"rows": rows}, top=4)
        self.assertEqual((tensors["ids"].shape, tensors["ids"].dtype), (torch.Size([9, 4]), torch.int32))
        said, tensors = self.client.ask("gradient", {"ids": whole(ids)}, hook=hook, target={"kind": "logit", "token": 3})
        self.assertEqual(tensors["gradient"].shape, torch.Size([9, 32]))
        self.client.ask("follow", {"ids": whole([])}, session="a", hooks=[])

    def test_what_is_wrong_is_refused_and_the_conversation_goes_on(self):
        ids = sequences(ids_of(5, 6))
        hook = "blocks.1.hook_resid_post"
        cases = [
            ("read", ids, {"hooks": ["blocks.9.hook_resid_post"]}, "layer from 0 to 3"),
            ("read", ids, {"hooks": [hook, hook]}, "each once"),
            ("read", ids, {"hook": [hook]}, "hook is not known here"),
            ("read", {**ids, "x": torch.zeros(3)}, {"hooks": [hook]}, "tensor x that nothing names"),
            ("read", ids, {"hooks": hook}, "a list of"),
            ("read", {"ids": ids["ids"]}, {"hooks": [hook]}, "tensor lengths"),
            ("read", {"ids": ids["ids"], "lengths": whole([5, 7])}, {}, "expected 12, the sum of lengths, found 11"),
            ("read", {"ids": ids["ids"], "lengths": whole([11, 0])}, {}, "expected 1 or more, found 0"),
            ("read", {"ids": ids["ids"], "lengths": whole([12, -1])}, {}, "found -1"),
            ("read", {"ids": ids["ids"].float(), "lengths": ids["lengths"]}, {}, r"expected I32 \[n\]"),
            ("read", sequences([[5, 97]]), {}, "ids from 0 to 96, found 97"),
            ("read", sequences([[5, -1]]), {}, "found -1"),
            ("read", sequences([[5] * 97]), {}, "at most 96 tokens, found 97"),
            ("read", ids, {"logits": "some"}, "one of none, last, all"),
            ("read", ids, {"rowsAs": "F64"}, "one of F32, BF16, F16"),
            ("read", ids, {"scores": 1}, "true or false"),
            ("read", {"rows": torch.zeros(5, 32), "lengths": whole([5])}, {"from": "hook_embed"}, "cannot be resumed from"),
            ("read", {"rows": torch.zeros(5, 31), "lengths": whole([5])}, {"from": hook}, r"expected F32 \[n, 32\]"),
            ("read", {"rows": torch.full((5, 32), float("nan")), "lengths": whole([5])}, {"from": hook}, "finite"),
            ("read", {"rows": torch.zeros(5, 32), "lengths": whole([5])}, {"from": hook, "hooks": ["blocks.0.hook_resid_mid"]}, "lies below"),
            ("continue", ids, {}, "expected limit"),
            ("continue", ids, {"limit": -1}, "whole number from 0"),
            ("continue", ids, {"limit": 2, "sampling": {"temperature": 0}}, "temperature: expected"),
            ("continue", ids, {"limit": 2, "sampling": {"heat": 1}}, "expected temperature, topP"),
            ("lens", {"rows": torch.zeros(0, 32)}, {}, "expected rows, found none"),
            ("lens", {"rows": torch.zeros(1, 32)}, {"top": 98}, "from 1 to 97"),
            ("gradient", {"ids": whole([1, 2])}, {"hook": hook, "target": {"kind": "logit", "token": 97}}, "a token from 0 to 96"),
            ("gradient", {"ids": whole([1, 2]), "centre": torch.zeros(32), "direction": torch.ones(32)},
             {"hook": hook, "target": {"kind": "cosine", "targetHook": "blocks.0.hook_resid_post", "position": 0}}, "or after it"),
            ("hello", {}, {"protocol": [1]}, "hello once"),
            ("dance", {}, {}, "dance is not known here"),
            ("gradient", {"ids": whole([1, 2]), "centre": torch.zeros(32), "direction": torch.zeros(32)},
             {"hook": hook, "target": {"kind": "cosine", "targetHook": hook, "position": 0}}, "direction: expected one with a length"),
            ("tokenize", {}, {"texts": [1]}, "a list of texts"),
            ("tokenize", {}, {"texts": ["half \ud800"]}, "a list of texts of Unicode"),
            ("render", {}, {"conversations": [[{"role": "user", "content": "half \udfff"}]]}, "a list of conversations"),
            ("load", {}, {"model": "x", "dtype": "int3"}, "one of float32"),
        ]
        edit = {"kind": "steer", "hook": hook, "direction": "u", "alpha": 1.0}
        tensors = {**ids, "u": torch.zeros(32), "q": torch.ones(2, 32), "w": torch.zeros(33)}
        for change, pattern in (
                ({"direction": "v"}, "expected a tensor v"), ({"direction": "w"}, r"expected F32 \[32\]"), ({"direction": 1}, "expected a tensor 1"),
                ({"alpha": "2"}, "alpha, a number"), ({"alpha": None}, "alpha, a number"), ({"beta": 1}, "beta is not known of steer"), ({"kind": "bend"}, "a kind of"),
                ({"hook": "x"}, "is not a hook"), ({"positions": [5]}, "positions within sequence 0 of 5 tokens, found 5"),
                ({"positions": [-7]}, "found -7"), ({"sequences": [2]}, "sequences from 0 to 1, found 2"), ({"positions": [1.5]}, "whole numbers"),
                ({"positions": [True]}, "whole numbers")):
            cases.append(("read", {
                name: tensors[name] for name in ("ids", "lengths", "u", *(["w"] if "w" in change.values() else []))}, {"edits": [{**edit, **change}]}, pattern))
        cases.append(("read", {**ids, "c": torch.zeros(32), "q": torch.ones(2, 32)}, {"edits": [
            {"kind": "ablate", "hook": hook, "centre": "c", "basis": "q"}]}, "orthonormal"))
        cases.append(("read", {**ids, "r": torch.zeros(2, 32)}, {"edits": [
            {"kind": "replace", "hook": hook, "rows": "r", "positions": [4, -1]}]}, "named twice"))
        cases.append(("read", {**ids, "r": torch.zeros(2, 32)}, {"edits": [{"kind": "replace", "hook": hook, "rows": "r"}]}, "positions"))
        for ask, given, said, pattern in cases:
            with self.subTest(ask=ask, said=str(said)[:80]):
                with self.assertRaisesRegex(Failure, pattern) as raised:
                    self.client.ask(ask, given, **said)
                self.assertEqual(raised.exception.kind, "refused")
                self.assertNotIn("\n", raised.exception.text)
        self.assertEqual(len(self.client.read(ids_of(3), [hook])), 1)

    def test_it_is_cancelled_at_once(self):
        with Client("--device", "cpu") as client:
            client.open(self.large)
            ids = ids_of(*[400] * 60)
            for ask, more in (("read", {"hooks": ["blocks.11.hook_resid_post"]}), ("continue", {"limit": 3000})):
                id = client.send(ask, sequences(ids), **more)
                time.sleep(1.5)
                start = time.monotonic()
                client.send("cancel", of=id)
                last = list(client.answers(id))[-1][0]
                self.assertEqual(last["reply"], "cancelled")
                self.assertLess(time.monotonic() - start, 1.5)
            # One that waits is cancelled too, and one that has ended is not.
            first = client.send("read", sequences(ids[:8]), hooks=["blocks.11.hook_resid_post"])
            second = client.send("read", sequences(ids), hooks=["blocks.11.hook_resid_post"])
            client.send("cancel", of=second)
            self.assertEqual(list(client.answers(first))[-1][0]["reply"], "done")
            start = time.monotonic()
            self.assertEqual(list(client.answers(second))[-1][0]["reply"], "cancelled")
            self.assertLess(time.monotonic() - start, 1.5)
            client.send("cancel", of=first)
            self.assertEqual(len(client.read(ids_of(3), ["hook_embed"])), 1)

    def test_it_says_that_it_works(self):
        with Client("--device", "cpu") as client:
            client.open(self.large)
            said, last, longest = 0, time.monotonic(), 0.0
            client.send("read", sequences(ids_of(*[3000] * 6)), hooks=["blocks.11.hook_resid_post"])
            end = time.monotonic() + 12
            while time.monotonic() < end:
                message, _ = client.next(30)
                longest, last = max(longest, time.monotonic() - last), time.monotonic()
                said += message["reply"] == "progress"
                if message["reply"] == "done":
                    break
            self.assertGreater(said, 0)
            self.assertLess(longest, 6)

    def test_it_ends_with_its_input_whatever_it_does(self):
        with Client("--device", "cpu") as client:
            client.open(self.large)
            client.send("continue", sequences(ids_of(*[400] * 60)), limit=3000)
            time.sleep(1)
            self.assertEqual(client.close(timeout=5), 0)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with Client("--device", "cpu") as client:
                client.open(self.path)
                client.process.send_signal(number)
                self.assertEqual(client.process.wait(5), 128 + number)

    def test_libraries_cannot_write_among_the_messages(self):
        code = (
            "import sys, os\nsys.path.insert(0, %r)\nimport exemplar_engine as e\n"
            "own = e.Server.hello\n"
            "def loud(self, request):\n    print('a library prints'); os.write(1, b'and writes'); os.system('echo and its children')\n"
            "    return own(self, request)\n"
            "e.HANDLERS['hello'] = loud\ne.main(['serve'])\n") % str(HERE.parent.parent / "Engines")
        with Client(command=[sys.executable, "-c", code]) as client:
            self.assertEqual(client.ask("hello", protocol=[1])[0]["protocol"], 1)
            client.close()
            self.assertIn("a library prints", "".join(client.log))

    def test_versions(self):
        with Client() as client:
            with self.assertRaisesRegex(Failure, "expected hello once, as the first"):
                client.ask("load", model="x")
            with self.assertRaisesRegex(Failure, "versions 1, found 2, 3") as raised:
                client.ask("hello", protocol=[2, 3])
            self.assertEqual(raised.exception.kind, "refused")
            said = client.ask("hello", protocol=[2, 1], client="x")[0]
            self.assertEqual((said["protocol"], said["engine"]), (1, f"exemplar_engine {worker.VERSION}"))
            self.assertEqual(said["libraries"]["transformers"], transformers.__version__)
            with self.assertRaises(Failure) as raised:
                client.ask("load", model=self.folder + "/nowhere")
            self.assertEqual(raised.exception.kind, "refused")
            with self.assertRaisesRegex(Failure, "expected a model to be loaded"):
                client.ask("read", sequences(ids_of(3)))


def byte_tokenizer(folder, **more):
    """A tokenizer of a token a byte, from 4 on, that puts <s> before a text."""
    import tokenizers

    letters = {letter: 4 + place for place, letter in enumerate(sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()))}
    inner = tokenizers.Tokenizer(tokenizers.models.BPE({"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, **letters}, []))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = tokenizers.decoders.ByteLevel()
    inner.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        clean_up_tokenization_spaces=False, **more)
    tokenizer.chat_template = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}<assistant>"
    tokenizer.save_pretrained(folder)


class Hostile(unittest.TestCase):
    """Clients that lie: one error, and the end; nothing is allocated for what is only promised."""

    def ends(self, data, pattern, *, closed=False):
        with Client() as client:
            with contextlib.suppress(BrokenPipeError):
                client.write(data)
                if closed:
                    client.process.stdin.close()
            message, _ = client.next(60)
            self.assertIsNotNone(message, client.log)
            self.assertEqual((message["reply"], message["id"], message["kind"]), ("error", 0, "failed"))
            self.assertRegex(message["text"], pattern)
            self.assertLess(len(message["text"]), 3000)
            self.assertTrue(message["text"].isprintable())
            self.assertEqual(client.next(20)[0], None)
            self.assertEqual(client.process.wait(10), 1)

    @staticmethod
    def header(text, after=b""):
        text = text if isinstance(text, bytes) else text.encode()
        return struct.pack("<Q", len(text)) + text + after

    def tensors(self, **entries):
        return self.header(json.dumps({"__metadata__": {"message": '{"ask":"hello","id":1,"protocol":[1]}'}, **entries}), b"\0" * 64)

    def test_lengths(self):
        self.ends(struct.pack("<Q", 1 << 60), "header of 2 to 16777216 bytes, found one of 1152921504606846976")
        self.ends(b"\xff" * 8, "header of 2 to")
        self.ends(struct.pack("<Q", (16 << 20) + 1), "header of 2 to")
        self.ends(struct.pack("<Q", 0), "header of 2 to")
        self.ends(b"SSH-2.0-OpenSSH_9.6\r\n", "header of 2 to")

    def test_tensors(self):
        row = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}
        self.ends(self.tensors(x={"dtype": "F32", "shape": [1 << 60, 4], "data_offsets": [0, (1 << 60) * 16]}), "at most 8 whole numbers")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [1 << 40, 4], "data_offsets": [0, (1 << 40) * 16]}), "message of at most 268435456")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [1 << 33, 1 << 33], "data_offsets": [0, 0]}), "bytes, as its shape has")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [-1, -4], "data_offsets": [0, 16]}), "whole numbers")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [1.5], "data_offsets": [0, 6]}), "whole numbers")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [5], "data_offsets": [0, 16]}), "expected 20 bytes")
        self.ends(self.tensors(x={"dtype": "F8", "shape": [4], "data_offsets": [0, 4]}), "expected one of F32")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [4], "data_offsets": [16, 0]}), "expected 16 bytes")
        self.ends(self.tensors(x=row, y=row), "expected to begin at byte 16")
        self.ends(self.tensors(x={**row, "data_offsets": [16, 32]}), "expected to begin at byte 0")
        self.ends(self.tensors(x={"dtype": "F32", "shape": [4]}), "expected dtype, shape and data_offsets")
        self.ends(self.tensors(x=[1]), "expected dtype, shape")

    def test_messages(self):
        def message(text):
            return self.header(json.dumps({"__metadata__": {"message": text}}))

        self.ends(self.header("{}"), "expected __metadata__")
        self.ends(self.header("[]"), "header: expected an object")
        self.ends(self.header('{"a":' * 100000 + "1" + "}" * 100000), "header: expected JSON")
        self.ends(self.header(b'{"__metadata__":{"message":"\xff"}}'), "UTF-8")
        self.ends(self.header('{"__metadata__":{"message":"{}","format":"pt"}}'), "expected __metadata__ with one")
        self.ends(message("[1]"), "message: expected an object")
        self.ends(message("[" * 100000 + "]" * 100000), "message: expected JSON")
        self.ends(message('{"ask":"hello","id":NaN}'), "is no JSON")
        self.ends(message('{"ask":"hello","ask":"load","id":1}'), "twice")
        self.ends(message('{"ask":"hello"}'), "expected ask, a text, and id")
        self.ends(message('{"ask":"hello","id":1.5}'), "and id, a whole number")
        self.ends(message('{"ask":"hello","id":true}'), "and id, a whole number")
        self.ends(message('{"ask":["\x1b[2J"],"id":1}'), "JSON|expected ask")
        self.ends(message('{"ask":"cancel","id":1,"of":"x"}'), "cancel: expected of")

    def test_ends_within_a_message(self):
        good = blob({"ask": "read", "id": 1}, {"x": torch.zeros(4)})
        self.ends(good[:5], "expected 8 bytes, found the end of the stream after 5", closed=True)
        self.ends(good[:40], "found the end of the stream", closed=True)
        self.ends(good[:-3], "expected 16 bytes, found the end of the stream after 13", closed=True)

    def test_ids_that_do_not_grow(self):
        hello = {"ask": "hello", "protocol": [1]}
        with Client() as client:
            client.write(blob({**hello, "id": 5}) + blob({"ask": "read", "id": 5}))
            said = [client.next(60)[0] for _ in range(2)]
            broken = next(each for each in said if each and each["reply"] == "error")
            self.assertEqual(broken["id"], 0)
            self.assertIn("an id above 5", broken["text"])
            self.assertEqual(client.process.wait(10), 1)

    def test_noise(self):
        generator = random.Random(7)
        for _ in range(6):
            data = struct.pack("<Q", generator.choice([2, 30, 300])) + generator.randbytes(400)
            self.ends(data, "expected")

    def test_damaged_messages(self):
        """A good conversation with a byte changed somewhere: answered, refused or ended, never hung and never a traceback."""
        generator = random.Random(11)
        good = [blob({"ask": "hello", "id": 1, "protocol": [1]}), blob({"ask": "load", "id": 2, "model": "/nowhere"}),
                blob({"ask": "read", "id": 3, "hooks": ["hook_embed"]}, sequences(ids_of(4, 5)))]
        for _ in range(8):
            data = bytearray(b"".join(good))
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
            with Client() as client:
                with contextlib.suppress(BrokenPipeError):
                    client.write(bytes(data))
                with contextlib.suppress(BrokenPipeError):
                    client.process.stdin.close()
                self.assertIn(client.process.wait(60), (0, 1))
                self.assertNotIn("Traceback", "".join(client.log))


def changed(folder, change, **settings):
    """A tiny checkpoint whose tensors `change` has changed, and whose settings have others beside them."""
    from safetensors.torch import load_file, save_file

    tiny_models.made("llama").save_pretrained(folder)
    file, config = Path(folder) / "model.safetensors", Path(folder) / "config.json"
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file, metadata={"format": "pt"})
    config.write_text(json.dumps({**json.loads(config.read_text()), **settings}))
    return str(folder)


def loaded(name, **more):
    return worker.Engine.load(str(name), needs_tokenizer=False, **{"device": "cpu", **more})


class Named(unittest.TestCase):
    """What a model's or adapter's name stands for, or does not."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def refused(self, pattern, *arguments, **named):
        start = time.monotonic()
        with self.assertRaisesRegex(worker.Refusal, pattern) as raised:
            loaded(*arguments, **named)
        self.assertTrue(str(raised.exception).isprintable())
        return time.monotonic() - start, str(raised.exception)

    @contextlib.contextmanager
    def hub(self, endpoint, offline=False):
        from huggingface_hub import constants

        kept = constants.ENDPOINT, constants.HF_HUB_OFFLINE, worker.HUB_SECONDS
        constants.ENDPOINT, constants.HF_HUB_OFFLINE, worker.HUB_SECONDS = endpoint, offline, 2
        try:
            yield constants.HF_HUB_CACHE
        finally:
            constants.ENDPOINT, constants.HF_HUB_OFFLINE, worker.HUB_SECONDS = kept

    def test_a_model_that_is_not_there_is_named_at_once(self):
        self.refused("model /no/where: expected a folder with config.json, or a name on the hub", "/no/where")
        (self.folder / "config.txt").write_text("x")
        self.refused("expected a folder with config.json, found a folder without it", self.folder)
        self.refused("expected a folder with config.json, found a file", self.folder / "config.txt")
        with self.hub("http://127.0.0.1:9") as cache:
            seconds, text = self.refused(r"model no-one/nothing is not to be had", "no-one/nothing")
            self.assertLess(seconds, 10)
            self.assertIn(cache, text)
            self.assertIn("http://127.0.0.1:9 cannot be reached (Conn", text)
            self.assertIn("at revision abc", self.refused("not to be had", "no-one/nothing", revision="abc")[1])
        with self.hub("http://127.0.0.1:9", offline=True):
            self.refused("no-one/nothing is not to be had.*HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set", "no-one/nothing")

    def test_a_hub_that_accepts_and_says_nothing_is_given_up_within_seconds(self):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as silent:
            with self.hub(f"http://127.0.0.1:{silent.getsockname()[1]}"):
                self.assertLess(self.refused("not to be had", "no-one/nothing")[0], 12)

    def test_a_model_of_the_cache_loads_where_nobody_answers(self):
        from huggingface_hub import constants

        kept, constants.HF_HUB_CACHE = constants.HF_HUB_CACHE, str(self.folder / "cache")
        hub = transformers.utils.hub
        other = getattr(hub, "TRANSFORMERS_CACHE", None)
        if other is not None:
            hub.TRANSFORMERS_CACHE = constants.HF_HUB_CACHE
        try:
            commit = "0123456789abcdef0123456789abcdef01234567"
            place = Path(constants.HF_HUB_CACHE) / "models--some-one--some-thing"
            model = tiny_models.made("llama")
            model.save_pretrained(place / "snapshots" / commit)
            (place / "refs").mkdir()
            (place / "refs" / "main").write_text(commit)
            with self.hub("http://127.0.0.1:9"):
                start = time.monotonic()
                engine = loaded("some-one/some-thing")
                self.assertLess(time.monotonic() - start, 20)
                self.assertFalse(constants.HF_HUB_OFFLINE)
            ids = ids_of(7)
            self.assertTrue(torch.equal(read(engine, ids, [], logits="all")[0]["logits"], logits_of(model, ids[0])))
        finally:
            constants.HF_HUB_CACHE = kept
            if other is not None:
                hub.TRANSFORMERS_CACHE = other

    def test_names_that_are_none_are_refused(self):
        for name, pattern in (
                ("", "model: expected a folder or a name on the hub, found an empty text"), ("x" * 5000, "^model x+: "), ("a..b", "^model a..b: "),
                ("a b", "no folder of that name"), ("a/b/c", "no folder of that name"), ("\x1b[2J\0", "^model \ufffd\\[2J\ufffd: "),
                ("someone/" + "x" * 200, "^model someone/x+: ")):
            self.refused(pattern, name)
        tiny_models.made("llama").save_pretrained(self.folder)
        self.refused("is a folder, of which there is no revision main", self.folder, revision="main")
        self.refused("adapter: expected a folder or a name", self.folder, adapter="")
        self.refused("device meta: expected one that holds weights", self.folder, device="meta")
        self.refused("device meta: expected one that holds weights", self.folder, device_map={"": "meta"})

    def test_GGUF_is_refused_by_name_with_what_to_do(self):
        (self.folder / "model.Q8_0.gguf").write_bytes(b"GGUF\x03\0\0\0")
        (self.folder / "nameless").write_bytes(b"GGUF\x03\0\0\0")
        for name in ("model.Q8_0.gguf", "nameless"):
            self.refused(f"model .*{name} is a GGUF file; expected a checkpoint of transformers.*exemplar's own engine", self.folder / name)
        self.refused("holds GGUF files .model.Q8_0.gguf. and no config.json", self.folder)
        self.refused("x.gguf: no such file is here", "x.gguf")
        self.refused("no such file is here", "someone/repository/model.Q4_K_M.gguf")
        tiny_models.made("llama").save_pretrained(self.folder / "llama")
        self.refused("adapter .*nameless is a GGUF file", self.folder / "llama", adapter=str(self.folder / "nameless"))

    def test_weights_that_a_checkpoint_has_not_are_not_made_up(self):
        name = "model.layers.2.mlp.up_proj.weight"
        self.refused(f"its checkpoint holds no weights for {name}$", changed(self.folder / "a", lambda given: given.pop(name)))
        self.refused(
            f"holds weights of another shape for {name}", changed(self.folder / "b", lambda given: given.update({name: torch.zeros(3, 5)})))
        log = io.StringIO()
        with contextlib.redirect_stderr(log):
            loaded(changed(self.folder / "c", lambda given: given.update({name.replace("2", "9"): torch.zeros(3, 5)})))
        self.assertIn(f"no part of the model uses {name.replace('2', '9')}", log.getvalue())


@unittest.skipUnless(has("peft"), "peft is not there")
class Adapters(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        tiny_models.made("llama").save_pretrained(cls.folder + "/base")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def adapter(self, name, base=None, change=None, targets=("q_proj", "down_proj"), **more):
        import peft
        from safetensors.torch import load_file, save_file

        adapted = peft.get_peft_model(base or tiny_models.made("llama"), peft.LoraConfig(
            r=4, target_modules=list(targets), task_type="CAUSAL_LM", init_lora_weights=False, **more))
        path = f"{self.folder}/{name}"
        adapted.save_pretrained(path)
        if change:
            file = path + "/adapter_model.safetensors"
            tensors = load_file(file)
            change(tensors)
            save_file(tensors, file, metadata={"format": "pt"})
        return path, adapted.eval()

    def test_an_adapter_is_merged(self):
        for name, more in (("plain", {}), ("saved", {"modules_to_save": ["lm_head", "embed_tokens"]})):
            path, adapted = self.adapter(name, **more)
            engine = loaded(self.folder + "/base", adapter=path)
            ids = ids_of(10)
            expected = logits_of(adapted, ids[0])
            self.assertLess(float((read(engine, ids, [], logits="all")[0]["logits"] - expected).abs().max()), 1e-3)
            self.assertEqual(engine.facts["adapter"], name)
            self.assertEqual(len(engine.facts["adapterHash"]), 64)

    def test_one_that_does_not_fit_is_refused_with_names_and_shapes(self):
        first = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
        beyond = first.replace("layers.0", "layers.7")
        cases = [
            (self.adapter("wide", tiny_models.made("llama", hidden_size=64))[0],
             r"adapter .*wide does not fit .*base: base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight has shape \[4, 64\], where the "
             r"model asks for \[4, 32\]"),
            (self.adapter("other", tiny_models.made("gpt2"), targets=["c_attn"])[0], "adapter .*other does not fit .*base, which has no modules named c_attn"),
            (self.adapter("deep", tiny_models.made("llama", num_hidden_layers=6))[0], r"its tensor \S*layers.4\S* fits nothing in the model \(and 7 more\)"),
            (self.adapter("more", change=lambda given: given.update({beyond: torch.zeros(4, 32)}))[0], f"its tensor {beyond} fits nothing in the model$"),
            (self.adapter("less", change=lambda given: given.pop(first))[0], f"a tensor {first} that its settings ask for is not in it$"),
            (self.folder, "expected a folder with adapter_config.json, found a folder without it"),
            (self.folder + "/nowhere", "adapter .*nowhere: expected a folder with adapter_config.json")]
        for path, pattern in cases:
            with self.subTest(path):
                with self.assertRaisesRegex(worker.Refusal, pattern) as raised:
                    loaded(self.folder + "/base", adapter=path)
                self.assertNotIn("\n", str(raised.exception))

    def test_prompts_that_are_learned_are_no_change_of_weights(self):
        import peft

        peft.get_peft_model(tiny_models.made("llama"), peft.PromptTuningConfig(
            task_type="CAUSAL_LM", num_virtual_tokens=3)).save_pretrained(self.folder + "/prompts")
        with self.assertRaisesRegex(worker.Refusal, "expected changes of weights, found PROMPT_TUNING"):
            loaded(self.folder + "/base", adapter=self.folder + "/prompts")

    def test_without_peft_it_says_so(self):
        path = self.adapter("lonely")[0]
        kept = sys.modules["peft"]
        sys.modules["peft"] = None
        try:
            with self.assertRaisesRegex(worker.Refusal, "adapter .*lonely: expected the package peft"):
                loaded(self.folder + "/base", adapter=path)
        finally:
            sys.modules["peft"] = kept


@unittest.skipUnless(has("accelerate"), "accelerate is not there")
class Placed(unittest.TestCase):
    PARTS = ("model.embed_tokens", "model.norm", "model.rotary_emb", "lm_head", *(f"model.layers.{layer}" for layer in range(LAYERS)))

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.model = tiny_models.made("llama")
        cls.model.save_pretrained(cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def check(self, client, said):
        """Everything, beside the same model in one piece."""
        plain = worker.Engine(self.model, None, "x")
        self.assertEqual(said["can"], ["ablate", "steer", "replace", "lens", "gradient", "sample"])
        self.assertEqual((said["refusedHooks"], [each for each in said["hooks"] if "readOnly" in each]), ([], []))
        self.assertEqual(len(said["startsFrom"]), 2 * LAYERS)
        ids, hooks = ids_of(5, 12), [each["name"] for each in said["hooks"]]

        def near(first, second, tolerance=1e-4):
            self.assertEqual(first.keys(), second.keys())
            for name in second:
                self.assertLess(float((first[name] - second[name]).abs().max()), tolerance, name)

        for first, second in zip(client.read(ids, hooks, logits="last"), read(plain, ids, hooks, logits="last")):
            near(first, second)
        torch.manual_seed(4)
        tensors = {"u": torch.randn(WIDTH), "r": torch.randn(1, WIDTH), "c": torch.randn(WIDTH), "q": torch.eye(WIDTH)[:2].contiguous()}
        edits = [
            {"kind": "steer", "hook": "blocks.0.hook_attn_out", "direction": "u", "alpha": 2.0},
            {"kind": "ablate", "hook": "blocks.2.hook_resid_post", "centre": "c", "basis": "q"},
            {"kind": "replace", "hook": "blocks.3.hook_resid_mid", "rows": "r", "positions": [-2]}]
        same = [
            worker.Edit("steer", "blocks.0.hook_attn_out", 2.0, direction=tensors["u"]),
            worker.Edit("ablate", "blocks.2.hook_resid_post", 1.0, centre=tensors["c"], basis=tensors["q"]),
            worker.Edit("replace", "blocks.3.hook_resid_mid", rows=tensors["r"], positions=[-2])]
        edited = client.read(ids, hooks, tensors=tensors, edits=edits, logits="all")
        for first, second in zip(edited, read(plain, ids, hooks, edits=same, logits="all")):
            near(first, second)
        self.assertEqual([new for new, _ in client.continued(ids, 6, stops=[])], continued(plain, ids, 6, stops=[])[0])
        self.assertEqual(
            [new for new, _ in client.continued(ids, 6, stops=[], edits=edits[:2], tensors={name: tensors[name] for name in "ucq"})],
            continued(plain, ids, 6, same[:2], stops=[])[0])
        rows = client.read(ids, ["blocks.1.hook_resid_post"])
        resumed = client.read(None, ["blocks.3.hook_resid_post"], logits="last", tensors={
            "lengths": whole([5, 12]), "rows": torch.cat([each["blocks.1.hook_resid_post"] for each in rows])}, **{"from": "blocks.1.hook_resid_post"})
        for first, second in zip(resumed, read(plain, ids, ["blocks.3.hook_resid_post"], logits="last")):
            near(first, second)
        _, tensors = client.ask("gradient", {"ids": whole(ids[1])}, hook="blocks.1.hook_resid_post", target={"kind": "logit", "token": 9})
        _, gradient, _ = plain.gradient(ids[1], "blocks.1.hook_resid_post", {"kind": "logit", "token": 9})
        self.assertLess(float((tensors["gradient"] - gradient).abs().max()), 1e-4 * float(gradient.abs().max()))
        said, tensors = client.ask("follow", {"ids": whole(ids[1][:8])}, session="a", hooks=["blocks.3.hook_resid_post"])
        said, tensors = client.ask("follow", {"ids": whole(ids[1])}, session="a", hooks=["blocks.3.hook_resid_post"])
        self.assertEqual(said["reused"], 8)
        near(tensors, {name: rows[8:] for name, rows in read(plain, ids[1:], ["blocks.3.hook_resid_post"])[0].items()})
        _, tensors = client.ask("lens", {"rows": rows[1]["blocks.1.hook_resid_post"]})
        self.assertLess(float((tensors["logits"] - plain.lens(rows[1]["blocks.1.hook_resid_post"])[0]).abs().max()), 1e-3)

    def test_layers_on_disk_are_read_edited_resumed_and_differentiated(self):
        before = set(os.listdir(tempfile.gettempdir()))
        with Client() as client:
            said = client.open(self.folder, deviceMap={
                part: "disk" if part in ("model.layers.2", "model.layers.3") else "cpu" for part in self.PARTS})
            self.assertIn("cpu+disk", said["engine"])
            self.check(client, said)
            self.assertEqual(client.close(), 0)
        left = {each for each in set(os.listdir(tempfile.gettempdir())) - before if each.startswith("exemplar-engine-")}
        self.assertEqual(left, set())

    def test_what_does_not_fit_the_memory_goes_to_disk(self):
        with Client("--device-map", "auto", "--max-memory", '{"cpu": "60KB"}') as client:
            said = client.open(self.folder)
            self.assertIn("disk", said["engine"])
            self.check(client, said)
            # A map of names, all of them on disk, head and norm too.
            said = client.open_again(self.folder, deviceMap={part: "disk" for part in self.PARTS})
            self.assertIn("disk", said["engine"])
            self.check(client, said)

    def test_maps_that_fit_nothing_are_refused(self):
        for placed, pattern in (
                ({"": "cpu", "model.layers.9": "cpu"}, "LlamaForCausalLM has no part model.layers.9"),
                ({part: "cpu" for part in self.PARTS[1:]}, "embed_tokens.weight"),
                ({"": "cuda:99"}, "(?i)cuda")):
            with self.assertRaisesRegex(worker.Refusal, pattern):
                loaded(self.folder, device_map=placed)
        with self.assertRaisesRegex(worker.Refusal, "device nonsense: "):
            loaded(self.folder, device="nonsense")
        for arguments, pattern in (
                (["--max-memory", '{"cpu": "1GB"}'], "expected --device-map auto"), (["--device-map", "{"], "expected a JSON object"),
                (["--device-map", "everywhere"], "expected auto, balanced"), (["--device-map", '{"": true}'], "expected a device"),
                (["--device-map", "auto", "--max-memory", '{"cpu": "much"}'], "expected a size"),
                (["--device-map", "auto", "--max-memory", "[]"], "object of sizes")):
            log = io.StringIO()
            with contextlib.redirect_stderr(log):
                self.assertEqual(worker.main(["hooks", self.folder, *arguments]), 1)
            self.assertRegex(log.getvalue(), pattern)

    @unittest.skipUnless(has("peft"), "peft is not there")
    def test_an_adapter_is_not_merged_into_layers_on_disk(self):
        import peft

        with tempfile.TemporaryDirectory() as adapter:
            peft.get_peft_model(tiny_models.made("llama"), peft.LoraConfig(
                r=2, target_modules=["q_proj"], task_type="CAUSAL_LM", init_lora_weights=False)).save_pretrained(adapter)
            before = sorted(os.listdir(self.folder))
            with self.assertRaisesRegex(worker.Refusal, "has layers on disk, into which none is merged"):
                loaded(self.folder, adapter=adapter, device_map={part: "disk" for part in self.PARTS})
            self.assertEqual(sorted(os.listdir(self.folder)), before)


class Quantised(unittest.TestCase):
    """Checkpoints that transformers itself loads, on the CPU."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check(self, engine, expected=None, gradients=True):
        """The worker's numbers are those of the model that transformers loaded; `expected`: those of another."""
        self.assertEqual(engine.structure.refused, {})
        self.assertEqual([tap.read_only for tap in engine.structure.taps.values() if tap.read_only], [])
        self.assertEqual(len(engine.starts()), 2 * LAYERS)
        ids, hook = ids_of(9, 4), "blocks.1.hook_resid_post"
        for sequence, each in zip(ids, read(engine, ids, [hook], logits="all")):
            with torch.no_grad():
                given = engine.model(input_ids=torch.tensor([sequence]), output_hidden_states=True, use_cache=False)
            self.assertLess(float((each["logits"] - given.logits[0]).abs().max()), 1e-4)
            self.assertLess(float((each[hook] - given.hidden_states[2][0]).abs().max()), 1e-4)
            if expected is not None:
                self.assertLess(float((each["logits"] - logits_of(expected, sequence)).detach().abs().max()), 1e-4)
        torch.manual_seed(2)
        direction = torch.randn(engine.structure.width)
        with by_hand(engine.model, {(1, "post"): lambda x: x + 2.0 * direction}):
            by_itself = logits_of(engine.model, ids[0])
        found = read(engine, ids[:1], [], edits=[worker.Edit("steer", hook, 2.0, direction=direction)], logits="all")[0]["logits"]
        self.assertLess(float((found - by_itself).abs().max()), 1e-4)
        self.assertEqual([len(new) for new in continued(engine, ids, 5, stops=[])[0]], [5, 5])
        if not gradients:
            with self.assertRaisesRegex(worker.Refusal, "gradient: weights that are quantised give none here: a step at"):
                engine.gradients()
            return
        engine.gradients()
        _, found, _ = engine.gradient(ids[0], hook, {"kind": "logit", "token": 3})
        if expected is not None:
            _, other, _ = worker.Engine(expected, None, "x").gradient(ids[0], hook, {"kind": "logit", "token": 3})
            self.assertLess(float((found - other).abs().max()), 1e-4 * float(other.abs().max()))

    @unittest.skipUnless(has("torchao"), "torchao is not there")
    def test_torchao(self):
        from torchao.quantization import Int8WeightOnlyConfig

        tiny_models.made("llama", hidden_size=64, intermediate_size=128).save_pretrained(self.folder / "plain")
        model = transformers.AutoModelForCausalLM.from_pretrained(
            self.folder / "plain", quantization_config=transformers.TorchAoConfig(Int8WeightOnlyConfig()), dtype=torch.float32)
        try:
            model.save_pretrained(self.folder / "small")
        except ValueError:
            # Some versions of the two write them as pickles alone.
            model.save_pretrained(self.folder / "small", safe_serialization=False)
        engine = loaded(self.folder / "small")
        self.assertIn("torchao", engine.facts["engine"])
        self.check(engine)
        if has("peft"):
            import peft

            adapted = peft.get_peft_model(tiny_models.made("llama", hidden_size=64, intermediate_size=128), peft.LoraConfig(
                r=4, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM", init_lora_weights=False))
            adapted.save_pretrained(self.folder / "adapter")
            with_adapter = loaded(self.folder / "small", adapter=str(self.folder / "adapter"))
            self.check(with_adapter)
            ids = ids_of(9)
            expected = logits_of(peft.PeftModel.from_pretrained(loaded(self.folder / "small").model, self.folder / "adapter").eval(), ids[0])
            self.assertLess(float((read(with_adapter, ids, [], logits="all")[0]["logits"] - expected).abs().max()), 1e-4)
            self.assertGreater(float((read(engine, ids, [], logits="all")[0]["logits"] - expected).abs().max()), 1e-2)

    @unittest.skipUnless(has("compressed_tensors"), "compressed-tensors is not there")
    def test_compressed_tensors(self):
        rounded = {}

        def quantise(tensors):
            for name in [each for each in tensors if each.endswith("_proj.weight")]:
                scale = tensors[name].abs().amax(1, keepdim=True) / 127
                tensors[name] = (tensors[name] / scale).round().clamp(-128, 127).to(torch.int8)
                tensors[name + "_scale"] = scale
                rounded[name] = tensors[name].float() * scale

        for activations in (None, {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "token", "dynamic": True}):
            folder = changed(self.folder / f"small-{activations is None}", quantise, quantization_config={
                "quant_method": "compressed-tensors", "format": "int-quantized", "quantization_status": "compressed", "ignore": ["lm_head"],
                "config_groups": {"group_0": {
                    "targets": ["Linear"], "format": "int-quantized", "input_activations": activations, "output_activations": None, "weights": {
                        "num_bits": 8, "type": "int", "symmetric": True, "strategy": "channel", "dynamic": False}}}})
            engine = loaded(folder)
            self.assertIn("compressed-tensors", engine.facts["engine"])
            expected = tiny_models.made("llama")
            expected.load_state_dict({**expected.state_dict(), **rounded})
            # Activations that are rounded make steps, of which gradients know nothing.
            self.check(engine, expected if activations is None else None, gradients=activations is None)

    def test_a_package_that_is_not_there_is_named(self):
        if has("gptqmodel"):
            self.skipTest("gptqmodel is there")
        folder = changed(self.folder / "small", lambda _: None, quantization_config={
            "quant_method": "gptq", "bits": 4, "group_size": 16, "desc_act": False, "sym": True})
        with self.assertRaisesRegex(worker.Refusal, r"model .*small \(quantised by gptq\): .*(optimum|gptqmodel)"):
            loaded(folder)

    def test_what_transformers_would_pass_over_is_refused(self):
        folder = changed(self.folder / "unknown", lambda _: None, quantization_config={"quant_method": "nonsense"})
        with self.assertRaisesRegex(worker.Refusal, r"\(quantised by nonsense\): transformers \S+ knows .*gptq"):
            loaded(folder)
        # Whole numbers under the names of weights, with nothing that says so: read as they are, another model.
        def quantise(tensors):
            name = "model.layers.1.mlp.up_proj.weight"
            scale = tensors[name].abs().amax() / 127
            tensors[name], tensors[name + "_scale"] = (tensors[name] / scale).round().to(torch.int8), scale[None]

        with self.assertRaisesRegex(worker.Refusal, "nothing uses model.layers.1.mlp.up_proj.weight_scale|Only Tensors of floating point"):
            loaded(changed(self.folder / "silent", quantise))


class Captured(unittest.TestCase):
    """Folders for `exemplar import`."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        cls.model = tiny_models.made("llama", vocab_size=300, max_position_embeddings=4096)
        cls.model.save_pretrained(cls.folder / "model")
        byte_tokenizer(cls.folder / "model")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def capture(self, *arguments):
        log = io.StringIO()
        with contextlib.redirect_stderr(log):
            try:
                status = worker.main(["capture", str(self.folder / "model"), "--device", "cpu", *map(str, arguments)])
            except SystemExit as ended:
                status = ended.code
        return status, log.getvalue()

    def lines(self, folder):
        return [json.loads(line) for line in (folder / "documents.jsonl").read_text().splitlines()]

    def rows(self, folder, hook):
        from safetensors.torch import load_file

        return torch.cat([load_file(file)[hook] for file in sorted(folder.glob("*.safetensors"))])

    def check(self, folder, hook, layer):
        lines, rows, at = self.lines(folder), self.rows(folder, hook), 0
        for line in lines:
            with torch.no_grad():
                given = self.model(input_ids=torch.tensor([line["ids"]]), output_hidden_states=True).hidden_states[layer + 1][0]
            own = rows[at: at + len(line["ids"])]
            self.assertLess(float((own.float() - given).abs().max()), 1e-3)
            self.assertEqual(line["ends"][-1], len(line["text"].encode()))
            self.assertEqual(line["ends"], sorted(line["ends"]))
            at += len(own)
        self.assertEqual(at, len(rows))
        return lines

    def test_running_text_in_contexts(self):
        text = self.folder / "corpus.txt"
        text.write_text("Zoë said: 5 € — naïve.\n\n" * 40 + "The </s> end")
        hook = "blocks.1.hook_resid_post"
        out = self.folder / "stream"
        self.assertEqual(self.capture("--text", text, "--hook", hook, "-o", out, "--context-length", 50)[0], 0)
        lines = self.check(out, hook, 1)
        self.assertTrue(all(line["text"].startswith("<s>") and line["ids"][0] == 1 for line in lines))
        # Every byte once, in order, no context inside a character, and a spelled special token as text.
        self.assertEqual("".join(line["text"][3:] for line in lines), text.read_text())
        self.assertTrue(all(len(line["ids"]) <= 51 for line in lines))
        self.assertEqual([line["id"] for line in lines[:2]], ["corpus-000000", "corpus-000001"])
        self.assertNotIn(2, lines[-1]["ids"])
        record = json.loads((out / "capture.json").read_text())
        self.assertEqual((record["documents"], record["contextLength"]), (len(lines), 50))
        self.assertNotIn("template", record)
        # Begun again it has nothing left to do; with other settings it is another capture.
        before = (out / "documents.jsonl").read_bytes()
        self.assertEqual(self.capture("--text", text, "--hook", hook, "-o", out, "--context-length", 50)[0], 0)
        self.assertEqual((out / "documents.jsonl").read_bytes(), before)
        status, log = self.capture("--text", text, "--hook", hook, "-o", out, "--context-length", 51)
        self.assertEqual(status, 1)
        self.assertIn("holds another capture", log)

    def test_lines_and_limits(self):
        text = self.folder / "lines.txt"
        text.write_bytes(b"first line\r\n\n   \nx\n" + b"a long line " * 6 + b"\nlast")
        hook = "blocks.0.hook_resid_post"
        out = self.folder / "lines"
        common = ["--text", text, "--hook", hook, "--documents", "lines", "--context-length", 20]
        self.assertEqual(self.capture(*common, "-o", out)[0], 0)
        lines = self.check(out, hook, 0)
        self.assertEqual([(line["id"], line["text"]) for line in lines], [
            ("lines-000000", "<s>first line"), ("lines-000003", "<s>x"), ("lines-000004", "<s>" + ("a long line " * 6)[:20]),
            ("lines-000004.2", "<s>" + ("a long line " * 6)[20:40]), ("lines-000004.3", "<s>" + ("a long line " * 6)[40:60]),
            ("lines-000004.4", "<s>" + ("a long line " * 6)[60:]), ("lines-000005", "<s>last")])
        self.assertEqual(self.capture(*common, "-o", self.folder / "few", "--max-documents", 2)[0], 0)
        self.assertEqual(len(self.lines(self.folder / "few")), 2)
        self.assertEqual(self.capture(*common, "-o", self.folder / "tokens", "--max-tokens", 33)[0], 0)
        # 11 + 2 are in, 21 more would be too much, and nothing after them is taken.
        self.assertEqual([len(line["ids"]) for line in self.lines(self.folder / "tokens")], [11, 2])
        for wrong in (["--max-tokens", 1], ["--max-documents", 0]):
            self.assertNotEqual(self.capture(*common, "-o", self.folder / "no", *wrong)[0], 0)
        status, log = self.capture(*common[:4], "--context-length", 5000, "-o", self.folder / "no")
        self.assertEqual(status, 1)
        self.assertIn("expected a --context-length of 2 to 4095", log)
        (self.folder / "bad.txt").write_bytes(b"good\n\xff\xfe bad\n")
        status, log = self.capture("--text", self.folder / "bad.txt", "--hook", hook, "-o", self.folder / "no")
        self.assertEqual(status, 1)
        self.assertIn("bad.txt: expected UTF-8, found other bytes after byte 0", log)
        (self.folder / "blank.txt").write_bytes(b" \n\t\r\n")
        self.assertIn("expected text, found none", self.capture("--text", self.folder / "blank.txt", "--hook", hook, "-o", self.folder / "no")[1])

    def test_prompts_with_answers_beside_text_in_half(self):
        prompts = self.folder / "prompts.jsonl"
        prompts.write_text("".join(json.dumps({"prompt": f"What is {number}" + " and more" * (number % 7)}) + "\n" for number in range(150)))
        text = self.folder / "more.txt"
        text.write_text("words of a text\n" * 30)
        hook = "blocks.2.hook_resid_post"
        out = self.folder / "both"
        command = ["--prompts", prompts, "--text", text, "--hook", hook, "--hook", "blocks.0.hook_attn_out", "-o", out, "--generate", 4,
                   "--batch-tokens", 300]
        self.assertEqual(self.capture(*command)[0], 0)
        lines = self.check(out, hook, 2)
        self.assertEqual(sum("continuation" in line for line in lines), 150)
        self.assertEqual(self.rows(out, "blocks.0.hook_attn_out").shape[0], sum(len(line["ids"]) for line in lines))
        # A kill loses a unit at most: the same folder comes out.
        whole_lines = (out / "documents.jsonl").read_bytes()
        cut = b"".join(whole_lines.splitlines(keepends=True)[:70]) + b'{"id": "half'
        (out / "documents.jsonl").write_bytes(cut)
        (out / "rows-00002.safetensors").unlink()
        self.assertEqual(self.capture(*command)[0], 0)
        self.assertEqual((out / "documents.jsonl").read_bytes(), whole_lines)
        self.check(out, hook, 2)
        half = self.folder / "half"
        self.assertEqual(self.capture("--text", text, "--hook", hook, "-o", half, "--rows-as", "bfloat16")[0], 0)
        self.assertEqual(self.rows(half, hook).dtype, torch.bfloat16)


if __name__ == "__main__":
    unittest.main(verbosity=1)
