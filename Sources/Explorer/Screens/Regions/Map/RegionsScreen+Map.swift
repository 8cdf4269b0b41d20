import Experiments
import Foundation
import Storage

extension RegionsScreen {
  mutating func openMap() {
    page = .map(MapState())
  }

  mutating func openMetrics() {
    page = .metrics(MetricsState())
  }

  /// Asks for what the map or the metrics are drawn from.
  mutating func readPage(in session: inout Session) -> [Effect] {
    let url = dictionary.url
    switch page {
    case .map(let map):
      let outcomes = map.colour == .refusal ? readOutcomes(in: &session) : []
      let surroundings = selected.map { read(.surroundings, of: $0, in: &session) } ?? []
      guard extras.map == nil else { return outcomes + surroundings }
      return askOnce(.map, nil, .map(dictionary: url), in: &session) + outcomes + surroundings
    case .metrics:
      return extras.metrics == nil
        ? askOnce(.metrics, nil, .metrics(dictionary: url), in: &session) : []
    case .document, .hits, .example, nil: return []
    }
  }

  /// Where the map's cells go; below them are a line about the selected region and one on what is shown.
  func mapArea(in session: Session) -> (cells: SIMD2<Int>, row: Int) {
    let body = session.body
    return (SIMD2(body.columns, max(1, body.rows - 3)), body.row + 1)
  }

  mutating func runInMap(_ command: Command, _ map: MapState, in session: inout Session)
    -> [Effect]?
  {
    var map = map
    switch command {
    case .moveLeft, .moveRight, .moveUp, .moveDown:
      selectOnMap(command, map, in: &session)
      return []
    case .panLeft: map.centre.x -= 0.2 / map.zoom
    case .panRight: map.centre.x += 0.2 / map.zoom
    case .panUp: map.centre.y += 0.2 / map.zoom
    case .panDown: map.centre.y -= 0.2 / map.zoom
    case .zoomIn, .zoomOut:
      let zoom = map.zoom * (command == .zoomIn ? 2 : 0.5)
      map.zoom = min(max(zoom, 1), MapState.mostZoom)
      centre(&map)
    case .wholeMap: (map.zoom, map.centre) = (1, .zero)
    case .mapColour:
      let colours = MapState.Colour.allCases.filter {
        $0 != .refusal || dictionary.hasStore
      }
      let index = colours.firstIndex(of: map.colour) ?? 0
      map.colour = colours[(index + 1) % colours.count]
    case .mapValues: map.showsValues.toggle()
    case .mapProjection:
      map.projection = map.projection == .plane ? .sphere : .plane
      (map.zoom, map.centre) = (1, .zero)
    case .openDocument:
      page = nil
      showCursor(in: session)
      return []
    case .label, .note, .tag:
      page = nil
      return nil
    default: return nil
    }
    page = .map(map)
    return []
  }

  /// Puts the selected region in the middle; all of it at no zoom.
  private func centre(_ map: inout MapState) {
    map.centre = .zero
    guard map.zoom > 1, let all = extras.map, let region = selected,
      all.points.indices.contains(region)
    else { return }
    // Measured on a screen of a thousand dots, which is as good as any.
    var whole = map
    whole.zoom = 1
    let dots = SIMD2(1000, 1000)
    let projection = MapProjection(all, whole, dots: dots)
    var low = SIMD2(repeating: Double.infinity)
    var high = SIMD2(repeating: -Double.infinity)
    for point in all.points {
      let place = projection.place(point)
      low = pointwiseMin(low, place)
      high = pointwiseMax(high, place)
    }
    let size = pointwiseMax(high - low, SIMD2(repeating: 1e-9))
    let place = projection.place(all.points[region])
    map.centre = SIMD2(
      (place.x - (low.x + high.x) / 2) / size.x, -(place.y - (low.y + high.y) / 2) / size.y)
  }

  /// Selects the nearest listed region in a direction: within an eighth of a turn to each side.
  private mutating func selectOnMap(_ command: Command, _ map: MapState, in session: inout Session)
  {
    guard let all = extras.map, let region = selected,
      all.points.indices.contains(region)
    else { return }
    let (cells, _) = mapArea(in: session)
    let projection = MapProjection(all, map, dots: SIMD2(cells.x * 2, cells.y * 4))
    let here = projection.place(all.points[region])
    var best: (row: Int, distance: Double)?
    for (row, other) in rows.enumerated() where Int(other) != region {
      let step = projection.place(all.points[Int(other)]) - here
      let (ahead, aside) =
        switch command {
        case .moveLeft: (-step.x, step.y)
        case .moveRight: (step.x, step.y)
        case .moveUp: (-step.y, step.x)
        default: (step.y, step.x)
        }
      guard ahead > 0, abs(aside) <= ahead else { continue }
      let distance = ahead * ahead + aside * aside
      if distance < best?.distance ?? .infinity { best = (row, distance) }
    }
    guard let best else { return session.say(.note, "no region lies that way") }
    select(best.row, in: session)
  }

  mutating func clickOnMap(row: Int, column: Int, _ map: MapState, in session: Session) {
    guard let all = extras.map else { return }
    let (cells, top) = mapArea(in: session)
    guard row >= top, row < top + cells.y else { return }
    let projection = MapProjection(all, map, dots: SIMD2(cells.x * 2, cells.y * 4))
    let target = SIMD2(Double(column * 2) + 0.5, Double((row - top) * 4) + 1.5)
    let nearest = rows.enumerated().min { first, second in
      func distance(_ region: Int32) -> Double {
        let step = projection.place(all.points[Int(region)]) - target
        return step.x * step.x + step.y * step.y
      }
      return distance(first.element) < distance(second.element)
    }
    if let nearest { select(nearest.offset, in: session) }
  }

  mutating func runInMetrics(_ command: Command, _ metrics: MetricsState, in session: inout Session)
    -> [Effect]?
  {
    switch command {
    case _ where command.isMove:
      let body = session.body
      let count = MetricsLines(self, columns: body.columns).all.count
      let page = body.rows - 1
      let target = ListMoves.moved(
        metrics.top, count: max(1, count - page + 1), page: page, command)
      self.page = .metrics(MetricsState(top: target))
      return []
    default: return nil
    }
  }
}
