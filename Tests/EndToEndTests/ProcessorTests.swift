import Foundation
import TestSupport
import Testing

/// OpenBLAS adds in another order on another processor; one of its kernels can be asked for by name.
struct ProcessorTests {
  private static let kernels = ["Prescott", "Haswell"]

  @Test func `a build, an assignment and a match are the same bytes by any kernel of OpenBLAS`()
    throws
  {
    let program = try Program()
    let samples = Program.samples
    let store = samples.appending(path: "smollm2-instruct.epstore").path(percentEncoded: false)
    let other = samples.appending(path: "smollm2-refusal.last.p10.epdict")
      .path(percentEncoded: false)
    let built = program.path("built.epdict")
    var expected: [String: Data] = [:]
    for kernel in Self.kernels {
      for command in [
        ["build", store, "--positions", "last", "--percentile", "10", "--overwrite", "-o", built],
        [
          "assign", built, store, "--positions", "last", "--overwrite", "-o",
          program.path("ids.safetensors"),
        ],
        ["match", built, other, "--overwrite", "-o", program.path("match")],
      ] {
        let result = try program.run(
          command + ["--quiet"],
          adding: ["OPENBLAS_CORETYPE": kernel, "SOURCE_DATE_EPOCH": "1795392000"])
        try #require(result.status == 0, "\(result.error)")
      }
      for name in [
        "built.epdict/dictionary.sqlite", "built.epdict/directions.safetensors", "ids.safetensors",
        "match/matches.csv", "match/comparison.json",
      ] {
        var data = try Data(contentsOf: program.folder.file(name))
        if name.hasSuffix(".json") {
          // How long it took is the one thing that may differ.
          let text = String(decoding: data, as: UTF8.self)
          data = Data(text.replacing(#/"seconds":[0-9.e-]+/#, with: "").utf8)
        }
        #expect(!data.isEmpty)
        if let first = expected[name] {
          #expect(data == first, "\(name) is another by \(kernel)")
        } else {
          expected[name] = data
        }
      }
    }
  }
}
