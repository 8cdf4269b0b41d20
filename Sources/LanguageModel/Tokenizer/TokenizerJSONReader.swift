/// Reads the hub's `tokenizer.json`.
///
/// - Source: the serialisation of the `tokenizers` library, version "1.0".
struct TokenizerJSONReader {
  let root: JSONNode
  /// Ids are counted against this: each takes some bytes of the file, so that none can size an
  /// allocation beyond the file's own.
  let byteCount: Int
  var settings = Tokenizer.Settings()

  /// The pieces of the model, and with them the added tokens that the model lacks.
  private(set) var vocabulary = PieceTable()
  private(set) var spellings = PieceTable()
  private(set) var added: [AddedToken] = []

  struct AddedToken {
    var token: AddedTokens.Token
    /// Looked for in the rewritten text, by its rewritten spelling.
    var isNormalized: Bool
  }

  init(_ bytes: [UInt8]) throws {
    root = JSONNode(try JSONDocument(bytes))
    byteCount = bytes.count
    let model = try root.required("model")
    let type = try model.optional("type")?.string ?? "BPE"
    guard type == "BPE" else {
      throw TokenizerError(
        .unsupported, "a \(type) model; only BPE models are supported", at: "model.type")
    }
    vocabulary = try Self.vocabulary(try model.required("vocab"), byteCount: byteCount)
    spellings = vocabulary
    added = try readAddedTokens()
  }

  private static func vocabulary(_ node: JSONNode, byteCount: Int) throws -> PieceTable {
    let members = try node.members
    var table = PieceTable(minimumCapacity: members.count)
    for (piece, value) in members {
      let id = try checkedID(value, byteCount: byteCount)
      if let taken = table.insert(piece, id: id) {
        let text = String(decoding: piece, as: UTF8.self)
        throw TokenizerError(
          .inconsistent, "\"\(text)\" with id \(id) is there already, as id \(taken)",
          at: node.location)
      }
    }
    return table
  }

  private static func checkedID(_ node: JSONNode, byteCount: Int) throws -> Int {
    let id = try node.integer
    guard (0..<byteCount).contains(id) else {
      throw TokenizerError(
        .malformed, "id \(id) is outside 0..<\(byteCount), what a file of this size can hold",
        at: node.location)
    }
    return id
  }

  private mutating func readAddedTokens() throws -> [AddedToken] {
    var tokens: [AddedToken] = []
    for node in try root.optional("added_tokens")?.elements ?? [] {
      let content = try node.required("content")
      let spelling = Array(try content.bytes)
      if spelling.isEmpty { continue }
      guard spelling.count <= 4096 else {
        throw TokenizerError(
          .malformed, "an added token of \(spelling.count) bytes, at most 4096",
          at: content.location)
      }
      // Like the library, let the model's id for a piece prevail over the one listed here.
      var id = try Self.checkedID(try node.required("id"), byteCount: byteCount)
      if let known = spellings.id(of: spelling) {
        id = known
      } else if spellings.insert(spelling, id: id) != nil {
        throw TokenizerError(
          .inconsistent, "id \(id) belongs to another piece already", at: node.location)
      }
      let token = AddedTokens.Token(
        id: id, spelling: spelling, isSpecial: try node.flag("special"),
        stripsLeft: try node.flag("lstrip"), stripsRight: try node.flag("rstrip"),
        isSingleWord: try node.flag("single_word"))
      let isNormalized = try node.flag("normalized", default: !token.isSpecial)
      tokens.append(AddedToken(token: token, isNormalized: isNormalized))
    }
    return tokens
  }

  /// Puts the parts together.
  func tokenizer() throws -> Tokenizer {
    let rewriting = try TextStepsReader.rewriting(root.optional("normalizer"))
    let words = try TextStepsReader.words(root.optional("pre_tokenizer"))
    try TextStepsReader.requireModest(
      rewriting + words.rewriting, words.splits, at: "normalizer and pre_tokenizer")
    let model = try model(isByteLevel: words.isByteLevel)
    let decoder = try decoder()
    var settings = settings
    (settings.prefix, settings.suffix) = try surroundings(root.optional("post_processor"))
    complete(&settings)
    return Tokenizer(
      model: .bytePair(model),
      addedToText: AddedTokens(added.filter { !$0.isNormalized }.map(\.token)),
      rewriting: rewriting,
      addedToRewritten: AddedTokens(
        added.filter(\.isNormalized).map { Self.rewritten($0.token, by: rewriting) }),
      wordRewriting: words.rewriting,
      splits: words.splits + Self.harmlessSplits(model),
      decoder: decoder,
      spellings: spellings,
      settings: settings)
  }

