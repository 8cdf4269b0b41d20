import Storage
import Terminal

/// A piece of a line that looks one way.
struct TextSpan: Equatable, Sendable {
  enum Look: Equatable, Sendable {
    case plain
    /// What a match of the search is.
    case match
    /// The activating token.
    case token
    /// What is not of the text: the brackets around the token, the dots where text is left out.
    case mark
  }

  var text: String
  var look: Look
  var columns: Int
}

/// Fits a context into a few lines so that its activating token can be seen.
///
/// A text that does not fit is shown around the token, or else around the first match, or from its start;
/// `…` stands where something was left out. The token is put in `‹›`, so that it is marked where there is
/// neither colour nor underline.
struct ContextLines {
  /// A character, or a mark of ours, with its place.
  private struct Unit {
    var text: Substring
    var look: TextSpan.Look
    var columns: Int
    var isSpace: Bool
    /// Whether a line may end after it.
    var isBreak: Bool
    /// UTF-8 offset in the text; that of what follows, for a mark.
    var offset: Int
  }

  private static let dots = TextSpan(text: "…", look: .mark, columns: 1)

  private let columns: Int
  private let lineCount: Int
  private let units: [Unit]
  /// Whether the units begin and end where the text does.
  private let startsAtStart: Bool
  private let endsAtEnd: Bool

  /// The context in at most `lineCount` lines of `columns`.
  ///
  /// - Parameters:
  ///   - token: UTF-8 offsets in `text`, as read from a file: anything out of range is passed over.
  ///   - marks: UTF-8 offsets of matches, ascending.
  ///   - prefix: left out at the start where not everything fits.
  /// - Complexity: O(`columns` · `lineCount`), however long the text is.
  static func lines(
    _ text: String, token: Range<Int>?, marks: [Range<Int>] = [], prefix: String = "",
    columns: Int, lineCount: Int
  ) -> [[TextSpan]] {
    guard columns > 0, lineCount > 0 else { return [] }
    let prefixBytes = !prefix.isEmpty && text.hasPrefix(prefix) ? prefix.utf8.count : 0
    let layout = ContextLines(
      text, token: token, marks: marks, prefixBytes: prefixBytes, columns: columns,
      lineCount: lineCount)
    return layout.fitted(
      anchor: token?.lowerBound ?? marks.first?.lowerBound,
      anchorEnd: token?.upperBound ?? marks.first?.upperBound, prefixBytes: prefixBytes)
  }

  private init(
    _ text: String, token: Range<Int>?, marks: [Range<Int>], prefixBytes: Int, columns: Int,
    lineCount: Int
  ) {
    self.columns = columns
    self.lineCount = lineCount
    let count = text.utf8.count
    // Four bytes a column is more than any script needs; combining marks cost the view, not us.
    let reach = columns * lineCount * 4 + 64
    let anchor = min(token?.lowerBound ?? marks.first?.lowerBound ?? prefixBytes, count)
    let lower = text.characterBoundary(near: max(0, anchor - reach))
    let upper = text.characterBoundary(near: min(count, anchor + reach))
    startsAtStart = lower == text.startIndex
    let first = text.utf8.distance(from: text.startIndex, to: lower)
    let last = text.utf8.distance(from: text.startIndex, to: upper)
    let (units, isWhole) = Self.units(
      text, first..<last, token: token, marks: marks, anchor: anchor,
      enough: columns * lineCount + 2)
    endsAtEnd = isWhole && upper == text.endIndex
    self.units = units
  }

  /// The characters of a window; false beside them if it was left when there were `enough` columns of them
  /// from `anchor` on.
  private static func units(
    _ text: String, _ window: Range<Int>, token: Range<Int>?, marks: [Range<Int>], anchor: Int,
    enough: Int
  ) -> (units: [Unit], isWhole: Bool) {
    // A token may begin or end inside an emoji or a syllable, which is shown whole all the same.
    func whole(_ range: Range<Int>) -> Range<Int> {
      let clamped = range.clamped(to: window)
      guard !clamped.isEmpty else { return clamped }
      func offset(_ index: String.Index) -> Int {
        text.utf8.distance(from: text.startIndex, to: index)
      }
      let lower = text.characterBoundary(near: clamped.lowerBound)
      let last = text.characterBoundary(near: clamped.upperBound)
      let isInside = offset(last) < clamped.upperBound && last < text.endIndex
      let upper = isInside ? text.index(after: last) : last
      return min(offset(lower), clamped.lowerBound)..<max(offset(upper), clamped.upperBound)
    }
    let token = token.flatMap { whole($0).isEmpty ? nil : whole($0) }
    let marks = marks.map(whole).filter { !$0.isEmpty }
    var cuts: Set<Int> = [window.lowerBound, window.upperBound]
    for range in marks + (token.map { [$0] } ?? []) {
      cuts.insert(range.lowerBound)
      cuts.insert(range.upperBound)
    }
    let places = cuts.sorted()
    var units: [Unit] = []
    units.reserveCapacity(window.count)
    var room = enough
    var start = text.characterBoundary(near: window.lowerBound)
    for (from, to) in zip(places, places.dropFirst()) {
      let end = text.characterBoundary(near: to)
      if from == token?.lowerBound { units.append(mark("‹", from)) }
      let look: TextSpan.Look =
        if token?.contains(from) == true {
          .token
        } else if marks.contains(where: { $0.contains(from) }) {
          .match
        } else {
          .plain
        }
      var offset = from
      let run = text[start..<end]
      var index = run.startIndex
      while index < run.endIndex {
        let character = run[index]
        let next = run.index(after: index)
        let width = DisplayWidth.of(character)
        units.append(
          Unit(
            text: run[index..<next], look: look, columns: width, isSpace: character == " ",
            isBreak: character.isWhitespace, offset: offset))
        if offset >= anchor { room -= width }
        if room < 0, look != .token { return (units, false) }
        offset += character.utf8.count
        index = next
      }
      if to == token?.upperBound { units.append(mark("›", to)) }
      start = end
    }
    return (units, true)
  }

