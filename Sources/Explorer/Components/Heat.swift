import Terminal

/// How far a context is from its exemplar, for eyes: a bar that grows with the distance, and a role.
struct Heat: Equatable {
  /// Distance over θ.
  var ratio: Double

  /// Whether it is beyond θ; a distance that is θ but for rounding is inside.
  var isOutside: Bool { ratio > 1.0005 }

  /// 1, near the exemplar, to 5, at the rim; 6 beyond θ.
  var step: Int {
    guard ratio.isFinite else { return 6 }
    return isOutside ? 6 : min(5, max(1, Int((ratio * 5).rounded(.up))))
  }

  var glyph: String { ["▁", "▂", "▃", "▄", "▅", "█"][step - 1] }
  /// What the glyph is drawn in.
  var gauge: String { role + Theme.gauge }
  var role: String { step == 6 ? "heat.outside" : "heat.\(step)" }

  /// How many are in each tenth of θ, and beyond it; what is no number is passed over.
  static func tenths(_ ratios: some Sequence<Double>) -> [Int] {
    var counts = [Int](repeating: 0, count: 11)
    for ratio in ratios where ratio.isFinite {
      counts[Heat(ratio: ratio).isOutside ? 10 : min(9, max(0, Int(ratio * 10)))] += 1
    }
    return counts
  }

  /// What ``tenths(_:)`` counts, in words.
  static let tenthNames =
    (0..<10).map {
      "\(Figures.fixed(Double($0) / 10, 1))–\(Figures.fixed(Double($0 + 1) / 10, 1))"
    } + ["beyond"]
}
