import Experiments
import Foundation
import Storage
import Terminal

/// Results that the notebook keeps: the list, one of them as a page, and a region beside its best feature.
struct ResultsView {
  let session: Session
  let results: ResultsScreen
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    if let page = results.page {
      if let pair = page.pair, let result = page.result, result.matches.indices.contains(pair) {
        FeaturePairView(
          page: page, match: result.matches[pair],
          label: results.labels(of: page, in: session)[result.matches[pair].id], theme: theme
        ).draw(into: &screen, body: body)
      } else {
        draw(page, into: &screen, body)
      }
    } else {
      drawList(into: &screen, body)
    }
  }

  // MARK: - The list

  private func drawList(into screen: inout Cells, _ body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let (list, foot) = rest.split(rows: max(1, rest.rows - 5))
    let count = results.listed?.count ?? 0
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        if results.identity != nil {
          pen.write("\(session.regions?.dictionary.title ?? "") › ", "text.dim", into: &screen)
        }
        pen.write("Results", "title", into: &screen)
        pen.write(
          results.showsAll || results.identity == nil
            ? " of all dictionaries" : " of this dictionary",
          "text", into: &screen)
      }, trailing: count == 0 ? "" : "\(results.cursor + 1) of \(Figures.grouped(count))")
    guard let listed = results.listed else {
      screen.write(
        results.failure.map { "✗ \($0)" } ?? "reading the notebook…", row: list.row + 1,
        column: list.column + 2, limit: list.columns - 4, style: theme.style("text.dim"))
      return
    }
    guard !listed.isEmpty else { return drawNothing(into: &screen, list) }
    let idWidth = listed.map { String($0.id).count }.max() ?? 0
    let kindWidth = listed.map { DisplayWidth.of($0.kind.title) }.max() ?? 0
    for (offset, experiment) in listed.dropFirst(results.top).prefix(list.rows).enumerated() {
      let isSelected = offset + results.top == results.cursor
      let row = list.row + offset
      if isSelected {
        screen.fill(
          Rect(row: row, column: list.column, rows: 1, columns: list.columns),
          style: theme.style("region.selected"))
      }
      var pen = Pen(theme: theme, row: row, column: list.column + 1, end: list.endColumn - 1)
      pen.write(isSelected ? "▸ " : "  ", into: &screen)
      // By it the commands know a result.
      pen.write(
        String(experiment.id).leftPadded(to: idWidth) + "  ", isSelected ? nil : "text.dim",
        into: &screen)
      pen.write(Figures.date(experiment.date) + "  ", isSelected ? nil : "text.dim", into: &screen)
      pen.write(
        experiment.kind.title.padded(to: kindWidth) + "  ", isSelected ? nil : "title",
        into: &screen)
      if !experiment.isComplete {
        pen.write("stopped · ", isSelected ? nil : "warning", into: &screen)
      }
      if experiment.identity != results.identity {
        pen.write(
          "\(experiment.identity.prefix(8))  ", isSelected ? nil : "text.dim", into: &screen)
      }
      pen.write(
        sanitized(experiment.title, whitespace: .spaces), isSelected ? nil : "text", into: &screen)
    }
    screen.drawHorizontalLine(
      row: foot.row, column: foot.column, length: foot.columns, style: theme.style("border"))
    guard listed.indices.contains(results.cursor) else { return }
    let selected = listed[results.cursor]
    let figures = selected.ablation?.sweep == nil ? selected.ablation?.words : nil
    let conclusion = sanitized(
      [figures, selected.conclusion].compactMap(\.self).joined(separator: " · "),
      whitespace: .spaces)
    for (offset, line) in TextLines.texts(conclusion, columns: foot.columns - 4).enumerated()
    where offset + 1 < foot.rows {
      screen.write(
        line, row: foot.row + 1 + offset, column: foot.column + 2,
        style: theme.style("number"))
    }
  }

  private func drawNothing(into screen: inout Cells, _ rect: Rect) {
    let name = session.regions?.dictionary.name ?? "DICT"
    let lines = [
      ("nothing is kept yet · commands keep their results here:", "text"),
      ("exemplar coverage \(name) SOURCES…", "number"),
      ("exemplar stability STORE", "number"),
      ("exemplar compare-sae \(name) STORE --sae FOLDER", "number"),
      ("exemplar probe · detect · paths · alignment; see exemplar help", "number"),
      (
        results.identity == nil || results.showsAll
          ? "" : "\(session.key(.savedAll, in: .saved)) lists those of other dictionaries",
        "text.dim"
      ),
    ]
    for (offset, line) in lines.enumerated() where offset + 1 < rect.rows {
      screen.write(
        line.0, row: rect.row + 1 + offset, column: rect.column + 2, limit: rect.columns - 4,
        style: theme.style(line.1), overflow: .ellipsis)
    }
  }

  // MARK: - A page

  private func draw(_ page: ResultsPage, into screen: inout Cells, _ body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let lines = results.lines(of: page, in: session).lines
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("Results › ", "text.dim", into: &screen)
        pen.write(page.experiment.kind.title, "title", into: &screen)
        pen.write(
          " · \(sanitized(page.experiment.title, whitespace: .spaces))", "text", into: &screen)
      },
      trailing: lines.count > rest.rows
        ? "line \(page.cursor + 1) of \(Figures.grouped(lines.count))" : "")
    for (offset, line) in lines.dropFirst(page.top).prefix(rest.rows).enumerated() {
      let isSelected = offset + page.top == page.cursor && line.item != nil
      let row = rest.row + offset
      if isSelected {
        screen.fill(
          Rect(row: row, column: rest.column, rows: 1, columns: rest.columns),
          style: theme.style("region.selected"))
      }
      if offset + page.top == page.cursor {
        screen.write("▸", row: row, column: rest.column, style: theme.style("title"))
      }
      var pen = Pen(theme: theme, row: row, column: rest.column + 2, end: rest.endColumn - 1)
      line.line.draw(&pen, isSelected: isSelected, into: &screen)
    }
  }
}

