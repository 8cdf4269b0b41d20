import Foundation
import LanguageModel
import Storage
import TensorFiles

/// A file of running text, cut into contexts as they are asked for.
///
/// The file is tokenized a block at a time, so that memory does not depend on its size. A block ends
/// at the last line end within `blockSize` bytes, or where there is none at a character. Contexts do
/// not run across blocks.
struct Corpus: Sendable {
  static let blockSize = 1 << 20

  let name: String
  let file: String
  private let map: MappedFile
  /// Tokens of text in a context; what the tokenizer puts before it is counted beside them.
  private let contextLength: Int
  private let tokenizer: Tokenizer
  /// What the tokenizer's settings put before a text.
  private let first: Int?
  private let blockSize: Int

  /// - Throws: `ExperimentError` for a file with no text in it.
  init(
    _ map: MappedFile, contextLength: Int, tokenizer: Tokenizer, blockSize: Int = Corpus.blockSize
  ) throws {
    (self.map, self.contextLength, self.tokenizer) = (map, contextLength, tokenizer)
    self.blockSize = blockSize
    file = map.url.lastPathComponent
    name = map.url.deletingPathExtension().lastPathComponent
    first = Self.first(of: tokenizer)
    let isBlank = map.withBytes(0..<map.byteCount) { bytes in
      bytes.allSatisfy { [9, 10, 13, 32].contains($0) }
    }
    guard !isBlank else {
      throw ExperimentError(.missing, "expected text, found none", file: file)
    }
  }

  /// The token that begins a context beside its text, where the tokenizer's settings want one.
  static func first(of tokenizer: Tokenizer) -> Int? {
    guard let bos = tokenizer.bos, tokenizer.prefix.first == bos else { return nil }
    return bos
  }

  /// Calls `body` with every context from the start until it returns false.
  ///
  /// - Throws: `ExperimentError` with the byte where the file is not UTF-8.
  func forEachContext(_ body: (PlannedDocument) throws -> Bool) throws {
    var (start, number) = (0, 0)
    while start < map.byteCount {
      let end = blockEnd(from: start)
      guard let text = map.withBytes(start..<end, { String(validating: $0, as: UTF8.self) }) else {
        throw ExperimentError(
          .invalidValue, "expected UTF-8, found other bytes after byte \(start)", file: file)
      }
      let tokens = tokenizer.encodeWithOffsets(text, addSpecial: false, parseSpecial: false)
      let bytes = Array(text.utf8)
      var token = 0
      while token < tokens.ids.count {
        let last = cut(tokens, from: token, in: bytes)
        let context = plan(tokens, token..<last, in: bytes, number: number)
        token = last
        guard context.ids.count > 1 else { continue }
        number += 1
        guard try body(context) else { return }
      }
      start = end
    }
  }

  private func blockEnd(from start: Int) -> Int {
    let limit = min(map.byteCount, start + blockSize)
    guard limit < map.byteCount else { return limit }
    return map.withBytes(start..<limit) { bytes in
      if let newline = bytes.lastIndex(of: 10) { return start + newline + 1 }
      var end = bytes.count
      // The byte after the block begins a character if it is no continuation.
      while end > 1, isContinuation(map.withBytes(start + end..<start + end + 1) { $0[0] }) {
        end -= 1
      }
      return start + end
    }
  }

  /// The end of a context that starts at `token`: full, but never inside a character.
  private func cut(_ tokens: TokenizedText, from token: Int, in bytes: [UInt8]) -> Int {
    let full = min(tokens.ids.count, token + contextLength)
    var end = full
    while end > token + 1, tokens.ends[end - 1] < bytes.count,
      isContinuation(bytes[tokens.ends[end - 1]])
    { end -= 1 }
    return end
  }

  private func plan(
    _ tokens: TokenizedText, _ range: Range<Int>, in bytes: [UInt8], number: Int
  ) -> PlannedDocument {
    let start = range.lowerBound == 0 ? 0 : tokens.ends[range.lowerBound - 1]
    let text = String(decoding: bytes[start..<tokens.ends[range.upperBound - 1]], as: UTF8.self)
    var part = TokenizedText()
    if let first {
      part.ids.append(first)
      part.ends.append(0)
    }
    part.ids += tokens.ids[range]
    part.ends += tokens.ends[range].map { min($0 - start, text.utf8.count) }
    let (whole, spelled) = tokenizer.spelledOut(text, part)
    let digits = String(number)
    let id = "\(name)-\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
    return PlannedDocument(
      task: .read,
      document: StoreDocument(
        id: id, kind: .text, set: name, prompt: text, text: whole, rowCount: spelled.ids.count,
        tokenCount: spelled.ids.count),
      ids: spelled.ids, ends: spelled.ends, longest: spelled.ids.count)
  }
}

private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
