import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Writes a comparison as the reference does: `matches.csv`, `a_dropped.csv`, `b_introduced.csv` and `summary.json`,
/// with its columns, order, rounding and line ends; and beside them `comparison.json`, with all that we know more.
package struct ComparisonFiles {
  package static let names: Set<String> = [
    "matches.csv", "a_dropped.csv", "b_introduced.csv", "summary.json", "comparison.json",
    "lineage.csv",
  ]

  package let comparison: DictionaryComparison
  package let division: DictionaryComparison.Division
  package var labels: (a: String, b: String)
  private let prompts: (a: [Int: String], b: [Int: String])

  /// - Parameter labels: what `summary.json` calls the two.
  package init(
    _ comparison: DictionaryComparison, _ a: DictionaryFile, _ b: DictionaryFile, cutoff: Double,
    labels: (a: String, b: String) = ("A", "B")
  ) throws {
    self.comparison = comparison
    division = comparison.division(at: cutoff)
    self.labels = labels
    prompts = (try Self.topPrompts(a), try Self.topPrompts(b))
  }

  /// Writes the reference's four files into a folder that is there.
  ///
  /// - Parameter prefix: what their names begin with.
  package func writeReferenceFiles(to folder: URL, prefix: String = "") throws {
    let files = [
      ("matches.csv", matches), ("a_dropped.csv", dropped), ("b_introduced.csv", introduced),
      ("summary.json", summary),
    ]
    for (name, text) in files {
      do {
        try Data(text.utf8).write(to: folder.appending(path: prefix + name))
      } catch {
        throw StorageError(.inputOutput, "cannot be written", file: name)
      }
    }
  }

  /// Writes the reference's four files, and `comparison.json` beside them.
  package func write(
    _ report: ComparisonReport, to folder: URL, prefix: String = "", seconds: Double? = nil
  ) throws {
    try writeReferenceFiles(to: folder, prefix: prefix)
    let name = prefix + "comparison.json"
    do {
      let text = JSONValue(encoding: ComparisonDetailsRecord(report, seconds: seconds)).text + "\n"
      try Data(text.utf8).write(to: folder.appending(path: name))
    } catch {
      throw StorageError(.inputOutput, "cannot be written", file: name)
    }
  }

  // MARK: - Tables

  private var matches: String {
    let header = [
      "i_a", "i_b", "cos", "dist", "dist_over_theta_a", "dist_over_theta_b", "members_a",
      "members_b", "top_prompt_a", "top_prompt_b",
    ]
    let (thetaA, thetaB) = (Float(comparison.a.threshold), Float(comparison.b.threshold))
    return Self.table(
      header,
      comparison.pairs.map { pair in
        [
          "\(pair.a)", "\(pair.b)", Self.rounded(pair.cosine, 6), Self.rounded(pair.distance, 6),
          Self.rounded(Theta.multiple(pair.distance, of: thetaA), 4),
          Self.rounded(Theta.multiple(pair.distance, of: thetaB), 4),
          "\(comparison.a.memberCounts[pair.a])", "\(comparison.b.memberCounts[pair.b])",
          prompts.a[pair.a] ?? "", prompts.b[pair.b] ?? "",
        ]
      })
  }

  private var dropped: String {
    unmatched(division.dropped, comparison.a.memberCounts, prompts.a)
  }

  private var introduced: String {
    unmatched(division.introduced, comparison.b.memberCounts, prompts.b)
  }

  private func unmatched(_ regions: [Int], _ members: [Int], _ prompts: [Int: String]) -> String {
    Self.table(
      ["i", "members", "top_prompt"],
      regions.map { ["\($0)", "\(members[$0])", prompts[$0] ?? ""] })
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    ([header] + rows).map { row in
      row.map { CSVTable.quoted($0) }.joined(separator: ",") + "\r\n"
    }.joined()
  }

  /// The shortest decimal number for a value rounded to some decimals, as Python prints it: halves to even on the exact
  /// binary value.
  package static func rounded(_ value: Float, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let text = String(format: "%.\(decimals)f", locale: nil, Double(value))
    return Double(text).map { "\($0)" } ?? text
  }

  // MARK: - Summary

  /// The text of `summary.json`.
  package var summary: String {
    let cosines = comparison.pairs.map(\.cosine)
    let distances = comparison.pairs.map(\.distance)
    let (thetaA, thetaB) = (Float(comparison.a.threshold), Float(comparison.b.threshold))
    let lines = [
      ("label_a", Self.quoted(labels.a)), ("label_b", Self.quoted(labels.b)),
      ("k_a", "\(comparison.a.count)"), ("k_b", "\(comparison.b.count)"),
      ("theta_a", "\(comparison.a.threshold)"), ("theta_b", "\(comparison.b.threshold)"),
      ("n_hungarian_pairs", "\(comparison.pairs.count)"), ("cutoff", "\(division.cutoff)"),
      ("persisted_above_cutoff", "\(division.persisted.count)"),
      ("dropped_a_total", "\(division.dropped.count)"),
      ("dropped_a_unpaired", "\(division.droppedUnpaired)"),
      ("dropped_a_below_cutoff", "\(division.weak.count)"),
      ("introduced_b_total", "\(division.introduced.count)"),
      ("introduced_b_unpaired", "\(division.introducedUnpaired)"),
      ("introduced_b_below_cutoff", "\(division.weak.count)"),
      ("matched_cos_stats", Self.statistics(cosines, withExtremes: true)),
      (
        "matched_dist_over_theta_a_stats",
        Self.statistics(distances.map { Theta.multiple($0, of: thetaA) }, withExtremes: false)
      ),
      (
        "matched_dist_over_theta_b_stats",
        Self.statistics(distances.map { Theta.multiple($0, of: thetaB) }, withExtremes: false)
      ),
    ]
    return "{\n" + lines.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}"
  }

  private static func statistics(_ values: [Float], withExtremes: Bool) -> String {
    let lines = statistics(values, withExtremes: withExtremes).map {
      "    \"\($0.name)\": \(rounded($0.value, 4))"
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n  }"
  }

  /// The figures that a summary has of a distribution.
  package static func statistics(
    _ values: [Float], withExtremes: Bool
  ) -> [(name: String, value: Float)] {
    let sorted = values.sorted()
    var entries = [
      ("mean", values.mean), ("median", values.median),
      ("p10", sorted.percentile(10)), ("p90", sorted.percentile(90)),
    ]
    if withExtremes {
      entries += [("min", values.min() ?? .nan), ("max", values.max() ?? .nan)]
    }
    return entries
  }

  /// A JSON string in ASCII.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    for unit in text.utf16 {
      switch unit {
      case 0x22: out += "\\\""
      case 0x5C: out += "\\\\"
      case 0x0A: out += "\\n"
      case 0x0D: out += "\\r"
      case 0x09: out += "\\t"
      case 0x08: out += "\\b"
      case 0x0C: out += "\\f"
      case 0x20...0x7E: out.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default:
        let hex = String(unit, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      }
    }
    return out + "\""
  }

  // MARK: - Prompts

  /// The text of each region's closest context on one line, cut to 160 characters.
  private static func topPrompts(_ file: DictionaryFile) throws -> [Int: String] {
    try file.closestContexts(of: 0..<file.regionCount, textLimit: .max)
      .mapValues { topPrompt($0.text ?? "") }
  }

  static func topPrompt(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }
    guard let first = scalars.firstIndex(where: { !PythonText.isSpace($0) }),
      let last = scalars.lastIndex(where: { !PythonText.isSpace($0) })
    else { return "" }
    var kept = String.UnicodeScalarView()
    let isLong = last - first + 1 > 160
    kept.append(contentsOf: scalars[first..<(isLong ? first + 157 : last + 1)])
    return String(kept) + (isLong ? "..." : "")
  }
}
