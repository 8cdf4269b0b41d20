import ExemplarPartitioning
import Foundation
import Storage

/// The path of a captured document, from its stored activations: no weights are needed.
package enum StoredTrace {
  /// Assigns every captured position of a document in each dictionary.
  ///
  /// - Parameter dictionaries: of hooks that the store has.
  /// - Returns: the tokens that were captured, in order; a spelling is the bytes of the text that the token covers, and
  ///   `id` −1 where the store does not have it.
  /// - Throws: `missing` for a dictionary without hook or a document without activations, `mismatch` for another width.
  package static func trace(
    _ document: StoreDocument, in store: StoreFile, _ dictionaries: [DictionaryFile]
  ) throws -> [TracedToken] {
    guard document.rowCount > 0 else {
      throw ExperimentError(
        .missing, "expected activations of document \(document.id), found none", file: store.name)
    }
    let assigned = try dictionaries.map { dictionary in
      guard let name = dictionary.provenance.hook else {
        throw ExperimentError(
          .missing, "the dictionary does not say which hook it was built at", file: dictionary.name)
      }
      let width = try store.hook(named: name).dimension
      guard width == dictionary.dimension else {
        throw ExperimentError(
          .mismatch,
          "expected activations of \(dictionary.dimension) components at \(name), as in \(dictionary.name), found \(width)",
          file: store.name)
      }
      var assigner = RegionAssigner(
        centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: 1)
      return assigner.assign(
        ActivationBatch(rows: try store.rows(name, document.rows), count: document.rowCount))
    }
    let tokens = try store.tokens(of: document)
    let bytes = Array(document.text.utf8)
    func end(_ position: Int) -> Int {
      guard let ends = tokens.ends, position >= 0 else { return 0 }
      return position < ends.count ? min(Int(ends[position]), bytes.count) : bytes.count
    }
    return (0..<document.rowCount).map { row in
      let position = document.firstPosition + row
      let start = min(end(position - 1), end(position))
      let covered = String(decoding: bytes[start..<end(position)], as: UTF8.self)
      return TracedToken(
        position: position, id: tokens.ids.map { Int($0[position]) } ?? -1,
        spelling: tokens.ends == nil ? "position \(position)" : covered, end: end(position),
        hits: zip(dictionaries, assigned).map { dictionary, found in
          RegionHit(
            region: Int(found.ids[row]), distance: found.distances[row],
            threshold: dictionary.threshold)
        })
    }
  }
}

extension RegionHit {
  package init(region: Int, distance: Float, threshold: Double) {
    self.init(
      region: region, distance: distance, ratio: Theta.multiple(Double(distance), of: threshold),
      isOutside: distance > Float(threshold))
  }
}
