import ArgumentParser
import Foundation
import Storage

/// `-o` and `--overwrite`.
struct OutputPath: ParsableArguments {
  @Option(name: [.customShort("o"), .customLong("output")], help: "Where to write the result.")
  var output: String

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  var url: URL { URL(filePath: output) }

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
