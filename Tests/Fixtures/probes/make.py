"""Probes as torch and scikit-learn write them, with what those libraries say of ten rows."""
import json

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(17)
rows = rng.normal(size=(40, 6))
classes = (rows @ rng.normal(size=6) + rng.normal(size=40) > 0.3).astype(int)
fitted = LogisticRegression(C=0.5).fit(rows, classes)
np.savez("logistic.npz", coef_=fitted.coef_, intercept_=fitted.intercept_)

torch.manual_seed(17)
linear = torch.nn.Linear(6, 1)
save_file({f"probe.{k}": v for k, v in linear.state_dict().items()}, "linear.safetensors")

direction = rng.normal(size=6).astype(np.float32)
np.save("direction.npy", direction)
save_file({k: v for k, v in torch.nn.Linear(6, 2).state_dict().items()}, "two.safetensors")

test = rng.normal(size=(10, 6))
json.dump({
    "rows": test.tolist(),
    "logistic.npz": fitted.predict(test).astype(bool).tolist(),
    "linear.safetensors": (linear.double()(torch.tensor(test))[:, 0] > 0).tolist(),
    "direction.npy": (test @ direction.astype(float) > 0).tolist(),
}, open("expected.json", "w"))
