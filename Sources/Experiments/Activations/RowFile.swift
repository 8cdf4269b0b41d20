import ExemplarPartitioning
import Foundation
import TensorFiles

/// One file that holds rows `[n, D]` of any float type: `.npy`, `.npz` or `.safetensors`.
struct RowFile: Sendable {
  private enum Contents: Sendable {
    case array(NumPyArray)
    case safetensors(SafetensorsFile, String)
  }

  private let file: String
  private let contents: Contents
  let count: Int
  let dimension: Int

  init(_ url: URL) throws {
    file = url.lastPathComponent
    let shape: [Int]
    switch url.pathExtension.lowercased() {
    case "npy":
      let array = try Self.about(file) { try NumPyFile(url).array }
      (contents, shape) = (.array(array), array.shape)
    case "npz":
      let file = file
      let array = try Self.about(file) {
        let archive = try NPZArchive(url)
        let outlines = archive.names.compactMap { name in
          (try? archive.outline(name)).map { (name, $0.shape, $0.isNumbers) }
        }
        // One that does not say what it is has no shape; reading it says what is wrong.
        let name =
          archive.names.count == 1 ? archive.names[0] : try Self.choose(outlines, file: file)
        return try archive.array(name)
      }
      (contents, shape) = (.array(array), array.shape)
    case "safetensors":
      let file = file
      let (tensors, name) = try Self.about(file) {
        let tensors = try SafetensorsFile(url)
        let outlines = tensors.names.map { name in
          (
            name, tensors.tensors[name]?.shape ?? tensors.unread[name]?.shape ?? [],
            tensors.tensors[name] != nil
          )
        }
        return (tensors, try Self.choose(outlines, file: file))
      }
      let info = try Self.about(file) { try tensors.info(name) }
      (contents, shape) = (.safetensors(tensors, name), info.shape)
    default:
      throw ExperimentError(
        .unknownLayout, "expected .npy, .npz, .safetensors or a folder of shards", file: file)
    }
    guard shape.count == 2, shape[1] > 0 else {
      throw ExperimentError(.mismatch, "expected shape [n, D], found \(shape)", file: file)
    }
    (count, dimension) = (shape[0], shape[1])
  }

  /// The matrix called `x` or `activations` where there is one of them, or else the only matrix, or the only array.
  ///
  /// A matrix of a type that is not read does not make the choice a matter of doubt, unless it is named so or alone.
  private static func choose(
    _ arrays: [(name: String, shape: [Int], isRead: Bool)], file: String
  ) throws -> String {
    let matrices = arrays.filter { $0.shape.count == 2 }
    let named = matrices.filter { ["x", "activations"].contains($0.name) }
    if named.count == 1 { return named[0].name }
    let readable = matrices.filter(\.isRead)
    let candidates = readable.isEmpty ? matrices : readable
    if candidates.count == 1 { return candidates[0].name }
    if candidates.isEmpty, arrays.count == 1 { return arrays[0].name }
    let found = (candidates.isEmpty ? arrays : candidates).prefix(8).map {
      "\(TensorFileError.printable($0.name)) \($0.shape)"
    }
    throw ExperimentError(
      .unknownLayout,
      "expected one matrix, or one named x or activations, found "
        + (found.isEmpty ? "no arrays" : found.joined(separator: ", ")),
      file: file)
  }

  private static func about<R>(_ file: String, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
  }

  func read(batchSize: Int, _ body: (ActivationBatch) throws -> Bool) throws {
    for start in stride(from: 0, to: count, by: batchSize) {
      let range = start..<min(start + batchSize, count)
      let rows = try Self.about(file) {
        switch contents {
        case .array(let array): try array.floats(rows: range)
        case .safetensors(let tensors, let name): try tensors.floats(name, rows: range)
        }
      }
      if let row = firstRowThatIsNotFinite(rows, dimension: dimension) {
        throw ExperimentError(
          .invalidValue,
          "row \(start + row): expected finite activations, found NaN or infinity", file: file)
      }
      if try !body(ActivationBatch(rows: rows, count: range.count)) { return }
    }
  }
}
