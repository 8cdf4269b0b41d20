import Foundation
import GRDB

extension DictionaryFile {
  /// Members that were sampled, of all regions.
  package var sampledCount: Int { tensors.tensors["reservoir_region"]?.shape.first ?? 0 }

  /// The members drawn at random from one region, `[count, D]` unit rows; empty where none were kept.
  ///
  /// - Throws: `damaged` for a component that is not finite.
  /// - Complexity: O(log R + count · D): rows are grouped by region in ascending order.
  package func sampledMembers(of region: Int) throws -> [Float] {
    let count = try tensors.info("reservoir_region").shape.first ?? 0
    func first(_ isAfter: (Int64) -> Bool) throws -> Int {
      var (low, high) = (0, count)
      while low < high {
        let middle = (low + high) / 2
        let owner = try tensors.withBytes("reservoir_region", rows: middle..<middle + 1) {
          $0.count == 8 ? Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) : -1
        }
        if isAfter(owner) { high = middle } else { low = middle + 1 }
      }
      return low
    }
    let start = try first { $0 >= region }
    let end = try first { $0 > region }
    guard start < end else { return [] }
    let values = try tensors.floats("reservoir", rows: start..<end)
    guard values.allSatisfy(\.isFinite) else {
      throw StorageError(
        .damaged, "reservoir: a sampled member of region \(region) is not finite",
        file: "\(name)/\(DictionarySchema.tensors)")
    }
    return values
  }

  /// One stored document with its tokens, cut to about `limit` bytes around a token.
  ///
  /// - Returns: `nil` where there is no such document.
  package func document(_ index: Int, around position: Int, limit: Int) throws -> StoredDocument? {
    let row = try read { db in
      try Row.fetchOne(
        db, sql: "SELECT text, tokenEnds FROM document WHERE id = ?", arguments: [index])
    }
    guard let row else { return nil }
    let text = try row.decode(StoredText.self, atIndex: 0).text
    let count = text.utf8.count
    var tokens: [Range<Int>] = []
    if let data = try row.decode(Data?.self, atIndex: 1) {
      guard let ends = data.withUnsafeBytes({ IntegerList.decode($0) }) else {
        throw damaged("the tokens of document \(index) are cut short")
      }
      var start = 0
      for end in ends {
        guard end >= start, end <= count else {
          throw damaged("document \(index): expected token ends that ascend to \(count)")
        }
        tokens.append(start..<end)
        start = end
      }
    }
    var document = StoredDocument(
      text: text, tokens: tokens, firstToken: 0, textOffset: 0, byteCount: count)
    guard count > limit else { return document }
    let centre = tokens.indices.contains(position) ? tokens[position] : 0..<0
    let window = TextWindow(of: text, around: centre, limit: limit)
    let shown = window.offset..<window.offset + window.text.utf8.count
    document.text = window.text
    document.textOffset = window.offset
    document.firstToken = tokens.firstIndex { $0.lowerBound >= shown.lowerBound } ?? 0
    document.tokens = tokens.filter {
      $0.lowerBound >= shown.lowerBound && $0.upperBound <= shown.upperBound
    }.map { $0.lowerBound - shown.lowerBound..<$0.upperBound - shown.lowerBound }
    return document
  }
}

/// A document, or the part of a long one that was asked for.
package struct StoredDocument: Sendable, Equatable {
  /// As it was captured, control characters and all.
  package var text: String
  /// UTF-8 offsets in `text`; empty where tokens were not recorded.
  package var tokens: [Range<Int>]
  /// The position in the document of the first of `tokens`.
  package var firstToken: Int
  /// The UTF-8 offset of `text` in the document.
  package var textOffset: Int
  /// The whole document's size in bytes of UTF-8.
  package var byteCount: Int

  package init(
    text: String, tokens: [Range<Int>], firstToken: Int, textOffset: Int, byteCount: Int
  ) {
    self.text = text
    self.tokens = tokens
    self.firstToken = firstToken
    self.textOffset = textOffset
    self.byteCount = byteCount
  }
}
