"""The transformers library in float32: the peer of the language-model benchmark.

Reads commands from standard input, a JSON object a line, and answers each with a JSON object:

    {"do": "load", "folder": F, "file": G, "threads": N}
    {"do": "prompt", "prompts": [[id, ...], ...], "layers": N}   runs the first N layers, keeps what leaves the last
    {"do": "generate", "prompts": [[id, ...], ...], "tokens": N}  continues greedily, never ends early

Seconds cover all that a call takes from lists of ids to rows or ids: padding, the attention mask and the model.
"""

import json
import os
import sys
import time

# Only answers may reach the reader of standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(**fields):
    answers.write(json.dumps(fields) + "\n")
    answers.flush()


try:
    import torch
    import transformers
    import gguf  # noqa: F401 (transformers reads GGUF files with it)
    import accelerate  # noqa: F401 (and asks for this one)
except ImportError as error:
    answer(error=f"the Python package {error.name} is missing")
    sys.exit(1)

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


class Peer:
    def load(self, folder, file, threads):
        torch.set_num_threads(threads)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=file, dtype=torch.float32
        )
        self.model.eval()
        # With no end token neither side stops before the number of tokens asked for.
        self.model.generation_config.eos_token_id = None
        self.model.generation_config.pad_token_id = 0
        self.layers = self.model.model.layers
        return {"version": f"transformers {transformers.__version__}, torch {torch.__version__}"}

    def pad(self, prompts, left):
        longest = max(map(len, prompts))
        ids = torch.zeros(len(prompts), longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            part = slice(longest - len(prompt), None) if left else slice(len(prompt))
            ids[row, part] = torch.tensor(prompt)
            mask[row, part] = 1
        return ids, mask

    def prompt(self, prompts, layers):
        base = self.model.model
        kept = []

        def keep(module, arguments, output):
            kept.append(output[0] if isinstance(output, tuple) else output)

        base.layers = self.layers[:layers]
        base.config.num_hidden_layers = layers
        handle = base.layers[-1].register_forward_hook(keep)
        start = time.perf_counter()
        ids, mask = self.pad(prompts, left=False)
        base(input_ids=ids, attention_mask=mask, use_cache=False)
        rows = kept[0][mask.bool()]
        seconds = time.perf_counter() - start
        handle.remove()
        base.layers = self.layers
        base.config.num_hidden_layers = len(self.layers)
        return {"seconds": seconds, "rows": len(rows), "last": rows[-1].tolist()}

    def generate(self, prompts, tokens):
        start = time.perf_counter()
        ids, mask = self.pad(prompts, left=True)
        output = self.model.generate(
            input_ids=ids, attention_mask=mask, do_sample=False, use_cache=True,
            max_new_tokens=tokens, min_new_tokens=tokens,
        )
        new = output[:, ids.shape[1] :].tolist()
        return {"seconds": time.perf_counter() - start, "ids": new}


peer = Peer()
with torch.inference_mode():
    for line in sys.stdin:
        command = json.loads(line)
        answer(**getattr(peer, command.pop("do"))(**command))
