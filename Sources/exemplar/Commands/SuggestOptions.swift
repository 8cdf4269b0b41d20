import ArgumentParser
import Engines
import Experiments
import Foundation
import LanguageModel
import Storage

/// A program, or a model, that says what it would call regions.
struct SuggestOptions: ParsableArguments {
  @Option(
    name: .customLong("suggest"), defaultAsFlag: SuggestOptions.ownModel, parsing: .next,
    help: ArgumentHelp(
      """
      Have labels suggested by the dictionary's model, or that of --model, on this machine; or by a program, which reads a \
      line of JSON and answers a line.
      """, valueName: "command"))
  var command: String? = nil

  /// What stands for a command where none is given.
  static let ownModel = "model"

  @Option(
    help: """
      With --suggest alone: the model that is asked, a .gguf file, a hub-style folder or a name in the hub cache; without \
      it the dictionary's own, where it lies beside it, in the cache folder (make models) or in the hub cache.
      """)
  var model: String?

  @OptionGroup var running: EngineOption

  @Flag(help: "List what programs suggested.")
  var suggestions = false

  @Flag(help: "With --suggest: print the lines that the program would get, and run nothing.")
  var showPrompts = false

  @Option(
    name: [.customLong("regions"), .customLong("region")],
    help: "With --suggest or --suggestions: only these, separated by commas.")
  var regions: String?

  @Option(
    help: """
      Contexts held out of each kind for the test of a suggestion; 0 for no test (default: 5).
      """)
  var heldOut: Int?

  @Option(
    help: """
      Seconds after which a program that has not answered is stopped (default: \
      \(Int(Suggester.defaultTimeout))).
      """)
  var suggestTimeout: Double?

  func validate() throws {
    guard command != nil || (!showPrompts && heldOut == nil && suggestTimeout == nil) else {
      throw ValidationError(
        "expected --suggest beside --show-prompts, --held-out and --suggest-timeout")
    }
    guard model == nil || isOwnModel else {
      throw ValidationError(
        "--model is of --suggest without a command: a program decides itself what it asks")
    }
    guard !running.isGiven || model != nil else {
      throw ValidationError("expected --model beside --engine, as its machine calls the model")
    }
    guard suggestTimeout == nil || !isOwnModel else {
      throw ValidationError("--suggest-timeout is of a command")
    }
    guard regions == nil || command != nil || suggestions else {
      throw ValidationError("--regions is of --suggest and --suggestions")
    }
    if let command, command.allSatisfy(\.isWhitespace) {
      throw ValidationError("--suggest: expected a command")
    }
    guard heldOut.map({ (0...Suggester.mostHeldOut).contains($0) }) ?? true else {
      throw ValidationError("--held-out: expected 0 to \(Suggester.mostHeldOut)")
    }
    guard suggestTimeout.map({ $0 > 0 && $0 <= 1e8 }) ?? true else {
      throw ValidationError("--suggest-timeout: expected seconds above 0, at most 100000000")
    }
  }

  /// Whether a model is to be asked and no command.
  var isOwnModel: Bool { command == Self.ownModel }

  /// The model that was named, or that a dictionary records, where its weights are at hand.
  func modelFiles(for file: DictionaryFile) throws -> ModelFiles {
    if let model { return try ModelFiles.find(model) }
    let name = file.provenance.model
    let beside = name.map {
      file.url.deletingLastPathComponent().appending(path: $0).path(percentEncoded: false)
    }
    let places: [ModelFiles?] =
      [beside, name].map { $0.flatMap { try? ModelFiles.find($0) } }
      + [name.flatMap { ModelPlaces.usual().find($0) }]
    for found in places.compactMap(\.self) {
      // Another file of that name is another model, which a person may mean but has to say.
      if let hash = file.provenance.modelHash, try FileHash.of(found) != hash { continue }
      return found
    }
    throw ExperimentError(
      .missing,
      "expected --model, or the weights of \(file.provenance.modelTitle.map { oneLine($0) } ?? "its model, which it does not record,") "
        + "beside it, in the cache folder or in the hub cache", file: file.name)
  }

  /// The regions that are meant, of all without any.
  func wanted(_ file: DictionaryFile) throws -> [Int] {
    guard let regions else { return Array(0..<file.regionCount) }
    func refusal(_ found: String) -> ExperimentError {
      ExperimentError(
        .invalidValue,
        "expected regions 0 to \(file.regionCount - 1), found \(oneLine(found))", file: "--regions")
    }
    let ids = try IDList.parse(regions) { refusal(String($0)) }
    if let beyond = ids.first(where: { !(0..<file.regionCount ~= $0) }) {
      throw refusal("\(beyond)")
    }
    var seen: Set<Int> = []
    return ids.filter { seen.insert($0).inserted }
  }
}

extension LabelCommand {
  /// Every question, a line each.
  func showPrompts(_ file: DictionaryFile) throws {
    for region in try suggesting.wanted(file) {
      if let question = try Suggester.question(region, of: file) { print(question) }
    }
  }

