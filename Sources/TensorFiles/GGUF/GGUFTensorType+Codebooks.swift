/// The types of one to three bits that look vectors up in a codebook, the ternary ones, and those of
/// four-bit floats. The order of operations is that of llama.cpp's `gguf` package, so that values are
/// the same to the last bit.
extension GGUFTensorType {
  typealias Block = UnsafeRawPointer
  typealias Output = UnsafeMutablePointer<Float>

  // MARK: - Signs

  /// The signs of eight elements from seven bits: the eighth makes their number even.
  @inline(__always)
  private static func signs(_ index: UInt32) -> UInt8 {
    let low = UInt8(truncatingIfNeeded: index & 127)
    return low | UInt8(truncatingIfNeeded: low.nonzeroBitCount & 1) << 7
  }

  /// Writes `count` elements of a grid's vectors that begin at `start`, with signs from `mask`.
  @inline(__always)
  private static func write(
    _ grid: UnsafeBufferPointer<Float>, _ start: Int, _ count: Int, scale: Float, signs mask: UInt8,
    _ y: Output
  ) {
    for j in 0..<count {
      let value = scale * grid[start + j]
      y[j] = mask >> j & 1 == 1 ? -value : value
    }
  }

  // MARK: - Two bits

  static func iq2XXS(_ block: Block, _ y: Output) {
    let d = block.half(0)
    GGUFGrid.iq2XXS.values.withUnsafeBufferPointer { grid in
      for group in 0..<8 {
        let packed = block.word32(2 + group * 8 + 4)
        let scale = d * (0.5 + Float(packed >> 28)) * 0.25
        for k in 0..<4 {
          write(
            grid, Int(block.byte(2 + group * 8 + k)) * 8, 8, scale: scale,
            signs: signs(packed >> (7 * k)), y + group * 32 + k * 8)
        }
      }
    }
  }

  /// The scale of the two vectors of eight that `entry` belongs to, from four bits.
  @inline(__always)
  private static func scale(_ block: Block, _ offset: Int, _ entry: Int, _ d: Float) -> Float {
    let nibble = block.byte(offset + entry / 4) >> (entry / 2 % 2 * 4) & 15
    return d * (0.5 + Float(nibble)) * 0.25
  }

  static func iq2XS(_ block: Block, _ y: Output) {
    let d = block.half(0)
    GGUFGrid.iq2XS.values.withUnsafeBufferPointer { grid in
      for entry in 0..<32 {
        let q = block.word(2 + entry * 2)
        write(
          grid, Int(q & 511) * 8, 8, scale: scale(block, 66, entry, d),
          signs: signs(UInt32(q >> 9)), y + entry * 8)
      }
    }
  }

  static func iq2S(_ block: Block, _ y: Output) {
    let d = block.half(0)
    GGUFGrid.iq2S.values.withUnsafeBufferPointer { grid in
      for entry in 0..<32 {
        let high = Int(block.byte(66 + entry / 4) >> (entry % 4 * 2) & 3)
        write(
          grid, (Int(block.byte(2 + entry)) | high << 8) * 8, 8, scale: scale(block, 74, entry, d),
          signs: block.byte(34 + entry), y + entry * 8)
      }
    }
  }

  // MARK: - Three bits

  static func iq3XXS(_ block: Block, _ y: Output) {
    let d = block.half(0)
    GGUFGrid.iq3XXS.values.withUnsafeBufferPointer { grid in
      for group in 0..<8 {
        let packed = block.word32(66 + group * 4)
        let scale = d * (0.5 + Float(packed >> 28)) * 0.5
        for k in 0..<8 {
          write(
            grid, Int(block.byte(2 + group * 8 + k)) * 4, 4, scale: scale,
            signs: signs(packed >> (7 * (k / 2))) >> (k % 2 * 4), y + group * 32 + k * 4)
        }
      }
    }
  }

  static func iq3S(_ block: Block, _ y: Output) {
    let d = block.half(0)
    GGUFGrid.iq3S.values.withUnsafeBufferPointer { grid in
      for entry in 0..<64 {
        let group = entry / 8
        let nibble = block.byte(106 + group / 2) >> (group % 2 * 4) & 15
        let high = Int(block.byte(66 + entry / 8) >> (entry % 8) & 1)
        write(
          grid, (Int(block.byte(2 + entry)) | high << 8) * 4, 4, scale: d * Float(1 + 2 * nibble),
          signs: block.byte(74 + entry / 2) >> (entry % 2 * 4), y + entry * 4)
      }
    }
  }

