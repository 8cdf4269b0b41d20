/// A value of a record that is stored as text under a name; `nil` is not stored.
struct RecordedField<Record>: Sendable {
  let name: String
  private let text: @Sendable (Record) -> String?
  private let assign: @Sendable (inout Record, String) -> Bool

  init<Value: LosslessStringConvertible & SendableMetatype>(
    _ name: String, _ path: WritableKeyPath<Record, Value?> & Sendable
  ) {
    self.name = name
    text = { $0[keyPath: path]?.description }
    assign = { record, text in
      guard let value = Value(text) else { return false }
      record[keyPath: path] = value
      return true
    }
  }

  func text(in record: Record) -> String? { text(record) }

  /// Reads the field's entry, where there is one.
  ///
  /// - Throws: `damaged` for a value that the field cannot hold.
  func read(_ entries: [String: String], into record: inout Record, file: String) throws {
    guard let text = entries[name] else { return }
    guard assign(&record, text) else {
      throw StorageError(
        .damaged, "provenance \(name) cannot be read: '\(text.prefix(80))'", file: file)
    }
  }
}
