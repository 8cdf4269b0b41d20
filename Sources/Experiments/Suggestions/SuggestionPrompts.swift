import Foundation
import Numerics
import Storage

/// What a program is asked about a region: one line of JSON, a prompt in words among its keys.
struct SuggestionPrompts {
  /// A context as a program reads it, its token in `<<` and `>>`.
  struct Shown: Equatable, Sendable {
    var text: String
    var isBoundary: Bool
  }

  let region: Int
  /// Every second context of both kinds: the others are held out.
  let shown: [Shown]
  let heldOut: [String]

  /// Bytes of a context's text that are sent.
  static let contextBytes = 480

  /// - Returns: `nil` for a region without texts.
  init?(_ detail: RegionDetail) {
    region = detail.id
    var (shown, heldOut, seen) = ([Shown](), [String](), Set<String>())
    for (contexts, isBoundary) in [(detail.closest, false), (detail.farthest, true)] {
      // The boundary of a small region is its closest contexts, farthest first.
      let texts = contexts.compactMap(Self.marked).filter { seen.insert($0).inserted }
      for (index, text) in texts.enumerated() {
        if index.isMultiple(of: 2) {
          shown.append(Shown(text: text, isBoundary: isBoundary))
        } else {
          heldOut.append(text)
        }
      }
    }
    guard !shown.isEmpty else { return nil }
    (self.shown, self.heldOut) = (shown, heldOut)
  }

  static func marked(_ context: ContextText) -> String? {
    guard let text = context.text else { return nil }
    let bytes = Array(text.utf8)
    guard let token = context.token, token.lowerBound >= 0, token.lowerBound <= token.upperBound,
      token.upperBound <= bytes.count
    else { return text }
    // A token may end inside a character: what is cut is repaired, never sent as broken bytes.
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    return part(0..<token.lowerBound) + "<<" + part(token) + ">>"
      + part(token.upperBound..<bytes.count)
  }

  /// The question for a name, in words.
  var question: String {
    var prompt = """
      Each text below makes a language model's activation at the token between << and >> fall into one region of its \
      activation space. Say in a few words what these tokens have in common in their contexts. Answer with one line: \
      the description alone.

      """
    for (title, isBoundary) in [("closest to the centre", false), ("at the boundary", true)] {
      let own = shown.filter { $0.isBoundary == isBoundary }
      guard !own.isEmpty else { continue }
      prompt += "\nTexts \(title) of the region:\n"
      for (index, context) in own.enumerated() { prompt += "\(index + 1). \(context.text)\n" }
    }
    return prompt
  }

  /// The question for a name, as a program gets it.
  func label(of dictionary: DictionaryFile) -> JSONValue {
    let provenance = dictionary.provenance
    return .object([
      ("task", .string("label")), ("region", .integer(region)),
      ("prompt", .string(question)),
      (
        "contexts",
        .array(
          shown.map {
            .object([
              ("text", .string($0.text)),
              ("kind", .string($0.isBoundary ? "boundary" : "closest")),
            ])
          })
      ), ("model", .optional(provenance.modelTitle)), ("hook", .optional(provenance.hook)),
    ])
  }

  /// The question which of some contexts a name fits.
  static func detection(region: Int, label: String, texts: [String]) -> JSONValue {
    var prompt = """
      A region of a language model's activation space is described as: \(label)

      For each of the \(texts.count) texts below, say whether the token between << and >> fits that description. \
      Answer with one line of \(texts.count) digits, 1 for each that fits and 0 for each that does not, in order.


      """
    for (index, text) in texts.enumerated() { prompt += "\(index + 1). \(text)\n" }
    return .object([
      ("task", .string("detect")), ("region", .integer(region)), ("label", .string(label)),
      ("prompt", .string(prompt)),
      ("contexts", .array(texts.map { .object([("text", .string($0))]) })),
    ])
  }

  /// The question whether a name fits one context, for a model that is asked about each by itself.
  static func fit(label: String, text: String) -> String {
    """
    A region of a language model's activation space is described as: \(label)

    Does the token between << and >> in the text below fit that description? Answer with one digit: 1 if it fits, 0 if it \
    does not.

    \(text)
    """
  }

  /// As many contexts held out as of other regions, mixed by a seed.
  ///
  /// - Parameter others: contexts of other regions.
  static func mixed(
    _ own: [String], _ others: [String], atMost limit: Int, seed: UInt64
  ) -> [(text: String, isOwn: Bool)] {
    let count = min(own.count, others.count, limit)
    guard count > 0 else { return [] }
    let all = own.prefix(count).map { ($0, true) } + others.prefix(count).map { ($0, false) }
    return SeededNumbers.permutation(all.count, seed: seed).map { all[$0] }
  }
}
