import Foundation
import LanguageModel
import TensorFiles

extension EngineServer {
  /// Texts whose ids the client's tokenizer has to give too.
  private static let probes = ["Hello, world! 123", "  Zoë — naïve café\n\t3.14", "日本語 🙂 ok"]
  private static let files = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "generation_config.json", "config.json",
  ]

  func tokenizer(_ request: WireRequest) throws -> Answer {
    let model = try loaded()
    let tokenizer = try model.tokenizer()
    var tensors: [NamedTensor] = []
    func add(_ name: String, _ bytes: [UInt8]) {
      tensors.append((name, SafetensorsTensor(.u8, shape: [bytes.count], bytes: bytes)))
    }
    switch model.files {
    case .gguf(let url): add(TokenizerFolder.gguf, try GGUFFile.metadataAlone(of: url))
    case .hub(let folder):
      for name in Self.files {
        let url = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
          continue
        }
        add(name, [UInt8](try OrdinaryFile.data(url, limit: Message.largest / 4)))
      }
    }
    var reply = WireReply("done", id: request.id)
    reply.probes = Self.probes.map { text in
      WireProbe(
        text: text, special: true,
        ids: tokenizer.encode(text, addSpecial: true, parseSpecial: true))
    }
    // A model without a template renders nothing.
    let turns = [WireTurn(role: "user", content: "Hello.")]
    if let text = try? ChatTemplate(of: tokenizer).render(
      turns.map { ChatMessage(.user, $0.content) }, system: .templateDefault
    ).text {
      reply.renderings = [WireRendering(messages: turns, text: text)]
    } else {
      reply.renderings = []
    }
    return (reply, tensors)
  }

  func tokenize(_ request: WireRequest) throws -> Answer {
    let tokenizer = try loaded().tokenizer()
    guard let texts = request.texts else { throw Refused(description: "expected texts") }
    let ids = texts.map {
      tokenizer.encode($0, addSpecial: request.special ?? true, parseSpecial: true)
    }
    return (
      WireReply("done", id: request.id),
      [
        ("lengths", Message.integers(ids.map(\.count))),
        ("ids", Message.integers(ids.flatMap(\.self))),
      ]
    )
  }

  func decode(_ request: WireRequest, _ message: Message) throws -> Answer {
    let tokenizer = try loaded().tokenizer()
    var reply = WireReply("done", id: request.id)
    reply.texts = try sequences(message).map {
      tokenizer.decode($0, skipSpecial: request.skipSpecial ?? false)
    }
    return (reply, [])
  }

  func render(_ request: WireRequest) throws -> Answer {
    let template = try ChatTemplate(of: try loaded().tokenizer())
    guard let conversations = request.conversations else {
      throw Refused(description: "expected conversations")
    }
    var reply = WireReply("done", id: request.id)
    reply.texts = try conversations.map { turns in
      try template.render(
        try turns.map { turn in
          guard let role = ChatMessage.Role(rawValue: turn.role) else {
            throw Refused(
              description:
                "a turn of \(EngineText.line(turn.role, atMost: 40)), expected system, user or assistant"
            )
          }
          return ChatMessage(role, turn.content)
        }, system: .templateDefault
      ).text
    }
    return (reply, [])
  }

  /// The sequences of `ids` and `lengths`.
  func sequences(_ message: Message) throws -> [[Int]] {
    let lengths = try message.integers("lengths")
    let ids = try message.integers("ids")
    guard lengths.allSatisfy({ $0 >= 0 }), lengths.reduce(0, +) == ids.count else {
      throw Message.Malformed("expected \(lengths.reduce(0, +)) ids, found \(ids.count)")
    }
    var first = 0
    return lengths.map { length in
      defer { first += length }
      return Array(ids[first..<first + length])
    }
  }
}
