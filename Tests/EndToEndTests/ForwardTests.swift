import Foundation
import TensorFiles
import TestSupport
import Testing

@Suite("A model on the command line")
struct ForwardTests {
  private let program: Program

  init() throws { program = try Program() }

  private func expectClose(
    _ found: [Float], _ golden: [Float], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let scale = golden.map(abs).max() ?? 0
    let worst = zip(found, golden).map { abs($0 - $1) }.max() ?? .infinity
    #expect(
      found.count == golden.count && worst <= 1e-4 * scale, "\(what): \(worst) of \(scale)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: ["tiny-llama", "tiny-qwen2", "tiny-gemma2", "tiny-gpt-neox"])
  func `forward gives the golden numbers, plain, ablated and steered`(name: String) throws {
    let model = fixture("models/\(name)")
    let golden = try SafetensorsFile(Fixtures.url("models/\(name)/golden.safetensors"))
    let layer = try #require(golden.metadata["hook_layer"])
    let alpha = try #require(golden.metadata["steer_alpha"])
    let (centre, direction) = (try golden.floats("center"), try golden.floats("direction"))
    let width = centre.count
    try SafetensorsWriter.write(
      [
        ("center", SafetensorsTensor(centre, shape: [width])),
        ("basis", SafetensorsTensor(direction, shape: [1, width])),
      ], to: program.folder.file("ablate.safetensors"))
    try SafetensorsWriter.write(
      [("direction", SafetensorsTensor(direction, shape: [width]))],
      to: program.folder.file("steer.safetensors"))

    let shape = try golden.info("input_ids").shape
    let prompt = shape[0] - 1
    let ids = try golden.int64s("input_ids").suffix(shape[1])
    let hooks = ["blocks.0.hook_resid_post", "blocks.\(layer).hook_resid_post"]
    let at = ["--at", "blocks.\(layer).hook_resid_post"]
    // These were cast to half precision as a whole before the goldens were made.
    let cast = ["tiny-qwen2": "bfloat16", "tiny-gpt-neox": "float16"][name]
    let rotary = cast.map { ["--rotary-precision", $0] } ?? []
    let kinds = [
      ("", []), ("ablated.", ["--ablate", program.path("ablate.safetensors")] + at),
      ("steered.", ["--steer", program.path("steer.safetensors"), "--alpha", alpha] + at),
    ]
    for (kind, edit) in kinds {
      let output = "\(kind)out.safetensors"
      let result = try program.run(
        ["forward", model, "--tokens", ids.map(String.init).joined(separator: ",")]
          + hooks.flatMap { ["--hook", $0] } + edit + rotary
          + ["-o", program.path(output), "--json"])
      #expect(result.status == 0, "\(result.error)")
      let found = try SafetensorsFile(program.folder.file(output))
      for tensor in ["logits"] + hooks {
        #expect(try found.info(tensor).shape == golden.info(kind + tensor).shape.suffix(2))
        // The rows of the last prompt.
        let expected = try golden.floats(kind + tensor)
        let count = expected.count / shape[0]
        expectClose(
          try found.floats(tensor), Array(expected[prompt * count..<(prompt + 1) * count]),
          kind + tensor)
      }
    }
  }

  @Test func `what rotary frequencies are rounded to is said, and can be chosen`() throws {
    let model = fixture("models/tiny-qwen2")
    let info = try program.run("info", model, "--json")
    #expect(info.json["rotaryPrecision"] as? String == "float32")
    #expect(
      try program.run("info", fixture("models/tiny-llama"), "--json").json["rotaryPrecision"]
        as? String == "float32")
    var logits: [String: [Float]] = [:]
    for precision in [nil, "bfloat16", "float32"] {
      let choice = precision.map { ["--rotary-precision", $0] } ?? []
      let precision = precision ?? "unsaid"
      let result = try program.run(
        ["forward", model, "--tokens", "5,6,7,8,9,10,11,12"] + choice
          + ["-o", program.path("\(precision).safetensors")])
      #expect(result.status == 0)
      #expect(result.error.contains("rounded to bfloat16") == (precision == "bfloat16"))
      #expect(result.error.contains("--rotary-precision bfloat16") == (precision == "unsaid"))
      logits[precision] = try SafetensorsFile(program.folder.file("\(precision).safetensors"))
        .floats("logits")
    }
    #expect(logits["unsaid"] == logits["float32"])
    #expect(logits["unsaid"] != logits["bfloat16"])
  }
}
