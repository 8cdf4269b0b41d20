/// Copies of a file's bytes with a little damage, the same for the same seed.
package struct FileDamage {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The next number of SplitMix64 below `bound`.
  private mutating func next(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }

  /// One to four places within the first `reach` bytes changed, removed, repeated or overwritten
  /// with numbers that a length or count should not be; now and then the end is cut off.
  package mutating func copy(of original: [UInt8], reach: Int = .max) -> [UInt8] {
    let telling: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2d, 0x30, 0x39, 0x5b, 0x5d, 0x7b, 0x7d]
    var bytes = original
    for _ in 0...next(4) where !bytes.isEmpty {
      let offset = next(min(reach, bytes.count))
      let end = min(bytes.count, offset + 1 + next(8))
      switch next(8) {
      case 0: bytes[offset] = UInt8(next(256))
      case 1: bytes[offset] = telling[next(telling.count)]
      case 2: bytes[offset] ^= 1 << UInt8(next(8))
      case 3: bytes.removeSubrange(offset..<end)
      case 4: bytes.insert(contentsOf: bytes[offset..<end], at: offset)
      case 5: bytes.replaceSubrange(offset..<end, with: repeatElement(0xff, count: end - offset))
      case 6: bytes.replaceSubrange(offset..<end, with: repeatElement(0, count: end - offset))
      default: if next(4) == 0 { bytes.removeSubrange(offset...) }
      }
    }
    return bytes
  }
}
