import ExemplarPartitioning
import Foundation

/// Activations in memory with the documents they belong to.
package struct ActivationRows: Sendable {
  /// `[count, D]`, residual stream, not centred.
  package var rows: [Float] = []
  package var count = 0
  package var dimension = 0
  /// `[count]`; a row without a document is one of its own.
  package var documentOfRow: [Int32] = []
  /// `[count]`, token positions; the row's place in the stream where they are not known.
  package var positions: [Int32] = []
  package var documents: [String] = []
  /// Rows of each batch, in order.
  package var batchSizes: [Int] = []
  /// Documents of the first batch; of rows without documents each is one.
  package private(set) var documentsOfFirstBatch = 0
  /// The file or folder that they were read from, for errors.
  package var sourceName = ""

  package init() {}

  /// Reads a stream whole, or its first rows up to the end of the batch that reaches `limit`.
  ///
  /// - Parameter dimension: the width expected, and whose it is, for the error.
  /// - Throws: what the source throws, and `mismatch` for another width.
  package static func read(
    _ source: ActivationSource, expecting dimension: (Int, of: String)? = nil,
    limit: Int = .max, progress: (Int) throws -> Void = { _ in }
  ) throws -> ActivationRows {
    var result = ActivationRows()
    result.sourceName = source.url.lastPathComponent
    try source.forEachBatch { batch in
      try checkWidth(
        batch, expecting: dimension, file: source.url.lastPathComponent)
      result.append(batch)
      try progress(result.count)
      return result.count < limit
    }
    guard result.count > 0 else {
      throw ExperimentError(
        .missing, "expected activations, found none", file: source.url.lastPathComponent)
    }
    return result
  }

  package mutating func append(_ batch: ActivationBatch) {
    guard batch.count > 0 else { return }
    dimension = batch.dimension
    if count == 0 {
      documentsOfFirstBatch =
        batch.documents.isEmpty
        ? (batch.documentOfRow.isEmpty ? batch.count : Set(batch.documentOfRow).count)
        : batch.documents.count
    }
    rows.append(contentsOf: batch.rows)
    documents.append(contentsOf: batch.documents)
    if batch.documentOfRow.isEmpty {
      documentOfRow.append(contentsOf: (count..<count + batch.count).map(Int32.init))
    } else {
      documentOfRow.append(contentsOf: batch.documentOfRow)
    }
    if batch.positions.isEmpty {
      positions.append(contentsOf: (count..<count + batch.count).map(Int32.init))
    } else {
      positions.append(contentsOf: batch.positions)
    }
    count += batch.count
    batchSizes.append(batch.count)
  }

  /// The rows named, in the order named, flat.
  package func rows(at indices: [Int]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(indices.count * dimension)
    for index in indices {
      result.append(contentsOf: rows[index * dimension..<(index + 1) * dimension])
    }
    return result
  }
}

/// - Throws: `mismatch` for a batch of another width than is expected.
func checkWidth(
  _ batch: ActivationBatch, expecting dimension: (Int, of: String)?, file: String
) throws {
  guard let (width, owner) = dimension, batch.count > 0, batch.dimension != width else { return }
  throw ExperimentError(
    .mismatch,
    "expected activations of \(width) components as in \(owner), found \(batch.dimension)",
    file: file)
}
