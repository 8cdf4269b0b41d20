import ArgumentParser
import CEngineScript
import Engines
import Experiments
import Explorer
import Foundation
import LanguageModel
import Storage
import TensorFiles

struct EngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Serve, write, list and compare engines: where models run.",
    discussion: """
      Every command that reads a model takes --engine too. engine write puts the worker for torch and transformers where \
      it is wanted, engine serve offers this program's own engine the same way, engine list shows those of the settings, \
      and engine check says how far two are apart.

      Example:
      exemplar engine check MODEL.gguf --engine own --engine gpu
      """,
    subcommands: [EngineServe.self, EngineWrite.self, EngineList.self, EngineCheckCommand.self])
}

struct EngineServe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract:
      "Answer the engine protocol on standard input and output, with this program's own engine.",
    discussion: """
      For other machines: --engine 'ssh box exemplar engine serve'. It ends when its input does.

      Example:
      exemplar trace D.epdict MODEL.gguf Hello --engine 'ssh box exemplar engine serve'
      """)

  @OptionGroup var threadCount: ThreadCount

  func run() throws {
    // What anything prints would be read as a message: only this descriptor is the client's.
    let output = dup(1)
    dup2(2, 1)
    let server = EngineServer(
      input: 0, output: output, version: toolVersion, threads: threadCount.threads
    ) { files, adapter in
      EngineServer.Identity(
        modelHash: try FileHash.of(files), adapterHash: try adapter.map(FileHash.ofAdapter))
    }
    do {
      try server.run { _exit(0) }
    } catch {
      throw ExperimentError(
        .invalidValue, "the client broke the protocol: \(error)", file: "engine serve")
    }
  }
}

struct EngineWrite: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write the worker for machines with torch and transformers: one Python file.",
    discussion: """
      Python 3.10 or later; nothing of this program need be there.

      Example:
      exemplar engine write exemplar_engine.py
      """)

  @Argument(help: "Where to write it: exemplar_engine.py.")
  var file: String

  @Flag(help: "Replace the file if it exists.")
  var overwrite = false

  func run() throws {
    var path = OutputPath()
    (path.output, path.overwrite) = (file, overwrite)
    try path.check(suffix: "py")
    let output = try OutputFile(path.url)
    var size = 0
    let script = engine_script(&size)
    try output.write(UnsafeRawBufferPointer(start: script, count: size))
    try output.commit()
    print(
      "\(oneLine(path.url.lastPathComponent)): python3 \(oneLine(path.url.lastPathComponent)) serve"
    )
  }
}

struct EngineList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the engines that the settings name.",
    discussion: """
      They stand in config.toml under [engines]: gpu = "ssh box python3 exemplar_engine.py serve".

      With --json: a line an engine.

      Example:
      exemplar engine list
      """)

  @OptionGroup var style: OutputStyle

  private struct Named: Encodable {
    var name: String
    var command: String
    var isDefault: Bool
  }

  func run() throws {
    let folder = try UserFolders.config()
    let settings = try Configuration(folder: folder)
    let engines = settings.engines.sorted { $0.key < $1.key }
    for (name, command) in engines {
      if style.json {
        JSONValue(
          encoding: Named(name: name, command: command, isDefault: settings.engine == name)
        ).print()
      } else {
        print(
          "\(oneLine(name))\(settings.engine == name ? " (the explorer's)" : "")\t\(oneLine(command))"
        )
      }
    }
    if let named = settings.engine, settings.engines[named] == nil, !style.quiet {
      do {
        let choice = try EngineChoice(named, in: settings)
        StandardError.print("the explorer's engine is a command line: \(oneLine(choice.command))")
      } catch let error as EngineChoice.Unknown {
        StandardError.print("note: the explorer's engine: \(oneLine(error.description))")
      }
    }
    if engines.isEmpty, !style.json, !style.quiet {
      StandardError.print(
        "no engines in \(oneLine(folder.appending(path: "config.toml").path(percentEncoded: false)))"
      )
    }
  }
}

