import ExemplarPartitioning
import Foundation
import Testing

@testable import Experiments

struct RefusalReadoutTests {
  private let dimension = 12
  private let centre = [Float](repeating: 0.5, count: 12)

  private func rows(_ count: Int, seed: UInt64) -> [Float] {
    (0..<count).flatMap { RandomDirection.unit(dimension: dimension, seed: seed &+ UInt64($0)) }
  }

  @Test func `the fit is where the gradient of its objective is nought`() throws {
    let count = 80
    let rows = rows(count, seed: 100)
    let refused = (0..<count).map { rows[$0 * dimension] + 0.3 * rows[$0 * dimension + 1] > 0.05 }
    let readout = try #require(RefusalReadout(rows: rows, refused: refused, centre: centre))
    #expect(readout.fittedOn == count && readout.fittedRefused == refused.count { $0 })
    let probabilities = readout.probabilities(rows)
    var squares = 0.0
    for index in rows.indices {
      let value = Double(rows[index] - centre[index % dimension])
      squares += value * value
    }
    let scale = (squares / Double(count)).squareRoot()
    var gradient = readout.weights.map(Double.init) + [0]
    for row in 0..<count {
      let residual = probabilities[row] - (refused[row] ? 1 : 0)
      for d in 0..<dimension {
        gradient[d] += residual * Double(rows[row * dimension + d] - centre[d]) / scale
      }
      gradient[dimension] += residual
    }
    #expect(gradient.allSatisfy { abs($0) < 5e-3 })
  }

  @Test func `what it was fitted on is mostly told apart`() throws {
    let rows = rows(60, seed: 500)
    let refused = (0..<60).map { rows[$0 * dimension] > 0 }
    let readout = try #require(RefusalReadout(rows: rows, refused: refused, centre: centre))
    let right = zip(readout.probabilities(rows), refused).count { ($0 > 0.5) == $1 }
    #expect(right > 50)
  }

  @Test func `one kind alone cannot be told apart`() {
    #expect(
      RefusalReadout(rows: rows(4, seed: 1), refused: [true, true, true, true], centre: centre)
        == nil)
    #expect(RefusalReadout(rows: [], refused: [], centre: centre) == nil)
    #expect(
      RefusalReadout(
        rows: [Float](repeating: 0.5, count: 24), refused: [true, false], centre: centre) == nil)
  }
}
