import Foundation
import MatrixProducts

/// A sparse autoencoder's encoder, as published, in f32.
package struct SparseAutoencoder: Sendable {
  /// What comes after the linear map.
  package enum Activation: Sendable, Equatable {
    case relu
    /// Where a preactivation is above its threshold (and 0) it passes; `[F]`.
    case jumpRelu(thresholds: [Float])
    /// The k largest preactivations of a row, the negative ones as 0.
    case topK(Int)
    /// A gate opens where `x · W + gateBias > 0`; what passes is `relu(x · W·e^scale + bias)`; `[F]` each.
    case gated(gateBias: [Float], scale: [Float])
  }

  package let name: String
  /// As in TransformerLens; `nil` where no file says it.
  package let hook: String?
  package let model: String?
  /// D.
  package let inputWidth: Int
  /// F.
  package let featureCount: Int
  package let activation: Activation
  /// `[F, D]`: the transpose of the published `W_enc`.
  let encoder: [Float]
  /// `[F]`.
  let bias: [Float]
  /// `[D]`, subtracted first; empty for nothing.
  let inputBias: [Float]
  /// `[F]`, the norm of each decoder row where preactivations are multiplied by it; empty for not.
  let decoderNorms: [Float]

  init(
    name: String, hook: String?, model: String?, inputWidth: Int, featureCount: Int,
    activation: Activation, encoder: [Float], bias: [Float], inputBias: [Float],
    decoderNorms: [Float] = []
  ) {
    precondition(encoder.count == inputWidth * featureCount && bias.count == featureCount)
    self.name = name
    self.hook = hook
    self.model = model
    self.inputWidth = inputWidth
    self.featureCount = featureCount
    self.activation = activation
    self.encoder = encoder
    self.bias = bias
    self.inputBias = inputBias
    self.decoderNorms = decoderNorms
  }

  /// Feature activations of some rows, `[count, F]`, none negative.
  ///
  /// - Parameter rows: `[count, D]`, residual stream.
  /// - Complexity: O(count · D · F).
  package func encode(_ rows: [Float], count: Int, threads: Int) -> [Float] {
    var input = rows
    if !inputBias.isEmpty {
      for row in 0..<count {
        for i in 0..<inputWidth { input[row * inputWidth + i] -= inputBias[i] }
      }
    }
    let rowsPerItem = 64
    return [Float](unsafeUninitializedCapacity: count * featureCount) { buffer, initialised in
      initialised = count * featureCount
      guard let output = buffer.baseAddress else { return }
      input.withUnsafeBufferPointer { input in
        encoder.withUnsafeBufferPointer { encoder in
          guard let inputBase = input.baseAddress, let encoderBase = encoder.baseAddress else {
            return
          }
          nonisolated(unsafe) let (output, input, encoder) = (output, inputBase, encoderBase)
          Parallel.forEach((count + rowsPerItem - 1) / rowsPerItem, threads: threads) { item, _ in
            let first = item * rowsPerItem
            let size = min(rowsPerItem, count - first)
            let target = output + first * featureCount
            MatrixProducts.multiplyTransposed(
              input + first * inputWidth, rows: size, encoder, columns: featureCount,
              depth: inputWidth, into: target, strideC: featureCount)
            for row in 0..<size { activate(target + row * featureCount) }
          }
        }
      }
    }
  }

  private func activate(_ row: UnsafeMutablePointer<Float>) {
    switch activation {
    case .gated(let gateBias, let scale):
      for f in 0..<featureCount {
        let isOpen = row[f] + gateBias[f] > 0
        row[f] = isOpen ? max(row[f] * scale[f] + bias[f], 0) : 0
      }
      return
    case .relu, .jumpRelu, .topK: break
    }
    for f in 0..<featureCount { row[f] += bias[f] }
    if !decoderNorms.isEmpty { for f in 0..<featureCount { row[f] *= decoderNorms[f] } }
    switch activation {
    case .relu: for f in 0..<featureCount { row[f] = max(row[f], 0) }
    case .jumpRelu(let thresholds):
      for f in 0..<featureCount { row[f] = row[f] > thresholds[f] ? max(row[f], 0) : 0 }
    case .topK(let k): keepLargest(k, row)
    case .gated: break
    }
  }

  /// Leaves the `k` largest, equals from the first on, and none that is negative.
  private func keepLargest(_ k: Int, _ row: UnsafeMutablePointer<Float>) {
    guard k < featureCount else {
      for f in 0..<featureCount { row[f] = max(row[f], 0) }
      return
    }
    let values = UnsafeMutableBufferPointer(start: row, count: featureCount)
    let limit = values.sorted(by: >)[k - 1]
    var equals = k - values.count { $0 > limit }
    for f in 0..<featureCount {
      if row[f] > limit {
        row[f] = max(row[f], 0)
      } else if row[f] == limit, equals > 0 {
        equals -= 1
        row[f] = max(row[f], 0)
      } else {
        row[f] = 0
      }
    }
  }
}
