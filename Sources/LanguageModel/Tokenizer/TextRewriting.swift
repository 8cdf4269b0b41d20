import Foundation

/// Text on its way to the model: rewritten bytes, and where each came from.
struct RewrittenText {
  var bytes: [UInt8]
  /// For each byte the offset in the source just past the text it stands for.
  var sourceEnds: [Int32]
  /// How many bytes at the start stand for the first character of the whole text.
  var head = 0

  /// A copy of part of a buffer; `sourceEnds` count from the start of that part.
  init(_ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    bytes = Array(buffer[range])
    sourceEnds = []
    sourceEnds.reserveCapacity(range.count)
    for offset in 0..<Int32(range.count) { sourceEnds.append(offset + 1) }
  }

  private init(minimumCapacity: Int) {
    bytes = []
    sourceEnds = []
    bytes.reserveCapacity(minimumCapacity)
    sourceEnds.reserveCapacity(minimumCapacity)
  }

  mutating func apply(_ step: RewritingStep) {
    switch step {
    case .normalized(let form): normalize(form)
    case .replace(let delimiter, let content): replace(delimiter, with: content)
    case .prepend(let content, let condition):
      let isWanted =
        switch condition {
        case .always: true
        case .unlessThere: !bytes.starts(with: content)
        case .unlessThereAtTextStart: head > 0 && !bytes.starts(with: content)
        }
      if isWanted, !bytes.isEmpty { prepend(content) }
    case .strip(let left, let right): strip(left: left, right: right)
    case .mapped(let mapping): map { mapping.content(of: $0) }
    case .charsmap(let charsmap): charsmap.apply(to: &self)
    case .byteLevel: spellBytes()
    }
  }

  private mutating func prepend(_ content: [UInt8]) {
    bytes.insert(contentsOf: content, at: 0)
    sourceEnds.insert(contentsOf: repeatElement(0, count: content.count), at: 0)
    if head > 0 { head += content.count }
  }

  /// Calls `body` with a builder that takes over parts of this text, and becomes what it built.
  mutating func rebuild(_ body: (RewrittenText, inout Builder) -> Void) {
    var builder = Builder(self)
    body(self, &builder)
    self = builder.result
  }

  /// A text that is made from another.
  struct Builder {
    fileprivate var result: RewrittenText
    private let head: Int

    fileprivate init(_ source: RewrittenText) {
      result = RewrittenText(minimumCapacity: source.bytes.count)
      head = source.head
    }

    /// What stands unchanged in the source.
    mutating func keep(_ range: Range<Int>, of source: RewrittenText) {
      result.bytes.append(contentsOf: source.bytes[range])
      result.sourceEnds.append(contentsOf: source.sourceEnds[range])
      if range.lowerBound < head {
        result.head = result.bytes.count - max(0, range.upperBound - head)
      }
    }

    /// New text in the place of a range, counted as standing where that began, or (as a
    /// replacement) where it ended.
    mutating func put(
      _ content: some Collection<UInt8>, for range: Range<Int>, of source: RewrittenText,
      isReplacement: Bool = false
    ) {
      if content.isEmpty { return }
      let end = range.upperBound > 0 ? source.sourceEnds[range.upperBound - 1] : 0
      result.bytes.append(contentsOf: content)
      result.sourceEnds.append(contentsOf: repeatElement(end, count: content.count))
      let place = isReplacement ? range.upperBound - 1 : range.lowerBound
      if place < head { result.head = result.bytes.count }
    }
  }

  private mutating func replace(_ delimiter: SplitRule.Delimiter, with content: [UInt8]) {
    if case .literal(let literal) = delimiter, let first = literal.first, !bytes.contains(first) {
      return
    }
    rebuild { source, result in
      var start = 0
      source.bytes.withUnsafeBufferPointer { buffer in
        if buffer.isEmpty { return }
        SplitRule.forEachMatch(of: delimiter, in: buffer, 0..<buffer.count) { found in
          result.keep(start..<found.lowerBound, of: source)
          result.put(content, for: found, of: source, isReplacement: true)
          start = found.upperBound
        }
      }
      result.keep(start..<source.bytes.count, of: source)
    }
  }

