/// The vector width of the loops over rows.
///
/// Products and sums are written out: without an FMA in the compilation target, `addProduct`
/// becomes a library call per lane.
typealias Lanes = SIMD8<Float>

extension UnsafePointer<Float> {
  @inline(__always)
  func lanes(_ index: Int) -> Lanes {
    UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
  }
}

extension UnsafeMutablePointer<Float> {
  @inline(__always)
  func lanes(_ index: Int) -> Lanes {
    UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
  }

  @inline(__always)
  func store(_ value: Lanes, _ index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: value, as: Lanes.self)
  }
}

/// Elementary functions on vectors, to about 1e-7 of their largest value (`exp`: of each value).
enum Elementary {
  /// eˣ; 0 below about −87, and the largest finite power above about 88.
  @inline(__always)
  static func exp(_ x: Lanes) -> Lanes {
    // Written out: `clamped` calls an unspecialised function for each bound.
    var bounded = x
    bounded.replace(with: -87.3, where: x .< -87.3)
    bounded.replace(with: 88.3, where: x .> 88.3)
    // Adding 1.5·2²³ rounds to an integer n and leaves it in the low bits: x = n·ln 2 + r.
    let magic = Lanes(repeating: 12_582_912)
    let shifted = bounded * 1.442_695_04 + magic
    let n = shifted - magic
    // ln 2 in two parts, the first exact when multiplied by n.
    let r = bounded - n * 0.693_359_375 + n * 2.121_944_4e-4
    // The series of eʳ for |r| ≤ ln 2 / 2; its next term is below 1e-8.
    var series = r * (1.0 / 5040) + Lanes(repeating: 1.0 / 720)
    series = series * r + 1.0 / 120
    series = series * r + 1.0 / 24
    series = series * r + 1.0 / 6
    series = series * r + 0.5
    series = series * r + 1
    series = series * r + 1
    let exponent = (unsafeBitCast(shifted, to: SIMD8<Int32>.self) &+ 127) &<< 23
    return series * unsafeBitCast(exponent, to: Lanes.self)
  }

  @inline(__always)
  static func tanh(_ x: Lanes) -> Lanes {
    let magnitude = x.replacing(with: -x, where: x .< 0)
    let far = 1 - 2 / (exp(2 * magnitude) + 1)
    // Near zero the difference above cancels; there the odd series does.
    let square = x * x
    var series = square * (-17.0 / 315) + Lanes(repeating: 2.0 / 15)
    series = series * square - 1.0 / 3
    let near = x + x * square * series
    return far.replacing(with: -far, where: x .< 0).replacing(with: near, where: magnitude .< 0.1)
  }

  /// The error function to 1.5e-7 absolute (Abramowitz and Stegun, 7.1.26).
  @inline(__always)
  static func erf(_ x: Lanes) -> Lanes {
    let magnitude = x.replacing(with: -x, where: x .< 0)
    let t = 1 / (1 + 0.327_591_1 * magnitude)
    var series = t * 1.061_405_429 - 1.453_152_027
    series = series * t + 1.421_413_741
    series = series * t - 0.284_496_736
    series = series * t + 0.254_829_592
    let value = 1 - series * t * exp(-magnitude * magnitude)
    return value.replacing(with: -value, where: x .< 0)
  }

  @inline(__always)
  static func silu(_ x: Lanes) -> Lanes { x / (1 + exp(-x)) }

  /// x·Φ(x).
  @inline(__always)
  static func gelu(_ x: Lanes) -> Lanes { 0.5 * x * (1 + erf(x * 0.707_106_781)) }

  @inline(__always)
  static func geluTanh(_ x: Lanes) -> Lanes {
    0.5 * x * (1 + tanh(0.797_884_561 * (x + 0.044_715 * x * x * x)))
  }

  /// Replaces each of `count` values by `transform` of it.
  @inline(__always)
  static func map(
    _ values: UnsafeMutablePointer<Float>, _ count: Int, _ transform: (Lanes) -> Lanes
  ) {
    let whole = count & ~(Lanes.scalarCount - 1)
    for index in stride(from: 0, to: whole, by: Lanes.scalarCount) {
      values.store(transform(values.lanes(index)), index)
    }
    guard whole < count else { return }
    var rest = Lanes()
    for index in whole..<count { rest[index - whole] = values[index] }
    rest = transform(rest)
    for index in whole..<count { values[index] = rest[index - whole] }
  }
}
