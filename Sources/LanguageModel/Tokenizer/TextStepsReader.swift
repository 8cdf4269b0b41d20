/// Reads the `normalizer` and `pre_tokenizer` of a `tokenizer.json`.
enum TextStepsReader {
  struct Words {
    var rewriting: [RewritingStep] = []
    var splits: [SplitRule] = []
    var isByteLevel = false
  }

  /// The published split patterns that are implemented, and the rules they are.
  static let patterns: [String: [SplitRule]] = [
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"# + llama3Rest: [
      .llama3(mostDigits: 3, foldsLongS: true)
    ],
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + llama3Rest: [
      .llama3(mostDigits: 1, foldsLongS: true)
    ],
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: [.gpt2],
    #"\p{N}"#: [.digits(individually: true)],
  ]

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let llama3Rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  static func rewriting(_ node: JSONNode?) throws -> [RewritingStep] {
    guard let node else { return [] }
    switch try node.type {
    case "Sequence":
      return try node.required("normalizers").elements.flatMap { try rewriting($0) }
    case "NFC":
      return [.composed]
    case "Replace":
      let content = Array(try node.required("content").bytes)
      return [.replace(try literal(try node.required("pattern")), with: content)]
    case "Prepend":
      return [.prepend(Array(try node.required("prepend").bytes), .always)]
    case let type:
      throw unsupported(node, type, "NFC, Replace, Prepend and Sequence")
    }
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
      words.isByteLevel = true
      if try node.flag("add_prefix_space", default: true) {
        try addPrefix([0x20], .unlessThere, to: &words, node)
      }
      if try node.flag("use_regex", default: true) { words.splits.append(.gpt2) }
    case "Digits":
      words.splits.append(.digits(individually: try node.flag("individual_digits")))
    case "Split":
      words.splits.append(contentsOf: try splits(node))
    case "Metaspace":
      try readMetaspace(node, into: &words)
    case let type:
      throw unsupported(node, type, "ByteLevel, Digits, Split, Metaspace and Sequence")
    }
  }

  private static func readMetaspace(_ node: JSONNode, into words: inout Words) throws {
    let mark = try mark(node)
    guard words.splits.isEmpty else {
      throw TokenizerError(
        .unsupported, "Metaspace after another split is not supported", at: node.location)
    }
    words.rewriting.append(.replace([0x20], with: mark))
    // Files from before schemes existed have a flag.
    let oldScheme = try node.flag("add_prefix_space", default: true) ? "always" : "never"
    switch try node.optional("prepend_scheme")?.string ?? oldScheme {
    case "always": try addPrefix(mark, .unlessThere, to: &words, node)
    case "first": try addPrefix(mark, .unlessThereAtTextStart, to: &words, node)
    case "never": break
    case let scheme:
      throw TokenizerError(.unsupported, "prepend scheme \"\(scheme)\"", at: node.location)
    }
    if try node.flag("split", default: true) { words.splits.append(.beforeLiteral(mark)) }
  }

  /// What a `Metaspace` writes for a space, not empty.
  static func mark(_ node: JSONNode) throws -> [UInt8] {
    let mark = Array(try node.required("replacement").bytes)
    guard !mark.isEmpty else {
      throw TokenizerError(.malformed, "an empty replacement", at: node.location)
    }
    return mark
  }

  private static func addPrefix(
    _ prefix: [UInt8], _ condition: RewritingStep.PrependCondition, to words: inout Words,
    _ node: JSONNode
  ) throws {
    guard words.splits.isEmpty else {
      throw TokenizerError(
        .unsupported, "a prefix for each word of an earlier split is not supported",
        at: node.location)
    }
    words.rewriting.append(.prepend(prefix, condition))
  }

  private static func splits(_ node: JSONNode) throws -> [SplitRule] {
    let pattern = try node.required("pattern")
    let behavior = try node.required("behavior").string
    let inverts = try node.flag("invert")
    if let regex = try pattern.optional("Regex") {
      // The patterns match everything, so that keeping the matches is keeping all.
      guard (behavior == "Isolated" && !inverts) || (behavior == "Removed" && inverts) else {
        throw TokenizerError(
          .unsupported, "a Split by a pattern that is \(behavior)", at: node.location)
      }
      guard let rules = patterns[try regex.string] else {
        throw TokenizerError(
          .unsupported,
          "the pattern \(try regex.string) is not one of those known: GPT-2, Llama 3, Qwen 2",
          at: regex.location)
      }
      return rules
    }
    let literal = try literal(pattern)
    switch (behavior, inverts) {
    case ("MergedWithPrevious", false): return [.afterLiteral(literal)]
    case ("MergedWithNext", false): return [.beforeLiteral(literal)]
    default:
      throw TokenizerError(
        .unsupported, "a Split at text that is \(behavior)", at: node.location)
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
    _ rewriting: [RewritingStep], _ splits: [SplitRule] = [], at location: String
  ) throws {
    var growth = 1
    for step in rewriting {
      switch step {
      case .replace(let pattern, let content):
        growth *= min(mostGrowth + 1, max(1, content.count / pattern.count))
      case .prepend(let content, _):
        growth *= content.count > 64 ? mostGrowth + 1 : 1
      case .composed:
        break
      }
      if growth > mostGrowth {
        throw TokenizerError(
          .unsupported, "steps that make a text more than \(mostGrowth) times as long",
          at: location)
      }
    }
    if rewriting.count + splits.count > mostSteps {
      throw TokenizerError(
        .unsupported, "\(rewriting.count + splits.count) steps, at most \(mostSteps)",
        at: location)
    }
  }

  private static let mostGrowth = 8
  private static let mostSteps = 16

  static func unsupported(_ node: JSONNode, _ type: String, _ known: String) -> TokenizerError {
    TokenizerError(.unsupported, "\"\(type)\"; known are \(known)", at: node.location)
  }
}
