import Numerics

extension Transformer {
  /// What the model would predict if the residual stream ended in each of these rows: the final norm, then the
  /// unembedding, with its bias where there is one.
  ///
  /// A soft cap on logits is left out, as in the reference's lens; it changes no order.
  /// - Parameter rows: `[count, hiddenSize]`; a row's length hardly matters, since the norm takes it away.
  /// - Returns: `[count, vocabularySize]`.
  /// - Complexity: O(count · hiddenSize · vocabularySize).
  package func lens(_ rows: [Float], count: Int) -> [Float] {
    let (hidden, vocabulary) = (configuration.hiddenSize, configuration.vocabularySize)
    precondition(
      rows.count == count * hidden, "expected \(count)×\(hidden) components, got \(rows.count)")
    guard count > 0 else { return [] }
    var normed = rows
    return [Float](unsafeUninitializedCapacity: count * vocabulary) { buffer, initialised in
      initialised = count * vocabulary
      guard let output = buffer.baseAddress else { return }
      normed.withUnsafeMutableBufferPointer { normed in
        guard let base = normed.baseAddress else { return }
        for row in 0..<count {
          Rows.normalise(
            base + row * hidden, configuration.norm, weights.finalNorm, into: base + row * hidden,
            hidden)
        }
        nonisolated(unsafe) let (input, output) = (UnsafePointer(base), output)
        let columnsPerItem = 64 * Panels.width
        Parallel.forEach((vocabulary + columnsPerItem - 1) / columnsPerItem, threads: threads) {
          [weights] item, _ in
          let columns = item * columnsPerItem..<min((item + 1) * columnsPerItem, vocabulary)
          withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, weights.room)) { room in
            guard let room = room.baseAddress else { return }
            weights.head.apply(columns, to: input, rows: count, into: output, room: room)
          }
        }
      }
    }
  }
}
