/// Reads the hub's `tokenizer.json`.
///
/// - Source: the serialisation of the `tokenizers` library, version "1.0".
struct TokenizerJSONReader {
  let root: JSONNode
  /// Ids are counted against this: each takes some bytes of the file, so that none can size an
  /// allocation beyond the file's own.
  let byteCount: Int
  var settings = Tokenizer.Settings()

  private let modelType: String
  /// Of a Unigram model, by id.
  private var scores: [Double] = []
  /// Whether the first step of the words puts a space in front, as the file beside it has it.
  var addsPrefixSpace: Bool?
  /// The tokens around a text where the class of the tokenizer decides, not the file.
  var classSurroundings: (prefix: [Int], suffix: [Int])?

  /// The pieces of the model, and with them the added tokens that the model lacks.
  private(set) var vocabulary = PieceTable()
  var spellings = PieceTable()
  var added = AddedTokenList()

  init(_ bytes: [UInt8]) throws {
    root = JSONNode(try JSONDocument(bytes))
    byteCount = bytes.count
    let model = try root.required("model")
    modelType = try model.optional("type")?.string ?? "BPE"
    guard ["BPE", "Unigram", "WordPiece", "WordLevel"].contains(modelType) else {
      throw TokenizerError(
        .unsupported,
        "a \(modelType) model; known are BPE, Unigram, WordPiece and WordLevel", at: "model.type")
    }
    let vocab = try model.required("vocab")
    if modelType == "Unigram" {
      (vocabulary, scores) = try Self.scoredVocabulary(vocab)
    } else {
      vocabulary = try Self.vocabulary(vocab, byteCount: byteCount)
    }
    spellings = vocabulary
    added.add(try readAddedTokens())
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

  /// `[["▁the", -3.5], …]`
  private static func scoredVocabulary(_ node: JSONNode) throws -> (PieceTable, [Double]) {
    let entries = try node.elements
    var table = PieceTable(minimumCapacity: entries.count)
    var scores: [Double] = []
    for (id, entry) in entries.enumerated() {
      let parts = try entry.elements
      guard parts.count == 2 else {
        throw TokenizerError(
          .malformed, "expected a piece and a score, found \(parts.count) values",
          at: entry.location)
      }
      if let taken = table.insert(try parts[0].bytes, id: id) {
        throw TokenizerError(
          .inconsistent, "\"\(try parts[0].string)\" is there already, as id \(taken)",
          at: entry.location)
      }
      scores.append(try parts[1].number)
    }
    return (table, scores)
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

  private mutating func readAddedTokens() throws -> [AddedTokens.Token] {
    var tokens: [AddedTokens.Token] = []
    var next = vocabulary.count
    for node in try root.optional("added_tokens")?.elements ?? [] {
      let content = try node.required("content")
      let spelling = Array(try content.bytes)
      if spelling.isEmpty { continue }
      guard spelling.count <= 4096 else {
        throw TokenizerError(
          .malformed, "an added token of \(spelling.count) bytes, at most 4096",
          at: content.location)
      }
      // Like the library, let the model's id for a piece prevail over the one listed here, and
      // number those that the model lacks in their order.
      _ = try Self.checkedID(try node.required("id"), byteCount: byteCount)
      var id = next
      if let known = spellings.id(of: spelling) {
        id = known
      } else if spellings.insert(spelling, id: id) != nil {
        throw TokenizerError(
          .inconsistent, "id \(id) belongs to another piece already", at: node.location)
      } else {
        next += 1
      }
      let isSpecial = try node.flag("special")
      tokens.append(
        AddedTokens.Token(
          id: id, spelling: spelling, isSpecial: isSpecial,
          stripsLeft: try node.flag("lstrip"), stripsRight: try node.flag("rstrip"),
          isSingleWord: try node.flag("single_word"),
          isNormalized: try node.flag("normalized", default: !isSpecial)))
    }
    return tokens
  }

  /// Puts the parts together.
  func tokenizer() throws -> Tokenizer {
    let rewriting = try TextStepsReader.rewriting(root.optional("normalizer"))
    var words = try TextStepsReader.words(root.optional("pre_tokenizer"))
    try setPrefixSpace(of: &words)
    let wordRewriting = words.steps.compactMap { step in
      if case .rewrite(let change) = step { change } else { nil }
    }
    try TextStepsReader.requireModest(
      rewriting + wordRewriting, splits: words.steps.count - wordRewriting.count,
      at: "normalizer and pre_tokenizer")
    let rewritten = added.tokens(normalized: true) { RewritingStep.apply(rewriting, to: $0) }
    // The library finds a spelling of nothing at every place of a text.
    if let token = rewritten.first(where: \.spelling.isEmpty) {
      throw TokenizerError(
        .unsupported, "the normalizer makes nothing of the added token with id \(token.id)",
        at: "added_tokens")
    }
    let isByteLevel = try worksOnBytes(words) && !rewriting.contains(.byteLevel)
    if isByteLevel { words.steps.removeLast() }
    let model = try model(isByteLevel: isByteLevel)
    let decoder = try decoder()
    var settings = settings
    (settings.prefix, settings.suffix) =
      try classSurroundings ?? surroundings(root.optional("post_processor"))
    complete(&settings)
    return Tokenizer(
      model: model,
      addedToText: AddedTokens(added.tokens(normalized: false)),
      rewriting: rewriting,
      addedToRewritten: AddedTokens(rewritten),
      wordSteps: words.steps + cuts(model, isByteLevel: isByteLevel),
      decoder: decoder,
      spellings: spellings,
      settings: settings)
  }

  /// A `ByteLevel` that is the whole pre-tokenizer takes its space from the file beside it.
  private func setPrefixSpace(of words: inout TextStepsReader.Words) throws {
    guard let addsPrefixSpace, let node = try root.optional("pre_tokenizer"),
      try node.type == "ByteLevel"
    else { return }
    words.steps.removeAll { if case .rewrite(.prepend) = $0 { true } else { false } }
    if addsPrefixSpace { words.steps.insert(.rewrite(.prepend([0x20], .unlessThere)), at: 0) }
  }

  /// Whether the model may take bytes as they are, in place of the characters that spell them.
  private func worksOnBytes(_ words: TextStepsReader.Words) throws -> Bool {
    guard modelType == "BPE", words.endsInByteLevel else { return false }
    let model = try root.required("model")
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try model.optional(key), try !affix.bytes.isEmpty { return false }
    }
    if try model.flag("byte_fallback") { return false }
    let hasUnknown = try model.optional("unk_token") != nil
    return !hasUnknown
      || ByteLevelAlphabet.scalars.allSatisfy { vocabulary.id(of: Array(String($0).utf8)) != nil }
  }

  var modelPieceCount: Int { vocabulary.count }

  /// Cuts that change no encoding and make words short.
  private func cuts(
    _ model: PieceModel, isByteLevel: Bool
  ) -> [WordStep] {
    guard case .bytePair(let model) = model, !isByteLevel, !model.takesWholeWords,
      model.continuingPrefix.isEmpty, model.endSuffix.isEmpty,
      // Where unknown text is left out, what was beside it may join.
      model.unknown != nil
        || (model.byteFallback.count == 256 && model.byteFallback.allSatisfy { $0 >= 0 })
    else { return [] }
    let standIns = (model.byteFallback + [model.unknown ?? -1]).filter { $0 >= 0 }.map(Int.init)
    return WordMark(pieces: model.pieces, standIns: standIns).map { [.split(.beforeMarks($0))] }
      ?? []
  }
}

// MARK: - The model

extension TokenizerJSONReader {
  private func model(isByteLevel: Bool) throws -> PieceModel {
    switch modelType {
    case "BPE": return .bytePair(try bytePairModel(isByteLevel: isByteLevel))
    case "WordPiece": return .wordPiece(try wordPieceModel())
    case "Unigram": return .unigram(try unigramModel())
    default:
      let unknown = try unknownPiece(default: "<unk>")
      return .wordLevel(WordLevelModel(pieces: vocabulary, unknown: unknown))
    }
  }

