"""scipy's linear_sum_assignment on the same cosines: a line `ROWS COLUMNS FILE` in, `seconds objective` out."""

import sys
import time

import numpy as np
from scipy.optimize import linear_sum_assignment

for line in sys.stdin:
    rows, columns, file = line.rstrip("\n").split(" ", 2)
    similarity = np.fromfile(file, dtype=np.float32).reshape(int(rows), int(columns))
    cost = -similarity
    start = time.perf_counter()
    rows, columns = linear_sum_assignment(cost)
    seconds = time.perf_counter() - start
    objective = similarity[rows, columns].astype(np.float64).sum()
    print(f"{seconds:.9f} {objective!r}", flush=True)
