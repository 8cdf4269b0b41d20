import Storage

/// The dictionary that was built, or made of another file, under the keys by which it is printed.
package struct BuiltDictionaryRecord: Encodable, Sendable {
  var regions: Int
  var theta: Double
  var centerNorm: Double
  var activations: Int
  var batches: Int?
  var percentile: Double?
  var saturated: Bool?
  var identity: String
  var seconds: Double
  var positions: String?
  var model: String?
  var modelName: String?
  var modelHash: String?
  var adapter: String?
  var adapterHash: String?
  var hook: String?
  var seed: UInt64?
  var sets: String?
  var split: String?
  var prompts: Int?
  var givenByHand: [String]
  var dimension: Int
  var output: String

  package init(_ file: DictionaryFile, seconds: Double) {
    let provenance = file.provenance
    (regions, theta, centerNorm) = (file.regionCount, file.threshold, file.centreNorm)
    (activations, batches) = (file.activationCount, provenance.batches)
    (percentile, saturated) = (provenance.percentile, provenance.saturated)
    (identity, self.seconds, positions) = (file.identity, seconds, provenance.positions)
    (model, modelName) = (provenance.model, provenance.modelName)
    modelHash = provenance.modelHash
    (adapter, adapterHash, hook) = (provenance.adapter, provenance.adapterHash, provenance.hook)
    (seed, sets, split) = (provenance.seed, provenance.sets, provenance.split)
    (prompts, givenByHand) = (provenance.prompts, provenance.fieldsByHand)
    (dimension, output) = (file.dimension, file.name)
  }

  /// - Parameter selection: which documents of a store were taken, in words.
  package func text(selection: String? = nil) -> String {
    let percentile = percentile.map { "p\(formatted($0))" } ?? "p not recorded"
    let fields = onOneLine(givenByHand.joined(separator: ", "))
    let byHand = fields.isEmpty ? "" : "\ngiven by hand: \(fields)"
    return """
      \(onOneLine(output)): \(quantity(regions, "region")) from \(quantity(activations, "activation")) of \(quantity(dimension, "component"))
      θ \(formatted(theta)) (\(percentile)), ‖centre‖ \(formatted(centerNorm))\
      \(saturated == true ? ", stopped at saturation" : "")\
      \(selection.map { "\n\(onOneLine($0))" } ?? "")\(byHand)
      identity \(identity.prefix(12)), \(formatted(seconds)) s
      """
  }
}
