/// The ten contexts of a region with the smallest keys evicted first, in the order the reference keeps them.
///
/// The reference keeps binary heaps of (key, prompt, position) and shows them sorted by key alone, so which of several
/// equally distant contexts survive, and in which order they show, follows from its heap. Contexts of identical
/// activations are common (every chat prompt opens with the same tokens); hence the same sifting here.
struct ContextHeap: Sendable {
  static let capacity = 10

  struct Entry: Sendable {
    /// −distance for the closest, +distance for the farthest.
    var key: Float
    var document: Int32
    var position: Int32
  }

  private(set) var entries: [Entry] = []

  /// Offers an entry; when full, it must beat the smallest key strictly.
  mutating func offer(_ entry: Entry, texts: [String]) {
    if entries.count < Self.capacity {
      entries.append(entry)
      siftTowardsRoot(from: entries.count - 1, texts)
    } else if entry.key > entries[0].key {
      entries[0] = entry
      siftTowardsLeaf(from: 0, texts)
    }
  }

  /// Takes in another region's contexts, keeping the largest keys; among equals this heap's come first.
  mutating func merge(_ other: ContextHeap, texts: [String]) {
    let all = entries + other.entries
    let order = all.indices.sorted { (all[$1].key, $0) < (all[$0].key, $1) }
    entries = order.prefix(Self.capacity).map { all[$0] }
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) {
      siftTowardsLeaf(from: index, texts)
    }
  }

  /// Largest key first; equals in heap order.
  var sorted: [Entry] {
    let order = entries.indices.sorted { (entries[$1].key, $0) < (entries[$0].key, $1) }
    return order.map { entries[$0] }
  }

  private func precedes(_ a: Entry, _ b: Entry, _ texts: [String]) -> Bool {
    if a.key != b.key { return a.key < b.key }
    if a.document != b.document, a.document >= 0, b.document >= 0 {
      let (left, right) = (texts[Int(a.document)], texts[Int(b.document)])
      // Python orders strings by code point, which is the order of their UTF-8 bytes.
      if left.utf8.lexicographicallyPrecedes(right.utf8) { return true }
      if right.utf8.lexicographicallyPrecedes(left.utf8) { return false }
    }
    return a.position < b.position
  }

  private mutating func siftTowardsRoot(from start: Int, to top: Int = 0, _ texts: [String]) {
    let entry = entries[start]
    var index = start
    while index > top {
      let parent = (index - 1) / 2
      guard precedes(entry, entries[parent], texts) else { break }
      entries[index] = entries[parent]
      index = parent
    }
    entries[index] = entry
  }

  private mutating func siftTowardsLeaf(from start: Int, _ texts: [String]) {
    let entry = entries[start]
    var index = start
    while 2 * index + 1 < entries.count {
      var child = 2 * index + 1
      if child + 1 < entries.count, !precedes(entries[child], entries[child + 1], texts) {
        child += 1
      }
      entries[index] = entries[child]
      index = child
    }
    entries[index] = entry
    siftTowardsRoot(from: index, to: start, texts)
  }
}