  private func suggester(_ command: String, _ file: DictionaryFile) throws -> Suggester {
    let heldOut = suggesting.heldOut ?? 5
    guard suggesting.isOwnModel else {
      return Suggester(
        command: command, name: author,
        timeout: suggesting.suggestTimeout ?? Suggester.defaultTimeout, heldOut: heldOut)
    }
    let threads = ProcessInfo.processInfo.activeProcessorCount
    // The bare model is asked, there as here.
    let worker = try suggesting.model.flatMap {
      try suggesting.running.start($0, adapter: nil, threads: threads, quiet: style.quiet)
    }
    let model =
      try worker.map { try SuggestingModel($0) }
      ?? SuggestingModel(try suggesting.modelFiles(for: file), threads: threads)
    return Suggester(model: model, name: author, heldOut: heldOut)
  }

  func suggest(_ command: String, _ file: DictionaryFile, _ notebook: Notebook) throws {
    Interruption.watch()
    // What is wrong with the regions is known without the weights.
    _ = try suggesting.wanted(file)
    let suggester = try suggester(command, file)
    var run = SuggestionRun(by: suggester.provenance)
    let earlier = try SuggestionRun.all(of: file.identity, in: notebook).filter {
      $0.by.commandHash == run.by.commandHash
    }
    let done = Set(earlier.flatMap(\.suggestions).map(\.region))
    let wanted = try suggesting.wanted(file)
    let open = wanted.filter { !done.contains($0) }
    if earlier.isEmpty, !style.quiet { try tellFirst(open, run.by.name, file) }
    let line = ProgressLine(isQuiet: style.quiet)
    var (asked, withoutText, saved) = (0, 0, nil as Int64?)
    var unusable: [(region: Int, reason: String)] = []
    func keep(_ isComplete: Bool) throws {
      guard !run.suggestions.isEmpty else { return }
      if let first = run.suggestions.first { run.by.name = first.author }
      saved = try run.keep(
        for: file.identity, in: notebook, replacing: saved, isComplete: isComplete)
    }
    do {
      try suggester.run(open, of: file, check: Interruption.check) { region, outcome in
        asked += 1
        line.show("suggesting: \(asked) of \(open.count) regions")
        switch outcome {
        case .withoutText: withoutText += 1
        case .unusable(let reason): unusable.append((region, reason))
        case .suggested(let suggestion):
          run.by.version = suggestion.version
          run.suggestions.append(suggestion)
          if run.suggestions.count.isMultiple(of: Self.savedEvery) { try keep(false) }
          if !style.json {
            line.clear()
            show(suggestion)
          }
        }
      }
    } catch {
      line.clear()
      try keep(false)
      if !run.suggestions.isEmpty {
        StandardError.print(
          "\(quantity(run.suggestions.count, "suggestion")) \(run.suggestions.count == 1 ? "is" : "are") kept; the same command goes on from there"
        )
      }
      if error is Interruption { throw ExitCode(130) }
      throw error
    }
    line.clear()
    try keep(true)
    for (region, reason) in unusable {
      StandardError.print("region \(region): no suggestion: \(oneLine(reason))")
    }
    summarise(run, done: wanted.count - open.count, withoutText: withoutText, unusable)
    if run.suggestions.isEmpty, !unusable.isEmpty { throw ExitCode(1) }
  }

  /// Suggestions after which the notebook has all so far.
  private static let savedEvery = 10

  private func tellFirst(_ regions: [Int], _ name: String, _ file: DictionaryFile) throws {
    for region in regions {
      guard let question = try Suggester.question(region, of: file) else { continue }
      if suggesting.isOwnModel {
        StandardError.print(
          "\(oneLine(name)) is asked, \(suggesting.running.isGiven ? "on that engine" : "on this machine"), the prompt of a line like this for each of \(quantity(regions.count, "region")), "
            + "and then about each text of the test by itself:\n\(oneLine(question))")
        return
      }
      StandardError.print(
        "the command gets a line like this for each of \(quantity(regions.count, "region")), and another for "
          + "the test of its answer; what it does with them is its own:\n\(oneLine(question, atMost: .max))"
      )
      return
    }
  }

  private func summarise(
    _ run: SuggestionRun, done: Int, withoutText: Int, _ unusable: [(region: Int, reason: String)]
  ) {
    guard style.json else {
      guard !style.quiet else { return }
      var words = "\(run.suggestions.count) suggested by \(oneLine(run.by.title))"
      if done > 0 { words += ", \(done) done before" }
      if withoutText > 0 { words += ", \(withoutText) without text" }
      if !unusable.isEmpty { words += ", \(unusable.count) without a usable answer" }
      StandardError.print(words)
      return
    }
    JSONValue(
      encoding: SuggestionRunRecord(run, done: done, withoutText: withoutText, unusable: unusable)
    ).print()
  }

  func listSuggestions(_ file: DictionaryFile, _ notebook: Notebook) throws {
    let found = try SuggestionRun.suggestions(of: file.identity, in: notebook)
    for region in try suggesting.wanted(file) {
      for suggestion in found[region] ?? [] {
        if style.json {
          JSONValue(encoding: SuggestionRecord(suggestion)).print()
        } else {
          show(suggestion)
        }
      }
    }
  }

  private func show(_ suggestion: Suggestion) {
    print(
      "\(suggestion.region)\t\(oneLine(suggestion.text))\t\(oneLine(suggestion.authorTitle))\t"
        + (suggestion.detection?.words ?? "not tested"))
  }
}
