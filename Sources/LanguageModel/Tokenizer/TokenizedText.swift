/// The tokens of a text, each with the place in the text where it ends.
package struct TokenizedText: Equatable, Sendable {
  package var ids: [Int] = []
  /// For each token the UTF-8 offset in the text just past what it covers; never decreasing
  /// within plain text. Tokens that were added around the text cover nothing.
  package var ends: [Int] = []

  package init() {}

  @inline(__always)
  mutating func append(_ id: Int, end: Int) {
    ids.append(id)
    ends.append(end)
  }
}
