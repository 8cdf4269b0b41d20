import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What counts as one text in a file of text: contexts do not run from one into the next.
package enum TextUnit: Equatable, Sendable {
  /// The file is one running text.
  case stream
  /// Every line that is not blank.
  case lines
  /// Every row of a table: what its column of this name says.
  case rows(column: String)

  /// As a store records it behind the file's hash; a stream is what stores without it are of.
  var recorded: String {
    switch self {
    case .stream: ""
    case .lines: " by lines"
    case .rows(let column): " by rows of \(TensorFileError.printable(column))"
    }
  }
}

/// A file of text, cut into contexts as they are asked for.
///
/// Running text is tokenized a block at a time, so that memory does not depend on its size. A block ends
/// at the last line end within `blockSize` bytes, or where there is none at a character. Contexts do
/// not run across blocks. Lines are read one at a time, tables as a whole.
struct Corpus: Sendable {
  static let blockSize = 1 << 20

  let name: String
  let file: String
  /// Bytes of all text in it, as far as it is known before it is read.
  let byteCount: Int
  private let content: Content

  private enum Content: Sendable {
    case stream(MappedFile)
    case lines(MappedFile)
    case rows([String])
  }

  /// Tokens of text in a context; what the tokenizer puts before it is counted beside them.
  private let contextLength: Int
  private let tokenizer: Tokenizer
  /// What the tokenizer's settings put before a text.
  private let first: Int?
  private let blockSize: Int

  /// - Throws: `ExperimentError` for a file with no text in it, and for a table without the column or with a row that has
  ///   no text there.
  init(
    _ map: MappedFile, unit: TextUnit = .stream, contextLength: Int, tokenizer: Tokenizer,
    blockSize: Int = Corpus.blockSize
  ) throws {
    (self.contextLength, self.tokenizer) = (contextLength, tokenizer)
    self.blockSize = blockSize
    file = map.url.lastPathComponent
    name = map.url.deletingPathExtension().lastPathComponent
    first = Self.first(of: tokenizer)
    switch unit {
    case .stream, .lines:
      content = unit == .lines ? .lines(map) : .stream(map)
      byteCount = map.byteCount
      let isBlank = map.withBytes(0..<map.byteCount) { bytes in
        bytes.allSatisfy { [9, 10, 13, 32].contains($0) }
      }
      guard !isBlank else {
        throw ExperimentError(.missing, "expected text, found none", file: file)
      }
    case .rows(let column):
      let rows = try Self.rows(map.url, column)
      content = .rows(rows)
      byteCount = rows.reduce(0) { $0 + $1.utf8.count }
    }
  }

  private static func rows(_ url: URL, _ column: String) throws -> [String] {
    let table = try ExperimentError.about {
      try TextTable(url, TextTable.Fields(main: [column], isExact: true))
    }
    let rows = try table.rows.map { row in
      guard row.fields[column] != nil else {
        throw ExperimentError(
          .invalidValue,
          "expected a column \(TensorFileError.printable(column)), found \(row.fieldNames)",
          file: "\(row.place)")
      }
      guard case .text(let text) = row.fields[column] ?? .null else {
        throw ExperimentError(
          .invalidValue,
          "expected text in \(TensorFileError.printable(column)), found \((row.fields[column] ?? .null).kind)",
          file: "\(row.place)")
      }
      return text
    }
    guard rows.contains(where: { !$0.allSatisfy(\.isWhitespace) }) else {
      throw ExperimentError(.missing, "expected text, found none", file: table.file)
    }
    return rows
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
    switch content {
    case .stream(let map):
      var (start, number) = (0, 0)
      while start < map.byteCount {
        let end = blockEnd(in: map, from: start)
        let text = try text(in: map, start..<end)
        let goesOn = try forEachContext(of: text) { tokens, range, bytes in
          defer { number += 1 }
          return try body(plan(tokens, range, in: bytes, id: Self.padded(number)))
        }
        guard goesOn else { return }
        start = end
      }
    case .lines(let map):
      var (start, number) = (0, 0)
      while start < map.byteCount {
        let end = lineEnd(in: map, from: start)
        var text = try text(in: map, start..<end)
        if text.last == "\r" { text.removeLast() }
        guard try forEachContext(ofDocument: text, number, body) else { return }
        (start, number) = (end + 1, number + 1)
      }
    case .rows(let rows):
      for (number, text) in rows.enumerated() {
        guard try forEachContext(ofDocument: text, number, body) else { return }
      }
    }
  }

  /// A line's or a row's contexts: named by its number from 0, and from the second on by theirs from 2 too.
  private func forEachContext(
    ofDocument text: String, _ number: Int, _ body: (PlannedDocument) throws -> Bool
  ) throws -> Bool {
    guard !text.allSatisfy(\.isWhitespace) else { return true }
    var part = 1
    return try forEachContext(of: text) { tokens, range, bytes in
      let id = Self.padded(number) + (part > 1 ? ".\(part)" : "")
      part += 1
      return try body(plan(tokens, range, in: bytes, id: id))
    }
  }

  /// - Returns: false where `body` wants no more.
  private func forEachContext(
    of text: String, _ body: (TokenizedText, Range<Int>, [UInt8]) throws -> Bool
  ) throws -> Bool {
    let tokens = tokenizer.encodeWithOffsets(text, addSpecial: false, parseSpecial: false)
    let bytes = Array(text.utf8)
    var token = 0
    while token < tokens.ids.count {
      let last = cut(tokens, from: token, in: bytes)
      let range = token..<last
      token = last
      // One token alone has nothing before it that could shape its activation.
      guard range.count + (first == nil ? 0 : 1) > 1 else { continue }
      guard try body(tokens, range, bytes) else { return false }
    }
    return true
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  private func text(in map: MappedFile, _ range: Range<Int>) throws -> String {
    guard let text = map.withBytes(range, { String(validating: $0, as: UTF8.self) }) else {
      throw ExperimentError(
        .invalidValue, "expected UTF-8, found other bytes after byte \(range.lowerBound)",
        file: file)
    }
    return text
  }

  /// Where the line's end or the file's is, the mark of the end not among its text.
  private func lineEnd(in map: MappedFile, from start: Int) -> Int {
    var from = start
    while from < map.byteCount {
      let limit = min(map.byteCount, from + blockSize)
      if let newline = map.withBytes(from..<limit, { $0.firstIndex(of: 10) }) {
        return from + newline
      }
      from = limit
    }
    return map.byteCount
  }

  private func blockEnd(in map: MappedFile, from start: Int) -> Int {
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
    _ tokens: TokenizedText, _ range: Range<Int>, in bytes: [UInt8], id: String
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
    return PlannedDocument(
      task: .read,
      document: StoreDocument(
        id: "\(name)-\(id)", kind: .text, set: name, prompt: text, text: whole,
        rowCount: spelled.ids.count,
        tokenCount: spelled.ids.count),
      ids: spelled.ids, ends: spelled.ends, longest: spelled.ids.count,
      template: tokenizer.addedPositions(part))
  }
}

private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
