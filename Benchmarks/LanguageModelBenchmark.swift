import Foundation
import LanguageModel
import Numerics
import TensorFiles

/// Prompt processing and batched greedy decoding beside the transformers library and llama.cpp, and
/// the peak memory of ours.
enum LanguageModelBenchmark {
  static let childCommand = "language-model-child"
  static let file = "SmolLM2-135M-Instruct.Q4_1.gguf"
  static let rounds = 3
  static let newTokens = 48

  /// The file in the folder that `EXEMPLAR_MODELS` names; without it `nil`, and a line says so.
  static func model() -> URL? {
    let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] ?? ""
    let model = URL(filePath: folder).appending(path: file)
    guard !folder.isEmpty, FileManager.default.fileExists(atPath: model.path) else {
      print("skipped: EXEMPLAR_MODELS names no folder with \(file) (make test-models fetches it)")
      return nil
    }
    return model
  }

  static func run(_ settings: Settings) throws {
    guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"], !folder.isEmpty
    else {
      print("skipped: EXEMPLAR_MODELS names no folder with models (make test-models fetches them)")
      return
    }
    let model = URL(filePath: folder).appending(path: file)
    guard FileManager.default.fileExists(atPath: model.path(percentEncoded: false)) else {
      print("skipped: there is no \(file) in \(folder)")
      return
    }
    let transformer = try Transformer(
      ModelDescription(ModelFiles.gguf(model)), threads: settings.threads)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: GGUFFile(model))
    let prompts = texts.map { tokenizer.encode($0, addSpecial: true, parseSpecial: false) }
    let load = PeerCommand(do: "load", folder: folder, file: file, threads: settings.threads)
    let reference = try peer("transformers_peer.py", load)
    let llama = try peer("llama_cpp_peer.py", load)
    print(
      "\(file); medians of \(rounds) rounds in turns, tokens a second, and the medians of their")
    print("paired ratios; llama.cpp computes with quantised numbers, the others in float32")
    let layers = transformer.configuration.layerCount
    try promptRows(transformer, prompts, [17, layers], reference, llama)
    try decodingRow(transformer, Array(prompts.prefix(40)), reference, llama)
    try memoryRows(folder, settings)
  }

  private static func promptRows(
    _ transformer: Transformer, _ prompts: [[Int]], _ depths: [Int], _ reference: PythonPeer?,
    _ llama: PythonPeer?
  ) throws {
    let lengths = prompts.map(\.count)
    let total = lengths.reduce(0, +)
    print(
      "\nreading \(prompts.count) prompts, \(total) tokens (\(lengths.min() ?? 0) to "
        + "\(lengths.max() ?? 0) each), in one batch, no logits; what leaves the last layer is kept"
    )
    printHeader("layers")
    let all = transformer.configuration.layerCount
    for depth in depths {
      let hook = HookPoint.residualPost(layer: depth - 1)
      var times = Times()
      for round in 0...rounds {
        let (output, own) = try seconds {
          try transformer.forward(.tokens(prompts), reading: [hook], logits: .none)
        }
        let command = PeerCommand(do: "prompt", prompts: prompts, layers: depth)
        let answer = try reference?.ask(command)
        if let answer { try check(output.hooks[hook] ?? [], against: answer.last ?? []) }
        // llama.cpp always runs all layers.
        let other = depth == all ? try llama?.ask(command) : nil
        // The first round warms caches.
        if round > 0 { times.add(own, answer?.seconds, other?.seconds) }
      }
      times.printRow("\(depth) of \(all)", tokens: total)
    }
  }

  private static func decodingRow(
    _ transformer: Transformer, _ prompts: [[Int]], _ reference: PythonPeer?, _ llama: PythonPeer?
  ) throws {
    print(
      "\ncontinuing \(prompts.count) prompts by \(newTokens) tokens each, greedily, in one batch; "
        + "new tokens a second of the whole call")
    printHeader("batch")
    var times = Times()
    var agreeing: Int?
    let options = GenerationOptions(maxNewTokens: newTokens)
    let command = PeerCommand(do: "generate", prompts: prompts, tokens: newTokens)
    for round in 0...rounds {
      let (generations, own) = try seconds { try transformer.generate(prompts, options) }
      let answer = try reference?.ask(command)
      let other = try llama?.ask(command)
      if let theirs = answer?.ids {
        let ids = generations.map(\.tokens)
        guard theirs.map(\.count) == ids.map(\.count) else {
          throw BenchmarkError("transformers wrote another number of tokens: not the same work")
        }
        agreeing = zip(ids, theirs).filter { $0 == $1 }.count
      }
      if round > 0 { times.add(own, answer?.seconds, other?.seconds) }
    }
    times.printRow("\(prompts.count)", tokens: prompts.count * newTokens)
    if let agreeing {
      print("continuations equal to the last token of transformers': \(agreeing)")
    }
  }

  /// Whether both sides computed the same: the last row, to rounding.
  private static func check(_ ours: [Float], against last: [Float]) throws {
    let rows = ours.suffix(last.count)
    let scale = rows.map(abs).max() ?? 0
    let difference = zip(rows, last).map { abs($0 - $1) }.max() ?? .infinity
    guard difference <= 1e-3 * scale else {
      throw BenchmarkError(
        "the residual stream differs from that of transformers by \(difference) of \(scale): "
          + "not the same work")
    }
  }

  private static func printHeader(_ first: String) {
    print(
      column(first, 10)
        + "      ours  transformers  llama.cpp  ours/transformers (of all rounds)  ours/llama.cpp")
  }

  private static func memoryRows(_ folder: String, _ settings: Settings) throws {
    print("\npeak resident memory of a process that loads a model and does both of the above")
    print("  peak MB  file MB  model")
    fflush(nil)
    for name in [file, "Qwen2.5-Coder-0.5B-Instruct.Q4_K_M.gguf"] {
      let path = URL(filePath: folder).appending(path: name).path(percentEncoded: false)
      guard FileManager.default.fileExists(atPath: path) else {
        print("  not measured: there is no \(name)")
        fflush(nil)
        continue
      }
      let process = Process()
      process.executableURL = URL(filePath: CommandLine.arguments[0])
      process.arguments = [childCommand, path, "\(settings.threads)"]
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw BenchmarkError("the child failed") }
    }
  }

  /// Loads the model at a path, reads prompts and continues them, and prints its peak memory.
  static func runChild(_ arguments: [String]) throws {
    guard arguments.count == 3, let threads = Int(arguments[2]) else {
      throw BenchmarkError("expected a path and a number of threads")
    }
    let url = URL(filePath: arguments[1])
    let description = try ModelDescription(ModelFiles.gguf(url))
    let transformer = try Transformer(description, threads: threads)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: GGUFFile(url))
    let prompts = texts.map { tokenizer.encode($0, addSpecial: true, parseSpecial: false) }
    let middle = HookPoint.residualPost(layer: description.configuration.layerCount / 2)
    _ = try transformer.forward(.tokens(prompts), reading: [middle], logits: .none)
    _ = try transformer.generate(
      Array(prompts.prefix(40)), GenerationOptions(maxNewTokens: newTokens))
    print(
      column(try MemoryBenchmark.peakMegabytes(), 9, digits: 0),
      column(Double(description.fileByteCount) / 1e6, 8, digits: 0),
      " \(url.lastPathComponent)")
  }

  /// A running peer with the model loaded; `nil`, and a sentence, where its packages are missing.
  private static func peer(_ script: String, _ load: PeerCommand) throws -> PythonPeer? {
    let peer = try PythonPeer(script)
    let answer = try peer.ask(load)
    if let error = answer.error {
      print("not beside \(script): \(error) (EXEMPLAR_PEER_PYTHON names a Python that has it)")
      return nil
    }
    print("beside \(answer.version ?? script)")
    return peer
  }

  /// 64 sentences of unequal lengths.
  static let texts = openings.flatMap { opening in endings.map { opening + " " + $0 } }

  private static let openings = [
    "The library on the corner opens at nine every morning,",
    "When the train finally reached the small station in the hills,",
    "A good recipe for bread begins with flour, water, salt and time,",
    "Most of the ships in the harbour had come in before the storm,",
    "In the second chapter the author explains how glaciers shape valleys,",
    "To repair an old bicycle you need patience and very few tools,",
    "The committee met for three hours and talked about the new bridge,",
    "Our neighbour keeps bees behind the house and sells the honey,",
  ]

  private static let endings = [
    "and nobody who lives nearby can remember a time when it was otherwise.",
    "so the first thing to do is to write down what you know, what you suspect, and whom to ask.",
    "which surprised everyone but the oldest people in the room.",
    "although the reasons for this are less simple than they may seem at first sight, as we shall see.",
    "and yet there was still one question left that mattered more than all the others.",
    "because the weather in the north changes quickly, often twice or three times in one afternoon.",
    "but what happened next depends on who tells the story and on how much time they have.",
    "and it took the rest of the year to find out what that meant for the town, the river and the mill.",
  ]
}

