import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage
import Terminal

struct NeighbourhoodCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbourhood",
    abstract: "A region and those nearest to it, as cells on a sphere.",
    discussion: """
      The neighbours are the nearest by cosine distance of directions, beside the median distance to all regions. The \
      picture shows the directions' three principal components, pushed out to the unit sphere and divided into Voronoi \
      cells, the region in front: in three directions of many, so that cells may touch that do not touch in the space, \
      and the other way round. With --model, what the model's lens makes of each.

      With --json: one object. --export F.svg writes the picture.

      Example:
      exemplar neighbourhood sample-dicts/smollm2-refusal.last.p10.epdict --regions 4
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @OptionGroup var named: RegionsOption

  @Option(help: "How many neighbours.")
  var neighbours = 5

  @Option(help: "Directions of the regions: exemplar or mean.")
  var basis: ReadoutBasis = .exemplar

  @Option(help: "Cells drawn, those nearest to the region on the sphere.")
  var cells = 400

  @Option(help: "Say which tokens the model's lens sees in each.")
  var model: String?

  @Option(help: "A PEFT LoRA for --model; the dictionary's own is found by its recorded hash.")
  var adapter: String?

  @OptionGroup var running: EngineOption

  @OptionGroup var other: OtherModelOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard try named.ids()?.count == 1 else { throw ValidationError("expected one --regions ID") }
    guard neighbours > 0 else { throw ValidationError("expected a positive --neighbours") }
    guard cells > 0 else { throw ValidationError("expected a positive --cells") }
    guard adapter == nil || model != nil else {
      throw ValidationError("expected --model beside --adapter")
    }
    guard !running.isGiven || model != nil else {
      throw ValidationError("expected --model beside --engine: what its machine calls the model")
    }
  }

  func run() throws {
    try export.check()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let region = try named.ids()?.first ?? 0
    guard (0..<file.regionCount).contains(region) else {
      throw ExperimentError(
        .invalidValue, "expected a region of 0…\(file.regionCount - 1), found \(region)",
        file: file.name)
    }
    let rows = try directions(of: file)
    guard
      let found = try Neighbourhood(rows, region: region, count: neighbours, cells: cells)
    else {
      throw ExperimentError(
        .invalidValue, "expected at least 5 regions to divide a sphere, found \(file.regionCount)",
        file: file.name)
    }
    let checkpoint = try model.map {
      try other.checkpoint(
        $0, adapter: adapter, for: [file], at: [dictionary], on: running,
        threads: threadCount.threads, quiet: style.quiet
      ).asRead()
    }
    let lens = try checkpoint.map { try LensTokens($0, threads: threadCount.threads) }
    try lens?.check(file)
    let shown = [region] + found.neighbours.map(\.region)
    let tokens =
      try lens.map { try $0.tokens(of: shown.flatMap { rows.row($0) }, count: shown.count) } ?? []
    let record = NeighbourhoodRecord(
      found, file, basis: basis, members: try file.table().memberCounts,
      labels: try LabelView(file, existingNotebook()).texts, tokens: tokens)
    try export.publish(
      record.report(found) { DisplayWidth.of($0) }.naming(checkpoint), style)
  }

  private func directions(of file: DictionaryFile) throws -> DirectionRows {
    guard basis == .mean else { return try file.exemplarRows() }
    return DirectionRows(try file.means(), dimension: file.dimension)
  }
}
