import Experiments
import Foundation
import Storage

/// A comparison with what is needed to show it.
package struct OpenedComparison: Equatable, Sendable {
  package struct Part: Equatable, Sendable {
    package var dictionary: OpenedDictionary
    package var labels: LabelView
    /// The version of the notebook that the labels are of.
    package var version: Int64
    /// The closest context of each region, in short.
    package var texts: [Int: RowText]
  }

  package var comparison: DictionaryComparison
  package var a: Part
  package var b: Part
  /// How prompts were answered; `nil` without stores that say.
  package var outcomes: ComparisonOutcomes?
  /// Kept from an earlier time; empty if none were made.
  package var nulls: [ComparisonNull] = []
  /// Whether it was kept from an earlier time.
  package var isFromCache: Bool

  /// Whether chance is matched without being asked: a few seconds' work.
  var isQuicklyMatched: Bool {
    comparison.a.count * comparison.b.count <= 1_000_000
  }
}

/// Two regions to be read together.
package struct PairOfRegions: Equatable, Sendable {
  package var dictionaryA: URL
  package var a: Int
  package var dictionaryB: URL
  package var b: Int
  /// The side that the table is about.
  package var leading: CompareScreen.Side
}

/// What is stored about two regions, their contexts aligned.
package struct LoadedPair: Equatable, Sendable {
  package var pair: PairOfRegions
  package var a: RegionDetail
  package var b: RegionDetail
  package var lines: [AlignedContext]
  /// For each of A's contexts where the same document and position is in B; empty without stores.
  package var placesOfA: [DocumentPlace?]
  package var placesOfB: [DocumentPlace?]

  /// - Parameter bySharedDocuments: whether document numbers mean the same on both sides.
  package init(
    pair: PairOfRegions, a: RegionDetail, b: RegionDetail, bySharedDocuments: Bool,
    placesOfA: [DocumentPlace?] = [], placesOfB: [DocumentPlace?] = []
  ) {
    (self.pair, self.a, self.b) = (pair, a, b)
    (self.placesOfA, self.placesOfB) = (placesOfA, placesOfB)
    lines = AlignedContext.align(
      a.closest, b.closest, byDocument: bySharedDocuments,
      apart: placesOfA.isEmpty && placesOfB.isEmpty ? nil : pair.leading)
  }

  /// Where a context's document is on the other side.
  func place(ofA index: Int) -> DocumentPlace? {
    placesOfA.indices.contains(index) ? placesOfA[index] : nil
  }

  func place(ofB index: Int) -> DocumentPlace? {
    placesOfB.indices.contains(index) ? placesOfB[index] : nil
  }
}

/// A line of two lists of contexts: the same document on both sides where both have it.
package struct AlignedContext: Equatable, Sendable {
  package var a: Int?
  package var b: Int?
  /// Whether both are of one document.
  package var isShared: Bool

  /// Shared documents first, in A's order; then what is on one side alone, side by side as far as it goes.
  ///
  /// - Parameter apart: each of those has a line of its own, this side's first: beside it stands where it is on the other.
  static func align(
    _ a: [ContextText], _ b: [ContextText], byDocument: Bool, apart: CompareScreen.Side? = nil
  ) -> [AlignedContext] {
    var lines: [AlignedContext] = []
    var restA: [Int] = []
    var isTaken = [Bool](repeating: false, count: b.count)
    for (index, context) in a.enumerated() {
      let partner = b.indices.first { other in
        !isTaken[other]
          && (byDocument
            ? context.document != nil && b[other].document == context.document
              && b[other].documentByteCount == context.documentByteCount
              && (b[other].text == context.text
                || context.text?.utf8.count != context.documentByteCount)
            : context.text != nil && b[other].text == context.text)
      }
      if let partner {
        isTaken[partner] = true
        lines.append(AlignedContext(a: index, b: partner, isShared: true))
      } else {
        restA.append(index)
      }
    }
    let restB = b.indices.filter { !isTaken[$0] }
    if let apart {
      let ofA = restA.map { AlignedContext(a: $0, b: nil, isShared: false) }
      let ofB = restB.map { AlignedContext(a: nil, b: $0, isShared: false) }
      return lines + (apart == .a ? ofA + ofB : ofB + ofA)
    }
    for index in 0..<max(restA.count, restB.count) {
      lines.append(
        AlignedContext(
          a: restA.indices.contains(index) ? restA[index] : nil,
          b: restB.indices.contains(index) ? restB[index] : nil, isShared: false))
    }
    return lines
  }
}

extension CompareScreen {
  /// That the two stand the other way round than tuning goes; `nil` where they do not, or do not say it.
  var adapterNote: String? {
    let (a, b) = (opened.a.dictionary.provenance, opened.b.dictionary.provenance)
    guard ModelName.isTuned(a.model, by: a.adapter, from: b.model, by: b.adapter) else {
      return nil
    }
    return
      "A is B's model with an adapter: what is introduced here is what tuning took away; begin with B for what it brought"
  }
}
