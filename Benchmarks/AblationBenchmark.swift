import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What a person in the ablation lab waits for: geometry on invented activations, and resume and generate depth on
/// SmolLM2-135M-Instruct with invented prompts, beside the engine's own batched decoding.
enum AblationBenchmark {
  static func run(_ settings: Settings) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-ablation-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try geometry(folder, settings)
    guard let models = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"],
      FileManager.default.fileExists(
        atPath: URL(filePath: models).appending(path: LanguageModelBenchmark.file).path)
    else {
      print("resume and generate: skipped, EXEMPLAR_MODELS names no folder with SmolLM2")
      return
    }
    try measured(
      folder, URL(filePath: models).appending(path: LanguageModelBenchmark.file), settings)
  }

  private static func geometry(_ folder: URL, _ settings: Settings) throws {
    let (dimension, regions, prompts) = (576, 200, 600)
    // Candidates need several prompts in a region.
    let occupied = 60
    var random = BenchmarkRandom(seed: 3)
    func unit() -> [Float] {
      let values = (0..<dimension).map { _ in random.gaussian() }
      let squares: Float = values.reduce(0) { $0 + $1 * $1 }
      let norm = squares.squareRoot()
      return values.map { $0 / norm }
    }
    let exemplars = (0..<regions).map { _ in unit() }
    var rows: [Float] = []
    for index in 0..<prompts {
      for (own, other) in zip(exemplars[index * 7 % occupied], unit()) {
        rows.append(20 * own + 12 * other)
      }
    }
    let store = try Self.store(
      folder.appending(path: "geometry.epstore"), hook: "blocks.16.hook_resid_post",
      dimension: dimension, tokens: Array(repeating: [1], count: prompts), rows: rows,
      refused: { $0 * 7 % occupied < 20 })
    let url = folder.appending(path: "geometry.epdict")
    try Self.dictionary(exemplars, url: url)
    let file = try DictionaryFile(url)
    let subject = try AblationSubject(
      file, dictionary: try file.load(), material: try AblationMaterial(store),
      threads: settings.threads)
    let setup = AblationSetup(target: .top(3, .reference), split: "all")
    var (whole, again): ([Double], [Double]) = ([], [])
    for _ in 0..<7 {
      let (runner, fitting) = try seconds {
        try AblationRunner(subject, threads: settings.threads)
      }
      let (_, running) = try seconds { try runner.run(setup) }
      whole.append(fitting + running)
      again.append(running)
    }
    print(
      "geometry, \(prompts) prompts × \(regions) regions × \(dimension): fit and three conditions "
        + column(median(whole) * 1000, 5, digits: 0) + " ms, another setup "
        + column(median(again) * 1000, 5, digits: 0) + " ms")
  }

  private static func measured(_ folder: URL, _ model: URL, _ settings: Settings) throws {
    let description = try ModelDescription(ModelFiles.find(model.path))
    let transformer = try Transformer(description, threads: settings.threads)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: try GGUFFile(model))
    let hook = HookPoint.residualPost(layer: 16)
    let tokens = (0..<100).map { index in
      tokenizer.encode(
        "<|im_start|>user\nWrite a note on tap number \(index) and how to keep it clean.<|im_end|>\n"
          + "<|im_start|>assistant\n", addSpecial: false, parseSpecial: true)
    }
    let rows =
      try transformer.forward(.tokens(tokens), reading: [hook], logits: .none)
      .hooks[hook] ?? []
    let dimension = transformer.configuration.hiddenSize
    let store = try Self.store(
      folder.appending(path: "measured.epstore"), hook: hook.name, dimension: dimension,
      tokens: tokens, rows: rows, refused: { $0 % 2 == 0 })
    let url = folder.appending(path: "measured.epdict")
    try Self.dictionary(
      (0..<8).map { RandomDirection.unit(dimension: dimension, seed: $0) }, url: url)
    let file = try DictionaryFile(url)
    let subject = try AblationSubject(
      file, dictionary: try file.load(), material: try AblationMaterial(store),
      threads: settings.threads)
    let runner = try AblationRunner(
      subject,
      model: AblationModel(
        engine: transformer, tokenizer: tokenizer, name: "SmolLM2", modelHash: "measured",
        adapterHash: nil), threads: settings.threads)
    var setup = AblationSetup(
      target: .regions([0]), basis: .exemplar, null: .random, depth: .resume, split: "all")
    let positions = tokens.reduce(0) { $0 + $1.count }
    var times: [Double] = []
    for _ in 0..<3 { times.append(try seconds { try runner.run(setup) }.1) }
    print(
      "resume, 100 prompts (\(positions) positions) × 3 conditions: "
        + "\(column(median(times), 5)) s (at most 5)")

    setup.depth = .generate
    setup.maxNewTokens = 32
    setup.limit = 24
    let prompts = try subject.evaluated(setup)
    let directions = try subject.directions(setup)
    let conditions = try runner.conditions(setup, directions, at: hook.name)
    let generate = GenerateDepth(
      model: transformer, tokenizer: tokenizer, material: subject.material, modelIdentity: nil,
      maxNewTokens: 32)
    let inputs = try prompts.flatMap { prompt in
      let ids = try subject.material.tokens(of: prompt)
      return [ids, ids, ids]
    }
    let options = GenerationOptions(maxNewTokens: 32, endTokens: tokenizer.stopIDs)
    var ratios: [Double] = []
    for _ in 0..<3 {
      var produced = 0
      let (_, ours) = try seconds {
        try generate.run(prompts, conditions) { event in
          if case .answered(_, _, let answer) = event { produced += answer.tokens.count }
        }
      }
      let (plain, theirs) = try seconds { try transformer.generate(inputs, options) }
      let decoded = plain.reduce(0) { $0 + $1.tokens.count }
      ratios.append((Double(produced) / ours) / (Double(decoded) / theirs))
    }
    print(
      "generate, \(prompts.count) prompts × 3 conditions × 32 tokens: "
        + "\(column(median(ratios), 5)) of the engine's own batched decoding (at least 0.9)")
    LabBenchmark.run(
      dictionary: url, store: store.url, model: model, patience: .seconds(20))
  }

  private static func store(
    _ url: URL, hook: String, dimension: Int, tokens: [[Int]], rows: [Float],
    refused: (Int) -> Bool
  ) throws -> StoreFile {
    let writer = try StoreWriter(
      url, provenance: StoreProvenance(), hooks: [StoreHook(name: hook, dimension: dimension)],
      elementType: .f32)
    let entries = tokens.enumerated().map { index, ids in
      let role = index % 2 == 0 ? "harmful" : "benign"
      let isRefused = refused(index)
      return StoreUnit.Entry(
        document: StoreDocument(
          id: "\(role)-\(index)", kind: .prompt, set: role,
          split: index % 3 == 0 ? "heldout" : "train",
          prompt: "prompt \(index)", text: "prompt \(index)", rowCount: ids.count,
          tokenCount: ids.count),
        tokens: StoreTokens(ids: ids.map(Int32.init), ends: nil),
        continuations: [
          StoreContinuation(
            text: isRefused ? "I cannot help with that." : "Here is how: take a cloth.",
            tokens: [isRefused ? 57 : 60], ending: "endToken")
        ])
    }
    try writer.append(StoreUnit(entries: entries, rows: [rows]))
    try writer.finish()
    return try StoreFile(url)
  }

  private static func dictionary(_ exemplars: [[Float]], url: URL) throws {
    let dimension = exemplars.first?.count ?? 0
    var provenance = DictionaryProvenance()
    provenance.hook = "blocks.16.hook_resid_post"
    try DictionaryWriter.write(
      ExemplarDictionary(
        centre: [Float](repeating: 0, count: dimension), threshold: 0.6,
        exemplars: exemplars.flatMap(\.self), means: exemplars.flatMap(\.self),
        regions: exemplars.map { _ in
          Region(memberCount: 3, coherence: 0.8, sumDistance: 1, sumSquaredDistance: 1)
        }), provenance: provenance, to: url)
  }
}
