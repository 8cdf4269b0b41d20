import CKernels
import Foundation
import TensorFiles
import Testing

@testable import LanguageModel

/// Matrices that stay as files have them: the same numbers, to the bit, as decoded beforehand.
struct StoredMatrixTests {
  static let levels = KernelTests.levels
  /// Those that products decode.
  static let types = GGUFTensorType.allCases.filter { type in
    [UInt8(0)].withUnsafeBytes { StoredTensor(type, $0, rows: 1) != nil }
  }

  /// Rows of random blocks, decoded one by one too.
  private struct Stored {
    let type: GGUFTensorType
    let rows: Int
    let depth: Int
    let bytes: [UInt8]
    let floats: [Float]

    /// - Parameter isTame: whether scales are of the size that weights have, so that sums stay finite.
    init(_ type: GGUFTensorType, rows: Int, blocks: Int, seed: UInt64, isTame: Bool) {
      var random = SeededBytes(state: seed)
      let size = type.blockByteCount
      var bytes = (0..<rows * blocks * size).map { _ in random.next() }
      if isTame {
        for block in 0..<rows * blocks {
          for place in Self.halves(type) {
            let scale = Float16(Float(Int(random.next()) - 128) / 1000).bitPattern
            bytes[block * size + place] = UInt8(scale & 255)
            bytes[block * size + place + 1] = UInt8(scale >> 8)
          }
        }
      }
      (self.type, self.rows, self.bytes) = (type, rows, bytes)
      depth = blocks * type.blockElementCount
      var floats = [Float](repeating: 0, count: rows * depth)
      bytes.withUnsafeBytes { bytes in
        floats.withUnsafeMutableBufferPointer { type.dequantise(bytes, $0) }
      }
      self.floats = floats
    }

    /// Where the scales lie in a block.
    private static func halves(_ type: GGUFTensorType) -> [Int] {
      switch type {
      case .q4K, .q41: [0, 2]
      case .q6K: [208]
      case .f16: [0]
      default: []
      }
    }

    func withRows<R>(_ first: Int, depth: Int, _ body: (inout kernels_rows) -> R) -> R {
      let rowBytes = bytes.count / rows
      return bytes.withUnsafeBufferPointer { bytes in
        let places = (0..<Panels.width).map {
          bytes.baseAddress! + min(first + $0, rows - 1) * rowBytes
        }
        return places.withUnsafeBufferPointer { places in
          var lanes = kernels_rows(
            type: CInt(type.rawValue), codebook: type.codebook, rows: places.baseAddress!,
            depth: depth, ahead: nil)
          return body(&lanes)
        }
      }
    }
  }

  @Test(arguments: types, levels)
  func `every type's blocks are decoded to the same bits`(type: GGUFTensorType, level: CInt) {
    // Blocks of any bits: infinite scales and none too; a row of no whole number of vectors where blocks allow it.
    let blocks = type.blockElementCount == 1 ? 77 : 3
    let stored = Stored(type, rows: 43, blocks: blocks, seed: 7, isTame: false)
    for first in [0, 32] {
      var panel = [Float](repeating: .nan, count: stored.depth * Panels.width)
      stored.withRows(first, depth: stored.depth) { kernels_unpack(level, &$0, &panel) }
      var wrong = 0
      for lane in 0..<min(Panels.width, stored.rows - first) {
        for k in 0..<stored.depth {
          let found = panel[k * Panels.width + lane]
          let expected = stored.floats[(first + lane) * stored.depth + k]
          if found.bitPattern != expected.bitPattern, !(found.isNaN && expected.isNaN) {
            wrong += 1
          }
        }
      }
      #expect(wrong == 0, "\(type.name), rows from \(first)")
    }
  }

