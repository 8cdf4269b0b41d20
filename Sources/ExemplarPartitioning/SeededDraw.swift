/// Random numbers that depend on a seed and an index alone, so that no order of evaluation changes them.
enum SeededDraw {
  /// Uniform 64 bits, by the finaliser of SplitMix64.
  /// - Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  static func value(seed: UInt64, index: UInt64) -> UInt64 {
    var z = seed &* 0xD1B5_4A32_D192_ED03 &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
