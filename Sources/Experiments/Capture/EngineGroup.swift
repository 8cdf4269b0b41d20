import Engines
import LanguageModel
import Storage
import TensorFiles

/// Engines that read one input between them: shown to run one model alike, or refused by name.
package struct EngineGroup: Sendable {
  package let workers: [WorkerEngine]
  /// What records say of the engines: one line where they say the same of themselves, else all of them in the order of the
  /// alphabet, so that it does not depend on who was named first.
  package let engine: String
  /// Where every one of them knows it.
  package let modelHash: String?
  package let revision: String?
  package let adapterHash: String?
  package let rotaryPrecision: String?
  /// What a person should know of numbers that they have a part in: a sentence each.
  package let notices: [String]

  /// Between the lines of several.
  static let separator = " + "

  /// Texts that the tokenizers have to read alike.
  private static let texts = [
    "Hello, world! 123", "  Zoë — naïve café\n\t3.14", "日本語 🙂 ok", "def add(a, b):\n    return a",
  ]

  /// - Parameters:
  ///   - hooks: that are to be read.
  ///   - isSampled: whether they are to sample.
  /// - Throws: `ExperimentError` that names two engines, and in what they differ.
  package init(_ workers: [WorkerEngine], hooks: [HookPoint], isSampled: Bool = false) throws {
    precondition(!workers.isEmpty, "expected an engine")
    let first = workers[0]
    var notices: [String] = []
    for worker in workers {
      for hook in hooks {
        do {
          try worker.description.validate(hook)
        } catch let error as ModelError where workers.count > 1 {
          throw Self.refusal("\(Self.name(worker)): \(error.message)")
        }
      }
      guard !isSampled || worker.loaded.can.contains("sample") || workers.count == 1 else {
        throw Self.refusal("\(Self.name(worker)) cannot sample with this model")
      }
    }
    for other in workers.dropFirst() {
      if let difference = Self.difference(first, other, hooks) {
        throw Self.refusal("\(Self.name(first)) and \(Self.name(other)) \(difference)")
      }
      if let name = Self.comparedByName(first.loaded, other.loaded) {
        notices.append(
          "\(Self.name(first)) and \(Self.name(other)) do not both know the hash of what they have loaded: it was "
            + "compared by the name \(TensorFileError.printable(name)) alone")
      }
    }
    func shared(_ value: (LoadedDescription) -> String?) -> String? {
      let known = workers.compactMap { value($0.loaded) }
      return known.count == workers.count ? known[0] : nil
    }
    (modelHash, revision) = (shared(\.modelHash), shared(\.revision))
    adapterHash = shared(\.adapterHash)
    rotaryPrecision = workers.lazy.compactMap { $0.description.rotaryPrecision?.rawValue }.first
    let lines = Set(workers.map(\.description.engine)).sorted()
    engine = lines.joined(separator: Self.separator)
    if lines.count > 1 {
      notices.append(
        "the engines are not of one kind (\(engine)): their rows differ by rounding at least (exemplar engine check says "
          + "how much), and which of them reads what depends on how fast they are, so that the same capture made again "
          + "has another content hash")
    }
    self.notices = notices
    self.workers = workers
  }

  /// What an unfinished capture recorded, where these engines are some of its own: it can then be gone on with.
  package func engine(goingOn recorded: String?) -> String {
    guard let recorded else { return engine }
    func lines(_ text: String) -> Set<String> {
      Set(
        text.split(separator: Self.separator).map {
          EngineDescription.withoutDeviceNumber(String($0))
        })
    }
    return lines(engine).isSubset(of: lines(recorded)) ? recorded : engine
  }

  private static func refusal(_ text: String) -> ExperimentError {
    ExperimentError(.mismatch, text, setting: .engine)
  }

  private static func name(_ worker: WorkerEngine) -> String {
    EngineText.line(worker.name, atMost: 120)
  }

  // MARK: - Differences

  /// In what two are not alike, in words that follow both names.
  private static func difference(
    _ a: WorkerEngine, _ b: WorkerEngine, _ hooks: [HookPoint]
  ) -> String? {
    weightsDifference(a.loaded, b.loaded) ?? shapeDifference(a, b, hooks)
      ?? arithmeticDifference(a, b) ?? tokenizerDifference(a.tokenizer, b.tokenizer)
  }

  private static func unlike(_ what: String, _ a: String?, _ b: String?) -> String {
    "have not the same \(what): \(TensorFileError.printable(a ?? "none")) and "
      + TensorFileError.printable(b ?? "none")
  }

  private static func weightsDifference(
    _ a: LoadedDescription, _ b: LoadedDescription
  ) -> String? {
    if let mine = a.modelHash, let theirs = b.modelHash {
      if mine != theirs {
        return unlike("weights", String(mine.prefix(12)), String(theirs.prefix(12)))
      }
    } else {
      if a.name != b.name { return unlike("model", a.name, b.name) }
      if let mine = a.revision, let theirs = b.revision, mine != theirs {
        return unlike("revision of \(TensorFileError.printable(a.name))", mine, theirs)
      }
    }
    if let mine = a.adapterHash, let theirs = b.adapterHash {
      return AdapterIdentity.isSame(mine, theirs)
        ? nil
        : unlike("adapter", AdapterIdentity(mine).short, AdapterIdentity(theirs).short)
    }
    let isAdapted = [a, b].map { $0.adapter != nil || $0.adapterHash != nil }
    guard isAdapted[0] != isAdapted[1] || a.adapter != b.adapter && isAdapted[0] else { return nil }
    return unlike("adapter", a.adapter, b.adapter)
  }

  /// The model or the adapter that nothing better than its name is known of.
  private static func comparedByName(_ a: LoadedDescription, _ b: LoadedDescription) -> String? {
    func isUnknown(_ key: (LoadedDescription) -> String?) -> Bool { key(a) == nil || key(b) == nil }
    if isUnknown(\.modelHash), isUnknown(\.revision) { return a.name }
    return isUnknown(\.adapterHash) ? a.adapter : nil
  }

  private static func shapeDifference(
    _ a: WorkerEngine, _ b: WorkerEngine, _ hooks: [HookPoint]
  ) -> String? {
    let (mine, theirs) = (a.description, b.description)
    if mine.family != theirs.family {
      return unlike("architecture", mine.family, theirs.family)
    }
    var counts = [
      ("number of layers", mine.layerCount, theirs.layerCount),
      ("width", mine.hiddenSize, theirs.hiddenSize),
      ("vocabulary", mine.vocabularySize, theirs.vocabularySize),
      ("context", mine.contextLength, theirs.contextLength),
    ]
    for hook in hooks {
      counts.append(("width at \(hook.name)", mine.width(at: hook), theirs.width(at: hook)))
    }
    for (what, mine, theirs) in counts where mine != theirs {
      return unlike(what, "\(mine)", "\(theirs)")
    }
    return nil
  }

  /// Rows in two types of numbers are two measurements of one thing; other differences are those of rounding.
  private static func arithmeticDifference(_ a: WorkerEngine, _ b: WorkerEngine) -> String? {
    if a.loaded.dtype != b.loaded.dtype {
      return unlike("type of numbers", a.loaded.dtype, b.loaded.dtype)
    }
    if let mine = arithmetic(a), let theirs = arithmetic(b), mine != theirs {
      return unlike("arithmetic", mine, theirs)
    }
    let standard = RotaryEmbedding.Precision.float32
    let precisions = [a, b].map { $0.description.rotaryPrecision ?? standard }
    guard precisions[0] != precisions[1] else { return nil }
    return unlike(
      "precision of rotary frequencies", precisions[0].rawValue, precisions[1].rawValue)
  }

  /// What an engine's line says of its numbers: their type and what stands behind it, as a quantisation does; `nil` where
  /// the line is of another form.
  private static func arithmetic(_ worker: WorkerEngine) -> String? {
    let parts = worker.description.engine.split(separator: ", ")
    guard let place = parts.lastIndex(where: { $0 == worker.loaded.dtype }) else { return nil }
    return parts[place...].joined(separator: ", ")
  }

  private static func tokenizerDifference(_ a: Tokenizer, _ b: Tokenizer) -> String? {
    if a.vocabularySize != b.vocabularySize {
      return unlike("number of tokens", "\(a.vocabularySize)", "\(b.vocabularySize)")
    }
    for id in 0..<a.vocabularySize where a.piece(of: id) != b.piece(of: id) {
      return unlike("token \(id)", a.piece(of: id), b.piece(of: id))
    }
    let own = "have not the same tokenizer: "
    if let id = (0..<a.vocabularySize).first(where: { a.isSpecial($0) != b.isSpecial($0) }) {
      return own + "token \(id) is special for one alone"
    }
    if a.stopIDs != b.stopIDs || a.bos != b.bos || a.eos != b.eos || a.prefix != b.prefix
      || a.suffix != b.suffix
    {
      return own + "its tokens of beginning and end are others"
    }
    if a.chat.entries != b.chat.entries { return own + "its chat template is another" }
    for text in texts
    where a.encode(text, addSpecial: true, parseSpecial: true)
      != b.encode(text, addSpecial: true, parseSpecial: true)
    {
      return own + "“\(TensorFileError.printable(text))” is read otherwise"
    }
    return nil
  }
}
