import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

extension Readout: ExpressibleByArgument {}
extension DocumentPooling: ExpressibleByArgument {}
extension ConceptDetection.Score: ExpressibleByArgument {}
extension ConceptDetection.Precision: ExpressibleByArgument {}
extension ReadoutBasis: ExpressibleByArgument {}
extension ConceptDetection.Selection: ExpressibleByArgument {}

/// Activations of a STORE argument with what is known of its documents.
struct ClaimInput {
  var source: ActivationSource
  var fields: DocumentFields

  /// - Parameters:
  ///   - dictionary: what the activations are for: of its hook, and of its model where both say which.
  ///   - labels: a file of labels, which wins over the store's own fields.
  init(
    _ argument: String, for dictionary: DictionaryFile, positions: Positions, labels: String? = nil
  ) throws {
    source = try Self.source(argument, for: dictionary, positions: positions)
    if let labels {
      fields = try DocumentFields(labels: URL(filePath: labels))
    } else if ActivationSource.isStore(source.url) {
      fields = try DocumentFields(store: try StoreFile(source.url))
    } else {
      fields = DocumentFields()
    }
  }

  static func source(
    _ argument: String, for dictionary: DictionaryFile, positions: Positions
  ) throws -> ActivationSource {
    let source = try source(argument, positions: positions, hook: dictionary.provenance.hook)
    try source.checkFits(dictionary)
    return source
  }

  /// Shards, rows or a store; of a store, `PATH#harmful,benign` takes these prompt sets alone.
  ///
  /// - Parameter hook: read at this hook where the path is a store.
  static func source(
    _ argument: String, positions: Positions, hook: String?
  ) throws -> ActivationSource {
    let whole = URL(filePath: argument)
    let mark = argument.lastIndex(of: "#")
    guard let mark, !FileManager.default.fileExists(atPath: argument) else {
      return try source(whole, positions: positions, hook: hook, sets: nil)
    }
    let sets = String(argument[argument.index(after: mark)...])
    return try source(
      URL(filePath: String(argument[..<mark])), positions: positions, hook: hook,
      sets: StoreSelection.sets(sets))
  }

  private static func source(
    _ url: URL, positions: Positions, hook: String?, sets: [String]?
  ) throws -> ActivationSource {
    guard ActivationSource.isStore(url) else {
      guard sets == nil else {
        throw ExperimentError(
          .invalidValue,
          "expected a store, which has prompt sets to choose by #, found another file",
          file: url.lastPathComponent)
      }
      return try ActivationSource(url, positions: positions)
    }
    return try ActivationSource(
      url, positions: positions, selection: StoreSelection(hook: hook, sets: sets))
  }
}
