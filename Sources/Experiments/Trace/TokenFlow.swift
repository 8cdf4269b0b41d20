/// How the tokens of one text pass from the regions of one dictionary to those of the next.
package struct TokenFlow: Sendable, Equatable {
  /// What becomes of the tokens that share a region.
  package enum Category: String, Sendable, CaseIterable {
    /// Two or more stay together, and no others join them.
    case kept
    /// They part, and meet no others.
    case split
    /// They stay together, and others join them.
    case merged
    /// They part, and others join some of them.
    case mixed
    /// One token by itself before and after: nothing can be said of company it does not have.
    case single
    /// Outside one of the two dictionaries: the nearest region is no membership.
    case outside
  }

  package struct Link: Sendable, Equatable {
    package var from: Int
    package var to: Int
    /// Positions in the text, ascending.
    package var positions: [Int]
  }

  /// By the first position that takes each.
  package var links: [Link]
  /// Of every token, in order.
  package var categories: [Category]

  /// - Parameters:
  ///   - source: where each token is in one dictionary; `nil` for a token outside it.
  ///   - target: likewise in the next; of the same count.
  /// - Complexity: O(tokens).
  package init(from source: [Int?], to target: [Int?]) {
    precondition(
      source.count == target.count,
      "expected as many tokens on both sides, got \(source.count) and \(target.count)")
    struct Pair: Hashable { var from: Int, to: Int }
    var places: [Pair: Int] = [:]
    var links: [Link] = []
    var (targets, sources) = ([Int: Set<Int>](), [Int: Set<Int>]())
    var counts: [Int: Int] = [:]
    for position in source.indices {
      guard let from = source[position], let to = target[position] else { continue }
      let pair = Pair(from: from, to: to)
      if let place = places[pair] {
        links[place].positions.append(position)
      } else {
        places[pair] = links.count
        links.append(Link(from: from, to: to, positions: [position]))
      }
      targets[from, default: []].insert(to)
      sources[to, default: []].insert(from)
      counts[from, default: 0] += 1
    }
    self.links = links
    categories = source.indices.map { position in
      guard let from = source[position], let to = target[position] else { return .outside }
      let parts = (targets[from]?.count ?? 0) > 1
      let joins = (targets[from] ?? []).contains { (sources[$0]?.count ?? 0) > 1 }
      switch (parts, joins) {
      case (true, true): return .mixed
      case (true, false): return .split
      case (false, true): return sources[to]?.count ?? 0 > 1 ? .merged : .kept
      case (false, false): return counts[from] == 1 ? .single : .kept
      }
    }
  }

  /// How many tokens are of each category.
  package var counts: [Category: Int] {
    categories.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}
