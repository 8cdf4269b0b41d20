import Foundation
import GRDB

/// An experiment that the notebook keeps.
package struct SavedExperiment: Sendable, Equatable, Identifiable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case ablation, steering, coverage, probe, detection, autoencoder, stability, paths, alignment
    case trace, suggestion, saturation, grid, playground, patching, neighbourhood, resolution
    case directions
  }

  /// Given by the notebook; ascending in the order of saving.
  package var id: Int64
  /// The dictionary's identity.
  package var identity: String
  package var kind: Kind
  package var title: String
  package var conclusion: String
  package var isComplete: Bool
  package var date: Date
  /// JSON of what a list has room for, as the content has it under `headline`; `nil` where it has none.
  package var headline: String?

  package init(
    id: Int64 = 0, identity: String, kind: Kind, title: String, conclusion: String,
    isComplete: Bool, date: Date, headline: String? = nil
  ) {
    self.id = id
    self.identity = identity
    self.kind = kind
    self.title = title
    self.conclusion = conclusion
    self.isComplete = isComplete
    self.date = date
    self.headline = headline
  }
}

extension Notebook {
  /// Keeps an experiment.
  ///
  /// - Parameter content: JSON of every number and where it comes from; whole answers have no place in it. What it
  ///   has under `headline`, an object, comes back with the list.
  /// - Returns: its id; the id and the headline of `experiment` are not looked at.
  @discardableResult
  package func save(_ experiment: SavedExperiment, content: String) throws -> Int64 {
    let id = try write { db in
      try db.execute(
        sql: """
          INSERT INTO experiment (dictionary, kind, title, conclusion, complete, content, date)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          experiment.identity, experiment.kind.rawValue, experiment.title, experiment.conclusion,
          experiment.isComplete, content, Timestamp.text(experiment.date),
        ])
      return db.lastInsertedRowID
    }
    return number(ofExperiment: id)
  }

  /// The experiments on a dictionary, the latest first; on all where none is named.
  package func experiments(on identity: String? = nil) throws -> [SavedExperiment] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, dictionary, kind, title, conclusion, complete, date,
            CASE WHEN json_valid(content) THEN json_extract(content, '$.headline') END
          FROM experiment
          WHERE dictionary = coalesce(?, dictionary) ORDER BY id DESC
          """, arguments: [identity]
      ).map { row in
        let (kind, date) = (
          try row.decode(String.self, atIndex: 2), try row.decode(String.self, atIndex: 6)
        )
        guard let kind = SavedExperiment.Kind(rawValue: kind), let date = Timestamp.date(date)
        else {
          throw StorageError(
            .damaged, "an experiment is of kind '\(kind)', dated '\(date)'",
            file: url.lastPathComponent)
        }
        return SavedExperiment(
          id: try row.decode(Int64.self, atIndex: 0),
          identity: try row.decode(String.self, atIndex: 1), kind: kind,
          title: try row.decode(String.self, atIndex: 3),
          conclusion: try row.decode(String.self, atIndex: 4),
          isComplete: try row.decode(Bool.self, atIndex: 5), date: date,
          headline: try row.decode(String?.self, atIndex: 7))
      }
    }
  }

  /// The JSON of an experiment; `nil` where there is none of that id.
  package func content(ofExperiment id: Int64) throws -> String? {
    try read {
      try String.fetchOne(
        $0, sql: "SELECT content FROM experiment WHERE id = ?", arguments: [id])
    }
  }

  /// Forgets an experiment; the answers beside its store stay.
  package func removeExperiment(_ id: Int64) throws {
    try write { try $0.execute(sql: "DELETE FROM experiment WHERE id = ?", arguments: [id]) }
  }
}
