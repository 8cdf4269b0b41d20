import ArgumentParser
import Foundation
import Storage
import TensorFiles

/// `-o` and `--overwrite`.
struct OutputPath: ParsableArguments {
  @Option(name: [.customShort("o"), .customLong("output")], help: "Where to write the result.")
  var output: String

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  var url: URL { URL(filePath: output) }

  /// Fails where the name says another kind of file than what is written.
  func check(suffix: String...) throws {
    try Self.check(output, suffix)
    try check()
  }

  static func check(_ path: String, _ suffixes: [String]) throws {
    let url = URL(filePath: path)
    guard !url.pathExtension.isEmpty, !suffixes.contains(url.pathExtension.lowercased()) else {
      return
    }
    throw StorageError(
      .invalid,
      "expected a name that ends in \(TextTable.choice(suffixes.map { "." + $0 })), which is what "
        + "is written", file: url.lastPathComponent)
  }

  /// Fails before any work is done where the output could not be put in place after it.
  func check() throws {
    guard !overwrite, FileManager.default.fileExists(atPath: output) else {
      let folder = url.deletingLastPathComponent().path(percentEncoded: false)
      guard access(folder, W_OK) == 0 else {
        throw StorageError(
          errno == ENOENT ? .missing : .readOnly,
          "the folder for it is missing or cannot be written to",
          file: url.lastPathComponent)
      }
      return
    }
    throw StorageError(
      .exists, "exists already; --overwrite replaces it", file: url.lastPathComponent)
  }
}

/// `--json` and `--quiet`.
struct OutputStyle: ParsableArguments {
  @Flag(help: "Print JSON for other programs.")
  var json = false

  @Flag(help: "No progress and no logs.")
  var quiet = false
}

/// `--threads`.
struct ThreadCount: ParsableArguments {
  @Option(help: "Threads to compute on; never changes a result.")
  var threads: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("expected 1 to 1024 threads, got \(threads)")
    }
  }
}
