import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Which region every activation of a store is nearest to now, at the positions that a dictionary is of.
package final class StoreIndex: Sendable {
  package let store: StoreFile
  package let hook: String
  /// Whether only final positions are read.
  package let isOfFinalPositions: Bool
  /// `[n]`; -1 where an activation is in none.
  package let regions: [Int32]
  /// `[n]`, documents of the store.
  package let documents: [Int32]
  /// `[n]`, token positions.
  package let positions: [Int32]
  /// `[n]`, to the exemplar of the region.
  package let distances: [Float]

  private init(
    _ store: StoreFile, hook: String, isOfFinalPositions: Bool, regions: [Int32],
    documents: [Int32], positions: [Int32], distances: [Float]
  ) {
    (self.store, self.hook) = (store, hook)
    self.isOfFinalPositions = isOfFinalPositions
    (self.regions, self.documents) = (regions, documents)
    (self.positions, self.distances) = (positions, distances)
  }

  /// Reads all of its documents, those that a dictionary was not built from too.
  ///
  /// - Throws: as ``ActivationSource/checkFits(_:isOtherAllowed:)``.
  /// - Complexity: O(rows · K · D).
  package static func read(
    _ dictionary: DictionaryFile, _ store: StoreFile, isOtherAllowed: Bool = false, threads: Int
  ) throws -> StoreIndex {
    let kind = dictionary.provenance.positions.flatMap(Positions.init) ?? .all
    let source = try ActivationSource(
      store.address, positions: kind, selection: StoreSelection(hook: dictionary.provenance.hook))
    try source.checkFits(dictionary, isOtherAllowed: isOtherAllowed)
    try MatrixProducts.verify()
    var assigner = RegionAssigner(
      centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: threads)
    // The stream counts its own documents: of a store of which some sets are taken, those alone.
    let numbers = source.documentNumbers.map { Int32($0) }
    var (regions, distances) = ([Int32](), [Float]())
    var (documents, positions) = ([Int32](), [Int32]())
    try source.forEachBatch { batch in
      try checkWidth(
        batch, expecting: (dictionary.dimension, of: dictionary.name), file: store.name)
      let found = assigner.assign(batch)
      regions += found.ids.map { Int32($0) }
      distances += found.distances
      documents += batch.documentOfRow.map { numbers[Int($0)] }
      positions += batch.positions
      return true
    }
    return StoreIndex(
      store, hook: try store.hook(named: dictionary.provenance.hook ?? store.hooks[0].name).name,
      isOfFinalPositions: kind == .last, regions: regions, documents: documents,
      positions: positions, distances: distances)
  }

  package var count: Int { regions.count }

  /// `the store's 4,232 tokens`.
  package var words: String {
    let digits = String(count)
    var grouped = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
      grouped.append(digit)
    }
    return "the store's \(grouped) \(isOfFinalPositions ? "final positions" : "tokens")"
  }

  /// Finds regions by all of its documents and tokens.
  package func searcher(regionCount: Int) throws -> StoreSearcher {
    let order = regions.indices.filter { regions[$0] >= 0 }.sorted {
      (regions[$0], distances[$0], $0) < (regions[$1], distances[$1], $1)
    }
    return try StoreSearcher(
      store, contexts: order.map { (regions[$0], documents[$0], positions[$0]) },
      regionCount: regionCount)
  }

  // MARK: - Sampled members

  /// Rows that are compared with a region's sampled members.
  private static let mostCompared = 1 << 16
  private static let blockRows = 4096
  /// Of two spellings of one activation, in bf16 and float32.
  private static let least: Float = 1 - 2e-4

  /// For each of some unit rows, the context of the activation of the store that it is; `nil` where none is.
  ///
  /// - Parameter members: `[n, D]`, as a dictionary keeps its sampled members.
  package func contexts(
    of members: [Float], region: Int, in dictionary: DictionaryFile
  ) throws -> [ContextText?] {
    let dimension = dictionary.dimension
    guard dimension > 0, !members.isEmpty else { return [] }
    let count = members.count / dimension
    var best = [(row: Int, cosine: Float)](repeating: (-1, Self.least), count: count)
    let centre = try dictionary.centre()
    // A member as streamed may be nearest to another exemplar now: what the region's own rows lack, the others may be.
    let own = regions.indices.filter { regions[$0] == Int32(region) }.prefix(Self.mostCompared)
    try compare(own, members, Array(best.indices), centre, &best)
    let missing = best.indices.filter { best[$0].row < 0 }
    if !missing.isEmpty {
      let others = regions.indices.filter { regions[$0] != Int32(region) }
        .prefix(Self.mostCompared - own.count)
      try compare(others, members, missing, centre, &best)
    }
    let found = try owners(of: best.map(\.row).filter { $0 >= 0 })
    return try best.map { match in
      guard match.row >= 0, let document = found[Int(documents[match.row])] else { return nil }
      return try context(match.row, in: document)
    }
  }

  /// The documents of some of its rows, by their numbers.
  private func owners(of rows: some Collection<Int>) throws -> [Int: StoreDocument] {
    let found = try store.documents(at: Array(Set(rows.map { Int(documents[$0]) })).sorted())
    return Dictionary(found.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Keeps for each of the `wanted` members the row of the largest cosine; ties: the first.
  private func compare(
    _ candidates: ArraySlice<Int>, _ members: [Float], _ wanted: [Int], _ centre: [Float],
    _ best: inout [(row: Int, cosine: Float)]
  ) throws {
    let dimension = centre.count
    var rest = candidates
    while !rest.isEmpty {
      let block = rest.prefix(Self.blockRows)
      rest = rest.dropFirst(block.count)
      let owners = try owners(of: block)
      let rows = block.map { index in
        owners[Int(documents[index])]?.row(at: Int(positions[index])) ?? 0
      }
      let units = CentredRows.units(
        try store.rows(hook, at: rows), count: rows.count, centre: centre, threads: 1)
      for (offset, index) in block.enumerated() {
        for member in wanted {
          var cosine: Float = 0
          for component in 0..<dimension {
            cosine +=
              units[offset * dimension + component] * members[member * dimension + component]
          }
          if cosine > best[member].cosine { best[member] = (index, cosine) }
        }
      }
    }
  }

  private func context(_ index: Int, in document: StoreDocument) throws -> ContextText {
    let position = Int(positions[index])
    let ends = try store.tokens(of: document).ends
    let token = ends.flatMap { ends in
      ends.indices.contains(position)
        ? Int(position == 0 ? 0 : ends[position - 1])..<Int(ends[position]) : nil
    }
    return ContextText(
      distance: Double(distances[index]), position: position, document: nil, text: document.text,
      token: token)
  }
}
