import Terminal

extension Session {
  /// Takes an action in, and says what is to be done about it outside the session.
  ///
  /// Total and synchronous: every action is defined in every state, and nothing here waits.
  /// - Complexity: O(K log K) at most, for a new order; everything else is of the size of the screen.
  package mutating func update(_ action: Action) -> [Effect] {
    let command = command(of: action)
    let effects =
      switch action {
      case .start: start()
      case .key(let key): press(key, command)
      case .paste(let text, let isTruncated): paste(text, isTruncated: isTruncated)
      case .mouse(let event): point(event)
      case .run(let command): run(command)
      case .replied(let id, let reply): take(reply, of: id)
      case .interrupt: interrupt()
      case .tick(let time): tick(time)
      case .resize(let columns, let rows): resize(columns: columns, rows: rows)
      case .background(let appearance): setBackground(appearance)
      case .closed: end(.closed)
      }
    for type in screenTypes.all { type.inform(&self) }
    if overlay == nil { act(on: screen) { top, _ in top.settle(after: action, by: command) } }
    let ended = followTour()
    guard exit == nil else { return effects }
    return effects + ended + (act(on: screen) { $0.readShown(in: &$1) } ?? [])
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

  /// Numbers a piece of work.
  mutating func ask(_ work: Effect.Work) -> Effect {
    lastEffect += 1
    if let title = work.jobTitle {
      jobs.append(
        Job(id: lastEffect, title: title, started: clock, canStop: work.canStop))
    }
    return Effect(id: lastEffect, work: work)
  }

  /// Asks for a change to be kept in the notebook.
  mutating func keep(
    _ change: Save.Change, of region: Int? = nil, by work: Effect.Work
  ) -> [Effect] {
    let effect = ask(work)
    saves[effect.id] = Save(region: region, change: change)
    return [effect]
  }

  /// Asks for a text to be copied.
  ///
  /// - Parameter what: what it is, in words.
  mutating func copy(_ text: String, _ what: String) -> [Effect] {
    copying = what
    return [ask(.copy(text))]
  }

  mutating func say(_ kind: Message.Kind, _ text: String) {
    let message = Message(kind, sanitized(text), time: clock)
    self.message = message
    log.append(message)
    if log.count > 1000 { log.removeFirst(log.count - 1000) }
  }

  private mutating func start() -> [Effect] {
    let effects = readSettings() + [ask(.readMemory), ask(.openNotebook)]
    return effects + screenTypes.home.begin(&self)
  }

  private mutating func tick(_ time: Duration) -> [Effect] {
    clock = time
    return actOnAll { $0.poll(in: &$1) } + pollSettings()
  }

  private mutating func resize(columns: Int, rows: Int) -> [Effect] {
    (self.columns, self.rows) = (columns, rows)
    showCursors()
    return []
  }

  /// Brings what is selected in sight again, on every screen.
  mutating func showCursors() {
    actOnAll {
      $0.resize(in: &$1)
      return []
    }
  }

  private mutating func setBackground(_ appearance: Theme.Appearance) -> [Effect] {
    themes.background = appearance
    return []
  }

  mutating func end(_ reason: ExitReason) -> [Effect] {
    exit = reason
    return []
  }

  // MARK: - Keys

  private mutating func press(_ key: KeyPress, _ command: Command?) -> [Effect] {
    if isTooSmall {
      let command = keymap.command(for: key, in: [.general])
      return command == .quit || command == .cancelOrQuit ? run(.quit) : []
    }
    message = nil
    if let command { return run(command) }
    // Keys that a person knows from another screen are not passed over in silence.
    if overlay == nil, textField == nil, top.layers == top.restingLayers {
      for other in screenTypes.all where other.name != screen {
        if let layer = other.keysNamedElsewhere, let command = keymap.command(for: key, in: [layer])
        {
          return refuse(command)
        }
      }
    }
    guard let character = key.typedCharacter else { return [] }
    return write(String(character))
  }

  private mutating func paste(_ text: String, isTruncated: Bool) -> [Effect] {
    guard !isTooSmall else { return [] }
    message = nil
    guard textField != nil else {
      say(.note, "pasted text is no command: nothing was done with it")
      return []
    }
    let effects = write(text)
    if isTruncated { say(.error, "the pasted text was too long; its end was left out") }
    return effects
  }

  /// The field that has the keyboard.
  package var textField: TextField? {
    overlay.map(\.textField) ?? top.textField
  }

  private mutating func write(_ text: String) -> [Effect] {
    guard let overlay else { return act(on: screen) { $0.type(text, in: &$1) } ?? [] }
    guard var field = overlay.textField else { return [] }
    field.insert(text)
    self.overlay?.take(field)
    return []
  }
}
