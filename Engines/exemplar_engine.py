#!/usr/bin/env python3
"""Runs any decoder that transformers loads for exemplar: reads its residual stream, edits it, continues texts.

    python exemplar_engine.py serve                     a worker: what `exemplar --engine COMMAND` starts, here or across ssh
    python exemplar_engine.py capture MODEL --prompts prompts.jsonl --hook blocks.12.hook_resid_post -o folder
    exemplar import folder -o run.epstore               on any machine
    python exemplar_engine.py hooks MODEL               which hooks a model has

One file, for machines where Python, torch and transformers are, and nothing of exemplar's need be. Python 3.10 or later; peft for
adapters and accelerate for `--device-map` where they are wanted.

Hooks have TransformerLens' names. Where they lie in a model is found by its structure and then proved on a short text:
what attention and the MLP are said to add has to make the residual stream that leaves the block, bit for bit, or the hook is refused by
name. Edits are proved the same way: what is put in place of a row has to arrive where the sum is made. Nothing is guessed from a model's
name.

The parts of this file, in order: hooks (finding, proving and tapping them), edits, the engine (loading, reading, continuing,
following, gradients), files and `capture`, the protocol's messages and `serve`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import inspect
import json
import math
import os
import queue
import random
import re
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

VERSION = 1
PROTOCOLS = (1,)
PROBE_IDS = 12
NORM = re.compile(r"norm", re.I)
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model")
BLOCK_HOOKS = ("hook_resid_pre", "attn.hook_z", "hook_attn_out", "hook_resid_mid", "hook_mlp_out", "hook_resid_post")
FINAL_HOOK = "ln_final.hook_normalized"
MESSAGE_LIMIT = 256 << 20
HEADER_LIMIT = 16 << 20


class Refusal(Exception):
    """What was expected, what was found, and where."""


class Cancelled(Exception):
    """Somebody wants no more of it."""


class OutOfMemory(Exception):
    """One sequence alone is too much for the device."""


# MARK: - Where the hooks lie


def of_block(layer: int, suffix: str) -> str:
    return f"blocks.{layer}.{suffix}"


def order_of(name):
    """Where in a forward pass a hook is reached."""
    if name == "hook_embed":
        return (-1, 0)
    match = re.fullmatch(r"blocks\.(0|[1-9]\d{0,5})\.(.+)", name)
    if match and match.group(2) in BLOCK_HOOKS:
        return (int(match.group(1)), BLOCK_HOOKS.index(match.group(2)))
    return (1 << 30, 0)


@dataclass
class Tap:
    """What is read at a hook: the input or the output of a module, times a factor.

    `side` is `input`, `output`, or `normalised`: the input of a norm, divided by its scale, without the norm's own weight and bias.
    `in_place`: the tensor that a module takes is the residual stream itself, which others hold too, so that an edit is written into it.
    """

    module: object
    side: str
    factor: float = 1.0
    in_place: bool = False
    norm: object = None
    read_only: str | None = None


def tensor_of(value):
    """The residual stream among what a module takes or gives."""
    import torch

    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, (tuple, list)):
        return next((found for found in map(tensor_of, value) if found is not None), None)
    hidden = getattr(value, "last_hidden_state", None)
    return hidden if isinstance(hidden, torch.Tensor) else None


def with_tensor(value, new):
    """What a module gives, with another residual stream."""
    import torch

    if isinstance(value, torch.Tensor):
        return new
    if isinstance(value, (tuple, list)):
        for place, part in enumerate(value):
            if tensor_of(part) is not None:
                return type(value)([*value[:place], with_tensor(part, new), *value[place + 1:]])
    raise Refusal(f"a module gives {type(value).__name__}, in which nothing can be put in place of the residual stream")


def taken(arguments, named):
    return named["hidden_states"] if "hidden_states" in named else tensor_of(arguments)


def brought(module, name, device):
    """A parameter of a module, there; also where accelerate keeps it elsewhere until it is used. None where it has none."""
    import torch

    value = getattr(module, name, None)
    if isinstance(value, torch.Tensor) and value.device.type == "meta":
        for hook in hooks_of_accelerate(module):
            kept = getattr(hook, "weights_map", None)
            with contextlib.suppress(KeyError, TypeError):
                value = kept[name]
                break
    return value.detach().to(device) if isinstance(value, torch.Tensor) and value.device.type != "meta" else value


def hooks_of_accelerate(module):
    hook = getattr(module, "_hf_hook", None)
    return [] if hook is None else list(getattr(hook, "hooks", None) or [hook])


def where_ids_go(model, embedding):
    """The device of the embedding, or what accelerate runs it on."""
    import torch

    for hook in hooks_of_accelerate(embedding) + hooks_of_accelerate(model):
        device = getattr(hook, "execution_device", None)
        if device is not None:
            return torch.device(f"cuda:{device}" if isinstance(device, int) else device)
    return next((each.device for each in model.parameters() if each.device.type != "meta"), torch.device("cpu"))


@dataclass
class FinalNorm:
    """How a norm makes its output: y = n · weight + bias, with n = (x − mean)/scale."""

    module: object
    centred: bool
    epsilon: float
    weight: object
    bias: object

    def normalised(self, value):
        x = value.float()
        if self.centred:
            x = x - x.mean(-1, keepdim=True)
        import torch

        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon)

    def scaled(self, value):
        return value if self.weight is None else value * self.weight.float().to(value.device)

    @staticmethod
    def found(module, before, after):
        """The reading of this norm that makes `after` of `before`; None where none does."""
        import torch

        weight, bias = (brought(module, name, after.device) for name in ("weight", "bias"))
        if any(each is not None and (each.device.type == "meta" or each.shape != after.shape[-1:]) for each in (weight, bias)):
            return None
        before = before.to(after.device)
        epsilon = next(
            (float(getattr(module, name)) for name in ("variance_epsilon", "eps", "epsilon", "norm_eps", "layer_norm_epsilon")
             if isinstance(getattr(module, name, None), (int, float))), 1e-5)
        tolerance = 1e-4 if after.dtype == torch.float32 else 2e-2
        for centred in (False, True):
            for shift in (0.0, 1.0):
                factor = None if weight is None else weight.float() + shift
                norm = FinalNorm(module, centred, epsilon, factor, bias)
                made = norm.scaled(norm.normalised(before))
                if bias is not None:
                    made = made + bias.float()
                if torch.allclose(made, after.float(), rtol=tolerance, atol=tolerance * float(after.float().abs().max())):
                    return norm
        return None


@contextlib.contextmanager
def tapped(taps, visit):
    """Calls `visit(name, value)` with what passes by each tap, in that order; what it gives, if anything, goes on in its place."""
    handles = []
    for name, tap in taps:

        def seen(value, name=name, tap=tap):
            shown = value if tap.factor == 1.0 else value * tap.factor
            new = visit(name, shown)
            if new is None:
                return None
            return new.to(value.dtype) if tap.factor == 1.0 else (new.float() / tap.factor).to(value.dtype)

        if tap.side == "normalised":

            def pass_norm(module, arguments, named, given, name=name, norm=tap.norm):
                # What it takes may still lie on the device before.
                value = norm.normalised(taken(arguments, named).to(given.device))
                new = visit(name, value)
                # The difference is added, so that rows which are not edited stay as they are, bit for bit.
                return None if new is None else (given.float() + norm.scaled(new - value)).to(given.dtype)

            handles.append(tap.module.register_forward_hook(pass_norm, with_kwargs=True))
        elif tap.side == "input":

            def pass_in(module, arguments, named, seen=seen, tap=tap):
                value = taken(arguments, named)
                new = seen(value)
                if new is None:
                    return None
                if tap.in_place:
                    value.copy_(new)
                    return None
                if "hidden_states" in named:
                    return arguments, {**named, "hidden_states": new}
                return with_tensor(tuple(arguments), new), named

            handles.append(tap.module.register_forward_pre_hook(pass_in, with_kwargs=True))
        else:

            def pass_out(module, arguments, given, seen=seen):
                value = tensor_of(given)
                if value is None:
                    return None
                new = seen(value)
                return None if new is None else with_tensor(given, new)

            handles.append(tap.module.register_forward_hook(pass_out))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Stop(Exception):
    """Nothing above is needed."""


@contextlib.contextmanager
def overridden(modules, forward):
    """The modules do `forward(module, value)` instead of their own; what accelerate put in place of it comes back."""
    kept = [(module, module.__dict__.get("forward")) for module in modules]
    try:
        for module in modules:

            def instead(*arguments, module=module, **named):
                return forward(module, taken(arguments, named))

            module.forward = instead
        yield
    finally:
        for module, own in kept:
            if own is None:
                module.__dict__.pop("forward", None)
            else:
                module.forward = own


class Structure:
    """Embedding, blocks and final norm of a decoder, and what of each block adds to the residual stream."""

    def __init__(self, model):
        import torch

        self.model = model
        config = model.config
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        self.config = text
        if getattr(config, "is_encoder_decoder", False):
            raise Refusal(f"{type(model).__name__} has an encoder: expected a decoder alone")
        self.width = getattr(text, "hidden_size", None)
        self.layers = getattr(text, "num_hidden_layers", None)
        if not isinstance(self.width, int) or not isinstance(self.layers, int):
            raise Refusal(f"{type(model).__name__}: its configuration says no hidden_size and num_hidden_layers")
        self.heads = getattr(text, "num_attention_heads", None)
        self.multiplier = float(getattr(text, "residual_multiplier", None) or 1.0)
        self.blocks = self._find_blocks(torch)
        self.embedding = model.get_input_embeddings()
        self.head = model.get_output_embeddings()
        if self.embedding is None or self.head is None:
            raise Refusal(f"{type(model).__name__} has no embedding and head of its own: its structure is not known here")
        self.forward_names = set(inspect.signature(model.forward).parameters)
        self.taps, self.refused = {}, {}
        self._prove(torch)

    def _find_blocks(self, torch):
        lists = [
            (name, module) for name, module in self.model.named_modules()
            if isinstance(module, torch.nn.ModuleList) and len(module) == self.layers and self._is_decoder(module)
        ]
        # Experts lie in lists within blocks.
        lists = [each for each in lists if not any(each[0].startswith(other + ".") for other, _ in lists)]
        if len(lists) != 1:
            found = ", ".join(name for name, _ in lists) or "none"
            raise Refusal(
                f"expected one list of {self.layers} blocks in {type(self.model).__name__}, found {found}: "
                "its structure is not known here")
        self.blocks_name = lists[0][0]
        return list(lists[0][1])

    @staticmethod
    def _is_decoder(blocks):
        """Whether each has something like attention and is no part of another tower."""
        return all(sum(1 for _ in block.children()) >= 2 for block in blocks)

    def attention(self, layer):
        for name, child in self.blocks[layer].named_children():
            if "attention" in type(child).__name__.lower() or name in ("attn", "self_attn", "attention", "self_attention"):
                if not NORM.search(type(child).__name__):
                    return child
        return None

    def output_projection(self, layer):
        """The linear map of attention from the heads side by side to the width."""
        attention = self.attention(layer)
        if attention is None:
            return None
        for name in ("o_proj", "out_proj", "c_proj", "dense", "wo"):
            child = getattr(attention, name, None)
            if child is None:
                inner = getattr(attention, "attention", None)
                child = getattr(inner, name, None)
            if child is not None:
                return child
        return None

    # MARK: Proofs

    def probe(self, names):
        """Taps for the hooks that are asked for: `{name: Tap}`, in the order asked.

        Raises Refusal for a hook that there is not, or that could not be proved.
        """
        taps = {}
        for name in names:
            if name not in self.taps:
                raise Refusal(self.refused.get(name) or self._unknown(name))
            taps[name] = self.taps[name]
        return taps

    def _unknown(self, name):
        shown = printable(str(name))
        match = re.fullmatch(r"blocks\.(0|[1-9]\d*)\.(.+)", str(name))
        if match and match.group(2) in BLOCK_HOOKS:
            return f"expected a layer from 0 to {self.layers - 1}, found {shown}"
        return (
            f"{shown} is not a hook of this worker; those known are hook_embed, of each block {', '.join(BLOCK_HOOKS)}, "
            f"and {FINAL_HOOK}")

    def names(self):
        """Every known name, in the order of computing."""
        return ["hook_embed"] + [of_block(layer, each) for layer in range(self.layers) for each in BLOCK_HOOKS] + [FINAL_HOOK]

    def _probe_ids(self, torch):
        # Rows of the embedding, which may lie on no device for now.
        vocabulary = self.embedding.weight.shape[0]
        return torch.arange(PROBE_IDS).remainder(max(1, vocabulary - 1)).add(1).clamp(max=vocabulary - 1)[None]

    def _watched(self):
        """Inputs and outputs of every module of every block, and of what lies around them."""
        watched = []
        for layer, block in enumerate(self.blocks):
            watched.append(((layer, "pre"), Tap(block, "input")))
            for place, child in block.named_modules():
                if child is not block:
                    watched.append(((layer, "in", place), Tap(child, "input")))
                    watched.append(((layer, "out", place), Tap(child, "output")))
            projection = self.output_projection(layer)
            if projection is not None:
                watched.append(((layer, "z"), Tap(projection, "input")))
                watched.append(((layer, "projected"), Tap(projection, "output")))
            watched.append(((layer, "post"), Tap(block, "output")))
        inside = {id(module) for block in self.blocks for module in block.modules()}
        for place, module in self.model.named_modules():
            if id(module) not in inside and NORM.search(type(module).__name__ + place.rsplit(".", 1)[-1] + "norm" * (
                    place.rsplit(".", 1)[-1] in ("ln_f", "ln_final"))):
                watched.append((("norm in", place), Tap(module, "input")))
                watched.append((("norm out", place), Tap(module, "output")))
        watched.append(("embedded", Tap(self.embedding, "output")))
        watched.append(("head", Tap(self.head, "input")))
        return watched

    def _pass(self, torch, ids, watched, edits=None):
        """What a forward pass shows at each place, copied: `{key: tensor}`, with the logits."""
        seen, before = {}, {}

        def visit(key, value):
            # Some blocks add in place to what a part of them gave.
            if not (isinstance(key, tuple) and key[-2] in ("in", "out") and value.shape[-1] != self.width):
                seen[key] = value.detach().clone()

        def change(name, value):
            before[name] = value.detach().clone()
            return edits(name, value)

        changing = [(name, self.taps[name]) for name in sorted(self.taps, key=order_of)] if edits else []
        with torch.no_grad(), tapped(changing, change), tapped(watched, visit):
            given = self.model(input_ids=ids.to(self.device), use_cache=False)
        seen["logits"] = given.logits
        return seen, before

    @property
    def device(self):
        return where_ids_go(self.model, self.embedding)

    def _prove(self, torch):
        ids, watched = self._probe_ids(torch), self._watched()
        shapes = {}

        def shape(layer, block):
            def note(module, arguments, given):
                shapes[layer] = len(given) if isinstance(given, (tuple, list)) else 0
            return block.register_forward_hook(note)

        handles = [shape(layer, block) for layer, block in enumerate(self.blocks)]
        try:
            seen, _ = self._pass(torch, ids, watched)
        finally:
            for handle in handles:
                handle.remove()
        self.gives = [shapes.get(layer, 0) for layer in range(self.layers)]
        self.vocabulary = seen["logits"].shape[-1]
        self._prove_causal(torch, ids, seen)
        self.widths, additions = {}, {}
        for name in self.names():
            layer, _ = order_of(name)
            try:
                if name == "hook_embed":
                    tap = self._embedding(seen)
                elif name == FINAL_HOOK:
                    tap = self._final_norm(seen)
                else:
                    if layer not in additions and of_block(layer, "hook_resid_pre") in self.taps and (layer, "post") in seen:
                        additions[layer] = self._additions(layer, seen)
                    tap = self._tap(name, layer, name.split(".", 2)[2], seen, additions.get(layer))
                self.taps[name] = tap
                self.widths[name] = self._shown(tap, seen)
            except Refusal as refusal:
                self.refused[name] = str(refusal)
        self._prove_edits(torch, ids, watched, additions)

    def _shown(self, tap, seen):
        if tap.side == "input" and tap.module in [self.output_projection(layer) for layer in range(self.layers)]:
            layer = next(layer for layer in range(self.layers) if self.output_projection(layer) is tap.module)
            return seen[layer, "z"].shape[-1]
        return self.width

    def _prove_causal(self, torch, ids, seen):
        """That a token changes nothing before it, and a text nothing of another: so that padding stands behind, and needs no mask."""
        other = ids.clone()
        other[0, -1] = ids[0, 0]
        kind = type(self.model).__name__
        try:
            again = self._pass(torch, torch.cat([other, ids]), [])[0]["logits"].float()
            # Some keep a state of their own from one text to the next.
            after = self._pass(torch, ids, [])[0]["logits"].float()
        except RuntimeError as error:
            raise Refusal(f"{kind}: two texts at once, and then one, could not be read: {one_line(error)}") from None
        alone = seen["logits"].float()
        if alone.shape[:2] != ids.shape or again.shape[1] != PROBE_IDS:
            raise Refusal(f"{kind}: expected logits of every token")
        exact = seen["logits"].dtype == torch.float32
        scale = float(alone.abs().max())
        if not torch.allclose(again[0, :-1], again[1, :-1], rtol=0, atol=(1e-5 if exact else 2e-2) * scale):
            raise Refusal(f"{kind}: a token changes what comes before it: expected a causal decoder")
        if max(float((again[1] - alone[0]).norm()), float((after - alone).norm())) > (1e-3 if exact else 6e-2) * float(alone.norm()):
            raise Refusal(f"{kind}: a text beside another does not give what it gives alone")

    def _tap(self, name, layer, suffix, seen, places):
        block = self.blocks[layer]
        pre, post = seen.get((layer, "pre")), seen.get((layer, "post"))
        if suffix in ("hook_resid_pre", "hook_resid_post"):
            if pre is None or post is None or pre.shape != (1, PROBE_IDS, self.width) or pre.shape != post.shape:
                raise Refusal(f"{name}: block {layer} does not take and give a residual stream of width {self.width}")
            before = seen.get((layer - 1, "post"))
            if before is not None and not same(before, pre):
                raise Refusal(f"{name}: what block {layer} takes is not what block {layer - 1} gives")
            return Tap(block, "input" if suffix == "hook_resid_pre" else "output")
        if suffix == "attn.hook_z":
            return self._heads(name, layer, seen, places)
        if suffix == "hook_resid_mid" and places and places.middle is None:
            raise Refusal(f"{name}: attention and MLP run side by side in {type(block).__name__}, and there is nothing between")
        tap = places and {
            "hook_attn_out": places.attention, "hook_resid_mid": places.middle, "hook_mlp_out": places.feed_forward
        }.get(suffix)
        if tap is None:
            raise Refusal(
                f"{name}: no parts of {type(block).__name__} could be proved to add up to the residual stream that leaves it")
        return tap

    def _embedding(self, seen):
        embedded, first = seen.get("embedded"), seen.get((0, "pre"))
        if embedded is None or first is None or embedded.shape != first.shape:
            raise Refusal("hook_embed: the embedding does not give what the first block takes")
        first = first.to(embedded.device)
        if same(embedded, first):
            return Tap(self.embedding, "output")
        # Scaled by the model, or with learned positions added: only a common factor is the former.
        nonzero = embedded.abs() > 1e-3 * embedded.abs().max()
        ratios = (first[nonzero] / embedded[nonzero]).float()
        if ratios.numel() and (ratios.max() - ratios.min()).abs() <= 2e-2 * ratios.mean().abs():
            return Tap(self.blocks[0], "input")
        return Tap(self.embedding, "output")

    def _final_norm(self, seen):
        last, head = seen.get((self.layers - 1, "post")), seen.get("head")
        for key in seen:
            if isinstance(key, tuple) and key[0] == "norm in" and last is not None and same(seen[key], last):
                out = seen.get(("norm out", key[1]))
                if out is None or head is None or not same(out, head):
                    continue
                module = self.model.get_submodule(key[1])
                norm = FinalNorm.found(module, seen[key], out)
                if norm is not None:
                    return Tap(module, "normalised", norm=norm)
        raise Refusal(f"{FINAL_HOOK}: no norm between the last block and the head of {type(self.model).__name__} could be proved")

    def _heads(self, name, layer, seen, places):
        z, out = seen.get((layer, "z")), seen.get((layer, "projected"))
        attention = self.attention(layer)
        given = next(
            (seen.get((layer, "out", place)) for place, child in self.blocks[layer].named_children() if child is attention), None)
        projection = self.output_projection(layer)
        proved = z is not None and out is not None and given is not None and (
            same(out, given) or (places and places.attention.module is projection))
        if not proved:
            kind = type(attention).__name__ if attention is not None else type(self.blocks[layer]).__name__
            raise Refusal(f"{name}: the heads' outputs side by side could not be proved in {kind}")
        return Tap(projection, "input")

    @dataclass
    class Additions:
        attention: Tap
        middle: Tap | None
        feed_forward: Tap
        # Where in a pass that is watched they are seen: (attention, middle, feed_forward).
        places: tuple = ()

    def _additions(self, layer, seen):
        """What attention and the MLP add; None where it cannot be proved."""
        block, factor = self.blocks[layer], self.multiplier
        # Of several devices: what the block takes may have come from the one before.
        post = seen[layer, "post"]
        pre = seen[layer, "pre"].to(post.device)
        modules = [(place, module) for place, module in block.named_modules() if module is not block]
        # What stands directly in the block comes first; within, parts that add to the residual stream by themselves hide it.
        modules.sort(key=lambda each: each[0].count("."))

        def like(side):
            for place, module in modules:
                value = seen.get((layer, side, place))
                # Some families flatten sequences before the MLP.
                if value is not None and value.numel() == pre.numel() and value.shape[-1] == pre.shape[-1]:
                    yield place, module, value.reshape(pre.shape).to(pre.device)

        outs, ins = list(like("out")), list(like("in"))
        for place, child, out in outs:
            middle = pre + out * factor if factor != 1.0 else pre + out
            at = next(((where, later) for where, later, value in ins if later is not child and same(value, middle)), None)
            if at is None or same(middle, pre):
                continue
            for other_place, other, added in outs:
                whole = middle + added * factor if factor != 1.0 else middle + added
                if other is not child and same(whole, post):
                    return self.Additions(
                        Tap(child, "output", factor), Tap(at[1], "input", in_place=True), Tap(other, "output", factor),
                        (place, at[0], other_place))
        attention = self.attention(layer)
        for place, child, out in outs:
            if child is not attention:
                continue
            for other_place, other, added in outs:
                if other is not child and any(same(each, post) for each in sums(pre, out, added)):
                    return self.Additions(Tap(child, "output"), None, Tap(other, "output"), (place, None, other_place))
        return None

    def _prove_edits(self, torch, ids, watched, additions):
        """That what is put in place of a row arrives in every sum that it is part of; where it does not, the hook is for reading."""
        place, edited = PROBE_IDS // 2, {}

        def change(name, value):
            rows = value.reshape(PROBE_IDS, value.shape[-1]).clone()
            rows[place] = rows[place].roll(1) * 1.5
            edited[name] = rows.to(value.dtype)
            return rows.reshape(value.shape)

        try:
            seen, before = self._pass(torch, ids, watched, change)
        except Exception as error:  # noqa: BLE001 (whatever a model answers to an edit, it cannot be edited)
            for tap in self.taps.values():
                tap.read_only = f"an edit on a short text ended in {type(error).__name__}: {one_line(error)}"
            return

        def flat(value):
            return value.reshape(PROBE_IDS, value.shape[-1])

        def arrives(name, value, tap):
            wanted = edited.get(name)
            if wanted is None or value is None:
                return False
            if tap.factor != 1.0:
                return torch.allclose(flat(value).float() * tap.factor, wanted.float().to(value.device), rtol=2e-2, atol=1e-6)
            return same(flat(value), wanted)

        for name, tap in self.taps.items():
            layer, _ = order_of(name)
            suffix = name.split(".", 2)[-1]
            if name == FINAL_HOOK:
                proved = same(seen["head"], seen["norm out", self._place_of(tap.module)]) and not same(
                    before[name], edited[name].reshape(before[name].shape))
            elif name == "hook_embed":
                # What enters the first block before its own edit differs at that row, and only there.
                first = before.get(of_block(0, "hook_resid_pre"))
                proved = first is not None and arrives(name, edited.get(name), tap) and self._differs_at(torch, ids, first, place)
            elif suffix == "hook_resid_pre":
                proved = arrives(name, seen.get((layer, "pre")), tap)
            elif suffix == "hook_resid_post":
                after = before.get(of_block(layer + 1, "hook_resid_pre")) if layer + 1 < self.layers else next(
                    (value for key, value in seen.items() if (key == "head" or isinstance(key, tuple) and key[0] == "norm in") and
                     value.numel() == PROBE_IDS * self.width and arrives(name, value, tap)), None)
                proved = arrives(name, after, tap)
            elif suffix == "attn.hook_z":
                proved = arrives(name, seen.get((layer, "z")), tap)
            else:
                proved = self._arrived(torch, layer, suffix, seen, before, edited, additions.get(layer))
            if not proved:
                tap.read_only = f"{name}: what an edit puts there could not be proved to arrive in {type(tap.module).__name__}"

    def _place_of(self, module):
        return next(place for place, each in self.model.named_modules() if each is module)

    def _differs_at(self, torch, ids, edited_first, place):
        plain, _ = self._pass(torch, ids, [((0, "pre"), Tap(self.blocks[0], "input"))])
        rows = (plain[0, "pre"] != edited_first.to(plain[0, "pre"].device)).reshape(PROBE_IDS, -1).any(-1)
        return bool(rows[place]) and int(rows.sum()) == 1

    def _arrived(self, torch, layer, suffix, seen, before, edited, places):
        """Whether the sums of an edited pass are those of the edited parts."""
        if places is None:
            return False
        factor = self.multiplier
        post = before[of_block(layer, "hook_resid_post")]
        pre = seen[layer, "pre"].to(post.device)
        attention = seen[layer, "out", places.places[0]].reshape(pre.shape).to(post.device)
        added = seen[layer, "out", places.places[2]].reshape(pre.shape).to(post.device)
        if places.middle is None:
            # In place: what a block adds to what its MLP gave is then part of what was seen there.
            mine = edited[of_block(layer, "hook_mlp_out")].reshape(pre.shape).to(pre)
            return any(same(each, post) for each in sums(pre, attention, added) + sums(pre, attention, mine))
        middle = before[of_block(layer, "hook_resid_mid")].reshape(pre.shape).to(pre.device)
        if suffix == "hook_attn_out":
            return same(pre + attention * factor if factor != 1.0 else pre + attention, middle)
        after = edited[of_block(layer, "hook_resid_mid")].reshape(pre.shape).to(pre.device)
        return same(after + added * factor if factor != 1.0 else after + added, post)


def sums(first, second, third):
    return (
        third + second + first, second + third + first, first + second + third, first + third + second, first + (second + third))


def same(first, second):
    import torch

    if first.shape != second.shape:
        return False
    return torch.equal(first.to(second.device, second.dtype), second)


def printable(text):
    """On one line, without what a terminal would act on."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def one_line(error):
    return printable(" ".join(str(error).split()))[:2000]


