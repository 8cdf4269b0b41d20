/// Narrows a table of a comparison: words that stand in a label or in the closest context of either side, a region's
/// number, and bounds such as `cos<0.9` and `members>50`.
struct CompareFilter {
  private enum Term {
    case word(String)
    case bound(field: String, isBelow: Bool, value: Double)
  }

  private let terms: [Term]

  init(_ text: String) {
    terms = text.split(whereSeparator: \.isWhitespace).map { term in
      if let place = term.firstIndex(where: { $0 == "<" || $0 == ">" }),
        let value = Double(term[term.index(after: place)...]),
        ["cos", "members", "d"].contains(String(term[..<place]))
      {
        return .bound(
          field: String(term[..<place]), isBelow: term[place] == "<", value: value)
      }
      return .word(term.lowercased())
    }
  }

  var isEmpty: Bool { terms.isEmpty }

  func accepts(_ row: CompareState.Row, in compare: CompareState) -> Bool {
    terms.allSatisfy { term in
      switch term {
      case .word(let word):
        return CompareState.Side.allCases.contains { side in
          guard let region = side == .a ? row.a : row.b else { return false }
          if String(region) == word { return true }
          let texts = [compare.label(side, region), compare[side].texts[region]?.text]
          return texts.contains { $0?.lowercased().contains(word) == true }
        }
      case .bound(let field, let isBelow, let bound):
        let values: [Double]
        switch field {
        case "cos": values = row.cosine.map { [Double($0)] } ?? []
        case "d":
          values =
            row.cosine.map { [(1 - Double($0)) / compare.opened.comparison.a.threshold] } ?? []
        default:
          values = [
            row.a.map { Double(compare.opened.comparison.a.memberCounts[$0]) },
            row.b.map { Double(compare.opened.comparison.b.memberCounts[$0]) },
          ].compactMap { $0 }
        }
        return values.contains { isBelow ? $0 < bound : $0 > bound }
      }
    }
  }
}
