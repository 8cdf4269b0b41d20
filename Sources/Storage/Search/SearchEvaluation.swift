import Foundation
import GRDB

/// What a part of a query found, over whole regions.
struct RegionMatches {
  /// Per region.
  var isMatch: [Bool]
  /// Per region; 0 where there is no match.
  var scores: [Double]
  /// Per document that contexts show; `nil` where the part says nothing about single documents.
  var documents: [Bool]?

  /// The matching regions, best first; equal scores in order of id.
  func regions() -> [Int] {
    isMatch.indices.filter { isMatch[$0] }
      .sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
  }
}

/// One search at work.
struct SearchEvaluation {
  let state: SearchState
  let labelIndex: PhraseIndex
  /// Per shown term, which documents have it, which words it is and which labels.
  private var found: [SearchQuery.Term: TermMatches] = [:]

  struct TermMatches {
    /// The term in each of its spellings.
    var phrases: [Phrase]
    var documents: [Bool]
    /// By index among the words that contexts activate on; empty where none matches.
    var words: [Bool]

    func hasWord(_ word: Int32) -> Bool { word >= 0 && Int(word) < words.count && words[Int(word)] }
    var labels: [Int: Double]
    /// By region.
    var rows: [Int: RowSearch.Match] = [:]

    mutating func formUnion(_ other: TermMatches) {
      documents = zip(documents, other.documents).map { $0 || $1 }
      if words.isEmpty {
        words = other.words
      } else if !other.words.isEmpty {
        words = zip(words, other.words).map { $0 || $1 }
      }
      labels.merge(other.labels) { max($0, $1) }
    }
  }

  init(state: SearchState, labelIndex: PhraseIndex) {
    self.state = state
    self.labelIndex = labelIndex
  }

  mutating func evaluate(_ node: SearchQuery.Node, _ db: Database) throws -> RegionMatches {
    switch node {
    case .term(let term):
      return try evaluate(term, db)
    case .not(let node):
      let inner = try evaluate(node, db)
      return RegionMatches(
        isMatch: inner.isMatch.map { !$0 },
        scores: [Double](repeating: 0, count: state.regionCount),
        documents: nil)
    case .or(let nodes):
      var result = try evaluate(nodes[0], db)
      for node in nodes.dropFirst() {
        let other = try evaluate(node, db)
        for region in 0..<state.regionCount where other.isMatch[region] {
          result.isMatch[region] = true
          result.scores[region] += other.scores[region]
        }
        result.documents = union(result.documents, other.documents)
      }
      return result
    case .and(let nodes):
      return try evaluate(all: nodes, db)
    }
  }

  private mutating func evaluate(all nodes: [SearchQuery.Node], _ db: Database) throws
    -> RegionMatches
  {
    var result = try evaluate(nodes[0], db)
    var together = result.documents
    var parts = together == nil ? 0 : 1
    for node in nodes.dropFirst() {
      let other = try evaluate(node, db)
      for region in 0..<state.regionCount {
        result.isMatch[region] = result.isMatch[region] && other.isMatch[region]
        result.scores[region] += other.scores[region]
      }
      if let documents = other.documents {
        parts += 1
        together = together.map { zip($0, documents).map { $0 && $1 } } ?? documents
      }
    }
    // Words that stand in the same context say more than words of different ones.
    if parts > 1, let together {
      let counts = contextCounts(together, words: [])
      let weight = inverseFrequency(counts.count { $0 > 0 })
      for region in 0..<state.regionCount {
        result.scores[region] += weight * counts[region] / (counts[region] + 2)
      }
    }
    for region in 0..<state.regionCount where !result.isMatch[region] { result.scores[region] = 0 }
    result.documents = together
    return result
  }

  private mutating func evaluate(_ term: SearchQuery.Term, _ db: Database) throws -> RegionMatches {
    let matches = try find(term, db)
    let counts = contextCounts(matches.documents, words: matches.words)
    var isMatch = counts.map { $0 > 0 }
    for region in matches.labels.keys { isMatch[region] = true }
    for region in matches.rows.keys { isMatch[region] = true }
    let weight = inverseFrequency(isMatch.count { $0 })
    var scores = counts.map { weight * $0 / ($0 + 2) }
    for (region, share) in matches.labels { scores[region] += weight * (1 + share) }
    for (region, match) in matches.rows { scores[region] += weight * match.share }
    return RegionMatches(
      isMatch: isMatch, scores: scores, documents: term.row == nil ? matches.documents : nil)
  }

  private mutating func find(_ term: SearchQuery.Term, _ db: Database) throws -> TermMatches {
    if let known = found[term] { return known }
    let phrases = Phrase.spellings(of: term)
    var all = try find(phrases[0], term, db)
    for phrase in phrases.dropFirst() { all.formUnion(try find(phrase, term, db)) }
    all.phrases = phrases
    all.rows = state.rows?.matches(term, phrases) ?? [:]
    if !phrases[0].words.isEmpty || !phrases[0].pictures.isEmpty { found[term] = all }
    return all
  }

  private func find(
    _ phrase: Phrase, _ term: SearchQuery.Term, _ db: Database
  ) throws -> TermMatches {
    var matches = TermMatches(
      phrases: [phrase], documents: [Bool](repeating: false, count: state.documentCount),
      words: [], labels: [:])
    if !phrase.pictures.isEmpty { return try withPictures(phrase, matches, term, db) }
    guard !phrase.words.isEmpty else { return matches }
    if term.field == nil || term.field == .context {
      matches.documents = try state.documents(with: phrase, db)
    }
    if term.field == nil || term.field == .token {
      for (word, _) in state.words.matches(phrase) {
        if matches.words.isEmpty {
          matches.words = [Bool](repeating: false, count: state.wordCount)
        }
        matches.words[word] = true
      }
    }
    if term.field == nil || term.field == .label {
      for (region, share) in labelIndex.matches(phrase) where region < state.regionCount {
        matches.labels[region] = share
      }
    }
    return matches
  }

