/// What the name of a pre-tokenizer in a GGUF file (`tokenizer.ggml.pre`) stands for in llama.cpp.
struct GGUFPreTokenizer: Sendable {
  var splits: [SplitRule]
  /// Whether a word that is a piece is that piece, whatever the merges would give.
  var takesWholeWords = false
  /// Whether BOS comes first in files that do not say.
  var addsBOS = false

  private init(_ splits: [SplitRule], takesWholeWords: Bool = false, addsBOS: Bool = false) {
    (self.splits, self.takesWholeWords, self.addsBOS) = (splits, takesWholeWords, addsBOS)
  }

  /// - Parameter patterns: each in turn cuts the words that those before it left, at what it finds.
  private init(
    _ patterns: String..., then rules: [SplitRule] = [], takesWholeWords: Bool = false,
    addsBOS: Bool = false
  ) throws {
    self.init(
      try patterns.map(Self.cut) + rules, takesWholeWords: takesWholeWords, addsBOS: addsBOS)
  }

  /// Cuts words at what a pattern finds.
  private static func cut(_ pattern: String) throws -> SplitRule {
    .at(.pattern(try TextPattern(pattern, .llamaCpp)), .isolated, inverts: false)
  }

  /// - Returns: `nil` for a name that is not known here.
  static func named(_ name: String) throws -> GGUFPreTokenizer? {
    try scanned(name) ?? ofLetterCase(name) ?? ofScripts(name) ?? other(name)
  }

  // MARK: - Those of the commonest rules

  private static let gpt2 = SplitRule.gpt2(.llamaCpp)

