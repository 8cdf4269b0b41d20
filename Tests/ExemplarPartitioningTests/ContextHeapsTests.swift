import Testing

@testable import ExemplarPartitioning

@Suite("The contexts a region keeps")
struct ContextHeapTests {
  /// (eighths of a distance, text, position): many ties, as when prompts open alike.
  static let stream: [(Int, Int, Int32)] = [
    (1, 4, 2), (2, 4, 4), (0, 4, 1), (4, 2, 2), (1, 5, 4), (4, 3, 2), (1, 5, 2), (4, 5, 1),
    (0, 1, 1), (2, 0, 3), (4, 4, 4), (4, 3, 4), (1, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4),
    (2, 4, 4), (1, 2, 1), (2, 4, 2), (2, 4, 1), (1, 5, 3), (2, 0, 1), (4, 5, 4), (0, 2, 1),
    (4, 1, 1), (2, 3, 4), (0, 0, 1), (4, 5, 3), (2, 4, 2), (0, 2, 1), (0, 0, 1), (1, 3, 3),
    (2, 1, 1), (2, 2, 3), (1, 3, 4), (4, 4, 4), (0, 4, 3), (4, 5, 2), (2, 3, 3), (2, 4, 3),
    (0, 3, 3), (0, 3, 2), (0, 5, 3), (4, 2, 3), (2, 5, 4), (0, 4, 1), (0, 2, 3), (4, 2, 3),
    (1, 2, 2), (2, 2, 3), (2, 3, 1), (0, 4, 2), (2, 4, 2), (2, 1, 3), (1, 5, 4), (0, 0, 3),
    (2, 5, 2), (4, 1, 1), (2, 5, 2), (4, 2, 2),
  ]

  @Test("are those, in that order, that Python's heapq gives the reference, ties and all")
  func ties() {
    var closest = ContextHeaps()
    var farthest = ContextHeaps()
    closest.addRegion()
    farthest.addRegion()
    let texts = (0..<6).map { "t\($0)" }
    for (eighths, text, position) in Self.stream {
      let distance = Float(eighths) / 8
      closest.offer(
        .init(key: -distance, document: Int32(text), position: position), to: 0, texts: texts)
      farthest.offer(
        .init(key: distance, document: Int32(text), position: position), to: 0, texts: texts)
    }
    func shown(_ heaps: ContextHeaps) -> [[Int]] {
      heaps.sorted(0).map { [Int(abs($0.key) * 8), Int($0.document), Int($0.position)] }
    }
    #expect(
      shown(closest) == [
        [0, 0, 1], [0, 0, 1], [0, 3, 2], [0, 1, 1], [0, 1, 4], [0, 4, 1], [0, 4, 3], [0, 2, 1],
        [0, 3, 3], [0, 2, 1],
      ])
    #expect(
      shown(farthest) == [
        [4, 1, 1], [4, 2, 2], [4, 3, 2], [4, 4, 4], [4, 4, 4], [4, 5, 4], [4, 3, 4], [4, 5, 1],
        [4, 5, 2], [4, 5, 3],
      ])
  }

  @Test("order equally distant texts by code point, as Python does")
  func codePoints() {
    // U+FF5E comes before U+1F600 by code point, and after it in UTF-16.
    var heaps = ContextHeaps()
    heaps.addRegion()
    let texts = ["\u{1F600}", "\u{FF5E}"] + (0..<9).map { "\($0)" }
    for document in 0..<10 {
      heaps.offer(.init(key: 1, document: Int32(document), position: 0), to: 0, texts: texts)
    }
    for key in [2, 3] as [Float] {
      heaps.offer(.init(key: key, document: 10, position: 0), to: 0, texts: texts)
    }
    // The two evicted are the smallest texts: digits.
    #expect(Set(heaps[0].map(\.document)).isSuperset(of: [0, 1]))
  }

  @Test("of a merged region are the best of both")
  func merging() {
    let texts = (0..<30).map { "\($0)" }
    var heaps = ContextHeaps()
    for _ in 0..<3 { heaps.addRegion() }
    for document in 0..<10 {
      heaps.offer(
        .init(key: Float(document), document: Int32(document), position: 0), to: 0, texts: texts)
      heaps.offer(
        .init(key: Float(document) + 0.5, document: Int32(document + 10), position: 0), to: 2,
        texts: texts)
    }
    heaps.merge(2, into: 0, texts: texts)
    #expect(heaps.sorted(0).map(\.key) == [9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6, 5.5, 5])
    heaps.keep([1, 0])
    #expect(heaps.sorted(0).isEmpty)
    #expect(heaps.sorted(1).count == 10)
  }
}