# MARK: - Edits


@dataclass
class Edit:
    """A change of rows at a hook, in float32.

    - ablate: x − s·QᵀQ(x − c), for orthonormal rows Q; written so that a strength of 0 leaves x as it is.
    - steer: x + α·u.
    - replace: the rows in place of those at `positions`.
    """

    kind: str
    hook: str
    amount: float = 1.0
    centre: object = None
    basis: object = None
    direction: object = None
    rows: object = None
    positions: list | None = None
    sequences: set | None = None

    def on(self, device):
        """The same with its tensors there."""
        import torch

        moved = {}
        for name in ("centre", "basis", "direction", "rows"):
            value = getattr(self, name)
            if isinstance(value, torch.Tensor) and value.device != device:
                value = value.to(device)
            moved[name] = value
        return Edit(self.kind, self.hook, self.amount, positions=self.positions, sequences=self.sequences, **moved)

    def applied(self, rows, sources):
        """`rows` float32 `[n, width]`; `sources`: which row of its own goes where, for a replacement."""
        if self.kind == "steer":
            return rows + self.amount * self.direction
        if self.kind == "replace":
            return self.rows[sources]
        return rows - self.amount * (((rows - self.centre) @ self.basis.T) @ self.basis)

    def places(self, index, prompt, known):
        """Which positions of sequence `index` it is about: `{position: row of its own}`, or None for all.

        `prompt`: the sequence's length as it was given, from whose end negative positions count; `known`: how far positions may reach.
        """
        if self.sequences is not None and index not in self.sequences:
            return {}
        if self.positions is None:
            return None
        places = {}
        for row, position in enumerate(self.positions):
            at = position + prompt if position < 0 else position
            if not 0 <= at < known:
                raise Refusal(
                    f"an edit at {self.hook}: expected positions within sequence {index} of {prompt} tokens"
                    f"{'' if known == prompt else f' and {known - prompt} new ones'}, found {position}")
            if at in places and self.kind == "replace":
                raise Refusal(f"an edit at {self.hook}: position {at} of sequence {index} is named twice")
            places[at] = row
        return places


class Editing:
    """The edits of a request, laid over one batch after another."""

    def __init__(self, edits, prompts, known):
        """`prompts`: lengths of all sequences of the request; `known`: how far positions may reach, of each."""
        self.by_hook = {}
        for edit in edits:
            places = [edit.places(index, prompt, reach) for index, (prompt, reach) in enumerate(zip(prompts, known))]
            whole = edit.positions is None and edit.sequences is None
            self.by_hook.setdefault(edit.hook, []).append((edit, None if whole else places))
        self.spans, self.columns = [], 0
        self._selected = {}

    def lay(self, spans, columns):
        """The batch to come: of each of its rows `(sequence, first position, column of it, count)`, and how many columns it has."""
        self.spans, self.columns = spans, columns
        self._selected = {}

    def _selection(self, key, places, device):
        """Flat indices into `[batch · columns]` and the edit's own rows; None for everything."""
        import torch

        if (key, device) in self._selected:
            return self._selected[key, device]
        indices, sources = [], []
        for row, (sequence, first, column, count) in enumerate(self.spans):
            own = places[sequence]
            start = row * self.columns + column
            if own is None:
                indices.extend(range(start, start + count))
                sources.extend([0] * count)
            elif own:
                for position, source in own.items():
                    if first <= position < first + count:
                        indices.append(start + position - first)
                        sources.append(source)
        found = (torch.tensor(indices, device=device), torch.tensor(sources, device=device)) if indices else ()
        self._selected[key, device] = found
        return found

    def __call__(self, name, value):
        """The value after the edits at this hook; None where nothing of it changes."""
        edits = self.by_hook.get(name)
        if not edits:
            return None
        x = None
        for place, (edit, places) in enumerate(edits):
            edit = self._there(name, place, value.device)
            if places is None:
                x = value.float() if x is None else x
                x = edit.applied(x.reshape(-1, x.shape[-1]), None).reshape(x.shape)
                continue
            selection = self._selection((name, place), places, value.device)
            if not selection:
                continue
            x = value.float().clone() if x is None else x.clone()
            flat = x.view(-1, x.shape[-1]) if x.is_contiguous() else x.reshape(-1, x.shape[-1])
            changed = flat.index_copy(0, selection[0], edit.applied(flat[selection[0]], selection[1]).to(flat.dtype))
            x = changed.reshape(x.shape)
        return None if x is None else x.to(value.dtype)

    def _there(self, name, place, device):
        edit, places = self.by_hook[name][place]
        moved = edit.on(device)
        self.by_hook[name][place] = (moved, places)
        return moved


# MARK: - The model


def out_of_memory(error):
    import torch

    text = str(error).lower()
    return isinstance(error, torch.cuda.OutOfMemoryError) or isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and (
            "out of memory" in text or "can't allocate memory" in text or "cublas_status_alloc_failed" in text))


# How long the hub may take to answer anything at all: its own client would go on trying for minutes.
HUB_SECONDS = 8
HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.A)
GGUF_ADVICE = (
    "expected a checkpoint of transformers (config.json with safetensors): name the one that it was made of, or read it with "
    "exemplar's own engine (without --engine, or on that machine by --engine 'ssh BOX exemplar engine serve')")


def located(name, revision, *, kind, file, told=None):
    """Whether all that the libraries may look at is the hub's cache, because nobody answers; False for a folder and where the hub answers.

    `kind`: model or adapter; `file`: what its folder or repository begins with. Refuses at once what is not there, by name.
    """
    path, shown = Path(name), printable(name)[:300]
    expected = f"{kind} {shown}: expected a folder with {file}"
    if not name:
        raise Refusal(f"{kind}: expected a folder or a name on the hub, found an empty text")
    if path.is_file():
        with open(path, "rb") as opened:
            if opened.read(4) == b"GGUF" or path.suffix.lower() == ".gguf":
                raise Refusal(f"{kind} {shown} is a GGUF file; {GGUF_ADVICE}")
        raise Refusal(f"{expected}, found a file")
    if path.is_dir():
        if not (path / file).is_file():
            quantised = sorted(each.name for each in path.iterdir() if each.suffix.lower() == ".gguf")
            if quantised:
                raise Refusal(f"{kind} {shown} holds GGUF files ({printable(quantised[0])}) and no {file}; {GGUF_ADVICE}")
            raise Refusal(f"{expected}, found a folder without it")
        if revision is not None:
            raise Refusal(f"{kind} {shown} is a folder, of which there is no revision {printable(revision)[:80]}")
        return False
    if name.lower().endswith(".gguf") or ".gguf" in name.lower().split("/", 2)[-1]:
        raise Refusal(f"{kind} {shown}: no such file is here, and GGUF is not read by this worker; {GGUF_ADVICE}")
    if not HUB_NAME.fullmatch(name):
        raise Refusal(f"{expected}, or a name on the hub (OWNER/NAME); no folder of that name is on this machine")
    import huggingface_hub
    from huggingface_hub import constants

    cache = constants.HF_HUB_CACHE
    if os.environ.get("TRANSFORMERS_CACHE"):
        from transformers.utils import hub

        # Until transformers 5.
        cache = getattr(hub, "TRANSFORMERS_CACHE", cache)
    cached = isinstance(huggingface_hub.try_to_load_from_cache(name, file, cache_dir=cache, revision=revision), str)
    if constants.HF_HUB_OFFLINE:
        why = "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set, so that nothing is fetched"
    else:
        why = unreachable(constants.ENDPOINT, told)
    if why is not None and not cached:
        at = "" if revision is None else f" at revision {printable(revision)}"
        raise Refusal(
            f"{kind} {shown} is not to be had: no folder of that name is here, {file} of it{at} is not in the cache ({cache}), and {why}")
    if why is not None:
        say(f"{shown}: from the cache ({cache}); {why}")
    return why is not None


def unreachable(endpoint, told=None):
    """Why the hub does not answer, asked once; None where it does, whatever it says."""
    from huggingface_hub.utils import get_session

    found = []

    def ask():
        try:
            get_session().head(endpoint, timeout=HUB_SECONDS)
            found.append(None)
        except Exception as error:  # noqa: BLE001 (whatever it is, its client would not come through either)
            found.append(f"{endpoint} cannot be reached ({type(error).__name__}: {one_line(error)[:200]})")

    # Of a thread of its own: looking up a name takes as long as the system likes.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    end = time.monotonic() + HUB_SECONDS + 2
    while asking.is_alive() and time.monotonic() < end:
        if told:
            told(f"asking {endpoint}")
        asking.join(0.1)
    return found[0] if found else f"{endpoint} did not answer within {HUB_SECONDS} seconds"


@contextlib.contextmanager
def from_the_cache(alone):
    """Nothing is asked of the hub, where `alone`."""
    from huggingface_hub import constants
    from transformers.utils import hub

    kept = [
        (place, name, getattr(place, name)) for place, name in ((constants, "HF_HUB_OFFLINE"), (hub, "_is_offline_mode"))
        if alone and hasattr(place, name)]
    try:
        for place, name, _ in kept:
            setattr(place, name, True)
        yield
    finally:
        for place, name, value in kept:
            setattr(place, name, value)


# Tensors without which quantised weights are other weights; and such as are of activations or of keys and values.
SCALE = re.compile(r"[._](scales?|scale_inv|zero_points?|qzeros|qweight|absmax|quant_map|weight_packed|g_idx)$|\.quant_state\.")
SCALE_BESIDE = re.compile(r"(input|output|activation|act|[kvq])_(scales?|scale_inv|zero_points?)$")


def quantisation_of(config):
    """By what a checkpoint says that it is quantised; None where it says nothing."""
    said = getattr(config, "quantization_config", None)
    if said is None:
        return None
    said = said if isinstance(said, dict) else said.to_dict()
    method = said.get("quant_method")
    if method is None:
        return "bitsandbytes_8bit" if said.get("load_in_8bit") else "bitsandbytes_4bit" if said.get("load_in_4bit") else "an unnamed method"
    method = str(getattr(method, "value", method))
    return {True: "bitsandbytes_8bit", False: "bitsandbytes_4bit"}[bool(said.get("load_in_8bit"))] if method == "bitsandbytes" else method


