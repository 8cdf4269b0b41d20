import ArgumentParser
import Engines
import Experiments
import Foundation
import LanguageModel
import TensorFiles

/// Which model, and how it is loaded.
typealias ModelOptions = ModelOptionsOn<OneEngine>

/// Which model, and how it is loaded, on one engine or several.
struct ModelOptionsOn<Count: EngineCount>: ParsableArguments, ModelChoice {
  @Argument(help: "A .gguf file, a hub-style folder, or a name in the hub cache.")
  var model: String

  @OptionGroup var adapting: AdapterOption
  @OptionGroup var running: EngineOptions<Count>

  var adapter: String? { adapting.adapter }

  @OptionGroup var rotary: RotaryOption

  var rotaryPrecision: RotaryOption.Precision? { rotary.rotaryPrecision }
}

/// `--rotary-precision`.
struct RotaryOption: ParsableArguments {
  @Option(
    help: """
      Rotary frequencies in float32, as transformers loads every checkpoint, or rounded, as a module that was cast to \
      half precision as a whole has them. Without it, as recorded, or else float32.
      """)
  var rotaryPrecision: Precision?

  enum Precision: String, CaseIterable, ExpressibleByArgument {
    case float32, bfloat16, float16
  }
}

/// A model as a command was told it, whichever options told it.
protocol ModelChoice {
  associatedtype Count: EngineCount
  var model: String { get }
  var adapter: String? { get }
  var running: EngineOptions<Count> { get }
  var rotaryPrecision: RotaryOption.Precision? { get }
}

extension ModelChoice {
  /// What is known before any weight is read, told on standard error.
  ///
  /// - Parameter recorded: the rotary precision that a dictionary was made with, and its name.
  func describe(
    quiet: Bool, recorded: (precision: String, file: String)? = nil
  ) throws -> ModelDescription {
    if let asked = rotaryPrecision?.rawValue, let recorded, asked != recorded.precision {
      throw ExperimentError(
        .mismatch,
        "was made with rotary frequencies in \(recorded.precision), but --rotary-precision is "
          + asked, file: recorded.file)
    }
    let description = try ModelDescription(
      try ModelFiles.find(model),
      rotaryPrecision: try RotaryEmbedding.Precision(
        recorded: rotaryPrecision?.rawValue ?? recorded?.precision))
    if !quiet {
      StandardError.print(
        "\(oneLine(description.files.title)): \(description.parameterCount) parameters, "
          + "\(MemoryBudget.describe(description.requiredByteCount)) of memory"
          + notice(description))
      for notice in description.notices { StandardError.print("note: \(oneLine(notice))") }
    }
    return description
  }

  /// What rotary frequencies are, where there is a choice to know of.
  private func notice(_ description: ModelDescription) -> String {
    guard let precision = description.rotaryPrecision else { return "" }
    if precision != .float32 { return ", rotary frequencies rounded to \(precision.rawValue)" }
    guard rotaryPrecision == nil, let cast = description.castPrecision else { return "" }
    return ", rotary frequencies in float32 (a module cast to \(cast.rawValue) as a whole had them "
      + "rounded: --rotary-precision \(cast.rawValue))"
  }

  /// The engine that was asked for, with the model loaded; `nil` for our own.
  func worker(threads: Int, quiet: Bool) throws -> WorkerEngine? {
    try running.start(
      model, adapter: adapter, rotaryPrecision: rotaryPrecision?.rawValue, threads: threads,
      quiet: quiet)
  }

  /// All engines that were asked for, with the model loaded; none for our own.
  func workers(threads: Int, quiet: Bool) throws -> [WorkerEngine] {
    try running.startAll(
      WorkerModel(model, adapter: adapter, rotaryPrecision: rotaryPrecision?.rawValue),
      threads: threads, quiet: quiet)
  }

  /// - Parameter worker: the engine that was asked for, with the model loaded.
  func load(_ worker: WorkerEngine?, threads: Int, quiet: Bool) throws -> any Engine {
    if let worker { return worker }
    return try Transformer(
      try describe(quiet: quiet),
      adapter: try adapter.map { try LoRAAdapter(folder: URL(filePath: $0)) }, threads: threads)
  }

  /// The model with the adapter that goes with the dictionaries it is read through.
  func load(_ checkpoint: Checkpoint, threads: Int, quiet: Bool) throws -> any Engine {
    if let worker = checkpoint.worker { return worker }
    return try Transformer(
      try describe(
        quiet: quiet,
        recorded: checkpoint.rotaryPrecision.map { ($0, "the dictionary") }),
      adapter: try LoRAAdapter(checkpoint), threads: threads)
  }

