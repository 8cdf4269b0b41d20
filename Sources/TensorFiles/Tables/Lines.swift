/// The lines of a text, which end in LF, CR LF or CR.
struct Lines: Sequence, IteratorProtocol {
  struct Line {
    var bytes: ArraySlice<UInt8>
    /// From 1.
    var number: Int

    var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
  }

  private var rest: ArraySlice<UInt8>
  var number = 0
  private var isDone = false

  init(_ text: ArraySlice<UInt8>) { rest = text }

  mutating func next() -> Line? {
    guard !isDone else { return nil }
    number += 1
    guard let end = rest.firstIndex(where: { $0 == 10 || $0 == 13 }) else {
      isDone = true
      return rest.isEmpty ? nil : Line(bytes: rest, number: number)
    }
    let line = Line(bytes: rest[..<end], number: number)
    let isPair = rest[end] == 13 && end + 1 < rest.endIndex && rest[end + 1] == 10
    rest = rest[(end + (isPair ? 2 : 1))...]
    return line
  }

  /// The line that a byte is in.
  static func number(of offset: Int, in text: ArraySlice<UInt8>) -> Int {
    var number = 1
    for index in text.startIndex..<Swift.min(offset, text.endIndex) {
      let isPair = text[index] == 13 && index + 1 < text.endIndex && text[index + 1] == 10
      if text[index] == 10 || text[index] == 13 && !isPair { number += 1 }
    }
    return number
  }
}
