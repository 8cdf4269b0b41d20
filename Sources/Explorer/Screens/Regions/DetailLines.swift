import Experiments
import Foundation
import Storage
import Terminal

/// What the tabs say that list no contexts.
struct DetailLines {
  var header: [StyledText] = []
  var items: [StyledText] = []
  let regions: RegionsScreen
  let columns: Int

  /// How many lines there are to move among.
  static func count(of regions: RegionsScreen) -> Int {
    DetailLines(regions, columns: 200).items.count
  }

  init(_ regions: RegionsScreen, columns: Int) {
    self.regions = regions
    self.columns = columns
    guard let region = regions.selected else { return }
    let isTelling = [.statistics, .outcomes, .notes].contains(regions.tab)
    if isTelling, regions.isHidden(region) {
      header = [
        StyledText("hidden while you label blind; l answers, and then it shows", "text.dim")
      ]
      return
    }
    switch regions.tab {
    case .closest, .boundary: break
    case .sampled: sampled(region)
    case .neighbours: neighbours(region)
    case .statistics: statistics(region)
    case .lens: lens(region)
    case .outcomes: outcomes(region)
    case .notes: notes(region)
    }
  }

  /// Says that something is on its way, or why it is not; nothing if it was not asked for.
  mutating func sayMissing(_ extra: Extra, _ region: Int?, _ doing: String) {
    if let failure = regions.extras.failure(extra, region: region) {
      header = [StyledText([.init("✗ ", "warning"), .init(failure, "text")])]
    } else if regions.extras.isWaiting(for: extra) {
      header = [StyledText("\(doing)…", "text.dim")]
    }
  }

  func heat(_ distance: Double) -> Heat { Heat(ratio: regions.dictionary.ratio(distance)) }

  // MARK: - Geometry

  private mutating func sampled(_ region: Int) {
    guard let surroundings = regions.extras.surroundings, surroundings.region == region else {
      sayMissing(.surroundings, region, "reading the sampled members")
      return
    }
    let sampled = surroundings.sampled
    guard !sampled.isEmpty else {
      header = [StyledText("no members were sampled when this dictionary was built", "text.dim")]
      return
    }
    let known = sampled.count { $0.context != nil }
    let members = regions.dictionary.table.memberCounts[region]
    header = [
      StyledText(
        "\(sampled.count) of \(Figures.count(members, "member")), drawn at random · the context is known of \(known)",
        "text.dim")
    ]
    items = sampled.map { member in
      let heat = heat(member.distance)
      var pieces = [
        StyledText.Piece(" \(heat.glyph) ", heat.gauge),
        StyledText.Piece(" \(Figures.fixed(heat.ratio, 2))θ  ", "number"),
      ]
      guard let context = member.context, let text = context.text else {
        return StyledText(pieces + [.init("context not kept", "text.dim")])
      }
      let line = regions.dictionary.lines(
        of: text, token: context.token, columns: max(8, columns - 12))
      pieces += (line.first ?? []).map { .init($0.text, $0.look.role) }
      return StyledText(pieces)
    }
  }

  private mutating func neighbours(_ region: Int) {
    guard let surroundings = regions.extras.surroundings, surroundings.region == region else {
      sayMissing(.surroundings, region, "comparing exemplars")
      return
    }
    guard !surroundings.neighbours.isEmpty else {
      header = [StyledText("this is the only region", "text.dim")]
      return
    }
    let idWidth = max(3, Figures.digits(regions.dictionary.regionCount - 1))
    header =
      wrapped("by cosine of the exemplars; Enter goes there")
      + [StyledText("  cos    d/θ  \("id".leftPadded(to: idWidth))  members", "text.dim")]
    items = surroundings.neighbours.map { neighbour in
      let distance = regions.dictionary.ratio(1 - neighbour.cosine)
      let members =
        regions.isHidden(neighbour.region)
        ? "—" : Figures.grouped(regions.dictionary.table.memberCounts[neighbour.region])
      return StyledText(
        [
          .init((Figures.fixed(neighbour.cosine, 2)).leftPadded(to: 5), "number"),
          .init("  \((Figures.fixed(distance, 2)).leftPadded(to: 5))", "number"),
          .init("  \((String(neighbour.region)).leftPadded(to: idWidth))", "text.dim"),
          .init("  \(members.leftPadded(to: 7))  ", "number"),
        ] + name(of: neighbour.region, columns: max(8, columns - idWidth - 26)))
    }
  }

  /// A region's label, or its closest context.
  private func name(of region: Int, columns: Int) -> [StyledText.Piece] {
    if let label = regions.label(of: region), !regions.isHidden(region) {
      return [.init(label.text, "region.label")]
    }
    guard let text = regions.rowTexts[region] else { return [] }
    let lines = regions.dictionary.lines(
      of: text.text, token: text.token, isWhole: text.isWhole, columns: columns)
    return [.init("— ", "region.unlabelled")]
      + (lines.first ?? []).map { .init($0.text, "region.unlabelled") }
  }

