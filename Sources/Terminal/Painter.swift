import CNCurses
import Foundation

/// Hands the cells of a screen that changed to curses, which sends as little as it can.
@MainActor
struct Painter {
  private let depth: ColorDepth
  private let colorCount: Int
  private var shown: Screen?
  private var cursor: (row: Int, column: Int)?
  /// False when what curses has is not what `shown` says, and every cell must be handed over.
  private var isCurrent = false
  private var pairs: [PairColors: Int32] = [:]
  private let pairLimit: Int
  private var hasRunOutOfPairs = false
  private var drawn: [String: [DrawnGlyph]] = [:]
  private var buffer = [wchar_t](repeating: 0, count: DrawnGlyph.scalarLimit + 1)
  /// What the last cell was drawn with; the next one is most often drawn alike.
  private var brush: Brush?
  /// Whether the terminal takes the sequences that put the cursor back.
  private let canSendClusters: Bool

  private struct Brush {
    var style: Style
    var attributes: UInt32
    var pair: Int32
  }

  private struct PairColors: Hashable {
    var foreground: Int
    var background: Int
  }

  init(profile: TerminalProfile) {
    depth = profile.depth
    colorCount = profile.colorCount
    // To make a pair anew, curses looks through all cells for the old one; to run out must be rare.
    canSendClusters =
      CursesTerminal.capability("sc") == Array("\u{1B}7".utf8)
      && CursesTerminal.capability("rc") == Array("\u{1B}8".utf8)
      && CursesTerminal.capability("cup")?.starts(with: Array("\u{1B}[".utf8)) == true
    pairLimit = min(Int(ct_pair_limit()), 32_768)
  }

  /// Forgets what the terminal shows.
  mutating func invalidate() {
    isCurrent = false
    ct_invalidate()
  }

  /// - Returns: what has to be sent past curses, now that it has sent its own.
  mutating func draw(_ screen: Screen, cursor: (row: Int, column: Int)?) -> [UInt8] {
    let previous = isCurrent ? shown.flatMap { Self.sameSize($0, screen) ? $0 : nil } : nil
    let rows = min(screen.rows, Int(ct_rows()))
    let columns = min(screen.columns, Int(ct_columns()))
    put(screen, rows: rows, columns: columns)
    if hasRunOutOfPairs {
      // Which pairs no cell uses any more is not known, so all are made anew.
      pairs.removeAll(keepingCapacity: true)
      brush = nil
      hasRunOutOfPairs = false
      isCurrent = false
      put(screen, rows: rows, columns: columns)
    }
    let visible = cursor.flatMap {
      (0..<rows).contains($0.row) && (0..<columns).contains($0.column) ? $0 : nil
    }
    // What a terminal shows of a sequence may not be what curses takes it for: the row is sent anew.
    var spans: [(row: Int, columns: ClosedRange<Int>)] = []
    for row in 0..<rows where screen.changedColumns(row: row, since: previous) != nil {
      let span = canSendClusters ? ClusterOutput.columns(of: row, in: screen) : nil
      if let previous, span != nil || ClusterOutput.columns(of: row, in: previous) != nil {
        ct_redraw_row(Int32(row))
      }
      if let span, span.lowerBound < columns { spans.append((row, span)) }
    }
    ct_show(Int32(visible?.row ?? -1), Int32(visible?.column ?? -1))
    shown = screen
    self.cursor = cursor
    isCurrent = true
    var output = ClusterOutput()
    for span in spans {
      let (depth, colorCount) = (depth, colorCount)
      output.add(
        row: span.row, of: screen, columns: columns, from: span.columns,
        sequence: { style in
          var resolved = style.resolved(for: depth)
          if colorCount == 8 { resolved.reduceToEightColors() }
          return resolved.sequence(depth)
        }, drawn: { drawnGlyphs(for: $0) })
    }
    return output.finished()
  }

  /// Draws the last screen again.
  mutating func repaint() -> [UInt8] {
    shown.map { draw($0, cursor: cursor) } ?? []
  }

  /// Draws the last screen again over whatever the terminal shows, without clearing it first: nothing blinks.
  mutating func repaintInPlace() -> [UInt8] {
    isCurrent = false
    for row in 0..<ct_rows() { ct_redraw_row(row) }
    return repaint()
  }

  private static func sameSize(_ first: Screen, _ second: Screen) -> Bool {
    first.rows == second.rows && first.columns == second.columns
  }

