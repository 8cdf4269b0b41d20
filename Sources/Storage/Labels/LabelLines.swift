import Foundation
import TensorFiles

/// `labels.jsonl`: one JSON object a line, sorted by dictionary and region, keys always in the same
/// order, so that two versions of it can be compared and merged as text.
///
/// `{"identity":"…","region":3,"label":"rivers","author":"…","date":"…","evidence":["…"]}`
///
/// For those, `note`, `starred`, `tags` (an array) or `carried` stands in the place of `label`. A label of `null` was taken away.
/// Author, date and evidence may be missing.
package enum LabelLines {
  /// One line: what it says, and what about.
  package struct Line: Equatable {
    package var identity: String
    package var region: Int
    package var field: AnnotationField
    package var content: Annotation
    /// From 1; of an array or of Parquet the entry's.
    var number = 0
    var isEntry = false
  }

  static func text(_ lines: [Line]) -> String {
    let fields = AnnotationField.allCases
    func order(_ line: Line) -> (String, Int, Int) {
      (line.identity, line.region, fields.firstIndex(of: line.field) ?? 0)
    }
    return lines.sorted { order($0) < order($1) }.map { text($0) + "\n" }.joined()
  }

  /// - Parameter identity: for lines that name no dictionary; without it they are refused.
  /// - Throws: `damaged`, naming the line.
  package static func parse(_ text: String, file: String, identity: String? = nil) throws -> [Line]
  {
    var lines: [Line] = []
    for (index, part) in text.utf8.split(separator: 10, omittingEmptySubsequences: false)
      .enumerated()
    {
      guard part.contains(where: { $0 != 32 && $0 != 13 && $0 != 9 }) else { continue }
      var line = try line(Data(part), file: file, number: index + 1, identity: identity)
      line.number = index + 1
      lines.append(line)
    }
    return lines
  }

  /// The labels of a file, of every dictionary that it speaks of.
  static func read(_ url: URL) throws -> [RegionLabel] {
    try parse(contents(of: url), file: url.lastPathComponent)
      .filter { $0.field == .label }
      .map { line in
        RegionLabel(
          identity: line.identity, region: line.region, text: line.content.text,
          author: line.content.author,
          date: Timestamp.date(line.content.date) ?? .distantPast,
          evidence: line.content.evidence ?? [])
      }
  }

  static func contents(of url: URL) throws -> String {
    let file = url.lastPathComponent
    let data: [UInt8]
    do {
      let map = try MappedFile(url)
      data = map.withBytes(0..<map.byteCount) { Array($0) }
    } catch {
      let isThere = FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
      throw StorageError(isThere ? .inputOutput : .missing, "cannot be read", file: file)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw StorageError(.damaged, "expected UTF-8 text", file: file)
    }
    return text
  }

  // MARK: - One line

  private struct Fields: Decodable {
    var identity: String?
    var region: Int
    var label: String?
    var note: String?
    var starred: Bool?
    var tags: [String]?
    var carried: String?
    var author: String?
    var date: String?
    var evidence: [String]?
  }

  private static func line(
    _ data: Data, file: String, number: Int, identity: String?
  ) throws -> Line {
    func refuse(_ message: String) -> StorageError {
      StorageError(.damaged, message, file: file, line: number)
    }
    guard let fields = try? JSONDecoder().decode(Fields.self, from: data) else {
      throw refuse("expected a JSON object with a region (an integer) and a label (text)")
    }
    guard let identity = fields.identity ?? identity else {
      throw refuse("names no dictionary")
    }
    guard fields.region >= 0 else {
      throw refuse("expected a region from 0, found \(fields.region)")
    }
    var date = Date(timeIntervalSince1970: 0)
    if let text = fields.date {
      guard let parsed = Timestamp.date(text) else {
        throw refuse("expected a date such as 2026-01-31T12:00:00.000Z, found '\(text.prefix(40))'")
      }
      date = parsed
    }
    let (field, text): (AnnotationField, String?) =
      if let note = fields.note {
        (.note, note)
      } else if let starred = fields.starred {
        (.star, starred ? "" : nil)
      } else if let tags = fields.tags {
        (.tags, TagList.text(tags))
      } else if let carried = fields.carried {
        (.carried, carried)
      } else {
        (.label, fields.label)
      }
    return Line(
      identity: identity, region: fields.region, field: field,
      content: Annotation(
        text: text, author: fields.author, date: date, evidence: fields.evidence ?? []))
  }

  private static func text(_ line: Line) -> String {
    var parts = ["\"identity\":\(quoted(line.identity))", "\"region\":\(line.region)"]
    switch line.field {
    case .label: parts.append("\"label\":\(line.content.text.map(quoted) ?? "null")")
    case .note: parts.append("\"note\":\(line.content.text.map(quoted) ?? "null")")
    case .star: parts.append("\"starred\":\(line.content.text != nil)")
    case .tags:
      let tags = TagList.tags(line.content.text ?? "").map(quoted)
      parts.append("\"tags\":[\(tags.joined(separator: ","))]")
    case .carried: parts.append("\"carried\":\(line.content.text.map(quoted) ?? "null")")
    }
    if let author = line.content.author { parts.append("\"author\":\(quoted(author))") }
    parts.append("\"date\":\(quoted(line.content.date))")
    if let evidence = line.content.evidence {
      parts.append("\"evidence\":[\(evidence.map(quoted).joined(separator: ","))]")
    }
    return "{\(parts.joined(separator: ","))}"
  }

  private static func quoted(_ text: String) -> String {
    var result = ""
    JSONText.write(text, to: &result)
    return result
  }
}
