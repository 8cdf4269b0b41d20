import Engines
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What a capture reads.
package enum CaptureInput: Equatable, Sendable {
  /// JSON Lines of prompts, each rendered in the chat template.
  case prompts(URL)
  /// Running text, UTF-8, cut into contexts.
  case text(URL)
  /// JSON Lines of openings, each continued by the model itself and read as running text.
  case openers(URL)
  /// Labelled texts of concepts, as `detect` takes them.
  case concepts(URL)

  package var url: URL {
    switch self {
    case .prompts(let url), .text(let url), .openers(let url), .concepts(let url): url
    }
  }

  var kind: String {
    switch self {
    case .prompts: "prompts"
    case .text: "text"
    case .openers: "openers"
    case .concepts: "concepts"
    }
  }
}

/// The settings of a capture; two captures of equal settings make the same store.
package struct CaptureRequest: Sendable {
  package var inputs: [CaptureInput]
  package var hooks: [HookPoint]
  package var template: ChatTemplate
  package var system: SystemTurn
  package var elementType: ElementType
  /// The most new tokens of a prompt's greedy continuation; 0 for none.
  package var maxNewTokens: Int
  /// Keeps no more tokens than this of an answer to a harmful prompt that does not refuse; its verdict is of the whole.
  /// For stores that are passed on. `nil` keeps all.
  package var openingTokens: Int?
  /// Gives continuations their verdicts.
  package var classifier: OutcomeClassifier
  /// Tokens of a context of running text, not counting a BOS before it.
  package var contextLength: Int
  /// What counts as one text in the files of text.
  package var textUnit = TextUnit.stream
  /// No context of text is read that would make their tokens more than this, BOS counted.
  package var mostTextTokens: Int?
  /// The most contexts of text.
  package var mostTextDocuments: Int?
  /// The most new tokens of an opener.
  package var openerLength: Int
  package var temperature: Float
  package var seed: UInt64
  /// Where the prompts stand in their files, instead of the names that are known.
  package var promptField: String?
  /// The model and the adapter with their hashes, and the date; the rest is filled in.
  package var provenance: StoreProvenance

  package static let defaultContextLength = 128
  package static let defaultOpenerLength = 128

  package init(
    inputs: [CaptureInput], hooks: [HookPoint], template: ChatTemplate, system: SystemTurn = .none,
    elementType: ElementType = .f32, maxNewTokens: Int = 0,
    openingTokens: Int? = nil, classifier: OutcomeClassifier = .exemplar,
    contextLength: Int = defaultContextLength, openerLength: Int = defaultOpenerLength,
    temperature: Float = 1, seed: UInt64 = 0, provenance: StoreProvenance = StoreProvenance()
  ) {
    self.inputs = inputs
    self.hooks = hooks
    self.template = template
    self.system = system
    self.elementType = elementType
    self.maxNewTokens = maxNewTokens
    self.openingTokens = openingTokens
    self.classifier = classifier
    self.contextLength = contextLength
    self.openerLength = openerLength
    self.temperature = temperature
    self.seed = seed
    self.provenance = provenance
  }
}

extension CaptureRequest {
  /// What a store records of how much text was read; nothing where all was.
  fileprivate var textLimits: [String] {
    guard inputs.contains(where: { if case .text = $0 { true } else { false } }) else { return [] }
    return [(mostTextTokens, "tokens"), (mostTextDocuments, "contexts")].compactMap { limit, what in
      limit.map { "at most \($0) \(what) of text" }
    }
  }
}

/// A document that is still to be captured.
struct PlannedDocument: Sendable {
  enum Task: Sendable {
    /// Read it; if it is a prompt, continue it where continuations are wanted.
    case read
    /// Continue it, then read both.
    case extend
  }

  var task: Task
  var document: StoreDocument
  var ids: [Int]
  var ends: [Int]
  /// The most tokens it can come to.
  var longest: Int
  /// Positions of the tokens that nobody said, ascending: the template's own, and those that the tokenizer adds.
  var template: [Int] = []
}

