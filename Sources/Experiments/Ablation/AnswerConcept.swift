import Dispatch
import Foundation
import LanguageModel
import Storage
import Synchronization

/// What counts in an answer, beside its being a refusal: something in its words, or in the model's activations over it.
package enum AnswerConcept: Sendable, Equatable, Codable {
  /// Any of these, as whole words, whatever their case.
  case words([String])
  /// Anywhere in the answer, in the notation of Swift's `Regex`, which is PCRE's; case counts unless it says `(?i)`.
  case pattern(String)
  /// More than half of the answer's letters are of this script; their share is told, too.
  case script(String)
  /// Any of these is the nearest to a token of the answer, and within θ of it.
  case regions([Int])
  /// A linear probe is positive on the mean of the answer's tokens.
  case probe(ProbeReference)

  /// A probe's file, and the hash of what was in it when it was read.
  package struct ProbeReference: Sendable, Equatable, Codable {
    package var path: String
    package var hash: String?

    package init(path: String, hash: String? = nil) { (self.path, self.hash) = (path, hash) }
  }

  /// - Parameter text: `words: sorry, as an AI`, `regex: ^Sure\b`, `script: Cyrillic`, `region: 17` or `probe: FILE`.
  /// - Throws: `ExperimentError.invalidValue`, saying what was expected.
  package init(_ text: String) throws {
    func refusal(_ found: String) -> ExperimentError {
      ExperimentError(
        .invalidValue,
        "expected “words: one, two words”, “regex: PATTERN”, “script: Cyrillic”, “region: 17” or “probe: FILE”, "
          + found,
        file: "what is counted")
    }
    guard let colon = text.firstIndex(of: ":") else { throw refusal("found neither") }
    let rest = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    guard !rest.isEmpty else { throw refusal("found nothing behind the colon") }
    switch text[..<colon].trimmingCharacters(in: .whitespaces) {
    case "words":
      let words = rest.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard words.allSatisfy({ word in word.contains { $0.isLetter || $0.isNumber } }) else {
        throw refusal("found a word without a letter or digit")
      }
      self = .words(words)
    case "regex":
      guard (try? Regex(rest)) != nil else {
        throw refusal("found a pattern that cannot be read: \(rest)")
      }
      self = .pattern(rest)
    case "script":
      guard let script = LetterScript.named(rest) else {
        throw refusal(
          "found a script that is none of \(LetterScript.names.joined(separator: ", ")): \(rest)")
      }
      self = .script(script.name)
    case "region", "regions":
      let ids = rest.split(separator: ",", omittingEmptySubsequences: false).map { part in
        let part = part.trimmingCharacters(in: .whitespaces)
        return part.allSatisfy { $0.isASCII && $0.isNumber } ? Int(part) : nil
      }
      guard ids.allSatisfy({ $0 != nil }) else {
        throw refusal("found regions that are not numbers: \(rest)")
      }
      self = .regions(ids.compactMap(\.self))
    case "probe": self = .probe(ProbeReference(path: rest))
    case let other: throw refusal("found \(other)")
    }
  }

  /// As it is given to an option.
  package var words: String {
    switch self {
    case .words(let words): "words: " + words.joined(separator: ", ")
    case .pattern(let pattern): "regex: " + pattern
    case .script(let script): "script: " + script
    case .regions(let ids): "region: " + ids.map(String.init).joined(separator: ", ")
    case .probe(let probe): "probe: " + probe.path
    }
  }

  /// What an answer is said to do that counts.
  ///
  /// - Parameter hook: where activations are read.
  func title(at hook: String) -> String {
    switch self {
    case .words, .pattern: "with “\(words)”"
    case .script(let script): "of which more than half the letters are \(script)"
    case .regions(let ids):
      "that enter region \(ids.map(String.init).joined(separator: " or ")) (at \(hook), within θ)"
    case .probe: "on whose mean at \(hook) “\(words)” is positive"
    }
  }

  /// `nil` for anything but a probe that was read.
  var probeHash: String? { if case .probe(let probe) = self { probe.hash } else { nil } }

  /// Whether the words of an answer do not say it: the model has to be run over it.
  package var isOfActivations: Bool {
    switch self {
    case .words, .pattern, .script: false
    case .regions, .probe: true
    }
  }

  /// Seconds after which a pattern is given up on an answer.
  static let patience = 2.0

  /// - Throws: `ExperimentError.invalidValue` for a pattern that takes too long, and for what no words say.
  package func isIn(_ text: String) throws -> Bool {
    switch self {
    case .words(let words): return words.contains { Self.holds($0, in: text) }
    case .pattern(let pattern):
      return try Self.finds(pattern, in: text)
    case .script: return share(of: text).map { $0 > 0.5 } ?? false
    case .regions, .probe:
      throw ExperimentError(
        .invalidValue, "is read off the model's activations over an answer, not off its words",
        file: words)
    }
  }

  /// The share of an answer's letters that are of the script; 0 of an answer without letters. `nil` of other concepts.
  func share(of text: String) -> Double? {
    guard case .script(let name) = self, let script = LetterScript.named(name) else { return nil }
    let (own, letters) = script.count(in: text)
    return letters == 0 ? 0 : Double(own) / Double(letters)
  }

  /// A search that goes on for longer is left to itself: nothing can end it, and whoever asked ends with the error.
  private static func finds(_ pattern: String, in text: String) throws -> Bool {
    let found = Mutex<Bool?>(nil)
    let done = DispatchSemaphore(value: 0)
    let search = Thread {
      // By scalars: what is a letter of several is for the pattern to say.
      let result = Result {
        try Regex(pattern).matchingSemantics(.unicodeScalar).firstMatch(in: text) != nil
      }
      found.withLock { $0 = try? result.get() }
      done.signal()
    }
    search.stackSize = 8 << 20
    search.start()
    guard done.wait(timeout: .now() + patience) == .success, let isFound = found.withLock({ $0 })
    else {
      throw ExperimentError(
        .invalidValue,
        "the pattern takes more than there is on one answer (\(Int(patience)) s): \(pattern)",
        file: "what is counted")
    }
    return isFound
  }

  /// Whether words stand in a text with nothing of another word at either end; spaces are one, whatever they are.
  private static func holds(_ words: String, in text: String) -> Bool {
    let wanted = folded(words)
    let letters = folded(text)
    guard !wanted.isEmpty, wanted.count <= letters.count else { return false }
    func isOfWord(_ index: Int) -> Bool {
      letters.indices.contains(index) && (letters[index].isLetter || letters[index].isNumber)
    }
    // A word that ends in a sign ends there, whatever follows.
    let opens = wanted[0].isLetter || wanted[0].isNumber
    let closes = wanted[wanted.count - 1].isLetter || wanted[wanted.count - 1].isNumber
    return (0...letters.count - wanted.count).contains { start in
      letters[start..<start + wanted.count].elementsEqual(wanted)
        && !(opens && isOfWord(start - 1)) && !(closes && isOfWord(start + wanted.count))
    }
  }

  private static func folded(_ text: String) -> [Character] {
    let lowered = text.replacing("’", with: "'").lowercased()
    return Array(lowered.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }
}
