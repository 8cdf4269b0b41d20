import Numerics

/// Chooses tokens from logits, for one sequence.
struct TokenSampler {
  private let sampling: GenerationOptions.Sampling
  private var numbers: SplitMix64
  private var candidates: [(id: Int, weight: Float)] = []

  init(_ sampling: GenerationOptions.Sampling, prompt: Int) {
    self.sampling = sampling
    var seed: UInt64 = 0
    if case .seeded(let first, _, _, _) = sampling {
      seed = first &+ UInt64(truncatingIfNeeded: prompt) &* 0xd1b5_4a32_d192_ed03
    }
    numbers = SplitMix64(seed: seed)
  }

  mutating func next(_ logits: UnsafePointer<Float>, _ count: Int) -> Int {
    switch sampling {
    case .greedy: Rows.indexOfMaximum(logits, count)
    case .seeded(_, let temperature, let topK, let topP):
      draw(logits, count, temperature, topK, topP)
    }
  }

  private mutating func draw(
    _ logits: UnsafePointer<Float>, _ count: Int, _ temperature: Float, _ topK: Int?, _ topP: Float
  ) -> Int {
    let largest = Rows.maximum(logits, count)
    candidates.removeAll(keepingCapacity: true)
    for id in 0..<count {
      // Beyond e⁻³⁰ of the most likely, no draw of 53 bits over any vocabulary notices.
      let exponent = (logits[id] - largest) / temperature
      guard exponent > -30 else { continue }
      candidates.append((id, Rows.exponential(exponent)))
    }
    let restricts = topP < 1 || (topK.map { $0 < candidates.count } ?? false)
    if restricts {
      candidates.sort { ($0.weight, $1.id) > ($1.weight, $0.id) }
      if let topK { candidates.removeLast(max(0, candidates.count - topK)) }
    }
    var total = candidates.reduce(0.0) { $0 + Double($1.weight) }
    if topP < 1 {
      let enough = total * Double(topP)
      var sum = 0.0
      let kept = candidates.prefix { candidate in
        defer { sum += Double(candidate.weight) }
        return sum < enough
      }
      candidates.removeLast(candidates.count - kept.count)
      total = sum
    }
    var rest = uniform() * total
    for candidate in candidates {
      rest -= Double(candidate.weight)
      if rest < 0 { return candidate.id }
    }
    return candidates.last?.id ?? Rows.indexOfMaximum(logits, count)
  }

  /// The next number, in 0..<1.
  private mutating func uniform() -> Double { Double(numbers.next() >> 11) * 0x1p-53 }
}
