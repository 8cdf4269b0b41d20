/// A piece of a word while its pairs are being merged.
struct MergeSymbol {
  /// -1 for text that no piece spells.
  var id: Int32
  /// Byte range in the buffer that is being encoded.
  var start: Int32
  var end: Int32
}

/// Which adjacent pairs may merge, and how early.
protocol PairRanking {
  /// The merge of two neighbours, or `nil`. Lower ranks merge first; at equal rank the leftmost
  /// pair does.
  func merge(_ left: MergeSymbol, _ right: MergeSymbol) -> MergeTable.Merge?
}

/// Scratch for merging the symbols of one word; reused from word to word.
struct PairMerger {
  var symbols: [MergeSymbol] = []
  private var merges: [MergeTable.Merge] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  private var queue = MergeQueue()

  /// Up to here a scan for the lowest rank is quicker than a heap.
  static let longestScan = 40

  private static let none = MergeTable.Merge(rank: .max, id: -1)

  /// Merges `symbols` until no pair of neighbours may merge.
  ///
  /// - Complexity: O(n log n) in the number of symbols.
  mutating func run(_ ranking: borrowing some PairRanking, longestScan: Int = Self.longestScan) {
    if symbols.count < 2 { return }
    if symbols.count <= longestScan {
      mergeByScan(ranking)
    } else {
      mergeByQueue(ranking)
    }
  }

  private mutating func mergeByScan(_ ranking: borrowing some PairRanking) {
    var count = symbols.count
    merges.removeAll(keepingCapacity: true)
    for index in 0..<(count - 1) {
      merges.append(ranking.merge(symbols[index], symbols[index + 1]) ?? Self.none)
    }
    while count > 1 {
      var best = 0
      for index in 1..<max(1, count - 1) where merges[index].rank < merges[best].rank {
        best = index
      }
      guard merges[best].id >= 0 else { break }
      symbols[best].id = merges[best].id
      symbols[best].end = symbols[best + 1].end
      symbols.remove(at: best + 1)
      merges.remove(at: best)
      count -= 1
      if best > 0 {
        merges[best - 1] = ranking.merge(symbols[best - 1], symbols[best]) ?? Self.none
      }
      if best + 1 < count {
        merges[best] = ranking.merge(symbols[best], symbols[best + 1]) ?? Self.none
      }
    }
  }

  private mutating func mergeByQueue(_ ranking: borrowing some PairRanking) {
    let count = symbols.count
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    queue.removeAll()
    for index in 0..<count {
      next.append(index + 1 < count ? Int32(index + 1) : -1)
      previous.append(Int32(index - 1))
    }
    for index in 0..<(count - 1) { enqueue(index, index + 1, ranking) }
    while let candidate = queue.removeFirst() {
      let left = candidate.position
      // A pair is stale when either of its symbols has grown since: its span tells.
      let right = Int(next[left])
      guard right >= 0, symbols[right].end == candidate.end else { continue }
      symbols[left].id = candidate.id
      symbols[left].end = candidate.end
      symbols[right].start = -1
      next[left] = next[right]
      next[right] = -1
      let after = Int(next[left])
      if after >= 0 {
        previous[after] = Int32(left)
        enqueue(left, after, ranking)
      }
      if previous[left] >= 0 { enqueue(Int(previous[left]), left, ranking) }
    }
    symbols.removeAll { $0.start < 0 }
  }

  private mutating func enqueue(
    _ left: Int, _ right: Int, _ ranking: borrowing some PairRanking
  ) {
    guard let merge = ranking.merge(symbols[left], symbols[right]) else { return }
    queue.insert(
      MergeQueue.Candidate(
        order: UInt64(merge.rank) << 32 | UInt64(left), end: symbols[right].end, id: merge.id))
  }
}

/// A binary heap of possible merges, lowest rank first, then leftmost.
struct MergeQueue {
  struct Candidate {
    /// The rank above, the index of the left symbol below.
    var order: UInt64
    /// Where the pair ended when it was queued.
    var end: Int32
    var id: Int32

    var position: Int { Int(order & 0xFFFF_FFFF) }
  }

  private var heap: [Candidate] = []

  mutating func removeAll() {
    heap.removeAll(keepingCapacity: true)
  }

  mutating func insert(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[parent].order > candidate.order else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = candidate
  }

  mutating func removeFirst() -> Candidate? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    let count = heap.count
    guard count > 0 else { return first }
    var parent = 0
    while true {
      var child = parent * 2 + 1
      guard child < count else { break }
      if child + 1 < count, heap[child + 1].order < heap[child].order { child += 1 }
      guard heap[child].order < last.order else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return first
  }
}
