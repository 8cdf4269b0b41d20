import ExemplarPartitioning
import Storage

extension MemberFlow {
  /// What both sides captured, to follow activations by.
  package typealias Stores = (a: StoreFile, b: StoreFile)

  /// Rows that are assigned at a time.
  private static let blockRows = 4096

  /// Crosses the nearest regions of every position that both stores have of a document.
  ///
  /// Documents are the same where their texts are, and as many tokens. Of the sets that a dictionary was built from, where
  /// it recorded them; final positions alone if either dictionary is of those. A document that one dictionary was built from
  /// and the other was not, as of parts of a store, is left out.
  ///
  /// - Parameter limit: products of numbers from which on it is not done.
  /// - Returns: the flow, or why there is none.
  /// - Throws: what reading the stores throws, and `progress`.
  /// - Complexity: O(rows · (K_A + K_B) · D).
  static func between(
    _ a: DictionaryFile, _ b: DictionaryFile, stores: Stores, limit: Double = .infinity,
    threads: Int, progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> (MemberFlow?, problem: String?) {
    guard let hookA = a.provenance.hook, let hookB = b.provenance.hook else {
      return (
        nil, "\(a.provenance.hook == nil ? "A" : "B") does not say at which hook it was built"
      )
    }
    for (dictionary, store, hook) in [(a, stores.a, hookA), (b, stores.b, hookB)] {
      guard let own = store.hooks.first(where: { $0.name == hook }),
        own.dimension == dictionary.dimension
      else { return (nil, "\(store.name) has no activations of \(hook) as \(dictionary.name) has") }
    }
    let isLast = [a, b].contains { $0.provenance.positions == Positions.last.rawValue }
    let (pairs, documents) = try sharedDocuments(a, b, stores)
    guard !pairs.isEmpty else {
      let left = documents.unseenByA + documents.unseenByB
      return (
        nil,
        "\(stores.a.name) and \(stores.b.name) have no document in common"
          + (left > 0 ? " that both dictionaries were built from: \(left) are of one alone" : "")
      )
    }
    // Where one side is of content alone, so is what both are read at; the other store has the same tokens there.
    var own: [Int: [Int32]] = [:]
    if a.provenance.positions == Positions.content.rawValue {
      own = try stores.a.templatePositions(of: pairs.map(\.0))
    } else if b.provenance.positions == Positions.content.rawValue {
      let found = try stores.b.templatePositions(of: pairs.map(\.1))
      for (first, second) in pairs { own[first.index] = found[second.index] }
    }
    let (rowsA, rowsB) = sharedRows(pairs, isLast: isLast, without: own)
    let work = Double(rowsA.count) * Double(a.regionCount + b.regionCount) * Double(a.dimension)
    guard work <= limit else { return (nil, "the stores have \(rowsA.count) rows in common") }
    var assignerA = RegionAssigner(
      centre: try a.centre(), exemplars: try a.exemplarRows(), threads: threads)
    var assignerB = RegionAssigner(
      centre: try b.centre(), exemplars: try b.exemplarRows(), threads: threads)
    var (ownA, ownB) = ([(row: Int, region: Int)](), [(row: Int, region: Int)]())
    for start in stride(from: 0, to: rowsA.count, by: blockRows) {
      let block = start..<min(start + blockRows, rowsA.count)
      let inA = assignerA.assign(
        ActivationBatch(rows: try stores.a.rows(hookA, at: Array(rowsA[block])), count: block.count)
      )
      let inB = assignerB.assign(
        ActivationBatch(rows: try stores.b.rows(hookB, at: Array(rowsB[block])), count: block.count)
      )
      ownA += zip(block, inA.ids).compactMap { $1 < 0 ? nil : ($0, Int($1)) }
      ownB += zip(block, inB.ids).compactMap { $1 < 0 ? nil : ($0, Int($1)) }
      try progress(block.upperBound, rowsA.count)
    }
    var flow = MemberFlow(ownA, ownB, isVerified: true)
    flow.source = .stores(stores.a.name, stores.b.name)
    flow.documents = documents
    return (flow, nil)
  }

  /// The rows of the positions that both have of each document, side by side.
  private static func sharedRows(
    _ pairs: [(StoreDocument, StoreDocument)], isLast: Bool, without own: [Int: [Int32]]
  ) -> (a: [Int], b: [Int]) {
    var rows = (a: [Int](), b: [Int]())
    for (first, second) in pairs {
      // Position 0 is left out, as builds leave it out.
      let start = max(first.firstPosition, second.firstPosition, 1)
      let end = min(first.firstPosition + first.rowCount, second.firstPosition + second.rowCount)
      guard start < end else { continue }
      let template = Set(own[first.index] ?? [])
      for position in isLast ? end - 1..<end : start..<end
      where template.isEmpty || !template.contains(Int32(position)) {
        guard let rowA = first.row(at: position), let rowB = second.row(at: position) else {
          continue
        }
        rows.a.append(rowA)
        rows.b.append(rowB)
      }
    }
    return rows
  }

  private static func sharedDocuments(
    _ a: DictionaryFile, _ b: DictionaryFile, _ stores: Stores
  ) throws -> ([(StoreDocument, StoreDocument)], Documents) {
    func documents(_ store: StoreFile, _ dictionary: DictionaryFile) throws -> [StoreDocument] {
      let selection = StoreSelection(recordedBy: dictionary.provenance)
      return try store.documents().filter {
        store.takenSets != nil
          || selection.sets?.contains($0.set) ?? true
            && (selection.split == nil || $0.split == selection.split)
      }
    }
    /// Texts that a dictionary was built from; `nil` where it does not hold all of them.
    func seen(_ dictionary: DictionaryFile) throws -> Set<String>? {
      guard dictionary.provenance.prompts == dictionary.documentCount else { return nil }
      return Set(try dictionary.documents())
    }
    var byText: [String: StoreDocument] = [:]
    for document in try documents(stores.b, b) where byText[document.text] == nil {
      byText[document.text] = document
    }
    let (ofA, ofB) = (try seen(a), try seen(b))
    var count = Documents(shared: 0, onlyA: 0, onlyB: 0, unseenByA: 0, unseenByB: 0, unseen: 0)
    var pairs: [(StoreDocument, StoreDocument)] = []
    for first in try documents(stores.a, a) {
      guard let second = byText[first.text], second.tokenCount == first.tokenCount else {
        count.onlyA += 1
        continue
      }
      byText[first.text] = nil
      switch (ofA?.contains(first.text), ofB?.contains(first.text)) {
      case (true, false): count.unseenByB += 1
      case (false, true): count.unseenByA += 1
      case (let inA, let inB):
        if inA == false, inB == false { count.unseen += 1 }
        pairs.append((first, second))
      }
    }
    (count.shared, count.onlyB) = (pairs.count, byText.count)
    return (pairs, count)
  }
}
