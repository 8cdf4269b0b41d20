import Foundation
import Regions
import Storage

extension RegionsScreen {
  mutating func beginLabelling(in session: inout Session) {
    guard let region = selected else { return }
    if let reason = session.notebookProblem {
      return session.say(.error, "labels cannot be saved: \(reason)")
    }
    label(region, beginningWith: isHidden(region) ? "" : label(of: region)?.text ?? "", in: session)
  }

  /// Has the label of a region written, from a text on.
  mutating func label(_ region: Int, beginningWith text: String, in session: Session) {
    let own = annotations.labels.entries.values.map(\.text)
    mode = .labelling(
      LabelEditor(
        region: region, text: text, inUse: LabelEditor.inUse(own), suggested: suggested(region)))
    showCursor(in: session)
  }

  /// What programs would call a region; nothing while labels are hidden, where it would be seen through.
  private func suggested(_ region: Int) -> [(text: String, note: String)] {
    guard !isHidden(region) else { return [] }
    return (annotations.suggestions[region] ?? []).map { suggestion in
      (
        suggestion.text,
        // How it was tested comes first: a long name is cut where there is no room.
        "\(suggestion.detection?.words ?? "not tested"), suggested by \(suggestion.authorTitle)"
      )
    }
  }

  mutating func runInLabel(_ command: Command, _ editor: LabelEditor, in session: inout Session)
    -> [Effect]
  {
    switch command {
    case .accept:
      mode = .browsing
      if isHidden(editor.region) {
        return answerBlind(editor.field.text, region: editor.region, in: &session)
      }
      return save(editor.field.text, region: editor.region, in: &session)
    case .cancelField: mode = .browsing
    default:
      var editor = editor
      if editor.apply(command) { mode = .labelling(editor) }
    }
    return []
  }

  /// Asks the notebook to keep a label; until it has, the label is shown as pending.
  mutating func save(_ text: String, region: Int, in session: inout Session) -> [Effect] {
    let text = text.trimmingCharacters(in: .whitespaces)
    let shown = annotations.labels.entries[region]
    if pendingLabels[region] == nil {
      let isSame = text.isEmpty ? shown == nil : shown?.text == text && shown?.origin == .own
      if isSame { return [] }
    }
    pendingLabels[region] = PendingLabel(text: text)
    return session.keep(
      .label(text), of: region,
      by: .saveLabel(target, region: region, text: text.isEmpty ? nil : text))
  }

  mutating func toggleStar(in session: inout Session) -> [Effect] {
    guard let region = selected else { return [] }
    if let reason = session.notebookProblem {
      session.say(.error, "stars cannot be saved: \(reason)")
      return []
    }
    let isStarred = !annotations.stars.contains(region)
    blind?.noteKept()
    return session.keep(
      .star(isStarred), of: region,
      by: .saveStar(target, region: region, isStarred: isStarred))
  }

  /// Undoes or redoes.
  mutating func shift(_ change: Session.Save.Change, in session: inout Session) -> [Effect] {
    if let reason = session.notebookProblem {
      session.say(.error, "there is no notebook: \(reason)")
      return []
    }
    return session.keep(change, by: change == .undo ? .undo(target) : .redo(target))
  }

  /// Looks, twice a second, whether another explorer has changed something.
  mutating func poll(in session: inout Session) -> [Effect] {
    guard session.notebook == .ready, awaited.poll == nil, session.saves.isEmpty,
      session.clock - (awaited.lastPoll ?? .zero) >= .milliseconds(500)
    else { return [] }
    let effect = session.ask(.pollNotebook(target))
    awaited.poll = effect.id
    awaited.lastPoll = session.clock
    return [effect]
  }

  // MARK: - Replies

  mutating func take(
    _ reply: Reply, ofSave save: Session.Save, in session: inout Session
  ) -> [Effect]? {
    guard save.change != .verdict else { return nil }
    switch reply {
    case .saved(let version, let others):
      acknowledge(save, version: version, others: others, in: &session)
    case .shifted(let changes, let annotations):
      show(annotations, in: session)
      tell(changes, save.change, in: &session)
    case .changedLabels(let what, let annotations):
      show(annotations, in: session)
      session.say(.success, what)
    case .failed(let reason): refuse(save, reason, in: &session)
    default: break
    }
    return searchAgain(in: &session)
  }

