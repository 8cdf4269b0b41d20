import Foundation
import Storage

/// Labels of a comparison, carried across.
extension CompareScreen {
  /// Takes the one label of a pair over to the side that has none, to be looked at; the second time, to the notebook.
  mutating func carryLabel(in session: inout Session) -> [Effect] {
    guard let row = selected, let a = row.a, let b = row.b else {
      session.say(.note, "a label is carried across a pair, and this region has no partner")
      return []
    }
    if let index = carried.firstIndex(where: {
      ($0.side == .a && $0.region == a) || ($0.side == .b && $0.region == b)
    }) {
      return confirm(index, in: &session)
    }
    switch (self.label(.a, a), self.label(.b, b)) {
    case (let label?, nil):
      carried.append(.init(side: .b, region: b, text: label))
    case (nil, let label?):
      carried.append(.init(side: .a, region: a, text: label))
    case (nil, nil): session.say(.note, "neither region has a label")
    case (let first?, let second?):
      session.say(
        .note, first == second ? "both have this label" : "the labels differ: change one by hand")
    }
    return []
  }

  private mutating func confirm(_ index: Int, in session: inout Session) -> [Effect] {
    let carried = carried[index]
    guard carried.save == nil else { return [] }
    if let reason = session.notebookProblem {
      session.say(.error, "labels cannot be saved: \(reason)")
      return []
    }
    let effect = session.ask(
      .saveLabel(target(carried.side), region: carried.region, text: carried.text))
    self.carried[index].save = effect.id
    return [effect]
  }

  /// Carries every label of a pair that persists to the side that has none, as carried until they are confirmed.
  mutating func carryAllLabels(in session: inout Session) -> [Effect] {
    if let reason = session.notebookProblem {
      session.say(.error, "labels cannot be saved: \(reason)")
      return []
    }
    let effects = CompareScreen.Side.allCases.compactMap { side -> Effect? in
      let found = division.persisted.compactMap { pair -> RegionLabel? in
        let (own, other) = side == .a ? (pair.a, pair.b) : (pair.b, pair.a)
        guard label(side, own) == nil,
          let entry = labels[side.other]?.entries[other]
        else { return nil }
        let cosine = Figures.fixed(Double(pair.cosine), 3)
        return RegionLabel(
          identity: self[side].dictionary.identity, region: own, text: entry.text,
          author: entry.author, date: Date(timeIntervalSince1970: 0),
          evidence: [
            "carried from \(self[side.other].dictionary.name), region \(other), cosine \(cosine)"
          ])
      }
      guard !found.isEmpty else { return nil }
      let effect = session.ask(CompareWork.carry(target(side), labels: found))
      changes[effect.id] = side
      return effect
    }
    if effects.isEmpty { session.say(.note, "no pair that persists has a label on one side alone") }
    return effects
  }

  mutating func undo(in session: inout Session) -> [Effect] {
    guard let side = lastChanged else {
      session.say(.note, "no label was changed here")
      return []
    }
    let effect = session.ask(.undo(target(side)))
    changes[effect.id] = side
    return [effect]
  }

  /// Takes in what became of labels; false where they were not asked for here.
  mutating func takeLabels(_ reply: Reply, of id: EffectID, in session: inout Session) -> Bool {
    if let side = self.changes.removeValue(forKey: id) {
      switch reply {
      case .ofScreen(let reply):
        guard case .carried(let count, let annotations) = reply.result(of: CompareWork.self)
        else { return false }
        show(annotations, on: side)
        lastChanged = side
        session.say(
          .success,
          "⇢ carried \(Figures.count(count, "label")), marked until confirmed · u takes them back")
      case .shifted(let changes, let annotations):
        show(annotations, on: side)
        session.say(
          .note,
          changes.isEmpty
            ? "there is nothing to undo in \(side.name)"
            : "undone in \(side.name): \(Figures.count(changes.count, "change"))")
      case .failed(let reason): session.say(.error, "not saved: \(reason)")
      default: break
      }
      return true
    }
    guard let index = self.carried.firstIndex(where: { $0.save == id }) else { return false }
    if case .failed(let reason) = reply {
      self.carried[index].save = nil
      session.say(.error, "not saved: \(reason)")
    } else {
      let carried = carried.remove(at: index)
      labels[carried.side]?.set(
        LabelView.Entry(text: carried.text, origin: .own), for: carried.region)
      lastChanged = carried.side
      refresh()
      session.say(.success, "labelled region \(carried.region) of \(carried.side.name)")
    }
    return true
  }

  private mutating func show(_ annotations: Annotations, on side: CompareScreen.Side) {
    labels[side] = annotations.labels
    versions[side] = annotations.version
    refresh()
  }
}
