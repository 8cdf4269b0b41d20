import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

struct Match: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Match two dictionaries: regions persisted, dropped and introduced.",
    discussion: """
      Pairs regions one to one so that the sum of their exemplars' cosines is as large as it can be. Pairs at the cutoff \
      or above persist; the other regions of A are dropped, those of B introduced. The folder of --output gets the reference's files \
      (matches.csv, a_dropped.csv, b_introduced.csv, summary.json) and comparison.json, which says more: the nearest \
      region of the other side, where the members went, and how often the prompts that end in each region were refused. \
      For those two, the stores that the dictionaries were built from are looked for beside them; without stores, members \
      are followed as they were recorded, if both saw the same rows. Of three or more dictionaries each is matched with the \
      next, and lineage.csv follows every region through them.

      With --roundtrip only prompts are compared, so that widths, layers and models may differ: a region of A goes to B's \
      region of its closest prompt, and back. Several dictionaries of each side (--against those of B) give every pair \
      of layers. With --occupancy the activations of a parent and its child on the same prompts are counted in the \
      child's regions.

      With --json: one object.

      Example:
      exemplar match sample-dicts/smollm2-instruct.last.p10.epdict \\
        sample-dicts/smollm2-refusal.last.p10.epdict
      """)

  @Argument(help: "Two or more dictionaries (.epdict or reference .pkl).")
  var dictionaries: [String]

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "The folder for the files; without it the result is printed and nothing is written.")
  var output: String?

  @Flag(help: "Replace the output if it exists.")
  var overwrite = false

  @Option(help: "The cosine from which a pair counts as one region that persists.")
  var cutoff = 0.7

  @Option(help: "What summary.json calls A.")
  var labelA = "A"

  @Option(help: "What summary.json calls B.")
  var labelB = "B"

  @Option(
    help: """
      rotations:N matches A with N random rotations of B (chance). orders:N matches A with itself, built again from its \
      store in N shuffled orders. A dictionary of A's model built with another seed or on other data says what that \
      changes. Can be given several times.
      """)
  var null: [String] = []

  @Option(help: "Decides the rotations and the orders of --null; 0 without it.")
  var seed: UInt64?

  @Option(
    help: """
      own: exemplars as each dictionary has them, about its own centre, so that a shift of all activations does not \
      count. common: their founders about the midpoint of both centres, so that it does; needs --activations-a and -b.
      """)
  var centre = DictionaryComparison.Centring.own

  @Option(help: "The activations that A was built from, for --centre common.")
  var activationsA: String?

  @Option(help: "The activations that B was built from, for --centre common.")
  var activationsB: String?

  @Option(help: "The store of A's activations and outcomes; by default the one beside it.")
  var storeA: String?

  @Option(help: "The store of B's; likewise.")
  var storeB: String?

  @Flag(inversion: .prefixedNo, help: "Follow members and count refusals by the stores.")
  var stores = true

  @Flag(help: "Show the proof that no other assignment has a larger sum.")
  var certificate = false

  @OptionGroup var page: PageOption
  @Flag(
    help: "Count the regions of A that come home through the prompts that both stores have seen.")
  var roundtrip = false

  @Flag(
    help: """
      Count the activations of A's store, the parent's, and of B's, the child's, on the same prompts in B's regions, by \
      the change. With --json: lines.
      """)
  var occupancy = false

  @OptionGroup var trips: PromptMatchOptions
  @OptionGroup var readouts: ReadoutOptions
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  var place: OutputPath? {
    output.map { output in
      var place = OutputPath()
      (place.output, place.overwrite) = (output, overwrite)
      return place
    }
  }

  func validate() throws {
    guard output != nil || !overwrite else { throw ValidationError("--overwrite is of --output") }
    guard !(roundtrip && occupancy) else {
      throw ValidationError("--roundtrip and --occupancy exclude each other")
    }
    guard occupancy || readouts.readout == nil else {
      throw ValidationError("--readout is of --occupancy")
    }
    if roundtrip { return try checkRoundTrip() }
    if occupancy { return try checkOccupancy() }
    try trips.checkUnused()
    guard dictionaries.count > 1 else { throw ValidationError("expected two dictionaries") }
    guard (centre == .common) == (activationsA != nil && activationsB != nil) else {
      throw ValidationError(
        "--centre common, --activations-a and --activations-b need each other")
    }
    guard
      dictionaries.count == 2
        || (centre == .own && null.isEmpty && storeA == nil && storeB == nil)
    else {
      throw ValidationError(
        "--centre common, --null, --store-a and --store-b are for two dictionaries")
    }
    guard dictionaries.count == 2 || page.page == nil else {
      throw ValidationError("--export is of a comparison of two dictionaries")
    }
    guard seed == nil || !null.isEmpty else { throw ValidationError("--seed is of --null") }
    guard stores || (storeA == nil && storeB == nil) else {
      throw ValidationError("--no-stores goes with neither --store-a nor --store-b")
    }
  }

  func run() throws {
    guard cutoff.isFinite, abs(cutoff) <= 1 else {
      throw ExperimentError(
        .invalidValue, "expected a cosine in [−1, 1], found \(cutoff)", file: "--cutoff")
    }
    try place?.check()
    try page.check()
    Interruption.watch()
    if roundtrip { return try runRoundTrip() }
    if occupancy { return try runOccupancy() }
    let files = try dictionaries.map { try DictionaryLocation.open(URL(filePath: $0)) }
    let line = ProgressLine(isQuiet: style.quiet)
    if files.count > 2 { return try follow(files, line) }
    let (a, b) = (files[0], files[1])
    let attached = try attached(a, b)
    let comparison = try DictionaryComparison.run(
      a, b, names: (name(dictionaries[0]), name(dictionaries[1])), founders: try founders(),
      stores: attached.both, threads: threadCount.threads
    ) { progress in
      try Interruption.check()
      line.show("\(progress.stage.rawValue): \(progress.done) of \(progress.total)")
    }
    let report = ComparisonReport(
      comparison, cutoff: cutoff, labels: (labelA, labelB),
      nulls: try nulls(a, b, attached.a, line), outcomes: try attached.outcomes(a, b))
    let tables = try ComparisonFiles(comparison, a, b, cutoff: cutoff, labels: (labelA, labelB))
    if let place {
      let folder = try FolderOutput(
        place.url, overwrite: place.overwrite, replaceable: ComparisonFiles.names)
      try tables.write(report, to: folder.url, seconds: line.seconds)
      try folder.commit()
    }
    try page.write { try report.page(a, b) }
    line.clear()
    if !style.quiet,
      let unknown = RecordedCheckpoint.unknown(b.provenance, beside: a.provenance, of: a.name)
    {
      StandardError.print("note: \(oneLine("\(b.name): \(unknown)"))")
    }
    if style.json {
      JSONValue(encoding: ComparisonRecord(report, seconds: line.seconds)).print()
    } else {
      print(MatchReport(report: report, seconds: line.seconds).text(certificate: certificate))
    }
  }

  /// The stores that were given, or that lie beside the dictionaries.
  func attached(_ a: DictionaryFile, _ b: DictionaryFile) throws -> AttachedStores {
    guard stores else { return AttachedStores() }
    return try AttachedStores(
      a: storeA.map { try AttachedStores.given(URL(filePath: $0), for: a) }
        ?? AttachedStores.beside(a),
      b: storeB.map { try AttachedStores.given(URL(filePath: $0), for: b) }
        ?? AttachedStores.beside(b))
  }

  /// A pickle is read through a cache, whose names mean nothing to a person.
  func name(_ path: String) -> String { URL(filePath: path).lastPathComponent }

  private func founders() throws -> (a: ActivationSource, b: ActivationSource)? {
    guard let activationsA, let activationsB else { return nil }
    return (
      try ActivationSource(URL(filePath: activationsA)),
      try ActivationSource(URL(filePath: activationsB))
    )
  }

  private func nulls(
    _ a: DictionaryFile, _ b: DictionaryFile, _ store: StoreFile?, _ line: ProgressLine
  ) throws -> [ComparisonNull] {
    try null.map { text in
      func progress(_ run: Int, _ progress: DictionaryComparison.Progress) throws {
        try Interruption.check()
        line.show(
          "null \(run + 1): \(progress.stage.rawValue), \(progress.done) of \(progress.total)")
      }
      if let count = try count(text, "rotations:") {
        return try ComparisonNull.rotations(
          a, b, count: count, seed: seed ?? 0, cutoff: cutoff, threads: threadCount.threads,
          progress: progress)
      }
      if let count = try count(text, "orders:") {
        guard let store else {
          throw ExperimentError(
            .missing, "--null \(text) needs the store that A was built from: --store-a",
            file: a.name)
        }
        return try ComparisonNull.orders(
          a, store: store.url, count: count, seed: seed ?? 0, cutoff: cutoff,
          threads: threadCount.threads, progress: progress)
      }
      return try ComparisonNull.dictionary(
        a, try DictionaryLocation.open(URL(filePath: text)), name: name(text), cutoff: cutoff,
        threads: threadCount.threads, progress: progress)
    }
  }

  /// N of `rotations:N`; `nil` for another kind.
  private func count(_ text: String, _ kind: String) throws -> Int? {
    guard text.hasPrefix(kind) else { return nil }
    guard let count = Int(text.dropFirst(kind.count)), (1...10_000).contains(count) else {
      throw ExperimentError(
        .invalidValue, "expected \(kind)N with N from 1 to 10000, found \(text)", file: "--null")
    }
    return count
  }

  // MARK: - Several in a row

  private func follow(_ files: [DictionaryFile], _ line: ProgressLine) throws {
    var steps: [(files: ComparisonFiles, report: ComparisonReport, prefix: String)] = []
    for (index, (a, b)) in zip(files, files.dropFirst()).enumerated() {
      let names = (name(dictionaries[index]), name(dictionaries[index + 1]))
      let attached =
        stores
        ? try AttachedStores(a: AttachedStores.beside(a), b: AttachedStores.beside(b))
        : AttachedStores()
      let comparison = try DictionaryComparison.run(
        a, b, names: names, stores: attached.both, threads: threadCount.threads
      ) { progress in
        try Interruption.check()
        line.show(
          "step \(index + 1), \(progress.stage.rawValue): \(progress.done) of \(progress.total)")
      }
      let labels = ("\(index + 1) \(names.0)", "\(index + 2) \(names.1)")
      steps.append(
        (
          try ComparisonFiles(comparison, a, b, cutoff: cutoff, labels: labels),
          ComparisonReport(
            comparison, cutoff: cutoff, labels: labels, outcomes: try attached.outcomes(a, b)),
          "\(index + 1)-\(index + 2)."
        ))
    }
    let lineage = Lineage(
      counts: files.map(\.regionCount),
      persisted: steps.map(\.report.division.persisted))
    let names = ComparisonFiles.names.union(
      steps.flatMap { step in ComparisonFiles.names.map { step.prefix + $0 } })
    if let place {
      let folder = try FolderOutput(place.url, overwrite: place.overwrite, replaceable: names)
      for step in steps {
        try step.files.write(step.report, to: folder.url, prefix: step.prefix)
      }
      try Data(lineage.csv(names: dictionaries.map(name)).utf8).write(
        to: folder.url.appending(path: "lineage.csv"))
      try folder.commit()
    }
    line.clear()
    let spanning = lineage.rows.count { $0.regions.count == files.count }
    if style.json {
      JSONValue(
        encoding: LineageRecord(
          dictionaries.map(name), steps.map(\.report), lineages: lineage.rows.count,
          spanning: spanning, seconds: line.seconds)
      ).print()
    } else {
      for step in steps {
        let text = MatchReport(report: step.report, seconds: line.seconds)
          .text(certificate: certificate)
        print(text + "\n")
      }
      print(
        "\(quantity(lineage.rows.count, "lineage")), \(spanning) of them through all \(files.count) dictionaries"
      )
    }
  }
}

extension DictionaryComparison.Centring: ExpressibleByArgument {}
