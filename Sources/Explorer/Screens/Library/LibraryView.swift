import Experiments
import Foundation
import Storage
import Terminal

/// The screen of all that can be opened, beside the provenance of the selected one.
struct LibraryView {
  let session: Session
  let library: LibraryScreen
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let panes = library.layout(in: session)
    screen.drawTitleRule(
      panes.listTitle, isFocused: !library.isReading, theme: theme,
      title: { pen, screen in
        pen.write("Library", "title", into: &screen)
        pen.write(" \(library.place)", "text.dim", into: &screen)
      })
    guard let entries = library.entries else {
      let opening = session.opening.map { "opening \($0.url.lastPathComponent)…" }
      return drawNote([opening ?? "looking for dictionaries…"], into: &screen, panes.list)
    }
    guard !entries.isEmpty else {
      guard library.words.isEmpty else {
        return drawNote(
          ["nothing here has “\(library.words)” in its name, path or provenance"], into: &screen,
          panes.list)
      }
      return drawNote(
        [
          "nothing here can be opened yet", "",
          "exemplar build SHARDS -o NAME.epdict   makes a dictionary of activations",
          "exemplar import FILE.pkl -o NAME.epdict   takes over a reference dictionary",
          "exemplar fetch J-RUM/exemplar-partitioning   lists the published ones",
        ], into: &screen, panes.list)
    }
    drawList(into: &screen, panes.list)
    LibraryDetail(library, panes)?.draw(
      into: &screen, panes, theme: theme,
      key: library.isReading ? nil : session.key(.switchPane, in: .library))
  }

  private func drawNote(_ lines: [String], into screen: inout Cells, _ area: Rect) {
    for (index, line) in lines.enumerated() where index + 1 < area.rows {
      screen.write(
        line, row: area.row + 1 + index, column: area.column + 2, limit: area.columns - 3,
        style: theme.style(index == 0 ? "text" : "text.dim"), overflow: .ellipsis)
    }
  }

  // MARK: - List

  /// Columns of figures, from the right edge: heading and width.
  private static let figures = [
    ("labelled", 9), ("activations", 12), ("K", 7), ("θ", 6), ("p", 5),
  ]

  private func drawList(into screen: inout Cells, _ area: Rect) {
    let (header, body) = area.split(rows: 1)
    let headerStyle = theme.style("header")
    screen.restyle(header, headerStyle)
    screen.write("dictionary", row: header.row, column: area.column + 3, style: headerStyle)
    _ = drawFigures(Self.figures.map(\.0), headerStyle, into: &screen, header)
    for (row, line) in library.lines.dropFirst(library.top).prefix(body.rows).enumerated() {
      let rect = Rect(row: body.row + row, column: area.column, rows: 1, columns: area.columns)
      switch line {
      case .heading(let text):
        var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
        pen.write(text, "text.strong", into: &screen)
      case .entry(let index):
        if let entry = library.entries?[index] {
          drawEntry(entry, isSelected: index == library.cursor, into: &screen, rect)
        }
      }
    }
  }

  /// Writes a figure a column, and returns what writes before them.
  private func drawFigures(
    _ texts: [String], _ style: Style, into screen: inout Cells, _ rect: Rect
  ) -> Pen {
    var end = rect.endColumn - 1
    for (text, figure) in zip(texts, Self.figures) {
      screen.writeRight(text, row: rect.row, end: end, style: style)
      end -= figure.1
    }
    return Pen(theme: theme, row: rect.row, column: rect.column + 3, end: end)
  }

  private func drawEntry(
    _ entry: LibraryEntry, isSelected: Bool, into screen: inout Cells, _ rect: Rect
  ) {
    if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
    let role = { (role: String) in isSelected ? nil : role }
    let style = { (role: String) in isSelected ? Style.plain : theme.style(role) }
    if let mark = library.marks.firstIndex(of: entry.url) {
      screen.write(
        mark < 26 ? String(UnicodeScalar(UInt8(65 + mark))) : "+", row: rect.row,
        column: rect.column + 1, style: style("title"))
    }
    var pen = Pen(
      theme: theme, row: rect.row, column: rect.column + 3, end: rect.endColumn - 1)
    switch entry.content {
    case .dictionary(let summary) where entry.isRecent:
      // It stands under no model: what tells it from others is worth more than its figures.
      let provenance = summary.provenance
      let facts = [
        entry.place, provenance.percentile.map { "p \(Figures.percentile($0))" },
        entry.model.map { ModelName.short($0, named: entry.modelTitle) ?? $0 },
        provenance.adapter, provenance.hook,
      ]
      pen.write(OpenedDictionary.title(of: entry.name), role("region"), into: &screen)
      for fact in facts.compactMap(\.self) {
        pen.write("  \(fact)", role("text.dim"), into: &screen)
      }
    case .dictionary(let summary):
      let texts = [
        "\(Figures.grouped(summary.labelCount))", Figures.grouped(summary.activationCount),
        Figures.grouped(summary.regionCount), Figures.fixed(summary.threshold, 3),
        summary.provenance.percentile.map(Figures.percentile) ?? "—",
      ]
      pen = drawFigures(texts, style("number"), into: &screen, rect)
      pen.write(OpenedDictionary.title(of: entry.name), role("region"), into: &screen)
      for fact in [summary.provenance.adapter, summary.provenance.hook] {
        guard let fact, DisplayWidth.of(fact) + 2 <= pen.room else { continue }
        pen.write("  \(fact)", role("text.dim"), into: &screen)
      }
    case .store(let summary):
      var text = "\(Figures.count(summary.documentCount, "document")) · "
      text += "\(Figures.grouped(summary.rowCount)) rows · "
      text += Figures.count(summary.hooks.count, "hook")
      if !summary.isFinished { text += " · capture not finished" }
      drawCompanion(entry, text, role, &pen, into: &screen)
    case .adapter(_, let rank):
      drawCompanion(entry, rank.map { "rank \($0)" } ?? "", role, &pen, into: &screen)
    case .model: drawCompanion(entry, "", role, &pen, into: &screen)
    case .pickle(let bytes):
      if let published = entry.published {
        let texts = [
          "—", published.activations.map(Figures.grouped) ?? "—",
          published.regions.map(Figures.grouped) ?? "—",
          published.threshold.map { Figures.fixed($0, 3) } ?? "—",
          published.percentile.map(Figures.percentile) ?? "—",
        ]
        pen = drawFigures(texts, style("number"), into: &screen, rect)
      }
      pen.write(entry.name, role("region"), into: &screen)
      let facts = [
        entry.published == nil
          ? "\(Figures.bytes(bytes)), read when it is opened" : "pickle, \(Figures.bytes(bytes))",
        entry.published?.hook,
      ]
      for fact in facts.compactMap(\.self) where DisplayWidth.of(fact) + 2 <= pen.room {
        pen.write("  \(fact)", role("text.dim"), into: &screen)
      }
    case .build(let found):
      let status = found.status
      let texts = [
        "—", Figures.grouped(status.activations), Figures.grouped(status.regions), "—",
        status.percentile.map(Figures.percentile) ?? "—",
      ]
      pen = drawFigures(texts, style("number"), into: &screen, rect)
      pen.write(entry.buildName, role("text"), into: &screen)
      let left = status.secondsLeft.map { "about \(shortDuration($0)) left" }
      for fact in [found.isRunning ? "being built" : "interrupted", found.isRunning ? left : nil] {
        guard let fact, DisplayWidth.of(fact) + 2 <= pen.room else { continue }
        pen.write("  \(fact)", role("text.dim"), into: &screen)
      }
    case .broken(let reason):
      pen.write("✗ \(entry.name)", role("warning"), into: &screen)
      pen.write("  \(reason)", role("text.dim"), into: &screen)
    }
  }

  /// What is no dictionary: its kind, its name, and what there is to say in a line.
  private func drawCompanion(
    _ entry: LibraryEntry, _ text: String, _ role: (String) -> String?, _ pen: inout Pen,
    into screen: inout Cells
  ) {
    let size = entry.bytes.map(Figures.bytes)
    let facts = [text, size ?? ""].filter { !$0.isEmpty }.joined(separator: " · ")
    pen.write("\(entry.kind) ", role("text.dim"), into: &screen)
    pen.write(entry.name, role("text"), into: &screen)
    pen.write("  \(facts)", role("text.dim"), into: &screen)
  }
}

