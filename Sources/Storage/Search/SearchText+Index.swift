extension SearchText {
  /// The text that the index is given: words with a space between them, which its own tokenizer takes
  /// apart at the spaces again.
  static func indexed(_ words: [Word]) -> String {
    words.map(\.folded).joined(separator: " ")
  }

  /// The same of a text, whose words are made one by one only where it is not of ASCII alone.
  static func indexed(_ text: String) -> String {
    var text = text
    return text.withUTF8(indexedASCII) ?? indexed(words(of: text))
  }

  /// `nil` where there is anything but ASCII.
  private static func indexedASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
    return String(unsafeUninitializedCapacity: bytes.count) { result in
      var count = 0
      var isBetweenWords = false
      for byte in bytes {
        let letter: UInt8
        switch byte {
        case 0x61...0x7A, 0x30...0x39: letter = byte
        case 0x41...0x5A: letter = byte | 0x20
        default:
          isBetweenWords = count > 0
          continue
        }
        if isBetweenWords {
          result[count] = 0x20
          count += 1
          isBetweenWords = false
        }
        result[count] = letter
        count += 1
      }
      return count
    }
  }
}
