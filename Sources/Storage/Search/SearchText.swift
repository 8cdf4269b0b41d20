import Foundation

/// A word as the full-text index sees it: folded, and where it stood.
struct Word: Equatable {
  var folded: String
  /// UTF-8 offsets in the text.
  var range: Range<Int>
}

/// What the search takes for words.
///
/// Letters, digits and what joins them make a word. Scripts that are written without spaces between
/// words (Han, kana, Hangul, Thai, Lao, Khmer, Myanmar and their kin) have no words to be found by, so
/// each of their characters is one by itself, and a query of several is a phrase: it finds what a plain
/// look through the text would. For the same reason a space or sign next to such a character counts:
/// it is a word of its own, the `gap`, so that 猫喜 is not found in 猫。喜.
///
/// Words are folded: compatibility forms (full and half width, ligatures, ①) to what they stand for,
/// capitals to small letters, accented Latin letters to plain ones, composed and decomposed spellings
/// and the points of Hebrew and Arabic to one. What cannot be seen (joiners, soft hyphens, variation
/// selectors) is passed over.
enum SearchText {
  /// Stands between two words of which one is a single character, where something stood there. No text
  /// has it for a word: it is a sign.
  static let gap = "·"

  /// The words of `text` in order, gaps among them.
  ///
  /// - Complexity: O(length of `text`).
  static func words(of text: String) -> [Word] {
    var text = text
    return text.withUTF8 { bytes in
      var splitter = Splitter(bytes)
      splitter.split()
      return splitter.words
    }
  }

  /// Whether a query can ask for the scalar.
  static func isSearchable(_ scalar: Unicode.Scalar) -> Bool {
    switch kind(of: scalar) {
    case .letter, .character: true
    case .mark, .ignorable, .other: false
    }
  }

  // MARK: - Kinds

  enum Kind {
    /// Part of a word.
    case letter
    /// A word by itself.
    case character
    /// Part of the word before it.
    case mark
    case ignorable
    /// Between words.
    case other
  }

  static func kind(of scalar: Unicode.Scalar) -> Kind {
    let value = scalar.value
    if value < 0x80 { return scalar.properties.isAlphabetic || isDigit(value) ? .letter : .other }
    // By far the most of what is no Latin, without the property table.
    switch value {
    case 0x4E00...0x9FFF, 0x3041...0x3096, 0x30A1...0x30FA, 0xAC00...0xD7A3, 0x0E01...0x0E3A,
      0x0E40...0x0E4E:
      return .character
    default: break
    }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return .ignorable }
    let isOfSuchScript = isWrittenWithoutSpaces(value)
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber:
      return isOfSuchScript ? .character : .letter
    case .privateUse: return .letter
    case .nonspacingMark, .spacingMark:
      // The voice marks of kana belong to their kana.
      return isOfSuchScript && value != 0x3099 && value != 0x309A ? .character : .mark
    case .otherSymbol:
      // ㈱, ㎏, 🈁: characters in a frame or a square.
      return (0x3200...0x33FF).contains(value) || (0x1F200...0x1F2FF).contains(value)
        ? .character : .other
    default: return .other
    }
  }

  private static func isDigit(_ value: UInt32) -> Bool { (0x30...0x39).contains(value) }

  private static func isWrittenWithoutSpaces(_ value: UInt32) -> Bool {
    guard value >= 0x0E00 else { return false }
    switch value {
    case 0x0E00...0x0EFF,  // Thai, Lao
      0x1000...0x109F, 0xA9E0...0xA9FF, 0xAA60...0xAA7F,  // Myanmar
      0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF,  // conjoining Hangul
      0x1780...0x17FF,  // Khmer
      0x1950...0x19DF, 0x1A20...0x1AAF, 0xAA80...0xAADF,  // the Tai scripts
      0x1B00...0x1B7F, 0xA980...0xA9DF, 0x11700...0x1174F,  // Balinese, Javanese, Ahom
      0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x303C,
      0x3041...0xA4CF,  // kana, Bopomofo, compatibility Hangul, Han, Yi
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF66...0xFFDC, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
      0x1F200...0x1F2FF, 0x20000...0x3FFFF:
      return true
    default: return false
    }
  }

  // MARK: - Folding

  /// Folded letters of Latin, by scalar from U+0000 and from U+1E00; `nil` where a letter depends on
  /// what follows or stands for several.
  private static let latin = (0..<0x250).map(foldedLatin)
  private static let latinAdditional = (0x1E00..<0x1F00).map(foldedLatin)

  private static func foldedLatin(_ value: UInt32) -> Unicode.Scalar? {
    guard let scalar = Unicode.Scalar(value), !scalar.properties.isDefaultIgnorableCodePoint else {
      return nil
    }
    let small = String(Character(scalar)).lowercased()
    let parts = small.decomposedStringWithCompatibilityMapping.unicodeScalars
      .filter { $0.properties.generalCategory != .nonspacingMark }
    return parts.count == 1 ? parts.first : nil
  }

  /// The folded letter, where it is a matter of the letter alone.
  static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case ..<0x250: latin[Int(scalar.value)]
    case 0x1E00..<0x1F00: latinAdditional[Int(scalar.value - 0x1E00)]
    default: nil
    }
  }

  /// Marks that tell no word from another to those who search: accents, points, strokes. The vowel signs
  /// of Indic and Tibetan scripts, and what is stacked or silenced there, are of other classes.
  private static func isPassedOver(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.canonicalCombiningClass.rawValue {
    case 1, 10...36, 200...240: scalar.properties.generalCategory == .nonspacingMark
    default: false
    }
  }

  /// A word of letters that is composed already.
  static func foldedWord(composed text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.properties.isDefaultIgnorableCodePoint || isPassedOver(scalar) { continue }
      if let letter = folded(scalar) {
        result.append(letter)
      } else if scalar == "ς" {
        result.append("σ")
      } else {
        // One by one: adding several copies all there is.
        for letter in scalar.properties.lowercaseMapping.unicodeScalars where !isPassedOver(letter)
        {
          result.append(letter)
        }
      }
    }
    return String(result)
  }
}

