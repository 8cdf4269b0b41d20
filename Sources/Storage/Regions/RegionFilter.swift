import Foundation

/// Which regions to keep: comparisons side by side, all of which must hold.
///
/// `members > 50 coherence <= 0.8 label:~poison !tag:done`. Operators are `=` `!=` `<` `<=` `>` `>=` for
/// numbers, and for texts `:` (is) and `:~` (contains, whatever the case). A value with spaces stands in
/// quotes; `!` before a comparison turns it round. What is not known of a region (a refusal rate where no
/// prompt fell into it) satisfies no comparison, turned round or not.
package struct RegionFilter: Sendable, Equatable {
  /// A filter that cannot be understood, and where.
  package struct SyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    package var message: String
    /// In characters, from 1.
    package var column: Int
    /// Whether more text could make it right.
    package var isUnfinished = false
    package var description: String { "filter, column \(column): \(message)" }
  }

  package enum Field: String, Sendable, CaseIterable {
    case id, members, share, coherence, distance, founded, refusal, prompts, stars
    case label, tag, note, origin, drift

    package var isText: Bool {
      switch self {
      case .label, .tag, .note, .origin, .drift: true
      default: false
      }
    }

    /// What it is, in a few words.
    package var meaning: String {
      switch self {
      case .id: "the region's number, in order of founding"
      case .members: "activations in the region"
      case .share: "percent of all members"
      case .coherence: "how alike the members point, 0 to 1"
      case .distance: "mean distance of the members, in θ"
      case .founded: "the batch that founded it"
      case .refusal: "refused / valid prompts of the store, 0 to 1"
      case .prompts: "prompts of the store that fall into it"
      case .stars: "1 with a star"
      case .label: "its label; label:\"\" for none"
      case .tag: "one of its tags"
      case .note: "its note"
      case .origin: "where its label is from: own, carried, shared, imported"
      case .drift: "persisted, dropped or introduced, after a comparison"
      }
    }

    /// The operator that is wanted most often.
    package var usualOperator: String {
      switch self {
      case .id, .stars: "="
      case .tag, .origin, .drift: ":"
      case .label, .note: ":~"
      case .distance: "<"
      default: ">"
      }
    }
  }

  enum Condition: Sendable, Equatable {
    case number(Field, Comparison, Double)
    case text(Field, contains: Bool, String)
    indirect case not(Condition)
  }

  enum Comparison: String, Sendable, CaseIterable {
    // Longer spellings first, so that `<=` is not read as `<`.
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case notEqual = "!="
    case equal = "="
    case less = "<"
    case greater = ">"

    func holds(_ a: Double, _ b: Double) -> Bool {
      switch self {
      case .equal: a == b
      case .notEqual: a != b
      case .less: a < b
      case .lessOrEqual: a <= b
      case .greater: a > b
      case .greaterOrEqual: a >= b
      }
    }
  }

  let conditions: [Condition]

  init(conditions: [Condition]) { self.conditions = conditions }

  /// Keeps every region.
  package static let none = RegionFilter(conditions: [])

  /// - Throws: `SyntaxError`.
  package init(_ text: String) throws {
    var reader = RegionFilterReader(text)
    var conditions: [Condition] = []
    while let condition = try reader.condition() { conditions.append(condition) }
    self.conditions = conditions
  }

  /// Reads a filter that is still being typed: a last comparison that is not finished counts for nothing.
  ///
  /// - Throws: `SyntaxError` for what stays wrong however it goes on.
  package static func typing(_ text: String) throws -> RegionFilter {
    var reader = RegionFilterReader(text)
    var conditions: [Condition] = []
    do {
      while let condition = try reader.condition() { conditions.append(condition) }
    } catch let error as SyntaxError where error.isUnfinished {
      return RegionFilter(conditions: conditions)
    }
    return RegionFilter(conditions: conditions)
  }

  /// Whether every region passes.
  package var isEmpty: Bool { conditions.isEmpty }

  /// The fields that it asks about.
  package var fields: Set<Field> {
    func field(_ condition: Condition) -> Field {
      switch condition {
      case .number(let field, _, _), .text(let field, _, _): field
      case .not(let condition): field(condition)
      }
    }
    return Set(conditions.map(field))
  }

  /// Whether one region passes.
  package func accepts(_ region: Int, _ facts: RegionFacts) -> Bool {
    conditions.allSatisfy { Self.holds($0, region, facts) == true }
  }

  /// `nil` where nothing is known.
  private static func holds(
    _ condition: Condition, _ region: Int, _ facts: RegionFacts
  ) -> Bool? {
    switch condition {
    case .not(let condition): return holds(condition, region, facts).map { !$0 }
    case .number(let field, let comparison, let value):
      return facts.value(of: field, region).map { comparison.holds($0, value) }
    case .text(let field, let contains, let text):
      if field == .drift, facts.drift == nil { return nil }
      let texts = facts.texts(of: field, region)
      guard !texts.isEmpty else { return text.isEmpty && !contains }
      if text.isEmpty { return contains }
      return texts.contains {
        contains
          ? $0.range(of: text, options: .caseInsensitive) != nil
          : $0.compare(text, options: .caseInsensitive) == .orderedSame
      }
    }
  }
}

extension RegionFacts {
  /// A number of one region; of a text field, how many texts there are. `nil` where it is not known.
  package func value(of field: RegionFilter.Field, _ region: Int) -> Double? {
    switch field {
    case .id: Double(region)
    case .members: Double(table.memberCounts[region])
    case .share: 100 * Double(table.memberCounts[region]) / Double(max(totalMembers, 1))
    case .coherence: table.coherences[region]
    case .distance: table.meanDistances[region] / threshold
    case .founded: table.foundingBatch(of: region).map(Double.init)
    case .refusal: refusals?[region]?.rate
    case .prompts: refusals.map { Double($0[region]?.prompts ?? 0) }
    case .stars: stars.contains(region) ? 1 : 0
    case .label, .tag, .note, .origin, .drift: Double(texts(of: field, region).count)
    }
  }

  func texts(of field: RegionFilter.Field, _ region: Int) -> [String] {
    switch field {
    case .label: labels.texts[region].map { [$0] } ?? []
    case .tag: tags[region] ?? []
    case .note: notes[region].map { [$0] } ?? []
    case .origin: labels.entries[region].map { [$0.origin.rawValue] } ?? []
    case .drift: drift.map { [$0[region].kind.rawValue] } ?? []
    default: []
    }
  }
}
