import Foundation
import Numerics

/// A sparse autoencoder's encoder, as published, in f32.
package struct SparseAutoencoder: Sendable {
  /// What comes after the linear map.
  package enum Activation: Sendable, Equatable {
    case relu
    /// The hyperbolic tangent of `relu`.
    case tanhReLU
    /// Where a preactivation is above its threshold (and 0) it passes; `[F]`.
    case jumpRelu(thresholds: [Float])
    /// The k largest preactivations of a row, the negative ones as 0.
    case topK(Int)
    /// A gate opens where `x · W + gateBias > 0`; what passes is `relu(x · W·e^scale + bias)`; `[F]` each.
    case gated(gateBias: [Float], scale: [Float])
  }

  /// What is done to a row before the encoder, in this order.
  package enum InputStep: String, Sendable, Equatable {
    /// Less the mean of its components: what a model with LayerNorm and centred writing weights has there. It changes
    /// nothing of rows that are centred.
    case centred
    /// Less its mean, over its standard deviation (of a sample) + 1e-5.
    case layerNorm = "layer_norm"
    /// To the length √D.
    case constantNorm = "constant_norm_rescale"
  }

  package let name: String
  package let site: Site
  package let model: String?
  package let steps: [InputStep]
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
    name: String, site: Site, model: String?, steps: [InputStep] = [], inputWidth: Int,
    featureCount: Int, activation: Activation, encoder: [Float], bias: [Float],
    inputBias: [Float], decoderNorms: [Float] = []
  ) {
    precondition(encoder.count == inputWidth * featureCount && bias.count == featureCount)
    self.name = name
    self.site = site
    self.model = model
    self.steps = steps
    self.inputWidth = inputWidth
    self.featureCount = featureCount
    self.activation = activation
    self.encoder = encoder
    self.bias = bias
    self.inputBias = inputBias
    self.decoderNorms = decoderNorms
  }

  /// All that is done between a row and its features, in words, in order.
  package var transformations: [String] {
    var words = steps.map { step in
      switch step {
      case .centred: "center_writing_weights: the mean of its components taken off each row"
      case .layerNorm: "normalize_activations layer_norm"
      case .constantNorm: "normalize_activations constant_norm_rescale"
      }
    }
    if !inputBias.isEmpty { words.append("apply_b_dec_to_input: less b_dec") }
    if !decoderNorms.isEmpty {
      words.append("rescale_acts_by_decoder_norm: times the norms of the decoder")
    }
    switch activation {
    case .relu: words.append("ReLU")
    case .tanhReLU: words.append("tanh of ReLU")
    case .jumpRelu: words.append("JumpReLU")
    case .topK(let k): words.append("the \(k) largest")
    case .gated: words.append("gated")
    }
    return words + ["computed in float32"]
  }

  /// Feature activations of some rows, `[count, F]`, none negative.
  ///
  /// - Parameter rows: `[count, D]`, residual stream.
  /// - Complexity: O(count · D · F).
  package func encode(_ rows: [Float], count: Int, threads: Int) -> [Float] {
    var input = rows
    for step in steps { apply(step, to: &input, count: count) }
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

  private func apply(_ step: InputStep, to rows: inout [Float], count: Int) {
    rows.withUnsafeMutableBufferPointer { values in
      for row in 0..<count {
        let line = UnsafeMutableBufferPointer(
          rebasing: values[row * inputWidth..<(row + 1) * inputWidth])
        switch step {
        case .centred: subtractMean(line)
        case .layerNorm:
          subtractMean(line)
          // Of less its mean again, as the library's standard deviation is, divided by D − 1.
          let mean = line.reduce(0.0) { $0 + Double($1) } / Double(inputWidth)
          let squares = line.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
          let deviation = Float((squares / Double(inputWidth - 1)).squareRoot())
          for i in line.indices { line[i] /= deviation + 1e-5 }
        case .constantNorm:
          let norm = Float(line.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
          let factor = Float(Double(inputWidth).squareRoot()) / norm
          for i in line.indices { line[i] *= factor }
        }
      }
    }
  }

  private func subtractMean(_ row: UnsafeMutableBufferPointer<Float>) {
    let mean = Float(row.reduce(0.0) { $0 + Double($1) } / Double(row.count))
    for i in row.indices { row[i] -= mean }
  }

  private func activate(_ row: UnsafeMutablePointer<Float>) {
    switch activation {
    case .gated(let gateBias, let scale):
      for f in 0..<featureCount {
        let isOpen = row[f] + gateBias[f] > 0
        row[f] = isOpen ? max(row[f] * scale[f] + bias[f], 0) : 0
      }
      return
    case .relu, .tanhReLU, .jumpRelu, .topK: break
    }
    for f in 0..<featureCount { row[f] += bias[f] }
    if !decoderNorms.isEmpty { for f in 0..<featureCount { row[f] *= decoderNorms[f] } }
    switch activation {
    case .relu: for f in 0..<featureCount { row[f] = max(row[f], 0) }
    case .tanhReLU: for f in 0..<featureCount { row[f] = tanh(max(row[f], 0)) }
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