/// Cuts UTF-8 into words.
private struct Splitter {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var words: [Word] = []
  /// Where the word being read began.
  private var start: Int?
  private var isASCII = true
  /// Up to where the last word reaches, with what is passed over behind it.
  private var end = 0
  private var lastIsCharacter = false

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func split() {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        let isLetter =
          (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x30...0x39).contains(byte)
        if isLetter {
          if start == nil { start = index }
        } else {
          finishWord(at: index)
        }
        index += 1
        continue
      }
      let (scalar, length) = scalar(at: index)
      switch SearchText.kind(of: scalar) {
      case .letter:
        if start == nil { start = index }
        isASCII = false
      case .mark:
        if start != nil { isASCII = false }
      case .ignorable:
        if start != nil {
          // A zero-width space ends a word where words are written apart.
          if scalar == "\u{200B}" { finishWord(at: index) } else { isASCII = false }
        } else if index == end, scalar != "\u{200B}" || lastIsCharacter {
          end = index + length
        }
      case .character:
        finishWord(at: index)
        index = addCharacter(scalar, at: index, length: length)
        continue
      case .other:
        finishWord(at: index)
      }
      index += length
    }
    finishWord(at: bytes.count)
  }

  /// The text is a `String`'s, so its UTF-8 is valid.
  private func scalar(at index: Int) -> (Unicode.Scalar, length: Int) {
    let lead = UInt32(bytes[index])
    let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard index + length <= bytes.count else { return ("\u{FFFD}", bytes.count - index) }
    var value = lead & (0x7F >> UInt32(length))
    for offset in 1..<length { value = value << 6 | UInt32(bytes[index + offset] & 0x3F) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  private mutating func finishWord(at index: Int) {
    guard let start else { return }
    self.start = nil
    defer { isASCII = true }
    let range = start..<index
    if isASCII {
      let lower = range.map { (0x41...0x5A).contains(bytes[$0]) ? bytes[$0] | 0x20 : bytes[$0] }
      add(String(decoding: lower, as: UTF8.self), range, isCharacter: false)
      return
    }
    let text = text(range)
    if let quick = Self.foldedLatin(text) {
      add(quick, range, isCharacter: false)
    } else {
      add(normalised: text, range)
    }
  }

  /// The folded word where each letter folds by itself; most words with an accent are such.
  private static func foldedLatin(_ text: String) -> String? {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard let letter = SearchText.folded(scalar) else { return nil }
      result.append(letter)
    }
    return String(result)
  }

  /// Adds one character of a script without spaces, with what composes with it.
  ///
  /// - Returns: where the next begins.
  private mutating func addCharacter(
    _ first: Unicode.Scalar, at start: Int, length: Int
  ) -> Int {
    var next = start + length
    var last = first
    var isSimple = Self.isComposed(first)
    while next < bytes.count, bytes[next] >= 0x80 {
      let (scalar, length) = scalar(at: next)
      guard Self.continues(scalar, after: last) else { break }
      isSimple = false
      last = scalar
      next += length
    }
    let range = start..<next
    if isSimple {
      add(String(Character(first)), range, isCharacter: true)
    } else {
      add(normalised: text(range), range)
    }
    return next
  }

  private static func isComposed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x3041...0x3096, 0x30A1...0x30FA, 0xAC00...0xD7A3,
      0x0E01...0x0E32, 0x0E34...0x0E4E, 0x20000...0x2F7FF, 0x30000...0x3FFFF:
      true
    default: false
    }
  }

  private static func continues(_ scalar: Unicode.Scalar, after last: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // Voice marks of kana, also of half width.
    case 0x3099, 0x309A, 0xFF9E, 0xFF9F: return true
    case 0xFE00...0xFE0F, 0xE0100...0xE01EF: return true
    // Vowels and finals of Hangul, after whatever of a syllable comes before them.
    case 0x1160...0x11A7, 0xD7B0...0xD7C6:
      return (0x1100...0x11A7).contains(last.value) || (0xA960...0xA97F).contains(last.value)
    case 0x11A8...0x11FF, 0xD7CB...0xD7FF:
      return (0x1160...0x11FF).contains(last.value) || (0xAC00...0xD7FF).contains(last.value)
    default: return SearchText.kind(of: scalar) == .mark
    }
  }

  /// Adds what compatibility composition makes of a piece of the text: mostly one word, but ㈱ is 株
  /// between parentheses and ½ is two numbers.
  private mutating func add(normalised text: String, _ range: Range<Int>) {
    // Twice: the first leaves a kana of half width and its voice mark apart.
    let composed = text.precomposedStringWithCompatibilityMapping
      .precomposedStringWithCanonicalMapping
    var letters = ""
    for scalar in composed.unicodeScalars {
      switch SearchText.kind(of: scalar) {
      case .letter, .mark, .ignorable: letters.unicodeScalars.append(scalar)
      case .character:
        addLetters(&letters, range)
        add(String(Character(scalar)), range, isCharacter: true)
      case .other: addLetters(&letters, range)
      }
    }
    addLetters(&letters, range)
  }

  private mutating func addLetters(_ letters: inout String, _ range: Range<Int>) {
    let folded = SearchText.foldedWord(composed: letters)
    letters = ""
    if !folded.isEmpty { add(folded, range, isCharacter: false) }
  }

  private mutating func add(_ folded: String, _ range: Range<Int>, isCharacter: Bool) {
    if !words.isEmpty, isCharacter || lastIsCharacter, range.lowerBound > end {
      words.append(Word(folded: SearchText.gap, range: end..<range.lowerBound))
    }
    words.append(Word(folded: folded, range: range))
    end = range.upperBound
    lastIsCharacter = isCharacter
  }
}

extension [Word] {
  /// The words, in order of place, that share a byte with `range`, without a gap at either end.
  ///
  /// - Complexity: O(log count + result).
  func touched(by range: Range<Int>) -> ArraySlice<Word> {
    guard !range.isEmpty else { return [] }
    let start = partitioningIndex { $0.range.upperBound > range.lowerBound }
    var found = self[start...].prefix { $0.range.lowerBound < range.upperBound }
    while found.first?.folded == SearchText.gap { found.removeFirst() }
    while found.last?.folded == SearchText.gap { found.removeLast() }
    return found
  }

  /// What the search keeps of the words that a token is part of; `nil` where it is part of none.
  func name(ofToken token: Range<Int>) -> String? {
    let touched = touched(by: token)
    return touched.isEmpty ? nil : touched.map(\.folded).joined(separator: " ")
  }
}
