import Terminal

/// A line of text: pieces with the roles they are drawn in (`nil`: as what is beneath).
struct StyledText: Equatable {
  struct Piece: Equatable {
    var text: String
    var role: String?

    init(_ text: String, _ role: String? = nil) {
      self.text = text
      self.role = role
    }
  }

  var pieces: [Piece]

  init(_ pieces: [Piece]) { self.pieces = pieces }
  init(_ text: String, _ role: String? = nil) { pieces = [Piece(text, role)] }

  /// On the screen.
  var columns: Int { pieces.reduce(0) { $0 + DisplayWidth.of($1.text) } }

  /// - Parameter isSelected: whether all of it has one look, that of a selected row.
  func draw(_ pen: inout Pen, isSelected: Bool = false, into screen: inout Cells) {
    for piece in pieces { pen.write(piece.text, isSelected ? nil : piece.role, into: &screen) }
  }
}

extension String {
  /// With spaces behind it up to `width` columns of the screen.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - DisplayWidth.of(self)))
  }

  /// With spaces before it up to `width` columns of the screen.
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - DisplayWidth.of(self))) + self
  }
}

/// Text cut into lines at spaces.
enum WrappedText {
  /// - Complexity: O(length).
  static func lines(_ text: String, columns: Int) -> [String] {
    guard columns > 0 else { return [] }
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      var width = 0
      for word in paragraph.split(separator: " ") {
        let wordWidth = DisplayWidth.of(word)
        if !line.isEmpty, width + 1 + wordWidth > columns {
          lines.append(line)
          (line, width) = ("", 0)
        }
        if !line.isEmpty {
          line += " "
          width += 1
        }
        line += word
        width += wordWidth
      }
      lines.append(line)
    }
    return lines
  }
}
