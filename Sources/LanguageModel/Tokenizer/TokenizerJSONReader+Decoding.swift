// MARK: - Decoder

extension TokenizerJSONReader {
  /// The steps of a `decoder` that act on one token after another.
  private struct DecodingSteps {
    var isByteLevel = false
    var replacements: [RewritingStep] = []
    var readsBytes = false
    var leadingSpaces = 0
    var dropsFirstTokenSpaces = false

    /// - Returns: `nil` for steps that need the tokens together.
    init?(_ steps: [DecodingStep]) {
      if steps == [.byteLevel] {
        isByteLevel = true
        return
      }
      if steps.count == 1, case .metaspace(let mark, let dropsFirst) = steps[0] {
        replacements = [.replace(.literal(mark), with: [0x20])]
        dropsFirstTokenSpaces = dropsFirst
        return
      }
      var isFused = false
      for step in steps {
        switch step {
        case .replace(let delimiter, let content) where !isFused && !readsBytes:
          replacements.append(.replace(delimiter, with: content))
        case .byteFallback where !isFused && !readsBytes: readsBytes = true
        case .fuse: isFused = true
        case .strip(" ", let start, stop: 0) where isFused && (0...16).contains(start):
          leadingSpaces += start
        default: return nil
        }
      }
    }
  }

  func decoder() throws -> TokenDecoder {
    let node = try root.optional("decoder")
    let chain = try node.map(decodingSteps) ?? []
    try TextStepsReader.requireModest(
      chain.compactMap { step in
        if case .replace(let delimiter, let content) = step {
          .replace(delimiter, with: content)
        } else {
          nil
        }
      }, splits: chain.count, at: "decoder")
    var decoder = TokenDecoder(minimumCapacity: spellings.endID)
    if node != nil, let steps = DecodingSteps(chain),
      !steps.dropsFirstTokenSpaces || !hasSpaces
    {
      decoder.leadingSpaces = steps.leadingSpaces
      decoder.dropsFirstTokenSpaces = steps.dropsFirstTokenSpaces
      decoder.judgesByteRunsWhole = steps.readsBytes
      appendPieces(steps, to: &decoder)
    } else {
      let whole = DecodingChain(
        steps: chain, joinsWithSpaces: node == nil, spellings: spellings)
      for id in 0..<spellings.endID { decoder.append(whole.bytes(of: [id], isInside: true), []) }
      decoder.chain = whole
    }
    for id in added.specialIDs.sorted() { decoder.mark(id, .special) }
    return decoder
  }

  /// Whether a piece has a space of its own, beside the marks that stand for spaces.
  private var hasSpaces: Bool {
    (0..<spellings.endID).contains { spellings.bytes(of: $0).contains(0x20) }
  }

  private func appendPieces(_ steps: DecodingSteps, to decoder: inout TokenDecoder) {
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
  }

  private func decodingSteps(_ node: JSONNode) throws -> [DecodingStep] {
    switch try node.type {
    case "Sequence":
      return try node.required("decoders").elements.flatMap(decodingSteps)
    case "ByteLevel": return [.byteLevel]
    case "Replace":
      let delimiter = try TextStepsReader.delimiter(try node.required("pattern"))
      return [.replace(delimiter, with: Array(try node.required("content").bytes))]
    case "ByteFallback": return [.byteFallback]
    case "Fuse": return [.fuse]
    case "Strip":
      let content = try node.required("content")
      let scalars = try content.string.unicodeScalars
      guard scalars.count == 1, let scalar = scalars.first else {
        throw TokenizerError(.malformed, "expected one character", at: content.location)
      }
      let (start, stop) = (
        try node.required("start").integer, try node.required("stop").integer
      )
      guard start >= 0, stop >= 0 else {
        throw TokenizerError(.malformed, "expected counts of 0 or more", at: node.location)
      }
      return [.strip(scalar, start: start, stop: stop)]
    case "Metaspace":
      let oldScheme = try node.flag("add_prefix_space", default: true) ? "always" : "never"
      let scheme = try node.optional("prepend_scheme")?.string ?? oldScheme
      let mark = try TextStepsReader.mark(node)
      return [.metaspace(mark: mark, dropsFirst: scheme != "never")]
    case "WordPiece":
      let prefix = try node.optional("prefix").map { Array(try $0.bytes) } ?? Array("##".utf8)
      let cleansUp = try node.flag("cleanup", default: true)
      return [.wordPiece(prefix: prefix, cleansUp: cleansUp)]
    case "BPEDecoder":
      let suffix = try node.optional("suffix").map { Array(try $0.bytes) }
      return [.bytePair(suffix: suffix ?? Array("</w>".utf8))]
    case "CTC":
      let padding = try node.optional("pad_token").map { Array(try $0.bytes) }
      let delimiter = try node.optional("word_delimiter_token").map { Array(try $0.bytes) }
      return [
        .ctc(
          padding: padding ?? Array("<pad>".utf8), delimiter: delimiter ?? [0x7C],
          cleansUp: try node.flag("cleanup", default: true))
      ]
    case let type:
      throw TextStepsReader.unsupported(
        node, type,
        """
        ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, WordPiece, BPEDecoder, CTC and \
        Sequence
        """)
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
      let processors = try node.required("processors").elements
      try requireFew(processors.count, at: node)
      for processor in processors {
        let (prefix, suffix) = try surroundings(processor)
        all = (prefix + all.prefix, all.suffix + suffix)
      }
      return all
    case "TemplateProcessing":
      return try templateSurroundings(node)
    case "BertProcessing", "RobertaProcessing":
      return ([try pairedID("cls", node)], [try pairedID("sep", node)])
    case let type:
      throw TextStepsReader.unsupported(
        node, type,
        "ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing and Sequence")
    }
  }

