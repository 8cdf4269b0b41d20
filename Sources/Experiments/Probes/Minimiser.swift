import Foundation

/// Limited-memory BFGS for smooth convex functions.
///
/// - Source: J. Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation 35 (1980);
///   the two-loop recursion as in Nocedal and Wright, "Numerical Optimization", algorithm 7.4.
package struct Minimiser: Sendable {
  package var memory = 10
  package var maximumIterations = 1000
  /// Stop when no component of the gradient is larger.
  package var tolerance = 1e-6

  package init(tolerance: Double = 1e-6, maximumIterations: Int = 1000) {
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
  }

  package struct Result: Sendable {
    package var parameters: [Double]
    package var value: Double
    package var iterations: Int
    /// Whether the gradient became as small as was asked.
    package var hasConverged: Bool
  }

  /// - Parameter function: returns the value at some parameters, and writes the gradient to its second argument.
  package func minimise(
    from start: [Double], _ function: (_ parameters: [Double], inout [Double]) throws -> Double
  ) rethrows -> Result {
    var x = start
    var gradient = [Double](repeating: 0, count: x.count)
    var value = try function(x, &gradient)
    var steps: [(s: [Double], y: [Double], curvature: Double)] = []
    var iterations = 0
    while iterations < maximumIterations, largest(gradient) > tolerance {
      iterations += 1
      var direction = descent(gradient, steps)
      var slope = dot(direction, gradient)
      if slope >= 0 {
        // Rounding spoiled the curvature: begin again from the gradient.
        steps = []
        direction = gradient.map { -$0 }
        slope = -dot(gradient, gradient)
      }
      var length = steps.isEmpty ? min(1, 1 / max(largest(gradient), 1e-300)) : 1
      var next = x
      var nextGradient = gradient
      var found = false
      for _ in 0..<40 {
        for i in x.indices { next[i] = x[i] + length * direction[i] }
        let nextValue = try function(next, &nextGradient)
        // Near the minimum values agree to the last bit while the gradient still shrinks.
        let slack = 1e-15 * abs(value)
        if nextValue <= value + 1e-4 * length * slope + slack {
          value = nextValue
          found = true
          break
        }
        length /= 2
      }
      guard found else { break }
      var (s, y) = ([Double](repeating: 0, count: x.count), nextGradient)
      for i in x.indices {
        s[i] = next[i] - x[i]
        y[i] -= gradient[i]
      }
      let curvature = dot(s, y)
      if curvature > 1e-14 * dot(y, y).squareRoot() * dot(s, s).squareRoot() {
        steps.append((s, y, curvature))
        if steps.count > memory { steps.removeFirst() }
      }
      (x, gradient) = (next, nextGradient)
    }
    return Result(
      parameters: x, value: value, iterations: iterations,
      hasConverged: largest(gradient) <= tolerance)
  }

  private func descent(
    _ gradient: [Double], _ steps: [(s: [Double], y: [Double], curvature: Double)]
  ) -> [Double] {
    var q = gradient
    var factors: [Double] = []
    for step in steps.reversed() {
      let factor = dot(step.s, q) / step.curvature
      factors.append(factor)
      for i in q.indices { q[i] -= factor * step.y[i] }
    }
    if let last = steps.last {
      let scale = last.curvature / dot(last.y, last.y)
      for i in q.indices { q[i] *= scale }
    }
    for (step, factor) in zip(steps, factors.reversed()) {
      let correction = factor - dot(step.y, q) / step.curvature
      for i in q.indices { q[i] += correction * step.s[i] }
    }
    for i in q.indices { q[i] = -q[i] }
    return q
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }

  private func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }
}
