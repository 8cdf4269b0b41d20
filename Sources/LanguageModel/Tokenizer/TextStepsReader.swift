/// Reads the `normalizer` and `pre_tokenizer` of a `tokenizer.json`.
enum TextStepsReader {
  struct Words {
    var steps: [WordStep] = []

    mutating func split(_ rule: SplitRule) { steps.append(.split(rule)) }
    mutating func rewrite(_ step: RewritingStep) { steps.append(.rewrite(step)) }

    /// Whether the very last step spells bytes, and nothing before it does: then the model may as
    /// well work on the bytes.
    var endsInByteLevel: Bool {
      steps.filter { $0 == .rewrite(.byteLevel) }.count == 1
        && steps.last == .rewrite(.byteLevel)
    }
  }

  /// The published split patterns that are written out as scanners. They match everything, so that
  /// keeping the matches is keeping all.
  static let patterns: [String: SplitRule] = [
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + llama3Rest:
      .llama3(mostDigits: 3, .hub),
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + llama3Rest:
      .llama3(mostDigits: 1, .hub),
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: .gpt2(.hub),
  ]

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let llama3Rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  static func rewriting(_ node: JSONNode?) throws -> [RewritingStep] {
    guard let node else { return [] }
    switch try node.type {
    case "Sequence":
      return try node.required("normalizers").elements.flatMap { try rewriting($0) }
    case "NFC", "NFD", "NFKC", "NFKD":
      return [.normalized(RewritingStep.NormalForm(rawValue: try node.type) ?? .composed)]
    case "Replace":
      let content = Array(try node.required("content").bytes)
      return [.replace(try delimiter(try node.required("pattern")), with: content)]
    case "Prepend":
      return [.prepend(Array(try node.required("prepend").bytes), .always)]
    case "Strip":
      return [.strip(left: try node.flag("strip_left"), right: try node.flag("strip_right"))]
    case "Lowercase": return [.mapped(.lowercased)]
    case "StripAccents": return [.mapped(.withoutMarks)]
    case "Nmt": return [.mapped(.nmt)]
    case "ByteLevel": return [.byteLevel]
    case "BertNormalizer": return try bert(node)
    case "Precompiled":
      let map = try node.required("precompiled_charsmap")
      return [.charsmap(try Charsmap(base64: try map.string, at: map.location))]
    case let type:
      throw unsupported(
        node, type,
        """
        NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, Prepend, ByteLevel, Nmt, \
        BertNormalizer, Precompiled and Sequence
        """)
    }
  }

  private static func bert(_ node: JSONNode) throws -> [RewritingStep] {
    let lowercases = try node.flag("lowercase", default: true)
    var steps: [RewritingStep] = []
    if try node.flag("clean_text", default: true) { steps.append(.mapped(.cleaned)) }
    if try node.flag("handle_chinese_chars", default: true) {
      steps.append(.mapped(.spacedChinese))
    }
    if try node.flag("strip_accents", default: lowercases) {
      steps += [.normalized(.decomposed), .mapped(.withoutNonspacingMarks)]
    }
    if lowercases { steps.append(.mapped(.lowercased)) }
    return steps
  }

  static func words(_ node: JSONNode?) throws -> Words {
    var words = Words()
    if let node { try read(node, into: &words) }
    return words
  }

  private static func read(_ node: JSONNode, into words: inout Words) throws {
    switch try node.type {
    case "Sequence":
      for step in try node.required("pretokenizers").elements { try read(step, into: &words) }
    case "ByteLevel":
      if try node.flag("add_prefix_space", default: true) {
        words.rewrite(.prepend([0x20], .unlessThere))
      }
      if try node.flag("use_regex", default: true) { words.split(.gpt2(.hub)) }
      words.rewrite(.byteLevel)
    case "Digits":
      words.split(.digits(individually: try node.flag("individual_digits")))
    case "Split":
      words.split(try split(node))
    case "Metaspace":
      try readMetaspace(node, into: &words)
    case "Whitespace":
      words.split(.at(.pattern(try whitespace()), .removed, inverts: true))
    case "WhitespaceSplit":
      words.split(.at(.scalars(.whitespace), .removed, inverts: false))
    case "Punctuation":
      let behavior = try node.optional("behavior").map(behavior) ?? .isolated
      words.split(.at(.scalars(.punctuation), behavior, inverts: false))
    case "BertPreTokenizer":
      words.split(.at(.scalars(.whitespace), .removed, inverts: false))
      words.split(.at(.scalars(.punctuation), .isolated, inverts: false))
    case "CharDelimiterSplit":
      let delimiter = try node.required("delimiter")
      guard try delimiter.string.unicodeScalars.count == 1 else {
        throw TokenizerError(.malformed, "expected one character", at: delimiter.location)
      }
      words.split(.at(.literal(Array(try delimiter.bytes)), .removed, inverts: false))
    case "FixedLength":
      let length = try node.optional("length")?.integer ?? 5
      guard length > 0 else {
        throw TokenizerError(.malformed, "a length of \(length)", at: node.location)
      }
      words.split(.fixedLength(length))
    case let type:
      throw unsupported(
        node, type,
        """
        ByteLevel, Digits, Split, Metaspace, Whitespace, WhitespaceSplit, Punctuation, \
        BertPreTokenizer, CharDelimiterSplit, FixedLength and Sequence
        """)
    }
  }