  private func unknownPiece(default spelling: String) throws -> Int32 {
    let node = try root.required("model").optional("unk_token")
    let bytes = try node.map { Array(try $0.bytes) } ?? Array(spelling.utf8)
    guard let id = vocabulary.id(of: bytes) else {
      throw TokenizerError(
        .inconsistent,
        "\"\(String(decoding: bytes, as: UTF8.self))\" is not in the vocabulary",
        at: "model.unk_token")
    }
    return Int32(id)
  }

  private func wordPieceModel() throws -> WordPieceModel {
    let node = try root.required("model")
    let prefix = try node.optional("continuing_subword_prefix").map { Array(try $0.bytes) }
    let longest = try node.optional("max_input_chars_per_word")?.integer ?? 100
    return WordPieceModel(
      pieces: vocabulary, unknown: try unknownPiece(default: "[UNK]"),
      continuing: prefix ?? Array("##".utf8), longestWord: longest)
  }

  private func unigramModel() throws -> UnigramModel {
    let node = try root.required("model")
    guard let unknown = try node.optional("unk_id"), case let id = try unknown.integer,
      vocabulary.contains(id: id)
    else {
      throw TokenizerError(
        .unsupported, "a Unigram model without an unknown piece", at: "model.unk_id")
    }
    return UnigramModel(
      pieces: vocabulary, scores: scores, unknown: Int32(id),
      byteFallback: try node.flag("byte_fallback") ? byteFallback() : [])
  }

  private func byteFallback() -> [Int32] {
    (0...UInt8.max).map { byte in
      vocabulary.id(of: ByteSpelling.spelling(of: byte)).map(Int32.init) ?? -1
    }
  }

  private func bytePairModel(isByteLevel: Bool) throws -> BytePairModel {
    let node = try root.required("model")
    if let dropout = try node.optional("dropout"), !dropout.isZero {
      throw TokenizerError(
        .unsupported, "with dropout the same text has no one encoding", at: dropout.location)
    }
    let pieces = isByteLevel ? byteLevelPieces() : vocabulary
    let unit: BytePairModel.Unit =
      isByteLevel
      ? .bytes((0...UInt8.max).map { pieces.id(of: [$0]).map(Int32.init) ?? -1 })
      : .scalars
    let prefix = try node.optional("continuing_subword_prefix").map { Array(try $0.bytes) } ?? []
    var model = BytePairModel(
      unit: unit, merges: try merges(prefix: prefix.count), pieces: pieces)
    model.continuingPrefix = prefix
    model.endSuffix = try node.optional("end_of_word_suffix").map { Array(try $0.bytes) } ?? []
    model.takesWholeWords = try node.flag("ignore_merges")
    model.fusesUnknown = try node.flag("fuse_unk")
    if try node.flag("byte_fallback"), !isByteLevel { model.byteFallback = byteFallback() }
    if try node.optional("unk_token") != nil { model.unknown = try unknownPiece(default: "") }
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

  /// - Parameter prefix: the length of what a second piece loses when it is joined.
  private func merges(prefix: Int) throws -> MergeTable {
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
      let joined = Array(left) + Array(right.dropFirst(prefix))
      let merge = MergeTable.Merge(rank: UInt32(rank), id: try id(joined))
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
