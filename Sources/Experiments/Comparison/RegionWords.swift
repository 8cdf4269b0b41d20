/// Readouts of regions as tokens are spelled, and where a word that is known to be planted stands in them.
package struct RegionWords: Sendable {
  package struct Token: Encodable, Sendable, Equatable {
    var id: Int
    var token: String
    var score: Float
  }

  /// Of one region, under the keys by which it is printed.
  package struct Words: Encodable, Sendable {
    var embedding: [Token]
    var rawMean: [Token]
    var lens: [Token]
    /// Tokens that score more than the word's best first token.
    var secretRank: Ranks?

    /// For a person: the first few of each.
    package func line(_ count: Int, _ shown: (String) -> String) -> String {
      func words(_ tokens: [Token]) -> String {
        tokens.prefix(count).map { shown($0.token) }.joined(separator: " ")
      }
      return
        "embedding: \(words(embedding)) · raw mean: \(words(rawMean)) · lens: \(words(lens))"
        + (secretRank.map { " · secret at \($0.embedding), \($0.rawMean), \($0.lens)" } ?? "")
    }
  }

  package struct Ranks: Encodable, Sendable, Equatable {
    var embedding: Int
    var rawMean: Int
    var lens: Int
  }

  private let readout: OccupancyReadout
  private let secret: [Int]?
  private let count: Int
  private let spelling: @Sendable (Int) -> String

  /// - Parameters:
  ///   - secret: first tokens of the word; `nil` where none is known.
  ///   - count: tokens of each readout.
  package init(
    _ readout: OccupancyReadout, secret: [Int]?, count: Int,
    spelling: @escaping @Sendable (Int) -> String
  ) {
    (self.readout, self.secret, self.count, self.spelling) = (readout, secret, count, spelling)
  }

  /// `nil` for a region that was not asked for, or has no rows of the child.
  package func words(of region: Int) -> Words? {
    guard readout.regions.contains(region) else { return nil }
    func tokens(_ kind: OccupancyReadout.Kind) -> [Token] {
      readout.top(count, of: region, kind).map {
        Token(id: $0.id, token: spelling($0.id), score: $0.score)
      }
    }
    func rank(_ kind: OccupancyReadout.Kind) -> Int? {
      secret.flatMap { readout.rank(of: $0, in: region, kind) }
    }
    var ranks: Ranks?
    if let a = rank(.embedding), let b = rank(.rawMean), let c = rank(.lens) {
      ranks = Ranks(embedding: a, rawMean: b, lens: c)
    }
    return Words(
      embedding: tokens(.embedding), rawMean: tokens(.rawMean), lens: tokens(.lens),
      secretRank: ranks)
  }
}
