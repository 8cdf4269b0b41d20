/// One context among those a region keeps.
struct ContextEntry: BitwiseCopyable, Sendable {
  /// −distance for the closest, +distance for the farthest.
  var key: Float
  var document: Int32
  var position: Int32
}

/// The ten contexts of each region with the smallest keys evicted first, in the order the reference keeps them.
///
/// The reference keeps binary heaps of (key, prompt, position) and shows them sorted by key alone, so which of several
/// equally distant contexts survive, and in which order they show, follows from its heap. Contexts of identical
/// activations are common (every chat prompt opens with the same tokens); hence the same sifting here.
struct ContextHeaps: Sendable {
  static let capacity = 10

  private(set) var heaps = ShortLists<ContextEntry>(longest: capacity)

  init() {}

  /// Goes on with heaps as they were.
  init(_ heaps: ShortLists<ContextEntry>) { self.heaps = heaps }

  /// The entries of one region, in heap order.
  subscript(region: Int) -> ArraySlice<ContextEntry> { heaps[region] }

  mutating func addRegion() { heaps.addList() }

  /// Keeps the regions named, in the order named; the others have been merged.
  mutating func keep(_ regions: [Int]) { heaps.keep(regions) }

  /// Offers an entry; when full, it must beat the smallest key strictly.
  mutating func offer(_ entry: ContextEntry, to region: Int, texts: [String]) {
    let isFull = heaps.count(of: region) == Self.capacity
    if !isFull { heaps.append(entry, to: region) }
    heaps.withList(region) { entries in
      if !isFull {
        siftTowardsRoot(entries, from: entries.count - 1, texts)
      } else if entry.key > entries[0].key {
        entries[0] = entry
        siftTowardsLeaf(entries, from: 0, texts)
      }
    }
  }

  /// Moves a region's contexts to another, which keeps the largest keys; among equals its own come first.
  mutating func merge(_ source: Int, into target: Int, texts: [String]) {
    let all = Array(heaps[target]) + heaps[source]
    heaps.removeAll(source)
    heaps.replace(target, by: Self.sorted(all).prefix(Self.capacity))
    heaps.withList(target) { entries in
      for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) {
        siftTowardsLeaf(entries, from: index, texts)
      }
    }
  }

  /// One region's entries, largest key first; equals in heap order.
  func sorted(_ region: Int) -> [ContextEntry] { Self.sorted(Array(heaps[region])) }

  private static func sorted(_ entries: [ContextEntry]) -> [ContextEntry] {
    let order = entries.indices.sorted { (entries[$1].key, $0) < (entries[$0].key, $1) }
    return order.map { entries[$0] }
  }
}

private typealias Entries = UnsafeMutableBufferPointer<ContextEntry>

private func precedes(_ a: ContextEntry, _ b: ContextEntry, _ texts: [String]) -> Bool {
  if a.key != b.key { return a.key < b.key }
  if a.document != b.document, a.document >= 0, b.document >= 0 {
    let (left, right) = (texts[Int(a.document)], texts[Int(b.document)])
    // Python orders strings by code point, which is the order of their UTF-8 bytes.
    if left.utf8.lexicographicallyPrecedes(right.utf8) { return true }
    if right.utf8.lexicographicallyPrecedes(left.utf8) { return false }
  }
  return a.position < b.position
}

private func siftTowardsRoot(
  _ entries: Entries, from start: Int, to top: Int = 0, _ texts: [String]
) {
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

private func siftTowardsLeaf(_ entries: Entries, from start: Int, _ texts: [String]) {
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
  siftTowardsRoot(entries, from: index, to: start, texts)
}
