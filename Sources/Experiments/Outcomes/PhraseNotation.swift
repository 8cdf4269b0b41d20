/// How patterns of words, and of letters where words have no spaces between them, are written.
///
/// `a|b` is either, `?a|b` either or none, `..3` up to three of any kind, `^` at the beginning only the start of a
/// sentence, `$` at the end only the end of one, `@name` any of a set.
struct PhraseNotation {
  enum Part {
    case choice([String], isOptional: Bool)
    case gap(Int)
  }

  private(set) var parts: [Part] = []
  private(set) var startsSentence = false
  private(set) var endsSentence = false

  init(_ text: String, set: (String) -> [String]?) {
    for var part in text.split(separator: " ") {
      switch part {
      case "^": startsSentence = true
      case "$": endsSentence = true
      case _ where part.hasPrefix(".."): parts.append(.gap(Int(part.dropFirst(2)) ?? 0))
      default:
        let isOptional = part.hasPrefix("?")
        if isOptional { part.removeFirst() }
        let choices = part.split(separator: "|").flatMap { word in
          word.hasPrefix("@")
            ? set(String(word.dropFirst())) ?? [] : [String(word)]
        }
        parts.append(.choice(choices, isOptional: isOptional))
      }
    }
  }
}
