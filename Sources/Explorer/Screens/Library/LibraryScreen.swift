import Experiments
import Foundation
import Storage

/// Something under the given paths that can be opened, or should be.
package struct LibraryEntry: Equatable, Sendable {
  package enum Content: Equatable, Sendable {
    case dictionary(Summary)
    /// A reference pickle: nothing is known before it is read.
    case pickle(bytes: Int)
    case store(StoreSummary)
    /// Trained on top of a model of that name.
    case adapter(base: String?, rank: Int?)
    /// Weights, by the name of their file and by the one that is written in it.
    case model(name: String, title: String?)
    /// A dictionary that is being built, or whose build was interrupted.
    case build(BuildStatus.Found)
    case broken(String)
  }

  package struct Summary: Equatable, Sendable {
    package var provenance: DictionaryProvenance
    package var identity: String
    package var threshold: Double
    package var regionCount: Int
    package var dimension: Int
    package var activationCount: Int
    package var documentCount: Int
    /// Regions with a label of the person's own.
    package var labelCount: Int
    /// How the prompts of the store beside it were answered; `nil` where that is not recorded.
    package var answers: OutcomeCounts?

    package init(
      provenance: DictionaryProvenance, identity: String, threshold: Double, regionCount: Int,
      dimension: Int, activationCount: Int, documentCount: Int, labelCount: Int
    ) {
      self.provenance = provenance
      self.identity = identity
      self.threshold = threshold
      self.regionCount = regionCount
      self.dimension = dimension
      self.activationCount = activationCount
      self.documentCount = documentCount
      self.labelCount = labelCount
    }
  }

  package struct StoreSummary: Equatable, Sendable {
    package var model: String?
    /// What the model's own file calls it.
    package var modelName: String?
    package var modelHash: String?
    package var adapter: String?
    package var hooks: [String]
    package var documentCount: Int
    /// Activations a hook.
    package var rowCount: Int
    package var continuationCount: Int
    /// How its prompts were answered; `nil` where that is not recorded.
    package var answers: OutcomeCounts?
    /// Whether its capture was completed.
    package var isFinished: Bool
  }

  package var url: URL
  /// The path below the folder that was searched.
  package var name: String
  package var content: Content
  /// On disk; `nil` where it could not be told.
  package var bytes: Int?
  /// Whether it is listed because it was opened before, and for nothing else.
  package var isRecent = false
  /// How many were opened since it was; `nil` where that is not remembered.
  package var recency: Int?
  /// What the model's own file calls it, where that is known.
  package var modelTitle: String?
  /// Of a pickle, what the metadata beside it says.
  package var published: PublishedMetadata?
  /// The repository that it was fetched from, where it lies in the hub cache.
  package var repository: String?
  /// What can be done with a dictionary or a pickle as it lies there.
  package var readiness: DictionaryReadiness?

  package init(url: URL, name: String, content: Content, bytes: Int? = nil) {
    self.url = url
    self.name = name
    self.content = content
    self.bytes = bytes
  }

  /// The heading it stands under.
  package var group: String {
    if isRecent { return "opened before" }
    return switch content {
    case .dictionary, .store, .adapter, .model, .build:
      ModelName.short(model, named: modelTitle) ?? "model not recorded"
    case .pickle: model ?? "reference pickles"
    case .broken: "cannot be opened"
    }
  }

  /// Whether its model is that of the other with an adapter, and the other's has none.
  func isTuned(from other: LibraryEntry) -> Bool {
    ModelName.isTuned(model, by: adapter, from: other.model, by: other.adapter)
  }

  /// How prompts were answered by its model.
  fileprivate var answers: OutcomeCounts? {
    switch content {
    case .dictionary(let summary): summary.answers
    case .store(let summary): summary.answers
    case .adapter, .model, .pickle, .build, .broken: nil
    }
  }

  /// What kind of thing it is, in a word.
  package var kind: String {
    switch content {
    case .dictionary: "dictionary"
    case .pickle: "pickle"
    case .store: "store"
    case .adapter: "adapter"
    case .model: "model"
    case .build: "build"
    case .broken: "broken"
    }
  }

  /// What it can be found by.
  fileprivate var words: String {
    var texts: [String?] = [
      name, url.path(percentEncoded: false), kind, model, modelTitle, adapter, repository,
      published?.hook, published?.percentile.map { "p\(Figures.percentile($0))" },
    ]
    switch content {
    case .dictionary(let summary):
      texts += [
        summary.provenance.hook, summary.provenance.positions,
        summary.provenance.percentile.map { "p\(Figures.percentile($0))" },
      ]
    case .store(let summary): texts += summary.hooks
    case .build(let found):
      texts += [found.status.hook, found.status.percentile.map { "p\(Figures.percentile($0))" }]
    case .adapter, .model, .pickle, .broken: break
    }
    return texts.compactMap(\.self).joined(separator: "\n")
  }

  /// The order of groups, then of kinds within one.
  fileprivate var rank: (group: Int, kind: Int) {
    if isRecent { return (0, 0) }
    return switch content {
    case .dictionary: (1, 0)
    case .build: (1, 1)
    case .store: (1, 2)
    case .adapter: (1, 3)
    case .model: (1, 4)
    case .pickle where model != nil: (1, 5)
    case .pickle: (2, 0)
    case .broken: (3, 0)
    }
  }
}

