import Foundation
import TestSupport

/// The real binary, run with folders of its own for labels and caches.
struct Program {
  /// Beside the test bundle, where the build puts it, or the one that `EXEMPLAR_PROGRAM` names.
  static let binary =
    ProcessInfo.processInfo.environment["EXEMPLAR_PROGRAM"].map { URL(filePath: $0) }
    ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
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

  /// Twenty-four prompts to train on, half of each set, as `prompts.jsonl`.
  func writeBakingPrompts() throws {
    let prompts = (0..<24).map { index in
      let set = index % 2 == 0 ? "harmful" : "benign"
      return
        #"{"id":"p\#(index)","set":"\#(set)","split":"train","prompt":"how to bake thing \#(index)"}"#
        + "\n"
    }
    try Data(prompts.joined().utf8).write(to: folder.file("prompts.jsonl"))
  }

  /// - Parameters:
  ///   - adding: variables of the environment, over its own.
  ///   - fileBlocks: the most blocks of 1,024 bytes that a file may have. A limit on the size of files is the nearest to a full
  ///     disk that needs no rights.
  func run(
    _ arguments: [String], adding: [String: String] = [:], fileBlocks: Int? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = fileBlocks == nil ? Self.binary : URL(filePath: "/bin/bash")
    process.arguments =
      (fileBlocks.map {
        ["-c", "ulimit -f \($0); exec \"$0\" \"$@\"", Self.binary.path]
      } ?? []) + arguments
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