/// A capture whose input was read and checked, before any weight is.
package struct CapturePlan: Sendable {
  package let request: CaptureRequest
  package let provenance: StoreProvenance
  package let hooks: [StoreHook]
  /// Prompts and openers; contexts of running text are cut as they are reached.
  package let promptCount: Int
  let prompts: [PlannedDocument]
  let corpora: [Corpus]
  let openers: [PlannedDocument]
  let concepts: [PlannedDocument]
  /// Bytes of all that is read, as far as it is known before.
  let byteCount: Int
  /// What a person should know of how the input was read: a sentence each.
  package let notices: [String]
  let tokenizer: Tokenizer

  /// - Throws: `ExperimentError` naming file and line for a prompt that is empty, longer than the model's context or of an
  ///   id that was there before, `ModelError.unknownHook`, `TokenizerError` for a system text that the template has no place
  ///   for.
  package init(
    _ request: CaptureRequest, tokenizer: Tokenizer, configuration: TransformerConfiguration
  ) throws {
    try self.init(request, tokenizer: tokenizer, model: EngineDescription(configuration))
  }

  /// As above, of a model of any engine.
  package init(
    _ request: CaptureRequest, tokenizer: Tokenizer, model: EngineDescription
  ) throws {
    self.request = request
    self.tokenizer = tokenizer
    for (index, hook) in request.hooks.enumerated() {
      try model.validate(hook)
      guard !request.hooks[..<index].contains(hook) else {
        throw ExperimentError(.invalidValue, "\(hook.name) is asked for twice", setting: .hook)
      }
    }
    guard !request.hooks.isEmpty else {
      throw ExperimentError(.missing, "expected a hook, found none", setting: .hook)
    }
    guard !request.inputs.isEmpty else {
      throw ExperimentError(.missing, "expected prompts or text, found none", setting: .prompts)
    }
    let beside = Corpus.first(of: tokenizer) == nil ? 0 : 1
    let longest = model.contextLength - beside
    guard request.contextLength >= 2, request.contextLength <= longest else {
      let context = beside == 0 ? "the model's context" : "the model's context without BOS"
      throw ExperimentError(
        .invalidValue,
        "expected 2 to \(longest) tokens, \(context), found \(request.contextLength)",
        setting: .contextLength)
    }
    hooks = request.hooks.map {
      StoreHook(name: $0.name, dimension: model.width(at: $0))
    }
    var planner = CapturePlanner(
      request: request, tokenizer: tokenizer, context: model.contextLength)
    try planner.qualifySharedIDs()
    for input in request.inputs { try planner.add(input) }
    notices = planner.notices
    prompts = planner.prompts
    corpora = planner.corpora
    openers = planner.openers
    concepts = planner.concepts
    try Self.checkText(corpora, most: request.mostTextTokens)
    promptCount = prompts.count + openers.count + concepts.count
    byteCount =
      (prompts + openers + concepts).reduce(0) { $0 + $1.document.text.utf8.count }
      + corpora.reduce(0) { $0 + $1.byteCount }
    var provenance = request.provenance
    provenance.architecture = model.family
    provenance.inputs = (planner.inputs + request.textLimits).joined(separator: "\n")
    let edges = Set([tokenizer.bos, tokenizer.eos].compactMap(\.self))
    if !edges.isEmpty {
      provenance.edgeTokens = edges.sorted().map(String.init).joined(separator: ",")
    }
    provenance.engine = model.engine
    provenance.toolVersion = toolVersion
    provenance.maxNewTokens = request.maxNewTokens
    if request.maxNewTokens > 0 {
      provenance.classifier = request.classifier.name
      provenance.openingTokens = request.openingTokens
    }
    if !prompts.isEmpty || !concepts.isEmpty {
      provenance.template = request.template.name
      if case .text(let text) = request.system { provenance.system = text }
      provenance.templateHash = TemplateRecord.hash(of: request.template)
      if provenance.templateHash != nil {
        provenance.templateEntry = request.template.entryName
        provenance.templateTokens = request.template.specialTokens
        if request.system == .none { provenance.templateSystem = "left out" }
        if planner.usesDate { provenance.templateDate = request.template.date?.description }
        provenance.templateExample = prompts.first?.document.text
      }
    }
    if !corpora.isEmpty {
      provenance.contextLength = request.contextLength
      provenance.contextBeside = beside == 0 ? nil : beside
    }
    if !openers.isEmpty {
      provenance.openerLength = request.openerLength
      provenance.temperature = request.temperature
      provenance.seed = request.seed
    }
    self.provenance = provenance
  }
}

