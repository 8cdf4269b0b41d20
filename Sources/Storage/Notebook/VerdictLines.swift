import Foundation

/// `verdicts.jsonl`: one JSON object a line, sorted, keys always in the same order.
///
/// `{"store":"…","document":"harmful-003","condition":"baseline","textHash":"…",
/// "outcome":"refused","author":"…","date":"…","classifier":"exemplar-v1","classified":"unclear",
/// "note":"…"}`, on one line. An outcome of `null` was taken away. Author, date, classifier,
/// classified and note may be missing.
enum VerdictLines {
  private struct Fields: Codable {
    var store: String
    var document: String
    var condition: String
    var textHash: String
    var outcome: Outcome?
    var author: String?
    var date: String?
    var classifier: String?
    var classified: Outcome?
    var note: String?
  }

  static func text(_ verdicts: [PersonalVerdict]) -> String {
    func order(_ verdict: PersonalVerdict) -> (String, String, String, String) {
      (verdict.key.store, verdict.key.document, verdict.key.condition, verdict.key.textHash)
    }
    return verdicts.sorted { order($0) < order($1) }.map { text($0) + "\n" }.joined()
  }

  private static func text(_ verdict: PersonalVerdict) -> String {
    let entries: [(String, String?)] = [
      ("store", verdict.key.store), ("document", verdict.key.document),
      ("condition", verdict.key.condition), ("textHash", verdict.key.textHash),
      ("outcome", verdict.outcome?.rawValue), ("author", verdict.author),
      ("date", Timestamp.text(verdict.date)), ("classifier", verdict.classifier),
      ("classified", verdict.classified?.rawValue), ("note", verdict.note),
    ]
    let parts = entries.compactMap { name, value in
      value.map { "\"\(name)\":\(LabelLines.quoted($0))" }
        ?? (name == "outcome" ? "\"outcome\":null" : nil)
    }
    return "{\(parts.joined(separator: ","))}"
  }

  /// - Throws: `damaged`, naming the line.
  static func parse(
    _ text: String, file: String
  ) throws -> [(number: Int, verdict: PersonalVerdict)] {
    let parts = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
    return try parts.enumerated().compactMap { index, part in
      guard part.contains(where: { $0 != 32 && $0 != 13 && $0 != 9 }) else { return nil }
      func refuse(_ message: String) -> StorageError {
        StorageError(.damaged, message, file: file, line: index + 1)
      }
      guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(part)) else {
        throw refuse(
          "expected a JSON object with store, document, condition, textHash and an outcome "
            + "(\(Outcome.allCases.map(\.rawValue).joined(separator: ", ")) or null)")
      }
      let isHash = fields.textHash.utf8.count == 64 && fields.textHash.allSatisfy(\.isHexDigit)
      guard isHash else { throw refuse("expected a SHA-256 in hex as textHash") }
      let date = fields.date.map(Timestamp.date) ?? Date(timeIntervalSince1970: 0)
      guard let date else {
        throw refuse("expected a date such as 2026-01-31T12:00:00.000Z")
      }
      return (
        index + 1,
        PersonalVerdict(
          key: ContinuationKey(
            store: fields.store, document: fields.document, condition: fields.condition,
            textHash: fields.textHash.lowercased()),
          outcome: fields.outcome, author: fields.author, date: date,
          classifier: fields.classifier, classified: fields.classified, note: fields.note)
      )
    }
  }
}
