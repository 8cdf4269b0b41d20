/// What transformers makes of a tokenizer by its class.
///
/// - Source: transformers 4.57, `AutoTokenizer.from_pretrained` with its fast tokenizers.
private struct TokenizerClass {
  /// Special tokens that a class has where no file says otherwise.
  var defaults: [String: String] = [:]
  /// Further special tokens, behind `additional_special_tokens`.
  var more: [(key: String, spelling: String)] = []
  /// Puts BOS and EOS around a text by its own flags, whatever the file's post-processor says.
  var surrounds = false
  var addsBOS = false
  /// Leaves the space before a text as the file has it where `add_prefix_space` is not given.
  var keepsPrefixSpace = false

  private static func endOfText(_ more: [String: String] = [:]) -> [String: String] {
    let text = "<|endoftext|>"
    return ["unk_token": text, "bos_token": text, "eos_token": text].merging(more) { $1 }
  }

  private static let sentencePiece = [
    "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>",
  ]

  /// - Parameter name: with or without `Fast` at its end.
  init(named name: String) {
    switch name.hasSuffix("Fast") ? String(name.dropLast(4)) : name {
    case "LlamaTokenizer", "CodeLlamaTokenizer":
      self.init(
        defaults: Self.sentencePiece, surrounds: true, addsBOS: true,
        keepsPrefixSpace: !name.hasPrefix("Code"))
      if name.hasPrefix("Code") {
        more = [
          ("prefix_token", "▁<PRE>"), ("middle_token", "▁<MID>"), ("suffix_token", "▁<SUF>"),
          ("eot_token", "▁<EOT>"),
        ]
      }
    case "GemmaTokenizer":
      self.init(
        defaults: [
          "unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>",
        ], surrounds: true, addsBOS: true)
    case "CohereTokenizer":
      self.init(
        defaults: [
          "unk_token": "<UNK>", "bos_token": "<BOS_TOKEN>", "eos_token": "<|END_OF_TURN_TOKEN|>",
        ], surrounds: true, addsBOS: true)
    case "GPTNeoXTokenizer": self.init(defaults: Self.endOfText(), surrounds: true)
    case "GPT2Tokenizer": self.init(defaults: Self.endOfText())
    case "Qwen2Tokenizer":
      self.init(defaults: [
        "unk_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
      ])
    default: self.init()
    }
  }

  private init(
    defaults: [String: String] = [:], surrounds: Bool = false, addsBOS: Bool = false,
    keepsPrefixSpace: Bool = false
  ) {
    (self.defaults, self.surrounds) = (defaults, surrounds)
    (self.addsBOS, self.keepsPrefixSpace) = (addsBOS, keepsPrefixSpace)
  }

  /// The class of a model's tokenizer, for folders that do not name one.
  static func name(ofModel type: String) -> String? {
    switch type {
    case "llama", "mistral", "mixtral", "ministral", "phi3", "deepseek_v2", "deepseek_v3":
      "LlamaTokenizer"
    case "code_llama": "CodeLlamaTokenizer"
    case "gemma", "gemma2", "gemma3", "gemma3_text": "GemmaTokenizer"
    case "cohere", "cohere2": "CohereTokenizer"
    case "gpt_neox", "olmo", "olmo2", "olmoe", "stablelm", "mpt": "GPTNeoXTokenizer"
    case "gpt2", "granite": "GPT2Tokenizer"
    case "qwen2", "qwen2_moe", "qwen3", "qwen3_moe": "Qwen2Tokenizer"
    default: nil
    }
  }
}

extension TokenizerJSONReader {
  /// Holds `added_tokens.json` against what is added, which transformers adds to where no tokens are listed in
  /// `tokenizer_config.json`.
  ///
  /// - Throws: `TokenizerError.unsupported` naming the first token that would be added.
  func checkAdded(_ file: JSONNode, config: JSONNode?) throws {
    guard try config?.optional("added_tokens_decoder") == nil else { return }
    for (key, value) in try file.members where added[Array(key)]?.id != (try value.integer) {
      throw TokenizerError(
        .unsupported,
        "\"\(String(decoding: key, as: UTF8.self))\" is not among the added tokens of tokenizer.json with the id \(try value.integer)",
        at: "added_tokens.json")
    }
  }

