import Foundation
import TestSupport

/// The real binary, run with folders of its own for labels and caches.
struct Program {
  /// Beside the test bundle, where the build puts it.
  static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "exemplar")
  static let samples = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "sample-dicts")

  struct Result {
    var status: Int32
    var output: String
    var error: String

    /// Standard output as one JSON object.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
    }

    /// Standard output as JSON Lines.
    var lines: [[String: Any]] {
      output.split(separator: "\n").compactMap {
        (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
      }
    }

    var errorLines: [Substring] { error.split(separator: "\n") }
  }

  let folder: TemporaryFolder
  var environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    environment = ProcessInfo.processInfo.environment
    environment["XDG_DATA_HOME"] = folder.file("data").path(percentEncoded: false)
    environment["XDG_CACHE_HOME"] = folder.file("cache").path(percentEncoded: false)
    environment["XDG_STATE_HOME"] = folder.file("state").path(percentEncoded: false)
    environment["XDG_CONFIG_HOME"] = folder.file("config").path(percentEncoded: false)
  }

  func path(_ name: String) -> String { folder.file(name).path(percentEncoded: false) }

  func run(_ arguments: String...) throws -> Result { try run(arguments) }

  /// - Parameter adding: variables of the environment, over its own.
  func run(_ arguments: [String], adding: [String: String] = [:]) throws -> Result {
    let process = Process()
    process.executableURL = Self.binary
    process.arguments = arguments
    process.environment = environment.merging(adding) { $1 }
    // Files, because a pipe that nobody empties stops the process when it is full.
    let (outputFile, errorFile) = (folder.file("stdout"), folder.file("stderr"))
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus,
      output: try String(contentsOf: outputFile, encoding: .utf8),
      error: try String(contentsOf: errorFile, encoding: .utf8))
  }
}

/// A path below `Tests/Fixtures`.
func fixture(_ path: String) -> String { Fixtures.url(path).path(percentEncoded: false) }
