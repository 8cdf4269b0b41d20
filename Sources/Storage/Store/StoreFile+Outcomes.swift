import GRDB

extension StoreFile {
  /// How the unedited model answered the prompts, by the verdicts that are recorded and without reading an answer.
  ///
  /// - Returns: `nil` where there are no answers, where some have no verdict or another classifier's, and where a part of the
  ///   sets was taken.
  package func recordedOutcomes() throws -> OutcomeCounts? {
    guard takenSets == nil else { return nil }
    return try read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT outcome, classifier, count(*) FROM continuation
          JOIN document ON document.id = continuation.document
          WHERE condition = ? AND kind = 0 AND document.rowCount > 0 GROUP BY outcome, classifier
          """, arguments: [StoreContinuation.baseline])
      var counts = OutcomeCounts()
      var classifiers: Set<String> = []
      for row in rows {
        guard let name = try row.decode(StoredText?.self, atIndex: 0)?.text,
          let outcome = Outcome(rawValue: name)
        else { return nil }
        classifiers.insert(try row.decode(StoredText?.self, atIndex: 1)?.text ?? "")
        counts[outcome] += try row.decode(Int.self, atIndex: 2)
      }
      return classifiers.count == 1 ? counts : nil
    }
  }
}
