import Experiments
import Storage

/// A line of text that is asked for: a path, or an example.
package struct Prompt: Equatable, Sendable {
  package enum Purpose: Equatable, Sendable {
    case exportLabels, importLabels, mergeLabels, carryLabels
    case example
  }

  package var purpose: Purpose
  package var field: TextField

  /// Whether it names files, which Tab completes.
  var isOfPaths: Bool { purpose != .example }

  var title: String {
    switch purpose {
    case .exportLabels: "export labels to"
    case .importLabels: "import labels of"
    case .mergeLabels: "merge THEIRS BASE"
    case .carryLabels: "carry labels from"
    case .example: "regions of"
    }
  }

  var hint: String {
    switch purpose {
    case .exportLabels: "a new labels.jsonl, or X.csv"
    case .importLabels: "a labels.jsonl; yours stay where both speak"
    case .mergeLabels: "two labels.jsonl: another's, and the one both came from"
    case .carryLabels: "a dictionary of the same hook, then a cutoff (0.7)"
    case .example: "a sentence of your own"
    }
  }
}

/// The hits of a search, grouped by where they are.
package struct HitsState: Equatable, Sendable {
  /// Index among the hits, in the order of the list.
  package var cursor = 0

  enum Line: Equatable {
    case heading(SearchQuery.Field, count: Int)
    case hit(SearchHit)
  }

  private static let order: [SearchQuery.Field] = [.label, .token, .context, .row]

  static func lines(of search: RegionSearch?) -> [Line] {
    guard let result = search?.result else { return [] }
    return order.flatMap { field -> [Line] in
      let hits = result.hits.filter { $0.field == field }
      return hits.isEmpty ? [] : [.heading(field, count: hits.count)] + hits.map(Line.hit)
    }
  }

  static func hits(of search: RegionSearch?) -> [SearchHit] {
    lines(of: search).compactMap { if case .hit(let hit) = $0 { hit } else { nil } }
  }
}

/// A text of one's own, and the regions of its tokens.
package struct ExampleState: Equatable, Sendable {
  package var text: String
  package var tokens: [ExampleToken]?
  /// The weights that they were read with.
  package var basis = ""
  package var failure: String?
  package var cursor = 0
}
