import ExemplarPartitioning
import Experiments
import Regions
import Storage

/// What a filter of a comparison's tables can ask about.
package enum CompareField: String, FilterField {
  case cos, da, db, a, b
  case membersA, membersB, refusalA, refusalB, promptsA, promptsB, change, disagree
  case label, text, fate

  package var isText: Bool {
    switch self {
    case .label, .text, .fate: true
    default: false
    }
  }

  package var meaning: String {
    switch self {
    case .cos: "cosine of the pair; without one, to the nearest"
    case .da: "distance of the exemplars, in θ of A"
    case .db: "distance of the exemplars, in θ of B"
    case .a: "the region's number in A"
    case .b: "the region's number in B"
    case .membersA: "members in A"
    case .membersB: "members in B"
    case .refusalA: "refused / answered prompts in A, 0 to 1"
    case .refusalB: "refused / answered prompts in B, 0 to 1"
    case .promptsA: "prompts that end in the region of A"
    case .promptsB: "prompts that end in the region of B"
    case .change: "refusal rate of B less that of A"
    case .disagree: "1 where both have labels that differ"
    case .label: "a label of either side; label:\"\" for none"
    case .text: "the closest context of either side"
    case .fate: "where members went or came from, in words"
    }
  }

  package var usualOperator: String {
    switch self {
    case .a, .b, .disagree: "="
    case .label, .text, .fate: ":~"
    case .da, .db: "<"
    default: ">"
    }
  }
}

package typealias CompareFilter = FieldFilter<CompareField>
package typealias CompareFilterEditor = FieldFilterEditor<CompareField>

extension CompareScreen {
  /// A number of a row; `nil` where it is not known.
  func value(of field: CompareField, _ row: Row) -> Double? {
    let comparison = opened.comparison
    switch field {
    case .cos: return cosine(of: row)
    case .da: return cosine(of: row).map { Theta.multiple(1 - $0, of: comparison.a.threshold) }
    case .db: return cosine(of: row).map { Theta.multiple(1 - $0, of: comparison.b.threshold) }
    case .a: return row.a.map(Double.init)
    case .b: return row.b.map(Double.init)
    case .membersA: return row.a.map { Double(comparison.a.memberCounts[$0]) }
    case .membersB: return row.b.map { Double(comparison.b.memberCounts[$0]) }
    case .refusalA: return refusals(row).a?.rate
    case .refusalB: return refusals(row).b?.rate
    case .promptsA: return refusals(row).a.map { Double($0.prompts) }
    case .promptsB: return refusals(row).b.map { Double($0.prompts) }
    case .change: return change(row)
    case .disagree: return disagrees(row) ? 1 : 0
    case .label, .text, .fate: return Double(texts(of: field, row).count)
    }
  }

  func texts(of field: CompareField, _ row: Row) -> [String] {
    func both(_ text: (Side, Int) -> String?) -> [String] {
      Side.allCases.compactMap { side in row[side].flatMap { text(side, $0) } }
    }
    switch field {
    case .label: return both(label)
    case .text: return both { self[$0].texts[$1]?.text }
    case .fate: return fate(row).map { [$0] } ?? []
    default: return []
    }
  }

  /// Of the pair; of a region without one, to the nearest of the other side.
  func cosine(of row: Row) -> Double? {
    if let cosine = row.cosine { return Double(cosine) }
    let comparison = opened.comparison
    let nearest = row.a.map { comparison.a.nearest[$0] } ?? row.b.map { comparison.b.nearest[$0] }
    return nearest.map { Double($0.cosine) }
  }

  /// How the prompts were answered: of a pair that persists, those of each region by its own model; else those of the region
  /// that the table is about, by both models.
  func refusals(_ row: Row) -> (a: RefusalCount?, b: RefusalCount?) {
    guard let outcomes = opened.outcomes else { return (nil, nil) }
    switch table {
    case .persisted:
      return (
        row.a.flatMap { outcomes.tally($0, on: .a)?.own },
        row.b.flatMap { outcomes.tally($0, on: .b)?.own }
      )
    case .dropped:
      let tally = row.a.flatMap { outcomes.tally($0, on: .a) }
      return (tally?.own, tally?.there)
    case .introduced:
      let tally = row.b.flatMap { outcomes.tally($0, on: .b) }
      return (tally?.there, tally?.own)
    }
  }

  /// The refusal rate of B less that of A, as ``refusals(_:)`` has them.
  func change(_ row: Row) -> Double? {
    let (a, b) = refusals(row)
    return a?.rate.flatMap { rate in b?.rate.map { $0 - rate } }
  }

  /// Where the members went, or came from, in words; of a pair that persists, where A's went.
  func fate(_ row: Row) -> String? {
    guard let flow else { return nil }
    let side: Side = table == .introduced ? .b : .a
    return row[side].map { region in
      MemberFlow.words(flow.parts(of: region, on: side.flowSide), on: side.flowSide)
    }
  }

  /// Whether a row has words in a label or in the closest context of either side, or a word as a region's number.
  func has(_ words: [String], _ row: Row) -> Bool {
    words.allSatisfy { word in
      Side.allCases.contains { side in
        guard let region = row[side] else { return false }
        if String(region) == word { return true }
        let texts = [label(side, region), self[side].texts[region]?.text]
        return texts.contains { $0?.lowercased().contains(word) == true }
      }
    }
  }
}
