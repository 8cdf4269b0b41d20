import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

struct Answers: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read what the model answered to the prompts of a store.",
    discussion: """
      Every prompt with the unedited model's answer, its verdict by the rules that the store was judged by, and the phrase \
      that decided it (none where the lack of one did, or where only an answer's opening was kept). With --dict also the \
      region that is nearest to the prompt's final position, and the distance to its exemplar in units of θ; --regions \
      takes the prompts of these alone, in the store's order; without --dict they are of the one dictionary of the store's \
      model that lies beside it.

      With --json: a line a prompt.

      Example:
      exemplar answers sample-dicts/smollm2-refusal.epstore \\
        --dict sample-dicts/smollm2-refusal.last.p10.epdict --regions 20
      """)

  @Argument(help: "A store with answers (.epstore); STORE#SET,SET takes sets.")
  var store: String

  @Option(help: "The dictionary that regions are of (.epdict or reference .pkl).")
  var dict: String?

  @Option(
    name: [.customLong("regions"), .customLong("region")],
    help: "The regions whose prompts are meant, separated by commas.")
  var regions: String?

  @OptionGroup var other: OtherModelOption
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard dict != nil || !other.otherModel else {
      throw ValidationError("--other-model is of --dict")
    }
  }

  func run() throws {
    let (url, sets) = try SetSelector.parse(store)
    let store = try StoreFile(url)
    let documents = try (sets.map { try store.documents(ofSets: $0) } ?? store.documents())
      .filter { $0.kind == .prompt }
    let answers = try Dictionary(
      store.continuations().filter { $0.condition == StoreContinuation.baseline }
        .map { ($0.document, $0) }, uniquingKeysWith: { first, _ in first })
    guard documents.contains(where: { answers[$0.index] != nil }) else {
      throw ExperimentError(
        .missing, "expected answers, found none; capture with --generate makes them",
        file: store.name)
    }
    let outcomes = try StoreOutcomes(store)
    let rules = outcomes.classifierName.flatMap { OutcomeClassifier(rawValue: $0) }
    let places = try places(in: store)
    let wanted = try wanted(places?.regionCount)
    var shown = 0
    for document in documents {
      let place = places?.byDocument[document.index]
      if let wanted, !wanted.contains(place?.region ?? -1) { continue }
      let answer = answers[document.index].map {
        StoredAnswer(
          $0, to: document.prompt, outcome: outcomes[document], judgedBy: rules)
      }
      shown += 1
      show(document, answer, place)
    }
    if shown == 0, !style.quiet {
      StandardError.print("no prompt ends in these regions")
    }
  }

  /// Where prompts end in a dictionary.
  private struct Places {
    var regionCount: Int
    /// By the store's index of a document; the distance in units of θ.
    var byDocument: [Int: (region: Int, ratio: Double)]
  }

  private func places(in store: StoreFile) throws -> Places? {
    guard let file = try dictionary(of: store) else { return nil }
    let found = try RegionOutcomes.read(file, store)
    if let models = found.models, !other.otherModel {
      throw ExperimentError(
        .mismatch,
        "expected a store of \(models.dictionary), which the dictionary is of, found one of \(models.store); "
          + "--other-model reads it all the same", file: store.name)
    }
    var places: [Int: (region: Int, ratio: Double)] = [:]
    for (region, prompts) in found.prompts {
      for prompt in prompts {
        places[prompt.document] = (
          region, Theta.multiple(prompt.distance, of: file.threshold)
        )
      }
    }
    return Places(regionCount: file.regionCount, byDocument: places)
  }

  /// The dictionary that was named, or else the only one beside the store; `nil` where nobody asked for regions.
  private func dictionary(of store: StoreFile) throws -> DictionaryFile? {
    if let dict { return try DictionaryLocation.open(URL(filePath: dict)) }
    guard regions != nil else { return nil }
    let beside = try StoreLocation.dictionaries(of: store)
    guard beside.count == 1, let file = beside.first else {
      throw ValidationError(
        beside.isEmpty
          ? "--regions needs --dict: no dictionary of the model and hook of \(oneLine(store.name)) lies beside it"
          : "--regions needs --dict, one of those beside \(oneLine(store.name)): "
            + beside.map { oneLine($0.name) }.joined(separator: ", "))
    }
    if !style.quiet {
      StandardError.print("regions of \(oneLine(file.name)), the only dictionary beside the store")
    }
    return file
  }

  private func wanted(_ count: Int?) throws -> Set<Int>? {
    guard let regions, let count else { return nil }
    func refusal(_ found: String) -> ExperimentError {
      ExperimentError(
        .invalidValue, "expected regions 0 to \(count - 1), found \(oneLine(found))",
        file: "--regions")
    }
    let ids = try IDList.parse(regions) { refusal(String($0)) }
    if let beyond = ids.first(where: { !(0..<count ~= $0) }) { throw refusal("\(beyond)") }
    return Set(ids)
  }

  private func show(
    _ document: StoreDocument, _ answer: StoredAnswer?, _ place: (region: Int, ratio: Double)?
  ) {
    guard !style.json else {
      JSONValue(encoding: AnswerRecord(document, answer, place)).print()
      return
    }
    let verdict = answer.map { $0.outcome?.rawValue ?? "not judged" } ?? "no answer"
    let phrase = answer?.phrase.map { " by “\(oneLine($0))”" } ?? ""
    let region = place.map { ", region \($0.region) at \(formatted($0.ratio)) θ" } ?? ""
    print("\(oneLine(document.id)) (\(oneLine(document.set))): \(verdict)\(phrase)\(region)")
    print("  prompt  \(oneLine(document.prompt))")
    if let answer { print("  answer  \(oneLine(answer.text))\(answer.isCut ? " …" : "")") }
  }
}
