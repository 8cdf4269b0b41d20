import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage
import Terminal

struct PathsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paths",
    abstract: "The path between two regions, in the same dictionary and in finer ones.",
    discussion: """
      --from and --to are regions of the first dictionary; without them, anchors are chosen: of its direct neighbours the \
      --pairs whose tokens by the model's lens are most like words. In every other dictionary, the path is between the \
      regions nearest to their directions, or, with --identity, between those of the same exemplars. Paths go over the \
      graph that joins each region to its --neighbours nearest, along exemplars and along means. Each dictionary's median \
      hops from its start to all its regions are what the hops are to be compared with. Beside each path, the regions that \
      lie nearer to both ends than these to each other.

      With --json: one object. --figure says what --export F.svg draws of the first pair: bars of hops, the regions along \
      each path, their cells on a plane, or the regions between.

      Example:
      exemplar paths sample-dicts/smollm2-refusal.last.p10.epdict --from 1 --to 4
      """)

  @Argument(help: "Dictionaries of one model and hook, the coarsest first.")
  var dictionaries: [String]

  @Option(help: "A region of the first dictionary.")
  var from: Int?

  @Option(help: "A region of the first dictionary.")
  var to: Int?

  @Option(help: "How many pairs of neighbours to choose, without --from and --to; 5 without it.")
  var pairs: Int?

  @Flag(help: "Choose among regions whose exemplar every dictionary has, and take these regions.")
  var identity = false

  @Option(help: "Choose among regions of so many members at most.")
  var maxMembers: Int?

  @Option(help: "Directions of the regions, exemplar or mean; both without it.")
  var basis: ReadoutBasis?

  @Option(help: "Neighbours that each region is joined to.")
  var neighbours = 3

  @Option(help: "Say which tokens the model's lens sees along the path.")
  var model: String?

  @Option(help: "A PEFT LoRA for --model; the dictionaries' own is found by its recorded hash.")
  var adapter: String?

  @OptionGroup var running: EngineOption

  @Option(help: "What is drawn: hops, walk, cells or between.")
  var figure: PathsRecord.Figure = .hops

  @OptionGroup var other: OtherModelOption

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard !dictionaries.isEmpty else { throw ValidationError("expected a dictionary") }
    guard neighbours > 0 else { throw ValidationError("expected a positive --neighbours") }
    guard adapter == nil || model != nil else {
      throw ValidationError("expected --model beside --adapter")
    }
    guard !running.isGiven || model != nil else {
      throw ValidationError("expected --model beside --engine: what its machine calls the model")
    }
    guard (from == nil) == (to == nil) else { throw ValidationError("expected --from beside --to") }
    guard from == nil || (pairs == nil && !identity && maxMembers == nil) else {
      throw ValidationError(
        "--pairs, --identity and --max-members choose what --from and --to name")
    }
    guard from != nil || model != nil else {
      throw ValidationError(
        "expected --from and --to, or --model: anchors are chosen by what its lens says")
    }
    guard pairs ?? 1 > 0, maxMembers ?? 1 > 0 else {
      throw ValidationError("expected positive --pairs and --max-members")
    }
  }

  func run() throws {
    try export.check()
    Interruption.watch()
    let files = try dictionaries.map { try DictionaryLocation.open(URL(filePath: $0)) }
    let coarse = files[0]
    let notices = try files.compactMap { try check($0, against: coarse) }
    for (name, region) in [("--from", from), ("--to", to)] {
      guard let region, !(0..<coarse.regionCount).contains(region) else { continue }
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
    let labels = try files.map { try LabelView($0, notebook).texts }
    let line = ProgressLine(isQuiet: style.quiet)
    let found = try (basis.map { [$0] } ?? [.exemplar, .mean]).flatMap { basis in
      line.show("searching along \(basis.rawValue) directions")
      return try walks(files, basis, lens, labels)
    }
    line.clear()
    guard !found.isEmpty else {
      throw ExperimentError(
        .missing, "expected neighbours that may be anchors, found none: \(limits)",
        file: coarse.name)
    }
    let record = PathsRecord(
      found, files, neighbours: neighbours, isIdentity: identity, seconds: line.seconds)
    let report = record.report(found, identities: files.map(\.identity), drawn: figure) {
      DisplayWidth.of($0)
    }
    try export.publish(report.noting(notices).naming(checkpoint), style)
  }

  private var limits: String {
    [
      identity ? "every dictionary has to have the exemplar" : nil,
      maxMembers.map { "of \($0) members at most" },
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// The paths of every pair in one basis.
  private func walks(
    _ files: [DictionaryFile], _ basis: ReadoutBasis, _ lens: LensTokens?, _ labels: [[Int: String]]
  ) throws -> [ResolutionPaths.Walk] {
    let levels = try files.map { file in
      let exemplars = try file.exemplarRows()
      return ResolutionPaths.Level(
        directions: basis == .exemplar
          ? exemplars : DirectionRows(try file.means(), dimension: file.dimension),
        exemplars: exemplars, members: try file.table().memberCounts, neighbours: neighbours,
        threads: threadCount.threads)
    }
    let paths = ResolutionPaths(levels)
    return try anchors(paths, lens).map { anchors in
      try Interruption.check()
      let legs = paths.legs(anchors, isIdentity: identity)
      let tokens = try zip(levels, legs).map { level, leg -> [Int: [String]] in
        guard let lens else { return [:] }
        let shown = Array(
          Set(
            (leg.path ?? []) + [leg.start, leg.end]
              + leg.between.prefix(PathsRecord.shownBetween).map(\.region)))
        let found = try lens.tokens(
          of: shown.flatMap { level.directions.row($0) }, count: shown.count)
        return Dictionary(uniqueKeysWithValues: zip(shown, found))
      }
      return ResolutionPaths.Walk(
        basis: basis, anchors: anchors, levels: levels, legs: legs, tokens: tokens, labels: labels)
    }
  }

  private func anchors(
    _ paths: ResolutionPaths, _ lens: LensTokens?
  ) throws -> [ResolutionPaths.Anchors] {
    if let from, let to {
      return [.init(from: from, to: to, score: nil, distance: paths.levels[0].distance(from, to))]
    }
    guard let lens else { return [] }
    let coarse = paths.levels[0].directions
    let tokens = try lens.decoded(of: coarse.values, count: coarse.count, most: 8)
    return paths.anchors(
      tokens, count: pairs ?? 5, isIdentity: identity, maxMembers: maxMembers)
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
}

extension PathsRecord.Figure: ExpressibleByArgument {}
