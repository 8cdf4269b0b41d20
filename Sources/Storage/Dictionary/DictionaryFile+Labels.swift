import Foundation
import GRDB

extension DictionaryFile {
  /// The labels that came with the regions themselves.
  package func importedLabels() throws -> [Int: String] {
    try read { db in
      let rows = try Row.fetchCursor(
        db, sql: "SELECT id, label FROM region WHERE label IS NOT NULL")
      var labels: [Int: String] = [:]
      while let row = try rows.next() {
        labels[try row.decode(Int.self, atIndex: 0)] = try row.decode(StoredText.self, atIndex: 1)
          .text
      }
      return labels
    }
  }

  /// The labels of the `labels.jsonl` in the folder that belong to this dictionary, by region.
  ///
  /// - Throws: `damaged`, naming the line, for one that is not a label.
  package func sharedLabels() throws -> [RegionLabel] {
    let file = url.appending(path: DictionarySchema.sharedLabels)
    guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else {
      return []
    }
    return try LabelLines.read(file).filter {
      $0.identity == identity && $0.region < regionCount
    }
  }

  /// The labels inside the folder: shared ones before imported ones.
  func ownLabels() throws -> [Int: String] {
    var labels = try importedLabels()
    for shared in try sharedLabels().sorted(by: { $0.date < $1.date }) {
      labels[shared.region] = shared.text
    }
    return labels
  }
}
