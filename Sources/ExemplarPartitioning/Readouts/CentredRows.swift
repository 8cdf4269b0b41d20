/// Activations less the centre of a dictionary, as readouts and baselines want them.
package enum CentredRows {
  /// `(row − centre) / (‖row − centre‖ + 1e-12)`, `[count, D]`.
  package static func units(
    _ rows: [Float], count: Int, centre: [Float], threads: Int
  ) -> [Float] {
    let batch = ActivationBatch(rows: rows, count: count)
    return [Float](unsafeUninitializedCapacity: count * centre.count) { buffer, initialised in
      initialised = count * centre.count
      guard count > 0, let base = buffer.baseAddress else { return }
      UnitRows.withWriter(batch, centre: centre, into: base) {
        $0.writeAll(count, threads: threads)
      }
    }
  }

  /// `row − centre`, `[count, D]`.
  package static func differences(_ rows: [Float], count: Int, centre: [Float]) -> [Float] {
    let dimension = centre.count
    precondition(
      rows.count == count * dimension,
      "expected \(count)×\(dimension) components, got \(rows.count)")
    return [Float](unsafeUninitializedCapacity: rows.count) { buffer, initialised in
      rows.withUnsafeBufferPointer { rows in
        for row in 0..<count {
          for i in 0..<dimension {
            buffer[row * dimension + i] = rows[row * dimension + i] - centre[i]
          }
        }
      }
      initialised = rows.count
    }
  }
}
