import Foundation
import Numerics
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

@Suite struct SparseAutoencoderTests {
  private let tensors: SafetensorsFile

  init() throws {
    try MatrixProducts.verify()
    tensors = try ClaimsGolden.tensors("sae/golden")
  }

  @Test(
    arguments: [
      ("standard", "standard"), ("jumprelu", "jumprelu"), ("topk", "topk"), ("gated", "gated"),
      ("layer_3/width_20/canonical", "gemma_scope"),
    ])
  func `Every published layout encodes as numpy does`(_ folder: String, _ name: String) throws {
    // Folders of Gemma Scope say their site by the repository's name, which this copy lacks.
    let autoencoder = try SparseAutoencoder(
      Fixtures.url("claims/sae/\(folder)"),
      hook: name == "gemma_scope" ? "blocks.3.hook_resid_post" : nil)
    #expect(autoencoder.site.hook == "blocks.3.hook_resid_post")
    #expect(autoencoder.inputWidth == 12 && autoencoder.featureCount == 20)
    let encoded = autoencoder.encode(try tensors.floats("rows"), count: 64, threads: 2)
    let golden = try tensors.floats(name)
    #expect(largestDifference(encoded, golden) < 1e-5)
    #expect(encoded.contains(0) && encoded.contains { $0 > 0 })
  }

  @Test func `A file that cannot be used is named with what is wrong`() throws {
    let folder = try TemporaryFolder()
    let source = Fixtures.url("claims/sae/topk")
    func copy(_ config: String) throws -> URL {
      let target = folder.file("sae-\(UUID().uuidString)")
      try FileManager.default.copyItem(at: source, to: target)
      try Data(config.utf8).write(to: target.appending(path: "cfg.json"))
      return target
    }
    for (config, message) in [
      ("{", "JSON object"), ("{\"architecture\": \"transcoder\"}", "transcoder"),
      ("{\"architecture\": \"topk\"}", "k: expected a number"),
      ("{\"architecture\": \"topk\", \"k\": 21}", "found 21"),
      ("{\"architecture\": \"jumprelu\"}", "threshold"), ("{\"d_in\": 13}", "d_in"),
      ("{\"normalize_activations\": true}", "expected_average_only_in"),
    ] {
      let url = try copy(config)
      let error = #expect(throws: ExperimentError.self) {
        _ = try SparseAutoencoder(url, hook: "blocks.3.hook_resid_post")
      }
      #expect(error?.message.contains(message) == true, "\(config): \(String(describing: error))")
    }
    #expect(throws: ExperimentError.self) { _ = try SparseAutoencoder(folder.url) }
    #expect(throws: ExperimentError.self) { _ = try SparseAutoencoder(folder.file("nothing")) }
  }

  @Test func `Top sets keep the most active rows, the earlier of equals`() {
    var sets = TopSets(featureCount: 2, limit: 3)
    sets.add([1, 0, 2, 5, 2, -1, 0, 4, 2, 4, 2, 4], count: 6, firstRow: 10)
    #expect(sets.active == [5, 4])
    #expect(Set(sets.rows(of: 0)) == [11, 12, 14])
    #expect(sets.leading(2, of: 1) == [11, 13])
  }
}
