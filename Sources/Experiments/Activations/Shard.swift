import ExemplarPartitioning
import Foundation
import TensorFiles

/// One file of the reference's activation cache: `x` f32 `[n, D]`, `prompt_ids` and `position_ids` i64 `[n]`, and the
/// `prompts` that the ids index.
struct Shard {
  let file: String
  let rows: [Float]
  let count: Int
  let dimension: Int
  let prompts: [String]
  /// `[count]`, or empty where the shard does not say.
  let promptOfRow: [Int]
  /// `[count]`, or empty where the shard does not say.
  let positions: [Int]

  init(_ url: URL) throws {
    file = url.lastPathComponent
    let archive: NPZArchive
    let x: NumPyArray
    do {
      archive = try NPZArchive(url)
      x = try archive.array("x")
      guard x.shape.count == 2, x.shape[1] > 0 else {
        throw ExperimentError(
          .mismatch, "x: expected shape [n, D], found \(x.shape)", file: file)
      }
      rows = try x.floats()
      (count, dimension) = (x.shape[0], x.shape[1])
      prompts = archive.contains("prompts") ? try archive.array("prompts").strings() : []
      promptOfRow = try Self.indices("prompt_ids", archive, count: count, file: file)
      positions = try Self.indices("position_ids", archive, count: count, file: file)
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
    guard prompts.isEmpty == promptOfRow.isEmpty || prompts.isEmpty else {
      throw ExperimentError(
        .mismatch, "expected prompt_ids beside \(prompts.count) prompts, found none", file: file)
    }
    if !prompts.isEmpty, let stray = promptOfRow.first(where: { !prompts.indices.contains($0) }) {
      throw ExperimentError(
        .mismatch, "prompt_ids: expected 0..<\(prompts.count), found \(stray)", file: file)
    }
    if let row = firstRowThatIsNotFinite(rows, dimension: dimension) {
      throw ExperimentError(
        .invalidValue, "row \(row): expected finite activations, found NaN or infinity", file: file)
    }
  }

  private static func indices(
    _ name: String, _ archive: NPZArchive, count: Int, file: String
  ) throws -> [Int] {
    guard archive.contains(name) else { return [] }
    let values = try archive.array(name).int64s()
    guard values.count == count else {
      throw ExperimentError(
        .mismatch, "\(name): expected \(count) values, one a row, found \(values.count)", file: file
      )
    }
    let places = 0..<Int64(Int32.max)
    guard let stray = values.first(where: { !places.contains($0) }) else {
      return values.map(Int.init)
    }
    throw ExperimentError(.invalidValue, "\(name): expected \(places), found \(stray)", file: file)
  }

  /// Checks that shards agree on D; the first one sets it.
  func check(dimension expected: inout Int?) throws {
    guard let width = expected else {
      expected = dimension
      return
    }
    guard width == dimension else {
      throw ExperimentError(
        .mismatch,
        "expected activations of \(width) components as in the first shard, found \(dimension)",
        file: file)
    }
  }

  func row(_ index: Int) -> ArraySlice<Float> {
    rows[index * dimension..<(index + 1) * dimension]
  }

  func batch(firstDocument: Int) -> ActivationBatch {
    ActivationBatch(
      rows: rows, count: count,
      documentOfRow: prompts.isEmpty ? [] : promptOfRow.map { Int32(firstDocument + $0) },
      positions: prompts.isEmpty ? [] : positions.map(Int32.init), documents: prompts)
  }

  /// The row of each prompt's greatest position, by prompt.
  func finalRows() throws -> [Int] {
    guard !prompts.isEmpty, !positions.isEmpty || count == 0 else {
      throw ExperimentError(
        .unknownLayout, "final positions need prompts, prompt_ids and position_ids", file: file)
    }
    var finalRow = [Int?](repeating: nil, count: prompts.count)
    for row in 0..<count {
      let prompt = promptOfRow[row]
      if let best = finalRow[prompt], positions[best] >= positions[row] { continue }
      finalRow[prompt] = row
    }
    return finalRow.compactMap { $0 }
  }
}

/// The first row with a NaN or an infinity, or `nil`; rows are `[n, dimension]`.
func firstRowThatIsNotFinite(_ rows: [Float], dimension: Int) -> Int? {
  rows.withUnsafeBufferPointer { values -> Int? in
    // x − x is 0 for finite x and NaN otherwise, and a NaN anywhere stays in the sum.
    var i = 0
    let raw = UnsafeRawBufferPointer(values)
    while i < values.count {
      let end = min(i + 4096, values.count)
      var sums = SIMD16<Float>()
      var j = i
      while j + 16 <= end {
        let x = raw.loadUnaligned(fromByteOffset: j * 4, as: SIMD16<Float>.self)
        sums += x - x
        j += 16
      }
      var sum = sums.sum()
      while j < end {
        sum += values[j] - values[j]
        j += 1
      }
      if sum != 0, let bad = (i..<end).first(where: { !values[$0].isFinite }) {
        return bad / dimension
      }
      i = end
    }
    return nil
  }
}
