import Foundation
import Storage
import Terminal

/// The explorer on a real terminal.
package enum ExplorerProgram {
  package struct Options: Sendable {
    package var terminal: CursesTerminal.Options
    package var performer: EffectPerformer.Options
    /// The theme to use whatever the settings and the background.
    package var theme: String?
    /// The region to show first.
    package var region: Int?
    /// Whether Enter chooses a region and leaves.
    package var isPicking = false
    /// The folder that sessions are recorded in; `nil`: they are not.
    package var recordings: URL?
    /// A recorded session to play first.
    package var replay: SessionLog?

    package init(
      terminal: CursesTerminal.Options = CursesTerminal.Options(),
      performer: EffectPerformer.Options = EffectPerformer.Options(author: NSUserName()),
      theme: String? = nil
    ) {
      self.terminal = terminal
      self.performer = performer
      self.theme = theme
    }
  }

  /// Runs until the person leaves.
  ///
  /// - Parameter paths: dictionaries and folders; one dictionary by itself is opened at once.
  /// - Throws: `TerminalError` where there is no terminal to run on.
  @MainActor @discardableResult
  package static func run(paths: [URL], options: Options = Options()) throws -> ExitReason {
    var options = options
    options.terminal.logPath = options.terminal.logPath ?? defaultLogPath()
    let terminal = try CursesTerminal(options.terminal)
    defer { terminal.restore() }
    let loop = TerminalLoop(
      paths: paths.map(\.standardizedFileURL), options: options, terminal: terminal)
    let reason = loop.run()
    // What the notebook was asked to keep is kept, also when the terminal has gone.
    let news = loop.runner.finishWriting()
    if !news.isEmpty {
      terminal.restore()
      for sentence in news {
        FileHandle.standardError.write(Data("exemplar: \(sentence)\n".utf8))
      }
    }
    if let notice = terminal.profile.notice {
      terminal.restore()
      FileHandle.standardError.write(Data("exemplar: \(notice)\n".utf8))
    }
    return reason
  }

  /// Where the last words of a crash go; `nil` where there is no room for them.
  private static func defaultLogPath() -> String? {
    guard let folder = try? UserFolders.cache(),
      (try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true))
        != nil
    else { return nil }
    let path = folder.appending(path: "explorer.log").path(percentEncoded: false)
    let isThere = FileManager.default.fileExists(atPath: path)
    let folderPath = folder.path(percentEncoded: false)
    return FileManager.default.isWritableFile(atPath: isThere ? path : folderPath) ? path : nil
  }
}

/// The loop between the terminal and the session.
@MainActor
private final class TerminalLoop {
  /// An answer that comes this soon is drawn together with what asked for it, without a frame between.
  private static let patience = Duration.milliseconds(12)
  private static let idleTick = Duration.milliseconds(500)
  private static let busyTick = Duration.milliseconds(100)
  /// More keys at once than anybody presses, over a slow link too.
  private static let mostKeys = 256
  /// As many as of a paste that the terminal marks.
  private static let mostLetters = 1 << 20

  let runner: EffectRunner
  private let terminal: CursesTerminal
  /// The theme of the state in the colours that the terminal has.
  private var shownTheme: (theme: Theme, adapted: Theme)?
  private let start = ContinuousClock.now
  private var state: Session
  /// Whether something happened that a frame could show.
  private var isChanged = true
  private var recorder: SessionRecorder?
  private var player: SessionPlayer?

  init(paths: [URL], options: ExplorerProgram.Options, terminal: CursesTerminal) {
    self.terminal = terminal
    runner = EffectRunner(EffectPerformer(options.performer)) { terminal.wake() }
    state = Session(paths: paths, columns: terminal.size.columns, rows: terminal.size.rows)
    state.startRegion = options.region
    state.isPicking = options.isPicking
    player = options.replay.map(SessionPlayer.init)
    state.isMouseOn = terminal.isMouseEnabled
    state.themes.forced = options.theme
    state.themes.background = BackgroundColor.appearance(in: options.terminal.environment)
    if let notice = terminal.profile.notice {
      state.log.append(Message(.note, notice, time: .zero))
    }
    record(paths, options)
  }

  private func record(_ paths: [URL], _ options: ExplorerProgram.Options) {
    guard let folder = options.recordings else { return }
    let header = SessionLog.Header(
      paths: paths.map { $0.path(percentEncoded: false) }, columns: state.columns,
      rows: state.rows, theme: options.theme, region: options.region)
    do {
      recorder = try SessionRecorder(folder: folder, header: header)
    } catch {
      state.log.append(Message(.note, "this session is not recorded: \(error)", time: .zero))
    }
  }

