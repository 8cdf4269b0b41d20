import Experiments
import Foundation
import Storage

/// What `build` and `import` say about the dictionary they wrote.
struct DictionarySummary {
  var file: DictionaryFile
  var seconds: Double
  /// Which documents of a store were taken, in words.
  var selection: String?

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
      ("model", .optional(provenance.model)), ("modelName", .optional(provenance.modelName)),
      ("modelHash", .optional(provenance.modelHash)),
      ("adapter", .optional(provenance.adapter)),
      ("adapterHash", .optional(provenance.adapterHash)), ("hook", .optional(provenance.hook)),
      ("seed", provenance.seed.map(JSONValue.seed) ?? .null),
      ("sets", .optional(provenance.sets)), ("split", .optional(provenance.split)),
      ("prompts", .optional(provenance.prompts)),
      ("givenByHand", .array(provenance.fieldsByHand.map(JSONValue.string))),
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
      \(provenance.saturated == true ? ", stopped at saturation" : "")\
      \(selection.map { "\n\(oneLine($0))" } ?? "")\(byHand)
      identity \(file.identity.prefix(12)), \(formatted(seconds)) s
      """
  }

  private var byHand: String {
    let fields = file.provenance.fieldsByHand
    return fields.isEmpty ? "" : "\ngiven by hand: \(oneLine(fields.joined(separator: ", ")))"
  }

  func print(_ style: OutputStyle) {
    if style.json { json.print() } else { Swift.print(text) }
  }
}
