import Foundation

/// The standard normal distribution.
package enum NormalDistribution {
  /// The share below `z`.
  package static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// The `z` with the share `probability` below it, to full precision; infinite at 0 and 1.
  ///
  /// Newton's method, with Halley's correction, from a rational first guess.
  /// - Source: the guess is 26.2.23 of Abramowitz and Stegun, "Handbook of Mathematical Functions".
  package static func quantile(_ probability: Double) -> Double {
    precondition((0...1).contains(probability), "expected a probability, got \(probability)")
    guard probability > 0 else { return -.infinity }
    guard probability < 1 else { return .infinity }
    guard probability != 0.5 else { return 0 }
    let isLower = probability < 0.5
    let tail = isLower ? probability : 1 - probability
    let t = (-2 * log(tail)).squareRoot()
    var z =
      (2.515517 + t * (0.802853 + t * 0.010328))
      / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
    for _ in 0..<4 {
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      guard density > 0 else { break }
      let step = (cumulative(z) - tail) / density
      z -= step / (1 + z * step / 2)
    }
    return isLower ? z : -z
  }
}
