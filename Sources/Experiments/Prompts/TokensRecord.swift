import LanguageModel

/// The tokens of a text, under the keys by which they are printed.
package struct TokensRecord: Encodable, Sendable {
  /// Of a prompt of a file.
  @IfAny var id: String?
  var ids: [Int]
  var tokens: [String]
  /// UTF-8 offsets in the text.
  var ends: [Int]

  package init(_ text: TokenizedText, _ tokenizer: Tokenizer, id: String? = nil) {
    (self.id, ids, ends) = (id, text.ids, text.ends)
    tokens = text.ids.map { tokenizer.spelling(of: $0) }
  }
}
