import Foundation
import Numerics
import TensorFiles
import TestSupport
import Testing

@testable import ExemplarPartitioning

@Suite struct ReadoutTests {
  private let tensors: SafetensorsFile

  init() throws {
    try MatrixProducts.verify()
    tensors = try SafetensorsFile(Fixtures.url("claims/readouts.safetensors"))
  }

  private func encoder(_ readout: Readout, k: Int = 1) throws -> ReadoutEncoder {
    ReadoutEncoder(
      centre: try tensors.floats("centre"),
      directions: DirectionRows(try tensors.floats("directions"), dimension: 12), readout: readout,
      k: k, threads: 2)
  }

  @Test(arguments: Readout.allCases) func `A readout agrees with numpy`(_ readout: Readout) throws {
    let rows = try tensors.floats("rows")
    let ours = try encoder(readout).encode(rows, count: 15)
    let golden = try tensors.floats(readout.rawValue)
    #expect(ours.count == golden.count)
    for row in 0..<15 {
      // A row that is the centre is equally near to everything: only its readouts by value are determined.
      if row == 3, readout == .binary { continue }
      for region in 0..<9 {
        let index = row * 9 + region
        #expect(abs(ours[index] - golden[index]) <= 1e-5, "row \(row), region \(region)")
      }
    }
  }

  @Test func `More than one product can be kept, and decoded again`() throws {
    let rows = try tensors.floats("rows")
    let encoder = try encoder(.topk, k: 3)
    let features = encoder.encode(rows, count: 15)
    let golden = try tensors.floats("topk3")
    #expect(zip(features, golden).allSatisfy { abs($0 - $1) <= 1e-5 })
    let decoded = encoder.decode(features, count: 15)
    #expect(zip(decoded, try tensors.floats("decoded")).allSatisfy { abs($0 - $1) <= 1e-5 })
    let norm = try self.encoder(.topkNorm, k: 3).encode(rows, count: 15)
    #expect(zip(norm, try tensors.floats("topk_norm3")).allSatisfy { abs($0 - $1) <= 1e-5 })
  }

  @Test func `Threads change no bit of a readout`() throws {
    let rows = try tensors.floats("rows")
    for readout in Readout.allCases {
      let one = ReadoutEncoder(
        centre: try tensors.floats("centre"),
        directions: DirectionRows(try tensors.floats("directions"), dimension: 12),
        readout: readout, threads: 1)
      #expect(one.encode(rows, count: 15) == (try encoder(readout).encode(rows, count: 15)))
    }
  }

  @Test func `A permutation holds every number once and depends on its seed`() {
    let order = SeededNumbers.permutation(50, seed: 7)
    #expect(order.sorted() == Array(0..<50))
    #expect(order == SeededNumbers.permutation(50, seed: 7))
    #expect(order != SeededNumbers.permutation(50, seed: 8))
  }
}
