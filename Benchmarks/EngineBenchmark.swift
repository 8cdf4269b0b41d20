import Engines
import Foundation
import LanguageModel

/// What the protocol costs: the engine of this program called directly, and the same engine as a worker of the program
/// that lies beside this one.
enum EngineBenchmark {
  static let rounds = 5
  static let newTokens = 32

  static func run(_ settings: Settings) throws {
    guard let file = LanguageModelBenchmark.model() else { return }
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "exemplar").path(percentEncoded: false)
    guard FileManager.default.isExecutableFile(atPath: program) else {
      print("skipped: there is no \(program) (make build)")
      return
    }
    let model = file.path(percentEncoded: false)
    let own = try Transformer(ModelDescription(ModelFiles.find(model)), threads: settings.threads)
    let served = try WorkerEngine(
      command: "exec '\(program)' engine serve --threads \(settings.threads)",
      name: "engine serve", model: WorkerModel(model), client: "benchmark",
      threads: settings.threads)
    defer { served.end() }
    let prompts = LanguageModelBenchmark.texts.map {
      served.tokenizer.encode($0, addSpecial: true, parseSpecial: false)
    }
    let total = prompts.reduce(0) { $0 + $1.count }
    let hook = HookPoint.residualPost(layer: 16)
    print(
      "\(LanguageModelBenchmark.file); medians of \(rounds) rounds in turns, tokens a second, and of paired ratios"
    )
    print("                                            direct   protocol   ratio")
    let few = Array(prompts.prefix(16))
    let options = GenerationOptions(maxNewTokens: newTokens)
    try row("reading \(total) tokens, rows of one layer", tokens: total, own, served) {
      try $0.forward(.tokens(prompts), reading: [hook], logits: .none).hooks[hook] ?? []
    }
    try row("the same through all layers, last logits", tokens: total, own, served) {
      try $0.forward(.tokens(prompts), logits: .last).logits
    }
    try row(
      "continuing \(few.count) prompts by \(newTokens)", tokens: few.count * newTokens, own, served
    ) { try $0.generate(few, options).flatMap(\.tokens).map(Float.init) }
  }

  private static func row(
    _ name: String, tokens: Int, _ own: Transformer, _ served: WorkerEngine,
    _ body: (any Engine) throws -> [Float]
  ) throws {
    var (direct, through, ratios) = ([Double](), [Double](), [Double]())
    for round in 0...rounds {
      let (expected, first) = try seconds { try body(own) }
      let (found, second) = try seconds { try body(served) }
      guard expected == found else {
        throw BenchmarkError("\(name): the two engines' numbers differ: not the same work")
      }
      guard round > 0 else { continue }
      direct.append(Double(tokens) / first)
      through.append(Double(tokens) / second)
      ratios.append(first / second)
    }
    print(
      name.padding(toLength: 42, withPad: " ", startingAt: 0)
        + column(median(direct), 8, digits: 0) + column(median(through), 11, digits: 0)
        + column(median(ratios), 8))
  }
}
