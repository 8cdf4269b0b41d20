import Experiments
import Storage
import Terminal

/// What the metrics screen says, line by line; on a wide screen the plots stand beside the metrics.
struct MetricsLines {
  static let wideColumns = 150
  private static let plotColumns = 60
  private let regions: RegionsScreen
  let all: [StyledText]

  init(_ regions: RegionsScreen, columns: Int) {
    self.regions = regions
    let metrics = Self.metrics(regions, columns: columns)
    let width = min(Self.plotColumns, columns - 16)
    let plots =
      Self.growth(regions, width) + Self.sizes(regions, width) + Self.distances(regions, width)
    guard columns >= Self.wideColumns else {
      all = metrics + [StyledText("")] + plots
      return
    }
    let left = columns - Self.plotColumns - 20
    all = (0..<max(metrics.count, plots.count)).map { index in
      let line = metrics.indices.contains(index) ? metrics[index] : StyledText("")
      guard plots.indices.contains(index) else { return line }
      let used = line.columns
      let gap = StyledText.Piece(String(repeating: " ", count: max(2, left - used)))
      return StyledText(line.pieces + [gap] + plots[index].pieces)
    }
  }

  private static func metrics(_ regions: RegionsScreen, columns: Int) -> [StyledText] {
    guard let reading = regions.extras.metrics else {
      if let failure = regions.extras.failure(.metrics, region: nil) {
        return [StyledText([.init("✗ ", "warning"), .init(failure, "text")])]
      }
      return [
        StyledText(
          "comparing all pairs of exemplars… (the plots are of what is known already)", "text.dim")
      ]
    }
    let room = max(20, columns - 41)
    return reading.entries.flatMap { entry in
      let value = entry.value.map { value in
        entry.isCount ? Figures.grouped(Int(value)) : Figures.fixed(value, 4)
      }
      let number = value ?? "—"
      let meaning = ContextLines.lines(
        entry.meaning, token: nil, columns: room, lineCount: 3
      ).map { $0.map(\.text).joined() }
      let first = StyledText([
        .init(entry.key.padded(to: 25), "text.dim"),
        .init(number.leftPadded(to: 10), "number"),
        .init("  \(meaning.first ?? "")", "text"),
      ])
      return [first]
        + meaning.dropFirst().map { StyledText([.init("".padded(to: 37)), .init($0, "text")]) }
    }
  }

  /// Regions over activations, as a curve of dots.
  private static func growth(_ regions: RegionsScreen, _ width: Int) -> [StyledText] {
    let title = StyledText("Growth: regions founded, over activations", "title")
    let points = regions.extras.metrics?.growth ?? []
    guard let last = points.last, last.activations > 0, last.regions > 0 else {
      return [
        title, StyledText(regions.extras.metrics == nil ? "…" : "not recorded", "text.dim"),
        StyledText(""),
      ]
    }
    let rows = 6
    var plane = BraillePlane(columns: width, rows: rows)
    for x in 0..<width * 2 {
      let activations = Double(x) / Double(max(1, width * 2 - 1)) * Double(last.activations)
      let after = points.firstIndex { Double($0.activations) >= activations } ?? points.count - 1
      let (to, from) = (
        points[after],
        after == 0 ? (0, 0) : (points[after - 1].activations, points[after - 1].regions)
      )
      let span = Double(max(1, to.activations - from.0))
      let share = (activations - Double(from.0)) / span
      let count = Double(from.1) + share * Double(to.regions - from.1)
      let most = Double(points.map(\.regions).max() ?? last.regions)
      plane.set(x: x, y: rows * 4 - 1 - Int((count / most * Double(rows * 4 - 1)).rounded()))
    }
    let most = Figures.grouped(points.map(\.regions).max() ?? last.regions)
    let axis = max(most.count, 5)
    var lines = [title]
    for row in 0..<rows {
      let name = row == 0 ? most : row == rows - 1 ? "0" : ""
      lines.append(
        StyledText([
          .init(name.leftPadded(to: axis) + " │", "text.dim"),
          .init(plane.text(row: row), "bar"),
        ]))
    }
    let end = Figures.grouped(last.activations)
    lines.append(
      StyledText(
        String(repeating: " ", count: axis + 1) + "└"
          + String(repeating: "─", count: max(0, width - end.count - 1)) + " " + end,
        "text.dim"))
    if isRising(points) {
      lines.append(
        StyledText("still rising at the end: more data would found more regions", "text.dim"))
    }
    return lines + [StyledText("")]
  }

  /// Whether the last tenth of the activations founded more than a twentieth of the regions.
  private static func isRising(_ points: [MetricsReading.Growth]) -> Bool {
    guard let last = points.last, points.count > 2 else { return false }
    let before = points.last { Double($0.activations) <= 0.9 * Double(last.activations) }
    guard let before else { return false }
    return Double(last.regions - before.regions) > 0.05 * Double(last.regions)
  }

  private static func sizes(_ regions: RegionsScreen, _ width: Int) -> [StyledText] {
    let counts = regions.dictionary.table.memberCounts
    let title = StyledText("Sizes: how many regions have so many members", "title")
    guard let most = counts.max(), most > 0 else {
      return [title, StyledText("no members", "text.dim"), StyledText("")]
    }
    var bins = [Int](repeating: 0, count: Int.bitWidth - most.leadingZeroBitCount)
    for count in counts where count > 0 {
      bins[Int.bitWidth - 1 - count.leadingZeroBitCount] += 1
    }
    let names = bins.indices.map { bin in
      bin == 0 ? "1" : "\(Figures.grouped(1 << bin))–\(Figures.grouped((1 << (bin + 1)) - 1))"
    }
    return [title] + bars(names, bins, width) + [StyledText("")]
  }

  private static func distances(_ regions: RegionsScreen, _ width: Int) -> [StyledText] {
    let title = StyledText("Distances: regions by the mean d/θ of their members", "title")
    let dictionary = regions.dictionary
    let bins = Heat.tenths(
      (0..<dictionary.regionCount).lazy.filter { dictionary.table.memberCounts[$0] > 1 }
        .map(dictionary.meanRatio))
    guard bins.contains(where: { $0 > 0 }) else {
      return [title, StyledText("no region has more than one member", "text.dim")]
    }
    let shown = bins[10] == 0 ? 10 : 11
    return [title]
      + bars(Array(Heat.tenthNames.prefix(shown)), Array(bins.prefix(shown)), width)
      + [StyledText("regions of one member, whose founder lies at 0, are left out", "text.dim")]
  }

  private static func bars(_ names: [String], _ counts: [Int], _ width: Int) -> [StyledText] {
    let most = Double(max(1, counts.max() ?? 1))
    let column = names.map(\.count).max() ?? 0
    return zip(names, counts).map { name, count in
      StyledText([
        .init(name.leftPadded(to: column) + " ", "number"),
        .init(Figures.bar(Double(count) / most, width: max(8, width - column - 10)), "bar"),
        .init(count == 0 ? "·" : " \(Figures.grouped(count))", "text.dim"),
      ])
    }
  }
}
