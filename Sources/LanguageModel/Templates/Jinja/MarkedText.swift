/// A text of a template, each of whose characters remembers whether people wrote it.
///
/// Templates cut, join, trim and rewrite what people wrote before it stands in the prompt. The
/// spelling of a special token is that token in what the template wrote alone, so the difference
/// has to survive every operation: it is a bit beside each scalar, and operations move both.
struct MarkedText: Hashable, Sendable {
  /// Unicode scalars, with `mark` set on those that people wrote.
  var units: [UInt32]
  /// Python's `Markup`: the result of `safe` and `escape`.
  var isSafe = false

  static let mark: UInt32 = 1 << 31

  init(units: [UInt32]) {
    self.units = units
  }

  init(_ text: String, isContent: Bool = false) {
    let mark = isContent ? Self.mark : 0
    units = text.unicodeScalars.map { $0.value | mark }
  }

  var isEmpty: Bool { units.isEmpty }
  var count: Int { units.count }

  static func plain(_ unit: UInt32) -> UInt32 { unit & ~mark }

  /// The scalars alone.
  var values: [UInt32] { units.map(Self.plain) }

  var string: String { String(Self.scalars(of: units)) }

  static func scalars(of units: some Sequence<UInt32>) -> String.UnicodeScalarView {
    var view = String.UnicodeScalarView()
    for unit in units { view.append(scalar(unit)) }
    return view
  }

  static func scalar(_ unit: UInt32) -> Unicode.Scalar {
    Unicode.Scalar(plain(unit)) ?? "\u{FFFD}"
  }

  /// Whether the texts read alike, whoever wrote them.
  static func == (a: MarkedText, b: MarkedText) -> Bool {
    a.units.count == b.units.count
      && zip(a.units, b.units).allSatisfy { plain($0) == plain($1) }
  }

  func hash(into hasher: inout Hasher) {
    for unit in units { hasher.combine(Self.plain(unit)) }
  }

  /// By code points, as Python compares.
  static func precedes(_ a: MarkedText, _ b: MarkedText) -> Bool {
    a.units.lazy.map(plain).lexicographicallyPrecedes(b.units.lazy.map(plain))
  }
}

