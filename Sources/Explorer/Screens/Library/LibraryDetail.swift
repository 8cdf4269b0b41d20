import Experiments
import Foundation
import Storage
import Terminal

/// What is known of the selected entry, as rows of its pane.
struct LibraryDetail {
  private struct Line {
    /// Before the first line of a fact.
    var name: String
    var spans: [TextSpan]
  }

  private let name: String
  private let lines: [Line]
  private let top: Int
  private let start: Int

  /// - Returns: `nil` where nothing is selected.
  init?(_ library: LibraryScreen, _ panes: PaneLayout) {
    guard let entry = library.selected else { return nil }
    name = entry.name
    let answers = library.answers(of: entry).map { [("refused", $0)] } ?? []
    let facts = answers + Self.companionFacts(entry, in: library) + Self.facts(entry)
    let start = panes.detail.column + 1 + min(24, facts.map(\.0.count).max() ?? 0) + 2
    self.start = start
    lines = facts.flatMap { fact -> [Line] in
      let texts = ContextLines.lines(
        fact.1, token: nil, columns: panes.detail.endColumn - start - 1,
        lineCount: fact.0 == "command" ? 12 : 4)
      return (texts.isEmpty ? [[]] : texts).enumerated().map {
        Line(name: $0.offset == 0 ? fact.0 : "", spans: $0.element)
      }
    }
    top = min(library.detailTop, max(0, lines.count - panes.detail.rows))
  }

  var rowCount: Int { lines.count }

  /// - Parameter key: what takes the keyboard there; `nil` where it is.
  func draw(into screen: inout Cells, _ panes: PaneLayout, theme: Theme, key: String?) {
    screen.drawDivider(panes.divider, theme: theme)
    let end = min(top + panes.detail.rows, lines.count)
    screen.drawTitleRule(
      panes.detailTitle, isFocused: key == nil, theme: theme,
      title: { pen, screen in pen.write(name, "title", into: &screen) },
      trailing: lines.count > panes.detail.rows
        ? "\(key.map { "\($0) · " } ?? "")rows \(top + 1) to \(end) of \(lines.count)" : "")
    for (offset, line) in lines[top..<end].enumerated() {
      let row = panes.detail.row + offset
      screen.write(
        line.name, row: row, column: panes.detail.column + 1, style: theme.style("text.dim"))
      var pen = Pen(theme: theme, row: row, column: start, end: panes.detail.endColumn - 1)
      for span in line.spans { pen.write(span.text, span.look.role, into: &screen) }
    }
  }

  private static func companionFacts(
    _ entry: LibraryEntry, in library: LibraryScreen
  ) -> [(String, String)] {
    let names = library.companions(of: entry).map { companion in
      // The names of dictionaries and stores say what they are.
      ["dictionary", "store"].contains(companion.kind)
        ? companion.name : "\(companion.kind) \(companion.name)"
    }
    return names.enumerated().map { ($0.offset == 0 ? "belongs with" : "", $0.element) }
  }

  /// What can be done with it, tasks of one need together, and how to get what is missing.
  private static func readiness(_ entry: LibraryEntry) -> [(String, String)] {
    guard let readiness = entry.readiness else { return [] }
    var lines = readiness.grouped.map { group -> (String, String) in
      let name = group.needs.isEmpty ? "ready" : "needs \(group.needs.joined(separator: ", "))"
      return (name, group.tasks.joined(separator: "; "))
    }
    for need in readiness.missing { lines.append((need.name, need.advice)) }
    return lines
  }