  func tokenizer(_ worker: WorkerEngine? = nil) throws -> Tokenizer {
    try worker?.tokenizer ?? ModelFiles.find(model).tokenizer()
  }
}

/// How a prompt becomes a chat turn.
struct TemplateOptions: ParsableArguments {
  enum Choice: String, CaseIterable, ExpressibleByArgument {
    case auto, chatml, llama3, gemma, mistral, raw
  }

  @Option(help: "The chat template: auto is the model's own; the others are published formats.")
  var template: Choice = .auto

  @Option(help: "Which of the model's own templates, where it has several.")
  var templateName: String?

  @Option(help: "A template of a file: .jinja, or a chat_template.json.")
  var templateFile: String?

  @Option(help: "Begin with this system turn.")
  var system: String?

  @Flag(help: "Leave the default system turn of the model's own template out.")
  var noSystem = false

  @Flag(help: "Does nothing: the model's own default system turn is there unless left out.")
  var defaultSystem = false

  func validate() throws {
    guard system == nil || !(defaultSystem || noSystem), !(noSystem && defaultSystem) else {
      throw ValidationError("--system, --no-system and --default-system exclude each other")
    }
    let named = [templateName, templateFile].compactMap { $0 }.count
    guard named <= 1, named == 0 || template == .auto else {
      throw ValidationError("--template, --template-name and --template-file exclude each other")
    }
  }

  func template(for tokenizer: Tokenizer, date: TemplateDate = .current()) throws -> ChatTemplate {
    if let format = ChatTemplate.Format(rawValue: template.rawValue) { return ChatTemplate(format) }
    guard let templateFile else {
      return try ChatTemplate(of: tokenizer, named: templateName, date: date)
    }
    let url = URL(filePath: templateFile)
    return try ChatTemplate(
      try ChatTemplateSource.text(of: url), entryName: url.lastPathComponent,
      source: tokenizer.chat, date: date)
  }

  /// Whether anything is asked of how prompts are rendered.
  var areGiven: Bool {
    template != .auto || templateName != nil || templateFile != nil || system != nil || noSystem
  }

  /// A rendering in words, for errors.
  var words: String {
    var parts = ["--template \(template.rawValue)"]
    if let templateName { parts.append("--template-name \(oneLine(templateName))") }
    if let templateFile { parts.append("--template-file \(oneLine(templateFile))") }
    if system != nil { parts.append("--system") }
    if noSystem { parts.append("--no-system") }
    return parts.joined(separator: " ")
  }

  var systemTurn: SystemTurn {
    if let system { return .text(system) }
    return noSystem || template != .auto ? .none : .templateDefault
  }
}

/// A change at a hook while the model runs.
struct EditOptions: ParsableArguments {
  @Option(help: "Ablate: a .safetensors with center [D] and orthonormal basis [K, D].")
  var ablate: String?

  @Option(help: "Steer: a .safetensors with direction [D].")
  var steer: String?

  @Option(help: "α of --steer, 1 without it: x ← x + α · direction.")
  var alpha: Float?

  @Option(help: "The hook of --ablate or --steer: blocks.12.hook_resid_post.")
  var at: String?

  func validate() throws {
    guard ablate == nil || steer == nil else {
      throw ValidationError("--ablate and --steer exclude each other")
    }
    guard (at == nil) == (ablate == nil && steer == nil) else {
      throw ValidationError("expected --at HOOK beside --ablate or --steer")
    }
    guard alpha == nil || steer != nil else { throw ValidationError("--alpha is of --steer") }
    guard alpha?.isFinite ?? true else { throw ValidationError("expected a finite --alpha") }
  }

  func edits() throws -> [Edit] {
    guard let at else { return [] }
    let hook = try HookPoint(at)
    if let ablate {
      let url = URL(filePath: ablate)
      return try TensorFileError.naming(url) {
        let file = try SafetensorsFile(url)
        return [
          Edit(
            at: hook, .ablate(centre: try file.floats("center"), basis: try file.floats("basis")))
        ]
      }
    }
    if let steer {
      let url = URL(filePath: steer)
      return try TensorFileError.naming(url) {
        let direction = try SafetensorsFile(url).floats("direction")
        return [Edit(at: hook, .steer(direction: direction, alpha: alpha ?? 1))]
      }
    }
    return []
  }
}

/// Where prompts stand in their files.
struct PromptOptions: ParsableArguments {
  @Option(
    help: """
      The field of the prompts, where it is none of messages, conversations, prompt, instruction, question, query, goal, \
      forbidden_prompt, behavior and text.
      """)
  var promptField: String?

  func prompts(_ path: String) throws -> PromptSet {
    try PromptSet(URL(filePath: path), field: promptField)
  }
}
