import Storage

extension Session {
  mutating func take(_ outcome: Outcome, ofSave save: Save) -> [Effect] {
    switch outcome {
    case .saved(let version, let others):
      acknowledge(save, version: version, others: others)
    case .judged:
      if case .verdict(let verdict) = save.change { take(verdict) }
    case .shifted(let changes, let annotations):
      show(annotations)
      tell(changes, save.change)
    case .noted(let told, let annotations):
      show(annotations)
      say(.success, told)
    case .failed(let reason): refuse(save, reason)
    default: break
    }
    let searching = searchAgain()
    guard isLeaving, saves.isEmpty else { return searching }
    isLeaving = false
    return searching + run(.quit)
  }

  /// What a key is about to do; `nil` for anything that is no key with a meaning.
  func command(of action: Action) -> Command? {
    switch action {
    case .key(let key): keymap.command(for: key, in: layers)
    case .run(let command): command
    default: nil
    }
  }

  /// The first key of a command in a layer, for sentences.
  func key(_ command: Command, in layer: KeyLayer) -> String {
    keymap.keys(for: command, in: [layer]).first?.label ?? ":\(command.rawValue)"
  }
}