struct EngineCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say how far two engines are apart on one model.",
    discussion: """
      Reads the same tokens on both: rows at every layer (‖a − b‖ in units of ‖a‖), logits, and greedy texts, each the \
      same or with its first token that differs and by how much the first engine preferred its own. The engine own is this \
      program's.

      With --json: one object.

      Example:
      exemplar engine check MODEL.gguf --engine own --engine 'exemplar engine serve'
      """)

  @Argument(help: "The model, as both machines know it.")
  var model: String

  @Option(
    name: .customLong("engine"),
    help: "Twice: a command line, a name of [engines] in the settings, or own for this program's.")
  var engines: [String] = []

  @Option(help: "The model for the second engine, where its machine calls it otherwise.")
  var otherName: String?

  @OptionGroup var adapting: AdapterOption

  @Option(name: .customLong("hook"), help: "Compare rows at this hook; may be repeated.")
  var hooks: [String] = []

  @Option(help: "Read these prompts: JSON Lines, a JSON array, CSV, TSV or Parquet.")
  var prompts: String?

  @OptionGroup var prompting: PromptOptions

  @Option(help: "The most new tokens of a text.")
  var maxNewTokens = 32

  @Option(help: "Seconds without a word after which an engine is taken for hung; 60 without it.")
  var engineTimeout: Double?

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  /// Read where no prompts are given.
  private static let texts = [
    "The capital of France is", "Water boils at a temperature of", "def add(a, b):\n    return",
    "Once upon a time there was a little girl who", "1, 2, 3, 5, 8,",
  ]

  func validate() throws {
    guard engines.count == 2 else {
      throw ValidationError("expected two --engine, found \(engines.count)")
    }
    guard maxNewTokens >= 0 else { throw ValidationError("expected --max-new-tokens of 0 or more") }
    guard engineTimeout.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw ValidationError("expected a positive --engine-timeout")
    }
  }

  func run() throws {
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    let points = try hooks.map { try HookPoint($0) }
    let (a, tokenizer) = try open(engines[0], model, line)
    let (b, other) = try open(engines[1], otherName ?? model, line)
    let texts = try prompts.map { try prompting.prompts($0).prompts.map(\.text) } ?? Self.texts
    let ids = texts.map { tokenizer.encode($0, addSpecial: true, parseSpecial: false) }
    for (text, ids) in zip(texts, ids) {
      let theirs = other.encode(text, addSpecial: true, parseSpecial: false)
      guard theirs == ids else {
        throw ExperimentError(
          .mismatch,
          "the engines' tokenizers read “\(oneLine(String(text.prefix(40))))” otherwise: "
            + "\(ids.prefix(12)) and \(theirs.prefix(12))", file: "engine check")
      }
    }
    let check = try EngineCheck(
      a, b, prompts: ids.filter { !$0.isEmpty }, hooks: points.isEmpty ? nil : points,
      stops: tokenizer.stopIDs, maxNewTokens: maxNewTokens
    ) {
      try Interruption.check()
      line.show($0)
    }
    line.clear()
    if style.json {
      JSONValue(encoding: Record(model: model, check: check)).print()
    } else {
      show(check, tokenizer)
    }
  }

  private func open(
    _ named: String, _ model: String, _ line: ProgressLine
  ) throws -> (any Engine, Tokenizer) {
    if named == "own" {
      let files = try ModelFiles.find(model)
      return (
        try Transformer(
          try ModelDescription(files),
          adapter: try adapting.adapter.map { try LoRAAdapter(folder: URL(filePath: $0)) },
          threads: threadCount.threads), try files.tokenizer()
      )
    }
    let choice = try EngineChoice(
      named, in: try Configuration(folder: try? UserFolders.config()), timeout: engineTimeout)
    let worker = try EngineOption.start(
      choice, WorkerModel(model, adapter: adapting.adapter), threads: threadCount.threads,
      quiet: style.quiet, line)
    return (worker, worker.tokenizer)
  }

  private struct Record: Encodable {
    var model: String
    @Inline var check: EngineCheck
  }

  private func show(_ check: EngineCheck, _ tokenizer: Tokenizer) {
    print("a: \(oneLine(check.a))\nb: \(oneLine(check.b))")
    print("\(quantity(check.promptCount, "prompt")), \(quantity(check.tokenCount, "token"))")
    for rows in check.rows {
      print(
        "\(rows.hook): ‖a − b‖/‖a‖ \(significant(rows.meanDifference)), "
          + "at most \(significant(rows.largestDifference))"
      )
    }
    print(
      "logits: at most \(significant(check.logits.largestDifference)) apart, D(a‖b) "
        + "\(significant(check.logits.meanDivergence)) nats, the likeliest token the same at "
        + "\(check.logits.samePrediction) of \(check.tokenCount)")
    guard check.maxNewTokens > 0 else { return }
    print("greedy texts: \(check.sameTexts) of \(check.promptCount) the same")
    func word(_ id: Int?) -> String { id.map { oneLine(tokenizer.spelling(of: $0)) } ?? "the end" }
    for difference in check.differences {
      let margin = difference.margin.map { ", preferred by \(significant($0))" } ?? ""
      print(
        "prompt \(difference.prompt + 1): token \(difference.position) is \(word(difference.a)), and "
          + "\(word(difference.b)) on b\(margin)")
    }
  }
}
