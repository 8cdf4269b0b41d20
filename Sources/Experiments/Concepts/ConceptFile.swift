import Foundation
import Storage
import TensorFiles

/// Labelled texts of several concepts.
package struct ConceptExample: Sendable, Equatable {
  package var concept: String
  /// Ways of spelling the text, the first that a store has counts.
  package var texts: [String]
  package var isPositive: Bool
  package var isHeldOut: Bool
}

/// Reads JSON Lines of either layout.
///
/// Ours: `concept`, `text`, `label` (`positive` or `negative`, or `positive: true|false`) and `split` (`train`, or `test`,
/// `heldout`, …). AxBench's, exported to JSON Lines with its columns as they are: `input`, `output`, `output_concept`,
/// `concept_id`, `category`, and where there is no `split`, the file's name says it (`train_data`, `latent_eval_data`);
/// rows of a negative `concept_id` are negatives of every concept of their `concept_genre`, or of all.
package enum ConceptFile {
  /// - Throws: `ExperimentError` that names file and line.
  package static func read(_ urls: [URL]) throws -> [ConceptExample] {
    var examples: [ConceptExample] = []
    var shared: [(genre: String?, example: ConceptExample)] = []
    var genres: [String: String] = [:]
    var order: [String] = []
    for url in urls {
      guard let data = try? Data(contentsOf: url) else {
        throw ExperimentError(.missing, "cannot be read", file: url.lastPathComponent)
      }
      for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated()
      where !line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) {
        let place = "\(url.lastPathComponent):\(index + 1)"
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        else {
          throw ExperimentError(.invalidValue, "expected a JSON object", file: place)
        }
        let row = Row(object)
        let example = try row.example(fileName: url.lastPathComponent, place: place)
        if row.isShared {
          shared.append((row.genre, example))
        } else {
          if genres[example.concept] == nil { order.append(example.concept) }
          genres[example.concept] = row.genre ?? ""
          examples.append(example)
        }
      }
    }
    for concept in order {
      for (genre, example) in shared where genre == nil || genre == genres[concept] {
        var copy = example
        copy.concept = concept
        examples.append(copy)
      }
    }
    guard !examples.isEmpty else {
      throw ExperimentError(
        .missing, "expected labelled texts, found none",
        file: urls.first?.lastPathComponent ?? "concepts")
    }
    return examples
  }

  private struct Row {
    let object: [String: Any]

    init(_ object: [String: Any]) { self.object = object }

    private func text(_ name: String) -> String? {
      (object[name] as? String).flatMap { $0.isEmpty ? nil : $0 }
    }

    var genre: String? { text("concept_genre") }

    var isShared: Bool {
      text("concept") == nil && (object["concept_id"] as? NSNumber)?.intValue ?? 0 < 0
    }

    func example(fileName: String, place: String) throws -> ConceptExample {
      func fail(_ message: String) -> ExperimentError {
        ExperimentError(.invalidValue, message, file: place)
      }
      let identifier = (object["concept_id"] as? NSNumber).map { "\($0)" }
      guard let concept = text("concept") ?? text("output_concept") ?? identifier else {
        throw fail("expected a concept, found none")
      }
      let isPositive: Bool
      if let label = text("label") ?? text("category") {
        switch label.lowercased() {
        case "positive", "pos", "1", "true": isPositive = true
        case "negative", "neg", "0", "false", "hard negative": isPositive = false
        default: throw fail("expected positive or negative, found '\(label.prefix(20))'")
        }
      } else if let value = object["positive"] as? NSNumber ?? object["label"] as? NSNumber {
        isPositive = value.boolValue
      } else {
        throw fail("expected a label (positive or negative), found none")
      }
      let isHeldOut: Bool
      if let split = text("split") {
        isHeldOut = split.lowercased() != "train"
      } else if fileName.contains("train") {
        isHeldOut = false
      } else if fileName.contains("eval") || fileName.contains("test") {
        isHeldOut = true
      } else {
        throw fail("expected a split (train or test), found none")
      }
      var texts = [text("text") ?? text("prompt")].compactMap { $0 }
      if texts.isEmpty {
        let (input, output) = (text("input"), text("output"))
        if let input, let output { texts.append(input + output) }
        texts += [input, output].compactMap { $0 }
      }
      guard !texts.isEmpty else { throw fail("expected a text, found none") }
      return ConceptExample(
        concept: concept, texts: texts, isPositive: isPositive, isHeldOut: isHeldOut)
    }
  }
}
