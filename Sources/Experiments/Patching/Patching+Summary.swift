import Numerics

extension Patching {
  /// What a condition does over pairs.
  package struct Summary: Sendable, Equatable {
    package var flips: Proportion
    /// Of the rate, by resampling prompts: pairs that share one are not independent. Where every drawing has one rate, as
    /// where none flips, or all do, Wilson's of the pairs, which takes them as independent.
    package var interval: ConfidenceInterval?
    package var logitDifference: Double
    package var divergence: Double
  }

  /// How often the answer would have been the source's if answers were dealt to the prompts of a category anew.
  package struct Null: Sendable, Equatable {
    package var mean: Double
    /// (1 + deals with as many flips) / (1 + deals).
    package var p: Double
  }

  /// Pairs that have something in common.
  package struct Group: Sendable, Equatable {
    package var pairs: Int
    /// Prompts that sources of these pairs are.
    package var sources: Int
    package var flips: [Condition: Proportion]
    package var logitDifferences: [Condition: Double]
  }

  /// - Complexity: O(rounds · pairs).
  package func summary(_ condition: Condition, rounds: Int = 1000) -> Summary {
    let effects = pairs.map { $0.effects[condition] ?? .nothing }
    let rates = (0..<rounds).compactMap { round -> Double? in
      let weights = Resampling.weights(
        items.count, seed: options.seed &+ 1_000_000 &+ UInt64(round))
      var (all, flipped) = (0.0, 0.0)
      for (pair, effect) in zip(pairs, effects) {
        let weight = Double(weights[pair.receiver]) * Double(weights[pair.source])
        all += weight
        if effect.isFlipped { flipped += weight }
      }
      return all > 0 ? flipped / all : nil
    }
    let flips = Proportion(effects.count { $0.isFlipped }, of: effects.count)
    return Summary(
      flips: flips, interval: Resampling.spread(rates) ?? flips.wilson(),
      logitDifference: effects.map(\.logitDifference).mean,
      divergence: effects.map(\.divergence).mean)
  }

  /// - Complexity: O(rounds · pairs).
  package func null(_ condition: Condition, rounds: Int = 1000) -> Null {
    let tops = pairs.map { $0.effects[condition]?.top ?? -1 }
    func flips(_ answer: [Int]) -> Int {
      zip(pairs, tops).count { pair, top in top == items[answer[pair.source]].targetToken }
    }
    let groups = Dictionary(grouping: items.indices) { items[$0].category }
      .sorted { $0.key < $1.key }.map(\.value)
    let seen = flips(Array(items.indices))
    let dealt = (0..<rounds).map { round -> Int in
      var answer = Array(items.indices)
      for (index, group) in groups.enumerated() {
        let order = SeededNumbers.permutation(
          group.count, seed: options.seed &+ 2_000_000 &+ UInt64(round * groups.count + index))
        for (place, other) in order.enumerated() { answer[group[place]] = group[other] }
      }
      return flips(answer)
    }
    return Null(
      mean: dealt.map { Double($0) / Double(max(pairs.count, 1)) }.mean,
      p: Double(1 + dealt.count { $0 >= seen }) / Double(1 + rounds))
  }

  /// Flips that the sources' regions bring and random ones do not, and the other way round.
  package func beside(_ condition: Condition, _ other: Condition) -> McNemar {
    McNemar(
      before: pairs.map { $0.effects[condition]?.isFlipped ?? false },
      after: pairs.map { $0.effects[other]?.isFlipped ?? false })
  }

  /// By category.
  package var byCategory: [(name: String, group: Group)] {
    Dictionary(grouping: pairs) { items[$0.receiver].category }
      .sorted { $0.key < $1.key }.map { ($0.key, group($0.value)) }
  }

  /// By the region that the source lies in, the most pairs first.
  package var byRegion: [(region: Int, group: Group)] {
    Dictionary(grouping: pairs) { readings[$0.source].region }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { ($0.key, group($0.value)) }
  }

  private func group(_ pairs: [Pair]) -> Group {
    func effects(_ condition: Condition) -> [Effect] { pairs.compactMap { $0.effects[condition] } }
    let conditions = Condition.allCases.map { ($0, effects($0)) }
    return Group(
      pairs: pairs.count, sources: Set(pairs.map(\.source)).count,
      flips: Dictionary(
        uniqueKeysWithValues: conditions.map { condition, effects in
          (condition, Proportion(effects.count { $0.isFlipped }, of: effects.count))
        }),
      logitDifferences: Dictionary(
        uniqueKeysWithValues: conditions.map { condition, effects in
          (condition, effects.map(\.logitDifference).mean)
        }))
  }
}

extension Patching.Effect {
  fileprivate static let nothing = Self(
    top: -1, isFlipped: false, logitDifference: .nan, divergence: .nan)
}
