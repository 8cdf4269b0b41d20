import Foundation

/// Texts as weights of their words and pairs of neighbouring words.
///
/// Words are what `\w\w+` finds in the lower-case text, as Python has both. A term counts where at least two texts have it; of
/// more than 20,000 those that stand most often, ties by name. Weights are (1 + ln count) · (ln((1 + N) / (1 + texts with it)) +
/// 1), a row of length 1.
///
/// - Source: scikit-learn's `TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=20000, sublinear_tf=True)`.
package struct TermVectors: Sendable {
  struct Entry: Sendable, Equatable {
    var term: Int
    var weight: Double
  }

  /// As UTF-8, ascending.
  let terms: [[UInt8]]
  /// For each text its terms, ascending; none where no other text has any of them.
  let rows: [[Entry]]

  package var termCount: Int { terms.count }
  package var count: Int { rows.count }

  package init(_ texts: [String], minimumTexts: Int = 2, mostTerms: Int = 20_000) {
    // Bytes, because strings that are equal to Swift need not be so to Python.
    let counts = texts.map { text in
      Self.grams(of: text).reduce(into: [[UInt8]: Int]()) { $0[$1, default: 0] += 1 }
    }
    var total: [[UInt8]: (texts: Int, count: Int)] = [:]
    for own in counts {
      for (term, count) in own {
        let known = total[term] ?? (0, 0)
        total[term] = (known.texts + 1, known.count + count)
      }
    }
    var kept = total.filter { $0.value.texts >= minimumTexts }.keys
      .sorted { $0.lexicographicallyPrecedes($1) }
    if kept.count > mostTerms {
      let most = kept.indices.sorted {
        (total[kept[$1]]!.count, $0) < (total[kept[$0]]!.count, $1)
      }.prefix(mostTerms)
      kept = most.sorted().map { kept[$0] }
    }
    let places = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
    let inverse = kept.map {
      log(Double(1 + texts.count) / Double(1 + total[$0]!.texts)) + 1
    }
    terms = kept
    rows = counts.map { own in
      var row = own.compactMap { term, count in
        places[term].map { Entry(term: $0, weight: (log(Double(count)) + 1) * inverse[$0]) }
      }.sorted { $0.term < $1.term }
      let length = row.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
      if length > 0 { for index in row.indices { row[index].weight /= length } }
      return row
    }
  }

  private static func grams(of text: String) -> [[UInt8]] {
    let words = lowered(text).split { !PythonText.isWord($0) }.filter { $0.count > 1 }
      .map { word in
        var view = String.UnicodeScalarView()
        view.append(contentsOf: word)
        return Array(String(view).utf8)
      }
    return words + zip(words, words.dropFirst()).map { $0 + [UInt8(ascii: " ")] + $1 }
  }

  /// `str.lower`: with the sigma that ends a word.
  private static func lowered(_ text: String) -> [Unicode.Scalar] {
    let scalars = Array(text.unicodeScalars)
    return scalars.indices.flatMap { index -> [Unicode.Scalar] in
      let scalar = scalars[index]
      guard scalar == "\u{3A3}" else {
        return Array(scalar.properties.lowercaseMapping.unicodeScalars)
      }
      func isCased(_ side: some Sequence<Unicode.Scalar>) -> Bool {
        side.first { !$0.properties.isCaseIgnorable }?.properties.isCased ?? false
      }
      let endsWord =
        isCased(scalars[..<index].reversed()) && !isCased(scalars[(index + 1)...])
      return [endsWord ? "\u{3C2}" : "\u{3C3}"]
    }
  }
}