  private static let specialKeys = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// Takes over what the class of the tokenizer and the files beside it say of special tokens and of
  /// what stands around a text.
  ///
  /// - Parameters:
  ///   - config: `tokenizer_config.json`
  ///   - special: `special_tokens_map.json`, which counts where `config` lists no added tokens
  ///   - model: `config.json`, which tells the class where `config` does not
  mutating func readClass(config: JSONNode?, special: JSONNode?, model: JSONNode?) throws {
    if try config?.optional("split_special_tokens")?.boolean == true {
      throw TokenizerError(
        .unsupported,
        "split_special_tokens, which spells special tokens in a text out, is not implemented",
        at: "tokenizer_config.json")
    }
    let named = try config?.optional("tokenizer_class") ?? model?.optional("tokenizer_class")
    let type = try model?.optional("model_type")?.string
    let unnamed = config == nil ? nil : ""
    guard let name = try named?.string ?? type.flatMap(TokenizerClass.name) ?? unnamed else {
      return
    }
    let kind = TokenizerClass(named: name)
    let listed = try config?.optional("added_tokens_decoder")
    var tokens: [String: JSONNode?] = [:]
    var extra: [JSONNode] = []
    for source in [config, listed == nil ? special : nil] {
      guard let source else { continue }
      for key in Self.specialKeys where try source.has(key) {
        tokens[key] = try source.optional(key)
      }
      extra += try source.optional("additional_special_tokens")?.elements ?? []
    }
    let additional = extra.count
    if let named = try config?.optional("extra_special_tokens"), case .object = named.value {
      extra += try named.members.map(\.1)
    }
    let relisted = try listed.map { try addListed($0, special: tokens, extra) }
    var ids: [String: Int] = [:]
    for key in Self.specialKeys {
      if let given = tokens[key] {
        // Where tokens are listed, one that is not among them has the flags that its name says.
        if let given {
          ids[key] = try addSpecial(given) { listed != nil && relisted?[$0] == nil }
        }
      } else if let spelling = kind.defaults[key] {
        // Without a word of any file, only what the vocabulary has.
        let bytes = Array(spelling.utf8)
        if config == nil, spellings.id(of: bytes) == nil { continue }
        ids[key] = try add(Added(spelling: bytes, isSpecial: true), at: "tokenizer_class")
      }
    }
    let spelled = Set(try tokens.values.compactMap { try $0.map(Self.spelling) })
    for node in extra[..<additional] {
      _ = try addSpecial(node) { !spelled.contains($0) && relisted?[$0] != true }
    }
    for (key, spelling) in kind.more {
      if let given = try config?.optional(key) {
        _ = try addSpecial(given) { _ in false }
      } else if try config?.has(key) != true {
        let bytes = Array(spelling.utf8)
        if config == nil, spellings.id(of: bytes) == nil { continue }
        _ = try add(Added(spelling: bytes, isSpecial: true), at: "tokenizer_class")
      }
    }
    for node in extra[additional...] {
      _ = try addSpecial(node) { !spelled.contains($0) && relisted?[$0] != true }
    }
    settings.bos = ids["bos_token"]
    settings.eos = ids["eos_token"]
    addsPrefixSpace = try prefixSpace(kind, config)
    if kind.surrounds { try surround(kind, config, ids) }
  }

  private func prefixSpace(_ kind: TokenizerClass, _ config: JSONNode?) throws -> Bool? {
    if let given = try config?.optional("add_prefix_space") { return try given.boolean }
    // An explicit null changes nothing, as the library cannot set it.
    if try config?.has("add_prefix_space") == true { return nil }
    return kind.keepsPrefixSpace ? nil : false
  }

  private mutating func surround(
    _ kind: TokenizerClass, _ config: JSONNode?, _ ids: [String: Int]
  ) throws {
    func token(_ key: String, _ flag: String, _ isWanted: Bool) throws -> [Int] {
      guard isWanted else { return [] }
      if let id = ids[key] { return [id] }
      // Without a file that says so, what the tokenizer itself has stays.
      if config == nil { return [] }
      throw TokenizerError(
        .inconsistent, "\(flag) asks for a \(key), and there is none",
        at: "tokenizer_config.json: \(key)")
    }
    let addsBOS = try config?.flag("add_bos_token", default: kind.addsBOS) ?? kind.addsBOS
    let addsEOS = try config?.flag("add_eos_token") ?? false
    if config == nil, addsBOS, ids["bos_token"] == nil { return }
    classSurroundings = (
      try token("bos_token", "add_bos_token", addsBOS),
      try token("eos_token", "add_eos_token", addsEOS)
    )
  }