  private static func harmlessSplits(_ model: BytePairModel) -> [SplitRule] {
    guard case .scalars = model.unit, !model.takesWholeWords else { return [] }
    let standIns = (model.byteFallback + [model.unknown ?? -1]).filter { $0 >= 0 }.map(Int.init)
    return WordMark(pieces: model.pieces, standIns: standIns).map { [.beforeMarks($0)] } ?? []
  }

  private static func rewritten(
    _ token: AddedTokens.Token, by steps: [RewritingStep]
  ) -> AddedTokens.Token {
    var token = token
    token.spelling = RewritingStep.apply(steps, to: token.spelling)
    return token
  }
}

// MARK: - The model

extension TokenizerJSONReader {
  private func model(isByteLevel: Bool) throws -> BytePairModel {
    let node = try root.required("model")
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try node.optional(key), try !affix.bytes.isEmpty {
        throw TokenizerError(.unsupported, "affixes are not supported", at: affix.location)
      }
    }
    if let dropout = try node.optional("dropout"), !dropout.isZero {
      throw TokenizerError(
        .unsupported, "with dropout the same text has no one encoding", at: dropout.location)
    }
    let pieces = isByteLevel ? byteLevelPieces() : vocabulary
    let unit: BytePairModel.Unit =
      isByteLevel
      ? .bytes((0...UInt8.max).map { pieces.id(of: [$0]).map(Int32.init) ?? -1 })
      : .scalars
    var model = BytePairModel(unit: unit, merges: try merges(), pieces: pieces)
    model.takesWholeWords = try node.flag("ignore_merges")
    model.fusesUnknown = try node.flag("fuse_unk")
    if try node.flag("byte_fallback"), !isByteLevel {
      model.byteFallback = (0...UInt8.max).map { byte in
        vocabulary.id(of: ByteSpelling.spelling(of: byte)).map(Int32.init) ?? -1
      }
    }
    if let unknown = try node.optional("unk_token") {
      guard let id = vocabulary.id(of: try unknown.bytes) else {
        throw TokenizerError(
          .inconsistent, "\"\(try unknown.string)\" is not in the vocabulary",
          at: unknown.location)
      }
      model.unknown = Int32(id)
    }
    return model
  }

  /// The vocabulary by the bytes it spells. A piece with characters outside the byte-level
  /// alphabet cannot come out of text and is left out.
  private func byteLevelPieces() -> PieceTable {
    var pieces = PieceTable(minimumCapacity: vocabulary.count)
    for id in 0..<vocabulary.endID where vocabulary.contains(id: id) {
      if let bytes = ByteLevelAlphabet.decode(vocabulary.bytes(of: id)) {
        _ = pieces.insert(bytes, id: id)
      }
    }
    return pieces
  }

  private func merges() throws -> MergeTable {
    let list = try root.required("model").required("merges").elements
    var table = MergeTable(minimumCapacity: list.count)
    for (rank, node) in list.enumerated() {
      let (left, right) = try pair(node)
      func id(_ piece: some Collection<UInt8>) throws -> Int32 {
        if let id = vocabulary.id(of: piece) { return Int32(id) }
        throw TokenizerError(
          .inconsistent, "\"\(String(decoding: piece, as: UTF8.self))\" is not in the vocabulary",
          at: node.location)
      }
      let merge = MergeTable.Merge(rank: UInt32(rank), id: try id(Array(left) + Array(right)))
      // Of a pair that is listed twice the library keeps the later place.
      table.set(merge, left: try id(left), right: try id(right), replacing: true)
    }
    return table
  }

  /// `["a", "b"]`, or `"a b"` as older files have it.
  private func pair(_ node: JSONNode) throws -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
    if case .array = node.value {
      let parts = try node.elements
      guard parts.count == 2 else {
        throw TokenizerError(
          .malformed, "expected two pieces, found \(parts.count)", at: node.location)
      }
      return (try parts[0].bytes, try parts[1].bytes)
    }
    let parts = try node.bytes.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw TokenizerError(
        .malformed, "expected two pieces and a space between them, found \(parts.count) parts",
        at: node.location)
    }
    return (parts[0], parts[1])
  }
}

extension JSONNode {
  fileprivate var isZero: Bool {
    switch value {
    case .integer(let number): number == 0
    case .number(let number): number == 0
    default: false
    }
  }
}
