// MARK: - Decoder

extension TokenizerJSONReader {
  /// The steps of a `decoder`, as far as they act on one token.
  private struct DecodingSteps {
    var isByteLevel = false
    var replacements: [RewritingStep] = []
    var readsBytes = false
    var isFused = false
    var leadingSpaces = 0
    var dropsFirstTokenSpaces = false
  }

  func decoder() throws -> TokenDecoder {
    guard let node = try root.optional("decoder") else {
      throw TokenizerError(.unsupported, "a tokenizer without a decoder", at: "decoder")
    }
    var steps = DecodingSteps()
    try read(node, into: &steps)
    try TextStepsReader.requireModest(steps.replacements, at: node.location)
    var decoder = TokenDecoder(minimumCapacity: spellings.endID)
    decoder.leadingSpaces = steps.leadingSpaces
    decoder.dropsFirstTokenSpaces = steps.dropsFirstTokenSpaces
    decoder.judgesByteRunsWhole = steps.readsBytes
    for id in 0..<spellings.endID {
      let spelling = spellings.bytes(of: id)
      if steps.isByteLevel {
        decoder.append(ByteLevelAlphabet.decode(spelling) ?? Array(spelling), [])
        continue
      }
      let bytes = RewritingStep.apply(steps.replacements, to: Array(spelling))
      if steps.readsBytes, let byte = ByteSpelling.byte(of: bytes) {
        decoder.append([byte], .byte)
      } else {
        decoder.append(bytes, [])
      }
    }
    for token in added where token.token.isSpecial { decoder.mark(token.token.id, .special) }
    return decoder
  }

  private func read(_ node: JSONNode, into steps: inout DecodingSteps) throws {
    switch try node.type {
    case "Sequence":
      for step in try node.required("decoders").elements { try read(step, into: &steps) }
    case "ByteLevel":
      steps.isByteLevel = true
    case "Replace":
      // What is replaced in the text as a whole cannot be known token by token.
      guard !steps.isFused, !steps.readsBytes else {
        throw TokenizerError(
          .unsupported, "Replace after ByteFallback or Fuse is not supported", at: node.location)
      }
      let pattern = try TextStepsReader.literal(try node.required("pattern"))
      steps.replacements.append(
        .replace(pattern, with: Array(try node.required("content").bytes)))
    case "ByteFallback":
      steps.readsBytes = true
    case "Fuse":
      steps.isFused = true
    case "Strip":
      let start = try node.required("start").integer
      guard steps.isFused, try node.required("content").string == " ",
        try node.required("stop").integer == 0, (0...16).contains(start)
      else {
        throw TokenizerError(
          .unsupported, "only stripping up to 16 spaces off the start after Fuse is supported",
          at: node.location)
      }
      steps.leadingSpaces += start
    case "Metaspace":
      steps.replacements.append(
        .replace(try TextStepsReader.mark(node), with: [0x20]))
      let oldScheme = try node.flag("add_prefix_space", default: true) ? "always" : "never"
      let scheme = try node.optional("prepend_scheme")?.string ?? oldScheme
      steps.dropsFirstTokenSpaces = scheme != "never"
    case let type:
      throw TextStepsReader.unsupported(
        node, type, "ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace and Sequence")
    }
  }
}

// MARK: - Special tokens

extension TokenizerJSONReader {
  /// The ids that a `post_processor` puts before and after a single text.
  func surroundings(_ node: JSONNode?) throws -> (prefix: [Int], suffix: [Int]) {
    guard let node else { return ([], []) }
    switch try node.type {
    case "ByteLevel":
      return ([], [])
    case "Sequence":
      var all: (prefix: [Int], suffix: [Int]) = ([], [])
      for processor in try node.required("processors").elements {
        let (prefix, suffix) = try surroundings(processor)
        all = (prefix + all.prefix, all.suffix + suffix)
      }
      return all
    case "TemplateProcessing":
      return try templateSurroundings(node)
    case let type:
      throw TextStepsReader.unsupported(node, type, "ByteLevel, TemplateProcessing and Sequence")
    }
  }

  private func templateSurroundings(
    _ node: JSONNode
  ) throws -> (prefix: [Int], suffix: [Int]) {
    let single = try node.required("single")
    var prefix: [Int] = []
    var suffix: [Int]?
    for part in try single.elements {
      if try part.optional("Sequence") != nil {
        guard suffix == nil else {
          throw TokenizerError(.unsupported, "a template with the text twice", at: part.location)
        }
        suffix = []
        continue
      }
      let name = try part.required("SpecialToken").required("id").string
      let special = try node.required("special_tokens").required(name)
      for id in try special.required("ids").elements {
        guard spellings.contains(id: try id.integer) else {
          throw TokenizerError(
            .inconsistent, "no piece has id \(try id.integer)", at: id.location)
        }
        if suffix == nil {
          prefix.append(try id.integer)
        } else {
          suffix?.append(try id.integer)
        }
      }
    }
    guard let suffix else {
      throw TokenizerError(.malformed, "a template without the text", at: single.location)
    }
    return (prefix, suffix)
  }

  /// Takes BOS, EOS, the chat template and the stop tokens from the files beside the tokenizer.
  mutating func readSettings(config: JSONNode?, generation: JSONNode?) throws {
    if let config {
      settings.bos = try specialID("bos_token", in: config)
      settings.eos = try specialID("eos_token", in: config)
    }
    if let stops = try generation?.optional("eos_token_id") {
      let ids = if case .array = stops.value { try stops.elements } else { [stops] }
      for node in ids where spellings.contains(id: try node.integer) {
        settings.stops.insert(try node.integer)
      }
    }
  }

  private func specialID(_ key: String, in config: JSONNode) throws -> Int? {
    guard let node = try config.optional(key) else { return nil }
    let spelling = if case .object = node.value { try node.required("content") } else { node }
    return spellings.id(of: try spelling.bytes)
  }

  /// Fills in what no file said, from spellings whose meaning is the same everywhere.
  func complete(_ settings: inout Tokenizer.Settings) {
    func first(_ candidates: [String]) -> Int? {
      for candidate in candidates {
        if let id = spellings.id(of: Array(candidate.utf8)),
          added.contains(where: { $0.token.id == id && $0.token.isSpecial })
        {
          return id
        }
      }
      return nil
    }
    settings.bos =
      settings.bos ?? settings.prefix.first ?? first(SpecialSpellings.beginningOfSequence)
    settings.eos = settings.eos ?? first(SpecialSpellings.endOfSequence)
    settings.endOfTurn = first(SpecialSpellings.endOfTurn)
    for spelling in SpecialSpellings.stops {
      if let id = first([spelling]) { settings.stops.insert(id) }
    }
    if let eos = settings.eos { settings.stops.insert(eos) }
  }
}
