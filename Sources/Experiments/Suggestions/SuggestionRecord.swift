import Foundation
import Numerics

/// What a program would call a region, under the keys by which it is printed.
package struct SuggestionRecord: Encodable, Sendable {
  struct Detection: Encodable {
    var n: Int
    var right: Int
    var accuracy: Double?
    var wilson95: ConfidenceInterval?
    var ownCalledSo: Int
    var own: Int
    var otherCalledSo: Int
    var other: Int

    init(_ score: DetectionScore) {
      (n, right) = (score.right.count, score.right.successes)
      (accuracy, wilson95) = (score.right.rate, score.right.wilson())
      (ownCalledSo, own) = (score.own.successes, score.own.count)
      (otherCalledSo, other) = (score.other.count - score.other.successes, score.other.count)
    }
  }

  var id: Int
  var suggestion: String
  var author: String
  var version: String?
  var date: String
  /// `nil` where it was not tested.
  var detection: Detection?

  package init(_ suggestion: Suggestion) {
    (id, self.suggestion) = (suggestion.region, suggestion.text)
    (author, version) = (suggestion.author, suggestion.version)
    date = suggestion.date.formatted(.iso8601)
    detection = suggestion.detection.map(Detection.init)
  }
}

/// What one program suggested in one run, under the keys by which it is printed.
package struct SuggestionRunRecord: Encodable, Sendable {
  struct Unusable: Encodable {
    var region: Int
    var reason: String
  }

  var by: JudgeProvenance
  /// Regions that it had suggested for before.
  var done: Int
  var withoutText: Int
  var unusable: [Unusable]
  var suggestions: [SuggestionRecord]

  package init(
    _ run: SuggestionRun, done: Int, withoutText: Int, unusable: [(region: Int, reason: String)]
  ) {
    (by, self.done, self.withoutText) = (run.by, done, withoutText)
    self.unusable = unusable.map { Unusable(region: $0.region, reason: $0.reason) }
    suggestions = run.suggestions.map(SuggestionRecord.init)
  }
}
