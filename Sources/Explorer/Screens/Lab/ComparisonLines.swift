import Experiments
import Terminal

/// A comparison as lines of text with their looks.
enum ComparisonLines {
  typealias Line = [(text: String, role: String?)]

  static func count(_ comparison: AblationComparison, columns: Int) -> Int {
    lines(comparison, columns: columns).count
  }

  static func lines(_ comparison: AblationComparison, columns: Int) -> [Line] {
    var lines: [Line] = [
      [("A ", "key"), (sanitized(comparison.a.title), nil)],
      [("B ", "key"), (sanitized(comparison.b.title), nil)], [],
    ]
    let isPredicted = comparison.a.setup.depth == .geometry
    lines.append([(isPredicted ? "PREDICTED, not measured" : "MEASURED", "header")])
    if comparison.differences.isEmpty {
      lines.append([("set up alike", "text.dim")])
    }
    for difference in comparison.differences {
      lines.append([
        (difference.name.padded(to: 14), "text.dim"), (sanitized(difference.a), nil),
        (" → ", "text.dim"), (sanitized(difference.b), nil),
      ])
    }
    lines.append([])
    lines += table(comparison)
    lines.append([])
    for sentence in comparison.sentences { lines.append([(sentence, "text.strong")]) }
    lines.append([
      (
        "\(comparison.flips.count) of \(comparison.shared) prompts in both come out otherwise"
          + (comparison.flips.isEmpty ? "" : ":"), nil
      )
    ])
    let widths = (
      comparison.flips.map { DisplayWidth.of($0.a) }.max() ?? 0,
      comparison.flips.map { DisplayWidth.of($0.b) }.max() ?? 0
    )
    for flip in comparison.flips {
      let isRefusal = flip.refusesInA != flip.refusesInB
      lines.append([
        (isRefusal ? "⇄ " : "  ", "match"), (flip.role.rawValue.padded(to: 8), "text.dim"),
        (flip.a.padded(to: widths.0), nil), (" → ", "text.dim"),
        (flip.b.padded(to: widths.1 + 1), nil),
        (sanitized(flip.prompt), "text.dim"),
      ])
    }
    return lines
  }

  private static func table(_ comparison: AblationComparison) -> [Line] {
    let rows = comparison.table
    let widths = (0..<(rows.first?.count ?? 0)).map { column in
      rows.map { DisplayWidth.of($0[column]) }.max() ?? 0
    }
    return rows.enumerated().map { index, row in
      let text = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
      return [(text, index == 0 ? "header" : nil)]
    }
  }
}
