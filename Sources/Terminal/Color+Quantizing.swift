/// The nearest colours of smaller palettes.
extension Color {
  /// The sixteen colours as xterm has them. A terminal's own may differ, which nothing can ask for.
  static let ansiValues: [(UInt8, UInt8, UInt8)] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
    (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
    (255, 0, 255), (0, 255, 255), (255, 255, 255),
  ]

  /// Red, green and blue of the steps of the 6×6×6 cube.
  private static let cubeSteps: [UInt8] = [0, 95, 135, 175, 215, 255]

  /// The nearest of xterm's colours 16...255, the cube and the greys. The first sixteen are left out:
  /// people change them. Ties go to the cube.
  static func nearestIn256(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    let steps = [red, green, blue].map(nearestCubeStep)
    let cube = (cubeSteps[steps[0]], cubeSteps[steps[1]], cubeSteps[steps[2]])
    let mean = (Int(red) + Int(green) + Int(blue)) / 3
    let greyStep = min(23, max(0, (mean - 8 + 5) / 10))
    let grey = UInt8(8 + 10 * greyStep)
    let wanted = (red, green, blue)
    if distance(wanted, (grey, grey, grey)) < distance(wanted, cube) { return 232 + greyStep }
    return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]
  }

  private static func nearestCubeStep(_ value: UInt8) -> Int {
    let distances = cubeSteps.map { abs(Int($0) - Int(value)) }
    return distances.indices.min { distances[$0] < distances[$1] } ?? 0
  }

  /// The nearest of the sixteen colours. Ties go to the lower number.
  static func nearestIn16(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    let distances = ansiValues.map { distance($0, (red, green, blue)) }
    return distances.indices.min { distances[$0] < distances[$1] } ?? 7
  }

  /// A squared distance weighted as the eye weighs the primaries, more so for red where it is strong.
  private static func distance(
    _ first: (UInt8, UInt8, UInt8), _ second: (UInt8, UInt8, UInt8)
  ) -> Int {
    let red = Int(first.0) - Int(second.0)
    let green = Int(first.1) - Int(second.1)
    let blue = Int(first.2) - Int(second.2)
    let meanRed = (Int(first.0) + Int(second.0)) / 2
    return (512 + meanRed) * red * red + 1024 * green * green + (767 - meanRed) * blue * blue
  }

  /// The number a terminal of this depth knows the colour by; -1 for its default.
  func number(in depth: ColorDepth) -> Int {
    switch (self, depth) {
    case (.default, _), (_, .monochrome): return -1
    case (.ansi(let index), .truecolor):
      // Direct-colour entries keep numbers for the first eight only.
      let index = Int(index & 15)
      if index < 8 { return index }
      let value = Self.ansiValues[index]
      return Self.directNumber(value.0, value.1, value.2)
    case (.ansi(let index), _): return Int(index & 15)
    case (.rgb(let red, let green, let blue), .truecolor):
      return Self.directNumber(red, green, blue)
    case (.rgb(let red, let green, let blue), .palette256):
      return Self.nearestIn256(red, green, blue)
    case (.rgb(let red, let green, let blue), .palette16):
      return Self.nearestIn16(red, green, blue)
    }
  }

  /// `0xRRGGBB`, except that numbers under 8 mean the palette: the darkest blue stands in for them.
  private static func directNumber(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    max(8, Int(red) << 16 | Int(green) << 8 | Int(blue))
  }

  /// Whether black reads better on the colour than white.
  fileprivate var isLight: Bool {
    let (red, green, blue) =
      switch self {
      case .rgb(let red, let green, let blue): (red, green, blue)
      case .ansi(let index): Self.ansiValues[Int(index & 15)]
      case .default: (UInt8(0), UInt8(0), UInt8(0))
      }
    return 299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 128_000
  }
}

/// A style in the numbers of one terminal.
struct TerminalStyle: Hashable, Sendable {
  var foreground: Int
  var background: Int
  var attributes: Attributes
}

extension Style {
  /// The style in the colours that `depth` has.
  ///
  /// Two colours that differ stay different: where the palette has one for both, the text turns black or
  /// white, whichever can be read.
  func resolved(for depth: ColorDepth) -> TerminalStyle {
    var resolved = TerminalStyle(
      foreground: foreground?.number(in: depth) ?? -1,
      background: background?.number(in: depth) ?? -1, attributes: attributes)
    if resolved.foreground >= 0, resolved.foreground == resolved.background,
      let background, foreground != background
    {
      let readable: Color = background.isLight ? .ansi(0) : .ansi(15)
      resolved.foreground = readable.number(in: depth)
    }
    return resolved
  }
}
