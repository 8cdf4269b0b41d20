import Foundation

/// The rewriting rules that SentencePiece compiles into a model: a double-array trie of texts, and
/// what each becomes.
struct Charsmap: Equatable, Sendable {
  private let units: [UInt32]
  private let contents: [UInt8]
  /// Of what a character becomes: no text grows without measure. The longest of Unicode's forms has 33 bytes.
  private static let longestContent = 256

  /// - Parameter blob: the length of the trie in bytes, the trie, and the new texts, each with a
  ///   zero after it.
  init(_ blob: [UInt8], at location: String) throws {
    func number(_ offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(blob[offset + $1]) << UInt32(8 * $1) }
    }
    guard blob.count >= 4, case let size = Int(number(0)), size % 4 == 0, size > 0,
      size <= blob.count - 4
    else {
      throw TokenizerError(.malformed, "a charsmap that does not hold its trie", at: location)
    }
    units = stride(from: 4, to: 4 + size, by: 4).map(number)
    contents = Array(blob[(4 + size)...])
    let longest = contents.split(separator: 0).map(\.count).max() ?? 0
    guard longest <= Self.longestContent else {
      throw TokenizerError(
        .unsupported,
        "a charsmap that makes \(longest) bytes of a character, at most \(Self.longestContent)",
        at: location)
    }
  }

  init(base64: String, at location: String) throws {
    guard let data = Data(base64Encoded: base64) else {
      throw TokenizerError(.malformed, "expected base64", at: location)
    }
    try self.init([UInt8](data), at: location)
  }

  private static func offset(_ unit: UInt32) -> UInt32 {
    (unit >> 10) << ((unit & (1 << 9)) >> 6)
  }

  /// What the shortest text of the trie that `text` starts with becomes.
  private func content(of text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var node = Self.offset(units[0])
    for byte in text {
      if byte == 0 { return nil }
      node ^= UInt32(byte)
      guard Int(node) < units.count else { return nil }
      let unit = units[Int(node)]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard Int(node) < units.count else { return nil }
        let start = Int(units[Int(node)] & 0x7FFF_FFFF)
        guard start < contents.count else { return nil }
        return contents[start...].prefix { $0 != 0 }
      }
    }
    return nil
  }

  func apply(to text: inout RewrittenText) {
    text.rebuild { source, result in
      var index = 0
      for character in String(decoding: source.bytes, as: UTF8.self) {
        let count = character.utf8.count
        let range = index..<(index + count)
        index += count
        if count < 6, let content = content(of: source.bytes[range]) {
          result.put(content, for: range, of: source)
          continue
        }
        var start = range.lowerBound
        for scalar in character.unicodeScalars {
          let part = start..<(start + scalar.utf8.count)
          start = part.upperBound
          if let content = content(of: source.bytes[part]) {
            result.put(content, for: part, of: source)
          } else {
            result.keep(part, of: source)
          }
        }
      }
    }
  }
}
