import Foundation
import Storage

/// One prompt's answer under one condition.
package struct Answer: Sendable, Equatable {
  package enum Origin: String, Sendable, Codable {
    case generated
    /// Kept from an earlier run.
    case journal
    /// The store's own continuation.
    case store
  }

  /// Empty in an experiment that was read back.
  package var tokens: [Int]
  /// Only the first words where ``isOpening``.
  package var text: String
  package var isOpening = false
  /// SHA-256 of the whole text, in hex.
  package var textHash: String
  /// `endToken`, `length` or `context`.
  package var ending: String
  /// The classifier's.
  package var verdict: OutcomeVerdict
  package var origin: Origin
  /// That of a judge of the user's own, where one was asked; never counted in the classifier's place.
  package var judged: JudgeVerdict?
  /// Whether a concept of a person's own is in it; `nil` where none was asked for.
  package var isCounted: Bool?
  /// The share of its letters that are of the script, where one is counted.
  package var letterShare: Double?
  /// A person's verdict, where there is one.
  package var personal: Outcome?
  /// Whether the person's verdict is the one that is counted.
  package var countsPersonal = false

  package init(
    tokens: [Int], text: String, ending: String, verdict: OutcomeVerdict, origin: Origin
  ) {
    self.tokens = tokens
    self.text = text
    textHash = SHA256.hexDigest(of: text)
    self.ending = ending
    self.verdict = verdict
    self.origin = origin
  }

  /// What the answer is counted as.
  package var outcome: Outcome { countsPersonal ? personal ?? verdict.outcome : verdict.outcome }

  /// Puts the whole text back, if it is the one that was answered.
  package mutating func complete(with whole: String?) {
    guard isOpening, let whole, SHA256.hexDigest(of: whole) == textHash else { return }
    (text, isOpening) = (whole, false)
  }
}

/// What is kept of an answer: its first words, and by which whole text it is known. A person's verdict is kept
/// elsewhere, with the text.
extension Answer: Codable {
  private enum CodingKeys: String, CodingKey {
    case opening, textHash, ending, verdict, origin, judged, counted, letterShare
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    tokens = []
    text = try values.decode(String.self, forKey: .opening)
    textHash = try values.decode(String.self, forKey: .textHash)
    ending = try values.decode(String.self, forKey: .ending)
    verdict = try values.decode(OutcomeVerdict.self, forKey: .verdict)
    origin = try values.decode(Origin.self, forKey: .origin)
    judged = try values.decodeIfPresent(JudgeVerdict.self, forKey: .judged)
    isCounted = try values.decodeIfPresent(Bool.self, forKey: .counted)
    letterShare = try values.decodeIfPresent(Double.self, forKey: .letterShare)
    isOpening = SHA256.hexDigest(of: text) != textHash
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(isOpening ? text : AblationResult.opening(text), forKey: .opening)
    try values.encode(textHash, forKey: .textHash)
    try values.encode(ending, forKey: .ending)
    try values.encode(verdict, forKey: .verdict)
    try values.encode(origin, forKey: .origin)
    try values.encodeIfPresent(judged, forKey: .judged)
    try values.encodeIfPresent(isCounted, forKey: .counted)
    try values.encodeIfPresent(letterShare, forKey: .letterShare)
  }
}
