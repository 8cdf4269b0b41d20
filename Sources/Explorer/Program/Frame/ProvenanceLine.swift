import Storage
import Terminal

/// Where the numbers on the screen come from, in a line: what matters most, as fully as there is room.
struct ProvenanceLine {
  private struct Piece {
    /// The fullest first.
    var variants: [String]
    /// How late it is left out: 0 never is.
    var rank: Int
  }

  /// In reading order; the first names the model.
  let texts: [String]

  init(of dictionary: OpenedDictionary, columns: Int) {
    let pieces = Self.pieces(of: dictionary)
    let byRank = pieces.indices.sorted { (pieces[$0].rank, $0) < (pieces[$1].rank, $1) }
    var chosen: [Int: String] = [:]
    func width() -> Int { chosen.values.reduce(-3) { $0 + DisplayWidth.of($1) + 3 } }
    // The shortest form of as much as fits, then fuller forms while there is room.
    for index in byRank {
      chosen[index] = pieces[index].variants.last
      if pieces[index].rank > 0, width() > columns { chosen[index] = nil }
    }
    for index in byRank where chosen[index] != nil {
      let short = chosen[index]
      for variant in pieces[index].variants {
        chosen[index] = variant
        if width() <= columns { break }
        chosen[index] = short
      }
    }
    texts = pieces.indices.compactMap { chosen[$0] }
  }

  private static func pieces(of dictionary: OpenedDictionary) -> [Piece] {
    let provenance = dictionary.provenance
    var pieces = [model(dictionary)]
    let hook = provenance.hook ?? "hook not recorded"
    let short = hook.hasPrefix("blocks.") ? String(hook.dropFirst(7)) : hook
    pieces.append(Piece(variants: [hook, short], rank: 3))
    if let positions = provenance.positions {
      pieces.append(Piece(variants: ["\(positions) positions"], rank: 7))
    }
    if let percentile = provenance.percentile {
      let isWhole = percentile == percentile.rounded()
      pieces.append(Piece(variants: ["p \(Figures.fixed(percentile, isWhole ? 0 : 2))"], rank: 4))
    }
    pieces.append(Piece(variants: ["θ \(Figures.fixed(dictionary.threshold, 3))"], rank: 1))
    pieces.append(Piece(variants: ["K \(Figures.grouped(dictionary.regionCount))"], rank: 2))
    pieces.append(
      Piece(variants: ["\(Figures.grouped(dictionary.activationCount)) activations"], rank: 6))
    if let template = provenance.template {
      pieces.append(Piece(variants: ["template \(template)"], rank: 8))
    }
    pieces.append(Piece(variants: [String(dictionary.identity.prefix(8))], rank: 5))
    return pieces
  }

  /// A model without its adapter would be another model, so the two are one piece.
  private static func model(_ dictionary: OpenedDictionary) -> Piece {
    let file = dictionary.provenance.model
    let model = ModelName.short(file, named: dictionary.modelName) ?? "model not recorded"
    let whole = model == file ? model : ModelName.title(file, named: model) ?? model
    guard let adapter = dictionary.provenance.adapter else {
      return Piece(variants: [whole] + (whole == model ? [] : [model]), rank: 0)
    }
    let name = adapter.prefix { $0 != "(" }
    let short = name.reversed().drop(while: \.isWhitespace).reversed()
    return Piece(
      variants: (whole == model ? [] : ["\(whole) + \(adapter)"])
        + ["\(model) + \(adapter)", "\(model) + \(String(short))"], rank: 0)
  }
}
