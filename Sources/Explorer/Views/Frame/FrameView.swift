import Storage
import Terminal

/// What every screen has around its body: where the numbers come from, what is going on, which keys there are.
struct FrameView {
  let state: State
  let theme: Theme

  func draw(into screen: inout Screen, layout: ScreenLayout) {
    drawProvenance(into: &screen, layout.provenance)
    drawStatus(into: &screen, layout.status)
    drawKeys(into: &screen, layout.keys)
  }

  // MARK: - Provenance

  private func drawProvenance(into screen: inout Screen, _ rect: Rect) {
    let style = theme.style("provenance")
    screen.fill(rect, style: style)
    var pieces = [("exemplar", true, 0)]
    if state.screen == .regions, let dictionary = state.regions?.dictionary {
      pieces = Self.provenance(of: dictionary)
    }
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    // What matters least goes first, until the rest fits.
    while pieces.count > 1, pieces.reduce(-3, { $0 + DisplayWidth.of($1.0) + 3 }) > pen.room,
      let least = pieces.indices.max(by: { pieces[$0].2 < pieces[$1].2 })
    {
      pieces.remove(at: least)
    }
    for (index, piece) in pieces.enumerated() {
      if index > 0 { pen.write(" · ", style: theme.style("text.dim"), into: &screen) }
      pen.write(piece.0, style: piece.1 ? theme.style("title") : .plain, into: &screen)
    }
  }

  /// Text, whether it names the whole, and how soon it is left out: the highest number first.
  private static func provenance(of dictionary: OpenedDictionary) -> [(String, Bool, Int)] {
    let provenance = dictionary.provenance
    var pieces = [(provenance.model ?? "model not recorded", true, 0)]
    if let adapter = provenance.adapter { pieces.append(("+ \(adapter)", true, 3)) }
    pieces.append((provenance.hook ?? "hook not recorded", false, 2))
    if let positions = provenance.positions { pieces.append(("\(positions) positions", false, 7)) }
    if let percentile = provenance.percentile {
      pieces.append(("p \(shortNumber(percentile))", false, 4))
    }
    pieces.append(("θ \(Figures.fixed(dictionary.threshold, 3))", false, 1))
    pieces.append(("K \(Figures.grouped(dictionary.regionCount))", false, 1))
    pieces.append(("\(Figures.grouped(dictionary.activationCount)) activations", false, 6))
    if let template = provenance.template { pieces.append(("template \(template)", false, 8)) }
    pieces.append((String(dictionary.identity.prefix(8)), false, 5))
    return pieces
  }

  private static func shortNumber(_ value: Double) -> String {
    value == value.rounded() ? Figures.fixed(value, 0) : Figures.fixed(value, 2)
  }

  // MARK: - Keys

  private func drawKeys(into screen: inout Screen, _ rect: Rect) {
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    for hint in KeyHints.hints(for: state) {
      let columns = DisplayWidth.of(hint.keys) + 1 + DisplayWidth.of(hint.text)
      guard columns <= pen.room else { continue }
      pen.write(hint.keys, "key", into: &screen)
      pen.skip(1)
      pen.write(hint.text, "key.label", into: &screen)
      pen.skip(2)
    }
  }
}
