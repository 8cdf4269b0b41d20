import Foundation

/// Tells text that could not answer anything: nothing there, one symbol, or a loop.
enum Degeneracy {
  struct Finding {
    var reason: String
    /// It repeats words, so that what comes before may still have said something.
    var isLoop = false
    /// The word that begins the loop, where there is one such.
    var word: Int?
  }

  /// What makes the answer degenerate; `nil` for ordinary text, ordinary lists and tables among it.
  ///
  /// - Parameters:
  ///   - scalars: of the answer, in lower case.
  ///   - words: its words.
  static func finding(
    _ scalars: ArraySlice<Unicode.Scalar>, words: [AnswerWord]
  ) -> Finding? {
    let symbols = visible(scalars)
    guard !symbols.isEmpty else { return Finding(reason: "empty") }
    guard symbols.count >= 3 else { return Finding(reason: "fewer than 3 characters") }
    let drawn = visible(withoutRules(scalars)[...])
    guard drawn.contains(where: { $0.properties.isAlphabetic || $0.properties.numericType != nil })
    else { return Finding(reason: "no letter and no digit") }
    let counts = drawn.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    if drawn.count >= 10, (counts.values.max() ?? 0) * 2 > drawn.count {
      return Finding(reason: "one symbol is over half of it")
    }
    let letters = Array(drawn.suffix(200))
    if letters.count >= 24, distinctShare(letters) < 0.3 {
      return Finding(reason: "fewer than 3 in 10 of its letter trigrams are distinct", isLoop: true)
    }
    if scalars.count >= 20, words.count < 8, symbols.count * 2 < scalars.count {
      return Finding(reason: "white space is over half of it")
    }
    let spellings = words.map(\.text)
    if spellings.count >= 8, Set(spellings).count <= 3 {
      return Finding(reason: "at most 3 distinct words", isLoop: true)
    }
    if spellings.count >= 14, distinctShare(spellings) < 0.5 {
      return Finding(reason: "fewer than half of its word trigrams are distinct", isLoop: true)
    }
    if let start = loopStart(spellings) {
      return Finding(reason: "ends in a loop", isLoop: true, word: start)
    }
    // The same sentence again under the next number is a loop; a sum or a table's row is not.
    let numbered = spellings.indices.filter { Int(spellings[$0]) == nil }
    if let start = loopStart(numbered.map { spellings[$0] }, shortest: 3) {
      return Finding(reason: "ends in a loop", isLoop: true, word: numbered[start])
    }
    return nil
  }

  private static func visible(_ scalars: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    scalars.filter {
      !$0.properties.isWhitespace && $0.properties.generalCategory != .control
        && $0.properties.generalCategory != .format
    }
  }

  /// Each run of what rules and tables are drawn with counts once, the bars of a table not at all.
  private static func withoutRules(_ symbols: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for symbol in symbols
    where symbol != "|" && !(ruling.contains(symbol) && result.last == symbol) {
      result.append(symbol)
    }
    return result
  }

  private static let ruling: Set<Unicode.Scalar> = ["-", "=", "_", "~", "*", "#", ".", "─", "━"]

  /// Distinct trigrams over trigrams; 1 for fewer than three units.
  private static func distinctShare<Unit: Hashable>(_ units: [Unit]) -> Double {
    guard units.count >= 3 else { return 1 }
    let trigrams = Set((0..<(units.count - 2)).map { Array(units[$0...($0 + 2)]) })
    return Double(trigrams.count) / Double(units.count - 2)
  }

  /// Where the text begins to repeat itself to its end: a phrase of up to 24 words said often
  /// enough, over 12 words and three tenths of the text at least.
  ///
  /// Short phrases have to come oftener than long ones: twice is emphasis, a sentence of eight words
  /// three times is not, and one of eight words twice is a loop once it fills half of the text.
  private static func loopStart(_ words: [String], shortest: Int = 1) -> Int? {
    for period in shortest...24 where words.count > period {
      var start = words.count - period
      while start > 0, words[start - 1] == words[start - 1 + period] { start -= 1 }
      let covered = words.count - start
      let repeats = Double(covered) / Double(period)
      let isEnough: Bool =
        switch period {
        case 1: repeats >= 6
        case 2...3: repeats >= 4
        case 4...7: repeats >= 3
        default: repeats >= 2.5 || (repeats >= 2 && covered * 2 >= words.count)
        }
      // One word over and over is a loop after any text; one number, in code, is not.
      if period == 1, isEnough, Int(words[start]) == nil { return start }
      if isEnough, covered >= 12, covered * 10 >= words.count * 3 { return start }
    }
    return nil
  }
}
