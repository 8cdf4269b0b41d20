#!/usr/bin/env python3
"""Reads the residual stream of any decoder that transformers loads, for exemplar.

    python exemplar_engine.py capture MODEL --prompts prompts.jsonl --hook blocks.12.hook_resid_post -o folder
    exemplar import folder -o run.epstore

One file, for machines where Python, torch and transformers are, and nothing of exemplar's need be. Python 3.10 or later.

Hooks have TransformerLens' names. Where they lie in a model is found by its structure and then proved on a short text:
what attention and the MLP are said to add has to make the residual stream that leaves the block, bit for bit, or the hook is refused by
name. Nothing is guessed from a model's name.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROBE_IDS = 12
NORM = re.compile(r"norm", re.I)


class Refusal(Exception):
    """What was expected, what was found, and where."""


# MARK: - Where the hooks lie


def of_block(layer: int, suffix: str) -> str:
    return f"blocks.{layer}.{suffix}"


@dataclass
class Tap:
    """What is read at a hook: the input or the output of a module, times a factor."""

    module: object
    side: str
    factor: float = 1.0


def tensor_of(value):
    """The residual stream among what a module takes or gives."""
    import torch

    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, (tuple, list)):
        return next((found for found in map(tensor_of, value) if found is not None), None)
    hidden = getattr(value, "last_hidden_state", None)
    return hidden if isinstance(hidden, torch.Tensor) else None


def taken(arguments, named):
    return named["hidden_states"] if "hidden_states" in named else tensor_of(arguments)


@contextlib.contextmanager
def watching(taps):
    """Keeps what passes by each tap, detached, under its key."""
    seen = {}
    handles = []
    for key, tap in taps.items():

        def note(value, key=key, factor=tap.factor):
            value = tensor_of(value)
            if value is not None:
                value = value.detach()
                seen[key] = value if factor == 1.0 else value * factor

        if tap.side == "input":
            handles.append(
                tap.module.register_forward_pre_hook(
                    lambda module, arguments, named, note=note: note(taken(arguments, named)), with_kwargs=True))
        else:
            handles.append(tap.module.register_forward_hook(lambda module, arguments, given, note=note: note(given)))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


class Structure:
    """Embedding, blocks and final norm of a decoder, and what of each block adds to the residual stream."""

    def __init__(self, model):
        import torch

        self.model = model
        config = model.config
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        self.width = text.hidden_size
        self.layers = text.num_hidden_layers
        self.heads = getattr(text, "num_attention_heads", None)
        self.multiplier = float(getattr(text, "residual_multiplier", None) or 1.0)
        self.blocks = self._find_blocks(torch)
        self.embedding = model.get_input_embeddings()

    def _find_blocks(self, torch):
        lists = [
            (name, module) for name, module in self.model.named_modules()
            if isinstance(module, torch.nn.ModuleList) and len(module) == self.layers and self._is_decoder(module)
        ]
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
        """Taps for the hooks that are asked for, each proved by one forward pass.

        Raises Refusal for a hook that there is not, or that cannot be proved.
        """
        import torch

        wanted, layers = [], set()
        for name in names:
            match = re.fullmatch(r"blocks\.(0|[1-9]\d*)\.(.+)", name)
            if match:
                layer = int(match.group(1))
                if layer >= self.layers:
                    raise Refusal(f"expected a layer from 0 to {self.layers - 1}, found {name}")
                layers.add(layer)
                wanted.append((name, layer, match.group(2)))
            else:
                wanted.append((name, None, name))
        watched = {}
        for layer in layers:
            block = self.blocks[layer]
            watched[layer, "pre"] = Tap(block, "input")
            watched[layer, "post"] = Tap(block, "output")
            for place, child in block.named_children():
                watched[layer, "in", place] = Tap(child, "input")
                watched[layer, "out", place] = Tap(child, "output")
            projection = self.output_projection(layer)
            if projection is not None:
                watched[layer, "z"] = Tap(projection, "input")
                watched[layer, "projected"] = Tap(projection, "output")
            if layer > 0:
                watched[layer, "before"] = Tap(self.blocks[layer - 1], "output")
        watched["embedded"] = Tap(self.embedding, "output")
        watched["first"] = Tap(self.blocks[0], "input")
        watched["last"] = Tap(self.blocks[-1], "output")
        vocabulary = self.embedding.weight.shape[0]
        ids = torch.arange(PROBE_IDS).remainder(max(1, vocabulary - 1)).add(1).clamp(max=vocabulary - 1)[None]
        with torch.no_grad(), watching(watched) as seen:
            run(self.model, ids.to(self.embedding.weight.device))
        return {name: self._tap(name, layer, suffix, seen) for name, layer, suffix in wanted}

    def _tap(self, name, layer, suffix, seen):
        if layer is None:
            if name == "hook_embed":
                return self._embedding(seen)
            raise Refusal(
                f"{name} is not a hook of this worker; those known are hook_embed and of each block hook_resid_pre, "
                "attn.hook_z, hook_attn_out, hook_resid_mid, hook_mlp_out, hook_resid_post")
        block = self.blocks[layer]
        if suffix in ("hook_resid_pre", "hook_resid_post"):
            pre = seen.get((layer, "pre"))
            if pre is None or seen.get((layer, "post")) is None or pre.shape[-1] != self.width:
                raise Refusal(f"{name}: block {layer} does not take and give a residual stream of width {self.width}")
            before = seen.get((layer, "before"))
            if before is not None and not same(before, pre):
                raise Refusal(f"{name}: what block {layer} takes is not what block {layer - 1} gives")
            return Tap(block, "input" if suffix == "hook_resid_pre" else "output")
        if suffix == "attn.hook_z":
            return self._heads(name, layer, seen)
        places = self._additions(layer, seen)
        if suffix == "hook_resid_mid" and places and places.middle is None:
            raise Refusal(f"{name}: attention and MLP run side by side in {type(block).__name__}, and there is nothing between")
        tap = places and {
            "hook_attn_out": places.attention, "hook_resid_mid": places.middle, "hook_mlp_out": places.feed_forward
        }.get(suffix)
        if suffix not in ("hook_attn_out", "hook_resid_mid", "hook_mlp_out"):
            raise Refusal(
                f"{name} is not a hook of this worker; those of a block are hook_resid_pre, attn.hook_z, hook_attn_out, "
                "hook_resid_mid, hook_mlp_out and hook_resid_post")
        if tap is None:
            raise Refusal(
                f"{name}: no parts of {type(block).__name__} could be proved to add up to the residual stream that leaves it")
        return tap

    def _embedding(self, seen):
        embedded, first = seen.get("embedded"), seen.get("first")
        if embedded is None or first is None or embedded.shape != first.shape:
            raise Refusal("hook_embed: the embedding does not give what the first block takes")
        if same(embedded, first):
            return Tap(self.embedding, "output")
        # Scaled by the model, or with learned positions added: only a common factor is the former.
        nonzero = embedded.abs() > 1e-3 * embedded.abs().max()
        ratios = (first[nonzero] / embedded[nonzero]).float()
        if ratios.numel() and (ratios.max() - ratios.min()).abs() <= 2e-2 * ratios.mean().abs():
            return Tap(self.blocks[0], "input")
        return Tap(self.embedding, "output")

    def _heads(self, name, layer, seen):
        z, out = seen.get((layer, "z")), seen.get((layer, "projected"))
        attention = self.attention(layer)
        given = next(
            (seen.get((layer, "out", place)) for place, child in self.blocks[layer].named_children() if child is attention), None)
        if z is None or out is None or given is None or not same(out, given):
            raise Refusal(f"{name}: the heads' outputs side by side could not be proved in {type(attention).__name__}")
        return Tap(self.output_projection(layer), "input")

    @dataclass
    class Additions:
        attention: Tap
        middle: Tap | None
        feed_forward: Tap

    def _additions(self, layer, seen):
        """What attention and the MLP add; None where it cannot be proved."""
        block = self.blocks[layer]
        children = [(place, child) for place, child in block.named_children()]
        pre, post = seen[layer, "pre"], seen[layer, "post"]
        outs = [(place, child, seen.get((layer, "out", place))) for place, child in children]
        outs = [(place, child, out) for place, child, out in outs if out is not None and out.shape == pre.shape]
        ins = [(child, seen.get((layer, "in", place))) for place, child in children]
        ins = [(child, value) for child, value in ins if value is not None and value.shape == pre.shape]
        factor = self.multiplier
        for _, child, out in outs:
            middle = pre + out * factor if factor != 1.0 else pre + out
            at = next((later for later, value in ins if later is not child and same(value, middle)), None)
            if at is None or same(middle, pre):
                continue
            for _, other, added in outs:
                whole = middle + added * factor if factor != 1.0 else middle + added
                if other is not child and same(whole, post):
                    return self.Additions(Tap(child, "output", factor), Tap(at, "input"), Tap(other, "output", factor))
        attention = self.attention(layer)
        for _, child, out in outs:
            if child is not attention:
                continue
            for _, other, added in outs:
                sums = (added + out + pre, out + added + pre, pre + out + added, pre + added + out, pre + (out + added))
                if other is not child and any(same(each, post) for each in sums):
                    return self.Additions(Tap(child, "output"), None, Tap(other, "output"))
        return None


def same(first, second):
    import torch

    if first.shape != second.shape:
        return False
    return torch.equal(first.to(second.device, second.dtype), second)


def run(model, ids, mask=None, **more):
    """The decoder, and the head only where more is asked for."""
    import inspect

    parameters = inspect.signature(model.forward).parameters
    if "logits_to_keep" in parameters:
        more.setdefault("logits_to_keep", 1)
    elif "num_logits_to_keep" in parameters:
        more.setdefault("num_logits_to_keep", 1)
    return model(input_ids=ids, attention_mask=mask, use_cache=False, **more)


# MARK: - The model


class Engine:
    """A model with its tokenizer, on its device."""

    def __init__(self, name, *, revision=None, dtype="float32", device=None, device_map=None, adapter=None):
        import torch
        import transformers

        self.name = name
        settings = {"revision": revision, "trust_remote_code": False}
        version = tuple(int(part) for part in re.findall(r"\d+", transformers.__version__)[:2])
        kind = None if dtype == "auto" else getattr(torch, dtype)
        settings["dtype" if version >= (4, 56) else "torch_dtype"] = "auto" if kind is None else kind
        if device_map:
            settings["device_map"] = device_map
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
        model = transformers.AutoModelForCausalLM.from_pretrained(name, **settings)
        self.stops = self._stops(model)
        # A greedy answer is that of the model alone: no penalty or sampling of a file beside it.
        model.generation_config = transformers.GenerationConfig()
        if adapter:
            import peft

            model = peft.PeftModel.from_pretrained(model, adapter).merge_and_unload()
        if not device_map:
            model = model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.model = model.eval()
        self.structure = Structure(self.model)
        self.device = self.structure.embedding.weight.device
        self.adapter = adapter
        self.facts = self._facts(torch, transformers, revision)

    def _stops(self, model):
        stops = set()
        for value in (
            getattr(model.generation_config, "eos_token_id", None), getattr(model.config, "eos_token_id", None),
            self.tokenizer.eos_token_id,
        ):
            stops.update(value if isinstance(value, (list, tuple)) else [] if value is None else [value])
        return sorted(stops)

    def _facts(self, torch, transformers, revision):
        where = str(self.device)
        if self.device.type == "cuda":
            where = f"{where} {torch.cuda.get_device_name(self.device)}"
        dtype = str(next(self.model.parameters()).dtype).removeprefix("torch.")
        facts = {
            "engine": f"transformers {transformers.__version__}, torch {torch.__version__}, {where}, {dtype}",
            "model": Path(self.name).name if Path(self.name).is_dir() else self.name,
            "architecture": self.model.config.model_type,
        }
        commit = getattr(self.model.config, "_commit_hash", None) or revision
        if commit:
            facts["revision"] = commit
        if Path(self.name).is_dir():
            digest = hash_of_weights(Path(self.name), "*.safetensors")
            if digest:
                facts["modelHash"] = digest
        if self.adapter:
            facts["adapter"] = Path(self.adapter).name
            digest = hash_of_weights(Path(self.adapter), "adapter_model.safetensors")
            if digest:
                facts["adapterHash"] = digest
        return facts

    # MARK: Texts

    def template(self):
        text = self.tokenizer.chat_template
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

    # MARK: Reading

    def read(self, sequences, taps):
        """Rows of each hook, of each sequence: `[{hook: [tokens, width]}]`, as float32 on the CPU."""
        import torch

        longest = max(map(len, sequences))
        pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else 0
        # What comes after a token changes nothing of it, so padding stands at the end.
        ids = torch.full((len(sequences), longest), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, sequence in enumerate(sequences):
            ids[row, : len(sequence)] = torch.tensor(sequence)
            mask[row, : len(sequence)] = 1
        with torch.no_grad(), watching(taps) as seen:
            run(self.model, ids.to(self.device), mask.to(self.device))
        rows = []
        for row, sequence in enumerate(sequences):
            rows.append({name: seen[name][row, : len(sequence)].float().cpu() for name in taps})
        return rows

    def generate(self, sequences, limit):
        """Greedy continuations, as ids without what ends them."""
        import torch

        longest = max(map(len, sequences))
        pad = self.tokenizer.pad_token_id
        pad = pad if pad is not None else (self.stops[0] if self.stops else 0)
        ids = torch.full((len(sequences), longest), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, sequence in enumerate(sequences):
            ids[row, longest - len(sequence):] = torch.tensor(sequence)
            mask[row, longest - len(sequence):] = 1
        with torch.no_grad():
            given = self.model.generate(
                input_ids=ids.to(self.device), attention_mask=mask.to(self.device), do_sample=False, num_beams=1,
                max_new_tokens=limit, eos_token_id=self.stops or None, pad_token_id=pad)
        answers = []
        for row in given[:, longest:].tolist():
            stop = next((index for index, token in enumerate(row) if token in self.stops), len(row))
            answers.append(row[:stop])
        return answers

    def batches(self, lengths, budget):
        """Indices of the sequences, together at most `budget` tokens with their padding, in order."""
        batch, longest = [], 0
        for index, length in enumerate(lengths):
            if batch and max(longest, length) * (len(batch) + 1) > budget:
                yield batch
                batch, longest = [], 0
            batch.append(index)
            longest = max(longest, length)
        if batch:
            yield batch


def halving(work, items, say):
    """The results of `work` on all items; where memory runs out, on one half after the other."""
    import torch

    try:
        return work(items)
    except (torch.cuda.OutOfMemoryError, RuntimeError) as error:
        if "out of memory" not in str(error).lower() and not isinstance(error, torch.cuda.OutOfMemoryError):
            raise
        if len(items) == 1:
            raise Refusal("one sequence alone is too much for the device's memory") from error
    torch.cuda.empty_cache()
    half = len(items) // 2
    say(f"the device's memory ran out with {len(items)} sequences: {half} at once from here")
    return halving(work, items[:half], say) + halving(work, items[half:], say)


# MARK: - Files


def hash_of_weights(folder, pattern):
    """As exemplar has it: of the one file, or else of the lines `NAME HASH` of its files by name."""
    files = sorted(folder.glob(pattern))
    digests = []
    for file in files:
        digest = hashlib.sha256()
        with open(file, "rb") as opened:
            while chunk := opened.read(1 << 22):
                digest.update(chunk)
        digests.append(digest.hexdigest())
    if len(digests) < 2:
        return digests[0] if digests else None
    lines = "".join(f"{file.name} {digest}\n" for file, digest in zip(files, digests))
    return hashlib.sha256(lines.encode()).hexdigest()


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
    messages: list
    fields: dict = field(default_factory=dict)


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


# MARK: - capture


class Capture:
    """Prompts to a folder that `exemplar import` takes, unit by unit; begun again, it goes on where it stopped."""

    UNIT = 64

    def __init__(self, engine, arguments):
        self.engine = engine
        self.arguments = arguments
        self.folder = Path(arguments.output)
        self.taps = engine.structure.probe(arguments.hook)
        self.documents = [document for path in arguments.prompts for document in read_prompts(path, arguments.system)]
        names = [document.id for document in self.documents]
        doubled = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if doubled is not None:
            raise Refusal(f"two prompts have the id {doubled}")

    def record(self):
        facts = dict(self.engine.facts)
        template = self.engine.template()
        if template is None:
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
        facts["hooks"] = list(self.arguments.hook)
        facts["inputs"] = [
            f"prompts {Path(path).name} {hashlib.sha256(Path(path).read_bytes()).hexdigest()}" for path in self.arguments.prompts]
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
        with open(lines, "a+b") as written:
            for start in range(self.done(written), len(self.documents), self.UNIT):
                unit = self.documents[start: start + self.UNIT]
                written.write(self.unit(unit, start // self.UNIT))
                written.flush()
                os.fsync(written.fileno())
                say(f"{min(start + self.UNIT, len(self.documents))} of {len(self.documents)} documents", end="\r")
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

    def unit(self, documents, number):
        import torch
        from safetensors.torch import save_file

        engine, prepared = self.engine, []
        for document in documents:
            text, add_special = engine.render(document.messages)
            ids, ends = engine.tokenize(text, add_special)
            if not ids:
                raise Refusal(f"prompt {document.id}: no tokens")
            limit = getattr(engine.model.config, "max_position_embeddings", None)
            if limit and len(ids) + self.arguments.generate > limit:
                raise Refusal(f"prompt {document.id}: {len(ids)} tokens and {self.arguments.generate} new ones, the model takes {limit}")
            prepared.append((text, ids, ends))
        sequences = [ids for _, ids, _ in prepared]
        rows, answers = [], []
        for batch in engine.batches([len(ids) for ids in sequences], self.arguments.batch_tokens):
            chosen = [sequences[index] for index in batch]
            rows += halving(lambda items: engine.read(items, self.taps), chosen, say)
            if self.arguments.generate:
                answers += halving(lambda items: engine.generate(items, self.arguments.generate), chosen, say)
        tensors = {name: torch.cat([row[name] for row in rows]).contiguous() for name in self.taps}
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise Refusal(f"{name}: a value is not finite; {self.engine.facts['engine']} overflowed")
        temporary = self.folder / f".rows-{number:05d}.partial"
        save_file(tensors, temporary)
        synced(temporary)
        os.replace(temporary, self.folder / f"rows-{number:05d}.safetensors")
        lines = []
        for index, (document, (text, ids, ends)) in enumerate(zip(documents, prepared)):
            line = {"id": document.id, "set": document.set, **document.fields, "text": text, "ids": ids}
            if ends is not None:
                line["ends"] = ends
            if answers:
                line["continuation"] = engine.tokenizer.decode(answers[index], skip_special_tokens=True)
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
        return "".join(lines).encode("utf-8", "surrogatepass")


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


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    capture = commands.add_parser("capture", help="write activations of prompts for `exemplar import`")
    capture.add_argument("model", help="a folder, or a name on the hub")
    capture.add_argument("--prompts", action="append", required=True, help="JSON Lines or a JSON array; may be repeated")
    capture.add_argument("--hook", action="append", required=True, help="as TransformerLens names it; may be repeated")
    capture.add_argument("-o", "--output", required=True, help="the folder")
    capture.add_argument("--generate", type=int, default=0, help="continue each prompt greedily by at most so many tokens")
    capture.add_argument("--system", help="begin with this system turn")
    capture.add_argument("--batch-tokens", type=int, default=8192, help="tokens at once, padding counted")
    for command in (capture, commands.add_parser("hooks", help="say which hooks a model has, each proved on a short text")):
        if command is not capture:
            command.add_argument("model")
        command.add_argument("--revision", help="a commit, branch or tag of the hub")
        command.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16", "auto"])
        command.add_argument("--device", help="cpu, cuda, cuda:1, mps")
        command.add_argument("--device-map", help="as accelerate takes it: auto, or a JSON object")
        command.add_argument("--adapter", help="a PEFT adapter, merged into the weights")
    arguments = parser.parse_args(arguments)
    device_map = arguments.device_map
    if device_map and device_map.lstrip().startswith("{"):
        device_map = json.loads(device_map)
    try:
        engine = Engine(
            arguments.model, revision=arguments.revision, dtype=arguments.dtype, device=arguments.device,
            device_map=device_map, adapter=arguments.adapter)
        if arguments.command == "capture":
            Capture(engine, arguments).run()
            return 0
        for name in ["hook_embed"] + [
                of_block(0, suffix) for suffix in (
                    "hook_resid_pre", "attn.hook_z", "hook_attn_out", "hook_resid_mid", "hook_mlp_out", "hook_resid_post")]:
            try:
                engine.structure.probe([name])
                print(name.replace("blocks.0.", f"blocks.0-{engine.structure.layers - 1}."))
            except Refusal as refusal:
                print(f"not {refusal}")
    except (Refusal, OSError, ValueError, ImportError) as error:
        # What was expected and found, in one line.
        say(f"error: {' '.join(str(error).split())}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
