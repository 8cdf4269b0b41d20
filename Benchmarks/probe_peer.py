"""scikit-learn's LogisticRegression on the same rows: a line `ROWS CLASSES` of files in, `seconds weight` out.

The weight is the largest, to see that both solved the same problem.
"""

import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

for line in sys.stdin:
    rows, classes = line.split()
    x = StandardScaler().fit_transform(np.load(rows).astype(np.float64))
    y = np.load(classes)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        model = LogisticRegression(C=1.0, tol=1e-6, max_iter=1000).fit(x, y)
        times.append(time.perf_counter() - start)
    print(f"{min(times):.6f} {np.abs(model.coef_).max():.9f}", flush=True)
