/// θ, the cosine distance up to which an activation belongs to a region.
///
/// It travels as a plain number. How far something lies in terms of it is computed here and nowhere else.
package enum Theta {
  /// A distance in θ: up to 1 within a region.
  package static func multiple<Number: BinaryFloatingPoint>(
    _ distance: Number, of threshold: Number
  ) -> Number {
    distance / threshold
  }
}
