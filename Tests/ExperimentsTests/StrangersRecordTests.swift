import Experiments
import Foundation
import Numerics
import Storage
import TensorFiles
import TestSupport
import Testing

/// Records that others wrote, with numbers that none of them can be.
struct StrangersRecordTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// A notebook can come from anybody.
  private func suggestions(_ own: String, _ other: String) -> String {
    """
    {"by": {"name": "sh", "command": "sh", "commandHash": "0"}, "suggestions": [{"region": 1, "text": "rivers",
      "author": "sh", "date": "2026-01-02T03:04:05Z", "detection": {"own": \(own), "other": \(other)}}]}
    """
  }

  @Test func `a suggestion's score is read as it was kept`() throws {
    let content = suggestions(#"{"successes": 4, "count": 5}"#, #"{"successes": 5, "count": 5}"#)
    let run = try SuggestionRun(content: content)
    #expect(run.suggestions[0].detection?.right == Proportion(9, of: 10))
  }

  @Test(arguments: [
    #"{"successes": 7, "count": 5}"#, #"{"successes": -1, "count": 5}"#,
    #"{"successes": 0, "count": -5}"#,
    #"{"successes": 4611686018427387904, "count": 4611686018427387904}"#,
    #"{"successes": 1.5, "count": 5}"#,
  ])
  func `a share of more than all, or of more than can be added up, is refused`(_ share: String) {
    #expect(throws: DecodingError.self) { try SuggestionRun(content: suggestions(share, share)) }
  }

  @Test
  func
    `rows that have a field of their own each are refused before they take the square of their file`()
    throws
  {
    let url = folder.file("rows.jsonl")
    func read(_ field: (Int) -> String) throws -> RowMetadata {
      let lines = (0..<5000).map { "{\"token\": \"a\", \"\(field($0))\": 1}\n" }
      try Data(lines.joined().utf8).write(to: url)
      return try RowMetadata(url)
    }
    #expect(try read { _ in "layer" }.count == 5000)
    #expect { _ = try read { "f\($0)" } } throws: {
      "\($0)".contains("found 5001 fields in 5000 rows, of which a row has 2")
    }
  }

  @Test(arguments: [
    ("8", "2", true), ("8", "9", false), ("-1", "-1", false), ("9223372036854775807", "0", false),
  ])
  func `a tally of more refusals than prompts is refused`(
    _ prompts: String, _ refused: String, _ isRead: Bool
  ) {
    let text = """
      {"region": 1, "prompts": \(prompts), "refused": \(refused), "harmful": 0, "members": 5,
        "coherence": 0.5}
      """
    let tally = try? JSONDecoder().decode(RegionTally.self, from: Data(text.utf8))
    #expect((tally != nil) == isRead)
    #expect(tally.map { $0.rate == 0.25 } ?? true)
  }

  @Test func `a cell of a grid whose counts cannot be is run again`() throws {
    func cell(_ key: String, _ successes: Int) -> String {
      """
      {"key": "\(key)", "cell": {"percentile": 8, "seed": 0, "basis": "mean", "count": 1, "identity": "", \
      "regionCount": 44, "threshold": 0.8, "baseline": {"successes": \(successes), "count": 8}}}
      """
    }
    let hash = String(repeating: "0", count: 64)
    let flipped = cell("flipped", 7).dropLast() + ", \"sha256\": \"\(hash)\"}"
    let text = cell("sound", 7) + "\n" + cell("odd", 9) + "\n\(flipped)\n{\"key\": \"cut"
    try Data(text.utf8).write(to: folder.file(GridJournal.file))
    let journal = try GridJournal(folder: folder.url)
    #expect(journal["sound"]?.baseline == Proportion(7, of: 8))
    #expect(journal["odd"] == nil && journal["flipped"] == nil && journal["cut"] == nil)
  }

  @Test(arguments: [("12", true), ("9223372036854775807", false), ("-1", false), ("1e3", false)])
  func `a hub's listing with a size that no file has is refused, and names the file`(
    _ size: String, _ isRead: Bool
  ) throws {
    let oid = String(repeating: "a", count: 40)
    let text = #"{"type": "file", "path": "a/b.pkl", "size": \#(size), "oid": "\#(oid)"}"#
    let entry = try TableValue.json(Array(text.utf8)[...])
    if isRead {
      #expect(try HubFile.read(entry, of: "owner/name")?.bytes == Int(size))
    } else {
      let error = #expect(throws: HubError.self) { try HubFile.read(entry, of: "owner/name") }
      #expect(error?.message.contains("a/b.pkl") == true)
    }
  }

  static let plots = [
    (#""bars": [{"label": "a", "value": 1e308}, {"label": "b", "value": -1e308}]"#, false),
    (#""bars": [{"label": "a", "value": 1e300}, {"label": "b", "value": 3e-320}]"#, true),
    (#""bars": [{"label": "a", "interval": [-1e17, 1e17]}], "reference": 1e299"#, true),
    (#""points": [[1e17, 1], [1e17, 2]], "isJoined": true"#, true),
    (#""points": [[1e300, 1e300], [1e300, 1e300]]"#, true),
    (#""curves": [{"name": "a", "points": [[1e299, 0], [-1e300, 0, -1e300, 1e300]]}]"#, true),
    (#""curves": [{"name": "a", "points": [[1e301, 0]]}]"#, false),
    (#""rows": ["a"], "columns": ["b", "c"], "cells": [[1e299, -1e299]]"#, true),
    (#""rows": ["a"], "columns": ["b", "c"], "cells": [[1e308, null]]"#, false),
  ]

  @Test(arguments: plots)
  func `a plot of numbers of any size is drawn, or left out where no axis could hold them`(
    _ numbers: String, _ isDrawn: Bool
  ) throws {
    let content = """
      {"report": {"text": "t", "header": [], "rows": [],
        "plot": {"title": "t", "caption": "c", \(numbers)}}}
      """
    let plot = try #require(try ResultReport(content: content)).plot
    #expect((plot != nil) == isDrawn)
    guard let plot else { return }
    #expect(plot.text.hasSuffix("</svg>\n"))
    #expect(!plot.text.contains("nan") && !plot.text.contains("inf"))
    if case .grid(_, _, let cells) = plot.content {
      #expect(cells.joined().map(SVGPlot.shade) == ["██", "  "])
    }
  }
}
