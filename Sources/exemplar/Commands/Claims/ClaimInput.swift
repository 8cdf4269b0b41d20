import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

extension Readout: ExpressibleByArgument {}
extension ReadoutBasis: ExpressibleByArgument {}
extension ConceptDetection.Selection: ExpressibleByArgument {}

/// Activations of a STORE argument with what is known of its documents.
struct ClaimInput {
  var source: ActivationSource
  var fields: DocumentFields

  /// - Parameter labels: a file of labels, which wins over the store's own fields.
  init(_ path: String, positions: Positions, labels: String? = nil, hook: String?) throws {
    let url = URL(filePath: path)
    source = try Self.source(url, positions: positions, hook: hook)
    if let labels {
      fields = try DocumentFields(labels: URL(filePath: labels))
    } else if ActivationSource.isStore(url) {
      fields = try DocumentFields(store: try StoreFile(url))
    } else {
      fields = DocumentFields()
    }
  }

  /// - Parameter hook: read at this hook where the path is a store.
  static func source(_ url: URL, positions: Positions, hook: String?) throws -> ActivationSource {
    guard ActivationSource.isStore(url) else {
      return try ActivationSource(url, positions: positions)
    }
    return try ActivationSource(url, positions: positions, selection: StoreSelection(hook: hook))
  }
}
