import Foundation
import TestSupport
import Testing

@testable import TensorFiles

@Suite struct PickleHandingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let regions: Set = ["Partition", "Concept"]

  @Test(arguments: ["p10/dictionary", "p10/dictionary-legacy", "p10-merge-min2/dictionary"])
  func `regions are handed over as the whole would have them`(_ name: String) throws {
    let url = Fixtures.url("ep/\(name).pkl")
    let whole = try #require(try Pickle.load(url).objectValue)
    let expected = try #require(whole["partitions"]?.elements).compactMap(\.objectValue)
    var handed: [PickleObject] = []
    let rest = try #require(
      try Pickle.load(url, handingOver: Self.regions) { number, object in
        #expect(number == handed.count)
        handed.append(object)
      })
    #expect(handed == expected)
    #expect(rest["partitions"]?.elements == handed.indices.map { .handed($0) })
    #expect(rest["center"] == whole["center"])

    var counts: [Int64?] = []
    _ = try Pickle.load(url, handingOver: Self.regions, isCounting: true) { _, object in
      counts.append(object["sample_members"]?.intValue)
    }
    #expect(counts == expected.map { Int64($0["sample_members"]?.elements?.count ?? -1) })
  }

  private func write(_ text: String) throws -> URL {
    let url = folder.file("a.pkl")
    try Data(text.unicodeScalars.map { UInt8($0.value) }).write(to: url)
    return url
  }

  @Test func `many regions above many values are read with the whole`() throws {
    let region = "cep.discovery.dictionary\nPartition\n)\u{81}}b"
    let url = try write(
      "\u{80}\u{4}(" + String(repeating: "N", count: 50_000)
        + String(repeating: region, count: 1000) + "t.")
    #expect(try Pickle.load(url, handingOver: Self.regions) { _, _ in } == nil)
    #expect(try Pickle.load(url).elements?.count == 51_000)
  }

  @Test func `regions that share their state are not counted one by one`() throws {
    let region = "cep.discovery.dictionary\nPartition\n)\u{81}h\u{5}b"
    let url = try write("\u{80}\u{4}}q\u{5}(\u{8c}\u{1}aNu0](\(region)\(region)e.")
    for isCounting in [true, false] {
      #expect(
        try Pickle.load(url, handingOver: Self.regions, isCounting: isCounting) { _, _ in } == nil)
    }
  }

  /// A pickle of two regions, given the opcodes of their attribute `a`.
  private func load(_ first: String, _ second: String) throws -> [PickleObject]? {
    func region(_ value: String) -> String {
      "cep.discovery.dictionary\nPartition\n)\u{81}}(X\u{1}\u{0}\u{0}\u{0}a\(value)ub"
    }
    let url = try write("\u{80}\u{4}](\(region(first))\(region(second))e.")
    var handed: [PickleObject] = []
    let value = try Pickle.load(url, handingOver: Self.regions) { handed.append($1) }
    return value == nil ? nil : handed
  }

  @Test func `names and texts that parts share are kept`() throws {
    let text = "X\u{2}\u{0}\u{0}\u{0}hiq\u{5}"
    let handed = try #require(try load(text, "h\u{5}"))
    #expect(handed.map { $0["a"] } == [.string("hi"), .string("hi")])
  }

  @Test
  func `numbers out of sequence, and numbers given again, are those of the last that was stored`()
    throws
  {
    let hi = "X\u{2}\u{0}\u{0}\u{0}hi"
    let ho = "X\u{2}\u{0}\u{0}\u{0}ho"
    #expect(try load(hi + "q\u{c8}", "h\u{c8}")?.map { $0["a"] } == [.string("hi"), .string("hi")])
    #expect(
      try load(hi + "q\u{0}", ho + "q\u{0}0h\u{0}")?.map { $0["a"] }
        == [.string("hi"), .string("ho")])
    // What was forgotten is read with the whole.
    #expect(try load("]q\u{c8}", "h\u{c8}") == nil)
  }

  @Test func `a list or a tuple that two parts share needs the whole to be read`() throws {
    #expect(try load("]q\u{5}K\u{1}a", "h\u{5}") == nil)
    #expect(try load("(K\u{1}K\u{2}tq\u{5}", "h\u{5}") == nil)
  }
}