/// A region and its best feature, side by side: how much they are the same rows, and where each is most active.
struct FeaturePairView {
  let page: ResultsPage
  let match: SavedFeatureMatches.Match
  let label: String?
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    guard let result = page.result, let features = result.features else { return }
    let (title, rest) = body.split(rows: 1)
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("Results › sparse autoencoder › ", "text.dim", into: &screen)
        pen.write("region \(match.id) and feature \(match.partner)", "title", into: &screen)
      }, trailing: "\((page.pair ?? 0) + 1) of \(Figures.grouped(result.matches.count))")
    var pen = Pen(theme: theme, row: rest.row, column: rest.column + 1, end: rest.endColumn - 1)
    pen.write("F1 \(Figures.fixed(match.f1, 3))", "number", into: &screen)
    pen.write(
      " · \(match.overlap) of the \(features.topK) most active rows are the same", "text",
      into: &screen)
    for fact in [
      "precision \(Figures.fixed(match.precision, 2))", "recall \(Figures.fixed(match.recall, 2))",
      "active on \(Figures.count(match.active, "row"))",
    ] where DisplayWidth.of(fact) + 3 <= pen.room {
      pen.write(" · \(fact)", "text", into: &screen)
    }
    pen = Pen(theme: theme, row: rest.row + 1, column: rest.column + 1, end: rest.endColumn - 1)
    if let firing = features.firing(match.id) {
      let same =
        firing.partner == match.partner ? "the same feature" : "feature \(firing.partner)"
      pen.write(
        "by firing sets: \(same), F1 \(Figures.fixed(firing.f1, 3))", "text.dim", into: &screen)
    } else {
      pen.write("by firing sets: too few rows", "text.dim", into: &screen)
    }
    pen.write(" · of \(Figures.grouped(features.rows)) rows", "text.dim", into: &screen)
    let (_, lower) = rest.split(rows: 3)
    let (left, right) = lower.split(columns: max(10, (lower.columns - 3) / 2), gap: 3)
    screen.drawVerticalLine(
      row: lower.row, column: left.endColumn + 1, length: lower.rows, style: theme.style("border"))
    drawSide(
      "region \(match.id)", label, features.places(ofRegion: match.id), into: &screen, left)
    drawSide(
      "feature \(match.partner)", features.sae, features.places(ofFeature: match.partner),
      into: &screen, right)
  }

  private func drawSide(
    _ name: String, _ note: String?, _ places: [SavedFeatureMatches.Place],
    into screen: inout Cells, _ rect: Rect
  ) {
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn)
    pen.write(name, "title", into: &screen)
    if let note { pen.write("  \(note)", "region.label", into: &screen) }
    guard !places.isEmpty else {
      screen.write(
        "no text was kept of its rows", row: rect.row + 1, column: rect.column + 1,
        limit: rect.columns - 1, style: theme.style("text.dim"), overflow: .ellipsis)
      return
    }
    let rows = max(1, (rect.rows - 1) / places.count)
    for (index, place) in places.enumerated() {
      let row = rect.row + 1 + index * rows
      guard row < rect.endRow else { break }
      let activation = Figures.fixed(place.activation, 2)
      screen.writeRight(
        activation, row: row, end: rect.column + 8, style: theme.style("number"))
      let lines = ContextLines.lines(
        place.text, token: place.range, columns: max(8, rect.columns - 10),
        lineCount: max(1, min(3, rows)))
      for (offset, line) in lines.enumerated() where row + offset < rect.endRow {
        var pen = Pen(
          theme: theme, row: row + offset, column: rect.column + 9, end: rect.endColumn)
        for span in line {
          pen.write(span.text, span.look.role, into: &screen)
        }
      }
    }
  }
}

extension ResultsScreen {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    ResultsView(session: session, results: self, theme: theme).draw(into: &screen, body: area)
  }
}
