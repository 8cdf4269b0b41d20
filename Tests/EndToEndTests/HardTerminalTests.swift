import Foundation
import TestSupport
import Testing

/// Terminals that send what no person types, claim what none is, or want the program gone.
@Suite(.serialized)
struct HardTerminalTests {
  private let program: Program
  private static let sample = Program.samples.appending(path: "smollm2-refusal.all.p10.epdict")
    .path(percentEncoded: false)

  init() throws { program = try Program() }

  private func open(columns: Int = 100, rows: Int = 30) throws -> Tmux {
    let tmux = try Tmux(
      columns: columns, rows: rows, environment: program.environment, folder: program.folder)
    try tmux.shell("cd '\(program.path(""))'")
    try tmux.shell(
      "clear; '\(Program.binary.path(percentEncoded: false))' '\(Self.sample)'; echo left with $?")
    try tmux.wait(for: "1 of 44")
    return tmux
  }

  @Test func `a size that changed and changed back leaves the screen whole`() throws {
    let tmux = try open()
    let device = try tmux.device()
    // What a terminal leaves of a screen that was another size for a moment.
    try Data("\u{1B}[H\u{1B}[2J torn".utf8).write(to: URL(filePath: device))
    try tmux.wait("the screen torn") { $0.contains("torn") }
    kill(try #require(try tmux.program()), SIGWINCH)
    try tmux.wait("the whole screen") { screen in
      ["id ★ label", "1 Closest", "l label", "1 of 44"].allSatisfy(screen.contains)
        && !screen.contains("torn")
    }
  }

  @Test func `sizes and ends are told to a program whose parent had blocked all signals`() throws {
    let tmux = try Tmux(
      columns: 100, rows: 30, environment: program.environment, folder: program.folder)
    let blocking =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); "
      + "os.execv(sys.argv[1], sys.argv[1:])"
    try tmux.shell(
      "clear; python3 -c '\(blocking)' '\(Program.binary.path(percentEncoded: false))' "
        + "'\(Self.sample)'; echo left with $?")
    try tmux.wait(for: "1 of 44")
    try tmux.resize(columns: 60, rows: 20)
    try tmux.wait("the hints in the last line") { screen in
      let lines = screen.split(separator: "\n", omittingEmptySubsequences: false)
      return lines.last { !$0.isEmpty }?.contains("/ search") == true && lines.count <= 21
    }
    kill(try #require(try tmux.program()), SIGTERM)
    try tmux.wait(for: "left with 143")
  }

  @Test func `a hundred thousand letters that no terminal marked as pasted are a label at once`()
    throws
  {
    let tmux = try open()
    try tmux.press("l", "C-u")
    let clock = ContinuousClock()
    let begin = clock.now
    try tmux.send(String(repeating: "abcdefghi ", count: 10_000) + "the end of it")
    try tmux.wait(for: "the end of it", seconds: 20)
    // Each letter in a frame of its own took minutes.
    #expect(clock.now - begin < .seconds(10))
    try tmux.press("Escape")
    try tmux.wait(for: "44 regions")
    // Where no field is open, they are no hundred thousand commands.
    try tmux.send(String(repeating: "j", count: 100_000))
    try tmux.wait(for: "pasted text is no command", seconds: 20)
    #expect(clock.now - begin < .seconds(20))
    try tmux.press("j")
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
  }

  @Test func `an answer of the terminal that is longer than any is no keys`() throws {
    let tmux = try open()
    try tmux.type("j")
    try tmux.wait(for: "2 of 44")
    // Each of these letters is a command.
    try tmux.send("\u{1B}]11;rgb:" + String(repeating: "jlqx/G", count: 30_000) + "\u{1B}\\")
    try tmux.send("\u{1B}P1+r" + String(repeating: "jq", count: 30_000) + "\u{1B}\\")
    try tmux.type("j")
    try tmux.wait(for: "3 of 44")
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
    let labels = try program.run("label", Self.sample, "--list", "--json")
    #expect(labels.status == 0 && !labels.output.contains("\"own\""))
  }

  @Test func `a terminal that claims to be huge costs what one costs that is there`() throws {
    let log = program.path("huge")
    // `script` would do; Python is there for the tests of real models, and its terminals have a size.
    let source = """
      import fcntl, os, pty, re, select, signal, struct, sys, termios, time
      child, terminal = pty.fork()
      if child == 0:
        time.sleep(0.3)
        os.execv(sys.argv[1], sys.argv[1:3])
      fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 5000, 5000, 0, 0))
      def read(seconds):
        if not select.select([terminal], [], [], seconds)[0]: return None
        try: return os.read(terminal, 1 << 16)
        except OSError: return b""
      seen, end = b"", time.time() + 40
      while b"of 44" not in seen and time.time() < end: seen = (seen + (read(1) or b""))[-(1 << 20):]
      while read(1): pass
      begin = time.time()
      os.write(terminal, b"j")
      read(20)
      print(time.time() - begin, re.search(r"VmHWM:\\s+(\\d+)", open(f"/proc/{child}/status").read())[1])
      os.write(terminal, b"q")
      end = time.time() + 20
      while time.time() < end and read(1) != b"": pass
      if time.time() >= end: os.kill(child, signal.SIGKILL)
      print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      """
    try Data(source.utf8).write(to: URL(filePath: log))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", log, Program.binary.path(percentEncoded: false), Self.sample]
    process.environment = program.environment.merging(["TERM": "xterm-256color"]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let said = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let numbers = said.split { $0.isWhitespace }.compactMap { Double($0) }
    try #require(numbers.count == 3, "\(said)")
    #expect(numbers[0] < 5, "seconds for a key")
    #expect(numbers[1] < 700_000, "kB of memory")
    #expect(numbers[2] == 0)
  }

  @Test(arguments: ["USR1", "ALRM", "XCPU", "IO", "STKFLT", "RTMIN", "TERM", "BUS"])
  func `a signal that ends it leaves the shell's terminal as it was`(signal: String) throws {
    let tmux = try open()
    let child = try #require(try tmux.program())
    _ = try Process.run(URL(filePath: "/bin/bash"), arguments: ["-c", "kill -\(signal) \(child)"])
    let screen = try tmux.wait(for: "left with")
    #expect(!screen.contains("left with 0"))
    #expect(try tmux.modes() == "0 1")
    try tmux.shell("stty -a | tr ';' '\\n' | grep -c -w -e icanon -e echo")
    try tmux.wait("both modes of a line") { $0.contains("\n2\n") || $0.contains("\n1\n") }
  }

  // MARK: - Interrupts

  /// An archive of 201 MB of ones, which take seconds to be unpacked and calibrated on. Its length is a little over a multiple
  /// of 64 MiB, at which a stream may have been read before all of it was given.
  private func archive() throws -> String {
    let path = program.path("big.npz")
    let source = """
      import struct, sys, zipfile
      with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        with file.open("activations.npy", "w", force_zip64=True) as member:
          header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (196608, 256), }"
          header += b" " * (117 - len(header)) + b"\\n"
          member.write(b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(header)) + header)
          for _ in range(192): member.write(struct.pack("<f", 1) * (1 << 18))
      """
    let script = program.path("archive.py")
    try Data(source.utf8).write(to: URL(filePath: script))
    let process = try Process.run(
      URL(filePath: "/usr/bin/env"), arguments: ["python3", script, path])
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return path
  }

  private func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = Program.binary
    process.arguments = arguments
    process.environment = program.environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test func `unpacking and calibrating end at an interrupt, and at a second one at once`() throws {
    let archive = try archive()
    let clock = ContinuousClock()
    let build = ["build", archive, "--percentile", "30", "-o", program.path("o.epdict")]
    let process = try start(build)
    usleep(500_000)
    try #require(process.isRunning, "it must take longer than that")
    let begin = clock.now
    process.interrupt()
    process.waitUntilExit()
    #expect(clock.now - begin < .seconds(3))
    #expect(process.terminationStatus == 130 && process.terminationReason == .exit)
    // Two at once: the second is not kept waiting by what the first asks to end.
    let other = try start(build)
    usleep(500_000)
    for signal in [SIGSTOP, SIGINT, SIGTERM, SIGCONT] { kill(other.processIdentifier, signal) }
    let twice = clock.now
    other.waitUntilExit()
    #expect(clock.now - twice < .seconds(2))
    // By the signal itself, unless the first had ended it by then.
    #expect(other.terminationReason == .uncaughtSignal || other.terminationStatus == 130)
    #expect(!FileManager.default.fileExists(atPath: program.path("o.epdict")))
  }

  @Test func `a file that is cut short while it is read is named`() throws {
    let store = program.path("cut.gguf")
    // Large enough for its hash to be still under way, and empty on the disk.
    try Data().write(to: URL(filePath: store))
    truncate(store, 8 << 30)
    let errors = program.folder.file("errors")
    try Data().write(to: errors)
    let process = Process()
    process.executableURL = Program.binary
    process.arguments = ["import", store, "-o", program.path("o.epdict")]
    process.environment = program.environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    usleep(400_000)
    truncate(store, 100)
    process.waitUntilExit()
    let said = try String(contentsOf: errors, encoding: .utf8)
    #expect(process.terminationStatus == 1 && process.terminationReason == .exit)
    #expect(said.contains("cut.gguf") && said.split(separator: "\n").count == 1, "\(said)")
  }
}
