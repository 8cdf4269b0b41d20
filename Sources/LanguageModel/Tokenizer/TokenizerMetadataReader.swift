import TensorFiles

/// Reads the tokenizer keys of GGUF metadata, as llama.cpp does.
struct TokenizerMetadataReader<Metadata: TokenizerMetadata> {
  let metadata: Metadata

  init(_ metadata: Metadata) {
    self.metadata = metadata
  }

  /// `tokenizer.ggml.token_type`
  private enum TokenType: Int {
    case undefined, normal, unknown, control, userDefined, unused, byte
  }

  private static func key(_ name: String) -> String { "tokenizer.ggml.\(name)" }

  func tokenizer() throws -> Tokenizer {
    let kind = try string("model")
    let pieces = try pieces()
    var types = try tokenTypes(count: pieces.endID)
    let settings = settings(pieces, &types)
    switch kind {
    case "gpt2": return try byteLevel(pieces, types, settings)
    case "llama": return try sentencePiece(pieces, types, settings)
    default:
      throw TokenizerError(
        .unsupported, "\"\(kind)\"; known are gpt2 and llama", at: Self.key("model"))
    }
  }

  private func string(_ name: String) throws -> String {
    guard let value = metadata.string(Self.key(name)) else {
      throw TokenizerError(.malformed, "expected a string, found none", at: Self.key(name))
    }
    return value
  }

  private func pieces() throws -> PieceTable {
    guard let strings = metadata.strings(Self.key("tokens")), !strings.isEmpty else {
      throw TokenizerError(
        .malformed, "expected an array of strings, found none", at: Self.key("tokens"))
    }
    let byteCount = strings.reduce(0) { $0 + $1.utf8.count }
    guard byteCount <= TokenizerLoader.largestFile else {
      throw TokenizerError(
        .malformed, "pieces of \(byteCount) bytes, at most \(TokenizerLoader.largestFile)",
        at: Self.key("tokens"))
    }
    var table = PieceTable(minimumCapacity: strings.count)
    for (id, string) in strings.enumerated() {
      // An empty piece cannot be looked up; the name that llama.cpp gives it keeps its place.
      let piece = string.isEmpty ? "[EMPTY_\(id)]" : string
      if let taken = table.insert(Array(piece.utf8), id: id) {
        throw TokenizerError(
          .inconsistent, "ids \(taken) and \(id) are both \"\(piece)\"", at: Self.key("tokens"))
      }
    }
    return table
  }

  private func tokenTypes(count: Int) throws -> [TokenType] {
    guard let numbers = metadata.integers(Self.key("token_type")) else {
      return [TokenType](repeating: .normal, count: count)
    }
    try requireCount(numbers.count, atLeast: count, of: "token_type")
    return numbers.prefix(count).map { TokenType(rawValue: $0) ?? .undefined }
  }

  private func requireCount(_ found: Int, atLeast expected: Int, of name: String) throws {
    guard found >= expected else {
      throw TokenizerError(
        .inconsistent, "expected an entry for each of \(expected) tokens, found \(found)",
        at: Self.key(name))
    }
  }
}

// MARK: - Special tokens

extension TokenizerMetadataReader {
  /// Reads the special ids, and makes control tokens of those that are by their spelling.
  private func settings(
    _ pieces: PieceTable, _ types: inout [TokenType]
  ) -> Tokenizer.Settings {
    func id(_ name: String) -> Int? {
      metadata.integer(Self.key(name)).flatMap { pieces.contains(id: $0) ? $0 : nil }
    }
    func id(spelled spelling: String) -> Int? { pieces.id(of: Array(spelling.utf8)) }
    var settings = Tokenizer.Settings()
    settings.bos = id("bos_token_id")
    settings.eos = id("eos_token_id")
    for spelling in SpecialSpellings.stops {
      guard let id = id(spelled: spelling) else { continue }
      types[id] = .control
      settings.stops.insert(id)
    }
    for (key, spellings) in SpecialSpellings.fillInTheMiddle where id(key) == nil {
      if let id = spellings.lazy.compactMap(id(spelled:)).first { types[id] = .control }
    }
    for spelling in SpecialSpellings.always {
      if let id = id(spelled: spelling) { types[id] = .userDefined }
    }
    // Not the end of an answer where other tokens are.
    if let end = id(spelled: "<|end|>"), SpecialSpellings.endsParts({ id(spelled: $0) != nil }) {
      types[end] = .userDefined
      settings.stops.remove(end)
    }
    settings.endOfTurn =
      id("eot_token_id") ?? SpecialSpellings.endOfTurn.lazy.compactMap(id(spelled:)).first
    for id in [settings.eos, settings.endOfTurn, id("eom_token_id")] {
      if let id { settings.stops.insert(id) }
    }
    settings.chat = .ofMetadata(metadata) { id in
      pieces.contains(id: id) ? String(decoding: pieces.bytes(of: id), as: UTF8.self) : nil
    }
    return settings
  }

