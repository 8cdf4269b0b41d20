import Experiments
import Foundation
import Storage
import Terminal

/// Saved experiments, one a row, with what the selected one concluded below.
struct ExperimentListView {
  let list: ExperimentList
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let count = list.entries?.count ?? 0
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("Ablation lab › ", "text.dim", into: &screen)
        pen.write("Saved experiments", "title", into: &screen)
      }, trailing: count == 0 ? "" : "\(list.cursor + 1) of \(Figures.grouped(count))")
    guard let entries = list.entries else { return note("reading the notebook…", rest, &screen) }
    guard !entries.isEmpty else {
      return note("nothing yet: every experiment is kept once it is over", rest, &screen)
    }
    let header = Rect(row: rest.row, column: rest.column, rows: 1, columns: rest.columns)
    screen.restyle(header, theme.style("header"))
    draw(
      Self.headings(isNarrow: Self.isNarrow(rest)), into: &screen, header,
      style: theme.style("header"), isSelected: true)
    let rows = max(1, rest.rows - 4)
    for (offset, entry) in entries.dropFirst(list.top).prefix(rows).enumerated() {
      let rect = Rect(
        row: rest.row + 1 + offset, column: rest.column, rows: 1, columns: rest.columns)
      let isSelected = list.top + offset == list.cursor
      if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
      draw(cells(entry), into: &screen, rect, style: .plain, isSelected: isSelected)
      if entry.id == list.marked {
        screen.write("◆", row: rect.row, column: rect.column, style: theme.style("key"))
      }
    }
    if let entry = list.selected { drawFoot(entry, into: &screen, rest) }
  }

  private func note(_ text: String, _ rect: Rect, _ screen: inout Cells) {
    screen.write(
      text, row: rect.row + 1, column: rect.column + 3, limit: rect.columns - 4,
      style: theme.style("text.dim"), overflow: .ellipsis)
  }

  /// Widths, the last column taking what is left.
  private static let widths = [5, 17, 10, 11, 7, 6, 3, 5, 30]
  private static func headings(isNarrow: Bool) -> [String] {
    [
      "#", "when", "depth", "regions", "basis", "layer", "K", "n",
      isNarrow ? "refused → edited (control)" : "refuse: before → edit (control)",
    ]
  }

  /// Where there is little room, the time of day, the basis and K give way to the rates.
  private static func isNarrow(_ rect: Rect) -> Bool { rect.columns < 96 }

  private func draw(
    _ cells: [String], into screen: inout Cells, _ rect: Rect, style: Style, isSelected: Bool
  ) {
    var column = rect.column + 1
    let isNarrow = Self.isNarrow(rect)
    for (index, cell) in cells.enumerated() {
      let width: Int
      switch index {
      case 1: width = isNarrow ? 7 : Self.widths[1]
      case 4, 6: width = isNarrow && index == 6 ? 0 : Self.widths[index]
      default: width = Self.widths[index]
      }
      guard width > 0 else { continue }
      let isLast = index == cells.count - 1
      let text = index == 1 && isNarrow ? String(cell.dropFirst(5).prefix(5)) : cell
      let isWrecked = isLast && cell.contains("✗") && !isSelected
      screen.write(
        text, row: rect.row, column: column,
        limit: isLast ? max(0, rect.endColumn - 1 - column) : width - 1,
        style: isWrecked ? theme.style("status.error") : style, overflow: .ellipsis)
      column += width
    }
  }

  private func cells(_ entry: SavedExperiment) -> [String] {
    var cells = [String(entry.id), Figures.date(entry.date)]
    guard let figures = entry.ablation else {
      return cells + ["", "", "", "", "", "", sanitized(entry.title)]
    }
    let setup = figures.setup
    func count(_ value: Int?) -> String { value.map(String.init) ?? "—" }
    var rates = "\(count(figures.baseline)) → \(count(figures.treated))"
    if let control = figures.control { rates += " (\(control))" }
    if figures.role == .benign { rates += " benign" }
    if let degenerate = figures.degenerate, degenerate > 0 { rates += " ✗\(degenerate)" }
    switch setup.intervention {
    case .steer(let alpha): rates += " α \(Figures.fixed(Double(alpha), 1))"
    case .ablate(let strength):
      if strength != 1 { rates += " ×\(Figures.fixed(Double(strength), 2))" }
    case .swap: rates += " swap"
    }
    if !entry.isComplete { rates += " stopped" }
    cells.append(setup.depth.rawValue)
    cells.append(figures.regions.map(String.init).joined(separator: ","))
    cells.append(
      setup.basis == .reanchored ? "reanch" : setup.basis == .exemplar ? "exempl" : "mean")
    cells.append(Self.layer(figures.at))
    return cells + [String(figures.regions.count), String(figures.count), rates]
  }

  /// The number in `blocks.16.hook_resid_post`; other hooks as they are.
  private static func layer(_ hook: String) -> String {
    let parts = hook.split(separator: ".")
    return parts.count > 1 && parts[0] == "blocks" ? String(parts[1]) : hook
  }

  private func drawFoot(_ entry: SavedExperiment, into screen: inout Cells, _ rect: Rect) {
    let lines =
      [sanitized(entry.title)]
      + WrappedText.lines(
        sanitized(entry.conclusion), columns: rect.columns - 3)
    for (offset, line) in lines.prefix(3).enumerated() {
      screen.write(
        line, row: rect.endRow - 3 + offset, column: rect.column + 1, limit: rect.columns - 2,
        style: theme.style(offset == 0 ? "text.strong" : "text.dim"), overflow: .ellipsis)
    }
  }
}

extension Figures {
  /// `2026-01-31 12:05`, in UTC.
  static func date(_ date: Date) -> String {
    String(date.formatted(.iso8601).prefix(16)).replacing("T", with: " ")
  }
}
