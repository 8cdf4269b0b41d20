/// Many lists of up to `longest` elements in one array, where an array each would cost more than what it holds.
///
/// A list has a block of the next power of two elements; blocks outgrown are given to other lists.
struct ShortLists<Element: BitwiseCopyable & Sendable>: Sendable {
  /// At most 255.
  let longest: Int
  private var elements: [Element] = []
  private var starts: [UInt32] = []
  private var counts: [UInt8] = []
  /// Starts of blocks that no list has, by the logarithm of their size.
  private var free = [[UInt32]](repeating: [], count: 9)

  init(longest: Int) {
    precondition(longest <= 255, "expected lists of at most 255, got \(longest)")
    self.longest = longest
  }

  /// Adds an empty list.
  mutating func addList() {
    starts.append(0)
    counts.append(0)
  }

  /// - Parameter elements: those of all lists, one after another.
  /// - Returns: `nil` where the counts are not of lists this long, or not of so many elements.
  init?(longest: Int, counts: [Int32], elements: [Element]) {
    guard counts.allSatisfy({ (0...Int32(longest)).contains($0) }),
      counts.reduce(0, { $0 + Int($1) }) == elements.count
    else { return nil }
    self.init(longest: longest)
    var next = 0
    for (list, count) in counts.enumerated() {
      addList()
      for element in elements[next..<next + Int(count)] { append(element, to: list) }
      next += Int(count)
    }
  }

  var listCount: Int { counts.count }

  func count(of list: Int) -> Int { Int(counts[list]) }

  subscript(list: Int) -> ArraySlice<Element> {
    elements[Int(starts[list])..<Int(starts[list]) + Int(counts[list])]
  }

  mutating func append(_ element: Element, to list: Int) {
    let count = Int(counts[list])
    precondition(count < longest, "expected at most \(longest) elements")
    if count == blockSize(for: count) { move(list, toBlockFor: count + 1, filler: element) }
    elements[Int(starts[list]) + count] = element
    counts[list] += 1
  }

  mutating func replace(_ list: Int, by new: some Collection<Element>) {
    removeAll(list)
    for element in new { append(element, to: list) }
  }

  mutating func removeAll(_ list: Int) {
    release(list)
    counts[list] = 0
  }

  /// Calls `body` with the elements of one list, to be changed in place.
  @inline(__always)
  mutating func withList<R>(
    _ list: Int, _ body: (UnsafeMutableBufferPointer<Element>) -> R
  ) -> R {
    let range = Int(starts[list])..<Int(starts[list]) + Int(counts[list])
    return elements.withUnsafeMutableBufferPointer {
      body(UnsafeMutableBufferPointer(rebasing: $0[range]))
    }
  }

  /// Keeps the lists named, in the order named; the others must be empty.
  mutating func keep(_ lists: [Int]) {
    starts = lists.map { starts[$0] }
    counts = lists.map { counts[$0] }
  }

  private func blockSize(for count: Int) -> Int {
    count == 0 ? 0 : min(1 << logarithm(count), longest)
  }

  /// Rounded up.
  private func logarithm(_ count: Int) -> Int {
    Int.bitWidth - (count - 1).leadingZeroBitCount
  }

  private mutating func release(_ list: Int) {
    let count = Int(counts[list])
    if count > 0 { free[logarithm(count)].append(starts[list]) }
  }

  private mutating func move(_ list: Int, toBlockFor count: Int, filler: Element) {
    let start: Int
    if let block = free[logarithm(count)].popLast() {
      start = Int(block)
    } else {
      start = elements.count
      elements.append(contentsOf: repeatElement(filler, count: blockSize(for: count)))
      precondition(elements.count <= UInt32.max, "expected at most 2³² elements in all lists")
    }
    for index in 0..<Int(counts[list]) {
      elements[start + index] = elements[Int(starts[list]) + index]
    }
    release(list)
    starts[list] = UInt32(start)
  }
}
