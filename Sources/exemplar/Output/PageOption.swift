import ArgumentParser
import Experiments
import Foundation
import Storage
import TensorFiles

/// `--export`: a result as a page to pass on.
struct PageOption: ParsableArguments {
  @Option(
    name: .customLong("export"),
    help: "Also write the result to this .html: one file that needs no network and no script.")
  var page: String?

  @Flag(help: "Replace the exported page if it exists.")
  var overwriteExports = false

  func validate() throws {
    if let page, URL(filePath: page).pathExtension.lowercased() != "html" {
      throw ValidationError("expected --export to a .html, got \(oneLine(page))")
    }
    guard page != nil || !overwriteExports else {
      throw ValidationError("--overwrite-exports is of --export")
    }
  }

  /// Fails before any work is done where the file could not be put in place after it.
  func check() throws {
    guard let page, !overwriteExports, FileManager.default.fileExists(atPath: page) else { return }
    throw StorageError(
      .exists, "exists already; --overwrite-exports replaces it",
      file: URL(filePath: page).lastPathComponent)
  }

  func write(_ content: () throws -> HTMLPage) throws {
    guard let page else { return }
    try TextFile.write(try content().text, to: URL(filePath: page))
  }
}
