import Foundation
import TensorFiles

/// The chat templates that came with a model, and the special tokens that they are told.
///
/// Taken from the files in the order of transformers 4.57: `chat_template.jinja` and
/// `additional_chat_templates/NAME.jinja` before `tokenizer_config.json`.
package struct ChatTemplateSource: Sendable {
  package struct Entry: Equatable, Sendable {
    /// `nil` for the only one.
    package var name: String?
    package var text: String
  }

  enum SpecialToken: Equatable, Sendable {
    case one(String)
    case several([String])
  }

  package private(set) var entries: [Entry] = []
  /// By the names that templates know them by, such as `bos_token`.
  private(set) var specialTokens: [String: SpecialToken] = [:]
  /// Whether there is a `chat_template.json`, which transformers' tokenizers do not read.
  private(set) var hasProcessorFile = false

  package init() {}

  // MARK: - Hub-style folders

  /// Reads what lies beside a `tokenizer.json`.
  static func ofFolder(_ folder: URL) throws -> ChatTemplateSource {
    var source = ChatTemplateSource()
    func json(_ name: String) throws -> JSONNode? {
      try bytes(folder.appending(path: name)).map { JSONNode(try JSONDocument($0)) }
    }
    let config = try json("tokenizer_config.json")
    try source.readTemplates(config, folder)
    try source.readSpecialTokens(
      config, map: try json("special_tokens_map.json"),
      modelType: try json("config.json")?.optional("model_type")?.string)
    source.hasProcessorFile = FileManager.default.fileExists(
      atPath: folder.appending(path: "chat_template.json").path)
    return source
  }

  private static func bytes(_ url: URL) throws -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    do {
      return [UInt8](try OrdinaryFile.data(url, limit: TokenizerLoader.largestFile))
    } catch let error as TensorFileError {
      throw TokenizerError(.unreadable, error.message, file: url.path)
    }
  }

  private static func template(_ url: URL) throws -> String? {
    guard let bytes = try bytes(url) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TokenizerError(.malformed, "the text is not UTF-8", file: url.path)
    }
    return text
  }

  /// The template in a file of its own: its text, or the member `chat_template` of a JSON object.
  package static func text(of url: URL) throws -> String {
    guard let text = try template(url) else {
      throw TokenizerError(.unreadable, "cannot be read", file: url.path)
    }
    guard url.pathExtension == "json" else { return text }
    return try JSONNode(try JSONDocument(Array(text.utf8))).required("chat_template").string
  }

  private mutating func readTemplates(_ config: JSONNode?, _ folder: URL) throws {
    let main = try Self.template(folder.appending(path: "chat_template.jinja"))
    if let main { entries.append(Entry(name: nil, text: main)) }
    let extra = folder.appending(path: "additional_chat_templates")
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: extra.path))?.filter {
        $0.hasSuffix(".jinja")
      } ?? []
    for name in names.sorted() {
      guard let text = try Self.template(extra.appending(path: name)) else { continue }
      entries.append(Entry(name: String(name.dropLast(6)), text: text))
    }
    guard entries.isEmpty, let node = try config?.optional("chat_template") else { return }
    guard case .array = node.value else {
      entries = [Entry(name: nil, text: try node.string)]
      return
    }
    for element in try node.elements {
      let name = try element.required("name").string
      entries.removeAll { $0.name == name }
      entries.append(Entry(name: name, text: try element.required("template").string))
    }
  }

  private static let names = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// What a tokenizer's class has where its files say nothing.
  private static func defaults(_ tokenizerClass: String?, modelType: String?) -> [String: String] {
    var name = tokenizerClass ?? ""
    if name.hasSuffix("Fast") { name.removeLast(4) }
    if name.isEmpty {
      name =
        switch modelType {
        case "llama", "mistral", "mixtral", "phi3": "LlamaTokenizer"
        case "gpt2", "granite": "GPT2Tokenizer"
        case "gpt_neox", "olmo", "olmo2": "GPTNeoXTokenizer"
        case "qwen2", "qwen3", "qwen3_moe": "Qwen2Tokenizer"
        case "gemma", "gemma2", "gemma3", "gemma3_text": "GemmaTokenizer"
        case "cohere", "cohere2": "CohereTokenizer"
        default: ""
        }
    }
    switch name {
    case "LlamaTokenizer", "CodeLlamaTokenizer":
      return ["unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"]
    case "GPT2Tokenizer", "GPTNeoXTokenizer":
      return [
        "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
      ]
    case "Qwen2Tokenizer":
      return [
        "unk_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
      ]
    case "GemmaTokenizer":
      return [
        "unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>",
      ]
    case "CohereTokenizer":
      return [
        "unk_token": "<UNK>", "bos_token": "<BOS_TOKEN>", "eos_token": "<|END_OF_TURN_TOKEN|>",
      ]
    default: return [:]
    }
  }

  private static func token(_ node: JSONNode) throws -> String {
    if case .object = node.value { return try node.required("content").string }
    return try node.string
  }

  private mutating func readSpecialTokens(
    _ config: JSONNode?, map: JSONNode?, modelType: String?
  ) throws {
    for (name, token) in Self.defaults(
      try config?.optional("tokenizer_class")?.string, modelType: modelType)
    {
      specialTokens[name] = .one(token)
    }
    try read(config)
    // The older file counts where the newer one does not list the added tokens.
    if try config?.optional("added_tokens_decoder") == nil { try read(map) }
    if let config, let extra = try config.optional("extra_special_tokens"),
      case .object = extra.value
    {
      for (key, node) in try extra.members {
        specialTokens[String(decoding: key, as: UTF8.self)] = .one(try Self.token(node))
      }
    }
    specialTokens = specialTokens.filter { $0.value != .one("") && $0.value != .several([]) }
  }

  private mutating func read(_ node: JSONNode?) throws {
    guard let node else { return }
    for (key, value) in try node.members {
      let name = String(decoding: key, as: UTF8.self)
      if name == "additional_special_tokens" {
        guard case .array = value.value else { continue }
        var tokens = try value.elements.map { try Self.token($0) }
        if case .several(let earlier)? = specialTokens[name] {
          tokens = earlier + tokens.filter { !earlier.contains($0) }
        }
        specialTokens[name] = .several(tokens)
      } else if Self.names.contains(name) {
        specialTokens[name] = value.isNull ? nil : .one(try Self.token(value))
      }
    }
  }

  // MARK: - GGUF

  /// Reads the templates of a GGUF file; its special tokens are those that its ids name.
  static func ofMetadata(
    _ metadata: some TokenizerMetadata, spelling: (Int) -> String?
  ) -> ChatTemplateSource {
    var source = ChatTemplateSource()
    if let text = metadata.string("tokenizer.chat_template") {
      source.entries.append(Entry(name: nil, text: text))
    }
    for name in metadata.strings("tokenizer.chat_templates") ?? [] {
      if let text = metadata.string("tokenizer.chat_template.\(name)") {
        source.entries.append(Entry(name: name, text: text))
      }
    }
    let keys = [
      ("bos_token", "bos_token_id"), ("eos_token", "eos_token_id"),
      ("unk_token", "unknown_token_id"), ("sep_token", "seperator_token_id"),
      ("pad_token", "padding_token_id"), ("cls_token", "cls_token_id"),
      ("mask_token", "mask_token_id"),
    ]
    for (name, key) in keys {
      if let id = metadata.integer("tokenizer.ggml.\(key)"), let token = spelling(id) {
        source.specialTokens[name] = .one(token)
      }
    }
    return source
  }
}