  /// The id of `["[CLS]", 101]`.
  private func pairedID(_ name: String, _ node: JSONNode) throws -> Int {
    let parts = try node.required(name).elements
    guard parts.count == 2, case let id = try parts[1].integer, spellings.contains(id: id) else {
      throw TokenizerError(
        .inconsistent, "expected a token and the id of a piece", at: "\(node.location).\(name)")
    }
    return id
  }

  private func templateSurroundings(
    _ node: JSONNode
  ) throws -> (prefix: [Int], suffix: [Int]) {
    let single = try node.required("single")
    var prefix: [Int] = []
    var suffix: [Int]?
    let parts = try single.elements
    try requireFew(parts.count, at: single)
    for part in parts {
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
      try requireFew(prefix.count + (suffix?.count ?? 0), at: single)
    }
    guard let suffix else {
      throw TokenizerError(.malformed, "a template without the text", at: single.location)
    }
    return (prefix, suffix)
  }

  /// A part may stand for many tokens, and a part be used many times.
  private func requireFew(_ count: Int, at node: JSONNode) throws {
    guard count <= Self.mostSurroundings else {
      throw TokenizerError(
        .unsupported, "\(count) tokens around a text, at most \(Self.mostSurroundings)",
        at: node.location)
    }
  }

  private static var mostSurroundings: Int { 1024 }

  /// Takes BOS, EOS and the stop tokens from the files beside the tokenizer.
  mutating func readSettings(
    config: JSONNode?, special: JSONNode? = nil, model: JSONNode? = nil, generation: JSONNode?
  ) throws {
    try readClass(config: config, special: special, model: model)
    if let stops = try generation?.optional("eos_token_id") {
      let ids = if case .array = stops.value { try stops.elements } else { [stops] }
      for node in ids where spellings.contains(id: try node.integer) {
        settings.stops.insert(try node.integer)
      }
    }
  }

  /// Fills in what no file said, from spellings whose meaning is the same everywhere.
  func complete(_ settings: inout Tokenizer.Settings) {
    let special = added.specialIDs
    func first(_ candidates: [String]) -> Int? {
      for candidate in candidates {
        if let id = spellings.id(of: Array(candidate.utf8)), special.contains(id) { return id }
      }
      return nil
    }
    settings.bos =
      settings.bos ?? settings.prefix.first ?? first(SpecialSpellings.beginningOfSequence)
    settings.eos = settings.eos ?? first(SpecialSpellings.endOfSequence)
    settings.endOfTurn = first(SpecialSpellings.endOfTurn)
    let endsParts = SpecialSpellings.endsParts { first([$0]) != nil }
    for spelling in SpecialSpellings.stops where !(endsParts && spelling == "<|end|>") {
      if let id = first([spelling]) { settings.stops.insert(id) }
    }
    if let eos = settings.eos { settings.stops.insert(eos) }
  }
}