  // MARK: - One bit

  static func iq1S(_ block: Block, _ y: Output) {
    let d = block.half(0)
    GGUFGrid.iq1.values.withUnsafeBufferPointer { grid in
      for entry in 0..<32 {
        let packed = block.word(34 + entry / 4 * 2)
        let scale = d * Float(2 * (packed >> 12 & 7) + 1)
        let delta: Float = packed & 0x8000 == 0 ? 0.125 : -0.125
        let high = Int(packed >> (entry % 4 * 3) & 7)
        let start = (Int(block.byte(2 + entry)) | high << 8) * 8
        for j in 0..<8 { y[entry * 8 + j] = scale * (grid[start + j] + delta) }
      }
    }
  }

  /// The block's scale is spread over the highest four bits of four words.
  static func iq1M(_ block: Block, _ y: Output) {
    var bits: UInt16 = 0
    for word in 0..<4 { bits |= (block.word(48 + word * 2) >> 12) << (word * 4) }
    let d = ElementCoding.float(half: bits)
    GGUFGrid.iq1.values.withUnsafeBufferPointer { grid in
      for entry in 0..<32 {
        let pair = entry / 2
        let scale = d * Float(2 * (block.word(48 + pair / 4 * 2) >> (pair % 4 * 3) & 7) + 1)
        let packed = block.byte(32 + pair) >> (entry % 2 * 4)
        let delta: Float = packed & 8 == 0 ? 0.125 : -0.125
        let start = (Int(block.byte(entry)) | Int(packed & 7) << 8) * 8
        for j in 0..<8 { y[entry * 8 + j] = scale * (grid[start + j] + delta) }
      }
    }
  }

  // MARK: - Ternary

  /// Five base-3 digits a byte, as a fraction of 256: multiplying shifts the highest digit out.
  static func tq1(_ block: Block, _ y: Output) {
    let d = block.half(52)
    var place = 0
    for (start, count, digits) in [(0, 32, 5), (32, 16, 5), (48, 4, 4)] {
      var power: UInt8 = 1
      for _ in 0..<digits {
        for j in 0..<count {
          let q = (UInt16(block.byte(start + j) &* power) * 3) >> 8
          y[place + j] = d * (Float(q) - 1)
        }
        place += count
        power &*= 3
      }
    }
  }

  static func tq2(_ block: Block, _ y: Output) {
    let d = block.half(64)
    for group in 0..<8 {
      for j in 0..<32 {
        let q = block.byte(group / 4 * 32 + j) >> (group % 4 * 2) & 3
        y[group * 32 + j] = d * (Float(q) - 1)
      }
    }
  }

  // MARK: - Four-bit floats

  /// Twice the values of the four-bit float of two exponent bits and one of mantissa.
  private static let fourBitFloats: [Float] = [
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12,
  ]

  /// A scale that is a power of two, halved for `fourBitFloats`.
  static func mxfp4(_ block: Block, _ y: Output) {
    let exponent = UInt32(block.byte(0))
    let d = Float(bitPattern: exponent < 2 ? 0x0020_0000 << exponent : (exponent - 1) << 23)
    for j in 0..<16 {
      let q = block.byte(1 + j)
      y[j] = d * fourBitFloats[Int(q & 15)]
      y[j + 16] = d * fourBitFloats[Int(q >> 4)]
    }
  }

  /// Four groups of 16, each with a scale of four exponent bits and three of mantissa.
  static func nvfp4(_ block: Block, _ y: Output) {
    for group in 0..<4 {
      let bits = block.byte(group)
      let (exponent, mantissa) = (Int(bits >> 3 & 15), Float(bits & 7))
      var d: Float = 0
      if bits != 0, bits != 0x7f {
        d =
          exponent == 0
          ? mantissa * 0x1p-10
          : (1 + mantissa / 8) * Float(sign: .plus, exponent: exponent - 8, significand: 1)
      }
      for j in 0..<8 {
        let q = block.byte(4 + group * 8 + j)
        y[group * 16 + j] = d * fourBitFloats[Int(q & 15)]
        y[group * 16 + j + 8] = d * fourBitFloats[Int(q >> 4)]
      }
    }
  }
}
