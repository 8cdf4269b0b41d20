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

  /// Of every token but the first, by the logits `[ids, vocabulary]` of a sequence.
  static func ofNext(
    _ ids: [Int], _ logits: ArraySlice<Float>, vocabulary: Int
  ) -> [Double] {
    ids.indices.dropLast().map {
      of(ids[$0 + 1], logits.dropFirst($0 * vocabulary).prefix(vocabulary))
    }
  }
}