  /// Puts BOS and EOS where the metadata, or else the kind of tokenizer, wants them.
  private func surround(_ settings: inout Tokenizer.Settings, addsBOS: Bool) throws {
    if metadata.bool(Self.key("add_bos_token")) ?? addsBOS {
      settings.prefix = [try require(settings.bos, "bos_token_id", wantedBy: "add_bos_token")]
    }
    if metadata.bool(Self.key("add_eos_token")) ?? false {
      settings.suffix = [try require(settings.eos, "eos_token_id", wantedBy: "add_eos_token")]
    }
  }

  private func require(_ id: Int?, _ name: String, wantedBy flag: String) throws -> Int {
    guard let id else {
      throw TokenizerError(
        .inconsistent, "\(flag) asks for a token that is absent or outside the vocabulary",
        at: Self.key(name))
    }
    return id
  }

  private func addedTokens(_ pieces: PieceTable, _ types: [TokenType]) -> AddedTokens {
    var tokens: [AddedTokens.Token] = []
    // What the file does not say and llama.cpp knows by the model's name.
    let name = (metadata.string("general.name") ?? "").lowercased()
    let stripsRight = name.contains("phi-3") || name.contains("phi3")
    let keepsBlanks = ["<unk>", "<s>", "<|endoftext|>"].map { Array($0.utf8) }
    for id in types.indices {
      switch types[id] {
      case .control, .unknown, .userDefined:
        let spelling = Array(pieces.bytes(of: id))
        var token = AddedTokens.Token(
          id: id, spelling: spelling, isSpecial: types[id] != .userDefined)
        token.stripsRight = stripsRight && !keepsBlanks.contains(spelling)
        tokens.append(token)
      default:
        break
      }
    }
    return AddedTokens(tokens, order: .longestFirst)
  }

  private func decoder(
    _ pieces: PieceTable, _ types: [TokenType], normal: (ArraySlice<UInt8>) -> [UInt8]
  ) -> TokenDecoder {
    var decoder = TokenDecoder(minimumCapacity: types.count)
    for id in types.indices {
      let spelling = pieces.bytes(of: id)
      switch types[id] {
      case .control, .unknown: decoder.append(spelling, .special)
      case .userDefined: decoder.append(spelling, [])
      case .normal: decoder.append(normal(spelling), [])
      case .byte:
        if let byte = ByteSpelling.byte(of: spelling) {
          decoder.append([byte], .byte)
        } else {
          decoder.append([], [])
        }
      case .unused, .undefined: decoder.append([], [])
      }
    }
    return decoder
  }
}

// MARK: - The two kinds

extension TokenizerMetadataReader {
  private func byteLevel(
    _ pieces: PieceTable, _ types: [TokenType], _ settings: Tokenizer.Settings
  ) throws -> Tokenizer {
    guard let name = metadata.string(Self.key("pre")) else {
      throw TokenizerError(
        .unsupported,
        "the file names no pre-tokenizer, so its ids cannot be known; convert it again",
        at: Self.key("pre"))
    }
    guard let pre = try preTokenizer(name) else {
      throw TokenizerError(
        .unsupported, "'\(TensorFileError.printable(name))' is no pre-tokenizer that is known here",
        at: Self.key("pre"))
    }
    var settings = settings
    try surround(&settings, addsBOS: pre.addsBOS)
    var byBytes = PieceTable(minimumCapacity: pieces.count)
    for id in 0..<pieces.endID {
      if let bytes = ByteLevelAlphabet.decode(pieces.bytes(of: id)) {
        _ = byBytes.insert(bytes, id: id)
      }
    }
    let bytes = (0...UInt8.max).map { byBytes.id(of: [$0]).map(Int32.init) ?? -1 }
    var model = BytePairModel(
      unit: .bytes(bytes), merges: try merges(pieces), pieces: byBytes)
    model.takesWholeWords = pre.takesWholeWords
    return Tokenizer(
      model: .bytePair(model),
      addedToText: addedTokens(pieces, types),
      wordSteps: pre.splits.map { .split($0) },
      decoder: decoder(pieces, types) { ByteLevelAlphabet.decode($0) ?? Array($0) },
      spellings: pieces,
      settings: settings)
  }

