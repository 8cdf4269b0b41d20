import Foundation

/// A person's label for a region.
package struct RegionLabel: Sendable, Equatable {
  /// Of the dictionary; see ``ExemplarPartitioning/ExemplarDictionary/identity``.
  package var identity: String
  package var region: Int
  /// `nil` where a person took the label away, which hides labels from elsewhere.
  package var text: String?
  package var author: String?
  /// To the millisecond.
  package var date: Date
  /// What the label was given on the strength of, in words or ids of the author's choice.
  package var evidence: [String]

  package init(
    identity: String, region: Int, text: String?, author: String? = nil, date: Date,
    evidence: [String] = []
  ) {
    self.identity = identity
    self.region = region
    self.text = text
    self.author = author
    self.date = date
    self.evidence = evidence
  }
}

/// What the notebook keeps about a region.
package enum AnnotationField: String, Sendable, CaseIterable, Codable {
  case label, note, star
  /// Words without spaces, joined by spaces.
  case tags
  /// A label that was carried here from another dictionary and that nobody has confirmed.
  case carried
}

/// The content of one annotation; for a star the text is empty.
package struct Annotation: Sendable, Equatable, Codable {
  package var text: String?
  package var author: String?
  /// ISO 8601 in UTC with milliseconds, so that text order is time order.
  package var date: String
  package var evidence: [String]?

  init(text: String?, author: String?, date: Date, evidence: [String]) {
    self.text = text
    self.author = author
    self.date = Timestamp.text(date)
    self.evidence = evidence.isEmpty ? nil : evidence
  }
}

/// Dates as the notebook and `labels.jsonl` spell them.
enum Timestamp {
  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  static func text(_ date: Date) -> String {
    // The style cuts fractions off where a date read back must not drift by a millisecond.
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    return Date(timeIntervalSince1970: (milliseconds + 0.25) / 1000).formatted(style)
  }

  /// The date, with or without fractions of a second; `nil` for anything else.
  static func date(_ text: String) -> Date? {
    guard let date = (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text)) else {
      return nil
    }
    return Date(timeIntervalSince1970: (date.timeIntervalSince1970 * 1000).rounded() / 1000)
  }
}
