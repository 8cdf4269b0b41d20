import Experiments
import Regions
import Storage
import Terminal

/// The exemplars as dots on a plane, coloured by a column of the table.
struct MapView {
  let regions: RegionsScreen
  let map: MapState
  let theme: Theme

  /// From little to much; digits say the same where colours do not.
  private static let roles = ["map.1", "map.2", "map.3", "map.4", "map.5"]

  func draw(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let (plane, legend) = rest.split(rows: max(1, rest.rows - 2))
    drawTitle(into: &screen, title)
    guard let exemplars = regions.extras.map else {
      let failure = regions.extras.failure(.map, region: nil)
      let note =
        failure.map { "✗ \($0)" } ?? "finding the directions in which exemplars differ most…"
      screen.write(
        note, row: plane.row + 1, column: plane.column + 2, limit: plane.columns - 4,
        style: theme.style(failure == nil ? "text.dim" : "warning"), overflow: .ellipsis)
      return
    }
    guard !exemplars.points.isEmpty else {
      screen.write(
        "this dictionary has no regions", row: plane.row + 1, column: plane.column + 2,
        style: theme.style("text.dim"))
      return
    }
    drawDots(exemplars, plane, into: &screen)
    drawLegend(exemplars, legend, into: &screen)
  }

  private func drawTitle(into screen: inout Cells, _ rect: Rect) {
    var shown = map.projection == .plane ? "plane" : "sphere"
    if let explained = regions.extras.map?.explained {
      let shares = (0..<(map.projection == .plane ? 2 : 3)).map { Figures.percent(explained[$0]) }
      shown += " of \(shares.joined(separator: " + ")) of the variance"
    }
    let zoom = map.zoom > 1 ? " · \(Figures.fixed(map.zoom, 0))×" : ""
    screen.drawTitleRule(
      rect, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("\(regions.dictionary.title) › ", "text.dim", into: &screen)
        pen.write("Map", "title", into: &screen)
        if regions.isShortened {
          let shown =
            "\(Figures.grouped(regions.rows.count)) of \(Figures.grouped(regions.dictionary.regionCount)) lit"
          pen.write(" › \(shown)", "match", into: &screen)
        }
      }, trailing: shown + zoom)
  }

  // MARK: - Dots

  /// Step 0 to 4 of each region by rank of its value; `nil` where it has none.
  private func steps() -> [Int?] {
    let facts = regions.facts
    let count = regions.dictionary.regionCount
    if map.colour == .labelled {
      return (0..<count).map { regions.label(of: $0) == nil || regions.isHidden($0) ? 0 : 4 }
    }
    let field: RegionField =
      switch map.colour {
      case .coherence: .coherence
      case .distance: .distance
      case .founded: .founded
      case .refusal: .refusal
      case .members, .labelled: .members
      }
    let values = (0..<count).map { facts.value(of: field, $0).flatMap { $0.isFinite ? $0 : nil } }
    let sorted = values.compactMap(\.self).sorted()
    guard let last = sorted.last, last > sorted[0] else {
      return values.map { $0 == nil ? nil : 2 }
    }
    let bounds = (1...4).map { sorted[min(sorted.count - 1, sorted.count * $0 / 5)] }
    return values.map { value in value.map { value in bounds.count { value >= $0 } } }
  }

  private func drawDots(_ exemplars: ExemplarMap, _ area: Rect, into screen: inout Cells) {
    let projection = MapProjection(exemplars, map, dots: SIMD2(area.columns * 2, area.rows * 4))
    var plane = BraillePlane(columns: area.columns, rows: area.rows)
    let cells = area.columns * area.rows
    var sums = [Int](repeating: 0, count: cells)
    var counts = [Int](repeating: 0, count: cells)
    var isLit = [Bool](repeating: false, count: cells)
    var isPoint = [Bool](repeating: false, count: cells)
    var listed = [Bool](repeating: !regions.isShortened, count: exemplars.points.count)
    if regions.isShortened { for region in regions.rows { listed[Int(region)] = true } }
    let steps = steps()
    let sizes = MapLabels.sizes(regions)
    var largest = [Int](repeating: 0, count: cells)
    for (region, point) in exemplars.points.enumerated() {
      let place = projection.place(point)
      guard abs(place.x) < 1e6, abs(place.y) < 1e6,
        let cell = plane.cell(x: Int(place.x.rounded()), y: Int(place.y.rounded()))
      else { continue }
      plane.set(x: Int(place.x.rounded()), y: Int(place.y.rounded()))
      isPoint[cell] = true
      if sizes[region] == 4 {
        // The largest take two dots by two.
        for (x, y) in [(1, 0), (0, 1), (1, 1)] {
          plane.set(x: Int(place.x.rounded()) + x, y: Int(place.y.rounded()) + y)
        }
      }
      guard listed[region] else { continue }
      largest[cell] = max(largest[cell], sizes[region])
      isLit[cell] = true
      if let step = steps[region] {
        sums[cell] += step
        counts[cell] += 1
      }
    }
    let isSparse = exemplars.points.count * 12 < cells && map.zoom <= 4
    for cell in 0..<cells where !plane.isEmpty(cell) {
      let step = counts[cell] == 0 ? nil : (sums[cell] + counts[cell] / 2) / counts[cell]
      let role = isLit[cell] ? step.map { Self.roles[$0] } ?? "text.dim" : "border"
      // Where dots are few, single ones would be lost to the eye.
      guard !isSparse || isPoint[cell] else { continue }
      var glyph = isSparse ? MapLabels.glyphs[largest[cell]] : plane.glyph(cell)
      if map.showsValues { glyph = isLit[cell] ? step.map { String($0 + 1) } ?? "?" : "·" }
      screen.write(
        glyph, row: area.row + cell / area.columns, column: area.column + cell % area.columns,
        style: theme.style(role))
    }
    mark(exemplars, projection, plane, area, into: &screen)
    MapLabels(regions: regions, theme: theme).draw(area, into: &screen) { region in
      guard listed[region], exemplars.points.indices.contains(region) else { return nil }
      let place = projection.place(exemplars.points[region])
      guard abs(place.x) < 1e6, abs(place.y) < 1e6 else { return nil }
      return plane.cell(x: Int(place.x.rounded()), y: Int(place.y.rounded()))
    } isTaken: {
      !plane.isEmpty($0)
    }
  }

  /// Neighbours of the selected region as rings, and itself.
  private func mark(
    _ exemplars: ExemplarMap, _ projection: MapProjection, _ plane: BraillePlane, _ area: Rect,
    into screen: inout Cells
  ) {
    guard let selected = regions.selected, exemplars.points.indices.contains(selected) else {
      return
    }
    func put(_ region: Int, _ glyph: String, _ role: String) {
      let place = projection.place(exemplars.points[region])
      guard abs(place.x) < 1e6, abs(place.y) < 1e6,
        let cell = plane.cell(x: Int(place.x.rounded()), y: Int(place.y.rounded()))
      else { return }
      screen.write(
        glyph, row: area.row + cell / area.columns, column: area.column + cell % area.columns,
        style: theme.style(role))
    }
    if let surroundings = regions.extras.surroundings, surroundings.region == selected {
      for neighbour in surroundings.neighbours.prefix(8)
      where exemplars.points.indices.contains(neighbour.region) {
        put(neighbour.region, "○", "title")
      }
    }
    put(selected, "◉", "region.selected")
  }

  // MARK: - Legend

  private func drawLegend(_ exemplars: ExemplarMap, _ rect: Rect, into screen: inout Cells) {
    guard rect.rows >= 2 else { return }
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    if let region = regions.selected {
      pen.write("◉", "region.selected", into: &screen)
      pen.write(" region \(region) ", "title", into: &screen)
      if let label = regions.label(of: region), !regions.isHidden(region) {
        pen.write("\(label.text) ", "region.label", into: &screen)
      }
      if !regions.isHidden(region) {
        pen.write(
          "· \(Figures.count(regions.dictionary.table.memberCounts[region], "member")) ", "text",
          into: &screen)
      }
      if let context = regions.selectedDetail?.context(ContextPlace()), let text = context.text {
        pen.write("· ", "text.dim", into: &screen)
        let lines = regions.dictionary.lines(
          of: text, token: context.token, columns: max(8, pen.room))
        for span in lines.first ?? [] { pen.write(span.text, span.look.role, into: &screen) }
      }
    }
    var legend = Pen(
      theme: theme, row: rect.row + 1, column: rect.column + 1, end: rect.endColumn - 1)
    if map.colour == .labelled {
      legend.write("labelled: ", "text.dim", into: &screen)
      legend.write("1 no ", Self.roles[0], into: &screen)
      legend.write("5 yes", Self.roles[4], into: &screen)
    } else {
      legend.write("\(map.colour.title), by fifths: ", "text.dim", into: &screen)
      for (step, role) in Self.roles.enumerated() {
        legend.write(
          step == 0 ? "1 least " : step == 4 ? "5 most" : "\(step + 1) ", role, into: &screen)
      }
    }
    legend.skip(2)
    legend.write("○", "title", into: &screen)
    legend.write(" nearest 8 by cosine", "text.dim", into: &screen)
  }
}
