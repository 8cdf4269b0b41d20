/// One batch of a stream of activations. Batch boundaries matter to a build, so they are part of the data.
package struct ActivationBatch: Sendable, Equatable {
  /// `[count, D]`, residual stream, row-major, finite, not yet centred.
  package var rows: [Float]
  package var count: Int
  /// `[count]`, the document of each row, counted over the whole stream; empty where the stream has no text.
  package var documentOfRow: [Int32]
  /// `[count]`, the token position of each row; empty where it is not known.
  package var positions: [Int32]
  /// The texts that this batch adds to the stream's documents.
  package var documents: [String]

  package init(
    rows: [Float], count: Int, documentOfRow: [Int32] = [], positions: [Int32] = [],
    documents: [String] = []
  ) {
    precondition(
      count == 0 || rows.count % count == 0,
      "expected a multiple of \(count) components, got \(rows.count)")
    precondition(
      documentOfRow.isEmpty || documentOfRow.count == count,
      "expected \(count) document indices, got \(documentOfRow.count)")
    precondition(
      positions.isEmpty || positions.count == count,
      "expected \(count) positions, got \(positions.count)")
    self.rows = rows
    self.count = count
    self.documentOfRow = documentOfRow
    self.positions = positions
    self.documents = documents
  }

  /// D; 0 for an empty batch.
  package var dimension: Int { count == 0 ? 0 : rows.count / count }
}