/// Seconds of the rounds of one row.
private struct Times {
  private var ours: [Double] = []
  private var reference: [Double] = []
  private var llama: [Double] = []

  mutating func add(_ own: Double, _ reference: Double?, _ llama: Double?) {
    ours.append(own)
    if let reference { self.reference.append(reference) }
    if let llama { self.llama.append(llama) }
  }

  func printRow(_ name: String, tokens: Int) {
    func speed(_ times: [Double], _ width: Int) -> String {
      times.isEmpty ? column("–", width) : column(Double(tokens) / median(times), width, digits: 0)
    }
    func ratios(_ times: [Double]) -> [Double] { zip(times, ours).map { $0 / $1 } }
    func ratio(_ times: [Double], _ width: Int) -> String {
      times.isEmpty ? column("–", width) : column(median(ratios(times)), width)
    }
    let spread = ratios(reference)
    let range =
      spread.isEmpty
      ? "" : "(" + column(spread.min() ?? .nan, 0) + "–" + column(spread.max() ?? .nan, 0) + ")"
    print(
      column(name, 10), speed(ours, 9), speed(reference, 13), speed(llama, 10),
      ratio(reference, 18), column(range, 15), ratio(llama, 15))
    // A row takes a while: it is to be seen when it is there.
    fflush(nil)
  }
}

