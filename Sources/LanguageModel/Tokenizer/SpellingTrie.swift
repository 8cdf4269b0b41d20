/// A byte trie for finding any of many spellings in a text.
struct SpellingTrie: Sendable {
  private struct Node: Sendable {
    var value: Int32 = -1
    /// First edge; edges of a node are a linked list, since almost all nodes have one.
    var edge: Int32 = -1
  }

  private struct Edge: Sendable {
    var byte: UInt8
    var node: Int32
    var next: Int32
  }

  private var nodes = [Node()]
  private var edges: [Edge] = []
  /// By first byte, the node it leads to, or -1: most positions of a text are passed over here.
  private var roots = [Int32](repeating: -1, count: 256)

  mutating func insert(_ spelling: [UInt8], value: Int) {
    guard let first = spelling.first else { return }
    if roots[Int(first)] < 0 { roots[Int(first)] = appendNode() }
    var node = roots[Int(first)]
    for byte in spelling.dropFirst() {
      var child = self.child(of: node, byte)
      if child < 0 {
        child = appendNode()
        edges.append(Edge(byte: byte, node: child, next: nodes[Int(node)].edge))
        nodes[Int(node)].edge = Int32(edges.count - 1)
      }
      node = child
    }
    nodes[Int(node)].value = Int32(value)
  }

  private mutating func appendNode() -> Int32 {
    nodes.append(Node())
    return Int32(nodes.count - 1)
  }

  private func child(of node: Int32, _ byte: UInt8) -> Int32 {
    var edge = nodes[Int(node)].edge
    while edge >= 0 {
      if edges[Int(edge)].byte == byte { return edges[Int(edge)].node }
      edge = edges[Int(edge)].next
    }
    return -1
  }

  /// The leftmost spelling in `range`, the longest of those that start together.
  func firstMatch(
    in buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> (range: Range<Int>, value: Int)? {
    roots.withUnsafeBufferPointer { roots in
      for start in range {
        let root = roots[Int(buffer[start])]
        guard root >= 0 else { continue }
        var longest: (range: Range<Int>, value: Int)?
        visit(from: root, start, in: buffer, range.upperBound) { end, value in
          longest = (start..<end, value)
        }
        if let longest { return longest }
      }
      return nil
    }
  }

  /// The values of all spellings that occur in `range`, overlapping or not; each once.
  func values(in buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [Int] {
    var found: Set<Int> = []
    for start in range {
      let root = roots[Int(buffer[start])]
      guard root >= 0 else { continue }
      visit(from: root, start, in: buffer, range.upperBound) { _, value in found.insert(value) }
    }
    return Array(found)
  }

  /// Calls `body` for each spelling that starts at `start`, shortest first.
  func forEachPrefix(
    in buffer: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int,
    _ body: (_ end: Int, _ value: Int) -> Void
  ) {
    let root = roots[Int(buffer[start])]
    if root >= 0 { visit(from: root, start, in: buffer, end, body) }
  }

  private func visit(
    from root: Int32, _ start: Int, in buffer: UnsafeBufferPointer<UInt8>, _ end: Int,
    _ body: (_ end: Int, _ value: Int) -> Void
  ) {
    var node = root
    var index = start + 1
    while true {
      let value = nodes[Int(node)].value
      if value >= 0 { body(index, Int(value)) }
      guard index < end else { return }
      node = child(of: node, buffer[index])
      guard node >= 0 else { return }
      index += 1
    }
  }
}
