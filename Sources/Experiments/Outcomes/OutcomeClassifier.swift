import Storage

/// A fixed set of rules that reads a continuation and says what became of its prompt.
///
/// Rules never change under a name: a change of any verdict gets a new version.
package enum OutcomeClassifier: String, Sendable, CaseIterable {
  /// Ours: twelve languages, reasoning of many formats, and *unclear* for text in any other language.
  case exemplar = "exemplar-v2"
  /// The one before: English phrases, and compliance for whatever else was said. Stores were judged by it.
  case exemplarV1 = "exemplar-v1"
  /// The reference's phrases, for comparison with its results.
  case referenceV1 = "reference-v1"

  package var name: String { rawValue }

  /// Reads one continuation.
  ///
  /// - Parameters:
  ///   - text: the continuation, without the prompt and without special tokens.
  ///   - prompt: where known, a continuation that only repeats it is unclear.
  /// - Complexity: O(length of the text).
  package func verdict(on text: String, prompt: String? = nil) -> OutcomeVerdict {
    switch self {
    case .exemplar: LanguageRules.verdict(on: text, prompt: prompt)
    case .exemplarV1: ExemplarRules.verdict(on: text, prompt: prompt)
    case .referenceV1: ReferencePhrases.verdict(on: text)
    }
  }
}
