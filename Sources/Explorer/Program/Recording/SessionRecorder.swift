import Foundation

/// Writes a session down while it goes on, a line an action.
package final class SessionRecorder {
  /// Older recordings than these are removed.
  private static let mostRecordings = 50

  package let url: URL
  private let file: FileHandle

  /// Begins a recording in a folder, which is made.
  package init(folder: URL, header: SessionLog.Header, date: Date = Date()) throws {
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try Self.removeOld(in: folder)
    let time = date.formatted(
      Date.ISO8601FormatStyle(dateSeparator: .dash, dateTimeSeparator: .standard)
        .year().month().day().time(includingFractionalSeconds: false))
    let number = ProcessInfo.processInfo.processIdentifier
    let name = "\(time.replacing(":", with: ""))-\(number).jsonl"
    url = folder.appending(path: name)
    let path = url.path(percentEncoded: false)
    // What a person types is theirs alone.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    if let line = SessionLog.line(header) { write(line) }
  }

  package func record(_ action: Action, at time: Duration, command: Command?) {
    if let line = SessionLog.line(action, at: time, command: command) { write(line) }
  }

  /// A recording that cannot be written must not stop what is recorded.
  private func write(_ line: String) {
    try? file.write(contentsOf: Data("\(line)\n".utf8))
  }

  private static func removeOld(in folder: URL) throws {
    let path = folder.path(percentEncoded: false)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".jsonl") }.sorted()
    for name in names.dropLast(mostRecordings - 1) {
      try? FileManager.default.removeItem(at: folder.appending(path: name))
    }
  }
}
