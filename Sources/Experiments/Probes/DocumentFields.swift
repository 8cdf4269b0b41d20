import Foundation
import Storage
import TensorFiles

/// What is known of documents besides their text: from a store, or from a file of labels (JSON Lines).
package struct DocumentFields: Sendable {
  private var fieldsOfText: [String: [String: String]] = [:]
  /// Texts by length, longest first, for finding a prompt inside a rendered chat turn.
  private var texts: [String] = []
  /// Fields of which documents of one text have several values, or some a value and some none, with the text.
  private var ambiguous: [String: String] = [:]
  /// Names that some document has.
  package private(set) var names: Set<String> = []

  package init() {}

  /// Reads the documents of a store: split, category, topic, set, id, and the outcome of the baseline continuation.
  ///
  /// - Parameters:
  ///   - sets: takes the documents of these alone.
  ///   - split: likewise.
  package init(store: StoreFile, sets: [String]? = nil, split: String? = nil) throws {
    let outcomes = Dictionary(
      try store.continuations().filter { $0.condition == StoreContinuation.baseline }
        .compactMap { continuation in
          continuation.verdict.map { (continuation.document, $0.outcome) }
        }, uniquingKeysWith: { first, _ in first })
    for document in try store.documents()
    where sets?.contains(document.set) ?? true && (split == nil || document.split == split) {
      var fields = ["set": document.set, "id": document.id]
      fields["split"] = document.split
      fields["category"] = document.category
      fields["topic"] = document.topic
      fields["outcome"] = outcomes[document.index]?.rawValue
      add(fields, text: document.text)
      if document.prompt != document.text { add(fields, text: document.prompt) }
    }
    finish()
  }

  /// Refuses a store whose rows reach into the answers, where an outcome would be read off the answer itself.
  ///
  /// - Throws: `invalidValue` naming the document.
  package static func refuseAnswers(in store: StoreFile) throws {
    let answers = try store.continuations().filter {
      $0.condition == StoreContinuation.baseline && !$0.text.isEmpty
    }
    let documents = try store.documentsByIndex()
    for answer in answers {
      guard let document = documents[answer.document] else { continue }
      // An answer of a word may well be what the prompt ends with; what was read before the answer began is not longer than
      // the prompt and its template.
      guard document.text.hasSuffix(answer.text), !document.prompt.hasSuffix(answer.text),
        document.text.utf8.count > document.prompt.utf8.count + answer.text.utf8.count - 1
      else { continue }
      throw ExperimentError(
        .invalidValue,
        "expected rows of prompts, found document '\(document.id.prefix(60))' that ends in its answer: an outcome is not read off the answer",
        file: store.name)
    }
  }

  /// Reads a table with `text` or `prompt` and any other fields; numbers and booleans become text.
  ///
  /// - Throws: `ExperimentError` with the line's number.
  package init(labels url: URL) throws {
    let table = try ExperimentError.about {
      try TextTable(url, TextTable.Fields(main: ["prompt", "text"], isOpen: true))
    }
    for row in table.rows {
      let found = try ExperimentError.about { try row.field("text") ?? row.field("prompt") }
      guard case .text(let text)? = found?.value, !text.isEmpty else {
        throw ExperimentError(
          .invalidValue, "expected an object with a text or prompt", file: "\(row.place)")
      }
      var fields: [String: String] = [:]
      for (key, value) in row.fields where !["text", "prompt"].contains(key.lowercased()) {
        switch value {
        case .text(let value), .number(let value): fields[key] = value
        case .bool(let value): fields[key] = "\(value)"
        case .null, .list, .object: break
        }
      }
      add(fields, text: text)
    }
    finish()
    guard !texts.isEmpty else {
      throw ExperimentError(.missing, "expected lines of labels, found none", file: table.file)
    }
  }

  private mutating func add(_ fields: [String: String], text: String) {
    if let known = fieldsOfText[text] {
      for name in Set(known.keys).union(fields.keys) where known[name] != fields[name] {
        ambiguous[name] = ambiguous[name] ?? text
      }
    }
    fieldsOfText[text, default: [:]].merge(fields) { _, new in new }
    names.formUnion(fields.keys)
  }

  /// Refuses a field that no document has, and one that documents of the same text do not agree on: they are known by it.
  ///
  /// - Throws: `missing` or `invalidValue`, naming the fields there are, or the text.
  package func check(_ name: String, file: String) throws {
    guard names.contains(name) else {
      throw ExperimentError(
        .missing,
        "expected a field \(onOneLine(name)), found \(names.sorted().joined(separator: ", "))",
        file: file)
    }
    if let text = ambiguous[name] {
      throw ExperimentError(
        .invalidValue,
        "expected one \(onOneLine(name)) of each text, found several, or some with and some without, of “\(onOneLine(String(text.prefix(80))))”",
        file: file)
    }
  }

  private mutating func finish() {
    texts = fieldsOfText.keys.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }

  /// The fields of a document: of its text, or of the longest text that is a whole part of it, as a prompt is of a chat
  /// turn.
  package func fields(of document: String) -> [String: String]? {
    text(of: document).flatMap { fieldsOfText[$0] }
  }

  /// The text under which a document is known.
  package func text(of document: String) -> String? {
    if fieldsOfText[document] != nil { return document }
    return texts.first { Self.contains(document, $0) }
  }

  private static func contains(_ document: String, _ text: String) -> Bool {
    guard text.utf8.count < document.utf8.count, let range = document.range(of: text) else {
      return false
    }
    // A line of its own, or up to the mark that ends a turn: not a text that merely begins like it.
    let before = document[..<range.lowerBound].last
    let after = document[range.upperBound...].first
    return (before == nil || before?.isNewline == true || before == ">")
      && (after == nil || after?.isNewline == true || after == "<")
  }
}
