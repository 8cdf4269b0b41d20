/// A sequence of spellings to look for among the letters of one sentence, in languages that put no spaces between words.
///
/// Written as a ``WordPattern`` is: `甲|乙` either, `?甲` either or none, `..3` up to three letters, `^` the start of a
/// sentence, `$` its end, `@name` a set.
struct SpelledPattern: Sendable {
  private enum Element: Sendable {
    case spelling([[Unicode.Scalar]], isOptional: Bool)
    case gap(Int)
  }

  private var elements: [Element] = []
  private var startsSentence = false
  private var endsSentence = false

  init(_ pattern: String, sets: [String: [String]] = [:]) {
    for var part in pattern.split(separator: " ") {
      switch part {
      case "^": startsSentence = true
      case "$": endsSentence = true
      case _ where part.hasPrefix(".."): elements.append(.gap(Int(part.dropFirst(2)) ?? 0))
      default:
        let isOptional = part.hasPrefix("?")
        if isOptional { part.removeFirst() }
        let spellings = part.split(separator: "|").flatMap { word in
          word.hasPrefix("@") ? sets[String(word.dropFirst())] ?? [] : [String(word)]
        }
        elements.append(
          .spelling(
            spellings.map { Array($0.unicodeScalars).map(Folding.simplified) },
            isOptional: isOptional))
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
