/// A part of a long text that starts and ends between characters.
struct TextWindow {
  var text: String
  /// In UTF-8, from the start of the whole text.
  var offset: Int

  /// About `limit` bytes of `text` with `range` in the middle.
  init(of text: String, around range: Range<Int>, limit: Int) {
    let utf8 = text.utf8
    let start = max(0, min((range.lowerBound + range.upperBound - limit) / 2, utf8.count - limit))
    let lower = text.characterBoundary(near: start)
    let upper = text.characterBoundary(near: min(start + limit, utf8.count))
    self.text = String(text[lower..<max(lower, upper)])
    offset = utf8.distance(from: utf8.startIndex, to: lower)
  }
}

extension String {
  /// The last boundary between characters at or before the byte `offset`. Whole characters can be
  /// megabytes: of one longer than an emoji can be, the last boundary between scalars.
  package func characterBoundary(near offset: Int) -> String.Index {
    var index = utf8.index(utf8.startIndex, offsetBy: offset)
    while index.samePosition(in: unicodeScalars) == nil { index = utf8.index(before: index) }
    guard index > startIndex, index < endIndex else { return index }
    let reach = 64
    let lower = unicodeScalars.index(index, offsetBy: -reach, limitedBy: startIndex) ?? startIndex
    let upper = unicodeScalars.index(index, offsetBy: reach, limitedBy: endIndex) ?? endIndex
    let near = String(unicodeScalars[lower..<upper])
    let place = utf8.distance(from: lower, to: index)
    var last = 0
    for character in near {
      let next = last + character.utf8.count
      if next > place { break }
      last = next
    }
    return last == 0 && lower > startIndex ? index : utf8.index(lower, offsetBy: last)
  }
}