  private static func mark(_ text: Substring, _ offset: Int) -> Unit {
    Unit(text: text, look: .mark, columns: 1, isSpace: false, isBreak: false, offset: offset)
  }

  // MARK: - Fitting

  private func fitted(anchor: Int?, anchorEnd: Int?, prefixBytes: Int) -> [[TextSpan]] {
    if startsAtStart, endsAtEnd {
      let (lines, end) = wrapped(from: 0)
      if end == units.count { return lines.map(spans) }
    }
    let anchorIndex = anchor.flatMap { anchor in units.firstIndex { $0.offset >= anchor } }
    var start = 0
    if startsAtStart, prefixBytes > 0, prefixBytes <= anchor ?? prefixBytes {
      start = units.firstIndex { $0.offset >= prefixBytes && $0.look != .mark } ?? 0
      if let anchorIndex { start = min(start, anchorIndex) }
    }
    if let anchorIndex, let anchorEnd {
      let last = units.lastIndex { $0.offset < anchorEnd } ?? anchorIndex
      let isShown = startsAtStart && wrapped(from: start).end > min(last + 1, units.count - 1)
      if !isShown { start = windowStart(before: anchorIndex) }
    }
    let (lines, end) = wrapped(from: start)
    var shown = lines.map(spans)
    guard !shown.isEmpty else { return [] }
    let isCutBefore = start > 0 || !startsAtStart
    if end < units.count || !endsAtEnd {
      let last = shown.count - 1
      shown[last] = Self.ending(
        shown[last], columns: isCutBefore && last == 0 ? columns - 1 : columns)
    }
    if isCutBefore { shown[0].insert(Self.dots, at: 0) }
    return shown
  }

  /// A word's start about a third of the room before the anchor.
  private func windowStart(before anchor: Int) -> Int {
    let room = columns * lineCount / 3
    var start = anchor
    var used = 0
    while start > 0, used + units[start - 1].columns <= room {
      start -= 1
      used += units[start].columns
    }
    guard start > 0 else { return 0 }
    let word = units[start..<anchor].prefix(12).firstIndex { $0.isBreak }
    return word.map { $0 + 1 } ?? start
  }

  /// Breaks the units from `start` on into lines, after spaces where there are any.
  ///
  /// - Returns: the lines, and the index of the first unit that found no room.
  private func wrapped(from start: Int) -> (lines: [Range<Int>], end: Int) {
    var lines: [Range<Int>] = []
    var index = start
    let isCut = start > 0 || !startsAtStart
    while lines.count < lineCount, index < units.count {
      // The dots take the first column of the first line.
      let room = lines.isEmpty && isCut ? columns - 1 : columns
      var used = 0
      var end = index
      var lastBreak: Int?
      while end < units.count, used + units[end].columns <= room {
        used += units[end].columns
        end += 1
        if units[end - 1].isBreak { lastBreak = end }
      }
      // A wide character in a single column: nothing will ever fit.
      if end == index { break }
      if end < units.count, units[end].isSpace, units[end].look != .token {
        // The space behind a full line is not worth a line of its own.
        lines.append(index..<end)
        index = end + 1
        continue
      }
      if end < units.count, lines.count + 1 < lineCount, let lastBreak,
        lastBreak - index > room / 2
      {
        end = lastBreak
      }
      lines.append(index..<end)
      index = end
    }
    return (lines, index)
  }

  private func spans(_ line: Range<Int>) -> [TextSpan] {
    var spans: [TextSpan] = []
    for unit in units[line] {
      if let last = spans.indices.last, spans[last].look == unit.look {
        spans[last].text += unit.text
        spans[last].columns += unit.columns
      } else {
        spans.append(TextSpan(text: String(unit.text), look: unit.look, columns: unit.columns))
      }
    }
    return spans
  }

  /// The line with `…` at its end, in place of its last characters if it is full.
  private static func ending(_ line: [TextSpan], columns: Int) -> [TextSpan] {
    var line = line
    while let last = line.last, line.reduce(0, { $0 + $1.columns }) >= columns {
      line.removeLast()
      var text = last.text
      let removed = text.removeLast()
      let rest = last.columns - DisplayWidth.of(removed)
      if !text.isEmpty { line.append(TextSpan(text: text, look: last.look, columns: rest)) }
    }
    return line + [dots]
  }
}
