import Foundation
import Numerics

/// Columns of text, padded to their widest cell; numbers to the right.
package func table(_ header: [String], _ rows: [[String]]) -> String {
  table([header] + rows)
}

/// The header first.
package func table(_ lines: [[String]]) -> String {
  let widths = (lines.first ?? []).indices.map { column in
    lines.map { $0[column].count }.max() ?? 0
  }
  return lines.map { cells in
    let line = cells.enumerated().map { column, cell in
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      return column == 0 ? cell + padding : padding + cell
    }.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }.joined(separator: "\n")
}

/// A name as a part of a line, whatever breaks it has.
func onOneLine(_ text: String) -> String {
  text.split(whereSeparator: \.isNewline).joined(separator: " ")
}

/// Between quotes, as a shell takes it for one word whatever is in it.
package func shellQuoted(_ word: String) -> String {
  "'" + word.replacing("'", with: "'\\''") + "'"
}

/// In the largest unit that says it.
package func shortDuration(_ seconds: Double) -> String {
  switch seconds {
  case ..<90: "\(Int(max(0, seconds).rounded(.up))) s"
  case ..<5400: "\(Int((seconds / 60).rounded())) min"
  default: String(format: "%.1f h", seconds / 3600)
  }
}

/// Of what a lens makes of a region the first three that differ, for a picture.
func fewTokens(_ tokens: [String]) -> String {
  var shown: [String] = []
  for token in tokens.map(onOneLine) where !shown.contains(token) && shown.count < 3 {
    shown.append(token)
  }
  return shown.joined(separator: ", ")
}

/// Three decimals, `—` for what does not exist.
package func figure(_ value: Double?) -> String {
  guard let value, value.isFinite else { return "—" }
  return decimals(value, 3...3)
}

/// `[0.512, 0.634]`.
package func figure(_ interval: ConfidenceInterval?) -> String {
  interval.map { "[\(figure($0.lower)), \(figure($0.upper))]" } ?? "—"
}

/// A number of things in words: `1 hook`, `2 hooks`.
package func quantity(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// Up to four decimals, no trailing zeros.
package func formatted(_ value: Double) -> String {
  value.isFinite ? decimals(value, 0...4) : "—"
}

/// Without a thousands separator, whatever the locale.
func decimals(_ value: Double, _ digits: ClosedRange<Int>) -> String {
  value.formatted(
    .number.precision(.fractionLength(digits)).grouping(.never)
      .locale(.init(identifier: "en_US_POSIX")))
}
