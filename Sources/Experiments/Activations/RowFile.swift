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
        let name = try Self.choose(archive.names, file: file) { archive.contains($0) }
        return try archive.array(name)
      }
      (contents, shape) = (.array(array), array.shape)
    case "safetensors":
      let file = file
      let (tensors, name) = try Self.about(file) {
        let tensors = try SafetensorsFile(url)
        let matrices = tensors.names.filter { tensors.tensors[$0]?.shape.count == 2 }
        // A matrix of another type does not make the choice a matter of doubt, unless it is the one that is named or alone.
        let unread = tensors.names.filter { tensors.unread[$0]?.shape.count == 2 }
        let name = try Self.choose(matrices.isEmpty ? unread : matrices, file: file) {
          matrices.contains($0) || unread.contains($0)
        }
        return (tensors, name)
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

  /// `x` or `activations` where there is one, or else the only array.
  private static func choose(
    _ names: [String], file: String, has: (String) -> Bool
  ) throws -> String {
    for name in ["x", "activations"] where has(name) { return name }
    guard names.count == 1 else {
      throw ExperimentError(
        .unknownLayout,
        "expected one matrix, or one named x or activations, found \(names.count): \(names.prefix(8).map { TensorFileError.printable($0) }.joined(separator: ", "))",
        file: file)
    }
    return names[0]
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