@contextlib.contextmanager
def refused_as(what):
    """What a library refuses in its own words, in one line that names what it was about."""
    try:
        yield
    except (OSError, ValueError, ImportError, KeyError, TypeError, AttributeError, AssertionError, RuntimeError) as error:
        text = one_line(error)
        # A network that fails may come back, and memory may be free again.
        if "connect" in text.lower() or out_of_memory(error):
            raise
        raise Refusal(f"{what}: {text or type(error).__name__}") from error


def adapted(model, adapter, name, device):
    """The model with the adapter in its weights; beside them where those are quantised, and rounded anew would be others."""
    import torch

    shown = f"adapter {printable(adapter)}"
    try:
        import peft
    except ImportError as error:
        raise Refusal(f"{shown}: expected the package peft beside transformers, which puts it in ({one_line(error)})") from None
    if "disk" in {str(each) for each in (getattr(model, "hf_device_map", None) or {}).values()}:
        raise Refusal(f"{shown}: {printable(name)} has layers on disk, into which none is merged; give them another place, or merge it before")
    with refused_as(shown):
        config = peft.PeftConfig.from_pretrained(adapter)
        if config.is_prompt_learning:
            raise Refusal(f"{shown}: expected changes of weights, found {getattr(config.peft_type, 'value', config.peft_type)}")
    try:
        wrapped = peft.PeftModel.from_pretrained(model, adapter)
    except (RuntimeError, ValueError) as error:
        if out_of_memory(error):
            raise
        text = one_line(error)
        found = re.search(
            r"size mismatch for (\S+): copying a param with shape torch\.Size\((\[[\d, ]*\])\) from checkpoint, the shape in current model is "
            r"torch\.Size\((\[[\d, ]*\])\)", text)
        if found:
            count = text.count("size mismatch for")
            raise Refusal(
                f"{shown} does not fit {printable(name)}: {found.group(1).replace('.default.', '.')} has shape {found.group(2)}, where the "
                f"model asks for {found.group(3)}{f' (and {count - 1} more)' if count > 1 else ''}") from None
        if "not found in the base model" in text:
            wanted = config.target_modules
            wanted = wanted if isinstance(wanted, str) else ", ".join(sorted(wanted or ()))
            raise Refusal(f"{shown} does not fit {printable(name)}, which has no modules named {printable(wanted)}") from None
        raise Refusal(f"{shown}: {text}") from None
    # What fits nowhere, and what is asked for and not there, is passed over by peft with a warning at most.
    theirs = set(peft.utils.save_and_load.load_peft_weights(adapter, device="cpu"))
    own = set(peft.get_peft_model_state_dict(wrapped, save_embedding_layers=False))
    for what, left in (
            ("its tensor {} fits nothing in the model", sorted(theirs - own - set(wrapped.state_dict()))),
            ("a tensor {} that its settings ask for is not in it", sorted(own - theirs))):
        if left:
            more = f" (and {len(left) - 1} more)" if len(left) > 1 else ""
            raise Refusal(f"{shown} does not fit {printable(name)}: {what.format(printable(left[0]))}{more}")
    if getattr(model, "quantization_method", None) is not None:
        return wrapped.get_base_model().eval()
    wrapped.eval()

    def logits(model):
        with torch.no_grad():
            vocabulary = model.get_input_embeddings().weight.shape[0]
            return model(input_ids=torch.arange(1, PROBE_IDS + 1, device=device(model)).remainder(vocabulary)[None], use_cache=False).logits.float()

    before = logits(wrapped.get_base_model())
    with refused_as(f"{shown}: could not be merged"):
        merged = wrapped.merge_and_unload()
    after = logits(merged)
    if not float((after - before).norm()) <= (1e-3 if model.dtype == torch.float32 else 6e-2) * float(before.norm()):
        raise Refusal(f"{shown}: merged into the weights of {printable(name)} it gives other logits than beside them")
    return merged


@dataclass
class Wanted:
    """What is read of each sequence."""

    hooks: list
    dtype: object = None
    last_only: bool = False
    logits: str = "none"
    scores: bool = False


@dataclass
class Rows:
    """What was read of some sequences, in their order: tensors on the CPU, `[sum of rows, width]` each."""

    sequences: list
    lengths: list
    tensors: dict

    def counts(self, name):
        if name == "logits":
            return self.logit_counts
        if name == "scores":
            return [length - 1 for length in self.lengths]
        return self.row_counts

    row_counts: list = field(default_factory=list)
    logit_counts: list = field(default_factory=list)

    def split(self):
        """One for each sequence."""
        at = {name: 0 for name in self.tensors}
        for place, sequence in enumerate(self.sequences):
            part = {}
            for name, tensor in self.tensors.items():
                count = self.counts(name)[place]
                part[name] = tensor[at[name]: at[name] + count]
                at[name] += count
            yield Rows([sequence], [self.lengths[place]], part, self.row_counts[place: place + 1], self.logit_counts[place: place + 1])


