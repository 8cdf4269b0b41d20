import Foundation
import TestSupport
import Testing

@testable import Terminal

/// The terminal itself, each time in a process of its own on a pseudo-terminal.
struct CursesTerminalTests {
  private static let environment = ["TERM": "xterm-256color"]

  @MainActor
  private static func open(_ path: String, log: String? = nil) throws -> CursesTerminal {
    PseudoTerminal.attach(path)
    return try CursesTerminal(.init(logPath: log, environment: environment))
  }

  @MainActor
  private static func drawHello(_ terminal: CursesTerminal) {
    var screen = Screen(columns: terminal.size.columns, rows: terminal.size.rows)
    screen.write("hello 日本 e\u{301}", row: 2, column: 3, style: Style(foreground: .rgb(255, 0, 0)))
    terminal.draw(screen)
  }

  private static func isGivenBack(_ terminal: PseudoTerminal) -> Bool {
    let output = terminal.output
    guard let last = output.ranges(of: "␛[?1049l").last else { return false }
    let before = output[..<last.lowerBound]
    return before.contains("␛[?2004l") && before.contains("␛[?1000l")
  }

  @Test func `it draws, and is given back as it was`() async throws {
    let terminal = try PseudoTerminal()
    let modes = terminal.modes
    await #expect(processExitsWith: .exitCode(0)) { [path = terminal.path as String] in
      try await MainActor.run {
        let terminal = try CursesTerminalTests.open(path)
        CursesTerminalTests.drawHello(terminal)
        print("stray output")
        terminal.restore()
        exit(0)
      }
    }
    terminal.wait { Self.isGivenBack(terminal) }
    #expect(Self.isGivenBack(terminal))
    #expect(terminal.output.contains("hello 日本 e\u{301}"))
    #expect(terminal.output.contains("38;5;196m"))
    #expect(!terminal.output.contains("stray"))
    #expect(terminal.modes == modes)
  }

  /// What is written for a second frame in which so many cells, all over the screen, are others.
  private func bytes(changing count: Int) async throws -> Int {
    let terminal = try PseudoTerminal()
    terminal.resize(columns: 80, rows: 24)
    await #expect(processExitsWith: .exitCode(0)) {
      [path = terminal.path as String, count = count as Int] in
      try await MainActor.run {
        let terminal = try CursesTerminalTests.open(path)
        for step in 0...1 {
          var screen = Screen(columns: 80, rows: 24)
          for row in 0..<24 {
            screen.write(String(repeating: "x", count: 80), row: row, column: 0)
          }
          for change in 0..<(step * count) {
            let cell = change * 7919 % (80 * 24)
            screen.write(
              "y", row: cell / 80, column: cell % 80, style: Style(foreground: .ansi(1)))
          }
          terminal.draw(screen)
        }
        terminal.restore()
        exit(0)
      }
    }
    // The program has ended; what it wrote is on its way.
    var count = -1
    terminal.wait {
      usleep(50_000)
      defer { count = terminal.count }
      return terminal.count == count
    }
    return count
  }

  @Test func `a frame costs what the cells that changed cost`() async throws {
    let still = try await bytes(changing: 0)
    for count in [1, 10, 100, 1000] {
      let written = try await bytes(changing: count) - still
      // Each is a glyph, and at worst a move and two changes of colour.
      #expect(written >= count && written <= 40 * count, "\(count) cells: \(written) bytes")
    }
  }

  @Test func `leaving without giving it back gives it back`() async throws {
    let terminal = try PseudoTerminal()
    let modes = terminal.modes
    await #expect(processExitsWith: .exitCode(7)) { [path = terminal.path as String] in
      try await MainActor.run {
        _ = try CursesTerminalTests.open(path)
        exit(7)
      }
    }
    terminal.wait { Self.isGivenBack(terminal) }
    #expect(Self.isGivenBack(terminal))
    #expect(terminal.modes == modes)
  }

  // 16 is SIGSTKFLT, 34 and 64 are the first and the last of those without a name.
  @Test(arguments: [
    SIGTERM, SIGHUP, SIGSEGV, SIGABRT, SIGILL, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ, SIGPIPE,
    SIGSYS, SIGVTALRM, SIGPROF, SIGPWR, SIGQUIT, SIGBUS, SIGFPE, SIGTRAP, SIGIO, 16, 34, 64,
  ])
  func `a signal that ends the process gives it back first`(signal: Int32) async throws {
    let terminal = try PseudoTerminal()
    let modes = terminal.modes
    await #expect(processExitsWith: .signal(signal)) {
      [path = terminal.path as String, signal = signal as Int32] in
      try await MainActor.run {
        let terminal = try CursesTerminalTests.open(path)
        CursesTerminalTests.drawHello(terminal)
        kill(getpid(), signal)
        _ = terminal.nextEvent(timeout: .seconds(60))
      }
    }
    terminal.wait { Self.isGivenBack(terminal) }
    #expect(Self.isGivenBack(terminal))
    #expect(terminal.modes == modes)
  }

  @Test func `a second interrupt that nobody reads ends the process at once, and gives it back`()
    async throws
  {
    let terminal = try PseudoTerminal()
    await #expect(processExitsWith: .signal(SIGINT)) { [path = terminal.path as String] in
      try await MainActor.run {
        let terminal = try CursesTerminalTests.open(path)
        CursesTerminalTests.drawHello(terminal)
        kill(getpid(), SIGINT)
        usleep(50_000)
        kill(getpid(), SIGINT)
        usleep(60_000_000)
        exit(0)
      }
    }
    terminal.wait { Self.isGivenBack(terminal) }
    #expect(Self.isGivenBack(terminal))
  }

  @Test(arguments: [false, true])
  func `a mapped file that is cut short ends the process with its name, and gives it back`(
    isOpen: Bool
  ) async throws {
    let terminal = try PseudoTerminal()
    let folder = try TemporaryFolder()
    let file = folder.file("a\u{1B}[31m.gguf")
    try Data(repeating: 1, count: 100_000).write(to: file)
    await #expect(processExitsWith: .exitCode(1)) {
      [path = terminal.path as String, file = file.path as String, isOpen = isOpen as Bool] in
      try await MainActor.run {
        LostFiles.watch()
        if isOpen {
          CursesTerminalTests.drawHello(try CursesTerminalTests.open(path))
        } else {
          PseudoTerminal.attach(path)
        }
        let descriptor = Foundation.open(file, O_RDONLY)
        let bytes = mmap(nil, 100_000, PROT_READ, MAP_PRIVATE, descriptor, 0)
        truncate(file, 10)
        exit(bytes?.load(fromByteOffset: 50_000, as: UInt8.self) == 1 ? 2 : 3)
      }
    }
    terminal.wait { terminal.output.contains("cut it short") }
    #expect(terminal.output.contains("exemplar: a?[31m.gguf cannot be read any more"))
    #expect(!isOpen || Self.isGivenBack(terminal))
  }

  @Test func `a trap tells its reason after the terminal is given back`() async throws {
    let terminal = try PseudoTerminal()
    let folder = try TemporaryFolder()
    await #expect(processExitsWith: .failure) {
      [path = terminal.path as String, log = folder.file("log").path as String] in
      try await MainActor.run {
        _ = try CursesTerminalTests.open(path, log: log)
        fatalError("out of ideas \u{1B}[31m")
      }
    }
    terminal.wait { terminal.output.contains("its log is") }
    let output = terminal.output
    let end = try #require(output.ranges(of: "␛[?1049l").last)
    #expect(output[end.upperBound...].contains("Fatal error: out of ideas ?[31m"))
    #expect(output.contains("its log is \(folder.file("log").path)"))
  }

  @Test func `keys, signals and wakes are events`() async throws {
    let terminal = try PseudoTerminal()
    terminal.resize(columns: 80, rows: 24)
    // A thread of its own: tasks share theirs with every other test, and may start a minute late.
    Thread.detachNewThread { [terminal] in
      terminal.wait { terminal.output.contains("hello") }
      terminal.type("x\u{1B}[1;5D")
      terminal.wait { terminal.output.contains("keys seen") }
      terminal.resize(columns: 100, rows: 30)
    }
    await #expect(processExitsWith: .exitCode(0)) { [path = terminal.path as String] in
      try await MainActor.run {
        let terminal = try CursesTerminalTests.open(path)
        CursesTerminalTests.drawHello(terminal)
        let next = { terminal.nextEvent(timeout: .seconds(60)) }
        guard terminal.size == (80, 24) else { exit(1) }
        guard next() == .key(.character("x")) else { exit(2) }
        guard next() == .key(KeyPress(.left, .control)) else { exit(3) }
        Thread.detachNewThread { terminal.wake() }
        guard next() == .wake else { exit(4) }
        kill(getpid(), SIGINT)
        guard next() == .interrupt else { exit(5) }
        guard terminal.nextEvent(timeout: .zero) == nil else { exit(6) }
        var screen = Screen(columns: 80, rows: 24)
        screen.write("keys seen", row: 5, column: 0)
        terminal.draw(screen)
        // This is not the terminal's own session, so the kernel does not tell us.
        for _ in 0..<100 where terminal.size.columns == 80 {
          usleep(20_000)
          kill(getpid(), SIGWINCH)
          _ = terminal.nextEvent(timeout: .milliseconds(20))
        }
        guard terminal.size == (100, 30) else { exit(7) }
        terminal.restore()
        exit(0)
      }
    }
  }

  @Test func `a terminal that is not known is an error that names it`() async throws {
    let terminal = try PseudoTerminal()
    await #expect(processExitsWith: .exitCode(0)) { [path = terminal.path as String] in
      await MainActor.run {
        PseudoTerminal.attach(path)
        let attempt =
          { (name: String) in
            do {
              _ = try CursesTerminal(.init(environment: ["TERM": name]))
              return nil
            } catch { return error as? TerminalError }
          } as @MainActor (String) -> TerminalError?
        let unknown = try? CursesTerminal(.init(environment: ["TERM": "xterm-no-such-terminal"]))
        guard unknown?.profile.missingName == "xterm-no-such-terminal" else { exit(1) }
        unknown?.restore()
        guard attempt("dumb") == .cannotMoveCursor("dumb") else { exit(2) }
        guard attempt("") == .noTerminalType else { exit(3) }
        exit(0)
      }
    }
  }

  @Test func `without a terminal there is a clear error`() async {
    await #expect(processExitsWith: .exitCode(0)) {
      await MainActor.run {
        dup2(Foundation.open("/dev/null", O_RDWR), STDIN_FILENO)
        do {
          _ = try CursesTerminal()
          exit(1)
        } catch {
          let expected = "the explorer needs a terminal, but standard input is not one"
          exit("\(error)" == expected ? 0 : 2)
        }
      }
    }
  }

  @Test func `a pipe tells what was signalled since it was last asked`() throws {
    let pipe = try WakePipe()
    pipe.signal(1)
    pipe.signal(2)
    #expect(pipe.drain() == [1, 2])
    #expect(pipe.drain().isEmpty)
  }
}
