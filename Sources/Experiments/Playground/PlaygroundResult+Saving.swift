import Foundation
import Storage

extension PlaygroundResult {
  /// Keeps it in the notebook: every prompt and setting, and of answers the first words, with the hash by which the whole text
  /// is known again when it is run again.
  ///
  /// - Returns: its id.
  @discardableResult
  package func save(to notebook: Notebook, at date: Date = Date()) throws -> Int64 {
    try notebook.save(
      SavedExperiment(
        identity: provenance.identity, kind: .playground, title: title, conclusion: conclusion,
        isComplete: isComplete, date: date), content: try savedContent())
  }

  package func savedContent() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let record = String(decoding: try encoder.encode(self), as: UTF8.self)
    var printed = PlaygroundRecord(self, experiment: nil)
    printed.prompts = nil
    return report.content(
      with: JSONValue(encoding: printed).entries + [("record", JSONValue.encoded(record))])
  }

  /// Its table, for whoever reads it among other results: the first words of every answer.
  package var report: ResultReport {
    func opening(_ answer: Answer?) -> String {
      answer.map { $0.isOpening ? $0.text : AblationResult.opening($0.text) } ?? "—"
    }
    let rows = prompts.map { prompt in
      [AblationResult.opening(prompt.text)] + conditions.map { opening(prompt.answers[$0]) }
    }
    let records = prompts.map { prompt in
      JSONValue.object(
        [("prompt", .string(prompt.text))]
          + conditions.map { ($0.rawValue, .string(opening(prompt.answers[$0]))) })
    }
    return ResultReport(
      identities: [provenance.identity], text: ([title] + remarks).joined(separator: "\n"),
      header: ["prompt"] + conditions.map { name($0) }, rows: rows, plot: nil,
      csv: CSVTable(records).text)
  }

  /// What is to be known beside the texts.
  package var remarks: [String] {
    (residualNorm.map { ["1 norm is α \($0.words)"] } ?? []) + notices.map { "note: \($0)" }
      + [conclusion]
  }

  /// Reads one back from what the notebook keeps of it.
  ///
  /// - Throws: `ExperimentError.invalidValue` for content that is none.
  package init(savedContent content: String, id: Int64) throws {
    struct Saved: Decodable { var record: PlaygroundResult }
    do {
      self = try JSONDecoder().decode(Saved.self, from: Data(content.utf8)).record
    } catch {
      throw ExperimentError(
        .invalidValue, "experiment \(id) is no playground's, or cannot be read", file: "notebook")
    }
  }

  /// The one of that number on a dictionary.
  ///
  /// - Throws: `ExperimentError.missing` where there is none, `mismatch` for one of another kind.
  package static func saved(
    _ id: Int64, in notebook: Notebook, on identity: String
  ) throws -> PlaygroundResult {
    guard let entry = try notebook.experiments(on: identity).first(where: { $0.id == id }),
      let content = try notebook.content(ofExperiment: id)
    else {
      throw ExperimentError(
        .missing, "expected the number of a saved experiment on this dictionary, found \(id)",
        file: "notebook")
    }
    guard entry.kind == .playground else {
      throw ExperimentError(
        .mismatch,
        "expected a playground, but experiment \(id) is of kind \(entry.kind.rawValue)",
        file: "notebook")
    }
    return try PlaygroundResult(savedContent: content, id: id)
  }
}