/// What Python says about single characters.
enum PythonCharacter {
  /// `str.isspace`, which is also `\s` of its regular expressions.
  static func isSpace(_ unit: UInt32) -> Bool {
    switch MarkedText.plain(unit) {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// Where `str.splitlines` breaks.
  static func isLineBreak(_ unit: UInt32) -> Bool {
    switch MarkedText.plain(unit) {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// `str.isprintable`
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  static func isAlphabetic(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  static func isDecimal(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.numericType == .decimal
  }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
  }

  static func isNumeric(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.numericType != nil
  }

  static func isCased(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isLowercase || scalar.properties.isUppercase
      || scalar.properties.generalCategory == .titlecaseLetter
  }
}

// MARK: - Python's operations on texts

extension MarkedText {
  static func + (a: MarkedText, b: MarkedText) -> MarkedText {
    MarkedText(units: a.units + b.units)
  }

  func stripped(
    _ isStripped: (UInt32) -> Bool = PythonCharacter.isSpace, left: Bool = true,
    right: Bool = true
  ) -> MarkedText {
    var (start, end) = (0, units.count)
    while left, start < end, isStripped(units[start]) { start += 1 }
    while right, end > start, isStripped(units[end - 1]) { end -= 1 }
    return MarkedText(units: Array(units[start..<end]))
  }

  /// Where `other` begins at or after `start`, before `end`.
  func firstIndex(of other: MarkedText, from start: Int = 0, to end: Int? = nil) -> Int? {
    let end = min(end ?? count, count)
    let length = other.count
    guard start <= end, length <= end - start else { return nil }
    if length == 0 { return start }
    let first = Self.plain(other.units[0])
    var index = start
    while index <= end - length {
      if Self.plain(units[index]) == first, matches(other, at: index) { return index }
      index += 1
    }
    return nil
  }

  func lastIndex(of other: MarkedText, from start: Int = 0, to end: Int? = nil) -> Int? {
    let end = min(end ?? count, count)
    guard start <= end, other.count <= end - start else { return nil }
    var index = end - other.count
    while index >= start {
      if matches(other, at: index) { return index }
      index -= 1
    }
    return nil
  }

  func matches(_ other: MarkedText, at index: Int) -> Bool {
    guard index >= 0, index + other.count <= count else { return false }
    for offset in other.units.indices
    where Self.plain(units[index + offset]) != Self.plain(other.units[offset]) { return false }
    return true
  }

  func slice(_ range: Range<Int>) -> MarkedText { MarkedText(units: Array(units[range])) }

  func split(by separator: MarkedText, atMost limit: Int) -> [MarkedText] {
    var parts: [MarkedText] = []
    var start = 0
    while limit < 0 || parts.count < limit, let found = firstIndex(of: separator, from: start) {
      parts.append(slice(start..<found))
      start = found + separator.count
    }
    parts.append(slice(start..<count))
    return parts
  }

  func splitFromRight(by separator: MarkedText, atMost limit: Int) -> [MarkedText] {
    var parts: [MarkedText] = []
    var end = count
    while limit < 0 || parts.count < limit, let found = lastIndex(of: separator, to: end) {
      parts.append(slice(found + separator.count..<end))
      end = found
    }
    parts.append(slice(0..<end))
    return parts.reversed()
  }

  /// At runs of white space, of which none makes a part.
  func words(atMost limit: Int) -> [MarkedText] {
    var parts: [MarkedText] = []
    var index = 0
    while true {
      while index < count, PythonCharacter.isSpace(units[index]) { index += 1 }
      guard index < count else { return parts }
      if limit >= 0, parts.count == limit {
        // As Python has it, what is left stays as it is at its far end.
        parts.append(slice(index..<count))
        return parts
      }
      let start = index
      while index < count, !PythonCharacter.isSpace(units[index]) { index += 1 }
      parts.append(slice(start..<index))
    }
  }

  func wordsFromRight(atMost limit: Int) -> [MarkedText] {
    var parts: [MarkedText] = []
    var end = count
    while true {
      while end > 0, PythonCharacter.isSpace(units[end - 1]) { end -= 1 }
      guard end > 0 else { break }
      if limit >= 0, parts.count == limit {
        parts.append(slice(0..<end))
        break
      }
      let stop = end
      while end > 0, !PythonCharacter.isSpace(units[end - 1]) { end -= 1 }
      parts.append(slice(end..<stop))
    }
    return parts.reversed()
  }

  func lines(keepingEnds: Bool) -> [MarkedText] {
    var parts: [MarkedText] = []
    var (start, index) = (0, 0)
    while index < count {
      guard PythonCharacter.isLineBreak(units[index]) else {
        index += 1
        continue
      }
      let end = index
      index += 1
      if Self.plain(units[end]) == 0x0D, index < count, Self.plain(units[index]) == 0x0A {
        index += 1
      }
      parts.append(slice(start..<(keepingEnds ? index : end)))
      start = index
    }
    if start < count { parts.append(slice(start..<count)) }
    return parts
  }

  /// - Parameter limit: negative for all.
  func replacing(_ old: MarkedText, with new: MarkedText, atMost limit: Int) -> MarkedText {
    var result: [UInt32] = []
    var replaced = 0
    if old.isEmpty {
      for unit in units {
        if limit < 0 || replaced < limit {
          result += new.units
          replaced += 1
        }
        result.append(unit)
      }
      if limit < 0 || replaced < limit { result += new.units }
      return MarkedText(units: result)
    }
    var start = 0
    while limit < 0 || replaced < limit, let found = firstIndex(of: old, from: start) {
      result += units[start..<found]
      result += new.units
      start = found + old.count
      replaced += 1
    }
    result += units[start...]
    return MarkedText(units: result)
  }

  /// Each scalar through a mapping of its own; what comes of it was written by whom it was.
  private func mapped(_ body: (Int, Unicode.Scalar) -> String) -> MarkedText {
    var result: [UInt32] = []
    result.reserveCapacity(count)
    for (index, unit) in units.enumerated() {
      for scalar in body(index, Self.scalar(unit)).unicodeScalars {
        result.append(scalar.value | (unit & Self.mark))
      }
    }
    return MarkedText(units: result)
  }

  func uppercased() -> MarkedText { mapped { $1.properties.uppercaseMapping } }

  func lowercased() -> MarkedText {
    mapped { $1 == "\u{3A3}" ? finalSigma(at: $0) : $1.properties.lowercaseMapping }
  }

  /// Σ ends a word as ς.
  private func finalSigma(at index: Int) -> String {
    func isCasedNext(_ steps: some Sequence<Int>) -> Bool {
      for step in steps {
        let scalar = Self.scalar(units[step])
        if scalar.properties.isCaseIgnorable { continue }
        return PythonCharacter.isCased(scalar)
      }
      return false
    }
    let isFinal =
      isCasedNext((0..<index).reversed()) && !isCasedNext(index + 1..<max(count, index + 1))
    return isFinal ? "ς" : "σ"
  }

  func capitalized() -> MarkedText {
    let lower = lowercased()
    guard !isEmpty else { return self }
    let first = slice(0..<1)
    let rest = MarkedText(units: Array(lower.units.dropFirst(first.lowercased().count)))
    return first.mapped { $1.properties.titlecaseMapping } + rest
  }

  /// `str.title`: what follows a cased character is lower case.
  func titlecased() -> MarkedText {
    var isInWord = false
    return mapped { index, scalar in
      defer { isInWord = PythonCharacter.isCased(scalar) }
      if !isInWord { return scalar.properties.titlecaseMapping }
      return scalar == "\u{3A3}" ? finalSigma(at: index) : scalar.properties.lowercaseMapping
    }
  }

  static func joined(_ parts: [MarkedText], by separator: MarkedText) -> MarkedText {
    var result: [UInt32] = []
    for (index, part) in parts.enumerated() {
      if index > 0 { result += separator.units }
      result += part.units
    }
    return MarkedText(units: result)
  }

  func repeated(_ times: Int) -> MarkedText {
    var result: [UInt32] = []
    for _ in 0..<max(0, times) { result += units }
    return MarkedText(units: result)
  }
}
