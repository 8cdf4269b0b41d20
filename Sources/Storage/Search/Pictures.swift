/// Emoji in queries and texts.
///
/// The index has no signs, so a query's pictures are looked for in the texts themselves. Variation selectors, which say
/// only how one is drawn, are passed over on both sides.
enum Pictures {
  /// The runs of emoji in `text`, with what joins and changes them.
  static func runs(in text: String) -> [[Unicode.Scalar]] {
    var runs: [[Unicode.Scalar]] = []
    var isOpen = false
    for scalar in text.unicodeScalars where !isSelector(scalar) {
      let joins = isOpen && (scalar == "\u{200D}" || (0xE0020...0xE007F).contains(scalar.value))
      guard joins || isPicture(scalar) || isOpen && isGender(scalar) else {
        isOpen = false
        continue
      }
      if isOpen { runs[runs.count - 1].append(scalar) } else { runs.append([scalar]) }
      isOpen = true
    }
    return runs
  }

  /// Where any of `runs` stands in `text`, as UTF-8 ranges, ascending.
  static func ranges(of runs: [[Unicode.Scalar]], in text: String) -> [Range<Int>] {
    guard !runs.isEmpty else { return [] }
    var scalars: [Unicode.Scalar] = []
    var offsets: [Int] = []
    var offset = 0
    for scalar in text.unicodeScalars {
      if !isSelector(scalar) {
        scalars.append(scalar)
        offsets.append(offset)
      }
      offset += UTF8.width(scalar)
    }
    offsets.append(offset)
    var found: [Range<Int>] = []
    for start in scalars.indices {
      for run in runs where scalars[start...].starts(with: run) {
        found.append(offsets[start]..<offsets[start + run.count])
      }
    }
    return found
  }

  /// Whether every one of `runs` stands in `text`.
  static func all(_ runs: [[Unicode.Scalar]], standIn text: String) -> Bool {
    // No emoji has fewer than three bytes.
    guard text.utf8.contains(where: { $0 >= 0xE2 }) else { return runs.isEmpty }
    return runs.allSatisfy { !ranges(of: [$0], in: text).isEmpty }
  }

  static func isPicture(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case ..<0x2600: scalar.properties.isEmojiPresentation
    case 0x2600...0x27BF, 0x1F000...0x1FAFF: scalar.properties.isEmoji
    default: scalar.properties.isEmojiPresentation
    }
  }

  private static func isGender(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{2640}" || scalar == "\u{2642}"
  }

  private static func isSelector(_ scalar: Unicode.Scalar) -> Bool {
    (0xFE00...0xFE0F).contains(scalar.value)
  }
}
