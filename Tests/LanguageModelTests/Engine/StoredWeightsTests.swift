import Foundation
import TensorFiles
import TestSupport
import Testing

@testable import LanguageModel

/// Models whose matrices stay in their files beside the same ones read into memory as float32.
struct StoredWeightsTests {
  /// The same tensors, none of which products can read where it is.
  private struct ReadSource: WeightSource {
    let source: any WeightSource

    func shape(_ name: String) -> [Int]? { source.shape(name) }
    func typeName(_ name: String) -> String? { source.typeName(name) }
    func read(
      _ name: String, rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
    ) throws { try source.read(name, rows: rows, into: output) }
    var names: [String] { source.names }
    var byteCount: Int { source.byteCount }
  }

  private func inMemory(_ description: ModelDescription, threads: Int) throws -> Transformer {
    let source = ReadSource(source: description.source)
    let (model, architecture) = (description.configuration, description.architecture)
    let isHub = if case .hub = description.files { true } else { false }
    let plan = try WeightPlan(
      model, source: source,
      recipe: { isHub ? architecture.hubTensor($0, $1) : architecture.ggufTensor($0, $1) })
    #expect(plan.storedByteCount == 0)
    let arena = try WeightArena(count: plan.totalCount)
    try plan.read(from: source, into: arena, threads: 1)
    plan.arrange(arena, threads: 1)
    return Transformer(
      model, try TransformerWeights(model, plan, arena, source: source), threads: threads,
      rowsPerPass: 512)
  }

  static let paths =
    FamilyTests.models.map { "models/\($0)" }
    + FamilyTests.ggufModels.map { "models/\($0)/model.gguf" }
    + ["tiny-llama", "tiny-qwen2", "tiny-gemma2", "tiny-gpt-neox"].map { "models/\($0)" }

  @Test(arguments: paths)
  func `a model's numbers are those of its weights in memory, to the bit`(path: String) throws {
    try compare(
      ModelFiles.find(Fixtures.url(path).path), prompts: [[3, 4, 5, 6, 7], [8], [9, 3, 5]])
  }

  private static func real(_ name: String) -> URL? {
    guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] else { return nil }
    let file = URL(filePath: folder).appending(path: name)
    return FileManager.default.fileExists(atPath: file.path) ? file : nil
  }

  private static let published = "SmolLM2-135M-Instruct.Q4_1.gguf"

  @Test(
    .enabled(
      if: real(published) != nil, "EXEMPLAR_MODELS does not name a folder with \(published)"))
  func `so are a published model's`() throws {
    let file = try #require(Self.real(Self.published))
    try compare(.gguf(file), prompts: [Array(100..<140), [9]])
  }

  @Test func `nothing is computed from a file that was written to, unlike one in its place`() throws
  {
    let folder = try TemporaryFolder()
    let file = folder.file("model.gguf")
    let given = Fixtures.url("models/\(FamilyTests.ggufModels[0])/model.gguf")
    try FileManager.default.copyItem(at: given, to: file)
    let model = try Transformer(ModelDescription(.gguf(file)), threads: 1)
    let session = try PrefixSession(model, reading: [.residualPost(layer: 0)])
    let expected = try model.forward(.tokens([[3, 4]])).logits

    try FileManager.default.removeItem(at: file)
    try Data("of another model".utf8).write(to: file)
    #expect(try model.forward(.tokens([[3, 4]])).logits == expected)

    try FileManager.default.removeItem(at: file)
    try FileManager.default.copyItem(at: given, to: file)
    let other = try Transformer(ModelDescription(.gguf(file)), threads: 1)
    let open = try PrefixSession(other, reading: [.residualPost(layer: 0)])
    // Under another name it is the same file.
    let moved = folder.file("moved.gguf")
    try FileManager.default.moveItem(at: file, to: moved)
    #expect(try other.forward(.tokens([[3, 4]])).logits == expected)
    let handle = try FileHandle(forUpdating: moved)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([0]))
    try handle.close()
    for work in [
      { _ = try other.forward(.tokens([[3, 4]])) },
      { _ = try other.generate([[3, 4]], GenerationOptions(maxNewTokens: 2)) },
      { _ = try open.update([3, 4]) },
    ] {
      let error = #expect(throws: TensorFileError.self) { try work() }
      #expect(error?.description.contains("model.gguf was written to while it was open") == true)
    }
    #expect(open.tokens.isEmpty)
    #expect(try session.update([3, 4]).reused == 0)
  }

  private func compare(_ files: ModelFiles, prompts: [[Int]]) throws {
    let description = try ModelDescription(files)
    #expect(description.plan.storedByteCount > 0)
    #expect(description.plan.totalCount < description.parameterCount)
    let expected = try inMemory(description, threads: 1)
    let hooks = [HookPoint.residualPost(layer: description.configuration.layerCount - 1)]
    let numbers = try expected.forward(.tokens(prompts), reading: hooks)
    let single = try expected.forward(.tokens([[5]])).logits
    let texts = try expected.generate(prompts, GenerationOptions(maxNewTokens: 6)).map(\.tokens)
    let rows = [Float](repeating: 0.5, count: 2 * description.configuration.hiddenSize)
    let lens = expected.lens(rows, count: 2)
    #expect(numbers.logits.allSatisfy { $0.isFinite })
    for threads in [1, 3] {
      let model = try Transformer(description, threads: threads)
      let found = try model.forward(.tokens(prompts), reading: hooks)
      #expect(found.logits == numbers.logits)
      #expect(found.hooks == numbers.hooks)
      #expect(try model.forward(.tokens([[5]])).logits == single)
      #expect(
        try model.generate(prompts, GenerationOptions(maxNewTokens: 6)).map(\.tokens) == texts)
      #expect(model.lens(rows, count: 2) == lens)
    }
  }
}
