import Experiments
import Foundation
import Storage

/// What `build` and `import` say about the dictionary they wrote.
struct DictionarySummary {
  var file: DictionaryFile
  var seconds: Double

  var json: JSONValue {
    let provenance = file.provenance
    return .object([
      ("regions", .integer(file.regionCount)),
      ("theta", .number(file.threshold)),
      ("centerNorm", .number(file.centreNorm)),
      ("activations", .integer(file.activationCount)),
      ("batches", .optional(provenance.batches)),
      ("percentile", .optional(provenance.percentile)),
      ("saturated", .optional(provenance.saturated)),
      ("identity", .string(file.identity)),
      ("seconds", .number(seconds)),
      ("positions", .optional(provenance.positions)),
      ("dimension", .integer(file.dimension)),
      ("output", .string(file.name)),
    ])
  }

  var text: String {
    let provenance = file.provenance
    let percentile = provenance.percentile.map { "p\(formatted($0))" } ?? "p not recorded"
    return """
      \(oneLine(file.name)): \(file.regionCount) regions from \(file.activationCount) activations of \(file.dimension) components
      θ \(formatted(file.threshold)) (\(percentile)), ‖centre‖ \(formatted(file.centreNorm))\
      \(provenance.saturated == true ? ", stopped at saturation" : "")
      identity \(file.identity.prefix(12)), \(formatted(seconds)) s
      """
  }

  func print(_ style: OutputStyle) {
    if style.json { json.print() } else { Swift.print(text) }
  }
}

/// Up to four significant decimals, no trailing zeros.
func formatted(_ value: Double) -> String {
  guard value.isFinite else { return "—" }
  return value.formatted(
    .number.precision(.fractionLength(0...4)).grouping(.never).locale(
      .init(identifier: "en_US_POSIX")))
}
