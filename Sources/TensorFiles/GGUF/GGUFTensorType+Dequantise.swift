extension GGUFTensorType {
  /// Converts whole blocks to float32.
  ///
  /// - Precondition: `input` holds exactly the blocks of `output.count` elements.
  package func dequantise(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableBufferPointer<Float>
  ) {
    let blocks = output.count / blockElementCount
    precondition(
      input.count == blocks * blockByteCount && output.count % blockElementCount == 0,
      "expected whole blocks of \(output.count) elements, got \(input.count) bytes")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    switch self {
    case .f32: UnsafeMutableRawBufferPointer(output).copyMemory(from: input)
    case .f16: for index in 0..<blocks { target[index] = source.half(2 * index) }
    case .bf16:
      for index in 0..<blocks {
        target[index] = Float(bitPattern: UInt32(source.word(2 * index)) << 16)
      }
    case .q40: Self.convert(blocks, source, self, target, Self.q40)
    case .q41: Self.convert(blocks, source, self, target, Self.q41)
    case .q50: Self.convert(blocks, source, self, target, Self.q50)
    case .q51: Self.convert(blocks, source, self, target, Self.q51)
    case .q80: Self.convert(blocks, source, self, target, Self.q80)
    case .q81: Self.convert(blocks, source, self, target, Self.q81)
    case .q2K: Self.convert(blocks, source, self, target, Self.q2K)
    case .q3K: Self.convert(blocks, source, self, target, Self.q3K)
    case .q4K: Self.convert(blocks, source, self, target, Self.q4K)
    case .q5K: Self.convert(blocks, source, self, target, Self.q5K)
    case .q6K: Self.convert(blocks, source, self, target, Self.q6K)
    case .q8K: Self.convert(blocks, source, self, target, Self.q8K)
    case .iq4NL: Self.convert(blocks, source, self, target, Self.iq4NL)
    case .iq4XS: Self.convert(blocks, source, self, target, Self.iq4XS)
    case .iq1S: Self.convert(blocks, source, self, target, Self.iq1S)
    case .iq1M: Self.convert(blocks, source, self, target, Self.iq1M)
    case .iq2XXS: Self.convert(blocks, source, self, target, Self.iq2XXS)
    case .iq2XS: Self.convert(blocks, source, self, target, Self.iq2XS)
    case .iq2S: Self.convert(blocks, source, self, target, Self.iq2S)
    case .iq3XXS: Self.convert(blocks, source, self, target, Self.iq3XXS)
    case .iq3S: Self.convert(blocks, source, self, target, Self.iq3S)
    case .tq1: Self.convert(blocks, source, self, target, Self.tq1)
    case .tq2: Self.convert(blocks, source, self, target, Self.tq2)
    case .mxfp4: Self.convert(blocks, source, self, target, Self.mxfp4)
    case .nvfp4: Self.convert(blocks, source, self, target, Self.nvfp4)
    case .i8: Self.numbers(input, .i8, target)
    case .i16: Self.numbers(input, .i16, target)
    case .i32: Self.numbers(input, .i32, target)
    case .i64: Self.numbers(input, .i64, target)
    case .f64: Self.numbers(input, .f64, target)
    }
  }

  /// Numbers of a plain type, rounded to the nearest float.
  private static func numbers(
    _ input: UnsafeRawBufferPointer, _ type: ElementType, _ target: Output
  ) {
    for (index, value) in ElementCoding.floats(input, type).enumerated() { target[index] = value }
  }

  @inline(__always)
  private static func convert(
    _ blocks: Int, _ source: Block, _ type: GGUFTensorType, _ target: Output,
    _ block: (Block, Output) -> Void
  ) {
    let (bytes, elements) = (type.blockByteCount, type.blockElementCount)
    for index in 0..<blocks { block(source + index * bytes, target + index * elements) }
  }

  // MARK: - Blocks of 32

  private static func q40(_ block: Block, _ y: Output) {
    let d = block.half(0)
    for j in 0..<16 {
      let q = block.byte(2 + j)
      y[j] = d * Float(Int32(q & 15) - 8)
      y[j + 16] = d * Float(Int32(q >> 4) - 8)
    }
  }

  private static func q41(_ block: Block, _ y: Output) {
    let (d, m) = (block.half(0), block.half(2))
    for j in 0..<16 {
      let q = block.byte(4 + j)
      y[j] = d * Float(q & 15) + m
      y[j + 16] = d * Float(q >> 4) + m
    }
  }

  /// The fifth bits of a block's 32 elements are packed into one word.
  private static func q50(_ block: Block, _ y: Output) {
    let d = block.half(0)
    let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
    for j in 0..<16 {
      let q = UInt32(block.byte(6 + j))
      y[j] = d * Float(Int32(q & 15 | (high >> j & 1) << 4) - 16)
      y[j + 16] = d * Float(Int32(q >> 4 | (high >> (j + 16) & 1) << 4) - 16)
    }
  }

  private static func q51(_ block: Block, _ y: Output) {
    let (d, m) = (block.half(0), block.half(2))
    let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    for j in 0..<16 {
      let q = UInt32(block.byte(8 + j))
      y[j] = d * Float(q & 15 | (high >> j & 1) << 4) + m
      y[j + 16] = d * Float(q >> 4 | (high >> (j + 16) & 1) << 4) + m
    }
  }

  private static func q80(_ block: Block, _ y: Output) {
    let d = block.half(0)
    for j in 0..<32 { y[j] = d * Float(Int8(bitPattern: block.byte(2 + j))) }
  }

  /// A scale, then the sum of the block, which products use and values do not.
  private static func q81(_ block: Block, _ y: Output) {
    let d = block.half(0)
    for j in 0..<32 { y[j] = d * Float(Int8(bitPattern: block.byte(4 + j))) }
  }

  /// The sixteen levels of the non-linear four-bit types, in 127ths.
  private static let levels: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  private static func iq4NL(_ block: Block, _ y: Output) {
    nonLinear(block + 2, scale: block.half(0), y)
  }

  private static func nonLinear(_ quants: Block, scale: Float, _ y: Output) {
    levels.withUnsafeBufferPointer { levels in
      for j in 0..<16 {
        let q = quants.byte(j)
        y[j] = scale * levels[Int(q & 15)]
        y[j + 16] = scale * levels[Int(q >> 4)]
      }
    }
  }

  // MARK: - Super-blocks of 256

  /// Sixteen groups of 16 two-bit values, each with a four-bit scale and minimum.
  private static func q2K(_ block: Block, _ y: Output) {
    let (d, minimum) = (block.half(80), block.half(82))
    for group in 0..<16 {
      let (quants, shift) = (16 + group / 8 * 32 + group % 2 * 16, group % 8 / 2 * 2)
      let scale = block.byte(group)
      let (dl, ml) = (d * Float(scale & 15), minimum * Float(scale >> 4))
      for l in 0..<16 {
        y[group * 16 + l] = dl * Float(block.byte(quants + l) >> shift & 3) - ml
      }
    }
  }

  /// As `q2K`, with a third bit in a mask (set: no offset) and six-bit signed scales.
  private static func q3K(_ block: Block, _ y: Output) {
    let d = block.half(108)
    for group in 0..<16 {
      let (half, shift) = (group % 2 * 16, group % 8 / 2 * 2)
      let quants = 32 + group / 8 * 32 + half
      let low = block.byte(96 + group % 8) >> (group / 8 * 4) & 15
      let high = block.byte(104 + group % 4) >> (group / 4 * 2) & 3
      let dl = d * Float(Int32(low | high << 4) - 32)
      for l in 0..<16 {
        let offset: Int32 = block.byte(half + l) >> (group / 2) & 1 == 1 ? 0 : 4
        y[group * 16 + l] = dl * Float(Int32(block.byte(quants + l) >> shift & 3) - offset)
      }
    }
  }

  /// The six-bit scale and minimum of group `j` of eight, from twelve packed bytes.
  private static func scaleAndMinimum(_ packed: Block, _ j: Int) -> (Float, Float) {
    guard j >= 4 else { return (Float(packed.byte(j) & 63), Float(packed.byte(j + 4) & 63)) }
    let low = packed.byte(j + 4)
    return (
      Float(low & 15 | (packed.byte(j - 4) >> 6) << 4), Float(low >> 4 | (packed.byte(j) >> 6) << 4)
    )
  }

  private static func q4K(_ block: Block, _ y: Output) {
    let (d, minimum) = (block.half(0), block.half(2))
    for group in 0..<8 {
      let (scale, offset) = scaleAndMinimum(block + 4, group)
      let (dl, ml) = (d * scale, minimum * offset)
      let (quants, shift) = (16 + group / 2 * 32, group % 2 * 4)
      for l in 0..<32 {
        y[group * 32 + l] = dl * Float(block.byte(quants + l) >> shift & 15) - ml
      }
    }
  }

  private static func q5K(_ block: Block, _ y: Output) {
    let (d, minimum) = (block.half(0), block.half(2))
    for group in 0..<8 {
      let (scale, offset) = scaleAndMinimum(block + 4, group)
      let (dl, ml) = (d * scale, minimum * offset)
      let (quants, shift) = (48 + group / 2 * 32, group % 2 * 4)
      for l in 0..<32 {
        let high = block.byte(16 + l) >> group & 1
        y[group * 32 + l] = dl * Float(block.byte(quants + l) >> shift & 15 | high << 4) - ml
      }
    }
  }

  private static func q6K(_ block: Block, _ y: Output) {
    let d = block.half(208)
    for group in 0..<16 {
      // Each half of the super-block has four stripes of 32: two in the low nibbles of its 64
      // bytes, two in the high ones.
      let (half, stripe, part) = (group / 8, group % 8 / 2, group % 2 * 16)
      let dl = d * Float(Int8(bitPattern: block.byte(192 + group)))
      let low = half * 64 + stripe % 2 * 32 + part
      let high = 128 + half * 32 + part
      for l in 0..<16 {
        let q =
          block.byte(low + l) >> (stripe / 2 * 4) & 15
          | (block.byte(high + l) >> (stripe * 2) & 3) << 4
        y[group * 16 + l] = dl * Float(Int32(q) - 32)
      }
    }
  }

  /// A scale in float32 and bytes; the sums of sixteen after them are for products.
  private static func q8K(_ block: Block, _ y: Output) {
    let d = Float(bitPattern: block.word32(0))
    for j in 0..<256 { y[j] = d * Float(Int8(bitPattern: block.byte(4 + j))) }
  }

  private static func iq4XS(_ block: Block, _ y: Output) {
    let d = block.half(0)
    let highScales = block.word(2)
    for group in 0..<8 {
      let low = block.byte(4 + group / 2) >> (group % 2 * 4) & 15
      let high = UInt8(truncatingIfNeeded: highScales >> (group * 2)) & 3
      let scale = d * Float(Int32(low | high << 4) - 32)
      nonLinear(block + 8 + group * 16, scale: scale, y + group * 32)
    }
  }
}

extension UnsafeRawPointer {
  func byte(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }

  func word(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  func word32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The IEEE half at `offset` as a float.
  func half(_ offset: Int) -> Float { ElementCoding.float(half: word(offset)) }
}
