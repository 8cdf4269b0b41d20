/// A drawing in the cells of a terminal: edges as Braille dots, two by four to a cell, and texts over them.
package enum DrawingGlyphs {
  /// Of more areas around the others their edges would fill every cell.
  private static let mostContext = 60

  /// - Parameters:
  ///   - width: the cells that a character takes, 0 to 2.
  ///   - rows: at most; fewer where the drawing is flat.
  /// - Returns: lines of at most `columns` cells, without spaces at their ends.
  package static func lines(
    _ drawing: Drawing, columns: Int, rows: Int, width: (Character) -> Int
  ) -> [String] {
    guard columns > 1, rows > 0, drawing.height > 0 else { return [] }
    // A cell is about twice as high as wide, and has twice as many dots up as across.
    let scale = min(
      Double(columns * 2 - 1) / Drawing.width, Double(rows * 4 - 1) / drawing.height)
    let used = min(rows, Int(drawing.height * scale) / 4 + 1)
    var plane = BraillePlane(columns: columns, rows: used)
    func dot(_ point: Drawing.Point) -> (x: Double, y: Double) {
      (point.x * scale, point.y * scale)
    }
    func set(_ x: Int, _ y: Int) { plane.set(x: x, y: y) }
    func draw(_ from: Drawing.Point, _ to: Drawing.Point) {
      let (a, b) = (dot(from), dot(to))
      let steps = max(1, Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)))
      guard steps < 100_000 else { return }
      for step in 0...steps {
        let share = Double(step) / Double(steps)
        set(Int(a.x + (b.x - a.x) * share), Int(a.y + (b.y - a.y) * share))
      }
    }
    let context = drawing.shapes.count { if case .area(_, .context) = $0 { true } else { false } }
    for shape in drawing.shapes {
      switch shape {
      case .area(let points, let role):
        guard role != .context || context <= mostContext, let last = points.last else { continue }
        for (a, b) in zip([last] + points, points) { draw(a, b) }
      case .line(let points, _, _): for (a, b) in zip(points, points.dropFirst()) { draw(a, b) }
      case .dot(let point, _):
        let place = dot(point)
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] { set(Int(place.x) + x, Int(place.y) + y) }
      case .text: break
      }
    }
    var cells = (0..<columns * used).map { plane.isEmpty($0) ? " " : plane.glyph($0) }
    for shape in drawing.shapes {
      guard case .text(let text, let point, _) = shape else { continue }
      let place = dot(point)
      let row = Int(place.y) / 4
      guard row >= 0, row < used else { continue }
      write(text, at: Int(place.x) / 2, row: row, columns: columns, into: &cells, width)
    }
    return (0..<used).map { row in
      let line = cells[row * columns..<(row + 1) * columns].joined()
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Writes a text around a cell, cut where the line ends. A character of two cells leaves the second empty.
  private static func write(
    _ text: String, at middle: Int, row: Int, columns: Int, into cells: inout [String],
    _ width: (Character) -> Int
  ) {
    let taken = text.reduce(0) { $0 + width($1) }
    var column = min(max(0, middle - taken / 2), max(0, columns - taken))
    for character in text {
      let own = width(character)
      guard own > 0 else { continue }
      guard column + own <= columns else { return }
      // Half of a character of two cells is a space.
      let cell = row * columns + column
      if cells[cell].isEmpty, column > 0 { cells[cell - 1] = " " }
      if column + own < columns, cells[cell + own].isEmpty { cells[cell + own] = " " }
      cells[cell] = String(character)
      for more in 1..<max(own, 1) { cells[row * columns + column + more] = "" }
      column += own
    }
  }
}
