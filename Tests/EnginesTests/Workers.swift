import Foundation
import LanguageModel
import TestSupport

@testable import Engines

/// Commands that tests start as workers.
enum Workers {
  static let tests = Fixtures.root.deletingLastPathComponent()
  /// Beside the test bundle, where the build puts it.
  static let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "exemplar").path(percentEncoded: false)

  /// `nil` where there is none, and tests that need it are passed over by name.
  static let python: String? = {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map { "\($0)/python3" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  static func hostile(_ mode: String, at ask: String? = nil) -> String {
    let script = tests.appending(path: "engine/hostile_worker.py").path(percentEncoded: false)
    return "exec '\(python ?? "python3")' '\(script)' \(mode)" + (ask.map { " --at \($0)" } ?? "")
  }

  static func served() -> String { "exec '\(binary)' engine serve --threads 2" }

  static func start(
    _ command: String, _ model: String = "bytes", silence: Double = 20
  ) throws -> WorkerEngine {
    try WorkerEngine(
      command: command, name: "test", model: WorkerModel(model), client: "tests",
      silence: silence, threads: 1)
  }

  /// A tiny model of the fixtures with a tokenizer beside it.
  static func model(_ name: String, in folder: TemporaryFolder) throws -> URL {
    let url = folder.file(name)
    try TinyModel.write(to: url, model: name)
    return url
  }

  /// Whether any process of a worker's group is left.
  static func isLive(_ group: pid_t) -> Bool { ChildProcess.isLive(group: group) }

  static func isOneLine(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      ![.control, .lineSeparator, .paragraphSeparator, .format].contains(
        scalar.properties.generalCategory)
    }
  }
}
