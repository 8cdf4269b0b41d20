import Foundation
import Storage
import TensorFiles

/// Labelled texts of several concepts.
package struct ConceptExample: Sendable, Equatable {
  /// What the categories of AxBench count as.
  package enum Label: Sendable, Equatable {
    case positive, negative
    /// `hard negative`, which AxBench's evaluation leaves out of its AUROC.
    case hardNegative
    /// `hard negative seen` and `hard negative unseen`, which it counts as negatives.
    case countedHardNegative

    package var isHard: Bool { self == .hardNegative || self == .countedHardNegative }
    /// Whether the AUROC is of it.
    package var isScored: Bool { self != .hardNegative }
  }

  package var concept: String
  /// The whole text: the input and, straight after it, the output.
  package var text: String
  /// What the user and what the assistant said, where the file tells them apart.
  package var input: String?
  package var output: String?
  package var label: Label
  package var isHeldOut: Bool

  package var isPositive: Bool { label == .positive }

  /// The id of the document that a capture of the concept files makes of it.
  package var documentID: String {
    ConceptCapture.documentID(
      input: input ?? text, output: output, isHeldOut: isHeldOut)
  }
}

/// Reads labelled texts of either layout, in any of the formats of a `TextTable`.
///
/// Ours: `concept`, `text`, `label` (`positive` or `negative`, or `positive: true|false`) and `split` (`train`, or `test`,
/// `heldout`, …). AxBench's `train_data.parquet` and `latent_eval_data.parquet` as they are, or the same columns as JSON
/// Lines: `input`, `output`, `output_concept`, `concept_genre`, `category`, `concept_id`. There the id says whose row it is,
/// since a hard negative's `output_concept` names other concepts, and the positives' says what the concept is called; the
/// file's name says the split; rows of id −1 are negatives of every concept of their genre, or of all.
package enum ConceptFile {
  private static let fields = TextTable.Fields(
    main: ["concept", "concept_id", "output_concept"],
    other: [
      "text", "prompt", "label", "positive", "split", "input", "output", "concept_genre",
      "category",
    ])

  /// - Throws: `ExperimentError` that names file and line.
  package static func read(_ urls: [URL]) throws -> [ConceptExample] {
    var rows: [Row] = []
    for url in urls {
      let table = try ExperimentError.about { try TextTable(url, Self.fields) }
      rows += try table.rows.map { row in try ExperimentError.about { try Row(row, file: url) } }
    }
    guard !rows.isEmpty else {
      throw ExperimentError(
        .missing, "expected labelled texts, found none",
        file: urls.first?.lastPathComponent ?? "concepts")
    }
    var order: [String] = []
    var names: [String: String] = [:]
    var genres: [String: String] = [:]
    for row in rows where !row.isShared {
      if genres[row.concept] == nil {
        order.append(row.concept)
        genres[row.concept] = row.genre ?? ""
      }
      guard row.isPositive, names[row.concept] == nil else { continue }
      names[row.concept] = row.name
      genres[row.concept] = row.genre ?? ""
    }
    let isUnique = Set(names.values).count == names.count
    func name(_ concept: String) -> String {
      guard let name = names[concept] else { return concept }
      return isUnique ? name : "\(name) (\(concept))"
    }
    let shared = rows.filter(\.isShared)
    return rows.filter { !$0.isShared }.map { $0.example(name($0.concept)) }
      + order.flatMap { concept in
        shared.filter { $0.genre == nil || $0.genre == genres[concept] }
          .map { $0.example(name(concept)) }
      }
  }

  private struct Row {
    /// The concept's own name, or its id.
    var concept: String
    var name: String?
    var genre: String?
    var text: String
    var input: String?
    var output: String?
    var label: ConceptExample.Label
    var isPositive: Bool { label == .positive }
    var isHeldOut: Bool
    /// A negative of every concept.
    var isShared: Bool

    init(_ row: TextTable.Row, file: URL) throws {
      func fail(_ message: String) -> TableError { row.failure(message) }
      func text(_ name: String) throws -> String? {
        guard case .text(let text)? = try row.field(name)?.value else { return nil }
        return text.isEmpty ? nil : text
      }
      let number = try Self.number(row, "concept_id")
      guard let concept = try text("concept") ?? number.map({ "\($0)" }) ?? text("output_concept")
      else { throw fail("expected a concept, found none") }
      self.concept = concept
      name = try text("concept") ?? text("output_concept")
      genre = try text("concept_genre")
      isShared = try text("concept") == nil && (number ?? 0) < 0
      label = try Self.label(
        text("label") ?? text("category") ?? text("positive"),
        Self.flag(row, "positive") ?? Self.flag(row, "label"), fail)
      if let split = try text("split") {
        isHeldOut = split.lowercased() != "train"
      } else if file.lastPathComponent.contains("train") {
        isHeldOut = false
      } else if file.lastPathComponent.contains("eval") || file.lastPathComponent.contains("test") {
        isHeldOut = true
      } else {
        throw fail("expected a split (train or test), found none")
      }
      if let whole = try text("text") ?? text("prompt") {
        self.text = whole
      } else if let input = try text("input") ?? text("output") {
        self.input = try text("input")
        output = self.input == nil ? nil : try text("output")
        self.text = input + (output ?? "")
      } else {
        throw fail("expected a text, found none")
      }
    }

    private static func number(_ row: TextTable.Row, _ name: String) throws -> Int? {
      switch try row.field(name)?.value {
      case nil: return nil
      case .number(let spelled)?, .text(let spelled)?:
        // pandas makes whole numbers of a column with gaps into 3.0.
        if let number = Int(spelled) ?? Double(spelled).flatMap({ Int(exactly: $0) }) {
          return number
        }
        fallthrough
      default: throw row.failure("\(name): expected a whole number")
      }
    }

    private static func flag(_ row: TextTable.Row, _ name: String) throws -> Bool? {
      switch try row.field(name)?.value {
      case .bool(let value)?: value
      case .number(let spelled)?: Double(spelled) != 0
      default: nil
      }
    }

    private static func label(
      _ label: String?, _ value: Bool?, _ fail: (String) -> TableError
    ) throws -> ConceptExample.Label {
      guard let label else {
        guard let value else {
          throw fail("expected a label (positive or negative), found none")
        }
        return value ? .positive : .negative
      }
      switch label.lowercased() {
      case "positive", "pos", "1", "true": return .positive
      case "negative", "neg", "0", "false": return .negative
      case "hard negative": return .hardNegative
      case "hard negative seen", "hard negative unseen": return .countedHardNegative
      default: throw fail("expected positive or negative, found '\(label.prefix(20))'")
      }
    }

    func example(_ concept: String) -> ConceptExample {
      ConceptExample(
        concept: concept, text: text, input: input, output: output, label: label,
        isHeldOut: isHeldOut)
    }
  }
}
