import Foundation
import LanguageModel
import Numerics
import Storage

/// How long the rows of the residual stream are at a hook: the unit in which the strength of a steering can be given, so that
/// it means the same in models of other widths and at other layers.
package struct ResidualNorm: Sendable, Equatable, Codable {
  /// Of the rows' Euclidean norms.
  package var median: Double
  /// How many rows it is over.
  package var rows: Int
  package var hook: String
  /// Whose rows they are: `the 200 prompts of refusal.epstore`.
  package var source: String

  /// The most rows that are read; of more, as many evenly spaced ones.
  package static let mostRows = 1 << 16

  /// - Parameter values: `[n, dimension]`.
  /// - Throws: `ExperimentError.missing` without rows, `invalidValue` where their median norm is no length to measure by.
  package init(
    of values: [Float], dimension: Int, hook: String, source: String
  ) throws {
    try self.init(
      norms: Self.norms(of: values, dimension: dimension), hook: hook, source: source)
  }

  private init(norms: [Double], hook: String, source: String) throws {
    guard !norms.isEmpty else {
      throw ExperimentError(
        .missing, "there are no rows at \(hook) whose norm could be a unit", file: source)
    }
    let median = norms.median
    guard median.isFinite, median > 0 else {
      throw ExperimentError(
        .invalidValue,
        "the median norm of its rows at \(hook) is \(median): nothing can be measured in it",
        file: source)
    }
    (self.median, rows) = (median, norms.count)
    (self.hook, self.source) = (hook, source)
  }

  /// Of the rows that a store kept of some documents.
  ///
  /// - Throws: `ExperimentError.missing` for a hook that the store has no rows of, and as ``init(of:dimension:hook:source:)``.
  package init(
    _ store: StoreFile, _ documents: [StoreDocument], at hook: String, most: Int = mostRows
  ) throws {
    guard let known = store.hooks.first(where: { $0.name == hook }) else {
      throw ExperimentError(
        .missing,
        "has no rows at \(hook), so their median norm is not known; it has "
          + store.hooks.map(\.name).joined(separator: ", "), file: store.name)
    }
    let count = documents.reduce(0) { $0 + $1.rowCount }
    let taken = min(count, most)
    // The k-th of those that are read stands at k·count/taken of the documents' rows, one after the other.
    var (wanted, next, passed) = ([Int](), 0, 0)
    for document in documents {
      while next < taken, next * count / taken < passed + document.rowCount {
        wanted.append(document.firstRow + next * count / taken - passed)
        next += 1
      }
      passed += document.rowCount
    }
    var norms: [Double] = []
    for start in stride(from: 0, to: wanted.count, by: Self.blockRows) {
      let block = Array(wanted[start..<min(start + Self.blockRows, wanted.count)])
      norms += Self.norms(of: try store.rows(hook, at: block), dimension: known.dimension)
    }
    try self.init(
      norms: norms, hook: hook,
      source: "the \(documents.count) \(Self.word(of: documents)) of \(store.name)")
  }

  private static let blockRows = 4096

  private static func word(of documents: [StoreDocument]) -> String {
    let isOne = documents.count == 1
    return documents.allSatisfy { $0.kind == .prompt }
      ? (isOne ? "prompt" : "prompts") : (isOne ? "document" : "documents")
  }

  private static func norms(of values: [Float], dimension: Int) -> [Double] {
    guard dimension > 0 else { return [] }
    return (0..<values.count / dimension).map { row in
      var sum = 0.0
      for component in row * dimension..<(row + 1) * dimension {
        sum += Double(values[component]) * Double(values[component])
      }
      return sum.squareRoot()
    }
  }

  /// α of a strength in this unit.
  package func alpha(_ norms: Double) -> Float { Float(norms * median) }

  /// A strength in this unit.
  package func norms(_ alpha: Float) -> Double { Double(alpha) / median }

  /// `24.6, the median norm of 8121 rows of the 200 prompts of refusal.epstore at blocks.12.hook_resid_post`.
  package var words: String {
    "\(Self.figure(median)), the median norm of \(rows) rows of \(source) at \(hook)"
  }

  /// Four significant digits.
  package static func figure(_ value: Double) -> String {
    String(format: "%.4g", value)
  }
}

extension AblationMaterial {
  /// The unit of a steering at a hook: over every position of the store's prompts.
  ///
  /// - Throws: as ``ResidualNorm/init(_:_:at:most:)``.
  package func residualNorm(at hook: String) throws -> ResidualNorm {
    try ResidualNorm(store, prompts.map(\.document), at: hook)
  }
}

/// How strong a steering is, as a person gives it.
package enum SteeringStrength: Sendable, Equatable, Codable {
  /// α itself, in units of the residual stream.
  case alpha(Float)
  /// In units of the median norm of the residual stream at the hook.
  case norms(Double)

  /// - Parameter norm: `nil` where it is not known.
  /// - Throws: `ExperimentError.missing` for a strength in norms where none is known.
  package func alpha(_ norm: ResidualNorm?) throws -> Float {
    switch self {
    case .alpha(let alpha): return alpha
    case .norms(let norms):
      guard let norm else {
        throw ExperimentError(
          .missing, "a strength in norms needs rows of the residual stream to measure", file: "α")
      }
      return norm.alpha(norms)
    }
  }
}
