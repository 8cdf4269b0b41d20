import Foundation
import Storage
import TensorFiles

/// A probe that somebody fitted: w · x + b, positive for what it is a probe of.
///
/// As other software writes one: the `state_dict` of a `torch.nn.Linear` with one output in safetensors, or `coef_` and
/// `intercept_` of scikit-learn in an `.npz`; a `.npy` is w alone.
package struct LinearProbe: Sendable, Equatable {
  package let weights: [Float]
  package let bias: Double
  /// SHA-256 of the file.
  package let hash: String

  /// - Throws: `ExperimentError` for a file that is not there or not read, of more than one output, with numbers that are not
  ///   finite, or with anything beside a weight and a bias, which it would be wrong to leave out.
  package init(_ url: URL) throws {
    let file = url.lastPathComponent
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
      throw ExperimentError(.missing, "no such file", file: file)
    }
    do {
      hash = try FileHash.of(url)
      (weights, bias) = try Self.read(url, file)
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
  }

  /// - Parameter mean: `[D]`.
  package func isPositive(_ mean: [Double]) -> Bool {
    zip(weights, mean).reduce(bias) { $0 + Double($1.0) * $1.1 } > 0
  }

  private static func read(_ url: URL, _ file: String) throws -> ([Float], Double) {
    switch url.pathExtension.lowercased() {
    case "npy":
      let array = try NumPyFile(url).array
      return (try weight(array.shape, "the array", file) { try array.floats() }, 0)
    case "npz":
      let archive = try NPZArchive(url)
      let names = try Names(archive.names, file)
      let array = try archive.array(names.weight)
      let weights = try weight(array.shape, names.weight, file) { try array.floats() }
      guard let name = names.bias else { return (weights, 0) }
      let bias = try archive.array(name)
      return (weights, try self.bias(bias.shape, name, file) { try bias.floats() })
    case "safetensors":
      let tensors = try SafetensorsFile(url)
      let names = try Names(tensors.names, file)
      let shape = try tensors.info(names.weight).shape
      let weights = try weight(shape, names.weight, file) { try tensors.floats(names.weight) }
      guard let name = names.bias else { return (weights, 0) }
      return (
        weights,
        try bias(try tensors.info(name).shape, name, file) { try tensors.floats(name) }
      )
    default:
      throw ExperimentError(
        .unknownLayout, "expected a probe in .safetensors, .npz or .npy", file: file)
    }
  }

  /// Which array is which; a module's name may stand before, with a point.
  private struct Names {
    var weight: String
    var bias: String?

    init(_ names: [String], _ file: String) throws {
      func found(_ known: [String]) -> [String] {
        names.filter { name in known.contains(String(name.split(separator: ".").last ?? "")) }
      }
      let weights = found(["weight", "coef_", "coef", "w"])
      let biases = found(["bias", "intercept_", "intercept", "b"])
      let others = names.filter { !weights.contains($0) && !biases.contains($0) }
      guard weights.count == 1, biases.count < 2, others.isEmpty else {
        throw ExperimentError(
          .unknownLayout,
          "expected a probe: weight (or coef_) and at most a bias (or intercept_), found "
            + (names.isEmpty
              ? "nothing"
              : names.sorted().prefix(8).map { TensorFileError.printable($0) }
                .joined(separator: ", ")),
          file: file)
      }
      (weight, bias) = (weights[0], biases.first)
    }
  }

  private static func weight(
    _ shape: [Int], _ name: String, _ file: String, _ read: () throws -> [Float]
  ) throws -> [Float] {
    guard shape.count == 1 || (shape.count == 2 && shape[0] == 1), shape.last ?? 0 > 0 else {
      throw ExperimentError(
        .mismatch,
        "\(TensorFileError.printable(name)): expected a probe of one output, [D] or [1, D], found \(shape)",
        file: file)
    }
    return try finite(read(), name, file)
  }

  private static func bias(
    _ shape: [Int], _ name: String, _ file: String, _ read: () throws -> [Float]
  ) throws -> Double {
    guard shape.allSatisfy({ $0 == 1 }) else {
      throw ExperimentError(
        .mismatch,
        "\(TensorFileError.printable(name)): expected one number, found \(shape)", file: file)
    }
    return Double(try finite(read(), name, file)[0])
  }

  private static func finite(_ values: [Float], _ name: String, _ file: String) throws -> [Float] {
    guard values.allSatisfy(\.isFinite) else {
      throw ExperimentError(
        .invalidValue,
        "\(TensorFileError.printable(name)): expected finite values, found NaN or infinity",
        file: file)
    }
    return values
  }
}
