import ExemplarPartitioning
import Numerics
import Storage

/// How many activations of a store are nearest to each exemplar now.
///
/// This is another number than a region's members, which were counted while the stream ran: an activation that came
/// before a nearer exemplar was founded stays a member of the region it joined, and a batch is compared with the
/// exemplars as they stood before it. Both are shown, each under its own name.
package struct NearestCounts: Sendable, Equatable {
  /// `[K]`.
  package var counts: [Int]
  /// Activations that were assigned.
  package var rows: Int
  /// The store's name.
  package var store: String
  /// Whether the activations are those that the dictionary was built from, so that the two numbers count the same.
  package var isOfOwnRows: Bool
  /// What is to be known of a store of another model.
  package var notices: [String]

  package init(
    counts: [Int], rows: Int, store: String, isOfOwnRows: Bool, notices: [String] = []
  ) {
    self.counts = counts
    self.rows = rows
    self.store = store
    self.isOfOwnRows = isOfOwnRows
    self.notices = notices
  }

  /// Assigns the store's activations at the dictionary's hook and positions; of the store it was built from, those of its
  /// sets and split.
  ///
  /// - Parameter progress: after every batch, the activations so far; an error that it throws ends the work.
  /// - Throws: as ``ActivationSource/checkFits(_:isOtherAllowed:)``.
  /// - Complexity: O(rows · K · D).
  package static func read(
    _ dictionary: DictionaryFile, _ store: StoreFile, isOtherAllowed: Bool = false, threads: Int,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> NearestCounts {
    let source = try source(dictionary, store)
    try source.checkFits(dictionary, isOtherAllowed: isOtherAllowed)
    try MatrixProducts.verify()
    var assigner = RegionAssigner(
      centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: threads)
    var counts = [Int](repeating: 0, count: dictionary.regionCount)
    var rows = 0
    try source.forEachBatch { batch in
      try checkWidth(
        batch, expecting: (dictionary.dimension, of: dictionary.name), file: store.name)
      for id in assigner.assign(batch).ids where id >= 0 { counts[Int(id)] += 1 }
      rows += batch.count
      try progress(rows)
      return true
    }
    let provenance = dictionary.provenance
    let isOwn =
      provenance.storeID == store.storeID
      && (provenance.sourceHash == nil || provenance.sourceHash == store.contentHash)
      && (provenance.activations ?? rows) == rows
    return NearestCounts(
      counts: counts, rows: rows, store: store.name, isOfOwnRows: isOwn,
      notices: source.difference(from: dictionary).map { ["\(store.name): \($0)"] } ?? [])
  }

  private static func source(
    _ dictionary: DictionaryFile, _ store: StoreFile
  ) throws -> ActivationSource {
    let provenance = dictionary.provenance
    return try ActivationSource(
      store.address, positions: provenance.positions.flatMap(Positions.init) ?? .all,
      selection: provenance.storeID == store.storeID && store.takenSets == nil
        ? StoreSelection(recordedBy: provenance) : StoreSelection(hook: provenance.hook))
  }

  /// What the counts are of, in words.
  package var words: String {
    "\(rows) activations of \(store)"
      + (isOfOwnRows ? ", those it was built from" : ", not those it was built from")
  }
}