  private static func facts(_ entry: LibraryEntry) -> [(String, String)] {
    let path = ("path", entry.url.path(percentEncoded: false))
    switch entry.content {
    case .broken(let reason): return [("error", reason), path]
    case .pickle(let bytes):
      return [("kind", "reference pickle"), ("size", Figures.bytes(bytes))] + publishedFacts(entry)
        + readiness(entry) + [path]
    case .store(let summary):
      return [
        ("kind", "activation store"),
        ("model", ModelName.title(summary.model, named: entry.modelTitle) ?? "not recorded"),
        ("adapter", summary.adapter ?? "none"), ("hooks", summary.hooks.joined(separator: ", ")),
        ("documents", Figures.grouped(summary.documentCount)),
        ("rows a hook", Figures.grouped(summary.rowCount)),
        ("continuations", Figures.grouped(summary.continuationCount)),
        ("capture", summary.isFinished ? "finished" : "not finished; the same command goes on"),
        ("size", Figures.bytes(entry.bytes ?? 0)), path,
      ]
    case .build(let found):
      return buildFacts(found) + [path]
    case .adapter(let base, let rank):
      return [
        ("kind", "adapter (LoRA)"), ("base model", base ?? "not recorded"),
        ("rank", rank.map(String.init) ?? "not recorded"),
        ("size", Figures.bytes(entry.bytes ?? 0)), path,
      ]
    case .model(let name, let title):
      return [
        ("kind", "weights"), ("model", title ?? name), ("size", Figures.bytes(entry.bytes ?? 0)),
        path,
      ]
    case .dictionary(let summary):
      let size = "\(Figures.grouped(summary.regionCount)) × \(Figures.grouped(summary.dimension))"
      let own = [
        ("identity", String(summary.identity.prefix(16))), ("exemplars", size),
        ("threshold θ", Figures.fixed(summary.threshold, 4)),
        ("documents", Figures.grouped(summary.documentCount)),
        ("labelled", "\(Figures.grouped(summary.labelCount)) by you"),
        ("size", Figures.bytes(entry.bytes ?? 0)),
      ]
      let recorded = summary.provenance.entries
      func facts(_ isFirst: Bool) -> [(String, String)] {
        recorded.filter { ["model", "hook"].contains($0.name) == isFirst }
          .map { (words($0.name), short($0.value)) }
      }
      // What it is of stands above what can be done with it: a small screen shows both.
      let all = own + facts(true) + readiness(entry) + facts(false)
      return entry.isRecent ? [path] + all : all + [path]
    }
  }

  private static func buildFacts(_ found: BuildStatus.Found) -> [(String, String)] {
    let status = found.status
    let facts: [(String, String?)] = [
      ("kind", "dictionary, not finished"),
      (
        "build",
        found.isRunning
          ? "going on"
          : found.isKept
            ? "interrupted; the same command goes on"
            : "interrupted; nothing was kept, the same command begins anew"
      ),
      // What goes on with it is what a small screen has to show.
      ("command", found.isRunning ? nil : status.command),
      ("in the folder", found.isRunning ? nil : status.folder),
      ("stage", status.stage.rawValue),
      ("activations", Figures.grouped(status.activations)),
      ("regions", Figures.grouped(status.regions)),
      ("new regions", status.newRegionRate.map { "\(formatted(100 * $0)) % of activations" }),
      ("speed", status.tokensPerSecond.map { "\(Figures.grouped(Int($0))) tokens/s" }),
      ("time left", status.secondsLeft.map { "about \(shortDuration($0))" }),
      ("model", status.model), ("hook", status.hook),
      ("percentile", status.percentile.map(Figures.percentile)),
    ]
    return facts.compactMap { name, value in
      value.map { (name, sanitized($0, whitespace: .spaces)) }
    }
  }

  /// What those who published it say of it; it is compared with the pickle when that is opened.
  private static func publishedFacts(_ entry: LibraryEntry) -> [(String, String)] {
    let published = entry.published
    let facts: [(String, String?)] = [
      ("repository", entry.repository), ("model", published?.model), ("hook", published?.hook),
      ("percentile", published?.percentile.map(Figures.percentile)),
      ("regions", published?.regions.map(Figures.grouped)),
      ("threshold θ", published?.threshold.map { Figures.fixed($0, 4) }),
      ("activations", published?.activations.map(Figures.grouped)),
      ("tokens", published?.tokens.map(Figures.grouped)),
      ("prompts", published?.prompts.map(Figures.grouped)),
      ("context", published?.contextLength.map { Figures.count($0, "token") }),
      ("batches", published?.batchSize.map { "\(Figures.count($0, "prompt")) each" }),
      ("seed", published?.seed.map(String.init)), ("metadata", published?.file),
    ]
    return facts.compactMap { name, value in value.map { (name, $0) } }
  }

  /// A hash by its beginning; `exemplar info` shows all of it.
  private static func short(_ value: String) -> String {
    value.count == 64 && value.allSatisfy(\.isHexDigit) ? "\(value.prefix(16))…" : value
  }

  /// `modelHash` as `model hash`.
  private static func words(_ name: String) -> String {
    guard name != "calibrationActivations" else { return "calibrated on" }
    return name.replacing("ID", with: "Id").reduce(into: "") { words, character in
      words += character.isUppercase ? " \(character.lowercased())" : String(character)
    }
  }
}
