import Foundation
import Storage

/// Where the members of one dictionary's regions are in another that saw the same activations: a sparse table of
/// counts, made from the recorded members, or from stores of what both sides captured.
package struct MemberFlow: Sendable, Equatable, Codable {
  /// How many rows of the stream belong to `a` in A and to `b` in B.
  package struct Cell: Sendable, Equatable, Codable {
    package var a: Int
    package var b: Int
    package var count: Int
  }

  /// By a, then b; no empty ones.
  package private(set) var cells: [Cell]
  /// Rows that belong to a region on both sides.
  package var rows: Int
  /// Rows that belong to a region of A, or of B, alone: members of regions that were dropped from the other.
  package var onlyA: Int
  package var onlyB: Int
  /// Whether the two are of the same documents; otherwise they merely counted as many activations.
  package var isVerified: Bool
  package var source = Source.members
  /// Of stores: which of their documents were followed.
  package var documents: Documents?

  /// Documents of two stores.
  package struct Documents: Sendable, Equatable, Codable {
    /// Followed.
    package var shared: Int
    /// In the store of A alone, or of B alone, of the sets that each dictionary was built from.
    package var onlyA: Int
    package var onlyB: Int
    /// Left out, since one dictionary was built from them and the other, of A or of B, was not.
    package var unseenByA: Int
    package var unseenByB: Int
    /// Followed though neither dictionary was built from them.
    package var unseen: Int

    /// What of it a result is not to be read without; `nil` where both saw all that both stores have.
    package var words: String? {
      func many(_ count: Int, _ what: String) -> String? { count > 0 ? "\(count) \(what)" : nil }
      let parts = [
        many(onlyA, "of A's store are not in B's"), many(onlyB, "of B's store are not in A's"),
        many(unseenByA, "that A was not built from are left out"),
        many(unseenByB, "that B was not built from are left out"),
        many(unseen, "of those followed neither was built from"),
      ].compactMap(\.self)
      return parts.isEmpty ? nil : "\(shared) documents followed; " + parts.joined(separator: ", ")
    }
  }

  /// What says where an activation is.
  package enum Source: Sendable, Equatable, Codable {
    /// The members that both dictionaries recorded while they were built.
    case members
    /// The nearest regions of the activations in two stores.
    case stores(String, String)
  }

  /// Crosses two lists of (row, region) by row.
  package init(
    _ a: [(row: Int, region: Int)], _ b: [(row: Int, region: Int)], isVerified: Bool
  ) {
    let (a, b) = (a.sorted { $0.row < $1.row }, b.sorted { $0.row < $1.row })
    var counts: [Int: [Int: Int]] = [:]
    var (i, j, rows) = (0, 0, 0)
    while i < a.count, j < b.count {
      if a[i].row == b[j].row {
        counts[a[i].region, default: [:]][b[j].region, default: 0] += 1
        rows += 1
        i += 1
        j += 1
      } else if a[i].row < b[j].row {
        i += 1
      } else {
        j += 1
      }
    }
    cells = counts.flatMap { region, parts in
      parts.map { Cell(a: region, b: $0.key, count: $0.value) }
    }.sorted { $0.a != $1.a ? $0.a < $1.a : $0.b < $1.b }
    self.rows = rows
    (onlyA, onlyB) = (a.count - rows, b.count - rows)
    self.isVerified = isVerified
  }

  /// The flow between two dictionaries, or why there is none.
  static func between(
    _ a: DictionaryFile, _ b: DictionaryFile
  ) throws -> (MemberFlow?, problem: String?) {
    let (positionsA, positionsB) = (a.provenance.positions, b.provenance.positions)
    if let positionsA, let positionsB, positionsA != positionsB {
      return (nil, "A has \(positionsA) positions, B \(positionsB)")
    }
    guard a.activationCount == b.activationCount else {
      return (
        nil, "A saw \(a.activationCount) activations, B \(b.activationCount): not the same rows"
      )
    }
    // Imported pickles hold only the documents of their contexts, which may differ.
    let isWhole = [a, b].allSatisfy { $0.provenance.prompts == $0.documentCount }
    if isWhole, try a.documents() != b.documents() {
      return (nil, "the two saw different documents")
    }
    let (membersA, membersB) = (try a.rowsOfRegions(), try b.rowsOfRegions())
    guard !membersA.isEmpty, !membersB.isEmpty else {
      return (nil, "members were not recorded in \(membersA.isEmpty ? "A" : "B")")
    }
    return (MemberFlow(membersA, membersB, isVerified: isWhole), nil)
  }
}

