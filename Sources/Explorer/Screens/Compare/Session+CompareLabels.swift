import Foundation
import Storage

/// Labels of a comparison, carried across.
extension Session {
  /// Takes the one label of a pair over to the side that has none, to be looked at; the second time, to the notebook.
  mutating func carryLabel() -> [Effect] {
    guard let compare, let row = compare.selected, let a = row.a, let b = row.b else {
      say(.note, "a label is carried across a pair, and this region has no partner")
      return []
    }
    if let index = compare.carried.firstIndex(where: {
      ($0.side == .a && $0.region == a) || ($0.side == .b && $0.region == b)
    }) {
      return confirm(compare, index)
    }
    switch (compare.label(.a, a), compare.label(.b, b)) {
    case (let label?, nil):
      self.compare?.carried.append(.init(side: .b, region: b, text: label))
    case (nil, let label?):
      self.compare?.carried.append(.init(side: .a, region: a, text: label))
    case (nil, nil): say(.note, "neither region has a label")
    case (let first?, let second?):
      say(.note, first == second ? "both have this label" : "the labels differ: change one by hand")
    }
    return []
  }

  private var hasNoNotebook: String? {
    if case .unavailable(let reason) = notebook { reason } else { nil }
  }

  private mutating func confirm(_ compare: CompareScreen, _ index: Int) -> [Effect] {
    let carried = compare.carried[index]
    guard carried.save == nil else { return [] }
    if let reason = hasNoNotebook {
      say(.error, "labels cannot be saved: \(reason)")
      return []
    }
    let effect = ask(
      .saveLabel(compare.target(carried.side), region: carried.region, text: carried.text))
    self.compare?.carried[index].save = effect.id
    return [effect]
  }

  /// Carries every label of a pair that persists to the side that has none, as carried until they are confirmed.
  mutating func carryAllLabels() -> [Effect] {
    guard let compare else { return [] }
    if let reason = hasNoNotebook {
      say(.error, "labels cannot be saved: \(reason)")
      return []
    }
    let effects = CompareScreen.Side.allCases.compactMap { side -> Effect? in
      let found = compare.division.persisted.compactMap { pair -> RegionLabel? in
        let (own, other) = side == .a ? (pair.a, pair.b) : (pair.b, pair.a)
        guard compare.label(side, own) == nil,
          let entry = compare.labels[side.other]?.entries[other]
        else { return nil }
        let cosine = Figures.fixed(Double(pair.cosine), 3)
        return RegionLabel(
          identity: compare[side].dictionary.identity, region: own, text: entry.text,
          author: entry.author, date: Date(timeIntervalSince1970: 0),
          evidence: [
            "carried from \(compare[side.other].dictionary.name), region \(other), cosine \(cosine)"
          ])
      }
      guard !found.isEmpty else { return nil }
      let effect = ask(.carryAcross(compare.target(side), labels: found))
      self.compare?.changes[effect.id] = side
      return effect
    }
    if effects.isEmpty { say(.note, "no pair that persists has a label on one side alone") }
    return effects
  }

  mutating func undoInCompare() -> [Effect] {
    guard let compare, let side = compare.lastChanged else {
      say(.note, "no label was changed here")
      return []
    }
    let effect = ask(.undo(compare.target(side)))
    self.compare?.changes[effect.id] = side
    return [effect]
  }

  /// Takes in what became of labels; false where they were not asked for here.
  mutating func takeLabels(_ outcome: Outcome, of id: EffectID) -> Bool {
    if let side = compare?.changes.removeValue(forKey: id) {
      switch outcome {
      case .noted(let text, let annotations):
        show(annotations, on: side)
        compare?.lastChanged = side
        say(.success, text)
      case .shifted(let changes, let annotations):
        show(annotations, on: side)
        say(
          .note,
          changes.isEmpty
            ? "there is nothing to undo in \(side.name)"
            : "undone in \(side.name): \(Figures.count(changes.count, "change"))")
      case .failed(let reason): say(.error, "not saved: \(reason)")
      default: break
      }
      return true
    }
    guard let index = compare?.carried.firstIndex(where: { $0.save == id }) else { return false }
    if case .failed(let reason) = outcome {
      compare?.carried[index].save = nil
      say(.error, "not saved: \(reason)")
    } else if let carried = compare?.carried.remove(at: index) {
      compare?.labels[carried.side]?.set(
        LabelView.Entry(text: carried.text, origin: .own), for: carried.region)
      compare?.lastChanged = carried.side
      compare?.refresh()
      say(.success, "labelled region \(carried.region) of \(carried.side.name)")
    }
    return true
  }

  private mutating func show(_ annotations: Annotations, on side: CompareScreen.Side) {
    compare?.labels[side] = annotations.labels
    compare?.versions[side] = annotations.version
    compare?.refresh()
  }
}
