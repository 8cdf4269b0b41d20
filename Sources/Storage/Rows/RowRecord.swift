/// What is known of the rows that a dictionary was built from, where they came as an array with a table beside it.
package struct RowRecord: Sendable, Equatable {
  /// One thing that the table says of its rows.
  package struct Field: Sendable, Equatable {
    package var name: String
    /// Whether its values are words; numbers are compared as numbers.
    package var isText: Bool
    /// What it can be, in the order of appearance; numbers as the table spells them.
    package var values: [String]
    /// `[n]`, an index among the values; −1 where the row has none.
    package var codes: [Int32]

    package init(name: String, isText: Bool, values: [String] = [], codes: [Int32] = []) {
      (self.name, self.isText, self.values, self.codes) = (name, isText, values, codes)
    }

    /// What it is in one row.
    package func value(ofRow row: Int) -> String? {
      guard codes.indices.contains(row), codes[row] >= 0 else { return nil }
      return values[Int(codes[row])]
    }
  }

  /// `[n]`, the token position in the document that the table gives a row.
  package var positions: [Int?]
  /// `[n]`, the row's token in the text of its document, as UTF-8 offsets; `nil` where the table leaves it open.
  package var tokens: [Range<Int>?]
  package var fields: [Field]

  package init(positions: [Int?], tokens: [Range<Int>?], fields: [Field]) {
    (self.positions, self.tokens, self.fields) = (positions, tokens, fields)
  }

  package var count: Int { positions.count }
}

/// What a field of a row's table says of one context.
package struct ContextField: Sendable, Equatable {
  package var name: String
  package var value: String
  package var isText: Bool

  package init(name: String, value: String, isText: Bool) {
    (self.name, self.value, self.isText) = (name, value, isText)
  }
}
