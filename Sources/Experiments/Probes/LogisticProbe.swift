import Foundation
import Numerics

/// Logistic regression with a ridge penalty on the weights and none on the intercepts.
///
/// Minimises `C · Σ loss + ½ ‖w‖²`, as scikit-learn's `LogisticRegression(C)` does: one weight vector for two classes
/// (the loss of the second class's log-odds), one for each of more (softmax).
package struct LogisticProbe: Sendable, Equatable {
  package let classCount: Int
  package let width: Int
  /// `[outputs, width]`, with 1 output for two classes.
  package let weights: [Double]
  /// `[outputs]`.
  package let intercepts: [Double]
  package let hasConverged: Bool

  private var outputs: Int { classCount == 2 ? 1 : classCount }
  static let rowsPerBlock = 512

  /// - Parameters:
  ///   - classes: `[count]`, each below `classCount`, which is at least 2.
  ///   - c: the inverse strength of the penalty.
  /// - Complexity: O(count · width · classes) an iteration.
  package init(
    _ features: ProbeFeatures, classes: [Int], classCount: Int, c: Double = 1,
    minimiser: Minimiser = Minimiser(), threads: Int
  ) {
    precondition(classCount >= 2, "expected at least 2 classes, got \(classCount)")
    precondition(
      classes.count == features.count,
      "expected \(features.count) classes, got \(classes.count)")
    let outputs = classCount == 2 ? 1 : classCount
    let width = features.width
    let result = minimiser.minimise(
      from: [Double](repeating: 0, count: outputs * (width + 1))
    ) { parameters, gradient in
      Self.objective(
        features, classes, classCount, c, parameters, &gradient, threads: threads)
    }
    self.classCount = classCount
    self.width = width
    weights = Array(result.parameters.prefix(outputs * width))
    intercepts = Array(result.parameters.suffix(outputs))
    hasConverged = result.hasConverged
  }

  /// The mean loss with its penalty, and its gradient; `parameters` are the weights, then the intercepts.
  static func objective(
    _ features: ProbeFeatures, _ classes: [Int], _ classCount: Int, _ c: Double,
    _ parameters: [Double], _ gradient: inout [Double], threads: Int
  ) -> Double {
    let outputs = classCount == 2 ? 1 : classCount
    let (width, count) = (features.width, features.count)
    let weights = Array(parameters.prefix(outputs * width))
    let intercepts = Array(parameters.suffix(outputs))
    let blocks = (count + rowsPerBlock - 1) / rowsPerBlock
    // A thread sums some neighbouring blocks; how many does not depend on the number of threads.
    let items = min(blocks, 16)
    var partial = [(loss: Double, gradient: [Double])](repeating: (0, []), count: items)
    partial.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let partial = buffer
      Parallel.forEach(items, threads: threads) { item, _ in
        var own = [Double](repeating: 0, count: outputs * (width + 1))
        var loss = 0.0
        for block in blocks * item / items..<blocks * (item + 1) / items {
          let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, count)
          var scores = features.scores(rows, weights, outputs: outputs)
          loss += residuals(&scores, intercepts, classes[rows], outputs: outputs)
          for row in 0..<rows.count {
            for output in 0..<outputs {
              own[outputs * width + output] += scores[row * outputs + output]
            }
          }
          features.addGradient(rows, scores, outputs: outputs, to: &own)
        }
        partial[item] = (loss, own)
      }
    }
    var loss = 0.0
    for i in gradient.indices { gradient[i] = 0 }
    for part in partial {
      loss += part.loss
      for i in gradient.indices { gradient[i] += part.gradient[i] }
    }
    let penalty = 1 / (c * Double(count))
    var squares = 0.0
    for i in gradient.indices { gradient[i] /= Double(count) }
    for i in weights.indices {
      squares += weights[i] * weights[i]
      gradient[i] += penalty * weights[i]
    }
    return loss / Double(count) + penalty / 2 * squares
  }

  /// Turns scores into `probability − truth`, and returns the loss.
  private static func residuals(
    _ scores: inout [Double], _ intercepts: [Double], _ classes: ArraySlice<Int>, outputs: Int
  ) -> Double {
    var loss = 0.0
    for (row, truth) in classes.enumerated() {
      let first = row * outputs
      if outputs == 1 {
        let z = scores[first] + intercepts[0]
        // log(1 + e^z) − y·z, and its derivative, without overflow.
        loss += max(z, 0) + log1p(exp(-abs(z))) - (truth == 1 ? z : 0)
        let probability = z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z))
        scores[first] = probability - (truth == 1 ? 1 : 0)
        continue
      }
      var largest = -Double.infinity
      for output in 0..<outputs {
        scores[first + output] += intercepts[output]
        largest = max(largest, scores[first + output])
      }
      let own = scores[first + truth] - largest
      var sum = 0.0
      for output in 0..<outputs {
        scores[first + output] = exp(scores[first + output] - largest)
        sum += scores[first + output]
      }
      loss += log(sum) - own
      for output in 0..<outputs { scores[first + output] /= sum }
      scores[first + truth] -= 1
    }
    return loss
  }

  /// The probability of every class for every row, `[count, classCount]`.
  package func probabilities(_ features: ProbeFeatures) -> [Double] {
    let scores = features.scores(0..<features.count, weights, outputs: outputs)
    var result: [Double] = []
    result.reserveCapacity(features.count * classCount)
    for row in 0..<features.count {
      if outputs == 1 {
        let z = scores[row] + intercepts[0]
        let second = z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z))
        result += [1 - second, second]
        continue
      }
      let shifted = (0..<outputs).map { scores[row * outputs + $0] + intercepts[$0] }
      let largest = shifted.max() ?? 0
      let powers = shifted.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      result += powers.map { $0 / sum }
    }
    return result
  }

  /// `w · x + b` of the second class of two, a row each.
  package func logits(_ features: ProbeFeatures) -> [Double] {
    precondition(classCount == 2, "expected two classes, got \(classCount)")
    return features.scores(0..<features.count, weights, outputs: 1).map { $0 + intercepts[0] }
  }
}