  func run() -> ExitReason {
    terminal.askForBackground()
    apply(.start)
    while true {
      if let exit = state.exit { return exit }
      if isChanged || state.isBusy { draw() }
      isChanged = false
      let tick = state.isBusy ? Self.busyTick : Self.idleTick
      let event = terminal.nextEvent(timeout: min(tick, player?.wait(clock) ?? tick))
      apply(.tick(clock))
      take(event)
      while let step = player?.next(clock) { apply(step) }
      if player?.isOver == true { player = nil }
      takeWhatIsThere()
    }
  }

  /// Since the session began. What is shorter than a microsecond is left out, as it is in recordings.
  private var clock: Duration { (ContinuousClock.now - start).inMicroseconds }

  /// Takes in all that has happened, and what is about to, before the next frame.
  private func takeWhatIsThere() {
    let deadline = ContinuousClock.now + Self.patience
    while state.exit == nil {
      for answer in runner.takeReplies() { apply(answer) }
      let remaining = deadline - ContinuousClock.now
      let wait = state.isIncomplete && remaining > .zero ? remaining : .zero
      guard let event = terminal.nextEvent(timeout: wait) else { return }
      take(event)
      // A flood of events must not keep frames from being drawn.
      if ContinuousClock.now > deadline + Self.patience { return }
    }
  }

  private func take(_ event: TerminalEvent?) {
    // Whoever presses a key while a session is played takes over.
    if case .key = event { player = nil }
    switch event {
    case .key(let key): take(keysAfter: key)
    case .paste(let text, let isTruncated): apply(.paste(text, isTruncated: isTruncated))
    case .mouse(let mouse): apply(.mouse(mouse))
    case .resize(let columns, let rows): apply(.resize(columns: columns, rows: rows))
    case .wake: for answer in runner.takeReplies() { apply(answer) }
    case .background(let appearance): apply(.background(appearance))
    case .interrupt: apply(.interrupt)
    case .closed: apply(.closed)
    case nil: break
    }
  }

  /// Letters that came together: those of a terminal that does not mark pastes are a hundred thousand. A field takes them as
  /// one text; where none has the keyboard, more than anybody types are no commands either.
  private func take(keysAfter first: KeyPress) {
    guard first.typedCharacter != nil else { return apply(.key(first)) }
    var keys = [first]
    var (next, isWoken): (TerminalEvent?, Bool) = (nil, false)
    while keys.count < Self.mostLetters, let event = terminal.nextEvent(timeout: .zero) {
      if case .key(let key) = event, key.typedCharacter != nil {
        keys.append(key)
      } else if event == .wake {
        isWoken = true
      } else {
        next = event
        break
      }
    }
    let isTyped =
      keys.count > 1 && state.textField != nil
      && Set(keys).allSatisfy { state.command(of: .key($0)) == nil }
    if isTyped || keys.count > Self.mostKeys {
      let isCut = keys.count == Self.mostLetters
      apply(.paste(String(keys.compactMap(\.typedCharacter)), isTruncated: isCut))
    } else {
      for key in keys where state.exit == nil { apply(.key(key)) }
    }
    if isWoken { for answer in runner.takeReplies() { apply(answer) } }
    if next != nil, state.exit == nil { take(next) }
  }

  private func apply(_ action: Action) {
    switch action {
    case .tick, .replied(_, .polled(nil)), .replied(_, .settings(nil)),
      .replied(_, .superseded):
      break
    default: isChanged = true
    }
    recorder?.record(action, at: state.clock, command: state.command(of: action))
    for effect in state.update(action) {
      if effect.queue == .terminal {
        apply(.replied(effect.id, perform(effect.work)))
      } else if Self.isNeededForFirstFrame(effect.work) {
        apply(.replied(effect.id, runner.performer.perform(effect.work)))
      } else {
        runner.run(effect)
      }
    }
  }

  /// A few small files, read before the first frame so that it has its colours and its list.
  private static func isNeededForFirstFrame(_ work: Effect.Work) -> Bool {
    switch work {
    case .readSettings(known: nil), .readMemory: true
    default: false
    }
  }

  /// What only the terminal can do.
  private func perform(_ work: Effect.Work) -> Reply {
    switch work {
    case .copy(let text): return .copied(terminal.copyToClipboard(text))
    case .setMouse(let isOn): terminal.isMouseEnabled = isOn
    case .redraw: terminal.redraw()
    default: break
    }
    return .done
  }

  private func adaptedTheme() -> Theme {
    let theme = state.themes.theme
    if let shownTheme, shownTheme.theme == theme { return shownTheme.adapted }
    let adapted = theme.adapted(to: terminal.profile.depth)
    shownTheme = (theme, adapted)
    return adapted
  }

  private func draw() {
    var screen = Cells(columns: state.columns, rows: state.rows)
    view(state, theme: adaptedTheme(), into: &screen)
    terminal.draw(screen)
  }
}
