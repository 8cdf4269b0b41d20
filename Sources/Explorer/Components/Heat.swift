/// How far a context is from its exemplar, for eyes: a bar that grows with the distance, and a role.
struct Heat: Equatable {
  /// Distance over θ.
  var ratio: Double

  /// 1, near the exemplar, to 5, at the rim; 6 beyond θ.
  var step: Int {
    guard ratio.isFinite else { return 6 }
    // A distance that is θ but for rounding is inside.
    return ratio > 1.0005 ? 6 : min(5, max(1, Int((ratio * 5).rounded(.up))))
  }

  var glyph: String { ["▁", "▂", "▃", "▄", "▅", "█"][step - 1] }
  var role: String { step == 6 ? "heat.outside" : "heat.\(step)" }
}