class Engine:
    """A model with its tokenizer, on its device."""

    def __init__(
        self, model, tokenizer, name, *, revision=None, adapter=None, rotary_precision=None, batch_tokens=8192, why=None, told=None,
        quantised=None
    ):
        import torch
        import transformers

        self.name, self.adapter, self.revision = name, adapter, revision
        self.tokenizer, self.no_tokenizer = tokenizer, why
        self.rotary_precision = rotary_precision
        # How the checkpoint is quantised, whatever transformers makes of it.
        self.quantised = quantised
        self.generation_settings = getattr(model, "generation_config", None)
        self.stops = self._stops(model)
        # A greedy answer is that of the model alone: no penalty or sampling of a file beside it.
        model.generation_config = transformers.GenerationConfig()
        self.model = model.eval().requires_grad_(False)
        self.attention = self._keep_soft_cap()
        if rotary_precision not in (None, "float32"):
            self._round_rotary(torch, rotary_precision)
        self.structure = Structure(self.model)
        self.device = self.structure.device
        self.dtype = self.model.dtype
        self.budget = batch_tokens
        self.say = say
        self.watch = lambda: None
        self.facts = self._facts(torch, transformers, told)
        self.closing = []
        self._sessions = {}

    @classmethod
    def load(
        cls, name, *, revision=None, dtype="float32", device=None, device_map=None, max_memory=None, adapter=None, rotary_precision=None,
        batch_tokens=8192, needs_tokenizer=True, told=None
    ):
        # Before the libraries, which take seconds to come in.
        name = os.path.expanduser(name)
        with refused_as(f"model {printable(name)[:300]}"):
            alone = located(name, revision, kind="model", file="config.json", told=told)
        if adapter is not None:
            adapter = os.path.expanduser(adapter)
            with refused_as(f"adapter {printable(adapter)[:300]}"):
                adapter_alone = located(adapter, None, kind="adapter", file="adapter_config.json", told=told)
        if told:
            told(f"loading {name}")
        import torch
        import transformers

        for place in [device, *(device_map.values() if isinstance(device_map, dict) else [device_map])]:
            if isinstance(place, str) and place.split(":")[0] == "meta":
                raise Refusal("device meta: expected one that holds weights")
        settings = {"revision": revision, "trust_remote_code": False, "output_loading_info": True, "ignore_mismatched_sizes": True}
        version = tuple(int(part) for part in re.findall(r"\d+", transformers.__version__)[:2])
        kind = None if dtype == "auto" else getattr(torch, dtype)
        settings["dtype" if version >= (4, 56) else "torch_dtype"] = "auto" if kind is None else kind
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        shown, scratch = printable(name), None
        with from_the_cache(alone), refused_as(f"model {shown}"):
            config = transformers.AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        quantised = quantisation_of(config) or quantisation_of(text)
        if quantised:
            shown += f" (quantised by {printable(quantised)})"
            known = getattr(transformers.quantizers.auto, "AUTO_QUANTIZATION_CONFIG_MAPPING", {})
            if quantised not in known:
                # It would be read as if it were not.
                raise Refusal(f"model {shown}: transformers {transformers.__version__} knows {', '.join(sorted(known))}")
        if device_map:
            settings["device_map"] = device_map
            if max_memory:
                settings["max_memory"] = max_memory
            # What does not fit is kept here until the engine closes.
            scratch = tempfile.mkdtemp(prefix="exemplar-engine-")
            AT_END.append(scratch)
            settings["offload_folder"] = scratch
        elif quantised:
            # Quantised weights are made where they are used; not all of them can be moved.
            settings["device_map"] = {"": device}
        try:
            tokenizer, why = None, None
            try:
                # Without a file some versions invent an empty one.
                if Path(name).is_dir() and not any((Path(name) / file).exists() for file in TOKENIZER_FILES):
                    raise Refusal(f"{name}: expected a tokenizer, found none of {', '.join(TOKENIZER_FILES)}")
                with from_the_cache(alone):
                    tokenizer = transformers.AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
            except Exception as error:  # noqa: BLE001 (a model without a tokenizer can still be read by ids)
                if needs_tokenizer:
                    raise
                why = one_line(error)
            with loading_bars(told), from_the_cache(alone), refused_as(f"model {shown}"):
                model, loaded = transformers.AutoModelForCausalLM.from_pretrained(name, **settings)
            cls._check_weights(shown, loaded)
            if isinstance(device_map, dict):
                cls._check_map(model, device_map)
            if not device_map and not quantised:
                with refused_as(f"device {printable(str(device))}"):
                    model = model.to(device)
            if adapter is not None:
                with from_the_cache(adapter_alone):
                    model = adapted(model, adapter, name, lambda model: where_ids_go(model, model.get_input_embeddings()))
            if told:
                told("finding the hooks")
            engine = cls(
                model, tokenizer, name, revision=revision, adapter=adapter, rotary_precision=rotary_precision,
                batch_tokens=batch_tokens, why=why, told=told, quantised=quantised)
        except BaseException:
            if scratch:
                discard(scratch)
            raise
        if scratch:
            engine.closing.append(scratch)
        return engine

    @staticmethod
    def _check_map(model, device_map):
        """That every name of it is a part of the model, and every weight has a place."""
        parts = {name for name, _ in model.named_modules()} | {name for name, _ in model.named_parameters()} | {
            name for name, _ in model.named_buffers()}
        for name in device_map:
            if name not in parts:
                raise Refusal(f"device map: {type(model).__name__} has no part {printable(name)[:80]}")
        for name, _ in model.named_parameters():
            if not any(part == "" or name == part or name.startswith(part + ".") for part in device_map):
                raise Refusal(f"device map: expected a place for every weight of {type(model).__name__}, found none for {name}")

    @staticmethod
    def _check_weights(shown, loaded):
        """Weights that are not in a checkpoint are made up by transformers, with a warning: that would be another model."""
        missing = sorted(loaded.get("missing_keys") or ())
        mismatched = sorted(
            f"{each[0]}: {list(each[1])}, where its settings ask for {list(each[2])}" if isinstance(each, (tuple, list)) else str(each)
            for each in loaded.get("mismatched_keys") or ())
        for what, names in (("holds weights of another shape for", mismatched), ("holds no weights for", missing)):
            if names:
                more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
                raise Refusal(f"model {shown}: its checkpoint {what} {printable(names[0])}{more}")
        unused = sorted(loaded.get("unexpected_keys") or ())
        scales = [name for name in unused if SCALE.search(name) and not SCALE_BESIDE.search(name)]
        if scales:
            raise Refusal(f"model {shown}: its weights are quantised in a way that is not read here: nothing uses {printable(scales[0])}")
        if unused:
            say(f"{shown}: no part of the model uses {printable(unused[0])} of its checkpoint" + (
                f", and {len(unused) - 1} more" if len(unused) > 1 else ""))

    def close(self):
        self._sessions.clear()
        self.model = self.structure = None
        for folder in self.closing:
            discard(folder)
        import gc

        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _keep_soft_cap(self):
        """What computes attention. That of torch (`sdpa`), which transformers takes unasked, leaves a soft cap of attention out: the model
        that its configuration describes is then another, so that the one that keeps it is taken."""
        config = self.model.config
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        if getattr(text, "attn_logit_softcapping", None) and getattr(text, "_attn_implementation", None) not in ("eager", None):
            self.model.set_attn_implementation("eager")
            return "eager attention, for its soft cap"
        return None

    def _round_rotary(self, torch, precision):
        kind = {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(precision)
        buffers = [
            (module, name) for module in self.model.modules() for name, _ in module.named_buffers(recurse=False)
            if name.endswith("inv_freq")]
        if kind is None or not buffers:
            raise Refusal(
                f"rotaryPrecision {printable(precision)}: expected float32, bfloat16 or float16, of a model with rotary frequencies")
        for module, name in buffers:
            buffer = getattr(module, name)
            setattr(module, name, buffer.to(kind).to(buffer.dtype))
            if isinstance(getattr(module, "original_inv_freq", None), torch.Tensor):
                module.original_inv_freq = getattr(module, name)

    def _stops(self, model):
        stops = set()
        for value in (
            getattr(model.generation_config, "eos_token_id", None), getattr(model.config, "eos_token_id", None),
            getattr(self.tokenizer, "eos_token_id", None),
        ):
            stops.update(value if isinstance(value, (list, tuple)) else [] if value is None else [value])
        return sorted(stop for stop in stops if isinstance(stop, int) and stop >= 0)

    def _facts(self, torch, transformers, told):
        where = str(self.device)
        if self.device.type == "cuda":
            where = f"{where} {torch.cuda.get_device_name(self.device)}"
        placed = getattr(self.model, "hf_device_map", None)
        places = sorted({str(each) for each in (placed or {}).values()})
        if len(places) > 1 or "disk" in places:
            where = "+".join(places) + f", from {where}"
        dtype = str(self.dtype).removeprefix("torch.")
        quantised = getattr(self.model, "quantization_method", None)
        if quantised:
            dtype = f"{dtype}, {getattr(quantised, 'value', quantised)}"
        elif self.quantised:
            dtype = f"{dtype}, dequantised from {printable(self.quantised)}"
        facts = {
            "engine": ", ".join(filter(None, (
                f"transformers {transformers.__version__}", f"torch {torch.__version__}", where, dtype, self.attention))),
            "model": Path(self.name).resolve().name if Path(self.name).is_dir() else self.name,
            "architecture": self.model.config.model_type,
        }
        commit = getattr(self.model.config, "_commit_hash", None) or self.revision
        if commit:
            facts["revision"] = commit
        if Path(self.name).is_dir():
            digest = hash_of_weights(Path(self.name), "*.safetensors", told)
            if digest:
                facts["modelHash"] = digest
        if self.adapter:
            facts["adapter"] = Path(self.adapter).name
            digest = hash_of_weights(Path(self.adapter), "adapter_model.safetensors")
            if digest:
                facts["adapterHash"] = digest
        if self.rotary_precision:
            facts["rotaryPrecision"] = self.rotary_precision
        return facts

    @property
    def context(self):
        """Positions that the model takes; where it says none (biases by distance), those that its tokenizer allows, or 2^20."""
        said = getattr(self.structure.config, "max_position_embeddings", None) or getattr(self.structure.config, "max_seq_len", None)
        if isinstance(said, int) and said > 0:
            return said
        allowed = getattr(self.tokenizer, "model_max_length", None)
        return int(allowed) if isinstance(allowed, int) and 0 < allowed <= 1 << 20 else 1 << 20

    @property
    def rows_of_embedding(self):
        return self.structure.embedding.weight.shape[0]

    def starts(self):
        """Hooks from which rows can be resumed, proved once: what is put in there has to give what the whole text gives."""
        if "_starts" not in self.__dict__:
            try:
                self._starts = self._prove_starts()
            except (RuntimeError, TypeError, ValueError, IndexError, AttributeError) as error:
                if out_of_memory(error):
                    raise
                self._starts = []
        return self._starts

    def _prove_starts(self):
        import torch

        structure = self.structure
        ids = structure._probe_ids(torch)[0].tolist()
        streams = [
            name for name in structure.names() if name in structure.taps and name.endswith(("hook_resid_pre", "hook_resid_post"))]
        last = of_block(structure.layers - 1, "hook_resid_post")
        if len(streams) != 2 * structure.layers:
            return []

        def read(hooks, sequence, **more):
            return next(iter(self.read([sequence], Wanted(hooks, self.dtype, logits="last"), **more))).tensors

        middle = of_block((structure.layers - 1) // 2, "hook_resid_post")
        whole = read(list({middle, last}), ids)
        for name, start in ((middle, (structure.layers - 1) // 2 + 1), (last, structure.layers)):
            again = read([last], range(len(ids)), start=start, rows=[whole[name].float()])
            if not all(torch.equal(again[key], whole[key]) for key in (last, "logits")):
                return []
        return streams

    def gradients(self):
        """Refuses where gradients are none, or others than what edits do; proved once where weights come and go, or are quantised."""
        if "_gradients" not in self.__dict__:
            self._gradients = None
            if self.offloads() or getattr(self.model, "quantization_method", None):
                try:
                    self._gradients = self._prove_gradients()
                except Exception as error:  # noqa: BLE001 (whatever it is, there are none)
                    if isinstance(error, Cancelled) or out_of_memory(error):
                        raise
                    self._gradients = f"an attempt ended in {type(error).__name__}: {one_line(error)[:300]}"
        if self._gradients is not None:
            kind = "quantised" if getattr(self.model, "quantization_method", None) else "brought to the device only while they are used"
            raise Refusal(f"gradient: weights that are {kind} give none here: {self._gradients}")

    def _prove_gradients(self):
        """Why gradients do not hold: a step along one, up and down, has to change a logit by what it says. None where they do."""
        import torch

        structure = self.structure
        ids = structure._probe_ids(torch)[0].tolist()
        exact = self.dtype == torch.float32
        for layer in sorted({0, structure.layers // 2}):
            hook = of_block(layer, "hook_resid_post")
            tap = structure.taps.get(hook)
            if tap is None or tap.read_only:
                return f"{hook} cannot be edited, by which they would be proved"
            token = int(torch.arange(structure.vocabulary)[structure.vocabulary // 3])
            _, found, rows = self.gradient(ids, hook, {"kind": "logit", "token": token})
            if not float(found.norm()) > 0:
                return f"that of a logit at {hook} is zero"
            step = found / found.norm() * rows.norm() * (1e-3 if exact else 3e-2)
            values = []
            for sign in (1, -1):
                edit = Edit("replace", hook, rows=rows + sign * step, positions=list(range(len(ids))))
                editing = Editing([edit], [len(ids)], [len(ids)])
                part = next(iter(self.read([ids], Wanted([], logits="last"), editing=editing)))
                values.append(float(part.tensors["logits"][0, token]))
            measured, said = (values[0] - values[1]) / 2, float((found * step).sum())
            if not abs(measured - said) <= (0.1 if exact else 0.4) * abs(said):
                return f"a step at {hook} changes a logit by {measured:.3g}, where its gradient says {said:.3g}"
        return None

    def offloads(self):
        """Whether some weights are brought to the device only while they are used."""
        return any(getattr(hook, "offload", False) for module in self.model.modules() for hook in hooks_of_accelerate(module))

    def check(self, sequences, more=0):
        """Ids that the embedding has, and no more of them than the model takes."""
        highest = self.rows_of_embedding
        for index, sequence in enumerate(sequences):
            if not len(sequence):
                raise Refusal(f"sequence {index}: expected tokens, found none")
            if len(sequence) + more > self.context:
                raise Refusal(f"sequence {index}: expected at most {self.context - more} tokens, found {len(sequence)}")
            low, high = min(sequence), max(sequence)
            if low < 0 or high >= highest:
                raise Refusal(f"sequence {index}: expected ids from 0 to {highest - 1}, found {low if low < 0 else high}")

    # MARK: Texts

    def template(self):
        text = getattr(self.tokenizer, "chat_template", None)
        return text.get("default") if isinstance(text, dict) else text

    def render(self, messages):
        """The prompt as the model's own template writes it; the text itself where it has none."""
        if self.template() is None:
            if len(messages) != 1:
                raise Refusal(f"{self.name} has no chat template, and a prompt has {len(messages)} messages")
            return messages[0]["content"], True
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True), False

    def tokenize(self, text, add_special):
        """Ids, and the byte of the text where each token ends; None for the latter with tokenizers that do not say."""
        if not self.tokenizer.is_fast:
            return self.tokenizer(text, add_special_tokens=add_special)["input_ids"], None
        encoded = self.tokenizer(text, add_special_tokens=add_special, return_offsets_mapping=True)
        if len(encoded["input_ids"]) == 0:
            return [], []
        at = byte_offsets(text)
        ends, furthest = [], 0
        for _, end in encoded["offset_mapping"]:
            furthest = max(furthest, at[end])
            ends.append(furthest)
        return encoded["input_ids"], ends

    # MARK: A forward pass

    @contextlib.contextmanager
    def _attached(self, hooks, editing, read, *, stop_at=None, head=None):
        """Edits and reads at hooks, stops above `stop_at`, and gives `head` what the head takes; a cancelled pass ends at the next block."""
        structure = self.structure
        names = set(hooks) | set(editing.by_hook if editing else ())
        taps = [(name, structure.taps[name]) for name in sorted(names, key=order_of)]

        def visit(name, value):
            new = editing(name, value) if editing else None
            if name in hooks:
                read(name, value if new is None else new)
            return new

        handles = [
            block.register_forward_pre_hook(lambda module, arguments: self.watch()) for block in structure.blocks]
        try:
            with tapped(taps, visit):
                if stop_at is not None:
                    layer, stage = stop_at

                    def stop(*_):
                        raise Stop

                    # Between blocks alone: nothing that accelerate has brought to a device is left there.
                    block = structure.blocks[max(0, layer)]
                    handles.append(
                        block.register_forward_pre_hook(stop) if stage == 0 else block.register_forward_hook(stop))
                if head is not None:
                    handles.append(structure.head.register_forward_pre_hook(
                        lambda module, arguments, named: head(arguments, named), with_kwargs=True))
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _forward(self, ids, **more):
        try:
            return self.model(input_ids=ids, **more)
        except Stop:
            return None

    @contextlib.contextmanager
    def _starting(self, start, rows):
        """Blocks below are not run: they hand on what they take, and the last of them gives `rows` `[batch, columns, width]`.

        `start` is the number of blocks that are skipped. Nothing is computed in them, and what accelerate keeps elsewhere is not brought.
        """
        structure = self.structure
        if start == 0:
            if rows is None:
                yield
                return

            def instead(module, arguments, named):
                value = taken(arguments, named)
                new = rows.to(value.device, value.dtype)
                return (arguments, {**named, "hidden_states": new}) if "hidden_states" in named else (
                    with_tensor(tuple(arguments), new), named)

            # Before any other: what is read and edited there is what is put in.
            handle = structure.blocks[0].register_forward_pre_hook(instead, with_kwargs=True, prepend=True)
            try:
                yield
            finally:
                handle.remove()
            return

        last = structure.blocks[start - 1]

        def hand_on(module, value):
            if module is last and rows is not None:
                value = rows.to(value.device, value.dtype)
            count = structure.gives[structure.blocks.index(module)]
            return value if count == 0 else (value,) + (None,) * (count - 1)

        with overridden(structure.blocks[:start], hand_on):
            yield

    def unembed(self, hidden, *, cap=True):
        """Logits of rows that the head takes, `[n, width]`, with what the family does to logits; float32 `[n, vocabulary]`."""
        import torch

        def instead(module, arguments, named):
            return with_tensor(tuple(arguments), hidden[None]), named

        handle = self.structure.head.register_forward_pre_hook(instead, with_kwargs=True, prepend=True)
        try:
            with self._starting(self.structure.layers, None), self._cap(cap):
                ids = torch.zeros((1, 1), dtype=torch.long, device=self.device)
                return self.model(input_ids=ids, use_cache=False).logits[0].float()
        finally:
            handle.remove()

    @contextlib.contextmanager
    def _cap(self, on):
        """Without a family's soft cap of logits, where it is not wanted."""
        kept = []
        if not on:
            for config in {id(each): each for each in (self.model.config, self.structure.config)}.values():
                for name in ("final_logit_softcapping", "logits_soft_cap"):
                    if getattr(config, name, None) is not None:
                        kept.append((config, name, getattr(config, name)))
                        setattr(config, name, None)
        try:
            yield
        finally:
            for config, name, value in kept:
                setattr(config, name, value)

    # MARK: Batches

    def batches(self, lengths, budget=None):
        """Indices of the sequences, the longest first, together at most `budget` tokens with their padding."""
        budget = budget or self.budget
        batch, longest = [], 0
        for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
            if batch and max(longest, lengths[index]) * (len(batch) + 1) > budget:
                yield batch
                batch, longest = [], 0
            batch.append(index)
            longest = max(longest, lengths[index])
        if batch:
            yield batch

    def _halved(self, batch, tokens, error):
        """Two batches in place of one that was too much; from here on, none is as large."""
        import torch

        if len(batch) == 1:
            raise OutOfMemory(
                f"one sequence of {tokens} tokens alone is too much for the memory of {self.device}") from error
        self.budget = max(1, min(self.budget, tokens // 2))
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.say(f"the device's memory ran out with {len(batch)} sequences: {self.budget} tokens at once from here")
        half = (len(batch) + 1) // 2
        return [batch[:half], batch[half:]]

    # MARK: Reading

    def read(self, sequences, wanted, *, editing=None, start=0, rows=None):
        """Yields `Rows` of some sequences after another, each sequence once, as batches are done.

        `sequences`: lists of ids, or with `rows` (a tensor of each sequence, at the block `start`) anything of their lengths.
        """
        budget = self.budget
        if wanted.logits == "all":
            # Logits of every token may be larger than the model.
            budget = max(1, min(budget, (1 << 28) // self.structure.vocabulary))
        for _, found in self.read_units([sequences], wanted, editing=editing, start=start, rows=rows, budget=budget):
            yield found

    def read_units(self, units, wanted, *, editing=None, start=0, rows=None, budget=None):
        """Yields `(number of the unit, Rows)` of one list of sequences after another.

        What is read of one batch travels to the CPU while the next is computed, and the next unit is only asked for (rendered, tokenized)
        while the device works on the one before.
        """
        import torch

        budget = budget or self.budget
        pending = None
        for number, sequences in enumerate(units):
            lengths = [len(sequence) for sequence in sequences]
            todo = list(self.batches(lengths, min(budget, self.budget)))
            while todo:
                batch = todo.pop(0)
                tokens = max(lengths[index] for index in batch) * len(batch)
                if tokens > self.budget and len(batch) > 1:
                    parts = list(self.batches([lengths[index] for index in batch]))
                    todo[:0] = [[batch[index] for index in part] for part in parts]
                    continue
                failure = launched = None
                try:
                    with torch.no_grad():
                        launched = self._read_batch(sequences, batch, wanted, editing, start, rows)
                except Exception as error:
                    if not out_of_memory(error):
                        raise
                    failure = error.with_traceback(None)
                if pending is not None:
                    (before, ready), pending = pending, None
                    yield before, ready()
                if failure is not None:
                    # The failed pass lets go of what it held only now that its exception is behind us.
                    todo[:0] = self._halved(batch, tokens, failure)
                    continue
                pending = (number, launched)
        if pending is not None:
            before, ready = pending
            yield before, ready()

    def _read_batch(self, sequences, batch, wanted, editing, start, rows):
        """Launches one batch; what it gives waits for the device and gives its `Rows`."""
        import torch

        lengths = [len(sequences[index]) for index in batch]
        columns = max(lengths)
        padded = any(length != columns for length in lengths)
        # What comes after a token changes nothing of it (which was proved), so padding stands at the end, and no mask is needed.
        if rows is None:
            ids = torch.zeros((len(batch), columns), dtype=torch.long)
            for row, index in enumerate(batch):
                ids[row, : lengths[row]] = torch.as_tensor(sequences[index])
            ids = (ids.pin_memory() if self.device.type == "cuda" else ids).to(self.device, non_blocking=True)
            given = None
        else:
            ids = torch.zeros((len(batch), columns), dtype=torch.long, device=self.device)
            given = torch.zeros((len(batch), columns, self.structure.width))
            for row, index in enumerate(batch):
                given[row, : lengths[row]] = rows[index]
            given = given.to(self.device)
        if editing:
            editing.lay([(index, 0, 0, length) for index, length in zip(batch, lengths)], columns)
        places = {}

        def indices(which, device):
            """Flat indices of all, the last, or all but the last rows of each sequence; None for everything."""
            if which == "all" and not padded:
                return None
            if (which, device) not in places:
                if which == "last":
                    flat = [row * columns + length - 1 for row, length in enumerate(lengths)]
                else:
                    flat = [row * columns + at for row, length in enumerate(lengths) for at in range(length - (which == "but last"))]
                chosen = torch.tensor(flat, dtype=torch.long)
                chosen = chosen.pin_memory() if torch.device(device).type == "cuda" else chosen
                places[which, device] = chosen.to(device, non_blocking=True)
            return places[which, device]

        def gathered(value, which, dtype):
            flat = value.reshape(-1, value.shape[-1])
            chosen = indices(which, value.device)
            # Always a copy: blocks may go on to add in place.
            return flat.to(dtype, copy=True) if chosen is None else flat.index_select(0, chosen).to(dtype)

        kept = {}
        dtype = wanted.dtype or torch.float32

        def read(name, value):
            kept[name] = gathered(value, "last" if wanted.last_only else "all", dtype)

        needs_head = wanted.logits != "none" or wanted.scores
        hidden = {}

        def head(arguments, named):
            value = tensor_of(arguments)
            if wanted.logits != "none":
                hidden["logits"] = gathered(value, wanted.logits, value.dtype)
            if wanted.scores:
                hidden["scores"] = gathered(value, "but last", value.dtype)
            raise Stop

        highest = max((order_of(name) for name in wanted.hooks), default=(-1, 0))
        beyond = highest[0] >= self.structure.layers
        # An edit above what is read changes nothing of it.
        stop_at = None if needs_head or beyond else (highest if highest[0] >= 0 else (0, 0))
        needs_head = needs_head or beyond
        with self._starting(start, given), self._attached(
                set(wanted.hooks), editing, read, stop_at=stop_at, head=head if needs_head else None):
            self._forward(ids, use_cache=False)
        if "logits" in hidden:
            kept["logits"] = self._in_chunks(hidden["logits"], lambda logits, _: logits)
        if "scores" in hidden:
            targets = torch.cat([torch.as_tensor(sequences[index][1:], dtype=torch.long) for index in batch]).to(
                hidden["scores"].device)
            kept["scores"] = self._in_chunks(
                hidden["scores"],
                lambda logits, at: logits.log_softmax(-1).gather(
                    -1, targets[at: at + len(logits)].to(logits.device)[:, None])[:, 0])
        counts = [1] * len(batch) if wanted.last_only else lengths
        logit_counts = [1] * len(batch) if wanted.logits == "last" else lengths
        return self._travelling(Rows(list(batch), lengths, kept, counts, logit_counts))

    def _in_chunks(self, hidden, work):
        """What `work(logits, first row)` makes of the rows' logits, a chunk at a time: all at once may be larger than the model."""
        import torch

        step = max(1, (1 << 26) // self.structure.vocabulary)
        done = []
        for at in range(0, len(hidden), step):
            self.watch()
            done.append(work(self.unembed(hidden[at: at + step]), at))
        return torch.cat(done) if done else torch.zeros((0,))

    def _travelling(self, rows):
        """Starts to copy what was read to the CPU; the function given waits for it."""
        import torch

        on_device = rows.tensors
        finite = {name: torch.isfinite(tensor).all() for name, tensor in on_device.items()}
        if self.device.type == "cuda" and all(tensor.device.type == "cuda" for tensor in on_device.values()):
            events, arrived = [], {}
            flags = {}
            for device in {tensor.device for tensor in on_device.values()}:
                stream = self._copying(device)
                stream.wait_stream(torch.cuda.current_stream(device))
                with torch.cuda.stream(stream):
                    for name, tensor in on_device.items():
                        if tensor.device != device:
                            continue
                        host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
                        host.copy_(tensor, non_blocking=True)
                        tensor.record_stream(stream)
                        flag = torch.empty((), dtype=torch.bool, pin_memory=True)
                        flag.copy_(finite[name], non_blocking=True)
                        finite[name].record_stream(stream)
                        arrived[name], flags[name] = host, flag
                    events.append(stream.record_event())

            def ready():
                for event in events:
                    event.synchronize()
                rows.tensors = arrived
                return self._checked(rows, flags)
        else:

            def ready():
                rows.tensors = {name: tensor.cpu() for name, tensor in on_device.items()}
                return self._checked(rows, finite)
        return ready

    def _copying(self, device):
        import torch

        streams = self.__dict__.setdefault("_streams", {})
        if device not in streams:
            streams[device] = torch.cuda.Stream(device)
        return streams[device]

    def _checked(self, rows, finite):
        for name, flag in finite.items():
            if not bool(flag):
                dtype = str(rows.tensors[name].dtype).removeprefix("torch.")
                raise Refusal(
                    f"{name}: expected finite values, found others as {dtype}; {self.facts['engine']} overflowed")
        return rows

    def lens(self, rows, *, top=None):
        """Final norm and head of rows `[n, width]`, without a soft cap: logits, or the ids and logits of the largest, ties by id."""
        import torch

        structure, step = self.structure, max(1, min(self.budget, (1 << 26) // self.structure.vocabulary))
        done = []
        for at in range(0, len(rows), step):
            self.watch()
            part = rows[at: at + step].to(self.device)[:, None]
            ids = torch.zeros(part.shape[:2], dtype=torch.long, device=self.device)
            with torch.no_grad(), self._starting(structure.layers, part), self._cap(False):
                logits = self.model(input_ids=ids, use_cache=False).logits[:, 0].float()
            done.append(tuple(each.cpu() for each in largest(logits, top)) if top else (logits.cpu(),))
        return tuple(torch.cat(each) for each in zip(*done))

    # MARK: Continuing

    def _new_cache(self, kind):
        import transformers

        if kind == "dynamic":
            return transformers.DynamicCache()
        if kind == "configured":
            return transformers.DynamicCache(config=self.model.config)
        return None

    def caching(self):
        """`(kind of cache, whether prompts may be padded at their beginning)`, proved once on a short text; Refusal where none holds.

        A text that is read in two pieces has to give the rows of the whole, and one that stands behind padding those of the text alone.
        """
        if "_caching" not in self.__dict__:
            self._caching = self._prove_caching()
        if isinstance(self._caching, Refusal):
            raise self._caching
        return self._caching

    def _prove_caching(self):
        import torch

        structure = self.structure
        if "past_key_values" not in structure.forward_names or structure.layers < 1:
            return Refusal(f"{type(self.model).__name__} keeps no keys and values to go on from: it is not continued here")
        ids = structure._probe_ids(torch).to(self.device)
        tolerance = 1e-3 if self.dtype == torch.float32 else 6e-2

        def near(first, second):
            difference = (first.float() - second.float()).norm()
            return bool(torch.isfinite(difference)) and float(difference) <= tolerance * float(second.float().norm())

        with torch.no_grad():
            whole = self.model(input_ids=ids, use_cache=False).logits[0]
            for kind in ("dynamic", "configured"):
                try:
                    cache = self._new_cache(kind)
                    half = PROBE_IDS // 2
                    first = self._step(ids[:, :half], cache, None, None).logits[0]
                    rest = self._step(ids[:, half:], cache, None, None).logits[0]
                    if not near(torch.cat([first, rest]), whole):
                        continue
                except Exception as error:  # noqa: BLE001 (another kind may do)
                    if out_of_memory(error):
                        raise
                    continue
                padded = False
                with contextlib.suppress(Exception):
                    shift = 5
                    both = torch.cat([torch.nn.functional.pad(ids[:, : PROBE_IDS - shift], (shift, 0)), ids])
                    mask = torch.ones_like(both)
                    mask[0, :shift] = 0
                    positions = (mask.cumsum(-1) - 1).clamp(min=0)
                    cache = self._new_cache(kind)
                    self._step(both[:, :-1], cache, mask[:, :-1], positions[:, :-1])
                    last = self._step(both[:, -1:], cache, mask, positions[:, -1:]).logits[:, -1]
                    padded = near(last[0], whole[PROBE_IDS - shift - 1]) and near(last[1], whole[-1])
                return kind, padded
        return Refusal(f"{type(self.model).__name__}: a text in two pieces does not give what it gives as a whole: it is not continued here")

    def _step(self, ids, cache, mask, positions):
        more = {}
        if positions is not None and "position_ids" in self.structure.forward_names:
            more["position_ids"] = positions
        return self.model(input_ids=ids, past_key_values=cache, use_cache=True, attention_mask=mask, **more)

    def continued(self, sequences, limit, *, stops=None, sampling=None, editing=None, wanted=None, tell):
        """Continues the sequences by at most `limit` tokens each, and tells of it as it goes:

        `tell("tokens", [[sequence, id], …])`, `tell("rows", Rows)` of the prompts, `tell("finished", sequence, "stop" | "length" | "context")`.
        """
        kind, padded = self.caching()
        stops = frozenset(self.stops if stops is None else stops)
        states = [Continuation(index, list(sequence), limit, sampling) for index, sequence in enumerate(sequences)]
        todo = []
        lengths = [len(sequence) for sequence in sequences]
        if padded:
            todo = list(self.batches([length + limit for length in lengths], self.budget * CONTINUED))
        else:
            # Families whose positions do not follow from a mask: those of one length together.
            for length in sorted(set(lengths), reverse=True):
                alike = [index for index, each in enumerate(lengths) if each == length]
                todo += [[alike[place] for place in part] for part in self.batches(
                    [length + limit] * len(alike), self.budget * CONTINUED)]
        while todo:
            batch = [states[index] for index in todo.pop(0) if not states[index].ending]
            if not batch:
                continue
            tokens = len(batch) * max(len(state.ids) + limit for state in batch)
            failure = None
            try:
                self._continue_batch(batch, kind, stops, editing, wanted, tell)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                failure = error.with_traceback(None)
            if failure is not None:
                # What has been said is not said again: each goes on after its last token.
                left = [state.index for state in batch if not state.ending]
                self.budget = max(1, min(self.budget, tokens // CONTINUED))
                todo[:0] = self._halved(left, tokens // CONTINUED, failure) if left else []

    def _continue_batch(self, states, kind, stops, editing, wanted, tell):
        import torch

        on_gpu = self.device.type == "cuda"
        known = [state.ids + state.new for state in states]
        columns = max(map(len, known))
        offsets = [columns - len(each) for each in known]
        ids = torch.zeros((len(states), columns), dtype=torch.long)
        mask = torch.ones((len(states), columns + max(state.limit for state in states) + 1), dtype=torch.long)
        for row, each in enumerate(known):
            ids[row, offsets[row]:] = torch.tensor(each)
            mask[row, : offsets[row]] = 0
        ids, mask = ids.to(self.device), mask.to(self.device)
        positions = (mask.cumsum(-1) - 1).clamp(min=0) if any(offsets) else None
        masked = any(offsets)
        cache = self._new_cache(kind)
        kept = {}
        reading = wanted is not None and not all(state.told for state in states)

        def read(name, value):
            flat = value.reshape(-1, value.shape[-1])
            places = [
                row * columns + offset + at for row, (state, offset) in enumerate(zip(states, offsets))
                for at in ([len(state.ids) - 1] if wanted.last_only else range(len(state.ids)))]
            kept[name] = flat.index_select(0, torch.tensor(places, device=flat.device)).to(wanted.dtype or torch.float32)

        def last_alone(arguments, named):
            return with_tensor(tuple(arguments), tensor_of(arguments)[:, -1:]), named

        if editing:
            editing.lay(
                [(state.index, 0, offset, len(each)) for state, offset, each in zip(states, offsets, known)], columns)
        with torch.no_grad():
            with self._attached(set(wanted.hooks) if reading else set(), editing, read, head=last_alone):
                logits = self._step(
                    ids, cache, mask[:, :columns] if masked else None, positions[:, :columns] if masked else None).logits[:, -1]
            if reading:
                lengths = [len(state.ids) for state in states]
                counts = [1] * len(states) if wanted.last_only else lengths
                tell("rows", self._travelling(Rows([state.index for state in states], lengths, kept, counts, []))())
                for state in states:
                    state.told = True
                kept.clear()
            for state in states:
                if not state.ending and (state.limit <= len(state.new) or len(state.ids) + len(state.new) >= self.context):
                    state.end("length" if state.limit <= len(state.new) else "context", tell)
            if all(state.ending for state in states):
                return
            with self._attached(set(), editing, read, head=last_alone):
                rows, taken_steps = list(states), 0
                while True:
                    # The token of the next column, and the largest logit, by which what is not finite shows.
                    token, top = self._choose(logits, rows)
                    shown = torch.stack([token.double(), top.double()])
                    if on_gpu:
                        host = torch.empty(shown.shape, dtype=shown.dtype, pin_memory=True)
                        host.copy_(shown, non_blocking=True)
                        event = torch.cuda.current_stream(self.device).record_event()
                    going = any(
                        len(state.new) + 1 < state.limit and len(state.ids) + len(state.new) + 1 < self.context
                        for state in rows if not state.ending)

                    def next_step():
                        column = columns + taken_steps
                        if editing:
                            editing.lay(
                                [(state.index, column - offset, 0, 1) for state, offset in zip(rows, offsets)], 1)
                        return self._step(
                            token[:, None], cache, mask[:, : column + 1] if masked else None,
                            positions[:, column: column + 1] if masked else None).logits[:, -1]

                    # On a device the next step is launched before this one's tokens have travelled.
                    following = next_step() if on_gpu and going else None
                    if on_gpu:
                        event.synchronize()
                        shown = host
                    tokens, tops = shown[0].long().tolist(), shown[1].tolist()
                    said = []
                    for state, each, highest in zip(rows, tokens, tops):
                        if state.ending:
                            continue
                        if not math.isfinite(highest):
                            raise Refusal(f"sequence {state.index}: logits that are not finite; {self.facts['engine']} overflowed")
                        if each in stops:
                            state.ending = "stop"
                        else:
                            state.new.append(each)
                            said.append([state.index, each])
                    if said:
                        tell("tokens", said)
                    for state in rows:
                        if state.ending == "stop" and not state.closed:
                            state.end("stop", tell)
                        elif not state.ending and len(state.new) >= state.limit:
                            state.end("length", tell)
                        elif not state.ending and len(state.ids) + len(state.new) >= self.context:
                            state.end("context", tell)
                    alive = [row for row, state in enumerate(rows) if not state.ending]
                    if not alive:
                        return
                    logits = following if on_gpu else next_step()
                    taken_steps += 1
                    if len(alive) <= len(rows) // 2:
                        # Indices on the CPU select on every device, and a cache may lie on several.
                        cache.batch_select_indices(torch.tensor(alive))
                        chosen = torch.tensor(alive, device=self.device)
                        logits, mask = logits.index_select(0, chosen.to(logits.device)), mask.index_select(0, chosen)
                        positions = positions.index_select(0, chosen) if positions is not None else None
                        rows, offsets = [rows[row] for row in alive], [offsets[row] for row in alive]

    def _choose(self, logits, states):
        """The next token of each row and its largest logit; greedy takes the lowest id of equal ones (as `argmax` does)."""
        import torch

        logits = logits.float()
        top, token = logits.max(-1).values, logits.argmax(-1)
        sampling = states[0].sampling
        if sampling is None:
            return token.to(self.device), top.to(self.device)
        # What is drawn belongs to the sequence and the number of its token, whatever else is in the batch.
        draws = torch.tensor([state.draw(len(state.new)) for state in states], dtype=torch.float64).to(logits.device)
        ordered, order = (logits / sampling["temperature"]).sort(dim=-1, descending=True, stable=True)
        if sampling["topK"]:
            ordered[:, sampling["topK"]:] = -math.inf
        chances = ordered.double().softmax(-1)
        sums = chances.cumsum(-1)
        if sampling["topP"] < 1:
            # Those before which less than topP lies; the likeliest is always among them.
            chances = chances.masked_fill((sums - chances >= sampling["topP"]), 0.0)
            chances[:, 0] = chances[:, 0].clamp(min=1e-300)
            sums = chances.cumsum(-1)
        place = (sums <= (draws * sums[:, -1])[:, None]).sum(-1)
        place = torch.minimum(place, (chances > 0).sum(-1) - 1)
        return order.gather(-1, place[:, None])[:, 0].to(self.device), top.to(self.device)

    # MARK: Following a text

    def follow(self, name, ids, hooks, dtype=None):
        """`(how many first positions are as before, {hook: rows of the others})`; keys and values are kept for the next time."""
        import torch

        kind, _ = self.caching()
        # One text at a time: another's keys and values make room.
        session = self._sessions.pop(name, None)
        self._sessions.clear()
        if not len(ids):
            return 0, {hook: torch.zeros((0, self.structure.widths[hook]), dtype=dtype or torch.float32) for hook in hooks}
        highest = max((order_of(hook) for hook in hooks), default=(0, 0))
        depth = min(self.structure.layers, highest[0] + 1)
        reused = 0
        if session is not None and session.depth >= depth:
            while reused < min(len(ids), len(session.ids)) and ids[reused] == session.ids[reused]:
                reused += 1
            if reused < len(session.ids) and not session.crop(reused):
                reused = 0
        if session is None or reused == 0:
            session = Session(self._new_cache(kind), depth)
        kept = {}
        if reused < len(ids):
            stop_at = highest if depth < self.structure.layers and session.depth < self.structure.layers else None
            if stop_at is not None and session.depth > depth:
                # The layers above follow too, so that all of the session's have seen the same text.
                stop_at = (session.depth - 1, 5)
            elif stop_at is not None and stop_at[1] == 0:
                # Below the first part of a block alone nothing of it is kept.
                session.depth = depth = max(1, highest[0] + 1)
                stop_at = (highest[0], 5)

            def read(hook, value):
                kept[hook] = value.reshape(-1, value.shape[-1]).to(dtype or torch.float32, copy=True)

            def head(arguments, named):
                raise Stop

            new = torch.tensor([ids[reused:]], device=self.device)
            with torch.no_grad(), self._attached(set(hooks), None, read, stop_at=stop_at, head=head):
                try:
                    self._step(new, session.cache, None, None)
                except Stop:
                    pass
        else:
            kept = {hook: torch.zeros((0, self.structure.widths[hook]), dtype=dtype or torch.float32) for hook in hooks}
        session.ids = list(ids)
        # Only what went well is kept.
        self._sessions[name] = session
        rows = self._travelling(Rows([0], [len(ids) - reused], kept, [len(ids) - reused], []))()
        return reused, rows.tensors

    def forget(self, name):
        self._sessions.pop(name, None)

    # MARK: Gradients

    def gradient(self, ids, hook, target):
        """`(value, gradient [length, width], rows [length, width])` of a target at a hook.

        A target is `{"kind": "logit", "token": id}` at the last position, or `{"kind": "cosine", "targetHook", "position", "centre",
        "direction"}`: the cosine of x − centre with direction.
        """
        import torch

        taps, held, hooks = self.structure.taps, {}, {hook}
        if target["kind"] == "cosine":
            hooks.add(target["targetHook"])
            if order_of(target["targetHook"]) < order_of(hook):
                raise Refusal(f"expected a target at {hook} or after it, found {target['targetHook']}")

        def visit(name, value):
            if name == hook:
                leaf = value.detach().float().clone().requires_grad_(True)
                held["leaf"] = held[name] = leaf
                return leaf.clone().to(value.dtype)
            # Some blocks go on to add to it in place.
            held[name] = value.clone()
            return None

        handles = [block.register_forward_pre_hook(lambda module, arguments: self.watch()) for block in self.structure.blocks]

        def last_alone(arguments, named):
            return with_tensor(tuple(arguments), tensor_of(arguments)[:, -1:]), named

        handles.append(self.structure.head.register_forward_pre_hook(
            lambda module, arguments, named: last_alone(arguments, named), with_kwargs=True))
        try:
            ordered = [(name, taps[name]) for name in sorted(hooks, key=order_of)]
            with torch.enable_grad(), tapped(ordered, visit):
                logits = self.model(input_ids=torch.tensor([ids], device=self.device), use_cache=False).logits
                if target["kind"] == "logit":
                    value = logits[0, -1, target["token"]].float()
                else:
                    rows = held[target["targetHook"]]
                    row = rows.reshape(-1, rows.shape[-1])[target["position"]].float()
                    difference, direction = row - target["centre"].to(row.device), target["direction"].to(row.device)
                    # The same cosine, of parts whose squares have room in float32.
                    value = torch.nn.functional.cosine_similarity(
                        difference / difference.detach().abs().max(), direction / direction.abs().max(), dim=0)
                leaf = held["leaf"]
                self.watch()
                found = torch.autograd.grad(value, leaf, allow_unused=True)[0] if value.requires_grad else None
        finally:
            for handle in handles:
                handle.remove()
        found = torch.zeros_like(leaf) if found is None else found
        width = leaf.shape[-1]
        gradient, rows = found.detach().reshape(-1, width).cpu(), leaf.detach().reshape(-1, width).cpu()
        if not (torch.isfinite(gradient).all() and math.isfinite(float(value.detach()))):
            raise Refusal(f"the gradient at {hook} is not finite; {self.facts['engine']} overflowed")
        return float(value.detach()), gradient, rows


# How many times as many tokens as are read at once may be continued at once: of each step a row a sequence is computed.
CONTINUED = 8


@dataclass
class Continuation:
    """One sequence that is continued, as far as it has come."""

    index: int
    ids: list
    limit: int
    sampling: dict | None
    new: list = field(default_factory=list)
    told: bool = False
    ending: str | None = None
    closed: bool = False
    _draws: list = field(default_factory=list)
    _random: object = None

    def draw(self, number):
        """A number in [0, 1) that belongs to this sequence's new token of that number."""
        if self._random is None:
            self._random = random.Random(f"{self.sampling['seed']} {self.index}")
        while len(self._draws) <= number:
            self._draws.append(self._random.random())
        return self._draws[number]

    def end(self, how, tell):
        self.ending, self.closed = how, True
        tell("finished", self.index, how)


@dataclass
class Session:
    """A text that is typed: its ids, with keys and values of the first `depth` layers."""

    cache: object
    depth: int
    ids: list = field(default_factory=list)

    def crop(self, length):
        """Whether keys and values after the first `length` could be dropped."""
        import torch

        layers = getattr(self.cache, "layers", None)
        if layers is None or length == 0:
            return False
        for layer in layers:
            keys, values = getattr(layer, "keys", None), getattr(layer, "values", None)
            if type(layer).__name__ != "DynamicLayer" or not isinstance(keys, torch.Tensor) or not isinstance(values, torch.Tensor):
                return False
            if keys.numel() and keys.shape[-2] != len(self.ids):
                return False
        for layer in layers:
            if layer.keys.numel():
                layer.keys, layer.values = layer.keys[..., :length, :], layer.values[..., :length, :]
        return True


def largest(logits, count):
    """`(ids, values)` of the `count` largest of each row, the largest first, ties by the lower id."""
    import torch

    values = logits.float() + 0.0
    bits = values.contiguous().view(torch.int32)
    # Whole numbers in the order of the floats, and below them the ids from the other end: no two are equal.
    ordered = torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits).long()
    identity = torch.arange(values.shape[-1], device=values.device)
    keys = (ordered << 32) | (0xFFFFFFFF - identity)
    ids = keys.topk(count, dim=-1).indices
    return ids.int(), values.gather(-1, ids)


@contextlib.contextmanager
def loading_bars(told):
    """Tells of transformers' own bars of progress, by which a load can be cancelled too."""
    from transformers.utils import logging

    library = getattr(logging, "tqdm_lib", None)
    if told is None or library is None or not hasattr(library, "tqdm"):
        yield
        return

    class Bar(library.tqdm):
        def __iter__(self):
            for done, each in enumerate(super().__iter__()):
                told("loading weights", done, self.total)
                yield each

        def update(self, n=1):
            told("loading weights", self.n, self.total)
            return super().update(n)

    class Library:
        tqdm = Bar

        def __getattr__(self, name):
            return getattr(library, name)

    logging.tqdm_lib = Library()
    try:
        yield
    finally:
        logging.tqdm_lib = library


# Folders to remove when this process ends.
AT_END = []


def discard(folder):
    shutil.rmtree(folder, ignore_errors=True)
    if folder in AT_END:
        AT_END.remove(folder)


def discard_all():
    for folder in list(AT_END):
        discard(folder)


# MARK: - Files


def hash_of_weights(folder, pattern, told=None):
    """As exemplar has it: of the one file, or else of the lines `NAME HASH` of its files by name."""
    files = sorted(folder.glob(pattern))
    digests = [hash_of_file(file, told) for file in files]
    if len(digests) < 2:
        return digests[0] if digests else None
    lines = "".join(f"{file.name} {digest}\n" for file, digest in zip(files, digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def hash_of_file(file, told=None):
    digest = hashlib.sha256()
    with open(file, "rb") as opened:
        while chunk := opened.read(1 << 22):
            digest.update(chunk)
            if told:
                told(f"hashing {file.name}", opened.tell(), file.stat().st_size)
    return digest.hexdigest()


def byte_offsets(text):
    """The byte at which each character begins, and the length of all."""
    offsets, at = [0], 0
    for character in text:
        at += len(character.encode("utf-8", "surrogatepass"))
        offsets.append(at)
    return offsets


PROMPT_FIELDS = ("prompt", "instruction", "question", "query", "goal", "forbidden_prompt", "behavior", "text")
KEPT_FIELDS = ("split", "category", "topic")


@dataclass
class Document:
    id: str
    set: str
    messages: list | None
    fields: dict = field(default_factory=dict)
    # Of running text: the text, its ids and their ends.
    text: tuple | None = None


def read_prompts(path, system):
    """Prompts of JSON Lines or a JSON array."""
    text = Path(path).read_text(encoding="utf-8-sig")
    name = Path(path).name
    try:
        entries = [(number + 1, entry) for number, entry in enumerate(json.loads(text))] if text.lstrip()[:1] == "[" else [
            (number, json.loads(line)) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    except json.JSONDecodeError as error:
        raise Refusal(f"{name}: expected JSON Lines or a JSON array ({error})") from None
    documents = []
    for number, entry in entries:
        if not isinstance(entry, dict):
            raise Refusal(f"{name}:{number}: expected an object")
        messages = entry.get("messages") or entry.get("conversations")
        if messages is None:
            prompt = next((entry[key] for key in PROMPT_FIELDS if isinstance(entry.get(key), str)), None)
            if prompt is None:
                raise Refusal(f"{name}:{number}: expected one of messages, {', '.join(PROMPT_FIELDS)}")
            messages = [{"role": "user", "content": prompt}]
        elif not (isinstance(messages, list) and all(
                isinstance(turn, dict) and isinstance(turn.get("content"), str) and turn.get("role") in ("system", "user", "assistant")
                for turn in messages)):
            raise Refusal(f"{name}:{number}: expected messages with a role (system, user, assistant) and a content")
        if system is not None:
            if messages[0]["role"] == "system":
                raise Refusal(f"{name}:{number}: has a system turn of its own beside --system")
            messages = [{"role": "system", "content": system}, *messages]
        fields = {key: str(entry[key]) for key in KEPT_FIELDS if entry.get(key) is not None}
        fields["prompt"] = next((turn["content"] for turn in reversed(messages) if turn["role"] == "user"), "")
        documents.append(Document(
            str(entry.get("id", f"{Path(path).stem}-{number}")), str(entry.get("set") or Path(path).stem), messages, fields))
    if not documents:
        raise Refusal(f"{name}: expected prompts, found none")
    return documents


def text_contexts(path, tokenizer, *, unit, length):
    """Documents of a file of text, as `exemplar capture --text` cuts it: `(id, text, ids, ends)`.

    Running text (`stream`) is read a block of a megabyte at a time, up to its last line end; with `lines` every line that is not blank is
    a text. Contexts have `length` tokens of text at most, never begin inside a character, and do not run from one text into the next. What
    the tokenizer's settings put before a text is one token more, spelled before it. A context of one token alone is left out.
    Special tokens that are spelled in the text are text.
    """
    if not tokenizer.is_fast:
        raise Refusal("expected a tokenizer with offsets for --text, found a slow one")
    name, data = Path(path).name, Path(path).read_bytes()
    if not data.strip(b" \t\r\n"):
        raise Refusal(f"{name}: expected text, found none")
    stem = Path(path).stem
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    special = tokenizer("a", add_special_tokens=True)["input_ids"]
    first = tokenizer.bos_token_id
    first = first if first is not None and special[:1] == [first] and len(special) > len(plain) and plain[:1] != [first] else None
    prefix = "" if first is None else tokenizer.convert_ids_to_tokens(first)

    def decoded(start, end):
        try:
            return data[start:end].decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal(f"{name}: expected UTF-8, found other bytes after byte {start}") from None

    def cut(text):
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, split_special_tokens=True, verbose=False)
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        at = byte_offsets(text)
        bytes_of = text.encode("utf-8")
        ends, furthest = [], 0
        for _, end in offsets:
            furthest = max(furthest, at[end])
            ends.append(furthest)
        token = 0
        while token < len(ids):
            last = min(len(ids), token + length)
            # Tokens that share a character are not parted.
            while token + 1 < last < len(ids) and offsets[last][0] < offsets[last - 1][1]:
                last -= 1
            chosen = range(token, last)
            token = last
            if len(chosen) + (first is not None) < 2:
                continue
            start = ends[chosen[0] - 1] if chosen[0] else 0
            part = bytes_of[start: ends[last - 1]].decode("utf-8")
            lead = len(prefix.encode("utf-8"))
            own = [lead + min(ends[each] - start, ends[last - 1] - start) for each in chosen]
            yield prefix + part, ([first] if first is not None else []) + ids[chosen[0]: last], ([lead] if first is not None else []) + own

    if unit == "stream":
        start, number = 0, 0
        while start < len(data):
            end = block_end(data, start)
            for text, ids, ends in cut(decoded(start, end)):
                yield f"{stem}-{number:06d}", text, ids, ends
                number += 1
            start = end
        return
    start, number = 0, 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        text = decoded(start, end).removesuffix("\r")
        if not all(each in WHITE_SPACE for each in text):
            for part, (whole, ids, ends) in enumerate(cut(text), 1):
                yield f"{stem}-{number:06d}" + (f".{part}" if part > 1 else ""), whole, ids, ends
        start, number = end + 1, number + 1


BLOCK = 1 << 20
# Unicode's; Python's own counts some control characters too.
WHITE_SPACE = set("\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(each) for each in range(0x2000, 0x200b)}


def block_end(data, start):
    limit = min(len(data), start + BLOCK)
    if limit == len(data):
        return limit
    newline = data.rfind(b"\n", start, limit)
    if newline >= 0:
        return newline + 1
    while limit > start + 1 and data[limit] & 0xC0 == 0x80:
        limit -= 1
    return limit


# MARK: - capture


class Capture:
    """Prompts and texts to a folder that `exemplar import` takes, unit by unit; begun again, it goes on where it stopped."""

    UNIT = 64

    def __init__(self, engine, arguments):
        self.engine = engine
        self.arguments = arguments
        self.folder = Path(arguments.output)
        self.hooks = list(dict.fromkeys(arguments.hook))
        engine.structure.probe(self.hooks)
        self.documents = [document for path in arguments.prompts for document in read_prompts(path, arguments.system)]
        self.prompt_count = len(self.documents)
        self.documents += self._texts()
        names = [document.id for document in self.documents]
        doubled = None
        if len(set(names)) < len(names):
            seen = set()
            doubled = next(name for name in names if name in seen or seen.add(name))
        if doubled is not None:
            raise Refusal(f"two documents have the id {doubled}")

    def _texts(self):
        """Contexts of all texts, up to the first that would be too much."""
        arguments, engine = self.arguments, self.engine
        if not arguments.text:
            return []
        longest = engine.context - 1
        if not 2 <= arguments.context_length <= longest:
            raise Refusal(f"expected a --context-length of 2 to {longest} tokens, found {arguments.context_length}")
        documents, tokens = [], 0
        for path in arguments.text:
            for id, text, ids, ends in text_contexts(
                    path, engine.tokenizer, unit=arguments.documents, length=arguments.context_length):
                if arguments.max_tokens is not None and tokens + len(ids) > arguments.max_tokens:
                    return documents
                if arguments.max_documents is not None and len(documents) >= arguments.max_documents:
                    return documents
                tokens += len(ids)
                documents.append(Document(id, Path(path).stem, None, {}, (text, array("i", ids), array("i", ends))))
        return documents

    def record(self):
        facts = dict(self.engine.facts)
        template = self.engine.template()
        if self.prompt_count == 0:
            pass
        elif template is None:
            facts["template"] = "raw"
        else:
            facts["template"] = "own"
            facts["templateHash"] = hashlib.sha256(template.encode()).hexdigest()
            if "strftime_now" in template:
                facts["templateDate"] = datetime.date.today().isoformat()
            facts["templateExample"] = self.engine.render(self.documents[0].messages)[0]
        if self.arguments.system is not None:
            facts["system"] = self.arguments.system
        if self.arguments.generate:
            facts["maxNewTokens"] = self.arguments.generate
        if self.arguments.text:
            facts["contextLength"] = self.arguments.context_length
            facts["textUnit"] = self.arguments.documents
        if self.arguments.rows_as != "float32":
            facts["rowsAs"] = self.arguments.rows_as
        facts["hooks"] = self.hooks
        facts["inputs"] = [
            f"{kind} {Path(path).name} {hash_of_file(Path(path))}"
            for kind, paths in (("prompts", self.arguments.prompts), ("text", self.arguments.text)) for path in paths]
        facts["documents"] = len(self.documents)
        return facts

    def run(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        record, at = self.record(), self.folder / "capture.json"
        if at.exists():
            if json.loads(at.read_text()) != record:
                raise Refusal(f"{self.folder}: holds another capture; give another folder, or remove it")
        elif any(self.folder.iterdir()):
            raise Refusal(f"{self.folder}: expected an empty folder")
        else:
            replace(at, json.dumps(record, indent=1, ensure_ascii=False).encode())
        lines = self.folder / "documents.jsonl"
        # A unit counts once its lines are there, which are written after its rows.
        with open(lines, "a+b") as written, Writer(self.folder, written) as writer:
            starts = range(self.done(written), len(self.documents), self.UNIT)
            units = [Unit(start // self.UNIT, self.documents[start: start + self.UNIT]) for start in starts]
            wanted = Wanted(self.hooks, dtype_named(self.arguments.rows_as))

            def sequences():
                for unit in units:
                    unit.prepare(self)
                    yield unit.sequences

            for number, rows in self.engine.read_units(sequences(), wanted):
                unit = units[number]
                if not unit.take(rows):
                    continue
                writer.put(unit.number, unit.tensors, self.lines(unit))
                unit.forget()
                say(f"{min((unit.number + 1) * self.UNIT, len(self.documents))} of {len(self.documents)} documents", end="\r")
        say(f"{self.folder}: {len(self.documents)} documents; exemplar import {self.folder} -o NAME.epstore")

    def done(self, written):
        """How many documents are there in whole units; what a kill left of another is cut off."""
        written.seek(0)
        ends, at = [0], 0
        for line in written:
            at += len(line)
            if line.endswith(b"\n"):
                ends.append(at)
        count = len(ends) - 1
        count -= count % self.UNIT if count < len(self.documents) else 0
        written.truncate(ends[count])
        return count

    def prepared(self, document):
        """The text of a document, its ids, and their ends."""
        engine = self.engine
        if document.text is not None:
            text, ids, ends = document.text
            return text, ids.tolist(), ends.tolist()
        text, add_special = engine.render(document.messages)
        ids, ends = engine.tokenize(text, add_special)
        if not ids:
            raise Refusal(f"prompt {document.id}: no tokens")
        if len(ids) + self.arguments.generate > engine.context:
            raise Refusal(
                f"prompt {document.id}: {len(ids)} tokens and {self.arguments.generate} new ones, the model takes {engine.context}")
        return text, ids, ends

    def answers(self, unit):
        """Greedy continuations of a unit's prompts, by their places in it."""
        asked = [place for place, document in enumerate(unit.documents) if document.text is None]
        answers = {place: [] for place in asked}

        def tell(what, *said):
            if what == "tokens":
                for index, token in said[0]:
                    answers[asked[index]].append(token)

        if self.arguments.generate and asked:
            self.engine.continued([unit.sequences[place] for place in asked], self.arguments.generate, tell=tell)
            return answers
        return {}

    def lines(self, unit):
        answers, lines = self.answers(unit), []
        for place, (document, (text, ids, ends)) in enumerate(zip(unit.documents, unit.prepared)):
            line = {"id": document.id, "set": document.set, **document.fields, "text": text, "ids": ids}
            if ends is not None:
                line["ends"] = ends
            if place in answers:
                line["continuation"] = self.engine.tokenizer.decode(answers[place], skip_special_tokens=True)
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        return "".join(lines).encode("utf-8", "surrogatepass")


class Unit:
    """Some documents whose rows are written together, in the documents' order, whatever order their batches come in."""

    def __init__(self, number, documents):
        self.number, self.documents = number, documents
        self.prepared, self.sequences, self.tensors, self.left = [], [], {}, len(documents)

    def prepare(self, capture):
        self.prepared = [capture.prepared(document) for document in self.documents]
        self.sequences = [ids for _, ids, _ in self.prepared]
        capture.engine.check(self.sequences)

    def take(self, rows):
        """Whether all are there."""
        import torch

        self.left -= len(rows.sequences)
        if rows.sequences == list(range(len(self.documents))):
            self.tensors = rows.tensors
            return True
        starts = [0]
        for sequence in self.sequences:
            starts.append(starts[-1] + len(sequence))
        for name, values in rows.tensors.items():
            if name not in self.tensors:
                self.tensors[name] = torch.empty((starts[-1], values.shape[-1]), dtype=values.dtype)
            at = 0
            for sequence, length in zip(rows.sequences, rows.lengths):
                self.tensors[name][starts[sequence]: starts[sequence] + length] = values[at: at + length]
                at += length
        return self.left == 0

    def forget(self):
        self.prepared = self.sequences = self.tensors = None


def dtype_named(name):
    import torch

    return getattr(torch, name)


class Writer:
    """Writes units in their order while the model goes on; what fails there fails with the next unit, or at the end."""

    def __init__(self, folder, lines):
        self.folder, self.lines = folder, lines
        self.waiting = queue.Queue(maxsize=2)
        self.failure = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        # What was read is kept, whatever ended the reading.
        self.waiting.put(None)
        self.thread.join()
        if self.failure is not None and kind is None:
            raise self.failure

    def put(self, number, tensors, lines):
        if self.failure is not None:
            raise self.failure
        self.waiting.put((number, tensors, lines))

    def _work(self):
        from safetensors.torch import save_file

        while (unit := self.waiting.get()) is not None:
            if self.failure is not None:
                continue
            try:
                number, tensors, lines = unit
                temporary = self.folder / f".rows-{number:05d}.partial"
                save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, temporary)
                synced(temporary)
                os.replace(temporary, self.folder / f"rows-{number:05d}.safetensors")
                self.lines.write(lines)
                self.lines.flush()
                os.fsync(self.lines.fileno())
            except BaseException as error:  # noqa: BLE001 (told to whoever waits)
                self.failure = error


def synced(path):
    with open(path, "rb") as opened:
        os.fsync(opened.fileno())


def replace(path, data):
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_bytes(data)
    synced(temporary)
    os.replace(temporary, path)


def say(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)


# MARK: - Messages


class Broken(Exception):
    """The other side does not keep to the protocol: the conversation ends."""


KINDS = {"F32": ("float32", 4), "BF16": ("bfloat16", 2), "F16": ("float16", 2), "I32": ("int32", 4), "U8": ("uint8", 1)}


def parsed(text, what):
    """JSON without what JSON has not, and with every name once."""

    def unique(pairs):
        value = dict(pairs)
        if len(value) != len(pairs):
            raise ValueError("a name that is there twice")
        return value

    def constant(name):
        raise ValueError(f"{name} is no JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Broken(f"{what}: expected JSON ({one_line(error) or type(error).__name__})") from None


def is_unicode(value):
    """A text without half a pair of surrogates, which JSON can spell and UTF-8 cannot."""
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


def is_whole(value, low=0, high=1 << 53):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def laid_out(data):
    """`(message, {name: (kind, shape, start, end)}, bytes of all tensors)` of a header, every length checked."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken("header: expected UTF-8") from None
    header = parsed(text, "header")
    if not isinstance(header, dict):
        raise Broken("header: expected an object")
    metadata = header.pop("__metadata__", None)
    if not isinstance(metadata, dict) or set(metadata) != {"message"} or not isinstance(metadata["message"], str):
        raise Broken("header: expected __metadata__ with one text, message")
    message = parsed(metadata["message"], "message")
    if not isinstance(message, dict):
        raise Broken("message: expected an object")
    tensors = {}
    for name, entry in header.items():
        shown = printable(name[:80])
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise Broken(f"tensor {shown}: expected dtype, shape and data_offsets")
        kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(kind, str) or kind not in KINDS:
            raise Broken(f"tensor {shown}: expected one of {', '.join(KINDS)}, found {printable(str(kind)[:40])}")
        if not isinstance(shape, list) or len(shape) > 8 or not all(is_whole(each) for each in shape):
            raise Broken(f"tensor {shown}: expected a shape of at most 8 whole numbers")
        if not isinstance(offsets, list) or len(offsets) != 2 or not all(is_whole(each) for each in offsets):
            raise Broken(f"tensor {shown}: expected two offsets")
        size = math.prod(shape) * KINDS[kind][1]
        if offsets[1] - offsets[0] != size:
            raise Broken(f"tensor {shown}: expected {size} bytes, as its shape has, found offsets {offsets[0]} to {offsets[1]}")
        tensors[name] = (kind, shape, offsets[0], offsets[1])
    at = 0
    for name, (_, _, start, end) in sorted(tensors.items(), key=lambda each: (each[1][2], each[1][3])):
        if start != at:
            raise Broken(f"tensor {printable(name[:80])}: expected to begin at byte {at}, found {start}")
        at = end
    if 8 + len(data) + at > MESSAGE_LIMIT:
        raise Broken(f"expected a message of at most {MESSAGE_LIMIT} bytes, found one of {8 + len(data) + at}")
    return message, tensors, at


class Wire:
    """Messages in and out, from whichever thread."""

    def __init__(self, incoming, outgoing):
        self.incoming, self.outgoing = incoming, outgoing
        self.lock = threading.Lock()
        self.last_sent = time.monotonic()

    def _exactly(self, count, begun):
        """So many bytes, as they come: nothing is allocated for what is only promised. None where the stream ends before the first."""
        data = bytearray()
        while len(data) < count:
            more = os.read(self.incoming, min(count - len(data), 1 << 20))
            if not more:
                if not data and not begun:
                    return None
                raise Broken(f"expected {count} bytes, found the end of the stream after {len(data)}")
            data += more
        return data

    def receive(self):
        """`(message, {name: tensor}, bytes)`; None at the end of the stream."""
        head = self._exactly(8, begun=False)
        if head is None:
            return None
        length = struct.unpack("<Q", head)[0]
        if not 2 <= length <= HEADER_LIMIT:
            raise Broken(f"expected a header of 2 to {HEADER_LIMIT} bytes, found one of {length}")
        message, places, total = laid_out(bytes(self._exactly(length, begun=True)))
        data = self._exactly(total, begun=True)
        tensors = {}
        if not places:
            return message, tensors, 8 + length
        # Seconds, where it is the first time: what has no tensors (hello) need not wait for it.
        import torch

        for name, (kind, shape, start, end) in places.items():
            dtype = getattr(torch, KINDS[kind][0])
            if end == start:
                tensors[name] = torch.zeros(shape, dtype=dtype)
            elif start % KINDS[kind][1]:
                tensors[name] = torch.frombuffer(bytearray(data[start:end]), dtype=dtype).reshape(shape)
            else:
                tensors[name] = torch.frombuffer(data, dtype=dtype, offset=start, count=math.prod(shape)).reshape(shape)
        return message, tensors, 8 + length + total

    def send(self, message, tensors=None, still=None):
        """`still`: whether it is to be said at all, asked once nothing else is being said."""
        header, parts, at = {"__metadata__": {"message": json.dumps(message, allow_nan=False)}}, [], 0
        names = {str(dtype): name for name, (dtype, _) in KINDS.items()}
        # The widest numbers first, so that each lies at a multiple of its size.
        for name, tensor in sorted((tensors or {}).items(), key=lambda each: -each[1].element_size()):
            data = bytes_of(tensor)
            header[name] = {
                "dtype": names[str(tensor.dtype).removeprefix("torch.")], "shape": list(tensor.shape),
                "data_offsets": [at, at + len(data)]}
            parts.append(data)
            at += len(data)
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        if len(text) > HEADER_LIMIT or 8 + len(text) + at > MESSAGE_LIMIT:
            raise Refusal(
                f"expected an answer of at most {MESSAGE_LIMIT} bytes, found one of {8 + len(text) + at}: ask for less at once")
        with self.lock:
            if still is not None and not still():
                return
            for part in (struct.pack("<Q", len(text)) + text, *parts):
                view = memoryview(part)
                while view:
                    view = view[os.write(self.outgoing, view[: 1 << 24]):]
            self.last_sent = time.monotonic()


def bytes_of(tensor):
    import torch

    if tensor.numel() == 0:
        return b""
    return memoryview(tensor.detach().contiguous().flatten().view(torch.uint8).numpy())


class Request:
    """What was asked, each part of it checked as it is taken; what nobody took was not understood."""

    def __init__(self, message, tensors):
        self.message, self.tensors = message, tensors
        self.used, self.named = {"ask", "id"}, set()

    def _value(self, key, wanted, default):
        self.used.add(key)
        if key not in self.message or (self.message[key] is None and default is not REQUIRED):
            if default is REQUIRED:
                raise Refusal(f"{self.message['ask']}: expected {key}, {wanted}")
            return default, False
        return self.message[key], True

    def _wrong(self, key, wanted, value):
        shown = printable(json.dumps(value)[:80])
        raise Refusal(f"{self.message['ask']}: {key}: expected {wanted}, found {shown}")

    def text(self, key, default=None, among=None):
        wanted = "a text" if among is None else f"one of {', '.join(among)}"
        value, there = self._value(key, wanted, default)
        if there and (not isinstance(value, str) or (among is not None and value not in among)):
            self._wrong(key, wanted, value)
        return value

    def whole(self, key, low, high, default=None):
        value, there = self._value(key, f"a whole number from {low} to {high}", default)
        if there and not is_whole(value, low, high):
            self._wrong(key, f"a whole number from {low} to {high}", value)
        return value

    def flag(self, key, default):
        value, there = self._value(key, "true or false", default)
        if there and not isinstance(value, bool):
            self._wrong(key, "true or false", value)
        return value

    def items(self, key, default, wanted, test, most=1 << 20):
        value, there = self._value(key, f"a list of {wanted}", default)
        if there and not (isinstance(value, list) and len(value) <= most and all(test(each) for each in value)):
            self._wrong(key, f"a list of {wanted}", value)
        return value

    def thing(self, key):
        """As it is, for whoever asked to check."""
        return self._value(key, "", None)[0]

    def tensor(self, name, kind, shape):
        """`shape` has None where any number does."""
        import torch

        ask = self.message["ask"]
        found = self.tensors.get(name) if isinstance(name, str) else None
        wanted = f"{kind} [{', '.join('n' if each is None else str(each) for each in shape)}]"
        shown = printable(str(name)[:80])
        if found is None:
            raise Refusal(f"{ask}: expected a tensor {shown}, {wanted}, found none")
        self.named.add(name)
        if found.dtype != getattr(torch, KINDS[kind][0]) or found.dim() != len(shape) or any(
                want is not None and want != have for want, have in zip(shape, found.shape)):
            own = f"{str(found.dtype).removeprefix('torch.')} {list(found.shape)}"
            raise Refusal(f"{ask}: tensor {shown}: expected {wanted}, found {own}")
        if found.dtype.is_floating_point and not bool(torch.isfinite(found).all()):
            raise Refusal(f"{ask}: tensor {shown}: expected finite values, found others")
        return found

    def finished(self):
        """Refuses what was asked beside all that was taken."""
        left = sorted(set(self.message) - self.used)
        if left:
            raise Refusal(f"{self.message['ask']}: {printable(left[0][:80])} is not known here")
        unnamed = sorted(set(self.tensors) - self.named)
        if unnamed:
            raise Refusal(f"{self.message['ask']}: a tensor {printable(unnamed[0][:80])} that nothing names")


REQUIRED = object()


# MARK: - serve


PROBE_TEXTS = (
    "The quick brown fox jumps over the lazy dog.", " leading and  double  spaces\tand\ttabs\n\nand lines\n",
    "Naïve café — ünïcödé, “quotes” and ‘others’…", "1234567890 3.14159 1,000,000 -5e-3 0xFF", "日本語のテキストと中文、한국어",
    "Привет, мир! Γειά σου Κόσμε", "مرحبا بالعالم שלום", "🙂👩‍👩‍👧‍👦🇪🇺 e\u0301", "def f(x):\n    return x**2  # square\n",
    "don't can't it's we'll I'm", "https://example.org/a?b=c&d=%20e", "x", "",
)
PROBE_MESSAGES = (
    [{"role": "user", "content": "How does a tap work?"}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "  Hi there.\n"}],
    [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Two."}, {"role": "user", "content": "Three?"}],
)
# The share of a message that one part reply fills before the next begins.
PART = 32 << 20
QUEUED = 1 << 30


class Server:
    """One conversation: reads on while it works, so that it sees who cancels and when its input ends."""

    def __init__(self, wire, settings):
        self.wire, self.settings = wire, settings
        self.engine = None
        self.greeted = False
        self.waiting = queue.Queue()
        self.queued = 0
        self.state = threading.Lock()
        self.current, self.doing = None, ("working", None, None)
        self.last_id, self.cancelled = 0, set()
        self.pending = set()

    # MARK: Threads

    def run(self):
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        while True:
            request = self.waiting.get()
            if request is None:
                return 0
            message, tensors, size = request
            self._answer(message, tensors)
            del message, tensors, request
            with self.state:
                self.queued -= size

    def _listen(self):
        """Takes requests in; ends everything with its input."""
        try:
            while True:
                received = self.wire.receive()
                if received is None:
                    leave(0)
                message, tensors, size = received
                self._take(message, tensors, size)
        except Broken as broken:
            # One error that answers no request, and the end: also where nobody takes what another thread is saying.
            def tell(text):
                with contextlib.suppress(OSError, Refusal):
                    self.wire.send({"reply": "error", "id": 0, "kind": "failed", "text": text})

            telling = threading.Thread(target=tell, args=(str(broken),), daemon=True)
            telling.start()
            telling.join(5)
            say(f"error: {broken}")
            leave(1)
        except BaseException as error:  # noqa: BLE001 (nobody would listen any more)
            say(f"error: {type(error).__name__}: {one_line(error)}")
            leave(1)

    def _take(self, message, tensors, size):
        ask, id = message.get("ask"), message.get("id")
        if not isinstance(ask, str) or not is_whole(id, 1):
            raise Broken("message: expected ask, a text, and id, a whole number from 1 on")
        with self.state:
            if id <= self.last_id:
                raise Broken(f"message: expected an id above {self.last_id}, found {id}")
            self.last_id = id
            if ask == "cancel":
                of = message.get("of")
                if not is_whole(of, 1) or set(message) != {"ask", "id", "of"} or tensors:
                    raise Broken("cancel: expected of, the id of a request, alone")
                if of in self.pending:
                    self.cancelled.add(of)
                return
            self.queued += size
            if self.queued > QUEUED or len(self.pending) > 4096:
                raise Broken(f"expected at most 4096 requests of {QUEUED} bytes to wait, found more")
            self.pending.add(id)
        self.waiting.put((message, tensors, size))

    def _beat(self):
        """Says at least every few seconds that the request in work is."""
        while True:
            time.sleep(0.5)
            current = self.current
            if current is not None and time.monotonic() - self.wire.last_sent > 3:
                with contextlib.suppress(OSError, Refusal):
                    self._progress(current)

    def _progress(self, id):
        text, done, total = self.doing
        message = {"reply": "progress", "id": id, "text": text}
        if done is not None:
            message["done"] = done
        if total is not None:
            message["total"] = total
        # Never after the last reply, which another thread may be sending.
        self.wire.send(message, still=lambda: self.current == id)

    # MARK: Answering

    def watch(self):
        """Ends the request in work where it is cancelled."""
        if self.current in self.cancelled:
            raise Cancelled

    def note(self, text, done=None, total=None):
        self.doing = (printable(text), done, total)
        self.watch()
        if self.current is not None and time.monotonic() - self.wire.last_sent > 0.5:
            self._progress(self.current)

    def reply(self, reply, tensors=None, **said):
        self.wire.send({"reply": reply, "id": self.id, **said}, tensors)

    def _answer(self, message, tensors):
        ask, id = message["ask"], message["id"]
        self.id, self.doing = id, (ask if ask in HANDLERS else "working", None, None)
        self.current = id
        final = lost = None
        try:
            self.watch()
            handler = HANDLERS.get(ask)
            if handler is None:
                raise Refusal(f"{printable(ask[:80])} is not known here; known are {', '.join(HANDLERS)} and cancel")
            if (ask == "hello") == self.greeted:
                raise Refusal("expected hello once, as the first message")
            final = handler(self, Request(message, tensors)) or {}
            final = ({"reply": "done", **final[0]}, final[1]) if isinstance(final, tuple) else ({"reply": "done", **final}, None)
        except Cancelled:
            final = ({"reply": "cancelled"}, None)
        except Refusal as refusal:
            final = self._error("refused", one_line(refusal))
        except BrokenPipeError:
            leave(0)
        except Exception as error:  # noqa: BLE001 (told to the client)
            if isinstance(error, OutOfMemory) or out_of_memory(error):
                final = self._error("memory", one_line(error))
            elif ask == "load" and isinstance(error, (OSError, ValueError, ImportError)) and "connect" not in str(error).lower():
                final = self._error("refused", one_line(error))
            else:
                import traceback

                traceback.print_exc()
                final = self._error("failed", f"{type(error).__name__}: {one_line(error)}")
            lost = "CUDA error" in str(error) or "device-side assert" in str(error)
            error = None
        with self.state:
            self.current = None
            self.pending.discard(id)
            self.cancelled.discard(id)
        try:
            self.wire.send({"id": id, **final[0]}, final[1])
        except Refusal as refusal:
            self.wire.send({"id": id, **self._error("refused", one_line(refusal))[0]})
        except OSError:
            leave(0)
        if lost:
            say("error: the device is lost to this process")
            leave(1)

    @staticmethod
    def _error(kind, text):
        return {"reply": "error", "kind": kind, "text": text}, None

    # MARK: Requests

    def hello(self, request):
        versions = request.items("protocol", REQUIRED, "whole numbers", lambda each: is_whole(each), 64)
        request.text("client")
        request.finished()
        if not set(versions) & set(PROTOCOLS):
            raise Refusal(
                f"expected one of the protocol's versions {', '.join(map(str, PROTOCOLS))}, found {', '.join(map(str, versions))}")
        self.greeted = True
        from importlib import metadata

        libraries = {}
        for name in ("torch", "transformers", "tokenizers", "peft", "accelerate"):
            with contextlib.suppress(metadata.PackageNotFoundError):
                libraries[name] = metadata.version(name)
        return {
            "protocol": max(set(versions) & set(PROTOCOLS)), "engine": f"exemplar_engine {VERSION}", "libraries": libraries}

    def load(self, request):
        settings = self.settings
        name = request.text("model", REQUIRED)
        adapter, revision = request.text("adapter"), request.text("revision")
        device = request.text("device", settings.device)
        dtype = request.text("dtype", settings.dtype, ("float32", "bfloat16", "float16", "auto"))
        rotary = request.text("rotaryPrecision", None, ("float32", "bfloat16", "float16"))
        device_map, max_memory = request.thing("deviceMap"), settings.max_memory
        if device_map is None:
            device_map = settings.device_map if device is None or device == settings.device else None
        elif not (isinstance(device_map, str) or (isinstance(device_map, dict) and all(
                isinstance(each, str) or is_whole(each, 0, 1024) for each in device_map.values()))):
            raise Refusal("load: deviceMap: expected a text, or an object of devices by the names of modules")
        request.finished()
        if self.engine is not None:
            self.engine.close()
            self.engine = None
        self.note(f"loading {name}")

        engine = Engine.load(
            name, revision=revision, dtype=dtype, device=device, device_map=device_map,
            max_memory=max_memory if isinstance(device_map, str) else None, adapter=adapter,
            rotary_precision=rotary, batch_tokens=settings.batch_tokens, needs_tokenizer=False, told=self.note)
        self.watch()
        engine.watch, engine.say = self.watch, say
        self.engine = engine
        return self.described(engine)

    def described(self, engine):
        structure, facts = engine.structure, engine.facts
        hooks = []
        for name in structure.names():
            if name in structure.taps:
                hooks.append({"name": name, "width": structure.widths[name]})
                if structure.taps[name].read_only:
                    hooks[-1]["readOnly"] = structure.taps[name].read_only
        can = ["ablate", "steer", "replace", "lens"]
        for ability, prove in (("gradient", engine.gradients), ("sample", engine.caching)):
            try:
                prove()
                can.append(ability)
            except Refusal as refusal:
                say(str(refusal))
        said = {
            "engine": facts["engine"], "device": str(engine.device), "dtype": str(engine.dtype).removeprefix("torch."),
            "model": facts["model"], "architecture": facts["architecture"], "layers": structure.layers, "width": structure.width,
            "vocabulary": structure.vocabulary, "context": engine.context, "stops": engine.stops, "hooks": hooks,
            "refusedHooks": [{"name": name, "why": why} for name, why in structure.refused.items()],
            "startsFrom": engine.starts(), "can": can,
            "tokenizerFiles": sorted(self.tokenizer_files()) if engine.tokenizer is not None and engine.tokenizer.is_fast else [],
        }
        for key in ("modelHash", "revision", "adapter", "adapterHash", "rotaryPrecision"):
            if key in facts:
                said[key] = facts[key]
        return said

    def loaded(self):
        if self.engine is None:
            raise Refusal("expected a model to be loaded first")
        return self.engine

    def with_tokenizer(self):
        engine = self.loaded()
        if engine.tokenizer is None:
            raise Refusal(f"{engine.name} has no tokenizer: {engine.no_tokenizer}")
        return engine

    def tokenizer_files(self):
        engine = self.engine
        folder = tempfile.mkdtemp(prefix="exemplar-engine-")
        AT_END.append(folder)
        try:
            engine.tokenizer.save_pretrained(folder)
            files = {}
            for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"):
                if (Path(folder) / name).is_file():
                    files[name] = (Path(folder) / name).read_bytes()
        finally:
            discard(folder)
        files["config.json"] = engine.model.config.to_json_string().encode()
        if engine.generation_settings is not None:
            files["generation_config.json"] = engine.generation_settings.to_json_string().encode()
        return files

    def tokenizer(self, request):
        import torch

        request.finished()
        engine = self.with_tokenizer()
        if not engine.tokenizer.is_fast:
            raise Refusal(f"{type(engine.tokenizer).__name__} is a slow tokenizer, and has no tokenizer.json")
        files = self.tokenizer_files()
        probes = [
            {"text": text, "special": special, "ids": engine.tokenizer(text, add_special_tokens=special)["input_ids"]}
            for text in PROBE_TEXTS for special in (True, False)]
        renderings = []
        if engine.template() is not None:
            for messages in PROBE_MESSAGES:
                # Templates refuse roles that they do not have.
                with contextlib.suppress(Exception):
                    renderings.append({"messages": messages, "text": engine.render(messages)[0]})
        tensors = {
            name: torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.zeros(0, dtype=torch.uint8)
            for name, data in files.items()}
        return {"probes": probes, "renderings": renderings}, tensors

    def tokenize(self, request):
        import torch

        texts = request.items("texts", REQUIRED, "texts of Unicode", is_unicode)
        special = request.flag("special", True)
        request.finished()
        engine = self.with_tokenizer()
        ids = []
        for text in texts:
            self.watch()
            ids.append(engine.tokenizer(text, add_special_tokens=special)["input_ids"])
        return {}, {
            "ids": torch.tensor([token for each in ids for token in each], dtype=torch.int32),
            "lengths": torch.tensor([len(each) for each in ids], dtype=torch.int32)}

    def decode(self, request):
        sequences = self.sequences(request, least=0)
        skip = request.flag("skipSpecial", True)
        request.finished()
        engine = self.with_tokenizer()
        highest = engine.rows_of_embedding
        for index, sequence in enumerate(sequences):
            if sequence and not (min(sequence) >= 0 and max(sequence) < max(highest, len(engine.tokenizer))):
                raise Refusal(f"decode: sequence {index}: expected ids from 0 to {highest - 1}")
        return {"texts": [engine.tokenizer.decode(each, skip_special_tokens=skip) for each in sequences]}

    def render(self, request):
        def is_conversation(turns):
            return isinstance(turns, list) and turns and all(
                isinstance(turn, dict) and set(turn) == {"role", "content"} and is_unicode(turn["role"]) and
                is_unicode(turn["content"]) for turn in turns)

        conversations = request.items("conversations", REQUIRED, "conversations of roles and contents", is_conversation)
        request.finished()
        engine = self.with_tokenizer()
        if engine.template() is None:
            raise Refusal(f"{engine.name} has no chat template")
        texts = []
        for turns in conversations:
            self.watch()
            try:
                texts.append(engine.render(turns)[0])
            except Exception as error:  # noqa: BLE001 (what a template refuses)
                raise Refusal(f"render: conversation {len(texts)}: {one_line(error)}") from None
        return {"texts": texts}

    # MARK: Parts of requests

    def sequences(self, request, *, least=1, one=False):
        """Lists of ids."""
        lengths = request.tensor("lengths", "I32", [None]).tolist() if not one else None
        ids = request.tensor("ids", "I32", [None])
        if one:
            return [ids.tolist()]
        self.check_lengths(request, lengths, len(ids), "ids", least)
        flat, at, sequences = ids.tolist(), 0, []
        for length in lengths:
            sequences.append(flat[at: at + length])
            at += length
        return sequences

    @staticmethod
    def check_lengths(request, lengths, total, what, least=1):
        ask = request.message["ask"]
        if not lengths and least:
            raise Refusal(f"{ask}: lengths: expected one sequence or more, found none")
        if lengths and min(lengths) < least:
            raise Refusal(f"{ask}: lengths: expected {least} or more, found {min(lengths)}")
        if sum(lengths) != total:
            raise Refusal(f"{ask}: {what}: expected {sum(lengths)}, the sum of lengths, found {total}")

    def hooks(self, request, engine):
        names = request.items("hooks", [], "names of hooks", lambda each: isinstance(each, str), 1 << 16)
        if len(set(names)) < len(names):
            raise Refusal(f"{request.message['ask']}: hooks: expected each once")
        engine.structure.probe(names)
        return names

    def rows_as(self, request):
        return dtype_named(KINDS[request.text("rowsAs", "F32", ("F32", "BF16", "F16"))][0])

    def edits(self, request, engine):
        asked = request.items("edits", [], "edits", lambda each: isinstance(each, dict), 1 << 16)
        structure, edits = engine.structure, []
        for place, each in enumerate(asked):

            def refuse(wanted, found, place=place):
                raise Refusal(f"edit {place}: expected {wanted}, found {printable(json.dumps(found)[:80])}")

            def number(key, default):
                value = each.get(key, default)
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                    refuse(f"{key}, a number", value)
                return float(value)

            kind, hook = each.get("kind"), each.get("hook")
            known = {"ablate": {"centre", "basis", "strength"}, "steer": {"direction", "alpha"}, "replace": {"rows"}}
            if kind not in known:
                refuse("a kind of ablate, steer or replace", kind)
            extra = sorted(set(each) - known[kind] - {"kind", "hook", "positions", "sequences"})
            if extra:
                raise Refusal(f"edit {place}: {printable(extra[0][:80])} is not known of {kind}")
            if not isinstance(hook, str):
                refuse("a hook, a text", hook)
            tap = structure.probe([hook])[hook]
            if tap.read_only:
                raise Refusal(f"edit {place}: {hook} can be read here, not edited: {tap.read_only}")
            positions, sequences = each.get("positions"), each.get("sequences")
            if positions is not None and not (isinstance(positions, list) and all(is_whole(at, -(1 << 31), 1 << 31) for at in positions)):
                refuse("positions, a list of whole numbers", positions)
            if sequences is not None and not (isinstance(sequences, list) and all(is_whole(at, 0, 1 << 31) for at in sequences)):
                refuse("sequences, a list of whole numbers", sequences)
            width = structure.widths[hook]
            edit = Edit(kind, hook, positions=positions, sequences=None if sequences is None else set(sequences))
            if kind == "ablate":
                edit.amount = number("strength", 1.0)
                edit.centre = request.tensor(each.get("centre"), "F32", [width])
                edit.basis = request.tensor(each.get("basis"), "F32", [None, width])
                self.check_orthonormal(edit.basis, place)
            elif kind == "steer":
                edit.amount = number("alpha", None)
                edit.direction = request.tensor(each.get("direction"), "F32", [width])
            else:
                if positions is None:
                    refuse("positions, where rows are replaced", None)
                edit.rows = request.tensor(each.get("rows"), "F32", [len(positions), width])
            edits.append(edit)
        return edits

    @staticmethod
    def check_orthonormal(basis, place):
        import torch

        if basis.shape[0] > basis.shape[1]:
            raise Refusal(f"edit {place}: expected at most {basis.shape[1]} orthonormal rows, found {basis.shape[0]}")
        products = basis.double() @ basis.double().T
        off = float((products - torch.eye(len(basis), dtype=torch.float64)).abs().max()) if len(basis) else 0.0
        if off > 1e-3:
            raise Refusal(f"edit {place}: expected orthonormal rows, found products that are {off:.2g} off")

    def check_sequences(self, edits, count):
        for place, edit in enumerate(edits):
            beyond = [index for index in edit.sequences or () if index >= count]
            if beyond:
                raise Refusal(f"edit {place}: expected sequences from 0 to {count - 1}, found {min(beyond)}")

    def send_rows(self, rows, names, logits_and_scores):
        """In as many part replies as their size asks for."""
        import torch

        def send(parts):
            tensors = {name: torch.cat([part.tensors[name] for part in parts]) if len(parts) > 1 else parts[0].tensors[name]
                       for name in parts[0].tensors}
            tensors["lengths"] = torch.tensor([length for part in parts for length in part.lengths], dtype=torch.int32)
            self.reply("rows", tensors, sequences=[sequence for part in parts for sequence in part.sequences])

        def size(part):
            return sum(tensor.numel() * tensor.element_size() for tensor in part.tensors.values())

        if size(rows) <= PART or len(rows.sequences) == 1:
            send([rows])
            return
        group, total = [], 0
        for part in rows.split():
            self.watch()
            if group and total + size(part) > PART:
                send(group)
                group, total = [], 0
            group.append(part)
            total += size(part)
        send(group)

    def check_size(self, engine, lengths, wanted):
        """That the longest sequence's rows fit in a message."""
        longest = max(lengths)
        rows = 1 if wanted.last_only else longest
        bytes_each = 4 if wanted.dtype is None else wanted.dtype.itemsize
        size = sum(rows * engine.structure.widths[hook] * bytes_each for hook in wanted.hooks)
        size += {"none": 0, "last": 1, "all": longest}[wanted.logits] * engine.structure.vocabulary * 4 + 4 * longest
        if size > MESSAGE_LIMIT - (1 << 20):
            raise Refusal(
                f"a sequence of {longest} tokens with {len(wanted.hooks)} hooks"
                f"{'' if wanted.logits == 'none' else ' and logits'} has {size} bytes, and a message at most {MESSAGE_LIMIT}: "
                "ask for fewer hooks at once")

    # MARK: Reading

    def read(self, request):
        engine = self.loaded()
        structure = engine.structure
        start, rows = 0, None
        source = request.text("from")
        if source is None:
            sequences = self.sequences(request)
            engine.check(sequences)
        else:
            if source not in engine.starts():
                structure.probe([source])
                raise Refusal(f"read: {source} cannot be resumed from; expected hook_resid_pre or hook_resid_post of a block")
            layer, stage = order_of(source)
            start = layer if stage == 0 else layer + 1
            lengths = request.tensor("lengths", "I32", [None]).tolist()
            given = request.tensor("rows", "F32", [None, structure.width])
            self.check_lengths(request, lengths, len(given), "rows")
            if max(lengths) > engine.context:
                raise Refusal(f"read: expected at most {engine.context} rows a sequence, found {max(lengths)}")
            rows, sequences = list(given.split(lengths)), [range(length) for length in lengths]
        wanted = Wanted(
            self.hooks(request, engine), self.rows_as(request), request.text("positions", "all", ("all", "last")) == "last",
            request.text("logits", "none", ("none", "last", "all")), request.flag("scores", False))
        edits = self.edits(request, engine)
        request.finished()
        if source is not None:
            if wanted.scores:
                raise Refusal("read: scores need ids, and rows were given")
            for name in [*wanted.hooks, *(edit.hook for edit in edits)]:
                if order_of(name) < order_of(source) and name != of_block(start, "hook_resid_pre"):
                    raise Refusal(f"read: {name} lies below {source}, from where rows were given")
        self.check_sequences(edits, len(sequences))
        lengths = [len(sequence) for sequence in sequences]
        self.check_size(engine, lengths, wanted)
        editing = Editing(edits, lengths, lengths) if edits else None
        done, total = 0, sum(lengths)
        self.note("reading", done, total)
        for part in engine.read(sequences, wanted, editing=editing, start=start, rows=rows):
            self.send_rows(part, wanted.hooks, wanted.logits)
            done += sum(part.lengths)
            self.note("reading", done, total)
        return {}

    def continue_(self, request):
        engine = self.loaded()
        sequences = self.sequences(request)
        limit = request.whole("limit", 0, 1 << 24, REQUIRED)
        stops = request.items("stops", None, "ids", lambda each: is_whole(each, 0, 1 << 31), 1 << 16)
        sampling = self.sampling(request)
        wanted = Wanted(
            self.hooks(request, engine), self.rows_as(request), request.text("positions", "all", ("all", "last")) == "last")
        edits = self.edits(request, engine)
        request.finished()
        engine.check(sequences)
        self.check_sequences(edits, len(sequences))
        lengths = [len(sequence) for sequence in sequences]
        self.check_size(engine, lengths, wanted)
        limit = min(limit, engine.context)
        editing = Editing(edits, lengths, [length + limit for length in lengths]) if edits else None
        count = 0
        self.note("continuing", 0, limit * len(sequences))

        def tell(what, *said):
            nonlocal count
            self.watch()
            if what == "tokens":
                count += len(said[0])
                self.doing = ("continuing", count, limit * len(sequences))
                self.reply("tokens", tokens=said[0])
            elif what == "rows":
                self.send_rows(said[0], wanted.hooks, "none")
            else:
                self.reply("finished", sequence=said[0], ending=said[1])

        engine.continued(
            sequences, limit, stops=stops, sampling=sampling, editing=editing, wanted=wanted if wanted.hooks else None, tell=tell)
        return {}

    @staticmethod
    def sampling(request):
        given = request.thing("sampling")
        if given is None:
            return None
        if not isinstance(given, dict) or set(given) - {"temperature", "topP", "topK", "seed"}:
            raise Refusal("continue: sampling: expected temperature, topP, topK and seed")
        chosen = {"temperature": given.get("temperature", 1.0), "topP": given.get("topP", 1.0), "topK": given.get("topK", 0),
                  "seed": given.get("seed", 0)}
        for name, low, high in (("temperature", 1e-4, 1e4), ("topP", 0.0, 1.0)):
            value = chosen[name]
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high or value == 0:
                raise Refusal(f"continue: sampling: {name}: expected a number from {low} to {high}, found {printable(str(value)[:40])}")
        for name in ("topK", "seed"):
            if not is_whole(chosen[name], 0, (1 << 64) - 1):
                raise Refusal(f"continue: sampling: {name}: expected a whole number, found {printable(str(chosen[name])[:40])}")
        return chosen

    def follow(self, request):
        engine = self.loaded()
        session = request.text("session", REQUIRED)
        ids = self.sequences(request, one=True)[0]
        hooks, dtype = self.hooks(request, engine), self.rows_as(request)
        request.finished()
        if not ids:
            engine.forget(session)
            return {"reused": 0}
        engine.check([ids])
        self.check_size(engine, [len(ids)], Wanted(hooks, dtype))
        reused, tensors = engine.follow(session, ids, hooks, dtype)
        return {"reused": reused}, tensors

    def lens(self, request):
        engine = self.loaded()
        rows = request.tensor("rows", "F32", [None, engine.structure.width])
        top = request.whole("top", 1, engine.structure.vocabulary)
        request.finished()
        if (8 * top if top else 4 * engine.structure.vocabulary) * len(rows) > MESSAGE_LIMIT - (1 << 20):
            raise Refusal(f"lens: expected fewer rows at once, or top: {len(rows)} of {engine.structure.vocabulary} logits are too many")
        if engine.starts()[-1:] != [of_block(engine.structure.layers - 1, "hook_resid_post")]:
            raise Refusal(f"lens: the final norm and head of {engine.facts['architecture']} could not be run alone")
        if not len(rows):
            raise Refusal("lens: expected rows, found none")
        found = engine.lens(rows, top=top)
        return {}, {"ids": found[0], "logits": found[1]} if top else {"logits": found[0]}

    def gradient(self, request):
        engine = self.loaded()
        structure = engine.structure
        ids = self.sequences(request, one=True)[0]
        hook = request.text("hook", REQUIRED)
        tap = structure.probe([hook])[hook]
        if tap.read_only:
            raise Refusal(f"gradient: {hook} can be read here, not changed: {tap.read_only}")
        given = request.thing("target")
        kind = given.get("kind") if isinstance(given, dict) else None
        if kind == "logit" and set(given) == {"kind", "token"} and is_whole(given["token"], 0, structure.vocabulary - 1):
            target = dict(given)
        elif kind == "cosine" and set(given) == {"kind", "targetHook", "position"} and isinstance(
                given["targetHook"], str) and is_whole(given["position"], -len(ids), len(ids) - 1):
            structure.probe([given["targetHook"]])
            width = structure.widths[given["targetHook"]]
            target = {
                **given, "centre": request.tensor("centre", "F32", [width]), "direction": request.tensor("direction", "F32", [width])}
            if not bool(target["direction"].any()):
                raise Refusal("gradient: direction: expected one with a length, found zeros")
        else:
            raise Refusal(
                f"gradient: target: expected a logit of a token from 0 to {structure.vocabulary - 1}, or a cosine at a targetHook and "
                f"a position of {len(ids)}, found {printable(json.dumps(given)[:80])}")
        request.finished()
        engine.check([ids])
        engine.gradients()
        value, gradient, rows = engine.gradient(ids, hook, target)
        return {"value": value}, {"gradient": gradient, "rows": rows}


HANDLERS = {
    "hello": Server.hello, "load": Server.load, "tokenizer": Server.tokenizer, "tokenize": Server.tokenize, "decode": Server.decode,
    "render": Server.render, "read": Server.read, "continue": Server.continue_, "follow": Server.follow, "lens": Server.lens,
    "gradient": Server.gradient}


def leave(code):
    """Ends this process whatever its other threads do, and leaves no file."""
    discard_all()
    os._exit(code)


def serve(arguments):
    # Standard output is the protocol's alone: whatever libraries print goes to the log.
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import fcntl

        # Linux: fewer turns for rows that are larger than a pipe.
        fcntl.fcntl(outgoing, getattr(fcntl, "F_SETPIPE_SZ", 1031), 1 << 20)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if hasattr(signal, "sigwait"):
        signals = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)

        def end():
            leave(128 + signal.sigwait(signals))

        threading.Thread(target=end, daemon=True).start()
    code = 1
    try:
        code = Server(Wire(incoming, outgoing), arguments).run()
    finally:
        leave(code)


def placement(text):
    """A device map as it is written: a word of accelerate's, or a JSON object."""
    if text is None or not text.lstrip().startswith("{"):
        if text is not None and text not in ("auto", "balanced", "balanced_low_0", "sequential"):
            raise Refusal(
                "--device-map: expected auto, balanced, balanced_low_0, sequential, or a JSON object of devices by names of modules, "
                f"found {printable(text[:80])}")
        return text
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refusal(f"--device-map: expected a JSON object ({error})") from None
    for name, device in found.items():
        if not (isinstance(device, str) or is_whole(device, 0, 1024)):
            raise Refusal(f"--device-map: {printable(name[:80])}: expected a device, found {printable(json.dumps(device)[:80])}")
    return found


def room(text, device_map):
    """How much memory each device may be given, by numbers of accelerators, `cpu` and `mps`."""
    if text is None:
        return None
    if not isinstance(device_map, str):
        raise Refusal("--max-memory: expected --device-map auto beside it, which deals out the modules")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refusal(f"--max-memory: expected a JSON object ({error})") from None
    if not isinstance(found, dict) or not found:
        raise Refusal("--max-memory: expected a JSON object of sizes by devices")
    for device, size in found.items():
        if not re.fullmatch(r"\d{1,4}|cpu|mps|disk", device) or not (
                is_whole(size) or isinstance(size, str) and re.fullmatch(r"\d+(\.\d+)?([KMGT]i?B)", size, re.I)):
            raise Refusal(
                f"--max-memory: expected a size (20GiB, or bytes) of 0, 1, … or cpu, found {printable(device[:40])}: "
                f"{printable(json.dumps(size)[:40])}")
    return {int(device) if device.isdigit() else device: size for device, size in found.items()}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    capture = commands.add_parser("capture", help="write activations of prompts and texts for `exemplar import`")
    capture.add_argument("model", help="a folder, or a name on the hub")
    capture.add_argument("--prompts", action="append", default=[], help="JSON Lines or a JSON array; may be repeated")
    capture.add_argument("--text", action="append", default=[], help="running text, cut into contexts; may be repeated")
    capture.add_argument("--context-length", type=int, default=128, help="tokens of a context of text, a BOS before it not counted")
    capture.add_argument("--documents", choices=["stream", "lines"], default="stream", help="one text a file, or one a line")
    capture.add_argument("--max-tokens", type=int, help="stop before the context of text that would make their tokens more than this")
    capture.add_argument("--max-documents", type=int, help="read at most this many contexts of text")
    capture.add_argument("--hook", action="append", required=True, help="as TransformerLens names it; may be repeated")
    capture.add_argument("-o", "--output", required=True, help="the folder")
    capture.add_argument("--generate", type=int, default=0, help="continue each prompt greedily by at most so many tokens")
    capture.add_argument("--system", help="begin with this system turn")
    capture.add_argument("--rows-as", default="float32", choices=["float32", "bfloat16", "float16"], help="the type of the rows kept")
    hooks = commands.add_parser("hooks", help="say which hooks a model has, each proved on a short text")
    hooks.add_argument("model")
    server = commands.add_parser("serve", help="answer the engine protocol on standard input and output")
    for command in (capture, hooks):
        command.add_argument("--revision", help="a commit, branch or tag of the hub")
        command.add_argument("--adapter", help="a PEFT adapter, merged into the weights")
    for command in (capture, hooks, server):
        command.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16", "auto"])
        command.add_argument("--device", help="cpu, cuda, cuda:1, mps")
        command.add_argument("--device-map", help="as accelerate takes it: auto, or a JSON object of devices (0, cpu, disk) by modules")
        command.add_argument(
            "--max-memory", help='of each device for --device-map auto: a JSON object, {"0": "20GiB", "cpu": "60GiB"}; the rest goes to disk')
        command.add_argument("--batch-tokens", type=int, default=8192, help="tokens at once, padding counted")
    arguments = parser.parse_args(arguments)
    if arguments.command == "capture":
        if not arguments.prompts and not arguments.text:
            parser.error("expected --prompts or --text")
        if arguments.generate < 0 or arguments.generate and not arguments.prompts:
            parser.error("expected --generate of at least 0, of --prompts")
        for name, value, least in (("--max-tokens", arguments.max_tokens, 2), ("--max-documents", arguments.max_documents, 1)):
            if value is not None and (value < least or not arguments.text):
                parser.error(f"expected {name} of {least} or more, of --text")
    if arguments.batch_tokens < 1:
        parser.error("expected --batch-tokens of 1 or more")
    try:
        arguments.device_map = placement(arguments.device_map)
        arguments.max_memory = room(arguments.max_memory, arguments.device_map)
        if arguments.command == "serve":
            return serve(arguments)
        if threading.current_thread() is threading.main_thread():
            # So that what is kept on disk for accelerate goes with it.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        engine = Engine.load(
            arguments.model, revision=arguments.revision, dtype=arguments.dtype, device=arguments.device,
            device_map=arguments.device_map, max_memory=arguments.max_memory, adapter=arguments.adapter,
            batch_tokens=arguments.batch_tokens,
            needs_tokenizer=arguments.command == "capture")
        if arguments.command == "capture":
            Capture(engine, arguments).run()
            return 0
        structure = engine.structure
        for name in ["hook_embed", *(of_block(0, suffix) for suffix in BLOCK_HOOKS), FINAL_HOOK]:
            shown = name.replace("blocks.0.", f"blocks.0-{structure.layers - 1}.")
            if name not in structure.taps:
                print(f"not {structure.refused[name]}")
            elif structure.taps[name].read_only:
                print(f"{shown} (read, not edited: {structure.taps[name].read_only})")
            else:
                print(shown)
    except (Refusal, OutOfMemory, OSError, ValueError, ImportError) as error:
        # What was expected and found, in one line.
        say(f"error: {one_line(error)}")
        return 1
    except KeyboardInterrupt:
        say("interrupted: the same command goes on")
        return 128 + signal.SIGINT
    finally:
        discard_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
