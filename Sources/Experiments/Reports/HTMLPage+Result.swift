extension HTMLPage {
  /// A result: what it came to, its table, its plot, what its command said, and where it comes from.
  ///
  /// - Parameters:
  ///   - text: as it was told to a person.
  ///   - facts: names and what they are.
  package init(
    title: String, conclusion: String, header: [String], rows: [[String]], plot: SVGPlot?,
    text: String, facts: [(String, String)]
  ) {
    var blocks: [Block] = [.text(conclusion)]
    if !header.isEmpty { blocks.append(.table(header: header, rows: rows)) }
    if let plot { blocks.append(.plot(plot)) }
    if !text.isEmpty {
      blocks += [
        .heading("As it was told"), .remarks(text.split(separator: "\n").map(String.init)),
      ]
    }
    self.init(title: title, blocks: blocks + [.heading("Where it comes from"), .facts(facts)])
  }

  /// The values of a record that are no lists.
  static func facts(_ entries: [(String, JSONValue)]) -> [(String, String)] {
    entries.compactMap { name, value in
      switch value {
      case .array, .object, .encoded, .null: nil
      case .string(let text): (name, text)
      default: (name, value.text)
      }
    }
  }

  static func dictionaries(_ identities: [String]) -> [(String, String)] {
    identities.enumerated().map { ("dictionary \($0 + 1)", $1) }
  }
}
