import Foundation
import Numerics

/// The centre and the threshold of a dictionary, fixed before it is built.
package struct Calibration: Sendable, Equatable {
  /// `[D]`: the spherical mean direction, scaled by the mean projection of activations on it.
  package var centre: [Float]
  /// θ, a cosine distance.
  package var threshold: Double
  /// `nil` where a dictionary does not say.
  package var activationCount: Int?
  /// p, in percent; `nil` likewise.
  package var percentile: Double?

  package init(centre: [Float], threshold: Double, activationCount: Int?, percentile: Double?) {
    self.centre = centre
    self.threshold = threshold
    self.activationCount = activationCount
    self.percentile = percentile
  }
}

/// A stream of activations that cannot be calibrated on.
package enum CalibrationError: Error, Equatable, CustomStringConvertible {
  case noActivations
  case noPairs(batches: Int)
  case thresholdNotPositive(Double)
  case thresholdNotFinite

  package var description: String {
    switch self {
    case .noActivations: "expected activations to calibrate on, found none"
    case .noPairs(let batches):
      "expected a batch of at least 2 activations to calibrate θ on, found \(batches) batches of 1"
    case .thresholdNotPositive(let threshold):
      "expected activations that differ, but the calibrated θ is \(threshold): "
        + "too many of them are the same; a higher percentile may help"
    case .thresholdNotFinite:
      "the calibrated θ is not a number: activations lie on the centre itself, as those that are all the same do, "
        + "or are too large for their squares in f32"
    }
  }
}

