/// Regions followed through several dictionaries in a row by the pairs that persist from each to the next.
package struct Lineage: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    /// The dictionary where it is first seen.
    package var first: Int
    /// Its regions from there on, one a dictionary.
    package var regions: [Int]
    /// The cosine from each to the next, one less than `regions`.
    package var cosines: [Float]

    /// The dictionary where it is last seen.
    package var last: Int { first + regions.count - 1 }
  }

  /// By first dictionary, then by first region: every region of every dictionary is in exactly one row.
  package var rows: [Row]

  /// - Parameters:
  ///   - counts: regions of each dictionary.
  ///   - persisted: the pairs that persist from each dictionary to the next, one list less than `counts`.
  package init(counts: [Int], persisted: [[DictionaryComparison.Pair]]) {
    precondition(
      persisted.count == max(counts.count - 1, 0),
      "expected \(max(counts.count - 1, 0)) steps, got \(persisted.count)")
    var rows: [Row] = []
    var rowOfRegion: [Int: Int] = [:]
    for (step, count) in counts.enumerated() {
      var next: [Int: Int] = [:]
      let from = step == 0 ? [] : persisted[step - 1]
      for pair in from {
        guard let row = rowOfRegion[pair.a] else { continue }
        rows[row].regions.append(pair.b)
        rows[row].cosines.append(pair.cosine)
        next[pair.b] = row
      }
      for region in 0..<count where next[region] == nil {
        next[region] = rows.count
        rows.append(Row(first: step, regions: [region], cosines: []))
      }
      rowOfRegion = next
    }
    self.rows = rows
  }

  /// One line a row, with a column of regions for each dictionary and the cosines between them.
  package func csv(names: [String]) -> String {
    var header: [String] = []
    for (index, name) in names.enumerated() {
      if index > 0 { header.append("cos_\(index)_\(index + 1)") }
      header.append(CSVTable.quoted("\(index + 1) \(name)"))
    }
    let lines = rows.map { row in
      var fields: [String] = []
      for index in names.indices {
        let place = index - row.first
        if index > 0 {
          let cosine = row.cosines.indices.contains(place - 1) ? row.cosines[place - 1] : nil
          fields.append(cosine.map { ComparisonFiles.rounded($0, 6) } ?? "")
        }
        fields.append(row.regions.indices.contains(place) ? "\(row.regions[place])" : "")
      }
      return fields.joined(separator: ",")
    }
    return ([header.joined(separator: ",")] + lines).map { $0 + "\r\n" }.joined()
  }
}
