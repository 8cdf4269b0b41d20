import ExemplarPartitioning
import Storage

/// Which regions of a dictionary to keep.
package typealias RegionFilter = FieldFilter<RegionField>

/// What a filter of regions can ask about.
package enum RegionField: String, FilterField {
  case id, members, nearest, share, coherence, distance, founded, refusal, prompts
  case refused, complied, left, stars, stable, template
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
    case .members: "activations that joined it as the dictionary was streamed"
    case .nearest: "activations of a store that are nearest to it now"
    case .share: "percent of all members"
    case .coherence: "how alike the members point, 0 to 1"
    case .distance: "mean distance of the members, in θ"
    case .founded: "the batch that founded it"
    case .refusal: "refused / prompts of the store with an answer, 0 to 1"
    case .prompts: "prompts of the store that fall into it"
    case .refused: "prompts of the store that it refused"
    case .complied: "prompts of the store that it complied with"
    case .left: "prompts of the store whose answer is degenerate or unclear"
    case .stars: "1 with a star"
    case .stable: "best-match cosine in other orders, once measured"
    case .template: "share of it that is the chat template's or special tokens, 0 to 1"
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
    case .distance, .template: "<"
    default: ">"
    }
  }
}

extension FieldFilter<RegionField> {
  /// Whether one region passes.
  package func accepts(_ region: Int, _ facts: RegionFacts) -> Bool {
    accepts(
      number: { facts.value(of: $0, region) }, texts: { facts.texts(of: $0, region) },
      rows: { facts.table.rowFields.holds($1, of: $0, region) })
  }
}

extension RegionFacts {
  /// A number of one region; of a text field, how many texts there are. `nil` where it is not known.
  package func value(of field: RegionField, _ region: Int) -> Double? {
    switch field {
    case .id: Double(region)
    case .members: Double(table.memberCounts[region])
    case .nearest: nearest.map { Double($0[region]) }
    case .share: 100 * share(of: region)
    case .coherence: table.coherences[region]
    case .distance: Theta.multiple(table.meanDistances[region], of: threshold)
    case .founded: table.foundingBatch(of: region).map(Double.init)
    case .refusal: refusals?[region]?.rate
    case .prompts: refusals.map { Double($0[region]?.prompts ?? 0) }
    case .refused: refusals.map { Double($0[region]?.refused ?? 0) }
    case .complied: refusals.map { Double($0[region]?.outcomes.complied ?? 0) }
    case .left: refusals.map { Double($0[region]?.outcomes.left ?? 0) }
    case .stars: stars.contains(region) ? 1 : 0
    case .stable: stability.flatMap { $0[region] }
    case .template: template.flatMap { $0[region] }
    case .label, .tag, .note, .origin, .drift: Double(texts(of: field, region).count)
    }
  }

  func texts(of field: RegionField, _ region: Int) -> [String] {
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
