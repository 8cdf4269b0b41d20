import Foundation
import GRDB

/// SQL text ends at U+0000 for many readers, so such a text is stored as a BLOB of UTF-8.
struct StoredText: DatabaseValueConvertible {
  var text: String

  init(_ text: String) { self.text = text }

  var databaseValue: DatabaseValue {
    var text = text
    let hasNUL = text.withUTF8 { bytes in
      bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
    }
    return hasNUL ? Data(text.utf8).databaseValue : text.databaseValue
  }

  static func fromDatabaseValue(_ value: DatabaseValue) -> StoredText? {
    switch value.storage {
    case .string(let text): StoredText(text)
    case .blob(let data): String(validating: data, as: UTF8.self).map(StoredText.init)
    default: nil
    }
  }
}
