extension ForwardPass {
  /// What the experts that every row of `input` is routed to make of it, by their shares, into
  /// `scratch.delta`.
  ///
  /// A row's experts are its own, whichever rows are beside it, and are added up in their order.
  func mix(
    _ router: Projection, _ experts: [FeedForwardWeights], _ input: UnsafePointer<Float>
  ) {
    guard let settings = model.experts else { return }
    let hidden = model.hiddenSize
    project(router, input, into: scratch.routes, adding: false)
    scratch.delta.update(repeating: 0, count: rowCount * hidden)
    for (expert, routed) in zip(experts, routes(settings)) where !routed.isEmpty {
      for (index, (row, _)) in routed.enumerated() {
        (scratch.expertInput + index * hidden).update(from: input + row * hidden, count: hidden)
      }
      expand(expert, scratch.expertInput, rows: routed.count)
      project(
        expert.down, scratch.up, rows: routed.count, into: scratch.expertOutput, adding: false)
      for (index, (row, share)) in routed.enumerated() {
        Rows.add(
          scratch.expertOutput + index * hidden, times: share, to: scratch.delta + row * hidden,
          hidden)
      }
    }
  }

  /// The rows of each expert with its share in them, by the router's numbers in `scratch.routes`.
  private func routes(
    _ settings: TransformerConfiguration.Experts
  ) -> [[(row: Int, share: Float)]] {
    var routed = [[(row: Int, share: Float)]](repeating: [], count: settings.count)
    for row in 0..<rowCount {
      let shares = scratch.routes + row * settings.count
      Rows.softmax(shares, settings.count)
      var chosen: [Int] = []
      for _ in 0..<settings.used {
        var best: Int?
        for expert in 0..<settings.count where !chosen.contains(expert) {
          if best.map({ shares[expert] > shares[$0] }) ?? true { best = expert }
        }
        if let best { chosen.append(best) }
      }
      let sum = settings.normalisesShares ? chosen.reduce(0) { $0 + shares[$1] } : 1
      for expert in chosen { routed[expert].append((row, shares[expert] / sum)) }
    }
    return routed
  }
}
