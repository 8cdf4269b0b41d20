import Foundation
import LanguageModel
import TensorFiles

/// The files of a worker's tokenizer, in a folder that goes away with this value.
final class TokenizerFolder: Sendable {
  /// A tokenizer that is not read here, or reads otherwise.
  struct Unread: Error, CustomStringConvertible {
    var description: String
  }

  let files: ModelFiles
  private let parent: URL

  /// Names of files that tokenizers are made of; a worker's others are nobody's business.
  private static let names: Set = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json", "generation_config.json", "config.json",
  ]
  /// The metadata of a GGUF model.
  static let gguf = "tokenizer.gguf"

  init(_ message: Message, model: String) throws {
    let last = model.split(separator: "/").last.map(String.init) ?? ""
    let plain = String(last.map { $0.isLetter || $0.isNumber || "-_.+".contains($0) ? $0 : "_" })
    let name =
      plain.isEmpty || plain.allSatisfy({ $0 == "." }) ? "model" : String(plain.prefix(120))
    parent = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-engine-\(UUID().uuidString)")
    let folder = parent.appending(path: name)
    try FileManager.default.createDirectory(
      at: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    if message.has(Self.gguf) {
      try Data(try message.bytes(Self.gguf)).write(to: folder)
      files = .gguf(folder)
      return
    }
    files = .hub(folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in message.tensorNames where Self.names.contains(file) {
      try Data(try message.bytes(file)).write(to: folder.appending(path: file))
    }
  }

  deinit { try? FileManager.default.removeItem(at: parent) }

  /// The tokenizer, once it gives the worker's probes and renderings as the worker does.
  ///
  /// - Throws: `Unread`.
  func tokenizer(_ reply: WireReply, vocabulary: Int) throws -> Tokenizer {
    let tokenizer: Tokenizer
    do {
      tokenizer = try files.tokenizer()
    } catch {
      throw Unread(description: "its tokenizer is not read here: \(EngineText.line("\(error)"))")
    }
    for probe in reply.probes ?? [] {
      let found = tokenizer.encode(
        probe.text, addSpecial: probe.special ?? true, parseSpecial: true)
      guard found == probe.ids else {
        throw Unread(
          description:
            "its tokenizer reads otherwise here: for “\(EngineText.line(probe.text, atMost: 40))” expected "
            + "\(Self.words(probe.ids)), found \(Self.words(found))")
      }
    }
    for rendering in reply.renderings ?? [] {
      let found: String
      do {
        found = try ChatTemplate(of: tokenizer).render(
          try rendering.messages.map(Self.message), system: .templateDefault
        ).text
      } catch let error as Unread {
        throw error
      } catch {
        throw Unread(
          description: "its chat template is not read here: \(EngineText.line("\(error)"))")
      }
      guard found == rendering.text else {
        throw Unread(
          description:
            "its chat template renders otherwise here: expected “\(EngineText.line(rendering.text, atMost: 80))”, "
            + "found “\(EngineText.line(found, atMost: 80))”")
      }
    }
    return tokenizer
  }

  private static func message(_ turn: WireTurn) throws -> ChatMessage {
    guard let role = ChatMessage.Role(rawValue: turn.role) else {
      throw Unread(
        description:
          "its rendering has a turn of “\(EngineText.line(turn.role, atMost: 40))”, expected system, user or assistant"
      )
    }
    return ChatMessage(role, turn.content)
  }

  private static func words(_ ids: [Int]) -> String {
    ids.prefix(12).map(String.init).joined(separator: ",") + (ids.count > 12 ? "…" : "")
  }
}