  private mutating func put(_ screen: Screen, rows: Int, columns: Int) {
    let previous = isCurrent ? shown.flatMap { Self.sameSize($0, screen) ? $0 : nil } : nil
    for row in 0..<rows {
      guard let span = screen.changedColumns(row: row, since: previous) else { continue }
      for column in span.clamped(to: 0..<columns) {
        put(screen[row, column], row: row, column: column, columns: columns)
      }
    }
  }

  private mutating func put(_ cell: Cell, row: Int, column: Int, columns: Int) {
    guard cell.width > 0 else { return }
    if brush?.style != cell.style { brush = makeBrush(for: cell.style) }
    guard let brush else { return }
    // Nearly all cells hold one ASCII character.
    if cell.glyph.utf8.count == 1, let byte = cell.glyph.utf8.first {
      buffer[0] = wchar_t(byte)
      buffer[1] = 0
      ct_put(Int32(row), Int32(column), buffer, brush.attributes, brush.pair)
      return
    }
    var column = column
    for glyph in drawnGlyphs(for: cell) where column + glyph.width <= columns {
      for (index, scalar) in glyph.scalars.enumerated() { buffer[index] = wchar_t(scalar.value) }
      buffer[glyph.scalars.count] = 0
      ct_put(Int32(row), Int32(column), buffer, brush.attributes, brush.pair)
      column += glyph.width
    }
  }

  private mutating func makeBrush(for style: Style) -> Brush {
    var resolved = style.resolved(for: depth)
    if colorCount == 8 { resolved.reduceToEightColors() }
    return Brush(
      style: style, attributes: UInt32(resolved.attributes.rawValue),
      pair: pair(foreground: resolved.foreground, background: resolved.background))
  }

  private mutating func drawnGlyphs(for cell: Cell) -> [DrawnGlyph] {
    if let known = drawn[cell.glyph] { return known }
    // Text may hold any number of different glyphs over time.
    if drawn.count > 8192 { drawn.removeAll(keepingCapacity: true) }
    let glyphs = DrawnGlyph.glyphs(for: cell.glyph, width: cell.width) {
      Int(ct_glyph_width(wchar_t($0.value)))
    }
    drawn[cell.glyph] = glyphs
    return glyphs
  }

  private mutating func pair(foreground: Int, background: Int) -> Int32 {
    let colors = PairColors(foreground: foreground, background: background)
    if colors == PairColors(foreground: -1, background: -1) { return 0 }
    if let known = pairs[colors] { return known }
    let number = Int32(pairs.count + 1)
    // What a terminal with few pairs has none for is shown in its own colours.
    guard number < pairLimit, ct_set_pair(number, Int32(foreground), Int32(background)) else {
      hasRunOutOfPairs = pairLimit > 1
      return 0
    }
    pairs[colors] = number
    return number
  }
}

extension TerminalStyle {
  /// On eight colours: a bright one is its plain one in bold, which is how such terminals show it; bright
  /// black would be invisible on the others, and becomes a dim white.
  mutating func reduceToEightColors() {
    if foreground == 8 {
      foreground = 7
      attributes.insert(.dim)
    } else if foreground > 8 {
      foreground -= 8
      attributes.insert(.bold)
    }
    if background >= 8 { background -= 8 }
    if foreground >= 0, foreground == background { foreground = background == 0 ? 7 : 0 }
  }
}

extension Screen {
  /// The columns of a row that differ from `previous`, with whole glyphs at both ends; `nil` if none do.
  func changedColumns(row: Int, since previous: Screen?) -> Range<Int>? {
    guard columns > 0 else { return nil }
    guard let previous else { return 0..<columns }
    let start = row * columns
    var first = 0
    while first < columns, cells[start + first] == previous.cells[start + first] { first += 1 }
    guard first < columns else { return nil }
    var last = columns - 1
    while cells[start + last] == previous.cells[start + last] { last -= 1 }
    while first > 0, cells[start + first].width == 0 || previous.cells[start + first].width == 0 {
      first -= 1
    }
    return first..<last + 1
  }
}

extension CursesTerminal {
  /// Shows the screen, and the cursor where one is wanted.
  ///
  /// A screen larger than the terminal is clipped; one smaller leaves the rest as it was.
  package func draw(_ screen: Screen, cursor: (row: Int, column: Int)? = nil) {
    guard isUp else { return }
    send(painter.draw(screen, cursor: cursor))
  }

  /// Sends every cell again, for a terminal that something else has written to.
  package func redraw() {
    guard isUp else { return }
    painter.invalidate()
    send(painter.repaint())
  }
}
