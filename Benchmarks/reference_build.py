"""Streaming build by leader clustering, in numpy: the peer of the build benchmark.

Written from the description of the method, the way one writes it in numpy: distances of a whole batch to all
exemplars at once, then bookkeeping region by region, and activation by activation for its contexts and samples. Keeps
all that the method says is kept of a region. Reads commands from standard input, one a line, and answers
each with the seconds that it took:

    load EXEMPLARS.npy   start with these unit exemplars
    add BATCH.npy        add a batch; prints seconds, regions founded and K
    quit
"""

import heapq
import random
import sys
import time

import numpy as np

CONTEXTS = 10
RESERVOIR = 30
BATCH = 2000
ROWS_PER_DOCUMENT = 125


def keep(heap, entry):
    """The contexts with the largest keys."""
    if len(heap) < CONTEXTS:
        heapq.heappush(heap, entry)
    elif entry[0] > heap[0][0]:
        heapq.heapreplace(heap, entry)


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
        self.batches = [{row // BATCH} for row in range(count)]
        self.members = [[row] for row in range(count)]
        self.samples = [[e.copy()] for e in exemplars]
        self.sampled = [1] * count
        self.closest = [[(-0.0, *self.context(row))] for row in range(count)]
        self.farthest = [[(0.0, *self.context(row))] for row in range(count)]
        self.activations = count
        self.batch = -(-count // BATCH)
        self.random = random.Random(0)

    def context(self, activation):
        """The document and the position in it of an activation of the stream."""
        return f"document {activation // ROWS_PER_DOCUMENT}", activation % ROWS_PER_DOCUMENT

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
        self.batches[region].add(self.batch)
        self.members[region].extend((rows + self.activations).tolist())
        for row, distance in zip(rows.tolist(), distances.tolist()):
            prompt, position = self.prompts[row], self.positions[row]
            keep(self.closest[region], (-distance, prompt, position))
            keep(self.farthest[region], (distance, prompt, position))

    def found(self, direction, row):
        self.exemplars = np.concatenate([self.exemplars, direction[None]])
        self.counts.append(1)
        self.means.append(direction.copy())
        self.coherences.append(1.0)
        self.sums.append(0.0)
        self.squares.append(0.0)
        self.batches.append({self.batch})
        self.members.append([self.activations + row])
        self.samples.append([])
        self.sampled.append(0)
        self.closest.append([(-0.0, self.prompts[row], self.positions[row])])
        self.farthest.append([(0.0, self.prompts[row], self.positions[row])])
        return len(self.counts) - 1

    def sample(self, region, direction):
        """Algorithm R."""
        kept = self.samples[region]
        self.sampled[region] += 1
        if len(kept) < RESERVOIR:
            kept.append(direction.copy())
            return
        slot = self.random.randrange(self.sampled[region])
        if slot < RESERVOIR:
            kept[slot] = direction.copy()

    def add(self, batch, prompts, positions, centre):
        self.prompts, self.positions = prompts, positions
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
        for row, region in enumerate(regions.tolist()):
            self.sample(region, directions[row])
        self.activations += len(batch)
        self.batch += 1
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
        rows = range(build.activations, build.activations + len(values))
        prompts, positions = zip(*(build.context(row) for row in rows))
        centre = np.zeros(values.shape[1], np.float32)
        start = time.perf_counter()
        founded = build.add(values, prompts, positions, centre)
        print(time.perf_counter() - start, founded, len(build.counts), flush=True)


if __name__ == "__main__":
    main()