  private func scalar(at index: Int) -> (Unicode.Scalar, Int) {
    let length = min(scalarLength(lead: bytes[index]), bytes.count - index)
    let scalar = bytes.withUnsafeBufferPointer {
      CharacterKind.scalar(at: index, length: length, in: $0)
    }
    return (scalar, length)
  }

  /// Each scalar becomes another text, or stays (`nil`).
  private mutating func map(_ content: (Unicode.Scalar) -> [UInt8]?) {
    rebuild { source, result in
      var index = 0
      while index < source.bytes.count {
        let (scalar, length) = source.scalar(at: index)
        let range = index..<(index + length)
        if let new = content(scalar) {
          result.put(new, for: range, of: source)
        } else {
          result.keep(range, of: source)
        }
        index += length
      }
    }
  }

  private mutating func strip(left: Bool, right: Bool) {
    var lower = 0
    var upper = bytes.count
    if left {
      while lower < upper {
        let (scalar, length) = scalar(at: lower)
        guard scalar.properties.isWhitespace else { break }
        lower += length
      }
    }
    while right, upper > lower {
      var start = upper - 1
      while start > lower, bytes[start] & 0xC0 == 0x80 { start -= 1 }
      guard scalar(at: start).0.properties.isWhitespace else { break }
      upper = start
    }
    guard lower > 0 || upper < bytes.count else { return }
    rebuild { $1.keep(lower..<upper, of: $0) }
  }

  /// Each byte as a character of the byte-level alphabet.
  private mutating func spellBytes() {
    rebuild { source, result in
      var index = 0
      while index < source.bytes.count {
        let length = min(scalarLength(lead: source.bytes[index]), source.bytes.count - index)
        let range = index..<(index + length)
        let spelled = source.bytes[range].flatMap {
          String(ByteLevelAlphabet.scalars[Int($0)]).utf8
        }
        result.put(spelled, for: range, of: source)
        index += length
      }
    }
  }

  // MARK: - Unicode's normal forms

  private mutating func normalize(_ form: RewritingStep.NormalForm) {
    // Nothing below U+0300 changes canonically or combines (but to decompose): its lead is 0xCC.
    let lowest: UInt8 = form == .composed ? 0xCC : 0xC2
    guard bytes.contains(where: { $0 >= lowest }) else { return }
    rebuild { source, result in
      var start = 0
      var index = 0
      while index < source.bytes.count {
        let (scalar, length) = source.scalar(at: index)
        // The library's tables end at version 9: to it a later character has no forms.
        if scalar.value > 0x2FF, !UnicodeAge.isAssigned(scalar, by: 9) {
          form.normalize(source, start..<index, into: &result)
          result.keep(index..<(index + length), of: source)
          start = index + length
        }
        index += length
      }
      form.normalize(source, start..<source.bytes.count, into: &result)
    }
  }
}

/// A change that a tokenizer makes to text before looking for pieces in it.
enum RewritingStep: Equatable, Sendable {
  case normalized(NormalForm)
  case replace(SplitRule.Delimiter, with: [UInt8])
  /// Puts text in front, unless there is none.
  case prepend([UInt8], PrependCondition)
  /// White space at the ends goes.
  case strip(left: Bool, right: Bool)
  /// Character by character.
  case mapped(CharacterMapping)
  /// SentencePiece's compiled rules.
  case charsmap(Charsmap)
  /// Bytes as printable characters.
  case byteLevel

  /// What a spelling becomes when it stands at the start of a text.
  static func apply(_ steps: [RewritingStep], to spelling: [UInt8]) -> [UInt8] {
    var text = spelling.withUnsafeBufferPointer { RewrittenText($0, 0..<$0.count) }
    text.head = min(1, spelling.count)
    for step in steps { text.apply(step) }
    return text.bytes
  }

  enum PrependCondition: Sendable {
    case always
    /// Only to text that does not start with it.
    case unlessThere
    /// The same, and only to the start of the whole text.
    case unlessThereAtTextStart
  }

  enum NormalForm: String, Sendable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatiblyComposed = "NFKC"
    case compatiblyDecomposed = "NFKD"

