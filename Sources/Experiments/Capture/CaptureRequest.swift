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
  /// What a person should know of how the input was read: a sentence each.
  package let notices: [String]
  let tokenizer: Tokenizer

  /// - Throws: `ExperimentError` naming file and line for a prompt that is empty, longer than the model's context or of an
  ///   id that was there before, `ModelError.unknownHook`, `TokenizerError` for a system text that the template has no place
  ///   for.
  package init(
    _ request: CaptureRequest, tokenizer: Tokenizer, configuration: TransformerConfiguration
  ) throws {
    self.request = request
    self.tokenizer = tokenizer
    for (index, hook) in request.hooks.enumerated() {
      try configuration.validate(hook)
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
    let longest = configuration.contextLength - beside
    guard request.contextLength >= 2, request.contextLength <= longest else {
      let context = beside == 0 ? "the model's context" : "the model's context without BOS"
      throw ExperimentError(
        .invalidValue,
        "expected 2 to \(longest) tokens, \(context), found \(request.contextLength)",
        setting: .contextLength)
    }
    hooks = request.hooks.map {
      StoreHook(name: $0.name, dimension: configuration.width(at: $0))
    }
    var planner = CapturePlanner(
      request: request, tokenizer: tokenizer, context: configuration.contextLength)
    try planner.qualifySharedIDs()
    for input in request.inputs { try planner.add(input) }
    notices = planner.notices
    prompts = planner.prompts
    corpora = planner.corpora
    openers = planner.openers
    concepts = planner.concepts
    promptCount = prompts.count + openers.count + concepts.count
    var provenance = request.provenance
    provenance.architecture = configuration.family
    provenance.inputs = planner.inputs.joined(separator: "\n")
    let edges = Set([tokenizer.bos, tokenizer.eos].compactMap(\.self))
    if !edges.isEmpty {
      provenance.edgeTokens = edges.sorted().map(String.init).joined(separator: ",")
    }
    provenance.engine = "exemplar"
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

/// Reads the inputs of a capture.
private struct CapturePlanner {
  let request: CaptureRequest
  let tokenizer: Tokenizer
  /// The model's.
  let context: Int
  var prompts: [PlannedDocument] = []
  var openers: [PlannedDocument] = []
  var concepts: [PlannedDocument] = []
  var corpora: [Corpus] = []
  var inputs: [String] = []
  /// Whether the template asked for the date.
  private(set) var usesDate = false
  private(set) var notices: [String] = []
  private var places: [String: String] = [:]
  /// By file; read before anything is planned, since ids depend on all of them.
  private var sets: [URL: PromptSet] = [:]
  /// Files whose ids other files have too.
  private var qualified: Set<URL> = []

  init(request: CaptureRequest, tokenizer: Tokenizer, context: Int) {
    (self.request, self.tokenizer, self.context) = (request, tokenizer, context)
  }

  /// Finds files that have numbers in common as ids, as those that each count from 0: all of their ids are then kept as
  /// `NAME:ID`, so that none stands for two prompts. Other ids that two files have are taken for one prompt given twice.
  mutating func qualifySharedIDs() throws {
    var owners: [String: URL] = [:]
    var isCounted = true
    for input in request.inputs {
      switch input {
      case .prompts(let url), .openers(let url):
        guard sets[url] == nil else { continue }
        // A file that cannot be read is an error of its own once it is added.
        guard FileManager.default.isReadableFile(atPath: url.path(percentEncoded: false)) else {
          continue
        }
        let set = try PromptSet(url, field: request.promptField)
        sets[url] = set
        for prompt in set.prompts where prompt.hasOwnID {
          guard let other = owners[prompt.id] else {
            owners[prompt.id] = url
            continue
          }
          isCounted = isCounted && prompt.id.allSatisfy { $0.isASCII && $0.isNumber }
          qualified.formUnion([other, url])
        }
      case .text, .concepts: continue
      }
    }
    guard !qualified.isEmpty else { return }
    let files = request.inputs.map(\.url).filter(qualified.contains)
    let names = files.compactMap { sets[$0]?.name }
    // Two files of one name, or one file twice, cannot be told apart by it.
    guard isCounted, Set(names).count == names.count else {
      qualified = []
      return
    }
    notices.append(
      files.map { TensorFileError.printable($0.lastPathComponent) }.joined(separator: ", ")
        + " have ids in common: theirs are kept as NAME:ID, "
        + TensorFileError.printable("\(names[0]):\(sets[files[0]]?.prompts[0].shortID ?? "1")"))
  }

  /// The prompts of a file, with the ids that the store has them under.
  private func prompts(of url: URL) throws -> PromptSet {
    let set = try sets[url] ?? PromptSet(url, field: request.promptField)
    return qualified.contains(url) ? set.qualified() : set
  }

  mutating func add(_ input: CaptureInput) throws {
    let file = input.url.lastPathComponent
    let map: MappedFile
    do {
      map = try MappedFile(input.url)
    } catch {
      throw ExperimentError(.missing, "cannot be read", file: file)
    }
    let field = request.promptField.map { " \(TensorFileError.printable($0))" } ?? ""
    inputs.append(
      "\(input.kind) \(TensorFileError.printable(file)) \(SHA256.hexDigest(of: map))\(field)")
    switch input {
    case .text:
      corpora.append(
        try Corpus(map, contextLength: request.contextLength, tokenizer: tokenizer))
    case .prompts(let url):
      let set = try prompts(of: url)
      for prompt in set.prompts { prompts.append(try plan(prompt, of: set)) }
    case .openers(let url):
      let set = try prompts(of: url)
      for opener in set.prompts { openers.append(try planOpener(opener, of: set)) }
    case .concepts(let url): try addConcepts(url)
    }
  }

  /// Texts that several concepts share are read once.
  private mutating func addConcepts(_ url: URL) throws {
    let capture = try ConceptCapture(
      template: request.template, system: request.system, tokenizer: tokenizer)
    inputs[inputs.count - 1] +=
      " without \(capture.prefix) tokens before and \(capture.suffix) after"
    let file = url.lastPathComponent
    let set = url.deletingPathExtension().lastPathComponent
    for example in try ConceptFile.read([url])
    where places.updateValue(file, forKey: example.documentID) == nil {
      concepts.append(try capture.document(example, set: set, context: context, file: file))
    }
  }

  private mutating func plan(_ prompt: PromptSet.Prompt, of set: PromptSet) throws
    -> PlannedDocument
  {
    let chat = try request.template.render(prompt, system: request.system)
    if chat.usesDate { usesDate = true }
    let (text, tokens) = tokenizer.spelledOut(chat.text, tokenizer.encodeWithOffsets(chat))
    return try planned(
      prompt, set, .prompt, .read, text: text, tokens: tokens, longest: tokens.ids.count)
  }

  private mutating func planOpener(_ opener: PromptSet.Prompt, of set: PromptSet) throws
    -> PlannedDocument
  {
    guard opener.messages.count == 1 else {
      throw ExperimentError(
        .invalidValue, "expected an opening of one text, found a conversation",
        file: "\(opener.place)")
    }
    var tokens = tokenizer.encodeWithOffsets(opener.text, addSpecial: true, parseSpecial: false)
    // What a tokenizer puts behind a whole text would end it before it is continued.
    while let last = tokens.ids.last, tokens.ids.count > 1, tokenizer.isSpecial(last) {
      tokens.ids.removeLast()
      tokens.ends.removeLast()
    }
    let (text, spelled) = tokenizer.spelledOut(opener.text, tokens)
    return try planned(
      opener, set, .text, .extend, text: text, tokens: spelled,
      longest: min(spelled.ids.count + request.openerLength, context))
  }

  private mutating func planned(
    _ prompt: PromptSet.Prompt, _ set: PromptSet, _ kind: StoreDocument.Kind,
    _ task: PlannedDocument.Task, text: String, tokens: TokenizedText, longest: Int
  ) throws -> PlannedDocument {
    let place = "\(prompt.place)"
    let id = TensorFileError.printable(prompt.id)
    if let earlier = places.updateValue(place, forKey: prompt.id) {
      throw ExperimentError(
        .invalidValue, "the id \(id) was there before, in \(earlier)", file: place)
    }
    guard !tokens.ids.isEmpty, tokens.ids.count <= context else {
      throw ExperimentError(
        .invalidValue,
        "\(id): expected 1 to \(context) tokens, the model's context, found \(tokens.ids.count)",
        file: place)
    }
    return PlannedDocument(
      task: task,
      document: StoreDocument(
        id: prompt.id, kind: kind, set: prompt.set, split: prompt.split, category: prompt.category,
        topic: prompt.topic, prompt: prompt.text, text: text, rowCount: tokens.ids.count,
        tokenCount: tokens.ids.count),
      ids: tokens.ids, ends: tokens.ends, longest: longest)
  }
}

extension Tokenizer {
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
