import CNCurses
import Foundation

/// The terminal the process runs in, taken over from `init` until `restore()`.
///
/// Nothing but this type writes to the terminal: while it is up, standard output and standard error go to
/// the log file, and input arrives raw, so that Ctrl-C is a key. The terminal is given back as it was on
/// `restore()`, on `exit`, and by a signal handler when the process is killed or traps. There can be one
/// at a time.
@MainActor
package final class CursesTerminal {
  package struct Options: Sendable {
    /// Where standard output and standard error go meanwhile; `nil` throws them away.
    package var logPath: String?
    package var isMouseEnabled: Bool
    package var environment: [String: String]
    /// The most bytes of UTF-8 that `copyToClipboard` sends. Terminals drop longer ones in silence.
    package var clipboardLimit: Int
    /// The most bytes of a paste that are kept.
    package var pasteLimit: Int

    package init(
      logPath: String? = nil, isMouseEnabled: Bool = true,
      environment: [String: String] = ProcessInfo.processInfo.environment,
      clipboardLimit: Int = 74_994, pasteLimit: Int = 1 << 20
    ) {
      self.logPath = logPath
      self.isMouseEnabled = isMouseEnabled
      self.environment = environment
      self.clipboardLimit = clipboardLimit
      self.pasteLimit = pasteLimit
    }
  }

  /// The entry in use and the colours it gives. Themes are adapted to `profile.depth`.
  package let profile: TerminalProfile
  package private(set) var size: (columns: Int, rows: Int)
  /// Whether clicks and the wheel are reported. While they are, selecting text takes Shift in most
  /// terminals.
  package var isMouseEnabled: Bool {
    didSet { if isUp, oldValue != isMouseEnabled { send(Self.mouse(isOn: isMouseEnabled)) } }
  }

  static var isInUse = false

  let options: Options
  let streams: RedirectedStreams
  let wakePipe: WakePipe
  var decoder: InputDecoder
  var painter: Painter
  var events = EventQueue()
  private(set) var isUp = true
  /// When an answer of the terminal is given up; `nil` while none is awaited.
  var replyDeadline: ContinuousClock.Instant?
  private let originalModes: termios
  private let restoreSequence: [UInt8]

  /// Takes over the terminal that standard input and output are connected to.
  ///
  /// - Throws: `TerminalError`; the terminal is as it was then.
  package init(_ options: Options = Options()) throws {
    guard !Self.isInUse else { throw TerminalError.setupFailed("it is in use already") }
    for (stream, name) in [(STDIN_FILENO, "standard input"), (STDOUT_FILENO, "standard output")]
    where isatty(stream) == 0 {
      throw TerminalError.notATerminal(stream: name)
    }
    let profile = try TerminalProfile.detect(environment: options.environment) { name in
      let colors = Int(ct_terminfo_colors(name, STDOUT_FILENO))
      return colors == -2 ? nil : colors
    }
    var modes = termios()
    guard tcgetattr(STDIN_FILENO, &modes) == 0 else {
      throw TerminalError.setupFailed(String(cString: strerror(errno)))
    }
    Self.chooseLocale()
    wakePipe = try WakePipe()
    // Before the output streams go elsewhere, or what they hold back would go there too.
    fflush(nil)
    streams = try RedirectedStreams(logPath: options.logPath)
    ct_guard_remember()
    if let reason = ct_open(profile.terminfoName, STDIN_FILENO, streams.terminal) {
      streams.giveBack()
      throw TerminalError.setupFailed("\(profile.terminfoName): \(String(cString: reason))")
    }
    guard Self.capability("cup") != nil else {
      ct_leave()
      ct_close()
      streams.giveBack()
      throw TerminalError.cannotMoveCursor(profile.terminfoName)
    }
    self.options = options
    self.profile = profile
    originalModes = modes
    isMouseEnabled = options.isMouseEnabled
    restoreSequence = Self.restoreSequence()
    decoder = InputDecoder(
      sequences: KeySequences(capability: Self.capability), erase: modes.eraseByte,
      pasteLimit: options.pasteLimit)
    painter = Painter(profile: profile)
    DisplayWidth.clusterJoining = ClusterJoining(environment: options.environment)
    size = (Int(ct_columns()), Int(ct_rows()))
    Self.isInUse = true
    armGuard()
    _ = followSize()
    send(Self.pasteOn + (isMouseEnabled ? Self.mouse(isOn: true) : []))
  }

  /// Gives the terminal back. Errors can be printed after it; further calls do nothing, but `nextEvent`
  /// and `draw` must not be used.
  package func restore() {
    guard isUp else { return }
    awaitReplyBeforeLeaving()
    isUp = false
    ct_guard_disarm()
    leave()
    ct_close()
    streams.giveBack()
    Self.isInUse = false
  }

  /// Stops the process as Ctrl-Z does in a shell, and takes the terminal over again when it continues.
  package func suspend() {
    guard isUp else { return }
    leave()
    ct_guard_stop()
    reenter()
  }

  /// Takes the terminal over again after whatever had it meanwhile.
  func reenter() {
    ct_reopen()
    send(Self.pasteOn + (isMouseEnabled ? Self.mouse(isOn: true) : []))
    painter.invalidate()
    send(painter.repaint())
    if let event = followSize() { events.append(event) }
  }

  private func leave() {
    send(Self.modesOff)
    ct_leave()
    if Self.capability("rmcup") == nil { send(Self.lineBelow) }
    var modes = originalModes
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes)
  }

  /// Reads the terminal's size, of which what is beyond any display stays unused; an event if it has changed.
  func followSize() -> TerminalEvent? {
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard ct_window_size(streams.terminal, &rows, &columns) else { return nil }
    // A terminal may claim millions of cells, and each costs memory here and in curses.
    rows = min(rows, Int32(CT_MOST_ROWS))
    columns = min(columns, Int32(CT_MOST_COLUMNS))
    guard (Int(columns), Int(rows)) != size, ct_resize(rows, columns) else { return nil }
    size = (Int(columns), Int(rows))
    painter.invalidate()
    return .resize(columns: size.columns, rows: size.rows)
  }

  private func armGuard() {
    var modes = originalModes
    let isArmed = restoreSequence.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { restore in
        withUnsafePointer(to: &modes) { modes in
          (options.logPath ?? "").withCString { log in
            var guardOptions = ct_guard_options(
              terminal: streams.terminal, restore: restore.baseAddress, modes: modes,
              saved_output: streams.output, saved_error: streams.error,
              log_path: options.logPath == nil ? nil : log, wake: wakePipe.writeEnd)
            return ct_guard_arm(&guardOptions)
          }
        }
      }
    }
    // Only an absurd entry or path is too long for the handler; the terminal then works without it.
    if !isArmed { FileHandle.standardError.write(Data("no crash guard: too long\n".utf8)) }
  }

  /// Writes bytes past curses, which knows nothing of these modes.
  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(streams.terminal, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return
      }
    }
  }

  /// Characters are UTF-8 whatever the locale says: one that says nothing (`LANG=C` over SSH) is far more
  /// often wrong than right.
  private static func chooseLocale() {
    for name in ["", "C.UTF-8", "en_US.UTF-8"] {
      if setlocale(LC_CTYPE, name) != nil, String(cString: nl_langinfo(Int32(CODESET))) == "UTF-8" {
        return
      }
    }
  }
}

