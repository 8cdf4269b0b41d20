"""Spherical and planar Voronoi cells and scaled distances, by SciPy and scikit-learn.

    python make.py        # numpy, scipy, scikit-learn
"""

import json
from pathlib import Path

import numpy as np
from scipy.spatial import SphericalVoronoi, Voronoi
from sklearn.decomposition import PCA

HERE = Path(__file__).parent
random = np.random.default_rng(3)
unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)


def cells(points):
    found = SphericalVoronoi(points, radius=1.0, center=np.zeros(3))
    return [np.round(found.vertices[r], 12).tolist() for r in found.regions]


directions = unit(random.standard_normal((60, 12)) + 0.4)
points = unit(PCA(n_components=3).fit_transform(directions))
flat = random.standard_normal((30, 2))
plane = Voronoi(flat)
bounded = {str(i): plane.vertices[plane.regions[r]].tolist() for i, r in enumerate(plane.point_region)
           if plane.regions[r] and -1 not in plane.regions[r]}
known = random.standard_normal((9, 2))
golden = {
    "directions": directions.tolist(), "points": points.tolist(), "cells": cells(points),
    "few": unit(random.standard_normal((7, 3))).tolist(), "flat": flat.tolist(), "bounded": bounded,
    "distances": np.linalg.norm(known[:, None] - known[None], axis=2).tolist(),
    "explained": PCA(n_components=3).fit(directions).explained_variance_ratio_.tolist(),
}
golden["fewCells"] = cells(np.array(golden["few"]))
(HERE / "golden.json").write_text(json.dumps(golden) + "\n")
