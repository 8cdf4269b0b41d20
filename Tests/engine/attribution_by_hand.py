"""Input × gradient by torch's autograd through transformers, without the worker: what attributions are compared with.

    attribution_by_hand.py MODEL QUESTION ANSWER

QUESTION is a JSON file: `ids`, `layer`, `position`; `centre` and `direction`, or `pickle` and `region` of a dictionary of the reference's;
`token`, whose logit at the last position is differentiated too.
"""

import json
import pickle
import sys

import numpy as np
import torch
import transformers


class Stand:
    """A class of the reference's, without it."""

    def __setstate__(self, state):
        self.__dict__.update(state)


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name) if module.split(".")[0] in ("numpy", "builtins", "collections") else Stand


def target(question):
    if "pickle" not in question:
        return question["centre"], question["direction"]
    with open(question["pickle"], "rb") as file:
        dictionary = Unpickler(file).load()
    return np.asarray(dictionary.center), np.asarray(dictionary.partitions[question["region"]].exemplar_direction)


def main():
    model_path, asked, answered = sys.argv[1:]
    with open(asked) as file:
        question = json.load(file)
    config = transformers.AutoConfig.from_pretrained(model_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        model_path, config=config, dtype=torch.float32, attn_implementation="eager").eval()
    centre, direction = (torch.tensor(np.asarray(each), dtype=torch.float32) for each in target(question))
    embeddings = model.get_input_embeddings()(torch.tensor([question["ids"]])).detach()

    def read(inputs):
        # States of the layers: the first is what the first block takes.
        found = model(inputs_embeds=inputs, output_hidden_states=True, use_cache=False)
        row = found.hidden_states[question["layer"] + 1][0, question["position"]] - centre
        return (row / row.norm() * direction / direction.norm()).sum(), found.logits[0, -1, question.get("token", 0)]

    def attributions(inputs, value):
        return (torch.autograd.grad(value, inputs)[0] * inputs.detach()).sum(-1)[0].tolist()

    first, second = embeddings.clone().requires_grad_(True), embeddings.clone().requires_grad_(True)
    similarity, logit = read(first)[0], read(second)[1]
    with torch.no_grad():
        without = read(torch.zeros_like(embeddings))[0]
    with open(answered, "w") as file:
        json.dump({
            "similarity": float(similarity.detach()), "withoutInput": float(without), "logit": float(logit.detach()),
            "attributions": attributions(first, similarity), "logitAttributions": attributions(second, logit)}, file)


main()
