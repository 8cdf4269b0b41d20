import Foundation
import Storage

extension Session {
  mutating func beginLabelling() {
    guard let regions, let region = regions.selected else { return }
    if case .unavailable(let reason) = notebook {
      return say(.error, "labels cannot be saved: \(reason)")
    }
    let text = regions.isHidden(region) ? "" : regions.label(of: region)?.text ?? ""
    let own = regions.annotations.labels.entries.values.map(\.text)
    self.regions?.mode = .labelling(
      LabelEditor(region: region, text: text, inUse: LabelEditor.inUse(own)))
    showCursor()
  }

  mutating func runInLabel(_ command: Command, _ editor: LabelEditor) -> [Effect] {
    var editor = editor
    switch command {
    case .accept:
      regions?.mode = .browsing
      if regions?.isHidden(editor.region) == true {
        return answerBlind(editor.field.text, region: editor.region)
      }
      return save(editor.field.text, region: editor.region)
    case .cancelField:
      regions?.mode = .browsing
      return []
    case .complete: editor.complete()
    case .nextChoice: editor.choose(1)
    case .previousChoice: editor.choose(-1)
    default: return []
    }
    regions?.mode = .labelling(editor)
    return []
  }

  /// Asks the notebook to keep a label; until it has, the label is shown as pending.
  mutating func save(_ text: String, region: Int) -> [Effect] {
    guard let regions else { return [] }
    let text = text.trimmingCharacters(in: .whitespaces)
    let shown = regions.annotations.labels.entries[region]
    if regions.pendingLabels[region] == nil {
      let isSame = text.isEmpty ? shown == nil : shown?.text == text && shown?.origin == .own
      if isSame { return [] }
    }
    self.regions?.pendingLabels[region] = PendingLabel(text: text)
    let effect = ask(
      .saveLabel(regions.target, region: region, text: text.isEmpty ? nil : text))
    saves[effect.id] = Save(region: region, change: .label(text))
    return [effect]
  }

  mutating func toggleStar() -> [Effect] {
    guard let regions, let region = regions.selected else { return [] }
    if case .unavailable(let reason) = notebook {
      say(.error, "stars cannot be saved: \(reason)")
      return []
    }
    let isStarred = !regions.annotations.stars.contains(region)
    let effect = ask(.saveStar(regions.target, region: region, isStarred: isStarred))
    saves[effect.id] = Save(region: region, change: .star(isStarred))
    return [effect]
  }

  /// Undoes or redoes.
  mutating func shift(_ change: Save.Change) -> [Effect] {
    guard let regions else { return [] }
    if case .unavailable(let reason) = notebook {
      say(.error, "there is no notebook: \(reason)")
      return []
    }
    let effect = ask(change == .undo ? .undo(regions.target) : .redo(regions.target))
    saves[effect.id] = Save(change: change)
    return [effect]
  }

  /// Looks, twice a second, whether another explorer has changed something.
  mutating func poll() -> [Effect] {
    guard let regions, notebook == .ready, regions.awaited.poll == nil, saves.isEmpty,
      clock - (regions.awaited.lastPoll ?? .zero) >= .milliseconds(500)
    else { return [] }
    let effect = ask(.pollNotebook(regions.target))
    self.regions?.awaited.poll = effect.id
    self.regions?.awaited.lastPoll = clock
    return [effect]
  }

  // MARK: - Answers

  mutating func acknowledge(_ save: Save, version: Int64, others: Annotations?) {
    guard let region = save.region else { return }
    if var annotations = others ?? regions?.annotations {
      annotations.version = version
      switch save.change {
      case .label(let text):
        if others == nil {
          annotations.labels.set(
            text.isEmpty ? nil : LabelView.Entry(text: text, origin: .own), for: region)
        }
        if regions?.pendingLabels[region]?.text == text {
          regions?.pendingLabels[region] = nil
        }
        say(
          .success,
          text.isEmpty
            ? "label of region \(region) taken away · \(undoKey) undoes"
            : "labelled region \(region) · \(undoKey) undoes")
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
        say(
          .success,
          tags.isEmpty
            ? "tags of region \(region) taken away · \(undoKey) undoes"
            : "region \(region) is tagged \(tags.map { "#\($0)" }.joined(separator: " "))")
      case .note(let text):
        if others == nil { annotations.notes[region] = text.isEmpty ? nil : text }
        say(
          .success,
          text.isEmpty
            ? "note of region \(region) taken away · \(undoKey) undoes"
            : "noted on region \(region) · \(undoKey) undoes")
      case .undo, .redo, .many, .verdict: break
      }
      show(annotations)
    }
  }

  private var undoKey: String { keymap.keys(for: .undo, in: [.regions]).first?.label ?? ":undo" }

  /// Never loses what was typed: it stays pending, and in the field if that is free.
  mutating func refuse(_ save: Save, _ reason: String) {
    isLeaving = false
    guard let region = save.region, case .label(let text) = save.change else {
      return say(.error, "not saved: \(reason)")
    }
    regions?.pendingLabels[region] = PendingLabel(text: text, failure: reason)
    if overlay == nil, regions?.mode == .browsing, regions?.selected == region,
      screen == .regions
    {
      beginLabelling()
    }
    say(.error, "label of region \(region) not saved: \(reason)")
  }

  /// Replaces what is noted; a table sorted or filtered by it is put in order again.
  mutating func show(_ annotations: Annotations) {
    regions?.annotations = annotations
    let isOrderedByThem = [.label, .star, .tag].contains(regions?.sort.column)
    let noted: Set<RegionField> = [.label, .tag, .note, .origin, .stars]
    let isFilteredByThem = regions?.filter.map { !$0.filter.fields.isDisjoint(with: noted) } == true
    guard isOrderedByThem || isFilteredByThem else { return }
    regions?.reorder()
    showCursor()
  }

  mutating func tell(_ changes: [NotebookChange], _ change: Save.Change) {
    let verb = change == .undo ? "undone" : "done again"
    guard let last = changes.last else {
      return say(.note, change == .undo ? "nothing to undo" : "nothing to do again")
    }
    guard changes.count == 1 else {
      return say(.success, "\(verb): \(Figures.count(changes.count, "change"))")
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
    say(.success, "\(verb): \(what)")
  }
}

extension RegionsScreen {
  var target: Effect.Target {
    Effect.Target(
      dictionary: dictionary.url, identity: dictionary.identity, version: annotations.version)
  }
}
