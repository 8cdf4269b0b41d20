import Foundation
import Numerics

/// What a probe sees of each row, in blocks that threads can share.
package enum ProbeFeatures: Sendable {
  /// `[count, width]` f64.
  case dense([Double], count: Int, width: Int)
  /// One number of `width` a row: which, and its value; the others are 0. −1 for none.
  case oneHot(indices: [Int32], values: [Double], width: Int)
  /// The numbers of row r that are not 0 lie at `starts[r]..<starts[r + 1]`.
  case sparse(starts: [Int], indices: [Int32], values: [Double], width: Int)

  package var count: Int {
    switch self {
    case .dense(_, let count, _): count
    case .oneHot(let indices, _, _): indices.count
    case .sparse(let starts, _, _, _): starts.count - 1
    }
  }

  package var width: Int {
    switch self {
    case .dense(_, _, let width), .oneHot(_, _, let width), .sparse(_, _, _, let width): width
    }
  }

  /// The rows named, in the order named.
  package func rows(_ chosen: [Int]) -> ProbeFeatures {
    switch self {
    case .dense(let values, _, let width):
      var result: [Double] = []
      result.reserveCapacity(chosen.count * width)
      for row in chosen { result.append(contentsOf: values[row * width..<(row + 1) * width]) }
      return .dense(result, count: chosen.count, width: width)
    case .oneHot(let indices, let values, let width):
      return .oneHot(
        indices: chosen.map { indices[$0] }, values: chosen.map { values[$0] }, width: width)
    case .sparse(let starts, let indices, let values, let width):
      var (newStarts, newIndices, newValues) = ([0], [Int32](), [Double]())
      for row in chosen {
        newIndices += indices[starts[row]..<starts[row + 1]]
        newValues += values[starts[row]..<starts[row + 1]]
        newStarts.append(newIndices.count)
      }
      return .sparse(starts: newStarts, indices: newIndices, values: newValues, width: width)
    }
  }

  /// `features · weightsᵀ` for some rows, `[rows, outputs]`; `weights` is `[outputs, width]`.
  func scores(_ rows: Range<Int>, _ weights: [Double], outputs: Int) -> [Double] {
    var result = [Double](repeating: 0, count: rows.count * outputs)
    switch self {
    case .dense(let values, _, let width):
      values.withUnsafeBufferPointer { values in
        weights.withUnsafeBufferPointer { weights in
          result.withUnsafeMutableBufferPointer { result in
            guard let a = values.baseAddress, let b = weights.baseAddress,
              let c = result.baseAddress
            else { return }
            MatrixProducts.scores(
              a + rows.lowerBound * width, rows: rows.count, b, columns: outputs, depth: width,
              into: c)
          }
        }
      }
    case .oneHot(let indices, let values, let width):
      for row in rows where indices[row] >= 0 {
        for output in 0..<outputs {
          result[(row - rows.lowerBound) * outputs + output] =
            weights[output * width + Int(indices[row])] * values[row]
        }
      }
    case .sparse(let starts, let indices, let values, let width):
      for row in rows {
        for output in 0..<outputs {
          var sum = 0.0
          for place in starts[row]..<starts[row + 1] {
            sum += weights[output * width + Int(indices[place])] * values[place]
          }
          result[(row - rows.lowerBound) * outputs + output] = sum
        }
      }
    }
    return result
  }

  /// Adds `residualsᵀ · features` of some rows to `gradient [outputs, width]`.
  func addGradient(
    _ rows: Range<Int>, _ residuals: [Double], outputs: Int, to gradient: inout [Double]
  ) {
    switch self {
    case .dense(let values, _, let width):
      values.withUnsafeBufferPointer { values in
        residuals.withUnsafeBufferPointer { residuals in
          gradient.withUnsafeMutableBufferPointer { gradient in
            guard let x = values.baseAddress, let r = residuals.baseAddress,
              let g = gradient.baseAddress
            else { return }
            MatrixProducts.addTransposedProduct(
              r, rows: outputs, x + rows.lowerBound * width, columns: width, depth: rows.count,
              to: g)
          }
        }
      }
    case .oneHot(let indices, let values, let width):
      for row in rows where indices[row] >= 0 {
        for output in 0..<outputs {
          gradient[output * width + Int(indices[row])] +=
            residuals[(row - rows.lowerBound) * outputs + output] * values[row]
        }
      }
    case .sparse(let starts, let indices, let values, let width):
      for row in rows {
        for output in 0..<outputs {
          let residual = residuals[(row - rows.lowerBound) * outputs + output]
          for place in starts[row]..<starts[row + 1] {
            gradient[output * width + Int(indices[place])] += residual * values[place]
          }
        }
      }
    }
  }
}

/// Mean and spread of dense features, taken from the rows that a probe is fitted on.
package struct FeatureScale: Sendable, Equatable {
  package var means: [Double]
  /// Population standard deviations, 1 for a feature that is constant.
  package var deviations: [Double]

  /// - Parameter values: `[count, width]`.
  package init(_ values: [Double], count: Int, width: Int) {
    means = [Double](repeating: 0, count: width)
    deviations = means
    for row in 0..<count { for i in 0..<width { means[i] += values[row * width + i] } }
    for i in 0..<width { means[i] /= Double(max(count, 1)) }
    for row in 0..<count {
      for i in 0..<width {
        let difference = values[row * width + i] - means[i]
        deviations[i] += difference * difference
      }
    }
    for i in 0..<width {
      deviations[i] = (deviations[i] / Double(max(count, 1))).squareRoot()
      if !(deviations[i] > 1e-12 * max(abs(means[i]), 1)) { deviations[i] = 1 }
    }
  }

  /// Puts both in units of the spread of `fitted`; other than dense ones stay as they are.
  static func standardise(_ fitted: inout ProbeFeatures, _ tested: inout ProbeFeatures) {
    guard case .dense(let values, let count, let width) = fitted,
      case .dense(let others, let otherCount, _) = tested
    else { return }
    let scale = FeatureScale(values, count: count, width: width)
    fitted = .dense(scale.applied(to: values), count: count, width: width)
    tested = .dense(scale.applied(to: others), count: otherCount, width: width)
  }

  package func applied(to values: [Double]) -> [Double] {
    let width = means.count
    var result = values
    for row in 0..<(width == 0 ? 0 : values.count / width) {
      for i in 0..<width {
        result[row * width + i] = (values[row * width + i] - means[i]) / deviations[i]
      }
    }
    return result
  }
}
