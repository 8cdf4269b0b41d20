/// Chooses tokens from logits, for one sequence.
struct TokenSampler {
  private let sampling: GenerationOptions.Sampling
  private var state: UInt64
  private var candidates: [(id: Int, weight: Float)] = []

  init(_ sampling: GenerationOptions.Sampling, prompt: Int) {
    self.sampling = sampling
    if case .seeded(let seed, _, _, _) = sampling {
      state = seed &+ UInt64(truncatingIfNeeded: prompt) &* 0xd1b5_4a32_d192_ed03
    } else {
      state = 0
    }
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

  /// The next number of SplitMix64, in 0..<1.
  private mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    z ^= z >> 31
    return Double(z >> 11) * 0x1p-53
  }
}
