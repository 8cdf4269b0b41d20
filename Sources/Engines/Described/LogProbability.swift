import Foundation

package enum LogProbability {
  /// The natural log-probability of a token, by the logits of the whole vocabulary.
  package static func of(_ id: Int, _ logits: ArraySlice<Float>) -> Double {
    logits.withUnsafeBufferPointer { logits in
      var largest = -Float.infinity
      for value in logits { largest = max(largest, value) }
      var sum = 0.0
      for value in logits { sum += Double(Foundation.exp(value - largest)) }
      return Double(logits[id] - largest) - Foundation.log(sum)
    }
  }
}
