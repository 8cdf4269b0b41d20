import CKernels
import Numerics

/// Leading components of exemplars, by which a product with one is bounded without being computed.
///
/// With orthonormal rows P, a = P·u and b = P·e, a product is u·e = a·b + r·s, where r and s are what the components leave
/// of u and e, so that |u·e − a·b| ≤ ‖r‖‖s‖. A few components are multiplied for every pair; where they do not decide,
/// some more are.
///
/// Sharable between threads because it is changed by one owner only, and never inside a parallel loop that reads it.
final class LeadingComponents: @unchecked Sendable {
  /// How many components are multiplied for every pair, and how many for those that these leave open.
  struct Depths: Equatable {
    var first: Int
    var all: Int
    var rest: Int { all - first }
  }

  let dimension: Int
  let depths: Depths
  /// How many exemplars there were when the basis was chosen.
  let exemplarsAtChoice: Int
  /// `[all, D]`, orthonormal.
  private let basis: [Float]
  /// Added to a bound on a product, and to the square of what components leave: all that rounding can do to either.
  let productSlack: Float
  private let restSlack: Float

  /// The first components in panels of ``panelWidth`` exemplars, each `[first, 32]`, as ``CKernels`` multiplies them; those
  /// of exemplars to come are 0.
  private(set) var panels: [Float] = []
  /// `[K, rest]`.
  private(set) var restHeads: [Float] = []
  /// `[K]`: ‖s‖ beyond the first components, and beyond all.
  private(set) var firstTails: [Float] = []
  private(set) var allTails: [Float] = []
  var count: Int { firstTails.count }
  private static let panelWidth = Int(KERNELS_PANEL)

  /// - Parameters:
  ///   - basis: at least `depths.all` rows of `[D]`, leading ones first, orthonormal to f32 rounding.
  init(basis: ArraySlice<Float>, dimension: Int, depths: Depths, exemplarsAtChoice: Int) {
    self.basis = Array(basis.prefix(depths.all * dimension))
    (self.dimension, self.depths, self.exemplarsAtChoice) = (dimension, depths, exemplarsAtChoice)
    // ‖P·u − a‖: each component is a sum of D products of two numbers of norm 1, in whatever order.
    let projection =
      1.01 * Double(depths.all).squareRoot() * Double(dimension + 2) * 0x1p-24
    let skew = Self.skew(self.basis, dimension: dimension)
    // aᵀ(PPᵀ − 1)b, aᵀP·s and rᵀPᵀ·b; then the rounding of a·b and of what is added to it.
    productSlack = Float(
      2.1 * projection + 3.1 * skew + 1.01 * Double(depths.all + 8) * 0x1p-24)
    // ‖r‖² = ‖u‖² − ‖a‖² + 2aᵀ(a − P·u) + aᵀ(PPᵀ − 1)a, the squares summed in f32.
    restSlack = Float(2.1 * projection + 1.1 * skew + 0x1p-17)
  }

  /// ‖PPᵀ − 1‖, as Frobenius has it.
  private static func skew(_ basis: [Float], dimension: Int) -> Double {
    let rows = basis.count / dimension
    var squares = 0.0
    basis.withUnsafeBufferPointer { basis in
      guard let base = basis.baseAddress else { return }
      for i in 0..<rows {
        for j in 0...i {
          let product = FixedOrderProduct.dot(
            base + i * dimension, base + j * dimension, count: dimension)
          // A row of zeros takes no part: its component is 0 of everything.
          let error = product - (i == j && product != 0 ? 1 : 0)
          squares += (i == j ? 1 : 2) * error * error
        }
      }
    }
    return squares.squareRoot()
  }

  /// Forgets all exemplars, and keeps the basis: they have moved.
  func forgetExemplars() {
    panels.removeAll(keepingCapacity: true)
    restHeads.removeAll(keepingCapacity: true)
    firstTails.removeAll(keepingCapacity: true)
    allTails.removeAll(keepingCapacity: true)
  }