    private func apply(_ text: String) -> String {
      switch self {
      case .composed: text.precomposedStringWithCanonicalMapping
      case .decomposed: text.decomposedStringWithCanonicalMapping
      // In two steps: the one step of Foundation does not join letters of Hangul.
      case .compatiblyComposed:
        text.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
      case .compatiblyDecomposed: text.decomposedStringWithCompatibilityMapping
      }
    }

    /// One cluster of characters after another, so that each keeps its place. What reaches across
    /// clusters (compatibility forms of Hangul) is taken whole.
    fileprivate func normalize(
      _ source: RewrittenText, _ range: Range<Int>, into result: inout RewrittenText.Builder
    ) {
      if range.isEmpty { return }
      let text = String(decoding: source.bytes[range], as: UTF8.self)
      let whole = Array(apply(text).utf8)
      if whole.elementsEqual(source.bytes[range]) { return result.keep(range, of: source) }
      var parts: [(range: Range<Int>, content: [UInt8])] = []
      var start = range.lowerBound
      var total = 0
      for character in text {
        let end = start + character.utf8.count
        let content = Array(apply(String(character)).utf8)
        parts.append((start..<end, content))
        total += content.count
        start = end
      }
      let isExact = total == whole.count && parts.lazy.flatMap(\.content).elementsEqual(whole)
      guard isExact else { return result.put(whole, for: range, of: source) }
      for part in parts {
        if part.content.elementsEqual(source.bytes[part.range]) {
          result.keep(part.range, of: source)
        } else {
          result.put(part.content, for: part.range, of: source)
        }
      }
    }
  }
}

/// What becomes of each character.
enum CharacterMapping: Equatable, Sendable {
  case lowercased
  /// Combining marks go.
  case withoutMarks
  /// Nonspacing marks go, as BERT takes accents off.
  case withoutNonspacingMarks
  /// Controls go and white space becomes a space, as BERT cleans text.
  case cleaned
  /// Spaces around Chinese characters.
  case spacedChinese
  /// The rules of NMT: some controls go, some spaces and invisible characters become spaces.
  case nmt

  /// What a character becomes; `nil` where it stays.
  func content(of scalar: Unicode.Scalar) -> [UInt8]? {
    let value = scalar.value
    switch self {
    case .lowercased:
      if value < 128 { return (65...90).contains(value) ? [UInt8(value) + 32] : nil }
      let lower = scalar.properties.lowercaseMapping
      return lower.unicodeScalars.elementsEqual([scalar]) ? nil : Array(lower.utf8)
    case .withoutMarks:
      if value < 0x300 { return nil }
      return Self.isCombiningMark(scalar) ? [] : nil
    case .withoutNonspacingMarks:
      if value < 0x300 { return nil }
      return scalar.properties.generalCategory == .nonspacingMark
        && UnicodeAge.isAssigned(scalar, by: 8) ? [] : nil
    case .cleaned:
      if value == 0 || value == 0xFFFD { return [] }
      if value == 9 || value == 10 || value == 13 { return [0x20] }
      if value < 0x7F { return value < 0x20 ? [] : nil }
      if Self.isOldOther(scalar) { return [] }
      return scalar.properties.isWhitespace ? [0x20] : nil
    case .spacedChinese:
      return Self.isChinese(value) ? [0x20] + Array(String(scalar).utf8) + [0x20] : nil
    case .nmt:
      switch value {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: return []
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF,
        0xFFFD:
        return [0x20]
      default: return nil
      }
    }
  }

  /// A mark by version 9 of Unicode.
  private static func isCombiningMark(_ scalar: Unicode.Scalar) -> Bool {
    // Letters since, and one that became a mark since.
    if scalar.value == 0x1CF2 || scalar.value == 0x1CF3 { return true }
    if scalar.value == 0x111C9 { return false }
    return CategorySet.mark.contains(CategorySet(scalar.properties.generalCategory))
      && UnicodeAge.isAssigned(scalar, by: 9)
  }

  /// Controls, formats and private characters; none of the unassigned.
  private static func isOldOther(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .privateUse, .surrogate: true
    case .format: UnicodeAge.isAssigned(scalar, by: 8)
    default: false
    }
  }

  private static func isChinese(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
