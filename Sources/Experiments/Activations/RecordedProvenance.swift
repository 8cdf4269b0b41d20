import Foundation
import Storage
import TensorFiles

/// What may lie beside the shards of a folder: `provenance.json` (the model and hook they were captured at) and
/// `tokens.jsonl` (where each token of a prompt ends).
package struct RecordedProvenance: Sendable {
  /// The fields of a provenance that a capture knows; the others are filled in by a build.
  package var provenance = DictionaryProvenance()
  /// By prompt: the UTF-8 offset after each of its tokens.
  package var tokenEnds: [String: [Int32]] = [:]

  init(provenance: DictionaryProvenance = DictionaryProvenance()) { self.provenance = provenance }

  /// `nil` where no such file is there.
  private static func data(_ url: URL) throws -> Data? {
    do {
      return try OrdinaryFile.data(url, limit: .max)
    } catch let error as TensorFileError where error.code == .missing {
      return nil
    }
  }

  /// - Throws: `ExperimentError` for a file that is there and cannot be understood; `TensorFileError` where it cannot be read.
  package init(folder: URL) throws {
    let json = folder.appending(path: "provenance.json")
    if let data = try Self.data(json) {
      do {
        provenance = try JSONDecoder().decode(DictionaryProvenance.self, from: data)
      } catch {
        throw ExperimentError(
          .invalidValue, "expected a JSON object of provenance fields: \(error)",
          file: json.lastPathComponent)
      }
    }
    let tokens = folder.appending(path: "tokens.jsonl")
    guard let data = try Self.data(tokens) else { return }
    struct Line: Decodable {
      var text: String
      var ends: [Int32]
    }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, bytes) in lines.enumerated()
    where !bytes.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else {
        throw ExperimentError(
          .invalidValue, "line \(number + 1): expected {\"text\": …, \"ends\": […]}",
          file: tokens.lastPathComponent)
      }
      guard zip(line.ends, line.ends.dropFirst()).allSatisfy({ $0 <= $1 }),
        line.ends.first ?? 0 >= 0, line.ends.last ?? 0 <= line.text.utf8.count
      else {
        throw ExperimentError(
          .invalidValue,
          "line \(number + 1): expected offsets that ascend from 0 to \(line.text.utf8.count)",
          file: tokens.lastPathComponent)
      }
      tokenEnds[line.text] = line.ends
    }
  }
}
