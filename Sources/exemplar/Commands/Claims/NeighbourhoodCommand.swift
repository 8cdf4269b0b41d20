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
    let labels = try LabelView(file, existingNotebook()).texts
    try export.publish(
      report(found, file, try file.table().memberCounts, labels, shown, tokens).naming(checkpoint),
      style)
  }

  private func directions(of file: DictionaryFile) throws -> DirectionRows {
    guard basis == .mean else { return try file.exemplarRows() }
    return DirectionRows(try file.means(), dimension: file.dimension)
  }

  private func report(
    _ found: Neighbourhood, _ file: DictionaryFile, _ members: [Int], _ labels: [Int: String],
    _ shown: [Int], _ tokens: [[String]]
  ) -> ClaimReport {
    var names: [Int: String] = [:]
    for (index, region) in shown.enumerated() {
      let words = tokens.isEmpty ? nil : LensTokens.short(tokens[index])
      names[region] = (labels[region].map { oneLine($0) } ?? words).map { String($0.prefix(34)) }
    }
    let header =
      ["region", "members", "distance", "d/θ", "touches"] + (tokens.isEmpty ? [] : ["lens"])
    let rows = shown.enumerated().map { index, region -> [String] in
      let neighbour = index == 0 ? nil : found.neighbours[index - 1]
      let label = labels[region].map { " \(oneLine($0))" } ?? ""
      return [
        "\(region)\(label)", "\(members[region])", figure(neighbour?.distance),
        figure(neighbour.map { Theta.multiple($0.distance, of: file.threshold) }),
        neighbour.map { $0.touches ? "yes" : "no" } ?? "—",
      ] + (tokens.isEmpty ? [] : [tokens[index].map { oneLine($0) }.joined(separator: " · ")])
    }
    let held = found.explained.sum()
    let drawing = found.drawing(names: names)
    let picture = DrawingGlyphs.lines(drawing, columns: 78, rows: 30) { DisplayWidth.of($0) }
    let caption =
      "\(file.name), \(basis.rawValue) directions: \(found.cells.count) of \(file.regionCount) cells; three directions hold \(figure(held)) of their variance"
    let title =
      "Regions around \(found.region)" + (names[found.region].map { " (\($0))" } ?? "")
    return ClaimReport(
      kind: .neighbourhood, identities: [file.identity],
      entries: [
        ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
        ("basis", .string(basis.rawValue)), ("regions", .integer(file.regionCount)),
        ("region", json(found, nil, members, labels, tokens.first)),
        (
          "neighbours",
          .array(
            found.neighbours.indices.map {
              json(found, $0, members, labels, tokens.isEmpty ? nil : tokens[$0 + 1])
            })
        ),
        ("medianDistance", .number(found.medianDistance)),
        ("theta", .number(file.threshold)), ("cells", .integer(found.cells.count)),
        ("explained", .array((0..<3).map { .number(found.explained[$0]) })),
      ],
      header: header, rows: rows,
      plot: SVGPlot(title: title, caption: caption, content: .drawing(drawing)),
      records: found.neighbours.indices.map {
        json(found, $0, members, labels, tokens.isEmpty ? nil : tokens[$0 + 1])
      },
      text: """
        \(oneLine(file.name)): region \(found.region) and its \(found.neighbours.count) nearest of \(file.regionCount) by \(basis.rawValue) directions; \
        median distance to all \(figure(found.medianDistance))
        \(table(header, rows))

        \(picture.joined(separator: "\n"))
        \(caption)
        """,
      headline: (
        "neighbourhood of region \(found.region) of \(oneLine(file.name))",
        found.neighbours.first.map {
          "nearest: region \($0.region) at \(figure($0.distance)), median \(figure(found.medianDistance))"
        } ?? ""
      ))
  }

  private func json(
    _ found: Neighbourhood, _ index: Int?, _ members: [Int], _ labels: [Int: String],
    _ tokens: [String]?
  ) -> JSONValue {
    let region = index.map { found.neighbours[$0].region } ?? found.region
    let place = found.points[region]
    var entries: [(String, JSONValue)] = [
      ("region", .integer(region)), ("members", .integer(members[region])),
      ("label", .optional(labels[region])),
      ("tokens", tokens.map { .array($0.map(JSONValue.string)) } ?? .null),
      ("place", .array((0..<3).map { .number(place[$0]) })),
    ]
    if let index {
      entries += [
        ("distance", .number(found.neighbours[index].distance)),
        ("touches", .bool(found.neighbours[index].touches)),
      ]
    }
    return .object(entries)
  }
}
