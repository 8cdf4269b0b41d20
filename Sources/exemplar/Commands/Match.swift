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
      or above persist; the other regions of A are dropped, those of B introduced. The folder gets the reference's files \
      (matches.csv, a_dropped.csv, b_introduced.csv, summary.json) and comparison.json, which says more: the nearest \
      region of the other side, and where the members went if both saw the same rows. Of three or more dictionaries \
      each is matched with the next, and lineage.csv follows every region through them.
      """)

  @Argument(help: "Two or more dictionaries (.epdict or reference .pkl).")
  var dictionaries: [String]

  @OptionGroup var output: OutputPath

  @Option(help: "The cosine from which a pair counts as one region that persists.")
  var cutoff = 0.7

  @Option(help: "What summary.json calls A.")
  var labelA = "A"

  @Option(help: "What summary.json calls B.")
  var labelB = "B"

  @Option(
    help: """
      rotations:N matches A with N random rotations of B (chance); a dictionary of A's model built with another seed or \
      on other data says what building it again changes. Can be given twice.
      """)
  var null: [String] = []

  @Option(help: "Decides the rotations.")
  var seed: UInt64 = 0

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

  @Flag(help: "Show the proof that no other assignment has a larger sum.")
  var certificate = false

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard dictionaries.count > 1 else { throw ValidationError("expected two dictionaries") }
    guard (centre == .common) == (activationsA != nil && activationsB != nil) else {
      throw ValidationError(
        "--centre common, --activations-a and --activations-b need each other")
    }
    guard dictionaries.count == 2 || (centre == .own && null.isEmpty) else {
      throw ValidationError("--centre common and --null are for two dictionaries")
    }
  }

  func run() throws {
    guard cutoff.isFinite, abs(cutoff) <= 1 else {
      throw ExperimentError(
        .invalidValue, "expected a cosine in [−1, 1], found \(cutoff)", file: "--cutoff")
    }
    try output.check()
    Interruption.watch()
    let files = try dictionaries.map { try DictionaryLocation.open(URL(filePath: $0)) }
    let line = ProgressLine(isQuiet: style.quiet)
    if files.count > 2 { return try follow(files, line) }
    let (a, b) = (files[0], files[1])
    let comparison = try DictionaryComparison.run(
      a, b, names: (name(dictionaries[0]), name(dictionaries[1])), founders: try founders(),
      threads: threadCount.threads
    ) { progress in
      try Interruption.check()
      line.show("\(progress.stage.rawValue): \(progress.done) of \(progress.total)")
    }
    let nulls = try nulls(a, b, line)
    let report = MatchReport(
      files: try ComparisonFiles(
        comparison, a, b, cutoff: cutoff, labels: (labelA, labelB)), nulls: nulls,
      seconds: line.seconds)
    let folder = try FolderOutput(
      output.url, overwrite: output.overwrite, replaceable: ComparisonFiles.names)
    try report.files.writeReferenceFiles(to: folder.url)
    try Data((report.details.text + "\n").utf8).write(
      to: folder.url.appending(path: "comparison.json"))
    try folder.commit()
    line.clear()
    if style.json { report.summary.print() } else { print(report.text(certificate: certificate)) }
  }

  /// A pickle is read through a cache, whose names mean nothing to a person.
  private func name(_ path: String) -> String { URL(filePath: path).lastPathComponent }

  private func founders() throws -> (a: ActivationSource, b: ActivationSource)? {
    guard let activationsA, let activationsB else { return nil }
    return (
      try ActivationSource(URL(filePath: activationsA)),
      try ActivationSource(URL(filePath: activationsB))
    )
  }

  private func nulls(
    _ a: DictionaryFile, _ b: DictionaryFile, _ line: ProgressLine
  ) throws -> [ComparisonNull] {
    try null.map { text in
      func progress(_ run: Int, _ progress: DictionaryComparison.Progress) throws {
        try Interruption.check()
        line.show(
          "null \(run + 1): \(progress.stage.rawValue), \(progress.done) of \(progress.total)")
      }
      guard text.hasPrefix("rotations:") else {
        return try ComparisonNull.dictionary(
          a, try DictionaryLocation.open(URL(filePath: text)), name: name(text), cutoff: cutoff,
          threads: threadCount.threads, progress: progress)
      }
      guard let count = Int(text.dropFirst("rotations:".count)), (1...10_000).contains(count) else {
        throw ExperimentError(
          .invalidValue, "expected rotations:N with N from 1 to 10000, found \(text)",
          file: "--null")
      }
      return try ComparisonNull.rotations(
        a, b, count: count, seed: seed, cutoff: cutoff, threads: threadCount.threads,
        progress: progress)
    }
  }

  // MARK: - Several in a row

  private func follow(_ files: [DictionaryFile], _ line: ProgressLine) throws {
    var steps: [(report: MatchReport, prefix: String)] = []
    for (index, (a, b)) in zip(files, files.dropFirst()).enumerated() {
      let names = (name(dictionaries[index]), name(dictionaries[index + 1]))
      let comparison = try DictionaryComparison.run(
        a, b, names: names, threads: threadCount.threads
      ) { progress in
        try Interruption.check()
        line.show(
          "step \(index + 1), \(progress.stage.rawValue): \(progress.done) of \(progress.total)")
      }
      let labels = ("\(index + 1) \(names.0)", "\(index + 2) \(names.1)")
      steps.append(
        (
          MatchReport(
            files: try ComparisonFiles(comparison, a, b, cutoff: cutoff, labels: labels),
            nulls: [], seconds: line.seconds), "\(index + 1)-\(index + 2)."
        ))
    }
    let lineage = Lineage(
      counts: files.map(\.regionCount),
      persisted: steps.map { $0.report.files.division.persisted })
    let names = ComparisonFiles.names.union(
      steps.flatMap { step in ComparisonFiles.names.map { step.prefix + $0 } })
    let folder = try FolderOutput(output.url, overwrite: output.overwrite, replaceable: names)
    for step in steps {
      try step.report.files.writeReferenceFiles(to: folder.url, prefix: step.prefix)
      try Data((step.report.details.text + "\n").utf8).write(
        to: folder.url.appending(path: step.prefix + "comparison.json"))
    }
    try Data(lineage.csv(names: dictionaries.map(name)).utf8).write(
      to: folder.url.appending(path: "lineage.csv"))
    try folder.commit()
    line.clear()
    let spanning = lineage.rows.count { $0.regions.count == files.count }
    if style.json {
      JSONValue.object([
        ("dictionaries", .array(dictionaries.map { .string(name($0)) })),
        ("steps", .array(steps.map(\.report.summary))),
        ("lineages", .integer(lineage.rows.count)), ("spanning", .integer(spanning)),
        ("seconds", .number(line.seconds)),
      ]).print()
    } else {
      for step in steps { print(step.report.text(certificate: certificate) + "\n") }
      print(
        "\(lineage.rows.count) lineages, \(spanning) of them through all \(files.count) dictionaries"
      )
    }
  }
}

extension DictionaryComparison.Centring: ExpressibleByArgument {}
