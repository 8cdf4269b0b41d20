import Foundation
import TestSupport

/// One line of the golden files: a text and its ids according to other software.
struct GoldenText: Decodable {
  var text: String
  /// From `tokenizer-json`: special tokens added. From `tokenizer`: none added.
  var ids: [Int]
  var withoutSpecial: [Int]?
  var decoded: String?
  var parseSpecial: Bool?

  enum CodingKeys: String, CodingKey {
    case text, ids, decoded
    case withoutSpecial = "ids_no_special"
    case parseSpecial = "parse_special"
  }

  static func read(_ path: String) throws -> [GoldenText] {
    let data = try Data(contentsOf: Fixtures.url(path))
    return try data.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(GoldenText.self, from: $0)
    }
  }
}

/// Tokenizer metadata as a JSON object, in place of a GGUF file.
struct MetadataObject: @unchecked Sendable {
  var values: [String: Any]

  init(_ values: [String: Any]) {
    self.values = values
  }

  init(contentsOf url: URL) throws {
    let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: url))
    values = object as? [String: Any] ?? [:]
  }
}
