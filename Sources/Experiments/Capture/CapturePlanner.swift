import Foundation
import LanguageModel
import Storage
import TensorFiles

/// Reads the inputs of a capture.
struct CapturePlanner {
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
      inputs[inputs.count - 1] += request.textUnit.recorded
      corpora.append(
        try Corpus(
          map, unit: request.textUnit, contextLength: request.contextLength, tokenizer: tokenizer))
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
    let encoded = tokenizer.encodeWithOffsets(chat)
    let (text, tokens) = tokenizer.spelledOut(chat.text, encoded)
    var document = try planned(
      prompt, set, .prompt, .read, text: text, tokens: tokens, longest: tokens.ids.count)
    document.template = tokenizer.templatePositions(chat, encoded)
    return document
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
    var document = try planned(
      opener, set, .text, .extend, text: text, tokens: spelled,
      longest: min(spelled.ids.count + request.openerLength, context))
    document.template = tokenizer.addedPositions(tokens)
    return document
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
