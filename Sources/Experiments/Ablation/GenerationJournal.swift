import Foundation
import LanguageModel
import Storage
import TensorFiles

/// Answers kept beside a store, so that an experiment that was stopped goes on and a repeated one starts with them.
///
/// One file of JSON Lines a condition, named by a hash of all that the answers depend on. Lines are only ever
/// added; one that a kill cut short is passed over.
package struct GenerationJournal: Sendable {
  package struct Entry: Codable, Equatable, Sendable {
    /// The prompt's id and SHA-256 of its tokens.
    package var prompt: String
    package var input: String
    package var tokens: [Int]
    package var ending: String
    /// `nil` in lines of earlier versions.
    package var text: String?
  }

  package let url: URL

  /// - Parameters:
  ///   - model: identity of weights and adapter.
  package init(
    folder: URL, model: String, edits: [Edit], maxNewTokens: Int
  ) {
    let key = Self.key(model: model, edits: edits, maxNewTokens: maxNewTokens)
    url = folder.appending(path: "generations-\(key).jsonl")
  }

  /// A hash of all that an answer depends on besides its prompt's tokens.
  static func key(model: String, edits: [Edit], maxNewTokens: Int) -> String {
    var hash = SHA256()
    hash.update("exemplar.generations.1\n\(model)\n\(maxNewTokens)\n")
    for edit in edits {
      hash.update("\(edit.hook.name)\n")
      switch edit.operation {
      case .ablate(let centre, let basis, let strength):
        hash.update("ablate \(strength)\n")
        for values in [centre, basis] { values.withUnsafeBytes { hash.update($0) } }
      case .steer(let direction, let alpha):
        hash.update("steer \(alpha)\n")
        direction.withUnsafeBytes { hash.update($0) }
      case .replace(let rows):
        hash.update("replace \(edit.positions)\n")
        rows.withUnsafeBytes { hash.update($0) }
      }
    }
    return String(hash.hexDigest().prefix(32))
  }

  package static func inputHash(_ tokens: [Int]) -> String {
    SHA256.hexDigest(of: tokens.map(String.init).joined(separator: " "))
  }

  /// Entries by prompt id; the last of several counts.
  ///
  /// - Throws: `wrongKind` where something other than a file stands there.
  package func entries() throws -> [String: Entry] {
    Dictionary(
      try JournalLines.read(Entry.self, of: url).map { ($0.prompt, $0) },
      uniquingKeysWith: { _, last in last })
  }

  /// - Throws: where the folder cannot be written to.
  package func append(_ entry: Entry) throws { try JournalLines.append(entry, to: url) }
}

/// Files of JSON Lines that are only ever added to.
enum JournalLines {
  /// The lines that are whole; none where there is no file, or none that may be read.
  ///
  /// - Throws: `wrongKind` where something other than a file stands there: what is kept would be lost in it.
  static func read<Line: Decodable>(_: Line.Type, of url: URL) throws -> [Line] {
    let kind = OrdinaryFile.otherKind(atPath: url.path(percentEncoded: false))
    if let kind { throw refusal(of: kind, url) }
    guard let data = try? OrdinaryFile.data(url, limit: .max) else { return [] }
    let decoder = JSONDecoder()
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? decoder.decode(Line.self, from: Data($0))
    }
  }

  private static func refusal(of kind: String, _ url: URL) -> StorageError {
    StorageError(.wrongKind, OrdinaryFile.refusal(of: kind), file: url.lastPathComponent)
  }

  /// - Throws: where the folder cannot be written to.
  static func append(_ value: some Encodable, to url: URL) throws {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // A line break first closes a line that was cut short.
    let line = try Data("\n".utf8) + encoder.encode(value)
    let descriptor = open(
      url.path(percentEncoded: false), O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK, 0o600)
    // A pipe in its place is not waited for.
    guard descriptor >= 0 else {
      throw StorageError(.readOnly, "cannot be written to", file: url.lastPathComponent)
    }
    defer { close(descriptor) }
    if let kind = OrdinaryFile.otherKind(ofDescriptor: descriptor) { throw refusal(of: kind, url) }
    let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count else {
      throw StorageError(.readOnly, "cannot be written to", file: url.lastPathComponent)
    }
  }
}
