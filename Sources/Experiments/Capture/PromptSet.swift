import Foundation
import TensorFiles

/// A file of prompts: JSON Lines with `prompt` (or `text`), and `id`, `set`, `split`, `category`, `topic`
/// where there are some.
package struct PromptSet: Sendable {
  package struct Prompt: Equatable, Sendable {
    /// Its own, or the set's name and the line where the file gives none.
    package var id: String
    package var text: String
    /// The line's own, or the file's name.
    package var set: String
    package var split: String?
    package var category: String?
    package var topic: String?
    /// Counted from 1.
    package var line: Int
  }

  /// The file's name without its extension.
  package let name: String
  /// The file's name.
  package let file: String
  package let prompts: [Prompt]

  /// - Throws: `ExperimentError` with the line of what is no prompt, empty, or of an id that was there before.
  package init(_ url: URL) throws {
    (file, name) = (url.lastPathComponent, url.deletingPathExtension().lastPathComponent)
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw ExperimentError(.missing, "cannot be read", file: file)
    }
    prompts = try Self.parse(data, file: file, set: name)
  }

  package init(_ data: Data, file: String) throws {
    self.file = file
    name = URL(filePath: file).deletingPathExtension().lastPathComponent
    prompts = try Self.parse(data, file: file, set: name)
  }

  private static func parse(_ data: Data, file: String, set: String) throws -> [Prompt] {
    struct Line: Decodable {
      var id: String?
      var prompt: String?
      var text: String?
      var set: String?
      var split: String?
      var category: String?
      var topic: String?
    }
    var prompts: [Prompt] = []
    var seen: [String: Int] = [:]
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() where !bytes.allSatisfy({ $0 == 32 || $0 == 13 }) {
      func fail(_ message: String) -> ExperimentError {
        ExperimentError(.invalidValue, message, file: "\(file):\(index + 1)")
      }
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else {
        throw fail("expected a JSON object with a prompt")
      }
      guard let text = line.prompt ?? line.text, text.contains(where: { !$0.isWhitespace }) else {
        throw fail("expected a prompt, found none")
      }
      let id = line.id ?? "\(set)-\(index + 1)"
      if let earlier = seen.updateValue(index + 1, forKey: id) {
        throw fail("the id \(TensorFileError.printable(id)) was there before, in line \(earlier)")
      }
      prompts.append(
        Prompt(
          id: id, text: text, set: line.set ?? set, split: line.split, category: line.category,
          topic: line.topic,
          line: index + 1))
    }
    guard !prompts.isEmpty else {
      throw ExperimentError(.missing, "expected prompts, found none", file: file)
    }
    return prompts
  }
}
