import ExemplarPartitioning
import Foundation
import Numerics

/// A linear guess at whether a prompt will be refused, from the activation at its final position.
///
/// Ridge logistic regression on centred activations, divided by the root of their mean square length:
/// log-odds = w · (x − centre) / scale + b, minimising Σ log-loss + ½‖w‖². By Newton's method, its steps by conjugate
/// gradients. What it gives is a *prediction*, as good as its held-out AUROC.
package struct RefusalReadout: Sendable, Equatable {
  /// `[D]`.
  package let weights: [Float]
  package let bias: Double
  /// Activations it was fitted on, and how many of those were refused.
  package let fittedOn: Int
  package let fittedRefused: Int
  private let centre: [Float]
  private let scale: Float

  /// - Parameters:
  ///   - rows: `[n, D]`.
  ///   - refused: of each row.
  /// - Returns: `nil` where all rows or none are refused: nothing can be told apart.
  /// - Complexity: O(n · D) a step, some 50 steps.
  package init?(rows: [Float], refused: [Bool], centre: [Float]) {
    let (count, dimension) = (refused.count, centre.count)
    precondition(
      rows.count == count * dimension, "expected \(count)×\(dimension), got \(rows.count)")
    let positive = refused.count { $0 }
    guard positive > 0, positive < count else { return nil }
    var squares = 0.0
    var x = rows
    for row in 0..<count {
      for d in 0..<dimension {
        x[row * dimension + d] -= centre[d]
        squares += Double(x[row * dimension + d] * x[row * dimension + d])
      }
    }
    let scale = Float((squares / Double(count)).squareRoot())
    guard scale > 0 else { return nil }
    for index in x.indices { x[index] /= scale }
    let problem = LogisticProblem(x, count: count, dimension: dimension, targets: refused)
    let solution = problem.solve()
    weights = Array(solution.prefix(dimension))
    bias = Double(solution[dimension])
    fittedOn = count
    fittedRefused = positive
    self.centre = centre
    self.scale = scale
  }

  /// The probability of a refusal for each of the rows `[n, D]`.
  package func probabilities(_ rows: [Float]) -> [Double] {
    let dimension = centre.count
    return stride(from: 0, to: rows.count, by: dimension).map { start in
      var sum: Float = 0
      for d in 0..<dimension { sum += (rows[start + d] - centre[d]) * weights[d] }
      return 1 / (1 + exp(-(Double(sum / scale) + bias)))
    }
  }
}

/// Newton's method on Σ log-loss + ½‖w‖², the bias (the last component) not penalised.
private struct LogisticProblem {
  /// `[n, D + 1]`, a column of ones last, and its transpose.
  private let x: [Float]
  private let transposed: [Float]
  private let count: Int
  private let width: Int
  private let targets: [Bool]

  init(_ rows: [Float], count: Int, dimension: Int, targets: [Bool]) {
    (self.count, width, self.targets) = (count, dimension + 1, targets)
    var x = [Float](repeating: 1, count: count * width)
    var transposed = [Float](repeating: 1, count: count * width)
    for row in 0..<count {
      for d in 0..<dimension {
        let value = rows[row * dimension + d]
        x[row * width + d] = value
        transposed[d * count + row] = value
      }
    }
    (self.x, self.transposed) = (x, transposed)
  }

  func solve() -> [Float] {
    var w = [Float](repeating: 0, count: width)
    var loss = self.loss(w)
    for _ in 0..<25 {
      let p = times(x, rows: count, w).map { 1 / (1 + Foundation.exp(-$0)) }
      let residuals = zip(p, targets).map { $0 - ($1 ? 1 : 0) }
      var gradient = times(transposed, rows: width, residuals)
      for d in 0..<width - 1 { gradient[d] += w[d] }
      guard dot(gradient, gradient).squareRoot() > 1e-4 else { break }
      let curvature = p.map { max($0 * (1 - $0), 1e-6) }
      let step = conjugateGradients(curvature, gradient)
      // The loss is convex: some share of a Newton step always lowers it, until rounding says no more.
      var (share, improved) = (Float(1), false)
      while share > 1e-3 {
        let candidate = zip(w, step).map { $0 - share * $1 }
        let candidateLoss = self.loss(candidate)
        if candidateLoss < loss {
          (w, improved) = (candidate, loss - candidateLoss > 1e-7 * loss)
          loss = candidateLoss
          break
        }
        share /= 2
      }
      guard improved else { break }
    }
    return w
  }

  private func loss(_ w: [Float]) -> Double {
    let scores = times(x, rows: count, w)
    var sum = 0.5 * w.dropLast().reduce(0) { $0 + Double($1 * $1) }
    for (score, target) in zip(scores, targets) {
      let margin = Double(target ? score : -score)
      sum += margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin
    }
    return sum
  }

  /// (Xᵀ C X + I)⁻¹ g, to a hundredth.
  private func conjugateGradients(_ curvature: [Float], _ gradient: [Float]) -> [Float] {
    var solution = [Float](repeating: 0, count: width)
    var rest = gradient
    var direction = rest
    var length = dot(rest, rest)
    let enough = length * 1e-4
    for _ in 0..<40 where length > enough {
      let inner = zip(times(x, rows: count, direction), curvature).map(*)
      var image = times(transposed, rows: width, inner)
      for d in 0..<width - 1 { image[d] += direction[d] }
      let bend = dot(direction, image)
      guard bend > 0 else { break }
      let step = length / bend
      for d in 0..<width {
        solution[d] += step * direction[d]
        rest[d] -= step * image[d]
      }
      let next = dot(rest, rest)
      let turn = next / length
      for d in 0..<width { direction[d] = rest[d] + turn * direction[d] }
      length = next
    }
    return solution
  }

  /// `matrix · vector` for `[rows, vector.count]`.
  private func times(_ matrix: [Float], rows: Int, _ vector: [Float]) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows) { out, initialised in
      matrix.withUnsafeBufferPointer { matrix in
        vector.withUnsafeBufferPointer { vector in
          if let a = matrix.baseAddress, let b = vector.baseAddress, let c = out.baseAddress {
            MatrixProducts.multiplyTransposed(
              a, rows: rows, b, columns: 1, depth: vector.count, into: c, strideC: 1)
          }
        }
      }
      initialised = rows
    }
  }

  private func dot(_ a: [Float], _ b: [Float]) -> Float {
    var sum: Float = 0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }
}
