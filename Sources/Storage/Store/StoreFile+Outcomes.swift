import GRDB

extension StoreFile {
  /// How many prompts it has, and how many of them are of a kind that an ablation takes: their set, id or category begins
  /// with `harmful` or `benign`.
  package func promptCounts() throws -> (all: Int, sorted: Int) {
    func begins(_ column: String) -> String {
      "coalesce(\(column), '') GLOB 'harmful*' OR coalesce(\(column), '') GLOB 'benign*'"
    }
    let isSorted = ["promptSet", "name", "category"].map(begins).joined(separator: " OR ")
    return try read { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT count(*), total(\(isSorted)) FROM document WHERE kind = 0")
      return (
        try row?.decode(Int.self, atIndex: 0) ?? 0,
        Int(try row?.decode(Double.self, atIndex: 1) ?? 0)
      )
    }
  }

  /// The fields of its documents that tell some apart from others, which a probe can be of; their names and splits are none.
  package func tellingFields() throws -> [String] {
    try read { db in
      let columns = [("set", "promptSet"), ("category", "category"), ("topic", "topic")]
      var names = try columns.filter { _, column in
        try Int.fetchOne(db, sql: "SELECT count(DISTINCT \(column)) FROM document") ?? 0 > 1
      }.map(\.0)
      let outcomes = try Int.fetchOne(
        db, sql: "SELECT count(DISTINCT outcome) FROM continuation WHERE condition = ?",
        arguments: [StoreContinuation.baseline])
      if outcomes ?? 0 > 1 { names.append("outcome") }
      return names
    }
  }

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
