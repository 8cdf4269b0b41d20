/// An inner product that is the same to the last bit on every processor.
///
/// OpenBLAS adds in the order that suits the processor, so its products differ in their last bits between two machines.
/// They decide which exemplar is nearest; what is then told of that exemplar is computed here. The product of two f32 is
/// exact in f64, so fused multiplication changes nothing, and the order of the sum is fixed.
enum FixedOrderProduct {
  /// `a · b` of `count` components, in eight interleaved f64 sums that are added at the end.
  ///
  /// - Complexity: O(count), no allocation.
  @inline(__always)
  static func dot(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) -> Double {
    let (rawA, rawB) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
    var lanes = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= count {
      let x = rawA.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
      let y = rawB.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
      lanes += SIMD8<Double>(x) * SIMD8<Double>(y)
      index += 8
    }
    let four = lanes.lowHalf + lanes.highHalf
    let two = four.lowHalf + four.highHalf
    var sum = two.x + two.y
    while index < count {
      sum += Double(a[index]) * Double(b[index])
      index += 1
    }
    return sum
  }
}