extension CapturePlan {
  /// - Throws: for a file of text that no context can be cut from, and for a limit that the first context is above already.
  private static func checkText(_ corpora: [Corpus], most: Int?) throws {
    var longest: (file: String, tokens: Int)?
    for corpus in corpora {
      var first: PlannedDocument?
      try corpus.forEachContext { context in
        first = context
        return false
      }
      guard let first else {
        throw ExperimentError(
          .missing, "expected text of at least two tokens, found less", file: corpus.file)
      }
      longest = longest ?? (corpus.file, first.longest)
    }
    guard let most, let longest, longest.tokens > most else { return }
    throw ExperimentError(
      .invalidValue,
      "its first context has \(longest.tokens) tokens, and at most \(most) are to be read",
      file: longest.file, remedy: "allow more, or cut shorter ones with \(.contextLength)")
  }
}

extension Tokenizer {
  /// Positions of the tokens of a rendered conversation that are the template's own: no byte of them is of what a message
  /// says. So are special tokens that take no room in the text, which the tokenizer added.
  func templatePositions(_ chat: RenderedChat, _ tokens: TokenizedText) -> [Int] {
    var (positions, start) = ([Int](), 0)
    var ranges = chat.templateRanges[...]
    for (position, end) in tokens.ends.enumerated() {
      while let range = ranges.first, range.upperBound <= start { ranges.removeFirst() }
      // A token of no bytes of its own, as the first of those that make one character, counts as what comes next.
      let isOwn = ranges.first.map {
        $0.lowerBound <= start && max(end, start + 1) <= $0.upperBound
      }
      if isOwn == true || end <= start && isSpecial(tokens.ids[position]) {
        positions.append(position)
      }
      start = max(start, end)
    }
    return positions
  }

  /// Positions of the special tokens that the tokenizer put around a text.
  func addedPositions(_ tokens: TokenizedText) -> [Int] {
    var (positions, start) = ([Int](), 0)
    for (position, end) in tokens.ends.enumerated() {
      if end <= start, isSpecial(tokens.ids[position]) { positions.append(position) }
      start = max(start, end)
    }
    return positions
  }

  /// A text with the special tokens around it spelled out in it, and its tokens' ends moved to match.
  func spelledOut(_ text: String, _ tokens: TokenizedText) -> (String, TokenizedText) {
    let count = text.utf8.count
    var result = tokens
    var (leading, trailing) = (0, tokens.ids.count)
    var prefix = ""
    while leading < tokens.ids.count, tokens.ends[leading] == 0, isSpecial(tokens.ids[leading]) {
      prefix += String(decoding: bytes(of: tokens.ids[leading]), as: UTF8.self)
      result.ends[leading] = prefix.utf8.count
      leading += 1
    }
    while trailing > leading + 1, tokens.ends[trailing - 1] == count,
      tokens.ends[trailing - 2] == count, isSpecial(tokens.ids[trailing - 1])
    { trailing -= 1 }
    for index in leading..<trailing { result.ends[index] += prefix.utf8.count }
    var whole = prefix + text
    for index in trailing..<tokens.ids.count {
      whole += String(decoding: bytes(of: tokens.ids[index]), as: UTF8.self)
      result.ends[index] = whole.utf8.count
    }
    return (whole, result)
  }
}
