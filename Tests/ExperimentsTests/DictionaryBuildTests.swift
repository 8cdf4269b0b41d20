import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage
import TensorFiles
import TestSupport
import Testing

@Suite("Building from files")
struct DictionaryBuildTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func request(
    _ url: URL,
    _ calibration: DictionaryBuildRequest.CalibrationChoice = .percentile(10, activations: 200_000),
    threads: Int = 2
  ) throws -> DictionaryBuildRequest {
    DictionaryBuildRequest(
      source: try ActivationSource(url), calibration: calibration,
      options: BuildOptions(threads: threads))
  }

  private static let shards = Fixtures.url("ep/p10-merge-min2/activations")

  @Test("writes the same bytes at any thread count, and on a second run")
  func sameBytes() throws {
    for (name, threads) in [("a", 1), ("b", 2), ("c", 2)] {
      let result = try DictionaryBuild.run(try request(Self.shards, threads: threads))
      try DictionaryWriter.write(
        result.dictionary, provenance: result.provenance, to: folder.file("\(name).epdict"))
    }
    for file in ["dictionary.sqlite", "directions.safetensors"] {
      let first = try Data(contentsOf: folder.file("a.epdict/\(file)"))
      #expect(try Data(contentsOf: folder.file("b.epdict/\(file)")) == first)
      #expect(try Data(contentsOf: folder.file("c.epdict/\(file)")) == first)
    }
  }

  @Test("takes the reference's calibration cache", arguments: ["p10", "p1", "p10-merge-min2"])
  func calibrationCache(name: String) throws {
    let cache = Fixtures.url("ep/\(name)/calibration")
    let file = try #require(
      try FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil).first)
    let given = try CalibrationFile.read(file)
    let percentile = try #require(given.percentile)
    let computed = try DictionaryBuild.run(
      try request(
        Fixtures.url("ep/\(name)/activations"), .percentile(percentile, activations: 200_000))
    ).calibration
    #expect(abs(given.threshold - computed.threshold) < 1e-6)
    #expect(given.activationCount == computed.activationCount)
    #expect(zip(given.centre, computed.centre).allSatisfy { abs($0 - $1) < 1e-5 })
    let built = try DictionaryBuild.run(
      try request(Fixtures.url("ep/\(name)/activations"), .given(given)))
    #expect(built.calibration == given)
  }

  @Test("a calibration of another version or width is refused")
  func calibrationErrors() throws {
    let file = folder.file("c.npz")
    try NPZWriter.write([("center", NumPyOutput([Float(1)], shape: [1]))], to: file)
    #expect(throws: (any Error).self) { try CalibrationFile.read(file) }
    let narrow = Calibration(centre: [0, 1], threshold: 0.5, activationCount: 1, percentile: 10)
    let error = #expect(throws: ExperimentError.self) {
      try DictionaryBuild.run(try request(Self.shards, .given(narrow)))
    }
    #expect(error?.description.contains("2 components as in the calibration, found 48") == true)
  }

  @Test("one activation alone cannot be calibrated on, but can be built from a given calibration")
  func oneRow() throws {
    let file = folder.file("one.npy")
    try NumPyWriter.write(NumPyOutput([Float(1), 2], shape: [1, 2]), to: file)
    #expect(throws: CalibrationError.noPairs(batches: 1)) {
      try DictionaryBuild.run(try request(file))
    }
    let calibration = Calibration(
      centre: [0, 0], threshold: 0.5, activationCount: 1, percentile: 10)
    #expect(try DictionaryBuild.run(try request(file, .given(calibration))).dictionary.count == 1)
  }

  @Test("calibrates on the first activations, to the end of a batch")
  func calibrationLimit() throws {
    let result = try DictionaryBuild.run(
      try request(Self.shards, .percentile(10, activations: 210)))
    let count = try #require(result.calibration.activationCount)
    #expect(count > 210 && count < 600)
    #expect(result.activations == 2127)
  }

  @Test("ends when its progress throws")
  func cancellation() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try DictionaryBuild.run(try request(Self.shards)) { progress in
        if progress.stage == .build { throw Stop() }
      }
    }
  }

  @Test("assigns as the reference does, and summarises the distances")
  func assignment() throws {
    let result = try DictionaryBuild.run(try request(Self.shards))
    try DictionaryWriter.write(
      result.dictionary, provenance: result.provenance, to: folder.file("a.epdict"))
    let file = try DictionaryFile(folder.file("a.epdict"))
    let assigned = try ActivationAssignment.run(file, try ActivationSource(Self.shards), threads: 2)
    try assigned.write(to: folder.file("ids.safetensors"))
    let written = try SafetensorsFile(folder.file("ids.safetensors"))
    #expect(try written.int64s("ids") == assigned.ids)
    #expect(written.tensors["distances"]?.shape == [2127])
    #expect(assigned.summary.withinThreshold == 1)
    let sorted = assigned.distances.sorted()
    #expect(assigned.summary.p50 == Double(sorted[1063]))
    let wide = folder.file("wide.npy")
    try NumPyWriter.write(NumPyOutput([Float(1), 2], shape: [1, 2]), to: wide)
    #expect(throws: ExperimentError.self) {
      try ActivationAssignment.run(file, try ActivationSource(wide), threads: 1)
    }
  }
}
