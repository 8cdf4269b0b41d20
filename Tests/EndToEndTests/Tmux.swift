import Foundation

/// A real terminal: a tmux server of its own, with a shell in it.
final class Tmux {
  private let socket = "exemplar-\(UInt32.random(in: 0 ..< .max))"
  private let environment: [String: String]

  /// - Throws: `Missing` where tmux is not installed.
  init(columns: Int, rows: Int, environment: [String: String], folder: URL) throws {
    self.environment = environment
    let configuration = folder.appending(path: "tmux.conf")
    try Data("set -g default-terminal tmux-256color\nset -sg escape-time 0\n".utf8)
      .write(to: configuration)
    try tmux(
      "-f", configuration.path(percentEncoded: false), "new-session", "-d", "-x", "\(columns)",
      "-y", "\(rows)", "env PS1='ready> ' sh")
    try wait(for: "ready>")
  }

  deinit { _ = try? tmux("kill-server") }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  @discardableResult
  private func tmux(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["tmux", "-L", socket] + arguments
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        description: "tmux \(arguments.joined(separator: " ")): \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// The text on the screen now.
  func screen() throws -> String { try tmux("capture-pane", "-p") }

  /// Types text as it is.
  func type(_ text: String) throws { try tmux("send-keys", "-l", text) }

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

  @discardableResult
  func wait(_ what: String, seconds: Double = 20, until isThere: (String) -> Bool) throws -> String
  {
    let end = Date().addingTimeInterval(seconds)
    var last = ""
    while Date() < end {
      last = try screen()
      if isThere(last) { return last }
      Thread.sleep(forTimeInterval: 0.03)
    }
    throw Failure(description: "expected \(what) on the screen, found:\n\(last)")
  }
}
