import Foundation
import TestSupport

/// A real terminal: a tmux server of its own, with a shell in it.
final class Tmux {
  private let socket = "exemplar-\(UInt32.random(in: 0 ..< .max))"
  private let environment: [String: String]
  /// Held, so that it is there until the server has been told to end.
  private let folder: TemporaryFolder

  /// - Throws: `Failure` where tmux is not installed.
  init(columns: Int, rows: Int, environment: [String: String], folder: TemporaryFolder) throws {
    self.environment = environment
    self.folder = folder
    let configuration = folder.file("tmux.conf")
    try Data("set -g default-terminal tmux-256color\nset -sg escape-time 0\n".utf8)
      .write(to: configuration)
    try tmux(
      "-f", configuration.path(percentEncoded: false), "new-session", "-d", "-x", "\(columns)",
      "-y", "\(rows)", "env PS1='ready> ' sh")
    try wait(for: "ready>")
  }

  deinit { end() }

  /// Ends the server and what runs in it.
  func end() { _ = try? tmux("kill-server") }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs one tmux command and returns what it printed.
  ///
  /// By `posix_spawn`, because the server that the first command leaves behind keeps every descriptor it is given, and
  /// Foundation takes a process for alive while one of its own is open.
  @discardableResult
  private func tmux(_ arguments: String...) throws -> String {
    let output = folder.file("tmux.out")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, output.path(percentEncoded: false), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // Test threads block signals, and a server that inherits that cannot be told to end.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = ["tmux", "-L", socket] + arguments
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in argv + envp { free(string) } }
    var child = pid_t()
    guard posix_spawnp(&child, "tmux", &actions, &attributes, &argv, &envp) == 0 else {
      throw Failure(description: "tmux cannot be started: is it installed?")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      throw Failure(description: "tmux \(arguments.joined(separator: " ")): status \(status)")
    }
    return try String(contentsOf: output, encoding: .utf8)
  }

  /// The text on the screen now.
  func screen() throws -> String { try tmux("capture-pane", "-p") }

  /// Types text as it is.
  func type(_ text: String) throws { try tmux("send-keys", "-l", text) }

  /// Sends bytes as a terminal does that marks no pastes, or as its own answers.
  func send(_ text: String) throws {
    let file = folder.file("buffer")
    try Data(text.utf8).write(to: file)
    try tmux("load-buffer", file.path(percentEncoded: false))
    try tmux("paste-buffer", "-r")
  }

  /// The process in the foreground of the shell.
  func program() throws -> pid_t? {
    let shell = try tmux("display-message", "-p", "#{pane_pid}")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let children = try String(
      contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
    return children.split(separator: " ").last.flatMap { pid_t($0) }
  }

  /// The terminal's device, which a program writes to.
  func device() throws -> String {
    try tmux("display-message", "-p", "#{pane_tty}").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Presses keys by tmux's names: `Enter`, `Escape`, `C-c`.
  func press(_ keys: String...) throws {
    for key in keys { try tmux("send-keys", key) }
  }

  func resize(columns: Int, rows: Int) throws {
    try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// `alternate screen, cursor shown`: `0 1` for a shell.
  func modes() throws -> String {
    try tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Runs a command line in the shell.
  func shell(_ line: String) throws {
    try type(line)
    try press("Enter")
  }

  /// Waits until the screen shows `text`; returns the screen.
  @discardableResult
  func wait(for text: String, seconds: Double = 20) throws -> String {
    try wait("'\(text)'", seconds: seconds) { $0.contains(text) }
  }

  /// Waits until a screen that shows anything is as wanted. An empty one is about to be painted: of what is waited to
  /// be gone it says nothing.
  @discardableResult
  func wait(_ what: String, seconds: Double = 20, until isThere: (String) -> Bool) throws -> String
  {
    let end = Date().addingTimeInterval(seconds)
    var last = ""
    while Date() < end {
      last = try screen()
      if last.contains(where: { !$0.isWhitespace }), isThere(last) { return last }
      Thread.sleep(forTimeInterval: 0.03)
    }
    throw Failure(description: "expected \(what) on the screen, found:\n\(last)")
  }
}
