/// Tags as one text: words without spaces, sorted, each once, joined by spaces.
package enum TagList {
  /// The tags of a text, whatever white space or `#` stands between them.
  package static func tags(_ text: String) -> [String] {
    Set(text.split { $0.isWhitespace || $0 == "#" || $0 == "," }.map(String.init)).sorted()
  }

  /// - Returns: `nil` without tags.
  static func text(_ tags: [String]) -> String? {
    let text = TagList.tags(tags.joined(separator: " ")).joined(separator: " ")
    return text.isEmpty ? nil : text
  }
}