  private mutating func acknowledge(
    _ save: Session.Save, version: Int64, others: Annotations?, in session: inout Session
  ) {
    guard let region = save.region else { return }
    let undo = session.key(.undo, in: .regions)
    var annotations = others ?? annotations
    annotations.version = version
    switch save.change {
    case .label(let text):
      if others == nil {
        annotations.labels.set(
          text.isEmpty ? nil : LabelView.Entry(text: text, origin: .own), for: region)
      }
      if pendingLabels[region]?.text == text {
        pendingLabels[region] = nil
      }
      session.say(
        .success,
        text.isEmpty
          ? "label of region \(region) taken away · \(undo) undoes"
          : "labelled region \(region) · \(undo) undoes")
    case .star(let isStarred):
      if others == nil {
        if isStarred {
          annotations.stars.insert(region)
        } else {
          annotations.stars.remove(region)
        }
      }
    case .tags(let tags):
      if others == nil { annotations.tags[region] = tags.isEmpty ? nil : tags }
      session.say(
        .success,
        tags.isEmpty
          ? "tags of region \(region) taken away · \(undo) undoes"
          : "region \(region) is tagged \(tags.map { "#\($0)" }.joined(separator: " "))")
    case .note(let text):
      if others == nil { annotations.notes[region] = text.isEmpty ? nil : text }
      session.say(
        .success,
        text.isEmpty
          ? "note of region \(region) taken away · \(undo) undoes"
          : "noted on region \(region) · \(undo) undoes")
    case .undo, .redo, .many, .verdict: break
    }
    show(annotations, in: session)
  }

  /// Never loses what was typed: it stays pending, and in the field if that is free.
  private mutating func refuse(_ save: Session.Save, _ reason: String, in session: inout Session) {
    session.isLeaving = false
    guard let region = save.region, case .label(let text) = save.change else {
      return session.say(.error, "not saved: \(reason)")
    }
    pendingLabels[region] = PendingLabel(text: text, failure: reason)
    if isOnTop(in: session), mode == .browsing, selected == region {
      beginLabelling(in: &session)
    }
    session.say(.error, "label of region \(region) not saved: \(reason)")
  }

  /// Replaces what is noted; a table sorted or filtered by it is put in order again.
  mutating func show(_ annotations: Annotations, in session: Session) {
    self.annotations = annotations
    let isOrderedByThem = [.label, .star, .tag].contains(sort.column)
    let written: Set<RegionField> = [.label, .tag, .note, .origin, .stars]
    let isFilteredByThem = filter.map { !$0.filter.fields.isDisjoint(with: written) } == true
    guard isOrderedByThem || isFilteredByThem else { return }
    reorder()
    showCursor(in: session)
  }

  private func tell(
    _ changes: [NotebookChange], _ change: Session.Save.Change, in session: inout Session
  ) {
    let verb = change == .undo ? "undone" : "done again"
    guard let last = changes.last else {
      return session.say(.note, change == .undo ? "nothing to undo" : "nothing to do again")
    }
    guard changes.count == 1 else {
      return session.say(.success, "\(verb): \(Figures.count(changes.count, "change"))")
    }
    let what =
      switch (last.field, last.after) {
      case (.label, let text?): "region \(last.region) is “\(text)”"
      case (.label, nil): "region \(last.region) has no label of yours"
      case (.star, let star): "region \(last.region) is \(star == nil ? "not " : "")starred"
      case (.tags, let tags?): "region \(last.region) is tagged \(tags)"
      case (.tags, nil): "region \(last.region) has no tags"
      case (.carried, _): "a carried label of region \(last.region)"
      case (.note, _): "the note of region \(last.region)"
      }
    session.say(.success, "\(verb): \(what)")
  }
}

extension RegionsScreen {
  var target: Effect.Target {
    Effect.Target(
      dictionary: dictionary.url, identity: dictionary.identity, version: annotations.version)
  }
}