  @Test(arguments: types, levels)
  func `a product with one row is that with its decoded panel`(type: GGUFTensorType, level: CInt) {
    let blocks = type.blockElementCount == 1 ? 77 : 3
    let stored = Stored(type, rows: 32, blocks: blocks, seed: 8, isTame: true)
    let depth = stored.depth
    let a = (0..<depth).map { Float(($0 * 7919) % 2003) / 1001 - 1 }
    let bias = (0..<32).map { Float($0) / 7 }
    var panel = [Float](repeating: 0, count: depth * Panels.width)
    stored.withRows(0, depth: depth) { kernels_unpack(level, &$0, &panel) }
    for (columns, hasBias, adds) in [(32, false, false), (32, true, true), (19, true, false)] {
      var expected = (0..<32).map { Float($0) }
      var found = expected
      a.withUnsafeBufferPointer { a in
        bias.withUnsafeBufferPointer { bias in
          let bias = hasBias ? bias.baseAddress : nil
          expected.withUnsafeMutableBufferPointer { c in
            panel.withUnsafeBufferPointer { panel in
              var product = kernels_product(
                a: a.baseAddress!, a_stride: depth, rows: 1, depth: depth,
                panels: panel.baseAddress!, panel_stride: 32 * depth, columns: columns,
                c: c.baseAddress!, c_stride: 32, bias: bias, adds: adds)
              kernels_multiply(level, &product)
            }
          }
          found.withUnsafeMutableBufferPointer { c in
            stored.withRows(0, depth: depth) {
              kernels_multiply_row(level, &$0, a.baseAddress!, columns, c.baseAddress!, bias, adds)
            }
          }
        }
      }
      for (found, expected) in zip(found, expected) {
        #expect(found.bitPattern == expected.bitPattern || found.isNaN && expected.isNaN)
      }
    }
  }

  @Test func `a matrix of parts of two types in orders of their own is the decoded one`() {
    let parts = [
      Stored(.q4K, rows: 48, blocks: 2, seed: 9, isTame: true),
      Stored(.q6K, rows: 60, blocks: 2, seed: 10, isTame: true),
    ]
    let depth = parts[0].depth
    // The second takes forty of its rows, from the last to the first.
    let indices: [(Int) -> Int] = [{ $0 }, { 59 - $0 }]
    let counts = [48, 40]
    let columns = counts.reduce(0, +)
    var panels = zip(parts, zip(counts, indices)).flatMap { stored, part in
      (0..<part.0).flatMap { row in
        stored.floats[part.1(row) * depth..<(part.1(row) + 1) * depth]
      }
    }
    panels += [Float](repeating: 0, count: (Panels.padded(columns) - columns) * depth)
    var packing = [Float](repeating: 0, count: Panels.width * depth)
    kernels_pack(&panels, columns, depth, &packing)
    let input = (0..<5 * depth).map { Float(($0 * 7919) % 2003) / 1001 - 1 }
    var room = [Float](repeating: .nan, count: StoredMatrix.room(depth: depth))
    parts[0].bytes.withUnsafeBytes { first in
      parts[1].bytes.withUnsafeBytes { second in
        let matrix = StoredMatrix(
          parts: [
            StoredMatrix.Part(
              StoredTensor(.q4K, first, rows: 48)!, columns: 0..<48, indices[0]),
            StoredMatrix.Part(
              StoredTensor(.q6K, second, rows: 60)!, columns: 48..<88, indices[1]),
          ], depth: depth)
        for rows in [1, 5] {
          var found = [Float](repeating: 1, count: rows * columns)
          var expected = found
          matrix.multiply(
            input, inputStride: depth, rows: rows, from: 0, columns: columns, bias: nil,
            into: &found, outputStride: columns, adding: true, room: &room)
          panels.withUnsafeBufferPointer {
            Panels($0.baseAddress!, depth: depth).multiply(
              input, inputStride: depth, rows: rows, depth: depth, columns: columns,
              into: &expected, outputStride: columns, adding: true)
          }
          #expect(found == expected, "\(rows) rows")
          #expect(found.allSatisfy { $0.isFinite })
        }
      }
    }
  }

  private struct SeededBytes {
    var state: UInt64

    mutating func next() -> UInt8 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
  }
}
