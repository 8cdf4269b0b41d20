"""Streaming build by leader clustering, in numpy: the peer of the build benchmark.

Written from the description of the method, the way one writes it in numpy: distances of a whole batch to all
exemplars at once, then bookkeeping region by region. Reads commands from standard input, one a line, and answers
each with the seconds that it took:

    load EXEMPLARS.npy   start with these unit exemplars
    add BATCH.npy        add a batch; prints seconds, regions founded and K
    quit
"""

import sys
import time

import numpy as np

RESERVOIR = 30


class Build:
    def __init__(self, exemplars, threshold):
        self.exemplars = exemplars
        self.threshold = threshold
        count = len(exemplars)
        self.counts = [1] * count
        self.means = [e.copy() for e in exemplars]
        self.coherences = [1.0] * count
        self.sums = [0.0] * count
        self.squares = [0.0] * count
        self.members = [[] for _ in range(count)]
        self.samples = [[] for _ in range(count)]
        self.activations = 0
        self.random = np.random.default_rng(0)

    def record(self, region, directions, rows, distances):
        total = self.counts[region] + len(rows)
        before = self.coherences[region] * self.counts[region] * self.means[region]
        mean = (before + directions[rows].sum(axis=0)) / total
        coherence = float(np.linalg.norm(mean))
        self.means[region] = mean / (coherence + 1e-12)
        self.coherences[region] = coherence
        self.counts[region] = total
        self.sums[region] += float(distances.sum())
        self.squares[region] += float((distances**2).sum())
        self.members[region].extend((rows + self.activations).tolist())

    def found(self, direction, row):
        self.exemplars = np.concatenate([self.exemplars, direction[None]])
        self.counts.append(1)
        self.means.append(direction.copy())
        self.coherences.append(1.0)
        self.sums.append(0.0)
        self.squares.append(0.0)
        self.members.append([self.activations + row])
        self.samples.append([])
        return len(self.counts) - 1

    def add(self, batch, centre):
        centred = batch - centre
        directions = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-12)
        distances = 1.0 - directions @ self.exemplars.T
        nearest = distances.argmin(axis=1)
        smallest = distances.min(axis=1)
        regions = np.full(len(batch), -1)
        joined = smallest <= self.threshold
        regions[joined] = nearest[joined]
        rows = np.flatnonzero(joined)
        for region in np.unique(nearest[joined]):
            mine = rows[nearest[rows] == region]
            self.record(region, directions, mine, smallest[mine])
        founded = self.cluster(directions, np.flatnonzero(~joined), regions)
        rolls = self.random.random(len(batch))
        slots = self.random.integers(0, RESERVOIR, len(batch))
        for row, region in enumerate(regions):
            kept = self.samples[region]
            if len(kept) < RESERVOIR:
                kept.append(directions[row].copy())
            elif rolls[row] < RESERVOIR / self.counts[region]:
                kept[slots[row]] = directions[row].copy()
        self.activations += len(batch)
        return founded

    def cluster(self, directions, rows, regions):
        if not len(rows):
            return 0
        similar = directions[rows] @ directions[rows].T
        leaders, ids = [], []
        for i, row in enumerate(rows):
            if leaders:
                best = int(np.argmax(similar[i, leaders]))
                if similar[i, leaders[best]] >= 1 - self.threshold:
                    regions[row] = ids[best]
                    distance = np.array([1 - similar[i, leaders[best]]])
                    self.record(ids[best], directions, np.array([row]), distance)
                    continue
            leaders.append(i)
            ids.append(self.found(directions[row], row))
            regions[row] = ids[-1]
        return len(leaders)


def main():
    threshold = float(sys.argv[1])
    build = None
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "quit":
            break
        values = np.load(arguments[0])
        if command == "load":
            build = Build(values, threshold)
            print(np.__version__, flush=True)
            continue
        start = time.perf_counter()
        founded = build.add(values, np.zeros(values.shape[1], np.float32))
        print(time.perf_counter() - start, founded, len(build.counts), flush=True)


if __name__ == "__main__":
    main()