extension LibraryEntry {
  private static let placeColumns = 28

  /// Of a build, the name of the dictionary that it is to be.
  fileprivate var buildName: String {
    OpenedDictionary.title(of: String(name.dropLast(BuildStatus.suffix.count)))
  }

  /// The folder that it lies in, from the home folder on; of a long path its end, which tells twins apart.
  fileprivate var place: String {
    var path = url.deletingLastPathComponent().path(percentEncoded: false)
    if path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let home = NSHomeDirectory()
    if path == home || path.hasPrefix(home + "/") { path = "~" + path.dropFirst(home.count) }
    guard DisplayWidth.of(path) > Self.placeColumns else { return path }
    var end = ""
    for part in path.split(separator: "/").reversed() {
      guard end.isEmpty || DisplayWidth.of(end) + DisplayWidth.of(part) + 2 <= Self.placeColumns
      else { break }
      end = "/" + part + end
    }
    return "…" + end
  }
}

extension LibraryScreen {
  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    guard let field else { return false }
    screen.drawPrompt(
      "/", field, facts: "words of names, paths, models, hooks, p10", &pen, area)
    return true
  }

  func drawProvenance(_ pen: inout Pen, into screen: inout Cells, in session: Session) {
    pen.write("exemplar", "title", into: &screen)
  }

  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    LibraryView(session: session, library: self, theme: theme).draw(into: &screen, body: area)
  }
}