  /// Adds the exemplars from ``count`` up to `total`.
  ///
  /// - Returns: whether none is longer than a unit row, which bounds take for granted.
  /// - Complexity: O((total − count) · D · all).
  func extend(
    to total: Int, _ exemplars: UnsafePointer<Float>, threads: Int
  ) -> Bool {
    let start = count
    guard total > start else { return true }
    let added = total - start
    let width = Self.panelWidth
    panels.append(
      contentsOf: repeatElement(
        0, count: (total + width - 1) / width * width * depths.first - panels.count))
    restHeads.append(contentsOf: repeatElement(0, count: added * depths.rest))
    firstTails.append(contentsOf: repeatElement(0, count: added))
    allTails.append(contentsOf: repeatElement(0, count: added))
    let rowsPerItem = 128
    panels.withUnsafeMutableBufferPointer { panels in
      restHeads.withUnsafeMutableBufferPointer { rest in
        firstTails.withUnsafeMutableBufferPointer { firstTails in
          allTails.withUnsafeMutableBufferPointer { allTails in
            nonisolated(unsafe) let exemplars = exemplars
            nonisolated(unsafe) let panels = panels.baseAddress!
            nonisolated(unsafe) let rest = depths.rest > 0 ? rest.baseAddress : nil
            nonisolated(unsafe) let firstTails = firstTails.baseAddress!
            nonisolated(unsafe) let allTails = allTails.baseAddress!
            Parallel.forEach((added + rowsPerItem - 1) / rowsPerItem, threads: threads) { item, _ in
              let row = start + item * rowsPerItem
              let rows = min(rowsPerItem, total - row)
              var heads = [Float](repeating: 0, count: rows * depths.first)
              project(
                exemplars + row * dimension, rows: rows, first: &heads,
                rest: rest.map { $0 + row * depths.rest }, firstTails: firstTails + row,
                allTails: allTails + row)
              for index in 0..<rows {
                let (panel, column) = ((row + index) / width, (row + index) % width)
                for component in 0..<depths.first {
                  panels[(panel * depths.first + component) * width + column] =
                    heads[index * depths.first + component]
                }
              }
            }
          }
        }
      }
    }
    return (start..<total).allSatisfy { row in
      UnitRows.sumOfSquares(exemplars + row * dimension, count: dimension) < 1 + 1e-4
    }
  }

  /// The products of the first components of some rows, `[rows, first]`, with those of all exemplars, into `[rows, count]`.
  ///
  /// - Complexity: O(rows · count · first), no allocation.
  func multiply(
    _ heads: UnsafePointer<Float>, rows: Int, into products: UnsafeMutablePointer<Float>
  ) {
    panels.withUnsafeBufferPointer { panels in
      guard let panels = panels.baseAddress else { return }
      var product = kernels_product(
        a: heads, a_stride: depths.first, rows: rows, depth: depths.first, panels: panels,
        panel_stride: depths.first * Self.panelWidth, columns: count, c: products,
        c_stride: count, bias: nil, adds: false)
      kernels_multiply(FixedOrderProduct.level, &product)
    }
  }

  /// The components of some unit rows, and the norms of what they leave.
  ///
  /// - Complexity: O(rows · D · all), no allocation of ours.
  func project(
    _ units: UnsafePointer<Float>, rows: Int, first: UnsafeMutablePointer<Float>,
    rest: UnsafeMutablePointer<Float>?, firstTails: UnsafeMutablePointer<Float>,
    allTails: UnsafeMutablePointer<Float>
  ) {
    basis.withUnsafeBufferPointer { basis in
      guard let basis = basis.baseAddress else { return }
      MatrixProducts.multiplyTransposed(
        units, rows: rows, basis, columns: depths.first, depth: dimension, into: first,
        strideC: depths.first)
      if let rest {
        MatrixProducts.multiplyTransposed(
          units, rows: rows, basis + depths.first * dimension, columns: depths.rest,
          depth: dimension, into: rest, strideC: depths.rest)
      }
    }
    for row in 0..<rows {
      let whole = UnitRows.sumOfSquares(units + row * dimension, count: dimension)
      let beyond = whole - UnitRows.sumOfSquares(first + row * depths.first, count: depths.first)
      firstTails[row] = max(beyond + restSlack, 0).squareRoot()
      guard let rest else {
        allTails[row] = firstTails[row]
        continue
      }
      let left =
        beyond - UnitRows.sumOfSquares(rest + row * depths.rest, count: depths.rest)
      allTails[row] = max(left + restSlack, 0).squareRoot()
    }
  }
}
