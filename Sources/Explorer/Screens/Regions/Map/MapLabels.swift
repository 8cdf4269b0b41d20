import Storage
import Terminal

/// Words beside the points of the map, where they fit: labels, and else the token of the closest context, or the prompt's
/// last words where every token ends a template.
struct MapLabels {
  let regions: RegionsScreen
  let theme: Theme

  /// A point by the fifth that its members are in.
  static let glyphs = ["·", "·", "•", "•", "●"]

  private static let most = 60
  private static let widest = 18

  /// The fifth of each region by members, 0 for the fewest.
  static func sizes(_ regions: RegionsScreen) -> [Int] {
    let counts = regions.dictionary.table.memberCounts
    let sorted = counts.sorted()
    guard let first = sorted.first, let last = sorted.last, last > first else {
      return counts.map { _ in 2 }
    }
    let bounds = (1...4).map { sorted[min(sorted.count - 1, sorted.count * $0 / 5)] }
    // Counts that labelling blind hides are told by no size either.
    return counts.indices.map { region in
      regions.isHidden(region) ? 2 : bounds.count { counts[region] >= $0 }
    }
  }

  /// The regions that are named first: the selected one, those with a label, and the largest.
  static func order(_ regions: RegionsScreen) -> [Int] {
    let counts = regions.dictionary.table.memberCounts
    let all = regions.rows.map { Int($0) }
    func rank(_ region: Int) -> (Int, Int, Int) {
      let isLabelled = regions.label(of: region) != nil && !regions.isHidden(region)
      return (region == regions.selected ? 0 : isLabelled ? 1 : 2, -counts[region], region)
    }
    return Array(all.sorted { rank($0) < rank($1) }.prefix(most))
  }

  func draw(
    _ area: Rect, into screen: inout Cells, cell: (Int) -> Int?, isTaken: (Int) -> Bool
  ) {
    guard area.columns > 20 else { return }
    var used = Set<Int>()
    for region in Self.order(regions) {
      guard let place = cell(region), let text = text(of: region) else { continue }
      let width = min(Self.widest, DisplayWidth.of(text))
      let (row, column) = (place / area.columns, place % area.columns)
      for start in [column + 2, column - 1 - width] {
        // With a space on either side, so that two names do not read as one.
        guard start >= 0, start + width <= area.columns else { continue }
        let cells = max(0, start - 1)..<min(area.columns, start + width + 1)
        let places = cells.map { row * area.columns + $0 }.filter { $0 != place }
        guard places.allSatisfy({ !used.contains($0) && !isTaken($0) }) else { continue }
        used.formUnion(places)
        let isLabel = regions.label(of: region) != nil
        screen.write(
          text, row: area.row + row, column: area.column + start, limit: width,
          style: theme.style(isLabel ? "region.label" : "text.dim"), overflow: .ellipsis)
        break
      }
    }
  }

  private func text(of region: Int) -> String? {
    if let label = regions.label(of: region), !regions.isHidden(region) {
      return sanitized(label.text, whitespace: .spaces)
    }
    guard let row = regions.rowTexts[region], let token = row.token else { return nil }
    let bytes = Array(row.text.utf8)
    guard token.upperBound <= bytes.count else { return nil }
    let text = sanitized(String(decoding: bytes[token], as: UTF8.self), whitespace: .spaces)
    let trimmed = text.drop { $0 == " " }
    return trimmed.allSatisfy(\.isWhitespace) ? lastWords(of: row) : String(trimmed)
  }

  /// What the prompt of a final position ends with, before the template; `nil` of other positions.
  private func lastWords(of row: RowText) -> String? {
    let (dictionary, text) = (regions.dictionary, row.text)
    guard dictionary.provenance.positions == "last", row.isWhole,
      !dictionary.commonSuffix.isEmpty, text.hasSuffix(dictionary.commonSuffix)
    else { return nil }
    let end = sanitized(
      String(text.dropLast(dictionary.commonSuffix.count)), whitespace: .spaces)
    var words = ""
    for word in end.split(separator: " ").reversed() {
      let longer = words.isEmpty ? String(word) : "\(word) \(words)"
      guard DisplayWidth.of(longer) < Self.widest else { break }
      words = longer
    }
    return words.isEmpty ? nil : "…" + words
  }
}
