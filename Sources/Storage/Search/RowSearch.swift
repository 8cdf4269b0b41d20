/// What a table says of a dictionary's rows, made ready to be searched.
struct RowSearch {
  /// How many of a region's members have a value that was looked for.
  struct Match {
    var field: String
    /// The most frequent one.
    var value: String
    var members: Int
    /// Those that have the field.
    var all: Int

    var share: Double { Double(members) / Double(max(all, 1)) }

    /// For a person: `animal: cat, 5 of 7 members`.
    var words: String { "\(field): \(value), \(members) of \(all) members" }
  }

  private let fields: [RowFields.Field]
  /// The words of each value of the texts.
  private let indexes: [PhraseIndex]

  init(_ rows: RowFields) {
    fields = rows.fields
    indexes = rows.fields.map { field in
      var index = PhraseIndex()
      guard field.name.isText else { return index }
      for (number, value) in field.values.enumerated() { index.set(value, for: number) }
      return index
    }
  }

  /// The regions with a member that a term is said of, in the field where most of them are.
  ///
  /// A term that names no field is looked for in all texts; numbers are found by their field's name alone, and as numbers.
  func matches(_ term: SearchQuery.Term, _ phrases: [Phrase]) -> [Int: Match] {
    var found: [Int: Match] = [:]
    for (field, index) in zip(fields, indexes)
    where term.row.map({ $0 == field.name.name }) ?? (term.field == nil && field.name.isText) {
      let isFound = values(field, index, term, phrases)
      guard isFound.contains(true) else { continue }
      for (region, counts) in field.counts.enumerated() {
        let passing = counts.filter { isFound[Int($0.value)] }
        guard let first = passing.first else { continue }
        let match = Match(
          field: field.name.name, value: field.values[Int(first.value)],
          members: passing.reduce(0) { $0 + Int($1.members) },
          all: counts.reduce(0) { $0 + Int($1.members) })
        if found[region].map({ $0.share < match.share }) ?? true { found[region] = match }
      }
    }
    return found
  }

  private func values(
    _ field: RowFields.Field, _ index: PhraseIndex, _ term: SearchQuery.Term, _ phrases: [Phrase]
  ) -> [Bool] {
    guard field.name.isText else {
      let number = Double(term.text)
      return field.numbers.map { $0 != nil && $0 == number }
    }
    var isFound = [Bool](repeating: false, count: field.values.count)
    for phrase in phrases {
      // No index has emoji.
      let candidates =
        phrase.words.isEmpty ? Array(isFound.indices) : index.matches(phrase).map(\.key)
      for value in candidates
      where !phrase.isEmpty && Pictures.all(phrase.pictures, standIn: field.values[value]) {
        isFound[value] = true
      }
    }
    return isFound
  }
}