  /// `\w+|[^\w\s]+`
  private static func whitespace() throws -> TextPattern {
    let rest = ScalarSet([.set(.word), .set(.whitespace)], isNegated: true)
    let runs = [ScalarSet.word, rest].map {
      PatternNode.repeated(.set($0), least: 1, most: nil, .greedy)
    }
    do {
      return try TextPattern("Whitespace", .either(runs))
    } catch {
      throw TokenizerError(.unsupported, "Whitespace")
    }
  }

  private static func readMetaspace(_ node: JSONNode, into words: inout Words) throws {
    let mark = try mark(node)
    words.rewrite(.replace(.literal([0x20]), with: mark))
    // Files from before schemes existed have a flag.
    let oldScheme = try node.flag("add_prefix_space", default: true) ? "always" : "never"
    switch try node.optional("prepend_scheme")?.string ?? oldScheme {
    case "always": words.rewrite(.prepend(mark, .unlessThere))
    case "first": words.rewrite(.prepend(mark, .unlessThereAtTextStart))
    case "never": break
    case let scheme:
      throw TokenizerError(.unsupported, "prepend scheme \"\(scheme)\"", at: node.location)
    }
    if try node.flag("split", default: true) { words.split(.beforeLiteral(mark)) }
  }

  /// What a `Metaspace` writes for a space, not empty.
  static func mark(_ node: JSONNode) throws -> [UInt8] {
    let mark = Array(try node.required("replacement").bytes)
    guard !mark.isEmpty else {
      throw TokenizerError(.malformed, "an empty replacement", at: node.location)
    }
    return mark
  }

  private static func behavior(_ node: JSONNode) throws -> SplitRule.Behavior {
    guard let behavior = SplitRule.Behavior(rawValue: try node.string) else {
      throw TokenizerError(
        .unsupported, "a Split at text that is \(try node.string)", at: node.location)
    }
    return behavior
  }

  private static func split(_ node: JSONNode) throws -> SplitRule {
    let pattern = try node.required("pattern")
    let behavior = try behavior(try node.required("behavior"))
    let inverts = try node.flag("invert")
    if let regex = try pattern.optional("Regex"), let rule = patterns[try regex.string],
      inverts ? behavior == .removed : behavior == .isolated
    {
      return rule
    }
    let delimiter = try delimiter(pattern)
    if case .literal(let literal) = delimiter, !inverts {
      if behavior == .mergedWithPrevious { return .afterLiteral(literal) }
      if behavior == .mergedWithNext { return .beforeLiteral(literal) }
    }
    return .at(delimiter, behavior, inverts: inverts)
  }

  /// `{"String": "…"}` or `{"Regex": "…"}`.
  static func delimiter(_ pattern: JSONNode) throws -> SplitRule.Delimiter {
    guard let regex = try pattern.optional("Regex") else { return .literal(try literal(pattern)) }
    let source = try regex.string
    do {
      return .pattern(try TextPattern(source))
    } catch let error as PatternError {
      throw TokenizerError(
        .unsupported, "the pattern \(source): \(error.message)", at: regex.location)
    }
  }

  /// `{"String": "…"}`, not empty.
  static func literal(_ pattern: JSONNode) throws -> [UInt8] {
    guard let text = try pattern.optional("String") else {
      throw TokenizerError(
        .unsupported, "only patterns that are plain strings are supported here",
        at: pattern.location)
    }
    let bytes = Array(try text.bytes)
    guard !bytes.isEmpty else {
      throw TokenizerError(.malformed, "an empty pattern", at: text.location)
    }
    return bytes
  }

  /// Refuses steps that would let a short text grow without measure.
  ///
  /// Published tokenizers grow a text threefold at most (`▁` for a space), in a step or two.
  static func requireModest(
    _ rewriting: [RewritingStep], splits: Int = 0, at location: String
  ) throws {
    var growth = 1.0
    for step in rewriting {
      switch step {
      case .replace(.literal(let pattern), let content):
        growth *= max(1, Double(content.count) / Double(pattern.count))
      case .replace(_, let content):
        // A pattern may match nothing at all, between any two bytes.
        growth *= max(1, Double(content.count))
      case .prepend(let content, _):
        growth *= content.count > 64 ? mostGrowth + 1 : 1
      case .normalized, .strip, .mapped, .charsmap, .byteLevel:
        break
      }
      if growth > mostGrowth {
        throw TokenizerError(
          .unsupported, "steps that make a text more than \(Int(mostGrowth)) times as long",
          at: location)
      }
    }
    if rewriting.count + splits > mostSteps {
      throw TokenizerError(
        .unsupported, "\(rewriting.count + splits) steps, at most \(mostSteps)", at: location)
    }
  }

  private static let mostGrowth = 8.0
  private static let mostSteps = 24

  static func unsupported(_ node: JSONNode, _ type: String, _ known: String) -> TokenizerError {
    TokenizerError(.unsupported, "\"\(type)\"; known are \(known)", at: node.location)
  }
}
