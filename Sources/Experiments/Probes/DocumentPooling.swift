/// What one row of a probe is.
package enum DocumentPooling: String, Encodable, Sendable, CaseIterable {
  /// A document: the readouts of its tokens, averaged.
  case mean
  /// A document: its final position.
  case last
  /// A token, with the class of its document.
  case token

  /// Which positions of an activation source it takes.
  package var positions: Positions { self == .last ? .last : .all }
}

extension ProbeFeatures {
  /// Gathers readouts, averaged over the rows of each unit.
  ///
  /// - Source: SAEBench's sparse probing encodes every token and averages what the encoder gives.
  struct Pool {
    private let unitOfRow: [Int]
    private let width: Int
    private let isSparse: Bool
    private var sizes: [Double]
    private var dense: [Double]
    private var sparse: [[Int32: Double]]
    private var row = 0

    /// - Parameter unitOfRow: `[count]`, each from 0; every unit has a row.
    init(_ unitOfRow: [Int], units: Int, width: Int, isSparse: Bool) {
      (self.unitOfRow, self.width, self.isSparse) = (unitOfRow, width, isSparse)
      sizes = [Double](repeating: 0, count: units)
      for unit in unitOfRow { sizes[unit] += 1 }
      dense = isSparse ? [] : [Double](repeating: 0, count: units * width)
      sparse = isSparse ? [[Int32: Double]](repeating: [:], count: units) : []
    }

    /// Adds the readouts of the next rows, `[count, width]`.
    mutating func add(_ encoded: [Float], count: Int) {
      for offset in 0..<count {
        let unit = unitOfRow[row]
        row += 1
        for i in 0..<width {
          let value = Double(encoded[offset * width + i])
          if !isSparse {
            dense[unit * width + i] += value
          } else if value != 0 {
            sparse[unit][Int32(i), default: 0] += value
          }
        }
      }
    }

    var features: ProbeFeatures {
      guard isSparse else {
        var values = dense
        for unit in sizes.indices {
          for i in 0..<width { values[unit * width + i] /= sizes[unit] }
        }
        return .dense(values, count: sizes.count, width: width)
      }
      var (starts, indices, values) = ([0], [Int32](), [Double]())
      for (unit, line) in sparse.enumerated() {
        for (index, value) in line.sorted(by: { $0.key < $1.key }) {
          indices.append(index)
          values.append(value / sizes[unit])
        }
        starts.append(indices.count)
      }
      return .sparse(starts: starts, indices: indices, values: values, width: width)
    }
  }

  /// The mean of each feature over some rows, `[width]`.
  func means(_ rows: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: width)
    forEachValue(rows) { _, feature, value in sums[feature] += value }
    return sums.map { $0 / Double(max(rows.count, 1)) }
  }

  /// Some features of some rows, as they are.
  func columns(_ chosen: [Int], of rows: [Int]) -> ProbeFeatures {
    var place = [Int](repeating: -1, count: width)
    for (index, feature) in chosen.enumerated() { place[feature] = index }
    var values = [Double](repeating: 0, count: rows.count * chosen.count)
    forEachValue(rows) { row, feature, value in
      if place[feature] >= 0 { values[row * chosen.count + place[feature]] = value }
    }
    return .dense(values, count: rows.count, width: chosen.count)
  }

  /// Calls with the place of a row among those named, a feature and its value; zeros may be left out.
  private func forEachValue(_ rows: [Int], _ body: (Int, Int, Double) -> Void) {
    for (place, row) in rows.enumerated() {
      switch self {
      case .dense(let values, _, let width):
        for feature in 0..<width { body(place, feature, values[row * width + feature]) }
      case .oneHot(let indices, let values, _):
        if indices[row] >= 0 { body(place, Int(indices[row]), values[row]) }
      case .sparse(let starts, let indices, let values, _):
        for index in starts[row]..<starts[row + 1] {
          body(place, Int(indices[index]), values[index])
        }
      }
    }
  }
}