/// What a peer is asked; each command uses some of it.
private struct PeerCommand: Encodable {
  var `do`: String
  var folder: String?
  var file: String?
  var threads: Int?
  var prompts: [[Int]]?
  var layers: Int?
  var tokens: Int?
}

private struct PeerAnswer: Decodable {
  var error: String?
  var version: String?
  var seconds: Double?
  /// The last prompt's last row of the residual stream.
  var last: [Float]?
  var ids: [[Int]]?
}

/// A Python script of this folder, kept running so that both sides are measured in turns: a JSON
/// object a line each way.
private final class PythonPeer {
  private let script: String
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  init(_ script: String) throws {
    self.script = script
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: script)
    let environment = ProcessInfo.processInfo.environment
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      environment["EXEMPLAR_PEER_PYTHON"] ?? "python3", path.path(percentEncoded: false),
    ]
    process.standardInput = input
    process.standardOutput = output
    // Libraries report their progress there.
    process.standardError = FileHandle.nullDevice
    // Writing to a peer that has ended is to fail, not to end this process.
    signal(SIGPIPE, SIG_IGN)
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  func ask(_ command: PeerCommand) throws -> PeerAnswer {
    // A peer that has ended says why in what it wrote before; a failed write adds nothing.
    try? input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(command) + [0x0A])
    var answer = Data()
    while answer.last != 0x0A {
      let part = output.fileHandleForReading.availableData
      guard !part.isEmpty else { throw BenchmarkError("\(script) ended without an answer") }
      answer += part
    }
    return try JSONDecoder().decode(PeerAnswer.self, from: answer)
  }
}
