import Foundation
import GRDB
import TensorFiles

extension StoreFile {
  /// Activations at a hook: `[rows.count, D]`, row-major, as float32 whatever the store's type.
  ///
  /// - Precondition: `rows` lies within `0..<rowCount`.
  /// - Throws: `invalid` for a hook that the store lacks; `missing` or `damaged`, naming the
  ///   shard; `invalid` for a value that is not finite.
  package func rows(_ hook: String, _ rows: Range<Int>) throws -> [Float] {
    let hook = try self.hook(named: hook)
    var values: [Float] = []
    values.reserveCapacity(rows.count * hook.dimension)
    try append(hook, rows, to: &values)
    return values
  }

  /// The rows of the given numbers, in their order: `[rows.count, D]`.
  package func rows(_ hook: String, at rows: [Int]) throws -> [Float] {
    let hook = try self.hook(named: hook)
    var values: [Float] = []
    values.reserveCapacity(rows.count * hook.dimension)
    // Neighbours are read together, as whole documents mostly are asked for.
    var start = 0
    while start < rows.count {
      var end = start + 1
      while end < rows.count, rows[end] == rows[end - 1] + 1 { end += 1 }
      try append(hook, rows[start]..<rows[end - 1] + 1, to: &values)
      start = end
    }
    return values
  }

  /// The final positions of documents: `[documents.count, D]`.
  ///
  /// - Throws: `invalid`, naming a document without rows.
  package func lastRows(_ hook: String, of documents: [StoreDocument]) throws -> [Float] {
    try rows(
      hook,
      at: documents.map { document in
        guard let row = document.lastRow else {
          throw StorageError(
            .invalid, "document \(TensorFileError.printable(document.id)) has no activations",
            file: name)
        }
        return row
      })
  }

  private func append(_ hook: StoreHook, _ rows: Range<Int>, to values: inout [Float]) throws {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCount,
      "expected rows within 0..<\(rowCount), got \(rows)")
    var next = rows.lowerBound
    while next < rows.upperBound {
      // Of empty shards that begin here too, the last is the one with rows.
      let index = shards.partitioningIndex { $0.firstRow > next } - 1
      let shard = shards[index]
      let part = next..<min(rows.upperBound, shard.rows.upperBound)
      let file = try self.shard(index)
      let read: [Float]
      do {
        read = try file.floats(
          hook.name, rows: part.lowerBound - shard.firstRow..<part.upperBound - shard.firstRow)
      } catch let error as TensorFileError {
        throw StorageError(.damaged, error.description, file: "\(name)/\(shard.path)")
      }
      if let bad = read.firstIndex(where: { !$0.isFinite }) {
        throw StorageError(
          .invalid,
          "row \(part.lowerBound - shard.firstRow + bad / hook.dimension): expected finite "
            + "activations, found NaN or infinity",
          file: "\(name)/\(shard.path)")
      }
      values.append(contentsOf: read)
      next = part.upperBound
    }
  }
}
