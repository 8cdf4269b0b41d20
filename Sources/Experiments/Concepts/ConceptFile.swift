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

/// Reads labelled texts of either layout, from JSON Lines or Parquet.
///
/// Ours: `concept`, `text`, `label` (`positive` or `negative`, or `positive: true|false`) and `split` (`train`, or `test`,
/// `heldout`, …). AxBench's `train_data.parquet` and `latent_eval_data.parquet` as they are, or the same columns as JSON
/// Lines: `input`, `output`, `output_concept`, `concept_genre`, `category`, `concept_id`. There the id says whose row it is,
/// since a hard negative's `output_concept` names other concepts, and the positives' says what the concept is called; the
/// file's name says the split; rows of id −1 are negatives of every concept of their genre, or of all.
package enum ConceptFile {
  /// - Throws: `ExperimentError` that names file and line.
  package static func read(_ urls: [URL]) throws -> [ConceptExample] {
    var rows: [Row] = []
    for url in urls {
      rows += try ConceptTable.rows(url).map { try Row($0.object, file: url, place: $0.place) }
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

    init(_ object: [String: Any], file: URL, place: String) throws {
      func fail(_ message: String) -> ExperimentError {
        ExperimentError(.invalidValue, message, file: place)
      }
      func text(_ name: String) -> String? {
        (object[name] as? String).flatMap { $0.isEmpty ? nil : $0 }
      }
      let number = (object["concept_id"] as? NSNumber)?.intValue
      guard let concept = text("concept") ?? number.map({ "\($0)" }) ?? text("output_concept")
      else { throw fail("expected a concept, found none") }
      self.concept = concept
      name = text("concept") ?? text("output_concept")
      genre = text("concept_genre")
      isShared = text("concept") == nil && (number ?? 0) < 0
      label = try Self.label(
        text("label") ?? text("category"),
        object["positive"] as? NSNumber ?? object["label"] as? NSNumber, fail)
      if let split = text("split") {
        isHeldOut = split.lowercased() != "train"
      } else if file.lastPathComponent.contains("train") {
        isHeldOut = false
      } else if file.lastPathComponent.contains("eval") || file.lastPathComponent.contains("test") {
        isHeldOut = true
      } else {
        throw fail("expected a split (train or test), found none")
      }
      if let whole = text("text") ?? text("prompt") {
        self.text = whole
      } else if let input = text("input") ?? text("output") {
        self.input = text("input")
        output = self.input == nil ? nil : text("output")
        self.text = input + (output ?? "")
      } else {
        throw fail("expected a text, found none")
      }
    }

    private static func label(
      _ label: String?, _ value: NSNumber?, _ fail: (String) -> ExperimentError
    ) throws -> ConceptExample.Label {
      guard let label else {
        guard let value else {
          throw fail("expected a label (positive or negative), found none")
        }
        return value.boolValue ? .positive : .negative
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

/// The rows of a table as objects, with the place of each for errors.
enum ConceptTable {
  /// Columns that a table may have beside others, which are not read.
  private static let columns = [
    "concept", "text", "prompt", "label", "positive", "split", "input", "output",
    "output_concept", "concept_genre", "category", "concept_id",
  ]

  static func rows(_ url: URL) throws -> [(object: [String: Any], place: String)] {
    let file = url.lastPathComponent
    guard let data = try? Data(contentsOf: url, options: .alwaysMapped) else {
      throw ExperimentError(.missing, "cannot be read", file: file)
    }
    if data.starts(with: Data("PAR1".utf8)) { return try parquet(url) }
    var rows: [(object: [String: Any], place: String)] = []
    for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated()
    where !line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) {
      let place = "\(file):\(index + 1)"
      guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      else { throw ExperimentError(.invalidValue, "expected a JSON object", file: place) }
      rows.append((object, place))
    }
    return rows
  }

  private static func parquet(_ url: URL) throws -> [(object: [String: Any], place: String)] {
    let name = url.lastPathComponent
    do {
      let file = try ParquetFile(url)
      var objects = [[String: Any]](repeating: [:], count: file.rowCount)
      for column in columns where file.columnNames.contains(column) {
        for (row, value) in try file.values(column).enumerated() {
          switch value {
          case .null: break
          case .bool(let value): objects[row][column] = NSNumber(value: value)
          case .integer(let value): objects[row][column] = NSNumber(value: value)
          case .number(let value): objects[row][column] = NSNumber(value: value)
          case .text(let text): objects[row][column] = text
          }
        }
      }
      return objects.enumerated().map { ($1, "\(name): row \($0)") }
    } catch let error as TensorFileError {
      throw ExperimentError(
        .invalidValue,
        error.code == .unsupportedType
          ? "\(error); pandas.read_parquet(…).to_json(…, orient='records', lines=True) gives JSON Lines, which are read"
          : "\(error)", file: name)
    }
  }
}
