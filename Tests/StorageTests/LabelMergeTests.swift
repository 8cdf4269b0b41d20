import Foundation
import Storage
import TestSupport
import Testing

@Suite("Merging labels three ways")
struct LabelMergeTests {
  private static func line(_ region: Int, _ label: String?) -> String {
    let text = label.map { "\"\($0)\"" } ?? "null"
    return
      "{\"identity\":\"abc\",\"region\":\(region),\"label\":\(text),\"date\":\"2030-01-01T00:00:00.000Z\"}\n"
  }

  private func file(_ folder: TemporaryFolder, _ name: String, _ labels: [Int: String]) throws
    -> URL
  {
    let url = folder.file(name)
    let text = labels.sorted { $0.key < $1.key }.map { Self.line($0.key, $0.value) }.joined()
    try Data(text.utf8).write(to: url)
    return url
  }

  @Test func `each side keeps what it alone changed, and what both changed is a conflict`() throws {
    let folder = try TemporaryFolder()
    let notebook = try Notebook(folder.file("notebook.sqlite"))
    // Region: base, mine, theirs.
    let base = [0: "same", 1: "old", 2: "old", 3: "old", 4: "old", 6: "old"]
    let mine = [0: "same", 1: "mine", 2: "old", 3: "mine", 4: "old", 5: "mine", 6: "both"]
    let theirs = [0: "same", 1: "old", 2: "theirs", 3: "theirs", 6: "both", 7: "theirs"]
    for (region, label) in mine { try notebook.setLabel(label, region: region, identity: "abc") }
    let report = try notebook.mergeLabels(
      theirs: file(folder, "theirs.jsonl", theirs), base: file(folder, "base.jsonl", base),
      identity: "abc", regionCount: 8)
    let labels = try notebook.labels(for: "abc").reduce(into: [:]) { $0[$1.region] = $1.text }
    #expect(
      labels == [0: "same", 1: "mine", 2: "theirs", 3: "mine", 5: "mine", 6: "both", 7: "theirs"])
    #expect(report.added == 3)
    #expect(report.conflicts.map(\.region) == [3])
    try notebook.undo(identity: "abc")
    let before = try notebook.labels(for: "abc").reduce(into: [:]) { $0[$1.region] = $1.text }
    #expect(before == mine)
  }

  @Test func `a damaged file or a region that is not there changes nothing`() throws {
    let folder = try TemporaryFolder()
    let notebook = try Notebook(folder.file("notebook.sqlite"))
    let base = try file(folder, "base.jsonl", [:])
    let stray = try file(folder, "stray.jsonl", [0: "a", 9: "b"])
    #expect(throws: StorageError.self) {
      try notebook.mergeLabels(theirs: stray, base: base, identity: "abc", regionCount: 9)
    }
    try Data(contentsOf: stray).dropLast(10).write(to: stray)
    #expect(throws: StorageError.self) {
      try notebook.mergeLabels(theirs: stray, base: base, identity: "abc", regionCount: 10)
    }
    #expect(try notebook.labels(for: "abc").isEmpty)
  }

  @Test func `tags and carried labels go through the exchange and back`() throws {
    let folder = try TemporaryFolder()
    let first = try Notebook(folder.file("first.sqlite"))
    try first.setTags(["b", "a", "b"], region: 1, identity: "abc")
    try first.carry(
      [RegionLabel(identity: "abc", region: 2, text: "river", date: Date(), evidence: ["x"])],
      identity: "abc")
    let lines = try first.exportLines(for: "abc")
    #expect(lines.contains("\"tags\":[\"a\",\"b\"]"))
    #expect(lines.contains("\"carried\":\"river\""))
    let second = try Notebook(folder.file("second.sqlite"))
    _ = try second.importLines(lines, file: "labels.jsonl")
    #expect(try second.tags(for: "abc") == [1: ["a", "b"]])
    #expect(try second.carriedLabels(for: "abc").map(\.text) == ["river"])
    #expect(try second.exportLines(for: "abc") == lines)
  }
}