  private func preTokenizer(_ name: String) throws -> GGUFPreTokenizer? {
    do {
      return try GGUFPreTokenizer.named(name)
    } catch let error as PatternError {
      throw TokenizerError(
        .unsupported, "the pre-tokenizer \(name): \(error.message)", at: Self.key("pre"))
    }
  }

  private func merges(_ pieces: PieceTable) throws -> MergeTable {
    let key = Self.key("merges")
    guard let strings = metadata.strings(key) else {
      throw TokenizerError(.malformed, "expected an array of strings, found none", at: key)
    }
    var table = MergeTable(minimumCapacity: strings.count)
    for (rank, string) in strings.enumerated() {
      let bytes = Array(string.utf8)
      // A first piece may itself start with a space, never be empty.
      guard let space = bytes.dropFirst().firstIndex(of: 0x20) else {
        throw TokenizerError(
          .malformed, "merge \(rank), \"\(string)\", is not two pieces and a space", at: key)
      }
      func id(_ piece: some Collection<UInt8>) throws -> Int32 {
        if let id = pieces.id(of: piece) { return Int32(id) }
        let text = String(decoding: piece, as: UTF8.self)
        throw TokenizerError(
          .inconsistent, "merge \(rank): \"\(text)\" is not in the vocabulary", at: key)
      }
      let (left, right) = (bytes[..<space], bytes[(space + 1)...])
      let merge = MergeTable.Merge(rank: UInt32(rank), id: try id(left + right))
      table.set(merge, left: try id(left), right: try id(right), replacing: false)
    }
    return table
  }

  private func sentencePiece(
    _ pieces: PieceTable, _ types: [TokenType], _ settings: Tokenizer.Settings
  ) throws -> Tokenizer {
    guard let scores = metadata.floats(Self.key("scores")) else {
      throw TokenizerError(
        .malformed, "expected an array of numbers, found none", at: Self.key("scores"))
    }
    try requireCount(scores.count, atLeast: pieces.endID, of: "scores")
    guard !scores.contains(where: \.isNaN) else {
      throw TokenizerError(.malformed, "a score is not a number", at: Self.key("scores"))
    }
    var settings = settings
    // What SentencePiece itself defaults to, and llama.cpp for files that do not say.
    settings.bos = settings.bos ?? (pieces.contains(id: 1) ? 1 : nil)
    settings.eos = settings.eos ?? (pieces.contains(id: 2) ? 2 : nil)
    if let eos = settings.eos { settings.stops.insert(eos) }
    try surround(&settings, addsBOS: true)
    let space = Array("▁".utf8)
    var rewriting: [RewritingStep] = [.replace(.literal([0x20]), with: space)]
    var decoder = decoder(pieces, types) { spelling in
      RewritingStep.apply([.replace(.literal(space), with: [0x20])], to: Array(spelling))
    }
    if metadata.bool(Self.key("add_space_prefix")) ?? true {
      rewriting.insert(.prepend([0x20], .always), at: 0)
      decoder.leadingSpaces = 1
    }
    let model = ScoredPieceModel(
      pieces: pieces, ranks: scores.map(ScoredPieceModel.rank),
      byteFallback: try byteFallback(pieces))
    return Tokenizer(
      model: .scored(model), addedToText: addedTokens(pieces, types), rewriting: rewriting,
      wordSteps: WordMark(pieces: pieces, standIns: []).map { [.split(.beforeMarks($0))] } ?? [],
      decoder: decoder, spellings: pieces, settings: settings)
  }

  /// The piece of each byte; without one, the unknown piece.
  private func byteFallback(_ pieces: PieceTable) throws -> [Int32] {
    let unknown = metadata.integer(Self.key("unknown_token_id")) ?? 0
    return try (0...UInt8.max).map { byte in
      if let id = pieces.id(of: ByteSpelling.spelling(of: byte)) ?? pieces.id(of: [byte]) {
        return Int32(id)
      }
      guard pieces.contains(id: unknown) else {
        throw TokenizerError(
          .inconsistent, "no piece for byte \(byte), and no unknown piece \(unknown)",
          at: Self.key("tokens"))
      }
      return Int32(unknown)
    }
  }
}
