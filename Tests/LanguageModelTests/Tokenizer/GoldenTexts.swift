import Foundation
import LanguageModel
import TestSupport

/// One line of the golden files: a text and its ids according to other software.
struct GoldenText: Decodable {
  var text: String
  /// From the hub's library with special tokens added; from llama.cpp as `addSpecial` says.
  var ids: [Int]
  var withoutSpecial: [Int]?
  var decoded: String?
  var parseSpecial: Bool?
  var addSpecial: Bool?

  enum CodingKeys: String, CodingKey {
    case text, ids, decoded
    case withoutSpecial = "ids_no_special"
    case parseSpecial = "parse_special"
    case addSpecial = "add_special"
  }

  static func read(_ path: String) throws -> [GoldenText] {
    let data = try Data(contentsOf: Fixtures.url(path))
    return try data.split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(GoldenText.self, from: $0)
    }
  }
}

/// Tokenizer metadata from a JSON object, in place of a GGUF file.
struct MetadataObject: TokenizerMetadata {
  enum Value {
    case string(String)
    case integer(Int)
    case bool(Bool)
    case strings([String])
    case integers([Int])
    case floats([Float])
  }

  private(set) var values: [String: Value] = [:]

  init() {}

  /// - Parameter path: below the fixtures.
  init(_ path: String) throws {
    let object = try JSONSerialization.jsonObject(
      with: try Data(contentsOf: Fixtures.url(path)))
    for (key, value) in object as? [String: Any] ?? [:] {
      if key.hasSuffix("scores") {
        values[key] = .floats((value as? [NSNumber] ?? []).map(\.floatValue))
      } else if let value = value as? String {
        values[key] = .string(value)
      } else if let value = value as? Int {
        values[key] = .integer(value)
      } else if let value = value as? [String] {
        values[key] = .strings(value)
      } else if let value = value as? [Int] {
        values[key] = .integers(value)
      }
    }
  }

  subscript(name: String) -> Value? {
    get { values["tokenizer.ggml.\(name)"] }
    set { values["tokenizer.ggml.\(name)"] = newValue }
  }

  /// A key that is not the tokenizer's.
  mutating func set(_ key: String, _ value: Value) { values[key] = value }

  func string(_ key: String) -> String? {
    if case .string(let value) = values[key] { value } else { nil }
  }
  func integer(_ key: String) -> Int? {
    if case .integer(let value) = values[key] { value } else { nil }
  }
  func bool(_ key: String) -> Bool? {
    if case .bool(let value) = values[key] { value } else { nil }
  }
  func strings(_ key: String) -> [String]? {
    if case .strings(let value) = values[key] { value } else { nil }
  }
  func integers(_ key: String) -> [Int]? {
    if case .integers(let value) = values[key] { value } else { nil }
  }
  func floats(_ key: String) -> [Float]? {
    if case .floats(let value) = values[key] { value } else { nil }
  }
}

/// Equality of UTF-8, where that of strings would forgive a change of composition.
func sameBytes(_ left: String, _ right: String?) -> Bool {
  right.map { left.utf8.elementsEqual($0.utf8) } ?? false
}

/// Numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
