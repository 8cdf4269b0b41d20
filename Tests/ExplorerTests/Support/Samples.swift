import Foundation
import TestSupport

@testable import Explorer

/// The dictionaries and stores that the repository has for a first look.
enum Samples {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "sample-dicts")

  static let dictionaries = [
    "smollm2-instruct.all.p10", "smollm2-instruct.last.p10", "smollm2-instruct.last.p40",
    "smollm2-refusal.all.p10", "smollm2-refusal.last.p10", "smollm2-refusal.last.p40",
  ]

  /// An explorer of the samples, or of one of them.
  ///
  /// - Parameter store: the store that is given by name, for one beside the dictionary.
  static func explorer(
    _ name: String? = nil, columns: Int = 80, rows: Int = 24, store: String? = nil,
    isOtherAllowed: Bool = false, isFirstRun: Bool = false
  ) throws -> ScriptedExplorer {
    let place = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: place.file("sample-dicts"), withDestinationURL: folder)
    return try ScriptedExplorer(
      columns: columns, rows: rows, folder: place,
      paths: [name.map { "sample-dicts/\($0).epdict" } ?? "sample-dicts"],
      memory: isFirstRun ? place.file("state") : nil,
      attachments: Attachments(
        store: store.map { folder.appending(path: "\($0).epstore") },
        isOtherAllowed: isOtherAllowed))
  }
}