// MARK: - Sequences

extension CursesTerminal {
  private static let pasteOn = Array("\u{1B}[?2004h".utf8)

  /// Clicks, wheel and drags, in the encoding that has no limit of columns.
  private static func mouse(isOn: Bool) -> [UInt8] {
    Array((isOn ? "\u{1B}[?1000h\u{1B}[?1002h\u{1B}[?1006h" : mouseOff).utf8)
  }

  private static let mouseOff = "\u{1B}[?1006l\u{1B}[?1003l\u{1B}[?1002l\u{1B}[?1000l"
  private static let modesOff = Array((mouseOff + "\u{1B}[?2004l").utf8)

  /// Without a second screen the text stays, and the shell's prompt goes below it.
  private static let lineBelow = Array("\u{1B}[999;1H\r\n".utf8)

  /// Everything that has to be undone, for the signal handler; NUL at its end.
  private static func restoreSequence() -> [UInt8] {
    // A string terminator first: the crash may have come in the middle of a sequence.
    var bytes = Array("\u{1B}\\".utf8) + modesOff
    for name in ["sgr0", "op", "rmkx", "cnorm"] { bytes += capability(name) ?? [] }
    bytes += capability("rmcup") ?? lineBelow
    return bytes + [0]
  }

  /// A string of the terminfo entry in use, without its delays, which no terminal has needed for long.
  static func capability(_ name: String) -> [UInt8]? {
    guard let value = ct_capability(name) else { return nil }
    let text = String(
      decoding: UnsafeRawBufferPointer(start: value, count: strlen(value)), as: UTF8.self)
    return Array(text.replacing(/\$<[0-9.]*[*\/]*>/, with: "").utf8)
  }
}

extension termios {
  fileprivate var eraseByte: UInt8 {
    withUnsafeBytes(of: c_cc) { $0[Int(VERASE)] }
  }
}
