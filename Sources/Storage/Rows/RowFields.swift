import Foundation

/// What the rows of a dictionary have been described by, counted by region.
package struct RowFields: Sendable, Equatable {
  /// How many members of a region have one value.
  package struct Count: Sendable, Equatable {
    /// Index among the field's values.
    package var value: Int32
    package var members: Int32
  }

  struct Field: Sendable, Equatable {
    var name: RowFieldName
    var values: [String]
    /// By value; not read of texts.
    var numbers: [Double?]
    /// Of each region, the most frequent value first.
    var counts: [[Count]]
  }

  private(set) var fields: [Field] = []

  /// Of rows that nothing is known of.
  package init() {}

  init(
    _ fields: [RowRecord.Field], rowsOfRegions pairs: [(row: Int, region: Int)], regionCount: Int
  ) {
    self.fields = fields.map { field in
      var counts = [[Int32: Int32]](repeating: [:], count: regionCount)
      for (row, region) in pairs where field.codes.indices.contains(row) && field.codes[row] >= 0 {
        counts[region][field.codes[row], default: 0] += 1
      }
      return Field(
        name: RowFieldName(name: field.name, isText: field.isText), values: field.values,
        numbers: field.isText ? [] : field.values.map { Double($0) },
        counts: counts.map { counts in
          counts.map { Count(value: $0.key, members: $0.value) }.sorted {
            $0.members != $1.members ? $0.members > $1.members : $0.value < $1.value
          }
        })
    }
  }

  package var isEmpty: Bool { fields.isEmpty }

  /// Their names, in the order of the table.
  package var names: [RowFieldName] { fields.map(\.name) }

  /// What a field is, over all rows; for completions.
  package func values(of name: String) -> [String] {
    fields.first { $0.name.name == name }?.values ?? []
  }

  /// What a field is in a region's members, the most frequent first.
  package func counts(of name: String, _ region: Int) -> [(value: String, members: Int)] {
    guard let field = fields.first(where: { $0.name.name == name }),
      field.counts.indices.contains(region)
    else { return [] }
    return field.counts[region].map { (field.values[Int($0.value)], Int($0.members)) }
  }

  /// Whether more than half of a region's members that have the field pass; `nil` where none has it.
  package func holds(_ test: RowTest, of name: String, _ region: Int) -> Bool? {
    guard let field = fields.first(where: { $0.name.name == name }),
      field.counts.indices.contains(region), !field.counts[region].isEmpty
    else { return nil }
    var (passing, all) = (0, 0)
    for count in field.counts[region] {
      all += Int(count.members)
      let index = Int(count.value)
      let passes =
        field.name.isText
        ? test.accepts(field.values[index])
        : field.numbers[index].map { test.accepts($0) } ?? false
      if passes { passing += Int(count.members) }
    }
    return 2 * passing > all
  }
}
