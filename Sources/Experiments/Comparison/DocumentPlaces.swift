import ExemplarPartitioning
import Storage

/// Where a position of a document lies in a dictionary.
package struct DocumentPlace: Sendable, Equatable {
  package var region: Int
  /// Cosine distance to the region's exemplar.
  package var distance: Double

  package init(region: Int, distance: Double) { (self.region, self.distance) = (region, distance) }

  /// Looks up positions of documents, by the texts that the store's model read.
  ///
  /// - Parameters:
  ///   - documents: the store's, by text.
  ///   - wanted: a text and a token position; `nil` where there is nothing to look up.
  /// - Returns: for each of `wanted` its place; `nil` where the store does not have it.
  /// - Throws: what reading the store throws.
  /// - Complexity: O(wanted · K · D).
  package static func find(
    _ wanted: [(text: String, position: Int)?], in dictionary: DictionaryFile, _ store: StoreFile,
    documents: [String: StoreDocument]
  ) throws -> [DocumentPlace?] {
    var places = [DocumentPlace?](repeating: nil, count: wanted.count)
    guard let hook = dictionary.provenance.hook,
      store.hooks.contains(where: { $0.name == hook && $0.dimension == dictionary.dimension })
    else { return places }
    let rows = wanted.enumerated().compactMap { index, wanted -> (index: Int, row: Int)? in
      guard let wanted else { return nil }
      return documents[wanted.text]?.row(at: wanted.position).map { (index, $0) }
    }
    guard !rows.isEmpty else { return places }
    var assigner = RegionAssigner(
      centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: 1)
    let found = assigner.assign(
      ActivationBatch(rows: try store.rows(hook, at: rows.map(\.row)), count: rows.count))
    for (offset, row) in rows.enumerated() where found.ids[offset] >= 0 {
      places[row.index] = DocumentPlace(
        region: Int(found.ids[offset]), distance: Double(found.distances[offset]))
    }
    return places
  }
}