  private static func scanned(_ name: String) throws -> GGUFPreTokenizer? {
    switch name {
    case "gpt-2", "mpt", "olmo", "phi-2", "gigachat", "a.x-4.0", "mellum", "exaone4", "trillion",
      "granite-docling", "jais", "modern-bert":
      GGUFPreTokenizer([gpt2])
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b",
      "mellum2":
      try GGUFPreTokenizer(#"\p{N}"#, then: [gpt2])
    case "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
      "jina-v5-nano":
      GGUFPreTokenizer(
        [.llama3(mostDigits: 3, .llamaCpp)], takesWholeWords: true, addsBOS: true)
    case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe":
      GGUFPreTokenizer([.llama3(mostDigits: 3, .llamaCpp)])
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "solar-open", "grok-2", "megrez",
      "kormo", "f2llmv2":
      GGUFPreTokenizer([.llama3(mostDigits: 1, .llamaCpp)])
    case "laguna":
      try GGUFPreTokenizer(#"[^\n]+|[\n]+"#, then: [.llama3(mostDigits: 1, .llamaCpp)])
    case "falcon":
      try GGUFPreTokenizer([cut(#"[\p{P}$+<=>^~|`]+"#), gpt2, cut("[0-9]{3}")])
    case "default":
      try GGUFPreTokenizer(
        [cut(#"[\p{P}$+<=>^~|]+"#), gpt2, cut(#"\p{N}+"#), cut("[0-9]{3}")])
    case "chameleon":
      try GGUFPreTokenizer(
        "<sentinel:[0-9]+>", "IMGIMG[A-I]{1,4}Z", #"[\t\n]|    |  "#, #"\p{N}"#,
        #"[\p{P}!-/:-@\[-`{-~]"#, then: [gpt2], addsBOS: true)
    default: nil
    }
  }

  // MARK: - Those of patterns

  private static let contraction = "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])"
  private static let blanks = #"\s+(?!\S)|\s+"#
  private static let linesAndBlanks = #"\s*[\r\n]+|"# + blanks
  /// Neither a letter nor a number nor a blank, with a space before.
  private static let signs = #" ?[^\s\p{L}\p{N}]+"#
  private static let word = #"[^\r\n\p{L}\p{N}]?\p{L}+"#

  /// Words that a change from small letters to capitals cuts, which ASCII's alone do.
  private static func letterCase(_ letters: String, ending: String) -> String {
    let (upper, lower) = ("[[\(letters)]&&[^a-z]]", "[[\(letters)]&&[^A-Z]]")
    let before = #"[^\r\n\p{L}\p{N}]?"#
    return "\(before)\(upper)*\(lower)+\(ending)|\(before)\(upper)+\(lower)*\(ending)"
  }

  private static func ofLetterCase(_ name: String) throws -> GGUFPreTokenizer? {
    let rest = signs + #"[\r\n/]*|"# + linesAndBlanks
    switch name {
    case "tekken":
      return try GGUFPreTokenizer(
        letterCase(#"\p{L}"#, ending: "") + #"|\p{N}|"# + rest, takesWholeWords: true,
        addsBOS: true)
    case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2":
      return try GGUFPreTokenizer(
        letterCase(#"\p{L}"#, ending: "(?:\(contraction))?") + #"|\p{N}{1,3}|"# + rest)
    case "tiny_aya", "cohere2moe":
      let letters = #"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?:"# + contraction + ")?"
      return try GGUFPreTokenizer(
        digitsByThrees, letters + #"|\p{N}{1,3}|"# + rest)
    case "youtu":
      let letters = #"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+(?:"# + contraction + ")?"
      let marks =
        "[\u{FF01}\u{2026}\u{201C}\u{201D}\u{2018}\u{2019}\u{2014}\u{FF1A}\u{FF1B}\u{FF0C}"
        + "\u{3001}-\u{303F}\u{FE30}-\u{FE4F}]+"
      return try GGUFPreTokenizer(
        "[\u{AC00}-\u{D7A3}\u{3131}-\u{318E}]+|\(marks)|[\u{3105}-\u{312F}]+|\(chinese)",
        letters + #"|\p{N}|"# + rest, takesWholeWords: true)
    default: return nil
    }
  }

  /// From the right; the first of them stay with what is before them.
  private static let digitsByThrees = #"\P{N}*\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"#

  private static let chinese = "[\u{4E00}-\u{9FA5}\u{3040}-\u{309F}\u{30A0}-\u{30FF}]+"

  /// Letters with a sign of ASCII before, or with anything that is no letter and no sign.
  private static let deepSeekWords =
    #"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"#

  private static func ofScripts(_ name: String) throws -> GGUFPreTokenizer? {
    let wide = "[\u{4E00}-\u{9FA5}\u{0800}-\u{4E00}\u{AC00}-\u{D7FF}]+"
    switch name {
    case "deepseek-llm":
      return try GGUFPreTokenizer(
        #"[\r\n]"#, #"\s?["# + casedLetters + "]+",
        #"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+"#,
        #"\s+\z"#, wide, #"\p{N}+"#)
    case "deepseek-coder":
      return try GGUFPreTokenizer(#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, wide, #"\p{N}"#)
    case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4":
      return try GGUFPreTokenizer(
        #"\p{N}{1,3}"#, chinese,
        deepSeekWords + #"| ?[\p{P}\p{S}]+[\r\n]*|"# + linesAndBlanks)
    case "spark2_5":
      return try GGUFPreTokenizer(
        #"\p{N}{1,3}"#, chinese,
        deepSeekWords + #"| ?[\p{P}\p{S}]+|[\r\n]|"# + blanks, #"\p{N}"#)
    case "afmoe":
      let scripts =
        "[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{8C48}-\u{FAFF}\u{3040}-\u{309F}\u{30A0}-\u{30FF}"
        + "\u{FF65}-\u{FF9F}\u{2F00}-\u{2FDF}\u{0E40}-\u{0E7F}\u{0E80}-\u{0EFF}\u{1780}-\u{17FF}"
        + "\u{1000}-\u{109F}\u{AA60}-\u{AA7F}\u{A9E0}-\u{A9FF}\u{AC00}-\u{D7AF}\u{1100}-\u{11FF}]+"
      return try GGUFPreTokenizer(
        digitsByThrees, scripts,
        deepSeekWords + #"| ?[\p{P}\p{S}]+[\r\n]*|"# + linesAndBlanks)
    case "kimi-k2":
      let letters = #"[\p{L}&&[^"# + chineseCharacters + "]]+"
      return try GGUFPreTokenizer(
        "[\(chineseCharacters)]+|" + #"[^\r\n\p{L}\p{N}]?"# + letters + "(?:\(contraction))?"
          + #"|\p{N}{1,3}|"# + signs + #"[\r\n]*|"# + linesAndBlanks)
    case "poro-chat", "bloom", "gpt3-finnish":
      return try GGUFPreTokenizer(sentenceParts)
    case "viking": return try GGUFPreTokenizer(sentenceParts, #"\p{N}"#)
    default: return nil
    }
  }

  private static let sentenceParts =
    #" ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+"#

  /// What llama.cpp takes for a Chinese character.
  private static let chineseCharacters =
    "\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}"
    + "\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2CEB0}-\u{2EBEF}\u{F900}-\u{FAFF}"
    + "\u{2F800}-\u{2FA1F}"

  /// Letters of scripts with capitals, as the makers of DeepSeek LLM list them.
  private static let casedLetters = casedRanges.map {
    "\\x{\(String($0.lowerBound, radix: 16))}-\\x{\(String($0.upperBound, radix: 16))}"
  }.joined()

  private static let casedRanges: [ClosedRange<UInt32>] = [
    0x41...0x5A, 0x61...0x7A, 0xB5...0xB5, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x1BA, 0x1BC...0x1BF,
    0x1C4...0x293, 0x295...0x2AF, 0x370...0x373, 0x376...0x377, 0x37B...0x37D, 0x37F...0x37F,
    0x386...0x386, 0x388...0x38A, 0x38C...0x38C, 0x38E...0x3A1, 0x3A3...0x3F5, 0x3F7...0x481,
    0x48A...0x52F, 0x531...0x556, 0x10A0...0x10C5, 0x13A0...0x13F5, 0x13F8...0x13FD,
    0x1C90...0x1CBA, 0x1CBD...0x1CBF, 0x1D00...0x1D2B, 0x1D6B...0x1D77, 0x1D79...0x1D9A,
    0x1E00...0x1F15, 0x1F18...0x1F1D, 0x1F20...0x1F45, 0x1F48...0x1F4D, 0x1F50...0x1F57,
    0x1F59...0x1F59, 0x1F5B...0x1F5B, 0x1F5D...0x1F5D, 0x1F5F...0x1F7D, 0x1F80...0x1FB4,
    0x1FB6...0x1FBC, 0x1FBE...0x1FBE, 0x1FC2...0x1FC4, 0x1FC6...0x1FCC, 0x1FD0...0x1FD3,
    0x1FD6...0x1FDB, 0x1FE0...0x1FEC, 0x1FF2...0x1FF4, 0x1FF6...0x1FFC, 0x2102...0x2102,
    0x2107...0x2107, 0x210A...0x2113, 0x2115...0x2115, 0x2119...0x211D, 0x2124...0x2124,
    0x2126...0x2126, 0x2128...0x2128, 0x212A...0x212D, 0x212F...0x2134, 0x2139...0x2139,
    0x213C...0x213F, 0x2145...0x2149, 0x214E...0x214E, 0x2183...0x2184, 0x2C00...0x2C7B,
    0x2C7E...0x2CE4, 0x2CEB...0x2CEE, 0x2CF2...0x2CF3, 0xA640...0xA66D, 0xA680...0xA69B,
    0xA722...0xA76F, 0xA771...0xA787, 0xA78B...0xA78E, 0xAB70...0xABBF, 0xFB00...0xFB06,
    0xFB13...0xFB17, 0xFF21...0xFF3A, 0xFF41...0xFF5A, 0x10400...0x1044F, 0x104B0...0x104D3,
    0x104D8...0x104FB, 0x10C80...0x10CB2, 0x10CC0...0x10CF2, 0x118A0...0x118DF, 0x1E900...0x1E943,
  ]

  private static func other(_ name: String) throws -> GGUFPreTokenizer? {
    switch name {
    case "qwen35":
      return try GGUFPreTokenizer(
        contraction + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"#
          + linesAndBlanks)
    case "jais-2":
      let runs = [512, 256, 128, 64, 32, 16, 8, 4].map { #"\s{\#($0)}(?!\S)|"# }.joined()
      return try GGUFPreTokenizer(
        contraction + "|" + word + #"|\p{N}{1,3}|"# + signs + #"[\r\n]*|\s*[\r\n]+|"# + runs
          + #"\s{1,2}(?!\S)|\s"#)
    case "bailingmoe", "bailingmoe2", "llada-moe":
      return try GGUFPreTokenizer(
        contraction + "|" + word + #"|\p{N}|"# + signs + #"[\r\n]*|\s*[\r\n]|"# + blanks)
    case "seed-coder":
      return try GGUFPreTokenizer(
        contraction + "|" + word + #"|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|"# + linesAndBlanks)
    case "ufakzeka":
      return try GGUFPreTokenizer(word + #"|\p{N}|"# + signs + #"[\r\n]*|"# + linesAndBlanks)
    case "exaone-moe":
      return try GGUFPreTokenizer(
        contraction + #"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}|"# + signs
          + #"[\r\n/]?|\s*[\r\n]|"# + blanks)
    case "minicpm5":
      return try GGUFPreTokenizer(
        #"\p{N}{1,3}"#,
        contraction + "|" + word + #"|\p{N}+|"# + signs + #"[\r\n]*|"# + linesAndBlanks,
        takesWholeWords: true)
    case "superbpe":
      return try GGUFPreTokenizer(#"\p{N}+"#, "(?=(?:[0-9]{3})+(?![0-9]))")
    default: return nil
    }
  }
}