/// The screen of all that can be opened.
package struct LibraryScreen: Equatable, Sendable {
  /// How much of what was opened before is listed.
  static let shownRecents = 4
  private static let mostFolders = 64

  package var roots: [URL]
  /// Whether the root is one dictionary, which was opened without being chosen: what lies beside it is listed too, to be
  /// compared with it.
  var isOfOne = false
  /// All that was found, grouped: entries of one group are next to each other. `nil` until the first answer.
  private var found: [LibraryEntry]?
  /// Those of them that the words leave.
  package private(set) var entries: [LibraryEntry]?
  /// Narrows the list to entries that have them all.
  package private(set) var words = ""
  /// The words while they are written.
  package var field: TextField?
  package var cursor = 0 { didSet { if cursor != oldValue { detailTop = 0 } } }
  /// Whether the keyboard is in what is known of the selected entry.
  package var isReading = false
  /// The first row of that which is shown.
  package var detailTop = 0
  /// First line on screen, headings counted.
  package var top = 0
  package var scan: EffectID?
  /// The look at builds that are going on and at folders, while it is awaited, and when the last one was asked for.
  var watch: EffectID?
  var lastWatch: Duration?
  /// What that look last found to open, by folder.
  var names: [URL: Set<String>] = [:]
  /// Whether folders answer in time.
  var areFoldersWatched = true
  /// What is to be compared, in this order.
  package var marks: [URL] = []
  package init(roots: [URL]) { self.roots = roots }

  /// What the library calls the model of a dictionary's weights; `nil` where nothing that is listed beside it names it.
  func modelTitle(of dictionary: OpenedDictionary) -> String? {
    guard let hash = dictionary.provenance.modelHash else { return nil }
    let folder = LibraryScan.folder(of: dictionary.url)
    return found?.first { $0.modelHash == hash && LibraryScan.folder(of: $0.url) == folder }?
      .modelTitle
  }

  /// Where entries are listed from, in the words of the title.
  var place: String {
    (isOfOne ? roots.map { $0.absoluteURL.deletingLastPathComponent() } : roots).map(
      \.lastPathComponent
    )
    .joined(separator: ", ")
  }

  /// What of all that was found belongs together: the same model with the same adapter.
  package func companions(of entry: LibraryEntry) -> [LibraryEntry] {
    guard let model = entry.model?.lowercased() else { return [] }
    return (found ?? []).filter { other in
      guard !other.isRecent, other.url != entry.url, other.model?.lowercased() == model else {
        return false
      }
      // Weights serve with every adapter.
      if case .model = other.content { return true }
      return Self.isSame(other.adapter, entry.adapter)
    }
  }

  /// Adapters are recorded with remarks behind their names: `refusal-adapter (rank 8)`.
  private static func isSame(_ first: String?, _ second: String?) -> Bool {
    func name(_ adapter: String?) -> Substring? {
      adapter.map { $0.prefix { $0 != "(" && $0 != " " } }
    }
    return name(first)?.lowercased() == name(second)?.lowercased()
  }

  /// Where a list that is shown for the first time begins: at what was named by itself, else at the dictionary of the paths
  /// that was opened last, else the first of them.
  private var start: Int {
    if roots.count == 1,
      let named = entries?.firstIndex(where: { !$0.isRecent && $0.url == roots[0] })
    {
      return named
    }
    let opened = (entries ?? []).enumerated().filter { !$0.element.isRecent }
      .compactMap { index, entry in entry.recency.map { (index, $0) } }
    return opened.min { $0.1 < $1.1 }?.0 ?? firstDictionary
  }

  /// The dictionary that is offered to who opened none yet; else the first entry that was not opened before.
  ///
  /// Of those whose regions are worth reading, the one whose model refuses most prompts: its regions tell refusals apart.
  /// Worth reading are regions of content, or else of final positions, which are of prompts: over all positions the largest
  /// regions are those of the chat template.
  package var firstDictionary: Int {
    let worths = ["content": 0, "last": 1]
    let dictionaries = (entries ?? []).enumerated().compactMap {
      index, entry -> (Int, Double, Int)? in
      guard case .dictionary(let summary) = entry.content, !entry.isRecent else { return nil }
      return (
        worths[summary.provenance.positions ?? ""] ?? 2, -(summary.answers?.rate ?? 0), index
      )
    }
    return dictionaries.min { $0 < $1 }?.2 ?? entries?.firstIndex { !$0.isRecent } ?? 0
  }

  /// How prompts were answered by the model of an entry, beside what its neighbours' did; `nil` where that is not recorded.
  func answers(of entry: LibraryEntry) -> String? {
    guard let counts = entry.answers, let rate = counts.rate else { return nil }
    let all = (entries ?? []).compactMap { $0.answers?.rate }
    let isMost = all.allSatisfy { $0 <= rate } && all.contains { $0 < rate }
    return "\(Figures.grouped(counts.refused)) of \(Figures.count(counts.count, "prompt"))"
      + (isMost ? ", the most here" : "")
  }

  package var selected: LibraryEntry? {
    entries.flatMap { $0.indices.contains(cursor) ? $0[cursor] : nil }
  }

  /// A heading or an entry, as listed.
  package enum Line: Equatable, Sendable {
    case heading(String)
    case entry(Int)
  }

  package var lines: [Line] {
    var lines: [Line] = []
    for (index, entry) in (entries ?? []).enumerated() {
      if index == 0 || entries?[index - 1].group.lowercased() != entry.group.lowercased() {
        lines.append(.heading(entry.group))
      }
      lines.append(.entry(index))
    }
    return lines
  }

  /// Gives up looking; there must be something to look at.
  mutating func stopScanning() {
    if scan != nil, entries == nil { show([]) }
    scan = nil
  }

  /// Lists `found`, models alphabetically, pickles behind them and what is broken at the end.
  package mutating func show(_ found: [LibraryEntry]) {
    // What was opened before keeps its order, the latest first.
    let sorted =
      found.filter(\.isRecent)
      + found.filter { !$0.isRecent }.sorted { first, second in
        if first.rank.group != second.rank.group { return first.rank.group < second.rank.group }
        let (group, other) = (first.group.lowercased(), second.group.lowercased())
        if group != other { return group < other }
        if first.rank.kind != second.rank.kind { return first.rank.kind < second.rank.kind }
        return first.name < second.name
      }
    self.found = sorted
    narrow()
  }

  /// Lists what has every word, whatever the case, in its name, path or provenance.
  mutating func narrow(to words: String) {
    self.words = words
    narrow()
  }

  /// The checkpoints of builds that are listed.
  var builds: [URL] {
    (found ?? []).filter { entry in
      switch entry.content {
      case .build: true
      // A status that was damaged may be whole again.
      case .broken: BuildStatus.isPlace(entry.url)
      default: false
      }
    }.map(\.url)
  }

  /// The folders in which something is listed, and those that were named, as far as they are looked at again and again.
  var folders: [URL] {
    let parents = (found ?? []).filter { !$0.isRecent && $0.repository == nil }
      .map { $0.url.absoluteURL.deletingLastPathComponent() }
    var seen: Set<URL> = []
    return ((isOfOne ? [] : roots) + parents).map(\.standardizedFileURL)
      .filter { seen.insert($0).inserted }.prefix(Self.mostFolders).map(\.self)
  }

  /// Shows how far they are now.
  mutating func show(_ news: [URL: LibraryEntry.Content]) {
    found = found?.map { entry in
      var entry = entry
      if let content = news[entry.url] { entry.content = content }
      return entry
    }
    narrow()
  }

  private mutating func narrow() {
    let before = selected
    let words = words.lowercased().split(separator: " ")
    entries = found?.filter { entry in
      let text = entry.words.lowercased()
      return words.allSatisfy(text.contains)
    }
    cursor =
      before.flatMap { before in entries?.firstIndex { $0.url == before.url } }
      ?? (self.words.isEmpty ? start : 0)
  }
}