  /// What has a term's emoji beside its words; no index has them, and no activating word.
  private func withPictures(
    _ phrase: Phrase, _ empty: TermMatches, _ term: SearchQuery.Term, _ db: Database
  ) throws -> TermMatches {
    var matches = empty
    if term.field == nil || term.field == .context {
      let candidates =
        phrase.words.isEmpty ? state.shownDocuments : try state.documents(with: phrase, db)
      let statement = try db.cachedStatement(sql: "SELECT text FROM document WHERE id = ?")
      for document in candidates.indices where candidates[document] {
        let text = try StoredText.fetchOne(statement, arguments: [document])?.text ?? ""
        matches.documents[document] = Pictures.all(phrase.pictures, standIn: text)
      }
    }
    if term.field == nil || term.field == .label {
      let shares =
        phrase.words.isEmpty
        ? nil
        : Dictionary(uniqueKeysWithValues: labelIndex.matches(phrase).map { ($0.key, $0.share) })
      for (region, text) in state.labels where region < state.regionCount {
        guard let share = shares == nil ? 0 : shares?[region],
          Pictures.all(phrase.pictures, standIn: text)
        else { continue }
        matches.labels[region] = share
      }
    }
    return matches
  }

  /// Per region, how many of its contexts show a matching document or activate on a matching word.
  private func contextCounts(_ documents: [Bool], words: [Bool]) -> [Double] {
    // Halves, so that the sums are whole numbers.
    var counts = [Int32](repeating: 0, count: state.regionCount)
    for context in state.documents.indices {
      let region = state.regions[context]
      let weight = 2 - (region & 1)
      if documents[Int(state.documents[context])] { counts[Int(region >> 1)] += weight }
      guard !words.isEmpty else { continue }
      let word = Int(state.contextWords[context])
      if word >= 0, words[word] { counts[Int(region >> 1)] += weight }
    }
    let whole: [Double] = counts.map { Double($0) / 2 }
    guard let sizes = state.sizes else { return whole }
    // Of the largest regions some contexts match whatever is looked for.
    return whole.indices.map { region in
      let share: Double = whole[region] / Double(max(1, sizes[region]))
      return whole[region] * share
    }
  }

  private func inverseFrequency(_ matching: Int) -> Double {
    let (all, matching) = (Double(state.regionCount), Double(matching))
    return log(1 + (all - matching + 0.5) / (matching + 0.5))
  }

  private func union(_ left: [Bool]?, _ right: [Bool]?) -> [Bool]? {
    guard let left, let right else { return left ?? right }
    return zip(left, right).map { $0 || $1 }
  }

  // MARK: - Snippets

  /// Bytes of a snippet beside what matched.
  private static let snippetBytes = 160

  /// Shows why `region` matched: its label if that did, or else its best matching context.
  func hit(
    _ region: Int, score: Double, label: String?, _ query: SearchQuery, _ db: Database
  ) throws -> SearchHit {
    let terms = query.shownTerms.compactMap { found[$0] }
    var hit = SearchHit(
      region: region, label: label, score: score, field: .label, snippet: label ?? "", matches: [])
    if let label, terms.contains(where: { $0.labels[region] != nil }) {
      hit.matches = Phrase.joinedRanges(of: terms.flatMap(\.phrases), in: label)
      return hit
    }
    let best = bestContext(of: region, terms)
    if best?.count ?? 0 == 0, let row = terms.compactMap({ $0.rows[region] }).first {
      hit.field = .row
      hit.snippet = row.words
      let start = row.field.utf8.count + 2
      hit.matches = Phrase.joinedRanges(of: terms.flatMap(\.phrases), in: row.value).map {
        start + $0.lowerBound..<start + $0.upperBound
      }
      return hit
    }
    hit.field = .context
    guard let context = best?.context, let text = try text(of: context, db) else { return hit }
    if terms.contains(where: { $0.hasWord(state.contextWords[context]) }) {
      hit.field = .token
    }
    let ranges = Phrase.joinedRanges(of: terms.flatMap(\.phrases), in: text)
    let first = ranges.first ?? 0..<0
    let window = TextWindow(
      of: text, around: first, limit: min(Self.snippetBytes + first.count, text.utf8.count))
    hit.snippet = window.text
    let end = window.text.utf8.count
    hit.matches = ranges.compactMap { range in
      let lower = range.lowerBound - window.offset
      let upper = range.upperBound - window.offset
      return lower >= 0 && upper <= end ? lower..<upper : nil
    }
    return hit
  }

  /// The context with most of the terms, those it activates on first; ties: the earliest stored.
  private func bestContext(of region: Int, _ terms: [TermMatches]) -> (context: Int, count: Int)? {
    var best: (context: Int, count: Int)?
    // Contexts are stored region by region.
    var context = state.regions.partitioningIndex { Int($0 >> 1) >= region }
    while context < state.regions.count, Int(state.regions[context] >> 1) == region {
      let document = Int(state.documents[context])
      let count = terms.reduce(0) { count, term in
        count + (term.documents[document] ? 2 : 0)
          + (term.hasWord(state.contextWords[context]) ? 1 : 0)
      }
      if count > best?.count ?? -1 { best = (context, count) }
      context += 1
    }
    return best
  }

  private func text(of context: Int, _ db: Database) throws -> String? {
    let statement = try db.cachedStatement(sql: "SELECT text FROM document WHERE id = ?")
    return try StoredText.fetchOne(statement, arguments: [state.documents[context]])?.text
  }
}