  // MARK: - Adding tokens

  private struct Added {
    var spelling: [UInt8]
    var isSpecial: Bool
    var stripsLeft = false
    var stripsRight = false
    var isSingleWord = false
    /// By default of all but special tokens.
    var isNormalized: Bool?

    init(spelling: [UInt8], isSpecial: Bool) {
      (self.spelling, self.isSpecial) = (spelling, isSpecial)
    }

    init(_ node: JSONNode, isSpecial: Bool? = nil) throws {
      spelling = Array(try node.required("content").bytes)
      self.isSpecial = try node.flag("special", default: isSpecial ?? false)
      stripsLeft = try node.flag("lstrip")
      stripsRight = try node.flag("rstrip")
      isSingleWord = try node.flag("single_word")
      isNormalized = try node.optional("normalized")?.boolean
    }

    func entry(id: Int) -> AddedTokens.Token {
      AddedTokens.Token(
        id: id, spelling: spelling, isSpecial: isSpecial, stripsLeft: stripsLeft,
        stripsRight: stripsRight, isSingleWord: isSingleWord,
        isNormalized: isNormalized ?? !isSpecial)
    }
  }

  /// The tokens of `added_tokens_decoder`, in the order of their ids.
  ///
  /// - Returns: of each spelling whether the tokenizer had it otherwise, or not at all.
  private mutating func addListed(
    _ listed: JSONNode, special: [String: JSONNode?], _ extra: [JSONNode]
  ) throws -> [[UInt8]: Bool] {
    let entries = try listed.members.map { key, node in
      guard let id = Int(String(decoding: key, as: UTF8.self)) else {
        throw TokenizerError(.malformed, "expected ids as keys", at: listed.location)
      }
      return (id, node)
    }
    let spelled = try (special.values.compactMap { $0 } + extra).map(Self.spelling)
    var isOther: [[UInt8]: Bool] = [:]
    for (_, node) in entries.sorted(by: { $0.0 < $1.0 }) {
      var token = try Added(node)
      isOther[token.spelling] = !isKnown(token)
      // A token whose flags are as in the file stays as it is.
      if !isKnown(token), spelled.contains(token.spelling) {
        token.isNormalized = token.isNormalized ?? !token.isSpecial
        token.isSpecial = true
      }
      _ = try add(token, at: listed.location)
    }
    return isOther
  }

  private static func content(of node: JSONNode) throws -> JSONNode {
    if case .object = node.value { try node.required("content") } else { node }
  }

  private static func spelling(_ node: JSONNode) throws -> [UInt8] {
    Array(try content(of: node).bytes)
  }

  /// The id of a special token that a file names, which becomes an added token if it is none yet.
  ///
  /// - Parameter changes: whether flags written with the name count for a token that is there.
  private mutating func addSpecial(
    _ node: JSONNode, changes: ([UInt8]) -> Bool
  ) throws -> Int? {
    let content = try Self.content(of: node)
    let spelling = Array(try content.bytes)
    if spelling.isEmpty { return nil }
    if let known = added[spelling] {
      guard case .object = node.value, changes(spelling) else { return known.id }
    }
    var token = Added(spelling: spelling, isSpecial: true)
    if case .object = node.value {
      token = try Added(node, isSpecial: true)
      token.isNormalized = token.isNormalized ?? !token.isSpecial
      token.isSpecial = true
    }
    return try add(token, at: content.location)
  }

  private func isKnown(_ token: Added) -> Bool {
    guard let known = added[token.spelling] else { return false }
    return known == token.entry(id: known.id)
  }

  private mutating func add(_ token: Added, at location: String) throws -> Int? {
    if token.spelling.isEmpty { return nil }
    guard token.spelling.count <= 4096 else {
      throw TokenizerError(
        .malformed, "an added token of \(token.spelling.count) bytes, at most 4096", at: location)
    }
    let id = spellings.id(of: token.spelling) ?? nextID
    if spellings.id(of: token.spelling) == nil, spellings.insert(token.spelling, id: id) != nil {
      throw TokenizerError(
        .inconsistent, "id \(id) belongs to another piece already", at: location)
    }
    added.add([token.entry(id: id)])
    return id
  }

  /// The id after all others, as the library numbers new tokens.
  private var nextID: Int {
    let most = added.highestID ?? -1
    return most >= modelPieceCount ? most + 1 : modelPieceCount
  }
}
