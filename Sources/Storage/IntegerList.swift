/// Lists of integers as bytes: each number's difference from the one before it (the first from 0),
/// zigzag-coded, in little-endian groups of seven bits (LEB128).
///
/// Ascending lists of neighbours take about a byte a number, and any list at all round-trips.
enum IntegerList {
  static func encode<List: Collection>(_ numbers: List) -> [UInt8] where List.Element == Int {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count + 8)
    var previous = 0
    for number in numbers {
      let difference = number &- previous
      previous = number
      var rest = UInt(bitPattern: (difference << 1) ^ (difference >> (Int.bitWidth - 1)))
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }
    return bytes
  }

  /// The numbers in `bytes`, or `nil` where the last is cut short or one is wider than 64 bits.
  static func decode(_ bytes: UnsafeRawBufferPointer) -> [Int]? {
    var numbers: [Int] = []
    numbers.reserveCapacity(bytes.count)
    var previous = 0
    var value: UInt = 0
    var shift: UInt = 0
    for byte in bytes {
      guard shift < 63 || (shift == 63 && byte <= 1) else { return nil }
      value |= UInt(byte & 0x7f) << shift
      if byte & 0x80 != 0 {
        shift += 7
        continue
      }
      previous = previous &+ (Int(bitPattern: value >> 1) ^ -Int(bitPattern: value & 1))
      numbers.append(previous)
      value = 0
      shift = 0
    }
    return shift == 0 ? numbers : nil
  }
}
