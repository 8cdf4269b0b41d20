import Experiments
import Explorer
import Foundation
import Terminal

extension FuzzTarget {
  static let results: [FuzzTarget] = [
    // What a notebook keeps of experiments, and what others ran.
    FuzzTarget("results") { bytes, scratch in
      let text = String(decoding: bytes, as: UTF8.self)
      if let report = try? ResultReport(content: text) {
        _ = report.plot?.text
        if case .grid(_, _, let cells)? = report.plot?.content {
          _ = cells.map { $0.map(SVGPlot.shade) }
        }
      }
      _ = try? RegionStability(content: text, identity: "a", regionCount: 3)
      _ = try? SavedFeatureMatches(content: text)
      _ = try? SavedPaths(content: text)
      if let run = try? SuggestionRun(content: text) {
        _ = JSONValue(encoding: run.suggestions.map(SuggestionRecord.init)).text
      }
      if let played = try? PlaygroundResult(savedContent: text, id: 1) {
        _ = played.report
        _ = JSONValue(encoding: PlaygroundRecord(played, experiment: nil)).text
      }
      let result = try AblationResult(savedContent: text, id: 1)
      _ = result.json(texts: true).text
    },
    // What experiments and the explorer keep for another run; the first byte says which.
    FuzzTarget("kept") { bytes, scratch in
      let body = Array(bytes.dropFirst())
      switch (bytes.first ?? 0) % 3 {
      case 0: try answers(body, scratch)
      case 1: try grid(body, scratch)
      default:
        guard let kept = ComparisonCache.entry(Data(body), regionsA: 3, regionsB: 2) else { return }
        for cutoff in [0.5, 2] {
          let report = ComparisonReport(kept.comparison, cutoff: cutoff, nulls: kept.nulls)
          _ = report.sentence + JSONValue(encoding: ComparisonRecord(report)).text
        }
        _ = kept.nulls.map { ($0.introduced, $0.cosineExceededBy5Percent) }
      }
    },
    FuzzTarget("answers") { bytes, _ in
      let text = String(decoding: bytes, as: UTF8.self)
      for classifier in OutcomeClassifier.allCases {
        _ = classifier.verdict(on: text, prompt: "How does one bake bread?")
      }
    },
  ]

  /// Answers beside a store: those to the prompt `a` are taken for a model's of 64 tokens.
  private static func answers(_ bytes: [UInt8], _ scratch: Scratch) throws {
    let folder = try scratch.folder("experiments")
    let journal = GenerationJournal(folder: folder, model: "m", edits: [], maxNewTokens: 8)
    try Data(bytes).write(to: journal.url)
    guard let entry = try journal.entries()["a"] else { return }
    try journal.append(entry)
    let again = try journal.entries()["a"]
    precondition(again == entry, "what was kept is read as something else")
    _ = OutcomeClassifier.exemplar.verdict(on: entry.text ?? "", prompt: entry.prompt)
  }

  /// Cells of a grid that was stopped: those under the key `a` are gone on with.
  private static func grid(_ bytes: [UInt8], _ scratch: Scratch) throws {
    let file = try scratch.file(GridJournal.file, bytes)
    guard let cell = try GridJournal(folder: file.deletingLastPathComponent())["a"] else { return }
    let axes = RefusalGrid.Axes(
      percentiles: [cell.percentile], seeds: [cell.seed], bases: [cell.basis],
      counts: [cell.count])
    let grid = RefusalGrid(axes: axes, depth: .generate, cells: [cell, cell])
    _ = grid.summaries
  }

  static let terminal: [FuzzTarget] = [
    // What a terminal sends, in pieces of the first byte's size.
    FuzzTarget("input") { bytes, _ in
      var decoder = InputDecoder(pasteLimit: 1 << 12)
      let size = 1 + Int(bytes.first ?? 0)
      var rest = bytes.dropFirst()
      while !rest.isEmpty {
        _ = decoder.feed(rest.prefix(size))
        if rest.count % 3 == 0 { _ = decoder.flush() }
        rest = rest.dropFirst(size)
      }
      _ = decoder.flush()
    },
    // What it is sent.
    FuzzTarget("screen") { bytes, _ in
      let text = String(decoding: bytes, as: UTF8.self)
      let clean = sanitized(text)
      precondition(
        clean.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == "\n" },
        "a control character is left")
      _ = DisplayWidth.of(text)
      var screen = Screen(columns: 40, rows: 3)
      for column in [0, 38] {
        let taken = screen.write(text, row: 1, column: column, overflow: .ellipsis)
        precondition(taken <= 40 - column, "expected at most \(40 - column) columns, got \(taken)")
      }
      _ = screen.text
    },
    FuzzTarget("settings") { bytes, _ in
      let text = String(decoding: bytes, as: UTF8.self)
      _ = SettingsFile(text, file: "settings.toml")
      _ = Theme.parse(text, file: "theme.toml")
      _ = KeyPress.keys(in: text.prefix(200))
    },
  ]
}
