/// A sequence of spellings to look for among the letters of one sentence, in languages that put no spaces between words,
/// written as ``PhraseNotation`` has it.
struct SpelledPattern: Sendable {
  private enum Element: Sendable {
    case spelling([[Unicode.Scalar]], isOptional: Bool)
    case gap(Int)
  }

  private let elements: [Element]
  private let startsSentence: Bool
  private let endsSentence: Bool

  init(_ spelling: String, sets: [String: [String]] = [:]) {
    let notation = PhraseNotation(spelling) { sets[$0] }
    (startsSentence, endsSentence) = (notation.startsSentence, notation.endsSentence)
    elements = notation.parts.map { part in
      switch part {
      case .gap(let most): .gap(most)
      case .choice(let choices, let isOptional):
        .spelling(
          choices.map { Array($0.unicodeScalars).map(Folding.simplified) }, isOptional: isOptional)
      }
    }
  }

  /// The index after the last letter matched from `start` on; `nil` where there is no match.
  func end(in letters: [AnswerLetter], at start: Int) -> Int? {
    guard start < letters.count else { return nil }
    if startsSentence, start > 0, letters[start - 1].sentence == letters[start].sentence {
      return nil
    }
    return end(letters, start, 0, letters[start].sentence)
  }

  private func end(
    _ letters: [AnswerLetter], _ index: Int, _ element: Int, _ sentence: Int
  ) -> Int? {
    let isInside = index < letters.count && letters[index].sentence == sentence
    guard element < elements.count else { return endsSentence && isInside ? nil : index }
    switch elements[element] {
    case .gap(let most):
      for skipped in 0...most {
        guard index + skipped <= letters.count,
          skipped == 0 || letters[index + skipped - 1].sentence == sentence
        else { return nil }
        if let end = end(letters, index + skipped, element + 1, sentence) { return end }
      }
      return nil
    case .spelling(let choices, let isOptional):
      for choice in choices
      where index + choice.count <= letters.count
        && choice.indices.allSatisfy({
          letters[index + $0].scalar == choice[$0] && letters[index + $0].sentence == sentence
        })
      {
        if let end = end(letters, index + choice.count, element + 1, sentence) { return end }
      }
      return isOptional ? end(letters, index, element + 1, sentence) : nil
    }
  }
}
