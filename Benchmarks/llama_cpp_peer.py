"""llama.cpp through the xllamacpp wheel: a peer of the language-model benchmark.

Speaks as transformers_peer.py does, except that it answers with seconds alone and that "layers" is ignored: a prompt
always runs through all of them and the head of its last position. Prompts are processed side by side, one slot each, and nothing is kept from call to call.
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
    import xllamacpp
except ImportError as error:
    answer(error=f"the Python package {error.name} is missing")
    sys.exit(1)


class Peer:
    def load(self, folder, file, threads):
        parameters = xllamacpp.CommonParams()
        parameters.model.path = os.path.join(folder, file)
        parameters.n_parallel = 64
        parameters.n_ctx = 64 * 128
        parameters.n_batch = 2048
        parameters.n_ubatch = 512
        parameters.cpuparams.n_threads = threads
        parameters.cpuparams_batch.n_threads = threads
        parameters.n_gpu_layers = 0
        parameters.cache_ram_mib = 0
        parameters.verbosity = -1
        self.server = xllamacpp.Server(parameters)
        return {"version": f"xllamacpp {xllamacpp.__version__}"}

    def complete(self, prompts, tokens):
        start = time.perf_counter()
        reply = self.server.handle_completions({
            "prompt": prompts, "max_tokens": tokens, "temperature": 0, "ignore_eos": True, "cache_prompt": False,
        })
        seconds = time.perf_counter() - start
        # The reply holds text, and counts the tokens of its first prompt only.
        if len(reply["choices"]) != len(prompts) or reply["usage"]["completion_tokens"] != tokens:
            raise ValueError("llama.cpp wrote another number of tokens: not the same work")
        return {"seconds": seconds}

    def prompt(self, prompts, layers):
        return self.complete(prompts, 1)

    def generate(self, prompts, tokens):
        return self.complete(prompts, tokens)


peer = Peer()
for line in sys.stdin:
    command = json.loads(line)
    answer(**getattr(peer, command.pop("do"))(**command))
