import Dispatch
import Foundation
import Storage
import Synchronization

/// What counts in an answer, beside its being a refusal: words of a person's own, or a regular expression.
package enum AnswerConcept: Sendable, Equatable, Codable {
  /// Any of these, as whole words, whatever their case.
  case words([String])
  /// Anywhere in the answer, in the notation of Swift's `Regex`, which is PCRE's; case counts unless it says `(?i)`.
  case pattern(String)

  /// - Parameter text: `words: sorry, as an AI` or `regex: ^Sure\b`.
  /// - Throws: `ExperimentError.invalidValue`, saying what was expected.
  package init(_ text: String) throws {
    func refusal(_ found: String) -> ExperimentError {
      ExperimentError(
        .invalidValue,
        "expected “words: one, two words” or “regex: PATTERN”, \(found)", file: "what is counted")
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
    case let other: throw refusal("found \(other)")
    }
  }

  /// As it is given to an option.
  package var words: String {
    switch self {
    case .words(let words): "words: " + words.joined(separator: ", ")
    case .pattern(let pattern): "regex: " + pattern
    }
  }

  /// Seconds after which a pattern is given up on an answer.
  static let patience = 2.0

  /// - Throws: `ExperimentError.invalidValue` for a pattern that takes too long.
  package func isIn(_ text: String) throws -> Bool {
    switch self {
    case .words(let words): return words.contains { Self.holds($0, in: text) }
    case .pattern(let pattern):
      return try Self.finds(pattern, in: text)
    }
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
