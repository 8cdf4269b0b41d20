import Storage
import Terminal

/// Where a document goes on the screen; the view draws it and moving is measured by it.
struct DocumentArea {
  let title: Rect
  let text: Rect
  /// Two rows: what the colours mean, and the token under the cursor.
  let legend: Rect

  init(body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let (text, legend) = rest.split(rows: max(1, rest.rows - 3))
    self.title = title
    self.text = text
    self.legend = legend
  }

  var textColumns: Int { max(10, text.columns - 4) }
  var textRows: Int { max(1, text.rows) }
}

/// A line of a document that was broken to fit.
package struct DocumentLine: Equatable, Sendable {
  struct Piece: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
      case token, template
      /// The token in the region of a document whose other tokens are not known.
      case active
      /// Not of the text: brackets, boundaries, dots, the sign of a line break.
      case mark
    }

    var text: String
    /// Index among the loaded tokens; `nil` where tokens were not recorded.
    var token: Int?
    var kind: Kind
  }

  var pieces: [Piece] = []
  /// Indices of the tokens on it.
  package var tokens: Range<Int>

  /// Breaks a document into lines, between tokens where it can be.
  ///
  /// - Complexity: O(text).
  static func lines(
    of page: DocumentState, _ dictionary: OpenedDictionary, columns: Int
  ) -> [DocumentLine] {
    guard let stored = page.loaded?.text else { return [] }
    var breaker = Breaker(columns: columns)
    let bytes = Array(stored.text.utf8)
    let isWhole = stored.byteCount == bytes.count
    let hasPrefix = isWhole && stored.text.hasPrefix(dictionary.commonPrefix)
    let hasSuffix = isWhole && stored.text.hasSuffix(dictionary.commonSuffix)
    let start = hasPrefix ? dictionary.commonPrefix.utf8.count : 0
    let end = bytes.count - (hasSuffix ? dictionary.commonSuffix.utf8.count : 0)
    func kind(_ range: Range<Int>) -> Piece.Kind {
      range.upperBound <= start || range.lowerBound >= end ? .template : .token
    }
    guard !stored.tokens.isEmpty else {
      for (range, own) in [
        (0..<start, true), (start..<max(start, end), false), (max(start, end)..<bytes.count, true),
      ]
      where !range.isEmpty {
        let kind: Piece.Kind = own ? .template : .token
        guard let token = page.ownToken, range.contains(token.lowerBound) else {
          breaker.add(String(decoding: bytes[range], as: UTF8.self), token: nil, kind: kind)
          continue
        }
        let parts = [
          range.lowerBound..<token.lowerBound, token,
          min(token.upperBound, range.upperBound)..<range.upperBound,
        ].map { String(decoding: bytes[$0], as: UTF8.self) }
        breaker.add(parts[0], token: nil, kind: kind)
        breaker.mark("‹", token: nil)
        breaker.add(parts[1], token: nil, kind: .active)
        breaker.mark("›", token: nil)
        breaker.add(parts[2], token: nil, kind: kind)
      }
      return breaker.finished
    }
    var shown = stored.tokens.indices
    if let reach = page.reach, let active = page.activeToken {
      shown = max(0, active - reach)..<min(stored.tokens.count, active + reach + 1)
    }
    if shown.lowerBound > 0 || stored.textOffset > 0 { breaker.mark("…", token: nil) }
    var pending: (index: Int, start: Int)?
    var ends = Set<Int>()
    var reached = 0
    for character in stored.text {
      reached += character.utf8.count
      ends.insert(reached)
    }
    for index in shown {
      let token = stored.tokens[index]
      let range = (pending?.start ?? token.lowerBound)..<token.upperBound
      // A token may end inside a character; what it begins is shown with the token that ends it.
      if !range.isEmpty, !ends.contains(range.upperBound), index + 1 < shown.upperBound {
        pending = (pending?.index ?? index, range.lowerBound)
        continue
      }
      let isActive =
        page.activeToken.map { ((pending?.index ?? index)...index).contains($0) } == true
      pending = nil
      if isActive { breaker.mark("‹", token: index) }
      breaker.add(
        String(decoding: bytes[range], as: UTF8.self), token: index, kind: kind(range))
      if isActive {
        breaker.mark("›", token: index)
      } else if page.showsBoundaries {
        breaker.mark("│", token: index)
      }
    }
    if shown.upperBound < stored.tokens.count || stored.textOffset + bytes.count < stored.byteCount
    {
      breaker.mark("…", token: nil)
    }
    return breaker.finished
  }

  private struct Breaker {
    let columns: Int
    private var lines: [DocumentLine] = []
    private var line = DocumentLine(tokens: 0..<0)
    private var used = 0

    init(columns: Int) { self.columns = columns }

    var finished: [DocumentLine] { lines + (line.pieces.isEmpty ? [] : [line]) }

    mutating func mark(_ text: String, token: Int?) {
      if used + 1 > columns { breakLine() }
      append(text, token, .mark, 1)
    }

    mutating func add(_ text: String, token: Int?, kind: Piece.Kind) {
      let width = DisplayWidth.of(text)
      if width <= columns, used + width > columns { breakLine() }
      var run = ""
      var runWidth = 0
      for character in text {
        if character.isNewline {
          append(run, token, kind, runWidth)
          if used + 1 > columns { breakLine() }
          append("⏎", token, .mark, 1)
          breakLine()
          (run, runWidth) = ("", 0)
          continue
        }
        let width = DisplayWidth.of(character)
        if used + runWidth + width > columns {
          append(run, token, kind, runWidth)
          breakLine()
          (run, runWidth) = ("", 0)
        }
        run.append(character)
        runWidth += width
      }
      append(run, token, kind, runWidth)
    }

    private mutating func append(_ text: String, _ token: Int?, _ kind: Piece.Kind, _ width: Int) {
      guard !text.isEmpty else { return }
      if let token {
        line.tokens =
          line.tokens.isEmpty ? token..<token + 1 : line.tokens.lowerBound..<token + 1
      }
      line.pieces.append(Piece(text: text, token: token, kind: kind))
      used += width
    }

    private mutating func breakLine() {
      lines.append(line)
      line = DocumentLine(tokens: 0..<0)
      used = 0
    }
  }
}
