import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct AlignmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alignment",
    abstract: "Whether regions that lie close together predict similar next tokens.",
    discussion: """
      The lens takes a region's direction through the model's final norm and unembedding. Spearman's correlation of the \
      cosine distances of directions with the Jensen–Shannon divergences of what the lens predicts, over all pairs; the \
      null deals the predictions to other regions.

      With --json: one object.

      Example:
      exemplar alignment sample-dicts/smollm2-refusal.last.p10.epdict --model \\
        MODEL.gguf
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(help: "The model that the dictionary is of.")
  var model: String

  @Option(help: "A PEFT LoRA for the model; the dictionary's own is found by its recorded hash.")
  var adapter: String?

  @OptionGroup var running: EngineOption

  @OptionGroup var other: OtherModelOption

  @Option(help: "Directions of the regions: exemplar or mean.")
  var basis: ReadoutBasis = .exemplar

  @Option(help: "How often predictions are dealt anew.")
  var permutations = 1000

  @Option(help: "Of more regions, take those with the most members; all without it.")
  var maxRegions: Int?

  @Option(help: "The largest regions to show with their neighbours.")
  var anchors = 5

  @Option(help: "Decides shuffles and resampling.")
  var seed: UInt64 = 0

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard permutations > 0 else { throw ValidationError("expected positive --permutations") }
    guard maxRegions ?? 4 > 3 else { throw ValidationError("expected --max-regions of at least 4") }
    guard anchors >= 0 else { throw ValidationError("expected --anchors of 0 or more") }
  }

  func run() throws {
    try export.check()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    guard file.regionCount > 3 else {
      throw ExperimentError(
        .invalidValue, "expected at least 4 regions to align, found \(file.regionCount)",
        file: file.name)
    }
    let line = ProgressLine(isQuiet: style.quiet)
    let checkpoint = try other.checkpoint(
      model, adapter: adapter, for: [file], at: [dictionary], on: running,
      threads: threadCount.threads, quiet: style.quiet
    ).asRead()
    let lens = try LensTokens(checkpoint, threads: threadCount.threads)
    try lens.check(file)
    let members = try file.table().memberCounts
    let bySize = members.indices.sorted { (members[$1], $0) < (members[$0], $1) }
    let chosen = bySize.prefix(maxRegions ?? members.count).sorted()
    let directions = try chosen.flatMap { region in
      basis == .exemplar
        ? try file.exemplars(rows: region..<region + 1) : try file.means(rows: region..<region + 1)
    }
    Interruption.watch()
    let tokens = try lens.tokens(of: directions, count: chosen.count)
    let width = file.dimension
    let result = try LensAlignment(
      directions: directions, count: chosen.count, rounds: permutations, seed: seed,
      threads: threadCount.threads,
      progress: { done, total in
        try Interruption.check()
        line.show("comparing predictions: \(done) of \(total) pairs")
      },
      logits: { rows in
        try lens.engine.lens(
          Array(directions[rows.lowerBound * width..<rows.upperBound * width]), count: rows.count)
      })
    guard let result else {
      throw ExperimentError(
        .invalidValue, "expected directions that differ, found distances that are all the same",
        file: file.name)
    }
    line.clear()
    try export.publish(
      report(result, file, chosen, members, tokens, seconds: line.seconds).naming(checkpoint), style
    )
  }

  /// Whether every pair becomes a record: always for a table that was asked for, else of as many as a notebook has room for.
  private func isTold(_ pairs: Int) -> Bool {
    pairs <= 50_000 || export.exports.contains { $0.lowercased().hasSuffix(".csv") }
  }

  private func report(
    _ result: LensAlignment, _ file: DictionaryFile, _ chosen: [Int], _ members: [Int],
    _ tokens: [[String]], seconds: Double
  ) -> ClaimReport {
    let largest = chosen.indices.sorted {
      (members[chosen[$1]], $0) < (members[chosen[$0]], $1)
    }.prefix(anchors)
    func nearest(_ matrix: [Double], _ anchor: Int) -> [Int] {
      Array(
        chosen.indices.filter { $0 != anchor }.sorted {
          (matrix[anchor * result.count + $0], $0) < (matrix[anchor * result.count + $1], $1)
        }.prefix(3))
    }
    func json(_ index: Int, anchor: Int? = nil) -> JSONValue {
      var entries: [(String, JSONValue)] = [
        ("region", .integer(chosen[index])), ("members", .integer(members[chosen[index]])),
        ("tokens", .array(tokens[index].map(JSONValue.string))),
      ]
      if let anchor {
        let place = anchor * result.count + index
        entries.append(("geometric", .number(result.geometric[place])))
        entries.append(("behavioural", .number(result.behavioural[place])))
      }
      return .object(entries)
    }
    let header = ["regions", "pairs", "Spearman", "95 %", "null mean", "null sd", "p"]
    let pairs = result.count * (result.count - 1) / 2
    let rows = [
      [
        "\(result.count)", "\(pairs)", figure(result.rho), figure(result.interval),
        figure(result.nullMean), figure(result.nullDeviation), figure(result.p),
      ]
    ]
    let shown = largest.map { anchor in
      [
        "\(chosen[anchor])", tokens[anchor].prefix(4).map { oneLine($0) }.joined(separator: " · "),
        nearest(result.geometric, anchor).map { "\(chosen[$0])" }.joined(separator: " "),
        nearest(result.behavioural, anchor).map { "\(chosen[$0])" }.joined(separator: " "),
      ]
    }
    // A plot of more dots than that says no more.
    let step = max(1, pairs / 5000)
    var (points, place) = ([(x: Double, y: Double)](), 0)
    for i in chosen.indices {
      for j in chosen.indices where j > i {
        if place % step == 0 {
          let index = i * result.count + j
          points.append((result.geometric[index], result.behavioural[index]))
        }
        place += 1
      }
    }
    let panel = largest.map { anchor -> JSONValue in
      let geometric = nearest(result.geometric, anchor).map { json($0, anchor: anchor) }
      let behavioural = nearest(result.behavioural, anchor).map { json($0, anchor: anchor) }
      return .object([
        ("anchor", json(anchor)), ("geometric", .array(geometric)),
        ("behavioural", .array(behavioural)),
      ])
    }
    let records: [JSONValue] =
      !isTold(pairs)
      ? []
      : chosen.indices.flatMap { i in
        chosen.indices.filter { $0 > i }.map { j -> JSONValue in
          .object([
            ("a", .integer(chosen[i])), ("b", .integer(chosen[j])),
            ("geometric", .number(result.geometric[i * result.count + j])),
            ("behavioural", .number(result.behavioural[i * result.count + j])),
          ])
        }
      }
    return ClaimReport(
      kind: .alignment, identities: [file.identity],
      entries: [
        ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
        ("basis", .string(basis.rawValue)), ("regions", .integer(result.count)),
        ("allRegions", .integer(file.regionCount)), ("pairs", .integer(pairs)),
        ("spearman", .number(result.rho)), ("spearman95", .interval(result.interval)),
        ("permutations", .integer(permutations)), ("nullMean", .number(result.nullMean)),
        ("nullDeviation", .number(result.nullDeviation)), ("p", .number(result.p)),
        ("anchors", .array(panel)),
        ("seed", .seed(seed)), ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Distance of directions and of what they predict",
        caption:
          "\(file.name); \(result.count) regions, ρ \(figure(result.rho)) \(figure(result.interval)), p \(figure(result.p))",
        content: .points(
          points, xAxis: "cosine distance", yAxis: "JS divergence (nats)")),
      records: records,
      text: """
        \(oneLine(file.name)): \(result.count) of \(file.regionCount) regions, \(basis.rawValue) directions
        \(table(header, rows))

        \(table(["region", "lens", "nearest by direction", "nearest by lens"], shown))
        """)
  }
}
