import ArgumentParser
import Foundation
import Storage
import TensorFiles

/// Text that a command writes beside what it prints.
enum TextFile {
  /// The file appears whole, or not at all.
  static func write(_ text: String, to url: URL) throws {
    let file = try OutputFile(url)
    try file.write(Array(text.utf8))
    try file.commit()
  }
}

/// Where a plot of `--plot` goes: to a new `.svg`.
enum PlotPath {
  static func checkName(_ path: String?) throws {
    guard let path, URL(filePath: path).pathExtension.lowercased() != "svg" else { return }
    throw ValidationError("expected --plot to a .svg, got \(oneLine(path))")
  }

  /// Fails before any work is done where the plot could not be put in place after it.
  static func checkIsFree(_ path: String?) throws {
    guard let path, FileManager.default.fileExists(atPath: path) else { return }
    throw StorageError(.exists, "exists already", file: URL(filePath: path).lastPathComponent)
  }
}