extension MemberFlow {
  /// A part of a region's members.
  package struct Part: Sendable, Equatable {
    /// On the other side.
    package var region: Int
    package var count: Int
    /// Of the members that are on both sides.
    package var share: Double
    /// Of the other region's members that are on both sides.
    package var shareOfOther: Double
  }

  /// What became of a region, or what it came of.
  package enum Fate: String, Sendable, Codable {
    /// Most of its members are in one region, most of whose are its.
    case kept
    /// Its members are in several regions, a fifth or more in each and seven tenths in all of them.
    case split
    /// Most of its members are in one region that has mostly others.
    case merged
    /// Neither.
    case scattered
    /// None of its members are in a region of the other side.
    case unknown
  }

  package enum Side: String, Sendable, Codable { case a, b }

  private static let smallestPart = 0.2
  private static let partsTogether = 0.7
  private static let majority = 0.5

  /// The cells by region of either side.
  package struct Index: Sendable, Equatable {
    private var cellsOfA: [Int: [Cell]]
    private var cellsOfB: [Int: [Cell]]
    private var totalsOfA: [Int: Int]
    private var totalsOfB: [Int: Int]

    package init(_ flow: MemberFlow) {
      cellsOfA = Dictionary(grouping: flow.cells, by: \.a)
      cellsOfB = Dictionary(grouping: flow.cells, by: \.b)
      totalsOfA = cellsOfA.mapValues { $0.reduce(0) { $0 + $1.count } }
      totalsOfB = cellsOfB.mapValues { $0.reduce(0) { $0 + $1.count } }
    }

    /// The regions on the other side that share members with `region`, the largest part first, equals by id.
    ///
    /// - Complexity: O(parts log parts).
    package func parts(of region: Int, on side: Side) -> [Part] {
      let own = (side == .a ? cellsOfA : cellsOfB)[region] ?? []
      let total = Double((side == .a ? totalsOfA : totalsOfB)[region] ?? 0)
      return own.map { cell in
        let other = side == .a ? cell.b : cell.a
        let totalOfOther = (side == .a ? totalsOfB : totalsOfA)[other] ?? cell.count
        return Part(
          region: other, count: cell.count, share: Double(cell.count) / total,
          shareOfOther: Double(cell.count) / Double(totalOfOther))
      }.sorted { $0.count != $1.count ? $0.count > $1.count : $0.region < $1.region }
    }
  }

  /// Names what the parts say; `split` of a region of B means that several of A's were merged into it.
  package static func fate(_ parts: [Part]) -> Fate {
    guard let main = parts.first else { return .unknown }
    let large = parts.filter { $0.share >= smallestPart }
    if large.count > 1, large.reduce(0, { $0 + $1.share }) >= partsTogether { return .split }
    guard main.share > majority else { return .scattered }
    return main.shareOfOther > majority ? .kept : .merged
  }

  /// The parts that a `split` names.
  package static func largeParts(_ parts: [Part]) -> [Part] {
    parts.filter { $0.share >= smallestPart }
  }

  /// A region's fate in a few words: `split into 3 and 7`, `now in 12`, `gathered from 4 and 9`.
  package static func words(_ parts: [Part], on side: Side) -> String {
    func list(_ parts: [Part]) -> String {
      parts.map { "\($0.region)" }.joined(separator: parts.count == 2 ? " and " : ", ")
    }
    switch (fate(parts), side) {
    case (.unknown, _):
      return side == .a ? "no member in any region of B" : "no member from any region of A"
    case (.kept, .a): return "kept as \(list(Array(parts.prefix(1))))"
    case (.kept, .b): return "kept from \(list(Array(parts.prefix(1))))"
    case (.split, .a): return "split into \(list(largeParts(parts)))"
    case (.split, .b): return "merge of \(list(largeParts(parts)))"
    case (.merged, .a): return "merged into \(list(Array(parts.prefix(1))))"
    case (.merged, .b): return "split off \(list(Array(parts.prefix(1))))"
    case (.scattered, .a): return "scattered over \(parts.count) regions"
    case (.scattered, .b): return "gathered from \(parts.count) regions"
    }
  }
}
