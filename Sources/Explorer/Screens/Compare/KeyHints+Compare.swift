extension KeyHints {
  /// What can be pressed on the screen of a comparison.
  static func comparing(_ compare: CompareScreen) -> [([Command], String)] {
    switch compare.mode {
    case .browsing: break
    case .searching:
      return [
        one(.accept, "keep"), one(.cancelField, "clear"),
        ([.nextChoice, .previousChoice], "move in the results"),
      ]
    case .filtering(let editor):
      let completions =
        editor.completions.isEmpty
        ? [] : [one(.complete), ([Command.nextChoice, .previousChoice], "choose")]
      return [one(.accept, "keep")] + completions + [one(.cancelField, "show all")]
    case .choosingSort:
      return [one(.accept), ([.nextChoice, .previousChoice], "choose"), one(.cancelField)]
    case .exporting: return [one(.accept, "write"), one(.cancelField)]
    }
    let back =
      compare.isZoomed
      ? "unzoom"
      : compare.focus == .detail
        ? "table"
        : compare.isNarrowed ? "show all" : compare.isOfTrajectory ? "lineage" : "library"
    return [
      one(.otherTable), ([.lowerCutoff, .raiseCutoff], "cutoff"),
      one(.compareContexts, "contexts"), one(.compareFlow), one(.compareSummary),
      one(.back, back), one(.help), one(.filter), one(.search, "words"), one(.chooseSort),
      one(.readContexts, "read"), one(.carryLabel, "carry label"), one(.copy, "copy summary"),
      one(.export, "files"), one(.openRegion, "open region"), one(.palette), one(.quit),
    ]
      + (compare.nulls == .unasked ? [one(.matchNulls)] : [])
      + [
        one(.carryLabels, "carry all"), one(.zoom, compare.isZoomed ? "unzoom" : "zoom"),
        one(.switchPane), ([.nextRegion, .previousRegion], "region"), one(.usualCutoff, "0.70"),
        one(.reverseSort),
      ]
  }

  /// What can be pressed where regions are followed through several dictionaries.
  static func following(_ trajectory: LineageScreen) -> [([Command], String)] {
    guard trajectory.mode == .browsing else {
      return [one(.accept, "keep"), one(.cancelField, "clear")]
    }
    return [
      ([.trajectoryEarlier, .trajectoryLater], "dictionary"),
      one(.readContexts, "compare the step"), ([.lowerCutoff, .raiseCutoff], "cutoff"),
      one(.search, "words"), one(.chooseSort),
      one(.back, trajectory.words.isEmpty ? "library" : "show all"),
      one(.help), one(.export), one(.copy, "copy summary"), one(.palette), one(.quit),
    ]
  }
}
