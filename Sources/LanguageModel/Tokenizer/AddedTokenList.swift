/// The added tokens of a tokenizer, in the order in which the hub's library looks for them.
///
/// A token that is added again with other flags takes the new ones, but is looked for where it was before too: in the text
/// as it is, or as it is rewritten. Of those that are rewritten to one spelling the first counts, special ones before others.
///
/// - Source: `AddedVocabulary` of tokenizers 0.22.
struct AddedTokenList {
  private struct Place {
    var spelling: [UInt8]
    var isNormalized: Bool
  }

  private var specials: [Place] = []
  private var others: [Place] = []
  private var specialSpellings: Set<[UInt8]> = []
  /// By spelling, as added last.
  private var entries: [[UInt8]: AddedTokens.Token] = [:]

  /// Adds tokens that have a spelling, as one call of the library does.
  mutating func add(_ added: [AddedTokens.Token]) {
    for entry in added where entry.isSpecial {
      guard specialSpellings.insert(entry.spelling).inserted else { continue }
      specials.append(Place(spelling: entry.spelling, isNormalized: entry.isNormalized))
    }
    var seen: [[UInt8]: [AddedTokens.Token]] = [:]
    for entry in added {
      let spelling = entry.spelling
      if entries[spelling] == entry || seen[spelling, default: []].contains(entry) { continue }
      // What a token was before this call stays known throughout it.
      if seen[spelling] == nil, let before = entries[spelling] { seen[spelling] = [before] }
      seen[spelling, default: []].append(entry)
      entries[spelling] = entry
      guard !specialSpellings.contains(spelling) else { continue }
      others.append(Place(spelling: spelling, isNormalized: entry.isNormalized))
    }
  }

  subscript(spelling: [UInt8]) -> AddedTokens.Token? { entries[spelling] }

  var highestID: Int? { entries.values.map(\.id).max() }

  var specialIDs: Set<Int> { Set(specialSpellings.compactMap { entries[$0]?.id }) }

  /// What is looked for in a text, or in what `rewritten` makes of it.
  func tokens(
    normalized isNormalized: Bool, rewritten: ([UInt8]) -> [UInt8] = { $0 }
  ) -> [AddedTokens.Token] {
    var found: [AddedTokens.Token] = []
    var seen: Set<[UInt8]> = []
    for place in specials + others where place.isNormalized == isNormalized {
      let spelling = rewritten(place.spelling)
      guard var token = entries[place.spelling], seen.insert(spelling).inserted else { continue }
      token.spelling = spelling
      token.isSpecial = specialSpellings.contains(place.spelling)
      found.append(token)
    }
    return found
  }
}
