import Foundation

/// A `.npy` file read by memory map: opening costs its header, reading rows costs those rows.
package struct NumPyFile: Sendable {
  /// The whole array, not yet read.
  package let array: NumPyArray

  package var elementType: ElementType? { array.elementType }
  package var shape: [Int] { array.shape }

  /// - Throws: as `MappedFile` and `NumPyArray.init(npy:)`.
  package init(_ url: URL) throws {
    array = try NumPyArray(npy: ByteStorage(try MappedFile(url)))
  }

  /// The elements of `rows`, row-major, any number type rounded to `Float`.
  ///
  /// - Precondition: the array has a dimension and `rows` lies within it.
  /// - Complexity: O(elements of `rows`).
  package func floats(rows: Range<Int>) throws -> [Float] { try array.floats(rows: rows) }
}
