import Storage

/// How much of each region is tokens that nobody said: the chat template's own, and special ones.
package struct TemplateShares: Sendable, Equatable {
  package enum Basis: Sendable, Equatable {
    /// Activations of a store that marks them, or records a published format, nearest to each exemplar now.
    case store(String, rows: Int)
    /// Kept contexts whose token is spelled as special ones are, because nothing marks them.
    case storedContexts(why: String)
  }

  /// `[K]`, 0...1; `nil` where nothing is known of a region.
  package var shares: [Double?]
  package var basis: Basis

  package init(shares: [Double?], basis: Basis) {
    (self.shares, self.basis) = (shares, basis)
  }

  /// A region of which so much is the template's is a template region.
  package static let mostly = 0.5

  package func isTemplate(_ region: Int) -> Bool {
    shares.indices.contains(region) && shares[region] ?? 0 >= Self.mostly
  }

  /// Of the store's own marks where it has them, or else of the kept contexts.
  ///
  /// - Parameters:
  ///   - index: of an attached store; `nil` without one.
  ///   - reason: why there is none that can be read.
  package static func read(
    _ dictionary: DictionaryFile, _ index: StoreIndex?,
    without reason: String = "no store is attached"
  ) throws -> TemplateShares {
    guard let index else { return try ofContexts(dictionary, reason) }
    let recorded = index.store.marksTemplate ? nil : RecordedTemplate(index.store.provenance)
    func unknown() throws -> TemplateShares {
      try ofContexts(
        dictionary, "\(index.store.name) does not say which tokens are the template's own")
    }
    guard index.store.marksTemplate || recorded != nil else { return try unknown() }
    var own = [Int](repeating: 0, count: dictionary.regionCount)
    var all = own
    var marks: (document: Int32, positions: Set<Int32>) = (-1, [])
    for row in 0..<index.count where index.regions[row] >= 0 {
      let number = index.documents[row]
      if marks.document != number {
        let document = try index.store.documents(at: [Int(number)])[0]
        let tokens = try index.store.tokens(of: document)
        guard
          let positions = tokens.template ?? recorded?.positions(of: document, ends: tokens.ends)
        else { return try unknown() }
        marks = (number, Set(positions))
      }
      all[Int(index.regions[row])] += 1
      if marks.positions.contains(index.positions[row]) { own[Int(index.regions[row])] += 1 }
    }
    return TemplateShares(
      shares: zip(own, all).map { $1 == 0 ? nil : Double($0) / Double($1) },
      basis: .store(index.store.name, rows: index.count))
  }

  private static func ofContexts(
    _ dictionary: DictionaryFile, _ reason: String
  ) throws -> TemplateShares {
    TemplateShares(
      shares: try dictionary.contextTokens().map {
        $0.known == 0 ? nil : Double($0.special) / Double($0.known)
      }, basis: .storedContexts(why: reason))
  }

  /// What the shares are of, in words.
  package var words: String {
    switch basis {
    case .store(let name, let rows):
      "template: of the \(rows) activations of \(name), nearest now, the share whose token is the template's own"
    case .storedContexts(let why):
      "template: share of the kept contexts whose token is spelled as a special one, since \(why)"
    }
  }
}
