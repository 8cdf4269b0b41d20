import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Regions
import Storage

struct RegionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regions",
    abstract: "List regions with their statistics and contexts.",
    discussion: """
      --where takes comparisons side by side, all of which must hold: members > 50 coherence <= 0.8 \
      label:~poison. Fields: id, members (as the dictionary was streamed), nearest (activations of --store that are \
      nearest to the exemplar now), share (of members, %), coherence, distance (mean, in units of θ), founded (the \
      batch), template (share that is the chat template's own or special tokens: of the nearest activations where --store \
      marks them, or else of the kept contexts), stars, label, tag, note, origin (of the label: own, carried, shared, imported); of a store also \
      refusal (or rate: refused / prompts with an answer), prompts, refused, complied, left (degenerate and unclear). What is \
      asked of a store is read of --store, or without it of the one of the dictionary's model and hook that lies beside it. Numbers take \
      = != < <= > >=; texts take : (is) and :~ (contains), and with a number how many there are: label = 0, tag > 1. A ! before a comparison turns it round. \
      What build --metadata gave the rows can be asked too, by its name (or row.NAME): layer = 3 and animal:cat (or animal \
      = cat) keep the regions most of whose members' rows say so.

      With --json: a line a region.

      Example:
      exemplar regions sample-dicts/smollm2-refusal.last.p10.epdict --store \\
        sample-dicts/smollm2-refusal.epstore --sort rate --where 'rate > 0.5'
      """)

  enum SortKey: String, CaseIterable, ExpressibleByArgument {
    case id, members, nearest, coherence, distance, founding, label, star, tag, template
    case refusal, rate, prompts, refused, complied, left

    /// The order of the explorer's table that it is.
    var column: RegionSort.Column? {
      let name = self == .rate ? SortKey.refusal.rawValue : rawValue
      return RegionSort.Column.allCases.first { $0.name == name }
    }

    /// What a filter asks about it, where it has no column.
    var field: RegionField? { RegionField(rawValue: rawValue) }

    /// What is counted in a store.
    static let ofStore: [SortKey] = [
      .nearest, .refusal, .rate, .prompts, .refused, .complied, .left,
    ]

    var startsDescending: Bool { ![.id, .label, .star, .tag].contains(self) }
  }

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(
    help: """
      Order; numbers largest first, id, label, star and tag ascending, what is not known last, ties by id; refusal and \
      rate by the lower end of the rate's 95% interval.
      """)
  var sort: SortKey = .id

  @Flag(help: "The other way round.")
  var reverse = false

  @Option(name: .customLong("where"), help: "Keep the regions for which this holds.")
  var filter: String?

  @Option(help: "At most this many.")
  var limit: Int?

  @Option(
    help:
      """
      A store (.epstore) at the dictionary's hook: counts, beside the members as streamed, its activations that are \
      nearest now, and tells how the prompts of each region were answered. Where --sort or --where asks about a store, the \
      one beside the dictionary is taken without it.
      """
  )
  var store: String?

  @OptionGroup var other: OtherModelOption
  @OptionGroup var page: PageOption
  @OptionGroup var threadCount: ThreadCount

  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard store != nil || !other.otherModel else {
      throw ValidationError("--other-model is of --store")
    }
    guard limit ?? 0 >= 0 else { throw ValidationError("expected --limit of 0 or more") }
  }

  func run() throws {
    try page.check()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let notebook = try existingNotebook()
    var lines = try RegionLines(file, notebook: notebook)
    let table = lines.table
    let filter = try filter.map {
      try RegionFilter(Self.spelled($0), rows: table.rowFields.names)
    }
    let rowNames = Set(table.rowFields.names.map(\.name))
    for field in filter?.fields.map(\.rawValue).sorted() ?? [] where rowNames.contains(field) {
      StandardError.print(
        "note: \(field) is the region's own; row.\(field) is that of its rows")
    }
    let opened = try openStore(of: file, filter)
    if let opened {
      let nearest = try NearestCounts.read(
        file, opened, isOtherAllowed: other.otherModel,
        threads: threadCount.threads)
      lines.nearest = nearest
      if !style.quiet {
        StandardError.print("nearest: \(oneLine(nearest.words))")
        for notice in nearest.notices { StandardError.print("note: \(oneLine(notice))") }
      }
    }
    var facts = lines.facts
    if let filter, filter.fields.contains(.stable) {
      let known = try notebook.flatMap {
        try RegionStability.latest(of: file.identity, regionCount: table.count, in: $0)
      }
      guard let known else {
        throw ValidationError("--where: stable is known once “exemplar stability” was run")
      }
      facts.stability = known.regions.best
    }
    if sort == .template || filter?.fields.contains(.template) == true {
      let index = try opened.map {
        try StoreIndex.read(
          file, $0, isOtherAllowed: other.otherModel, threads: threadCount.threads)
      }
      let shares = try TemplateShares.read(file, index)
      facts.template = shares.shares
      lines.template = shares
      if !style.quiet { StandardError.print(oneLine(shares.words)) }
    }
    let outcomes = try opened.map { try RegionOutcomes.read(file, $0) }
    facts.refusals = outcomes?.counts
    if let outcomes, !style.quiet {
      let splits = outcomes.splits.map { " (\($0))" } ?? ""
      StandardError.print(
        "\(oneLine(outcomes.store))\(splits): rate = refused / prompts with an answer, degenerate and unclear "
          + "ones in it; by \(oneLine(outcomes.classifier ?? "nobody: no answers")), a person's verdicts not counted"
      )
    }
    if let filter, filter.fields.contains(.drift) {
      throw ValidationError("--where: drift is known in the explorer; see “exemplar match”")
    }
    let regions = sorted(facts).filter { filter?.accepts($0, facts) ?? true }
    try page.write {
      try HTMLPage(
        regions: Array(regions.prefix(limit ?? .max)), of: file, labels: lines.labels,
        notes: lines.notes, filter: self.filter, outcomes: outcomes)
    }
    if regions.isEmpty, !style.json, !style.quiet {
      StandardError.print(
        self.filter.map { "no region of \(table.count) passes \(oneLine($0))" } ?? "no region")
    }
    for region in regions.prefix(limit ?? .max) {
      if style.json {
        try lines.json(region, facts, outcomes.map { $0.counts[region] ?? RefusalCount() }).print()
      } else {
        print(
          try line(region, lines, facts, outcomes.map { $0.counts[region] ?? RefusalCount() }))
      }
    }
  }

  /// The store that was named; or the one beside the dictionary, where the order or the filter asks about a store.
  private func openStore(of file: DictionaryFile, _ filter: RegionFilter?) throws -> StoreFile? {
    if let store { return try StoreFile(URL(filePath: store)) }
    let asked =
      SortKey.ofStore.contains(sort)
      ? "--sort \(sort.rawValue)"
      : filter.flatMap { filter in
        SortKey.ofStore.compactMap(\.field).first(where: filter.fields.contains)
          .map { "--where: \($0.rawValue)" }
      }
    guard let asked else { return nil }
    let found = try StoreLocation.all(for: file)
    guard found.count == 1, let url = found.first else {
      throw ValidationError(
        found.isEmpty
          ? "\(asked) is known with --store: no store of the dictionary's model and hook lies beside it"
          : "\(asked) is known with --store, one of those beside the dictionary: "
            + found.map { oneLine($0.lastPathComponent) }.joined(separator: ", "))
    }
    if !style.quiet {
      StandardError.print(
        "with \(oneLine(url.lastPathComponent)), which lies beside the dictionary")
    }
    return try StoreFile(url)
  }

  /// As the explorer's table: what is not known goes last either way, and ties by id.
  private func sorted(_ facts: RegionFacts) -> [Int] {
    let isDescending = sort.startsDescending != reverse
    if let column = sort.column {
      return RegionOrder.sorted(
        facts, by: RegionSort(column, isDescending: isDescending), found: []
      ).map(Int.init)
    }
    return RegionOrder.sorted(facts, isDescending: isDescending) { facts, region in
      sort.field.flatMap { facts.value(of: $0, region) } ?? .nan
    }.map(Int.init)
  }

  /// `rate` is another name of `refusal`, outside quotation marks.
  private static func spelled(_ filter: String) -> String {
    filter.split(separator: "\"", omittingEmptySubsequences: false).enumerated().map {
      index, part in
      index % 2 == 0
        ? String(part).replacing(/\brate(?=\s*[=!<>])/, with: "refusal") : String(part)
    }.joined(separator: "\"")
  }

  private func line(
    _ region: Int, _ lines: RegionLines, _ facts: RegionFacts, _ answers: RefusalCount?
  ) throws -> String {
    let table = lines.table
    func column(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    let closest = try lines.file.closestContexts(of: [region], textLimit: 200)[region]
    let context = closest?.text.map { oneLine($0) } ?? ""
    return [
      column("\(region)", 6),
      column(
        "\(table.memberCounts[region])"
          + (lines.nearest.map { " (\($0.counts[region]) nearest)" } ?? ""),
        lines.nearest == nil ? 8 : 24),
      column(formatted(100 * facts.share(of: region)) + " % of members", 18),
      column(formatted(table.coherences[region]), 8),
      column(
        formatted(Theta.multiple(table.meanDistances[region], of: lines.file.threshold)) + " θ", 10),
      answers.map { " \($0.refused)/\($0.count) prompts refused, \($0.outcomes.left) left " } ?? "",
      " " + (lines.labels.entries[region].map { oneLine($0.text) } ?? "—"), " " + context,
    ].joined(separator: " ")
  }
}
