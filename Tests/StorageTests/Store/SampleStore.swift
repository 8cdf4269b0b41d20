import Foundation
import TensorFiles

@testable import Storage

/// A small store whose every number can be told from its place.
struct SampleStore {
  static let hooks = [
    StoreHook(name: "blocks.0.hook_resid_post", dimension: 3),
    StoreHook(name: "blocks.1.hook_resid_post", dimension: 2),
  ]

  static var provenance: StoreProvenance {
    var provenance = StoreProvenance()
    provenance.model = "tiny.gguf"
    provenance.modelHash = "00ff"
    provenance.template = "chatml"
    provenance.seed = 7
    provenance.created = "2026-01-02T03:04:05Z"
    return provenance
  }

  /// Row r of hook h is r, r + 0.25 + h, ….
  static func value(row: Int, hook: Int, component: Int) -> Float {
    Float(row) + Float(component) * (0.25 + Float(hook))
  }

  static let lengths = [4, 2, 5, 1, 3, 3]

  /// The documents `range` of six, as one unit.
  static func unit(_ range: Range<Int>) -> StoreUnit {
    let firstRow = lengths[..<range.lowerBound].reduce(0, +)
    let rowCount = lengths[range].reduce(0, +)
    let entries = range.map { index in
      let text = "text \(index)"
      let document = StoreDocument(
        id: "prompt-\(index)", kind: index == 5 ? .text : .prompt,
        set: index % 2 == 0 ? "harmful" : "benign", split: "train", category: nil,
        topic: "topic \(index)", prompt: "words \(index)", text: text, rowCount: lengths[index],
        tokenCount: lengths[index])
      let ids = (0..<lengths[index]).map { Int32(100 * index + $0) }
      let ends = (0..<lengths[index]).map { Int32(min($0 + 1, text.utf8.count)) }
      let answer = StoreContinuation(
        text: "I cannot.", tokens: [5, 3, 9], ending: "endToken",
        verdict: index == 0
          ? StoreVerdict(
            outcome: .refused, classifier: "test-v1", phrase: "I cannot", phraseRange: 0..<8)
          : nil)
      return StoreUnit.Entry(
        document: document, tokens: StoreTokens(ids: ids, ends: ends),
        continuations: index == 5 ? [] : [answer])
    }
    let rows = hooks.indices.map { hook in
      (firstRow..<firstRow + rowCount).flatMap { row in
        (0..<hooks[hook].dimension).map { value(row: row, hook: hook, component: $0) }
      }
    }
    return StoreUnit(entries: entries, rows: rows)
  }

  static func writer(
    _ url: URL, _ type: ElementType = .f32, provenance: StoreProvenance = provenance,
    overwrite: Bool = false
  ) throws -> StoreWriter {
    try StoreWriter(
      url, provenance: provenance, hooks: hooks, elementType: type, overwrite: overwrite)
  }

  /// Three units of two documents each, finished.
  @discardableResult
  static func write(_ url: URL, _ type: ElementType = .f32) throws -> StoreFile {
    let writer = try writer(url, type)
    for first in stride(from: 0, to: 6, by: 2) { try writer.append(unit(first..<first + 2)) }
    try writer.finish()
    return try StoreFile(url)
  }
}
