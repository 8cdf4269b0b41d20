import ExemplarPartitioning
import Foundation
import Numerics
import Storage
import TensorFiles

/// The nearest region of every activation of a stream.
package struct ActivationAssignment: Sendable, Equatable {
  package struct Summary: Sendable, Equatable, Encodable {
    package var activations: Int
    /// Share at a distance of at most θ; `nil`, like the percentiles, of nothing.
    package var withinThreshold: Double?
    package var p50: Double?
    package var p90: Double?
    package var p99: Double?
  }

  /// `[n]`, regions.
  package var ids: [Int64] = []
  /// `[n]`, cosine distances in [0, 2].
  package var distances: [Float] = []
  package var threshold: Double

  /// - Parameter progress: called after each batch with the activations so far; an error it throws cancels.
  package static func run(
    _ dictionary: DictionaryFile, _ source: ActivationSource, threads: Int,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> ActivationAssignment {
    try MatrixProducts.verify()
    try dictionary.checkHasRegions()
    var assigner = RegionAssigner(
      centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(), threads: threads)
    var result = ActivationAssignment(threshold: dictionary.threshold)
    try source.forEachBatch { batch in
      guard batch.count == 0 || batch.dimension == dictionary.dimension else {
        throw ExperimentError(
          .mismatch,
          "expected activations of \(dictionary.dimension) components as in \(dictionary.name), found \(batch.dimension)",
          file: source.url.lastPathComponent)
      }
      let assigned = assigner.assign(batch)
      result.ids.append(contentsOf: assigned.ids.map(Int64.init))
      result.distances.append(contentsOf: assigned.distances)
      try progress(result.ids.count)
      return true
    }
    return result
  }

  /// `ids` I64 `[n]` and `distances` F32 `[n]`, whole or not at all.
  package func write(to url: URL) throws {
    try SafetensorsWriter.write(
      [
        ("ids", SafetensorsTensor(ids, shape: [ids.count])),
        ("distances", SafetensorsTensor(distances, shape: [distances.count])),
      ], to: url)
  }

  /// Percentiles are linear between ranks.
  package var summary: Summary {
    let sorted = distances.map(Double.init).sorted()
    func percentile(_ p: Double) -> Double? {
      sorted.isEmpty ? nil : sorted.percentile(p)
    }
    let limit = Float(threshold)
    let within = distances.reduce(0) { $0 + ($1 <= limit ? 1 : 0) }
    return Summary(
      activations: ids.count,
      withinThreshold: ids.isEmpty ? nil : Double(within) / Double(ids.count),
      p50: percentile(50), p90: percentile(90), p99: percentile(99))
  }
}

/// What came of an assignment, under the keys by which it is printed.
package struct AssignmentRecord: Encodable, Sendable {
  @Inline var summary: ActivationAssignment.Summary
  var theta: Double
  var seconds: Double
  var notices: [String]

  package init(_ result: ActivationAssignment, notices: [String], seconds: Double) {
    (summary, theta) = (result.summary, result.threshold)
    (self.notices, self.seconds) = (notices, seconds)
  }

  package var text: String {
    func show(_ value: Double?) -> String { value.map(formatted) ?? "—" }
    let within = show(summary.withinThreshold.map { $0 * 100 })
    return """
      \(summary.activations) activations, \(within) % within θ \(formatted(theta))
      distance p50 \(show(summary.p50)), p90 \(show(summary.p90)), p99 \(show(summary.p99))\
      \(notices.map { "\nnote: \(onOneLine($0))" }.joined())
      """
  }
}
