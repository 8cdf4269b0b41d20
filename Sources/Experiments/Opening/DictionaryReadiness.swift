import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What can be done with a dictionary as it lies here, and what the rest would need.
package struct DictionaryReadiness: Sendable, Equatable {
  /// Something that is not here.
  package struct Need: Sendable, Equatable {
    /// In a word: `weights`, `store`.
    package var name: String
    /// Which, and how to get it.
    package var advice: String
  }

  package struct Item: Sendable, Equatable {
    package var task: String
    package var missing: [Need]

    /// What is missing for it; `nil` where nothing is.
    package var needs: String? {
      missing.isEmpty ? nil : missing.map(\.advice).joined(separator: "; ")
    }
  }

  /// A model that was named, whatever the dictionary records.
  package enum GivenModel: Sendable {
    case named(String)
    /// Its weights are on another machine, which finds them or says that it does not.
    case onEngine
  }

  package var items: [Item]

  /// The store that goes with a dictionary, where it can be opened.
  package static func store(of file: DictionaryFile) -> StoreFile? {
    (try? StoreLocation.attached(to: file)).flatMap { try? StoreFile($0) }
  }

  /// - Parameter places: where the weights are looked for, besides the dictionary's own folder.
  package init(
    _ file: DictionaryFile, places: ModelPlaces = .usual(), given: GivenModel? = nil
  ) {
    self.init(file, store: Self.store(of: file), places: places, given: given)
  }

  /// Of who has opened ``store(of:)`` already.
  package init(
    _ file: DictionaryFile, store: StoreFile?, places: ModelPlaces, given: GivenModel? = nil
  ) {
    self.init(
      file.provenance, beside: file.url, store: store, isSampled: file.sampledCount > 0,
      places: places, given: given)
  }

  /// Of a pickle that nobody has read yet, by what was published with it.
  package init(
    _ published: PublishedMetadata?, of pickle: URL, places: ModelPlaces, given: GivenModel? = nil
  ) {
    var provenance = DictionaryProvenance()
    (provenance.model, provenance.hook) = (published?.model, published?.hook)
    self.init(
      provenance, beside: pickle, store: nil, isSampled: nil, places: places, given: given)
  }

  private init(
    _ provenance: DictionaryProvenance, beside url: URL, store: StoreFile?, isSampled: Bool?,
    places: ModelPlaces, given named: GivenModel?
  ) {
    let model = provenance.model.map(TensorFileError.printable)
    let hook = provenance.hook.map(TensorFileError.printable)
    let weights: Need? =
      switch named {
      case .onEngine: nil
      case .named(let name): Self.missingWeights(name, try? ModelFiles.find(name))
      case nil:
        Self.missingWeights(
          provenance.model,
          places.find(provenance.model ?? "", beside: url.deletingLastPathComponent()))
      }
    func place(_ option: String) -> Need? {
      hook == nil
        ? Need(name: "hook", advice: "its hook, which it does not record: \(option)") : nil
    }
    let (given, imported) = (place("--hook"), place("build or import it with --hook"))
    let adapter = provenance.adapter.map { " --adapter \(TensorFileError.printable($0))" } ?? ""
    let capture =
      "“exemplar capture \(model ?? "MODEL")\(adapter) --prompts FILE --hook \(hook ?? "HOOK") --generate 48 -o X.epstore”"
    let needed = Self.missing(in: store, capture: capture)
    func item(_ task: String, _ needs: Need?...) -> Item {
      Item(task: task, missing: needs.compactMap(\.self))
    }
    items = [item("browse, search, label, compare"), item("paths, neighbourhood")]
    if let isSampled {
      items.append(
        item(
          "directions by sampled members",
          isSampled
            ? nil
            : Need(
              name: "sampled members", advice: "a dictionary that sampled members of its regions")))
    }
    items += [
      item("trace, search by example, lens", weights, given),
      item("coverage, assignment of new text", weights, given),
      item("alignment", weights),
      item("patch", weights, given),
      item("playground", weights, imported),
      item("refusals by region, answers", needed.answers, imported),
      item("probe", needed.store ?? Self.missingField(in: store), imported),
      item("ablation", needed.prompts, weights, imported),
      item("steering", needed.sets, weights, imported),
    ]
  }

  /// A probe tells documents apart by a field that some have otherwise than others.
  private static func missingField(in store: StoreFile?) -> Need? {
    // What cannot be read is told by whoever reads it.
    guard let store, let fields = try? store.tellingFields(), fields.isEmpty else { return nil }
    return Need(
      name: "a field",
      advice:
        "a field with two values or more (set, category, topic, outcome), of which \(TensorFileError.printable(store.name)) has "
        + "none: give one with “exemplar probe --labels FILE”")
  }

  /// What a store lacks for tasks that need its rows, the answers to its prompts, answers to harmful and benign ones, and
  /// harmful and benign ones without.
  ///
  /// - Parameter capture: the command that captures prompts and their answers.
  private static func missing(
    in store: StoreFile?, capture: String
  ) -> (store: Need?, answers: Need?, prompts: Need?, sets: Need?) {
    guard let store else {
      let need = Need(name: "store", advice: "a store: \(capture)")
      return (need, need, need, need)
    }
    let name = TensorFileError.printable(store.name)
    // What cannot be counted is told by whoever reads it.
    guard let count = try? store.promptCounts() else { return (nil, nil, nil, nil) }
    guard count.all > 0 else {
      let need = Need(
        name: "prompts", advice: "a store with prompts, of which \(name) has none: \(capture)")
      return (nil, need, need, need)
    }
    let sets =
      count.sorted > 0
      ? nil
      : Need(
        name: "harmful and benign prompts",
        advice: "prompts in sets named harmful and benign, of which \(name) has none: "
          + "“exemplar capture” with --prompts harmful.jsonl --prompts benign.jsonl")
    guard store.continuationCount == 0 else { return (nil, nil, sets, sets) }
    let advice = "a store with answers, of which \(name) has none: \(capture)"
    return (
      nil, Need(name: "answers", advice: advice),
      Need(name: "answers", advice: advice + ", or regions that are named"), sets
    )
  }

  private static func missingWeights(_ recorded: String?, _ found: ModelFiles?) -> Need? {
    func need(_ advice: String) -> Need { Need(name: "weights", advice: advice) }
    guard let recorded else {
      return need("the weights of its model, which it does not record: name a file with --model")
    }
    let model = TensorFileError.printable(recorded)
    // A file's name is no repository's.
    let advice =
      model.contains("/")
      ? "“hf download \(model)” puts them in the hub cache, or name a file with --model"
      : "name the file with --model"
    guard let found else { return need("the weights of \(model): \(advice)") }
    let missing = found.missingFiles
    guard let first = missing.first else { return nil }
    let others = missing.count > 1 ? " and \(missing.count - 1) more" : ""
    return need(
      "the weights of \(model), of which \(TensorFileError.printable(first))\(others) is not in "
        + "\(TensorFileError.printable(found.place)): \(advice)")
  }

  /// What is missing for any task, each thing once.
  package var missing: [Need] {
    var seen: Set<String> = []
    return items.flatMap(\.missing).filter { seen.insert($0.name).inserted }
  }

  /// The tasks that need the same, each group in the order of its first.
  package var grouped: [(needs: [String], tasks: [String])] {
    var groups: [(needs: [String], tasks: [String])] = []
    for item in items {
      let needs = item.missing.map(\.name)
      if let index = groups.firstIndex(where: { $0.needs == needs }) {
        groups[index].tasks.append(item.task)
      } else {
        groups.append((needs, [item.task]))
      }
    }
    return groups
  }
}

extension ModelFiles {
  /// The folder that its files lie in.
  fileprivate var place: String {
    switch self {
    case .gguf(let url): url.deletingLastPathComponent().path(percentEncoded: false)
    case .hub(let folder): folder.path(percentEncoded: false)
    }
  }
}