  /// How well the region comes out again, and where that is known from.
  private static func stability(_ known: KnownStability, _ region: Int) -> [String] {
    guard let best = known.regions.best[region] else {
      return ["not matched in result \(known.experiment)"]
    }
    let others = Figures.count(known.regions.dictionaries - 1, "other build")
    let agreement = known.regions.agreement[region].map {
      "adjusted Rand \(Figures.fixed($0, 2)) · "
    }
    let null = known.regions.null.map { "cosine at random \(Figures.fixed($0, 2)) · " }
    return [
      "cosine \(Figures.fixed(best, 3)) with the best match in \(others)",
      "\(agreement ?? "")\(null ?? "")result \(known.experiment)",
    ]
  }

  private mutating func statistics(_ region: Int) {
    let dictionary = regions.dictionary
    let table = dictionary.table
    let members = table.memberCounts[region]
    let rank = 1 + table.memberCounts.count { $0 > members }
    func fact(_ name: String, _ text: String) -> StyledText {
      StyledText([
        .init(name.padded(to: 11), "text.dim"), .init(text, "text"),
      ])
    }
    let share = Figures.percent(dictionary.share(of: region))
    let all = Figures.grouped(table.count)
    items = [
      fact(
        "size",
        "\(Figures.count(members, "member")) as streamed, \(share) of the stream; rank \(Figures.grouped(rank)) of \(all)"
      ),
      fact("nearest", nearest(region)),
      fact(
        "coherence",
        "\(Figures.fixed(table.coherences[region], 3)) · 1 when all members point one way"),
    ]
    if let known = regions.stability {
      for (index, line) in Self.stability(known, region).enumerated() {
        items.append(fact(index == 0 ? "stable" : "", line))
      }
    }
    if let detail = regions.detail?.detail, detail.id == region {
      let mean = dictionary.ratio(detail.meanDistance)
      let variance =
        detail.sumSquaredDistance / Double(max(1, detail.memberCount))
        - detail.meanDistance * detail.meanDistance
      let deviation = dictionary.ratio(max(0, variance).squareRoot())
      items.append(
        fact(
          "distance",
          "mean \(Figures.fixed(mean, 2)) θ, sd \(Figures.fixed(deviation, 2)) θ, of all members"))
      if let founded = detail.foundingBatch {
        let batches = dictionary.provenance.batches
        let of = batches.map { " of \(Figures.grouped($0))" } ?? ""
        items.append(fact("founded", "in batch \(Figures.grouped(founded))\(of)"))
        items.append(
          fact(
            "seen",
            "in \(Figures.grouped(detail.batches.count))\(of) batch\(of.isEmpty && detail.batches.count == 1 ? "" : "es")"
          ))
        if let batches, batches > 1 {
          let line = Figures.presence(detail.batches, of: batches, columns: min(60, columns - 12))
          items.append(
            StyledText([
              .init("".padded(to: 11)), .init(line, "bar"), .init(" batches", "text.dim"),
            ]))
        }
      }
    }
    histogram(region)
  }

  /// How many activations are nearest to the exemplar now, beside the members that joined as the stream ran.
  private func nearest(_ region: Int) -> String {
    guard let nearest = regions.extras.nearest else {
      if let failure = regions.extras.failure(.nearest, region: nil) { return failure }
      if regions.extras.isWaiting(for: .nearest) { return "counting…" }
      return "now: counted where a store is attached"
    }
    let own = nearest.isOfOwnRows ? "" : ", which it was not built from"
    return
      "\(Figures.grouped(nearest.counts[region])) of \(Figures.grouped(nearest.rows)) activations of \(nearest.store) now\(own)"
  }

  /// Distances in tenths of θ: of the sampled members, or else of the contexts.
  private mutating func histogram(_ region: Int) {
    var distances: [Double] = []
    var title = ""
    if let surroundings = regions.extras.surroundings, surroundings.region == region,
      !surroundings.sampled.isEmpty
    {
      distances = surroundings.sampled.map(\.distance)
      title = "distances of \(Figures.count(distances.count, "member")) drawn at random, in θ"
    } else if regions.extras.isWaiting(for: .surroundings) {
      items.append(StyledText("reading the sampled members…", "text.dim"))
      return
    } else if let detail = regions.detail?.detail, detail.id == region {
      distances = (detail.closest + detail.farthest).map(\.distance)
      title =
        "distances of the \(Figures.count(distances.count, "context")) kept, in θ: the two ends, not the middle"
    }
    guard !distances.isEmpty else { return }
    let counts = Heat.tenths(distances.map(regions.dictionary.ratio))
    items += [StyledText(""), StyledText(title, "text.dim")]
    let most = Double(max(1, counts.max() ?? 1))
    for (bin, count) in counts.enumerated() where bin < 10 || count > 0 {
      let bar = Figures.bar(Double(count) / most, width: min(30, max(8, columns - 22)))
      items.append(
        StyledText([
          .init(Heat.tenthNames[bin].padded(to: 8), "number"), .init(bar, "bar"),
          .init(count == 0 ? "·" : " \(count)", "text.dim"),
        ]))
    }
  }
}
