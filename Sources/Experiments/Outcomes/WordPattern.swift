/// A sequence of words to look for within one sentence, written as ``PhraseNotation`` has it.
///
/// `a*` is any word that begins so, and `*a` any longer one that ends so. Adverbs such as *unfortunately* may stand before
/// any word but the first.
struct WordPattern: Sendable {
  private enum Element: Sendable {
    case word(Set<String>, stems: [String], ends: [String], isOptional: Bool)
    case gap(Int)
  }

  private let elements: [Element]
  private let startsSentence: Bool
  private let endsSentence: Bool

  init(_ spelling: String, sets: [String: Set<String>] = [:]) {
    let notation = PhraseNotation(spelling) { sets[$0].map(Array.init) }
    (startsSentence, endsSentence) = (notation.startsSentence, notation.endsSentence)
    elements = notation.parts.map { part in
      switch part {
      case .gap(let most): return .gap(most)
      case .choice(let choices, let isOptional):
        let all = Set(choices)
        let stems = all.filter { $0.hasSuffix("*") }
        let ends = all.filter { $0.hasPrefix("*") }
        return .word(
          all.subtracting(stems).subtracting(ends),
          stems: stems.map { String($0.dropLast()) }.sorted(),
          ends: ends.map { String($0.dropFirst()) }.sorted(), isOptional: isOptional)
      }
    }
  }

  /// The words matched from `start` on: the index after the last; `nil` where there is no match.
  func end(in words: [AnswerWord], at start: Int) -> Int? {
    guard start < words.count else { return nil }
    if startsSentence, start > 0, words[start - 1].sentence == words[start].sentence { return nil }
    return end(in: words, at: start, element: 0, sentence: words[start].sentence)
  }

  private func end(
    in words: [AnswerWord], at index: Int, element: Int, sentence: Int
  ) -> Int? {
    let isInside = index < words.count && words[index].sentence == sentence
    guard element < elements.count else { return endsSentence && isInside ? nil : index }
    switch elements[element] {
    case .gap(let most):
      for skipped in 0...most {
        guard skipped == 0 || index + skipped <= words.count else { return nil }
        if let end = end(
          in: words, at: index + skipped, element: element + 1, sentence: sentence)
        {
          return end
        }
      }
      return nil
    case .word(let choices, let stems, let ends, let isOptional):
      if isInside {
        let word = words[index].text
        if choices.contains(word) || stems.contains(where: word.hasPrefix)
          || ends.contains(where: { word.hasSuffix($0) && word != $0 }),
          let end = end(in: words, at: index + 1, element: element + 1, sentence: sentence)
        {
          return end
        }
        if element > 0, Self.adverbs.contains(word),
          let end = end(in: words, at: index + 1, element: element, sentence: sentence)
        {
          return end
        }
      }
      guard isOptional else { return nil }
      return end(in: words, at: index, element: element + 1, sentence: sentence)
    }
  }

  private static let adverbs: Set<String> = [
    "unfortunately", "regretfully", "sadly", "really", "simply", "just", "also", "therefore",
    "currently", "personally", "ethically", "legally", "morally", "respectfully", "politely",
    "knowingly", "possibly", "actually", "certainly", "definitely", "directly", "strongly",
    "highly", "firmly", "still", "ever", "even", "generally", "however", "truly", "very", "so",
    "honestly", "absolutely", "always", "afraid", "kindly", "thus", "hereby", "then", "too",
  ]
}