/// Calibrates in two passes over the same batches: `CentreAccumulator`, then `ThresholdAccumulator`.
package struct CentreAccumulator: Sendable {
  private var sum: [Float] = []
  private var unitSum: [Float] = []
  package private(set) var activationCount = 0

  package init() {}

  /// Adds a batch. Sums run over rows in order in f32, as numpy adds the rows of a matrix.
  package mutating func add(_ batch: ActivationBatch) {
    guard batch.count > 0 else { return }
    let dimension = batch.dimension
    precondition(
      sum.isEmpty || sum.count == dimension,
      "expected activations of \(sum.count) components, got \(dimension)")
    var batchSum = [Float](repeating: 0, count: dimension)
    var batchUnitSum = batchSum
    batch.rows.withUnsafeBufferPointer { rows in
      batchSum.withUnsafeMutableBufferPointer { sum in
        batchUnitSum.withUnsafeMutableBufferPointer { unitSum in
          for index in 0..<batch.count {
            let row = rows.baseAddress! + index * dimension
            let norm =
              UnitRows.sumOfSquares(row, count: dimension).squareRoot() + UnitRows.epsilon
            UnitRows.add(row, to: sum.baseAddress!, count: dimension)
            for i in 0..<dimension { unitSum[i] += row[i] / norm }
          }
        }
      }
    }
    if sum.isEmpty {
      (sum, unitSum) = (batchSum, batchUnitSum)
    } else {
      for i in 0..<dimension {
        sum[i] += batchSum[i]
        unitSum[i] += batchUnitSum[i]
      }
    }
    activationCount += batch.count
  }

  /// `direction · ⟨mean, direction⟩` with `direction = normalise(mean of a/‖a‖)`, `[D]`.
  package func centre() throws -> [Float] {
    guard activationCount > 0 else { throw CalibrationError.noActivations }
    let count = Float(activationCount)
    var direction = unitSum.map { $0 / count }
    let norm = Float(direction.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
    for i in direction.indices { direction[i] /= norm + UnitRows.epsilon }
    let projection = zip(sum, direction).reduce(0.0) { $0 + Double($1.0 / count) * Double($1.1) }
    return direction.map { $0 * Float(projection) }
  }
}

extension CentreAccumulator {
  /// What is needed to go on from the end of a batch.
  package var state: StateColumns {
    var state = StateColumns()
    state["sum"] = .floats(sum)
    state["unitSum"] = .floats(unitSum)
    state["activations"] = .integers([Int64(activationCount)])
    return state
  }

  /// - Throws: `StateError`.
  package init(_ state: StateColumns) throws {
    sum = try state.floats("sum")
    unitSum = try state.floats("unitSum", count: sum.count)
    activationCount = try state.count("activations")
  }
}

/// θ: the mean over batches of the p-th percentile of the pairwise cosine distances of a batch's centred unit rows.
package struct ThresholdAccumulator: Sendable {
  private let centre: [Float]
  private let percentile: Double
  private let threads: Int
  private var percentiles: [Double] = []
  private var batches = 0
  private var activationCount = 0

  /// - Parameters:
  ///   - percentile: in (0, 100).
  package init(centre: [Float], percentile: Double, threads: Int) {
    precondition(
      percentile > 0 && percentile < 100, "expected a percentile in (0, 100), got \(percentile)")
    self.centre = centre
    self.percentile = percentile
    self.threads = threads
  }

  /// Adds a batch; one of a single row has no pairs and counts for nothing.
  package mutating func add(_ batch: ActivationBatch) {
    guard batch.count > 0 else { return }
    batches += 1
    activationCount += batch.count
    guard batch.count > 1 else { return }
    let dimension = batch.dimension
    precondition(
      dimension == centre.count,
      "expected activations of \(centre.count) components, got \(dimension)")
    // Distances are f64, of unit rows widened from f32 and normalised again, as scipy's are.
    var units = [Float](repeating: 0, count: batch.count * dimension)
    var wide = [Double](repeating: 0, count: batch.count * dimension)
    units.withUnsafeMutableBufferPointer { units in
      UnitRows.withWriter(batch, centre: centre, into: units.baseAddress!) {
        $0.writeAll(batch.count, threads: threads)
      }
      wide.withUnsafeMutableBufferPointer { wide in
        for row in 0..<batch.count {
          var squares = 0.0
          for i in 0..<dimension {
            let value = Double(units[row * dimension + i])
            squares += value * value
          }
          let norm = squares.squareRoot()
          for i in 0..<dimension {
            wide[row * dimension + i] = Double(units[row * dimension + i]) / norm
          }
        }
      }
    }
    percentiles.append(
      PairwiseDistances(unitRows: wide, count: batch.count, dimension: dimension, threads: threads)
        .percentile(percentile))
  }

  /// A cosine distance that f32 rows cannot have unless they are the same: half the square of an
  /// angle of one rounding.
  static let leastThreshold = 1e-14

  package func finish() throws -> Calibration {
    guard batches > 0 else { throw CalibrationError.noActivations }
    guard !percentiles.isEmpty else { throw CalibrationError.noPairs(batches: batches) }
    let threshold = percentiles.mean
    guard threshold.isFinite else { throw CalibrationError.thresholdNotFinite }
    // Distances of rows that are the same but for the rounding of f64 are no distances.
    guard threshold > Self.leastThreshold else {
      throw CalibrationError.thresholdNotPositive(threshold)
    }
    return Calibration(
      centre: centre, threshold: threshold, activationCount: activationCount,
      percentile: percentile)
  }
}

extension ThresholdAccumulator {
  /// What is needed to go on from the end of a batch; the percentile is a setting.
  package var state: StateColumns {
    var state = StateColumns()
    state["centre"] = .floats(centre)
    state["percentiles"] = .doubles(percentiles)
    state["counts"] = .integers([Int64(batches), Int64(activationCount)])
    return state
  }

  /// How many activations were seen.
  package var activations: Int { activationCount }

  /// - Throws: `StateError`.
  package init(_ state: StateColumns, percentile: Double, threads: Int) throws {
    self.init(centre: try state.floats("centre"), percentile: percentile, threads: threads)
    percentiles = try state.doubles("percentiles")
    let counts = try state.integers("counts", in: 0..<Int64.max, count: 2)
    (batches, activationCount) = (Int(counts[0]), Int(counts[1]))
    guard percentiles.count <= batches else { throw StateError("percentiles") }
  }
}

extension Calibration {
  /// All of it, as a build that goes on needs it.
  package var state: StateColumns {
    var state = StateColumns()
    state["centre"] = .floats(centre)
    state["threshold"] = .doubles([threshold])
    if let activationCount { state["calibrationActivations"] = .integers([Int64(activationCount)]) }
    if let percentile { state["percentile"] = .doubles([percentile]) }
    return state
  }

  /// - Throws: `StateError`.
  package init(_ state: StateColumns) throws {
    let centre = try state.floats("centre")
    let threshold = try state.doubles("threshold")
    guard !centre.isEmpty, centre.allSatisfy(\.isFinite), threshold.count == 1, threshold[0] > 0,
      threshold[0].isFinite
    else { throw StateError("centre and threshold") }
    self.init(
      centre: centre, threshold: threshold[0],
      activationCount: state["calibrationActivations"] == nil
        ? nil : try state.count("calibrationActivations"),
      percentile: state["percentile"] == nil
        ? nil : try state.doubles("percentile").first)
  }
}
