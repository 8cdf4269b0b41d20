import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct PathsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paths",
    abstract: "The path between two regions, in the same dictionary and in finer ones.",
    discussion: """
      FROM and TO are regions of the first dictionary. In every other, the path is between the regions nearest to their \
      exemplars, over the graph that joins each region to its --neighbours nearest. Each dictionary's median hops from its \
      start to all its regions are what the hops are to be compared with.

      With --json: one object.

      Example:
      exemplar paths sample-dicts/smollm2-refusal.last.p10.epdict --from 1 --to 4
      """)

  @Argument(help: "Dictionaries of one model and hook, the coarsest first.")
  var dictionaries: [String]

  @Option(help: "A region of the first dictionary.")
  var from: Int

  @Option(help: "A region of the first dictionary.")
  var to: Int

  @Option(help: "Neighbours that each region is joined to.")
  var neighbours = 3

  @Option(help: "Say which tokens the model's lens sees along the path.")
  var model: String?

  @Option(help: "A PEFT LoRA for --model; the dictionaries' own is found by its recorded hash.")
  var adapter: String?

  @OptionGroup var running: EngineOption

  @OptionGroup var other: OtherModelOption

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  private struct Step {
    var file: DictionaryFile
    var start: Int
    var end: Int
    var path: [Int]?
    var reachable: Int
    var medianHops: Double?
    var tokens: [[String]]
    var labels: [Int: String]
    var members: [Int]
  }

  func validate() throws {
    guard !dictionaries.isEmpty else { throw ValidationError("expected a dictionary") }
    guard neighbours > 0 else { throw ValidationError("expected a positive --neighbours") }
    guard adapter == nil || model != nil else {
      throw ValidationError("expected --model beside --adapter")
    }
    guard !running.isGiven || model != nil else {
      throw ValidationError("expected --model beside --engine: what its machine calls the model")
    }
  }

  func run() throws {
    try export.check()
    let files = try dictionaries.map { try DictionaryLocation.open(URL(filePath: $0)) }
    let coarse = files[0]
    let notices = try files.compactMap { try check($0, against: coarse) }
    for (name, region) in [("--from", from), ("--to", to)]
    where region < 0 || region >= coarse.regionCount {
      throw ExperimentError(
        .invalidValue,
        "\(name): expected a region of 0…\(coarse.regionCount - 1), found \(region)",
        file: coarse.name)
    }
    let checkpoint = try model.map {
      try other.checkpoint(
        $0, adapter: adapter, for: files, at: dictionaries, on: running,
        threads: threadCount.threads, quiet: style.quiet
      ).asRead()
    }
    let lens = try checkpoint.map { try LensTokens($0, threads: threadCount.threads) }
    for file in files { try lens?.check(file) }
    let notebook = try existingNotebook()
    let line = ProgressLine(isQuiet: style.quiet)
    let anchors = try [from, to].flatMap { try coarse.exemplars(rows: $0..<$0 + 1) }
    let steps = try files.enumerated().map { index, file in
      line.show("searching \(oneLine(file.name))")
      return try step(file, isCoarse: index == 0, anchors, lens, notebook)
    }
    line.clear()
    try export.publish(
      report(steps, seconds: line.seconds).noting(notices).naming(checkpoint), style)
  }

  /// - Returns: what a result has to say of a dictionary of another model.
  private func check(_ file: DictionaryFile, against coarse: DictionaryFile) throws -> String? {
    guard file.dimension == coarse.dimension else {
      throw ExperimentError(
        .mismatch,
        "expected \(coarse.dimension) components as in \(coarse.name), found \(file.dimension)",
        file: file.name)
    }
    if let own = file.provenance.hook, let other = coarse.provenance.hook, own != other {
      throw ExperimentError(
        .mismatch, "expected a dictionary of \(other) as \(coarse.name) is, found one of \(own)",
        file: file.name)
    }
    try file.checkHasRegions()
    guard let difference = file.difference(from: coarse) else { return nil }
    guard other.otherModel else {
      throw ExperimentError(
        .mismatch, "\(difference); --other-model allows it", file: file.name)
    }
    return "\(file.name): \(difference)"
  }

  private func step(
    _ file: DictionaryFile, isCoarse: Bool, _ anchors: [Float], _ lens: LensTokens?,
    _ notebook: Notebook?
  ) throws -> Step {
    let rows = try file.exemplarRows()
    func nearest(_ direction: ArraySlice<Float>) -> Int {
      var (best, largest) = (0, -Double.infinity)
      for region in 0..<rows.count {
        let product = rows.withRow(region) { row in
          zip(row, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        }
        if product > largest { (best, largest) = (region, product) }
      }
      return best
    }
    let start = isCoarse ? from : nearest(anchors[..<file.dimension])
    let end = isCoarse ? to : nearest(anchors[file.dimension...])
    let graph = RegionGraph(rows, k: neighbours, threads: threadCount.threads)
    let hops = graph.hops(from: start).enumerated().compactMap { $0 == start ? nil : $1 }
    let path = graph.path(from: start, to: end)
    let shown = path ?? [start, end]
    let table = try file.table()
    return Step(
      file: file, start: start, end: end, path: path, reachable: hops.count,
      medianHops: hops.isEmpty ? nil : hops.map(Double.init).sorted().percentile(50),
      tokens: try lens.map {
        try $0.tokens(of: shown.flatMap { rows.row($0) }, count: shown.count)
      } ?? [],
      labels: try LabelView(file, notebook).texts, members: table.memberCounts)
  }

  private func report(_ steps: [Step], seconds: Double) -> ClaimReport {
    let header = ["dictionary", "regions", "from", "to", "hops", "median hops", "reachable"]
    let rows = steps.map { step in
      [
        oneLine(step.file.name), "\(step.file.regionCount)", "\(step.start)", "\(step.end)",
        step.path.map { "\($0.count - 1)" } ?? "none", step.medianHops.map(formatted) ?? "—",
        "\(step.reachable)",
      ]
    }
    var text =
      "region \(from) to region \(to) of \(oneLine(steps[0].file.name)), over the \(neighbours) nearest neighbours\n"
      + table(header, rows)
    for step in steps {
      text += "\n\n\(oneLine(step.file.name)):"
      for (index, region) in (step.path ?? [step.start, step.end]).enumerated() {
        let label = step.labels[region].map { "  \(oneLine($0))" } ?? ""
        let tokens =
          step.tokens.isEmpty
          ? "" : "  " + step.tokens[index].map { oneLine($0) }.joined(separator: " · ")
        text += "\n  \(region) (\(step.members[region]) members)\(label)\(tokens)"
      }
      if step.path == nil { text += "\n  no path joins them" }
    }
    return ClaimReport(
      kind: .paths, identities: steps.map(\.file.identity),
      entries: [
        ("from", .integer(from)), ("to", .integer(to)), ("neighbours", .integer(neighbours)),
        ("dictionaries", .array(steps.map { json($0) })), ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Hops from region \(from) to region \(to)",
        caption: "of \(steps[0].file.name); graph of the \(neighbours) nearest neighbours",
        content: .bars(
          steps.map { .init($0.file.name, $0.path.map { Double($0.count - 1) } ?? .nan) },
          axis: "hops", reference: nil)),
      records: steps.flatMap { records($0) }, text: text)
  }

  /// The regions along one dictionary's path, or one line without a region where there is none.
  private func records(_ step: Step) -> [JSONValue] {
    let head: [(String, JSONValue)] = [
      ("dictionary", .string(step.file.name)), ("from", .integer(step.start)),
      ("to", .integer(step.end)), ("hops", .optional(step.path.map { $0.count - 1 })),
      ("medianHops", .optional(step.medianHops)), ("reachable", .integer(step.reachable)),
    ]
    guard let path = step.path else { return [.object(head + [("step", .null)])] }
    return path.enumerated().map { index, region in
      .object(
        head + [("step", .integer(index)), ("region", .integer(region))]
          + about(step, index, region))
    }
  }

  private func about(_ step: Step, _ index: Int, _ region: Int) -> [(String, JSONValue)] {
    [
      ("members", .integer(step.members[region])), ("label", .optional(step.labels[region])),
      ("tokens", step.tokens.isEmpty ? .null : .array(step.tokens[index].map(JSONValue.string))),
    ]
  }

  private func json(_ step: Step) -> JSONValue {
    .object([
      ("dictionary", .string(step.file.name)), ("regions", .integer(step.file.regionCount)),
      ("theta", .number(step.file.threshold)), ("from", .integer(step.start)),
      ("to", .integer(step.end)), ("hops", .optional(step.path.map { $0.count - 1 })),
      ("medianHops", .optional(step.medianHops)), ("reachable", .integer(step.reachable)),
      (
        "path",
        step.path.map { path in
          .array(
            path.enumerated().map { index, region in
              .object([("region", .integer(region))] + about(step, index, region))
            })
        } ?? .null
      ),
    ])
  }
}
