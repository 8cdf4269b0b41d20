/// CSV and its like, as RFC 4180 has it: fields in quotes may hold the delimiter, line breaks and doubled quotes.
///
/// A quote inside a field that does not begin with one is a quote, as Python's and pandas' readers take it.
struct DelimitedText {
  struct Record {
    var fields: [String]
    /// Where it begins, from 1.
    var line: Int
  }

  private let bytes: ArraySlice<UInt8>
  private let delimiter: UInt8
  private let file: String
  private var position: Int
  private var line = 1

  init(_ bytes: ArraySlice<UInt8>, delimiter: UInt8, file: String) {
    (self.bytes, self.delimiter, self.file, position) = (bytes, delimiter, file, bytes.startIndex)
  }

  /// The next record; blank lines are passed over.
  mutating func next() throws -> Record? {
    while position < bytes.endIndex {
      let start = line
      var fields: [String] = []
      var isQuoted = false
      repeat {
        let (field, quoted) = try field()
        fields.append(field)
        isQuoted = isQuoted || quoted
      } while accept(delimiter)
      endLine()
      if fields.count > 1 || isQuoted || !fields[0].isEmpty {
        return Record(fields: fields, line: start)
      }
    }
    return nil
  }

  private func failure(_ message: String, _ line: Int) -> TableError {
    TableError(message, at: TablePlace(file, line: line))
  }

  private mutating func accept(_ byte: UInt8) -> Bool {
    guard position < bytes.endIndex, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private static func isBreak(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

  /// Steps over a line break, if one is there: LF, CR LF or CR.
  private mutating func endLine() {
    if accept(13) {
      _ = accept(10)
    } else {
      guard accept(10) else { return }
    }
    line += 1
  }

  private mutating func field() throws -> (String, isQuoted: Bool) {
    let start = line
    guard accept(UInt8(ascii: "\"")) else {
      let plain = bytes[position...].prefix { $0 != delimiter && !Self.isBreak($0) }
      position = plain.endIndex
      return (try text(plain, start), false)
    }
    var units: [UInt8] = []
    while position < bytes.endIndex {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        guard accept(byte) else {
          guard
            position == bytes.endIndex || bytes[position] == delimiter
              || Self.isBreak(bytes[position])
          else {
            throw failure("expected the end of a field after its closing quote", line)
          }
          return (try text(units[...], start), true)
        }
      } else {
        position += 1
        let isBreak =
          byte == 10 || byte == 13 && (position == bytes.endIndex || bytes[position] != 10)
        if isBreak { line += 1 }
      }
      units.append(byte)
    }
    throw failure("a field in quotes that is not closed", start)
  }

  private func text(_ units: ArraySlice<UInt8>, _ line: Int) throws -> String {
    guard let text = String(validating: units, as: UTF8.self) else {
      throw failure("expected UTF-8 text", line)
    }
    return text
  }
}
