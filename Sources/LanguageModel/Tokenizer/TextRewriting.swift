import Foundation

/// Text on its way to the model: rewritten bytes, and where each came from.
struct RewrittenText {
  var bytes: [UInt8]
  /// For each byte the offset in the source just past the text it stands for.
  var sourceEnds: [Int32]

  /// A copy of part of a buffer; `sourceEnds` count from the start of that part.
  init(_ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    bytes = Array(buffer[range])
    sourceEnds = []
    sourceEnds.reserveCapacity(range.count)
    for offset in 0..<Int32(range.count) { sourceEnds.append(offset + 1) }
  }

  private init(minimumCapacity: Int) {
    bytes = []
    sourceEnds = []
    bytes.reserveCapacity(minimumCapacity)
    sourceEnds.reserveCapacity(minimumCapacity)
  }

  mutating func apply(_ step: RewritingStep, isTextStart: Bool) {
    switch step {
    case .composed: compose()
    case .replace(let pattern, let content): replace(pattern, with: content)
    case .prepend(let content, let condition):
      let isWanted =
        switch condition {
        case .always: true
        case .unlessThere: !bytes.starts(with: content)
        case .unlessThereAtTextStart: isTextStart && !bytes.starts(with: content)
        }
      if isWanted, !bytes.isEmpty { prepend(content) }
    }
  }

  private mutating func prepend(_ content: [UInt8]) {
    bytes.insert(contentsOf: content, at: 0)
    sourceEnds.insert(contentsOf: repeatElement(0, count: content.count), at: 0)
  }

  private mutating func replace(_ pattern: [UInt8], with content: [UInt8]) {
    guard let first = pattern.first, bytes.contains(first) else { return }
    var result = RewrittenText(minimumCapacity: bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == first, bytes[index...].starts(with: pattern) {
        index += pattern.count
        result.bytes.append(contentsOf: content)
        result.sourceEnds.append(
          contentsOf: repeatElement(sourceEnds[index - 1], count: content.count))
      } else {
        result.bytes.append(bytes[index])
        result.sourceEnds.append(sourceEnds[index])
        index += 1
      }
    }
    self = result
  }

  /// Canonical composition (NFC), one extended grapheme cluster after another: composition never
  /// reaches across the boundary of one.
  private mutating func compose() {
    // Nothing below U+0300 changes or combines; its lead byte is 0xCC.
    guard bytes.contains(where: { $0 >= 0xCC }) else { return }
    let text = String(decoding: bytes, as: UTF8.self)
    guard !text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(bytes) else { return }
    var result = RewrittenText(minimumCapacity: bytes.count)
    var index = 0
    for character in text {
      let count = character.utf8.count
      let composed = String(character).precomposedStringWithCanonicalMapping.utf8
      if composed.elementsEqual(bytes[index..<(index + count)]) {
        result.bytes.append(contentsOf: composed)
        result.sourceEnds.append(contentsOf: sourceEnds[index..<(index + count)])
      } else {
        let sourceEnd = sourceEnds[index + count - 1]
        result.bytes.append(contentsOf: composed)
        result.sourceEnds.append(contentsOf: repeatElement(sourceEnd, count: composed.count))
      }
      index += count
    }
    self = result
  }
}

/// A change that a tokenizer makes to text before looking for pieces in it.
enum RewritingStep: Equatable, Sendable {
  /// Unicode normalisation form C.
  case composed
  case replace([UInt8], with: [UInt8])
  /// Puts text in front, unless there is none.
  case prepend([UInt8], PrependCondition)

  /// What a spelling becomes when it stands at the start of a text.
  static func apply(_ steps: [RewritingStep], to spelling: [UInt8]) -> [UInt8] {
    var text = spelling.withUnsafeBufferPointer { RewrittenText($0, 0..<$0.count) }
    for step in steps { text.apply(step, isTextStart: true) }
    return text.bytes
  }

  enum PrependCondition: Sendable {
    case always
    /// Only to text that does not start with it.
    case unlessThere
    /// The same, and only to the start of the whole text.
    case unlessThereAtTextStart
  }
}
