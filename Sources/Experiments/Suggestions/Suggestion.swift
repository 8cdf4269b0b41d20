import Foundation
import Numerics
import Storage
import TensorFiles

/// What a program would call a region. It is nobody's label until a person takes it.
package struct Suggestion: Sendable, Equatable, Codable {
  package var region: Int
  package var text: String
  /// The program, as it calls itself or by its first word.
  package var author: String
  package var version: String?
  package var date: Date
  /// How well the program's own words tell the region's contexts from others; `nil` where that was not asked.
  package var detection: DetectionScore?

  package init(
    region: Int, text: String, author: String, version: String? = nil, date: Date,
    detection: DetectionScore? = nil
  ) {
    (self.region, self.text, self.author) = (region, text, author)
    (self.version, self.date, self.detection) = (version, date, detection)
  }

  /// Name and version, for a person.
  package var authorTitle: String { author + (version.map { " \($0)" } ?? "") }
}

/// Contexts of a region that the program had not seen, told from contexts of other regions by its own suggestion.
package struct DetectionScore: Sendable, Equatable, Codable {
  /// Own contexts called so, of as many own contexts.
  package var own: Proportion
  /// Contexts of other regions not called so, of as many of those: as many as own ones.
  package var other: Proportion

  package init(own: Proportion, other: Proportion) { (self.own, self.other) = (own, other) }

  /// Told rightly, of all; 0.5 is chance, since there are as many of one kind as of the other.
  package var right: Proportion {
    Proportion(own.successes + other.successes, of: own.count + other.count)
  }

  /// What it answered to every text alike, which is no telling apart; `nil` where it did not.
  private var onlyAnswer: String? {
    if own.successes == own.count, other.successes == 0 { return "yes" }
    return own.successes == 0 && other.successes == other.count ? "no" : nil
  }

  /// `8 of 10 told rightly [0.49, 0.94]`.
  package var words: String {
    guard let interval = right.wilson() else { return "nothing held out" }
    if let onlyAnswer { return "tells nothing: \(onlyAnswer) to all \(right.count) texts" }
    func figure(_ value: Double) -> String { String(format: "%.2f", value) }
    return "\(right.successes) of \(right.count) told rightly "
      + "[\(figure(interval.lower)), \(figure(interval.upper))]"
  }
}

/// What one program suggested in one run, as the notebook keeps it.
package struct SuggestionRun: Sendable, Equatable, Codable {
  package var by: JudgeProvenance
  package var suggestions: [Suggestion]

  package init(by: JudgeProvenance, suggestions: [Suggestion] = []) {
    (self.by, self.suggestions) = (by, suggestions)
  }

  /// - Throws: `DecodingError` for what is no run.
  package init(content: String) throws {
    self = try Self.decoder.decode(SuggestionRun.self, from: Data(content.utf8))
  }

  /// Every run on a dictionary, the latest first; one that cannot be read is passed over.
  package static func all(of identity: String, in notebook: Notebook) throws -> [SuggestionRun] {
    try notebook.experiments(on: identity).filter { $0.kind == .suggestion }.compactMap {
      guard let content = try notebook.content(ofExperiment: $0.id) else { return nil }
      return try? SuggestionRun(content: content)
    }
  }

  /// By region, the latest of each author, the latest first.
  package static func suggestions(
    of identity: String, in notebook: Notebook
  ) throws -> [Int: [Suggestion]] {
    var found: [Int: [Suggestion]] = [:]
    for suggestion in try all(of: identity, in: notebook).flatMap(\.suggestions)
    where found[suggestion.region]?.contains(where: { $0.author == suggestion.author }) != true {
      found[suggestion.region, default: []].append(suggestion)
    }
    return found
  }

  /// Keeps the run in place of what was kept of it so far.
  ///
  /// - Returns: its number in the notebook.
  package func keep(
    for identity: String, in notebook: Notebook, replacing earlier: Int64?, isComplete: Bool
  ) throws -> Int64 {
    let content = String(decoding: try Self.encoder.encode(self), as: UTF8.self)
    let count = suggestions.count
    let id = try notebook.save(
      SavedExperiment(
        identity: identity, kind: .suggestion, title: "suggestions by \(by.title)",
        conclusion: "\(count) suggestion\(count == 1 ? "" : "s")", isComplete: isComplete,
        date: Date()), content: content)
    if let earlier { try notebook.removeExperiment(earlier) }
    return id
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }
}
