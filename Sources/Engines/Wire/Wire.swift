import Foundation

/// A request of the protocol; what one does not need is absent.
struct WireRequest: Codable, Sendable {
  var ask: String
  var id: Int
  // hello
  var protocols: [Int]?
  var client: String?
  // load
  var model: String?
  var adapter: String?
  var revision: String?
  var device: String?
  var deviceMap: String?
  var dtype: String?
  var rotaryPrecision: String?
  // read, continue, follow
  var from: String?
  var hooks: [String]?
  var rowsAs: String?
  var positions: String?
  var logits: String?
  var scores: Bool?
  var edits: [WireEdit]?
  var limit: Int?
  var stops: [Int]?
  var sampling: WireSampling?
  var session: String?
  // lens
  var top: Int?
  // gradient
  var hook: String?
  var target: WireTarget?
  // cancel
  var of: Int?
  // tokenize, decode, render
  var texts: [String]?
  var special: Bool?
  var skipSpecial: Bool?
  var conversations: [[WireTurn]]?

  init(_ ask: String, id: Int = 0) { (self.ask, self.id) = (ask, id) }

  enum CodingKeys: String, CodingKey {
    case ask, id, client, model, adapter, revision, device, deviceMap, dtype, rotaryPrecision, from
    case hooks, rowsAs, positions, logits, scores, edits, limit, stops, sampling, session, top, of
    case hook, target, texts, special, skipSpecial, conversations
    case protocols = "protocol"
  }
}

struct WireSampling: Codable, Sendable {
  var temperature: Float
  var topP: Float?
  var topK: Int?
  var seed: UInt64?
}

/// What is differentiated.
struct WireTarget: Codable, Sendable {
  var kind: String
  var token: Int?
  var targetHook: String?
  var position: Int?
}

struct WireTurn: Codable, Sendable, Equatable {
  var role: String
  var content: String
}

/// An edit, with the names of its tensors.
struct WireEdit: Codable, Sendable {
  var kind: String
  var hook: String
  var centre: String?
  var basis: String?
  var strength: Float?
  var direction: String?
  var alpha: Float?
  var rows: String?
  var positions: [Int]?
  var sequences: [Int]?
}

/// A reply of the protocol; what one does not say is absent.
struct WireReply: Codable, Sendable {
  var reply: String
  var id: Int
  // progress and error
  var done: Int?
  var total: Int?
  var text: String?
  var kind: String?
  // hello
  var version: Int?
  var libraries: [String: String]?
  // load
  var engine: String?
  var device: String?
  var dtype: String?
  var model: String?
  var architecture: String?
  var modelHash: String?
  var revision: String?
  var adapter: String?
  var adapterHash: String?
  var rotaryPrecision: String?
  var rotarySettings: String?
  var layers: Int?
  var width: Int?
  var vocabulary: Int?
  var context: Int?
  var stops: [Int]?
  var hooks: [WireHook]?
  var refusedHooks: [WireRefusedHook]?
  var startsFrom: [String]?
  var can: [String]?
  var tokenizerFiles: [String]?
  // tokenizer
  var probes: [WireProbe]?
  var renderings: [WireRendering]?
  // read, continue, follow
  var sequences: [Int]?
  var tokens: [[Int]]?
  var sequence: Int?
  var ending: String?
  var reused: Int?
  // gradient
  var value: Double?
  // tokenize, decode, render
  var texts: [String]?

  init(_ reply: String, id: Int) { (self.reply, self.id) = (reply, id) }

  enum CodingKeys: String, CodingKey {
    case reply, id, done, total, text, kind, libraries, engine, device, dtype, model, architecture
    case modelHash, revision, adapter, adapterHash, rotaryPrecision, rotarySettings, layers
    case width, vocabulary, context, stops, hooks, refusedHooks, startsFrom, can, tokenizerFiles,
      probes, renderings
    case sequences, tokens, sequence, ending, reused, value, texts
    case version = "protocol"
  }
}

struct WireHook: Codable, Sendable {
  var name: String
  var width: Int
}

struct WireRefusedHook: Codable, Sendable {
  var name: String
  var why: String?
}

struct WireProbe: Codable, Sendable {
  var text: String
  var special: Bool?
  var ids: [Int]
}

struct WireRendering: Codable, Sendable {
  var messages: [WireTurn]
  var text: String
}

enum WireText {
  /// The version that is spoken here.
  static let version = 1

  static func encoded(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw Message.Malformed(
        "expected a JSON object as the protocol has it, found “\(EngineText.line(text, atMost: 60))”"
          + place(of: error))
    }
  }

  private static func place(of error: DecodingError) -> String {
    let path =
      switch error {
      case .keyNotFound(let key, let context): context.codingPath + [key]
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        context.codingPath
      @unknown default: [any CodingKey]()
      }
    guard !path.isEmpty else { return "" }
    return " (at \(EngineText.line(path.map(\.stringValue).joined(separator: "."), atMost: 60)))"
  }
}
