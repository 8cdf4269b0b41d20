import Foundation
import Storage
import Terminal

extension Session {
  /// Takes an action in, and says what is to be done about it outside the state.
  ///
  /// Total and synchronous: every action is defined in every state, and nothing here waits.
  /// - Complexity: O(K log K) at most, for a new order; everything else is of the size of the screen.
  package mutating func update(_ action: Action) -> [Effect] {
    let command = command(of: action)
    let effects =
      switch action {
      case .start: start()
      case .key(let key): press(key)
      case .paste(let text, let isTruncated): paste(text, isTruncated: isTruncated)
      case .mouse(let event): point(event)
      case .run(let command): run(command)
      case .answered(let id, let outcome): take(outcome, of: id)
      case .interrupt: run(.cancelOrQuit)
      case .tick(let time): tick(time)
      case .resize(let columns, let rows): resize(columns: columns, rows: rows)
      case .background(let appearance): setBackground(appearance)
      case .closed: end(.closed)
      }
    shareDrift()
    noteJump(by: command, action)
    followTour()
    return effects + lookAround() + lookAroundInCompare()
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

  mutating func say(_ kind: Message.Kind, _ text: String) {
    let message = Message(kind, sanitized(text), time: clock)
    self.message = message
    log.append(message)
    if log.count > 1000 { log.removeFirst(log.count - 1000) }
  }

  private mutating func start() -> [Effect] {
    var effects = readSettings() + [ask(.readMemory), ask(.openNotebook)]
    // One name of a dictionary is opened; what it really is shows then.
    if library.roots.count == 1, let path = library.roots.first,
      ["epdict", "pkl", "pickle"].contains(path.pathExtension.lowercased())
    {
      effects += open(path)
    } else {
      effects += scan()
    }
    return effects
  }

  private mutating func tick(_ time: Duration) -> [Effect] {
    clock = time
    return poll() + pollSettings()
  }

  private mutating func resize(columns: Int, rows: Int) -> [Effect] {
    (self.columns, self.rows) = (columns, rows)
    if case .document(var page) = regions?.page {
      lay(&page)
      regions?.page = .document(page)
    }
    showCursor()
    showCompareCursor()
    showTraceCursor()
    showSavedCursor()
    showTrajectoryCursor()
    return []
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

  private mutating func press(_ key: KeyPress) -> [Effect] {
    if isTooSmall {
      let command = keymap.command(for: key, in: [.general])
      return command == .quit || command == .cancelOrQuit ? run(.quit) : []
    }
    message = nil
    if let command = keymap.command(for: key, in: layers) { return run(command) }
    guard let character = key.typedCharacter else { return [] }
    return type(String(character))
  }

  private mutating func paste(_ text: String, isTruncated: Bool) -> [Effect] {
    guard !isTooSmall, textField != nil else { return [] }
    let effects = type(text)
    if isTruncated { say(.error, "the pasted text was too long; its end was left out") }
    return effects
  }

  /// The field that has the keyboard.
  var textField: TextField? {
    switch overlay {
    case .help(let help): return help.field
    case .palette(let palette): return palette.field
    case .export(let field): return field
    case .log, .question, .themes: return nil
    case nil: break
    }
    if screen == .compare { return compareField }
    if screen == .trajectory, case .searching(let field) = trajectory?.mode { return field }
    if screen == .trace {
      switch trace?.focus {
      case .text: return trace?.field
      case .documents: return trace?.documentFilter
      case .tokens, nil: return nil
      }
    }
    guard screen == .regions else { return nil }
    return switch regions?.mode {
    case .searching(let field), .jumping(let field): field
    case .labelling(let editor): editor.field
    case .filtering(let editor): editor.field
    case .tagging(let editor): editor.field
    case .noting(let editor): editor.field
    case .prompting(let prompt): prompt.field
    case .browsing, .choosingSort, .choosingColumns, nil: nil
    }
  }

  private mutating func type(_ text: String) -> [Effect] {
    if overlay == nil, case .noting(var editor) = regions?.mode {
      editor.insert(text)
      regions?.mode = .noting(editor)
      return []
    }
    guard var field = textField else { return [] }
    field.insert(text)
    return setField(field)
  }

  /// Puts an edited field back where it came from, and does what follows from a change of its text.
  mutating func setField(_ field: TextField) -> [Effect] {
    let isChanged = field.text != textField?.text
    switch overlay {
    case .help(var help):
      help.field = field
      if isChanged { help.top = 0 }
      overlay = .help(help)
      return []
    case .palette(var palette):
      palette.field = field
      if isChanged { palette.cursor = 0 }
      overlay = .palette(palette)
      return []
    case .export:
      overlay = .export(field)
      return []
    case .log, .question, .themes: return []
    case nil: break
    }
    if screen == .trace {
      if trace?.focus == .text { return setTraceField(field) }
      setDocumentFilter(field)
      return []
    }
    if screen == .compare {
      setCompareField(field)
      return []
    }
    if screen == .trajectory {
      setTrajectoryField(field)
      return []
    }
    switch regions?.mode {
    case .searching:
      regions?.mode = .searching(field)
      return isChanged ? searchTyped(field.text) : []
    case .jumping: regions?.mode = .jumping(field)
    case .labelling(var editor):
      editor.field = field
      if isChanged { editor.refreshCompletions() }
      regions?.mode = .labelling(editor)
    case .filtering: filterTyped(field)
    case .prompting(var prompt):
      prompt.field = field
      regions?.mode = .prompting(prompt)
    case .noting(var editor):
      editor.field = field
      regions?.mode = .noting(editor)
    case .tagging(var editor):
      editor.field = field
      editor.choice = 0
      regions?.mode = .tagging(editor)
    case .browsing, .choosingSort, .choosingColumns, nil: break
    }
    return []
  }
}
