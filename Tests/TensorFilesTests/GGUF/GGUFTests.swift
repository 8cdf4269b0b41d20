import Foundation
import TensorFiles
import TestSupport
import Testing

struct GGUFTests {
  static let types = GGUFTensorType.allCases

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
