import Foundation
import TensorFiles
import TestSupport
import Testing

struct GGUFTests {
  /// All but those that the `gguf` package lists and does not dequantise.
  static let types = GGUFTensorType.allCases.filter { $0 != .q81 && $0 != .q8K }

  @Test(arguments: types)
  func `every type dequantises as llama.cpp has it`(type: GGUFTensorType) throws {
    let isNew =
      try GGUFFile(Fixtures.url("gguf/quant-blocks.gguf"))
      .tensors["blk.\(type.name.lowercased()).weight"] == nil
    let stem = isNew ? "codebook" : "quant"
    let file = try GGUFFile(Fixtures.url("gguf/\(stem)-blocks.gguf"))
    let golden = try SafetensorsFile(Fixtures.url("gguf/\(stem)-blocks-f32.safetensors"))
    let name = "blk.\(type.name.lowercased()).weight"
    #expect(try file.tensor(name).type == type)
    #expect(try file.tensor(name).shape == golden.info(name).shape)
    let expected = try golden.floats(name)
    let found = try file.floats(name)
    #expect(found.count == expected.count)
    if isNew { #expect(found == expected) }
    let largest = expected.map(abs).max() ?? 0
    for (index, (found, expected)) in zip(found, expected).enumerated() {
      // Scale times quant less minimum may cancel to nearly zero.
      let scale = max(abs(expected), 1e-3 * largest)
      #expect(abs(found - expected) <= 1e-6 * scale, "\(type.name)[\(index)]")
    }
  }

  @Test func `eight-bit blocks with sums are a scale times bytes, as llama.cpp defines them`()
    throws
  {
    var bytes = GGUFBytes()
    bytes.tensor("q8_k", shape: [256], type: 15, offset: 0)
    bytes.tensor("q8_1", shape: [256], type: 9, offset: 320)
    func number(_ index: Int) -> Int8 { Int8(truncatingIfNeeded: index * 37 - 128) }
    bytes.data.append(Float(0.37).bitPattern)
    for index in 0..<256 { bytes.data.append(number(index)) }
    // Sums that values do not depend on, and room up to the next tensor.
    while bytes.data.count < 320 { bytes.data.append(UInt8(99)) }
    for block in 0..<8 {
      bytes.data.append(Float16(Float(block) - 2.5).bitPattern)
      bytes.data.append(Float16(77).bitPattern)
      for index in 0..<32 { bytes.data.append(number(block * 32 + index)) }
    }
    let folder = try TemporaryFolder()
    let file = try GGUFFile(try bytes.write(to: folder))
    #expect(try file.floats("q8_k") == (0..<256).map { Float(0.37) * Float(number($0)) })
    #expect(
      try file.floats("q8_1") == (0..<256).map { (Float($0 / 32) - 2.5) * Float(number($0)) })
    // The gguf package counts 40 bytes a block, as llama.cpp once had it.
    for _ in 0..<32 { bytes.data.append(UInt8(0)) }
    #expect {
      try GGUFFile(try bytes.write(to: folder))
    } throws: { "\($0)".contains("blocks of 36 bytes") }
    // Up to the next tensor, in whatever order they are named.
    bytes.tensor("next", shape: [8], type: 0, offset: 608)
    #expect(try GGUFFile(try bytes.write(to: folder)).tensors.count == 3)
  }

  @Test func `rows can be read by themselves`() throws {
    let file = try GGUFFile(Fixtures.url("gguf/quant-blocks.gguf"))
    let tensor = try file.tensor("blk.q4_k.weight")
    var rows = [Float](repeating: .nan, count: 2 * tensor.columnCount)
    rows.withUnsafeMutableBufferPointer { file.dequantise(tensor, rows: 3..<5, into: $0) }
    let whole = try file.floats(tensor.name)
    #expect(rows == Array(whole[3 * tensor.columnCount..<5 * tensor.columnCount]))
  }

  @Test func `metadata of every kind is read`() throws {
    var bytes = GGUFBytes()
    bytes.metadata("a.u8", type: 0) { $0.append(UInt8(200)) }
    bytes.metadata("a.i8", type: 1) { $0.append(Int8(-7)) }
    bytes.metadata("a.i16", type: 3) { $0.append(Int16(-300)) }
    bytes.metadata("a.u32", type: 4) { $0.append(UInt32.max) }
    bytes.metadata("a.f32", type: 6) { $0.append(Float(0.5).bitPattern) }
    bytes.metadata("a.bool", type: 7) { $0.append(UInt8(1)) }
    bytes.metadata("a.string", type: 8) { $0.append("héllo") }
    bytes.metadata("a.u64", type: 10) { $0.append(UInt64.max) }
    bytes.metadata("a.f64", type: 12) { $0.append(Double.pi.bitPattern) }
    bytes.metadata("a.strings", type: 9) {
      $0.append(UInt32(8))
      $0.append(UInt64(2))
      $0.append("x")
      $0.append("")
    }
    bytes.metadata("a.nested", type: 9) {
      $0.append(UInt32(9))
      $0.append(UInt64(1))
      $0.append(UInt32(5))
      $0.append(UInt64(2))
      $0.append(Int32(-1))
      $0.append(Int32(1))
    }
    let folder = try TemporaryFolder()
    let file = try GGUFFile(bytes.write(to: folder))
    #expect(file.version == 3)
    #expect(file.metadata["a.u8"] == .integer(200))
    #expect(file.metadata["a.i8"] == .integer(-7))
    #expect(file.metadata["a.i16"] == .integer(-300))
    #expect(file.metadata["a.u32"] == .integer(Int(UInt32.max)))
    #expect(file.metadata["a.f32"] == .float(0.5))
    #expect(file.metadata["a.bool"] == .bool(true))
    #expect(file.metadata["a.string"] == .string("héllo"))
    #expect(file.metadata["a.u64"] == .unsigned(.max))
    #expect(file.metadata["a.f64"] == .float(.pi))
    #expect(file.metadata["a.strings"] == .strings(["x", ""]))
    #expect(file.metadata["a.nested"] == .arrays([.integers([-1, 1])]))
  }
}
