import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import TensorFiles

/// Which model, and how it is loaded.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A .gguf file, a hub-style folder, or a name in the hub cache.")
  var model: String

  @Option(help: "Apply this PEFT LoRA (a folder).")
  var adapter: String?

  @Option(
    help: """
      Rotary frequencies in float32, as transformers loads every checkpoint, or rounded, as a module that was cast to \
      half precision as a whole has them. Without it, as recorded, or else float32.
      """)
  var rotaryPrecision: RotaryPrecision?

  enum RotaryPrecision: String, CaseIterable, ExpressibleByArgument {
    case float32, bfloat16, float16
  }

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
        "\(oneLine(description.files.url.lastPathComponent)): \(description.parameterCount) parameters, "
          + "\(MemoryBudget.describe(description.requiredByteCount)) of memory"
          + notice(description))
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

  func load(
    threads: Int, quiet: Bool, recorded: (precision: String, file: String)? = nil
  ) throws -> Transformer {
    try Transformer(
      try describe(quiet: quiet, recorded: recorded),
      adapter: try adapter.map { try LoRAAdapter(folder: URL(filePath: $0)) }, threads: threads)
  }

  func tokenizer() throws -> Tokenizer {
    try exemplar.tokenizer(of: try ModelFiles.find(model))
  }
}

/// The tokenizer that lies with a model's weights.
func tokenizer(of files: ModelFiles) throws -> Tokenizer {
  switch files {
  case .gguf(let url): try TokenizerLoader.fromGGUF(metadata: try GGUFFile(url))
  case .hub(let folder):
    try TokenizerLoader.fromTokenizerJSON(folder.appending(path: "tokenizer.json"))
  }
}

/// How a prompt becomes a chat turn.
struct TemplateOptions: ParsableArguments {
  enum Choice: String, CaseIterable, ExpressibleByArgument {
    case auto, chatml, llama3, gemma, mistral, raw
  }

  @Option(help: "The chat template; auto recognises the model's own.")
  var template: Choice = .auto

  @Option(help: "Begin with this system turn; without it there is none.")
  var system: String?

  @Flag(help: "Begin with the system turn that the model's own template puts there.")
  var defaultSystem = false

  func validate() throws {
    guard system == nil || !defaultSystem else {
      throw ValidationError("--system and --default-system exclude each other")
    }
  }

  func template(for tokenizer: Tokenizer) throws -> ChatTemplate {
    if let format = ChatTemplate.Format(rawValue: template.rawValue) { return ChatTemplate(format) }
    guard let source = tokenizer.chatTemplateSource else {
      throw TokenizerError(
        .unsupported,
        "the model has no chat template; choose one with --template "
          + ChatTemplate.Format.allCases.map(\.rawValue).joined(separator: "|"))
    }
    return try ChatTemplate.recognise(source)
  }

  var systemTurn: SystemTurn {
    if let system { return .text(system) }
    return defaultSystem ? .templateDefault : .none
  }
}

/// A change at a hook while the model runs.
struct EditOptions: ParsableArguments {
  @Option(help: "Ablate: a .safetensors with center [D] and orthonormal basis [K, D].")
  var ablate: String?

  @Option(help: "Steer: a .safetensors with direction [D].")
  var steer: String?

  @Option(help: "α of --steer: x ← x + α · direction.")
  var alpha: Float = 1

  @Option(help: "The hook of --ablate or --steer: blocks.12.hook_resid_post.")
  var at: String?

  func validate() throws {
    guard ablate == nil || steer == nil else {
      throw ValidationError("--ablate and --steer exclude each other")
    }
    guard (at == nil) == (ablate == nil && steer == nil) else {
      throw ValidationError("expected --at HOOK beside --ablate or --steer")
    }
  }

  func edits() throws -> [Edit] {
    guard let at else { return [] }
    let hook = try HookPoint(at)
    if let ablate {
      let file = try SafetensorsFile(URL(filePath: ablate))
      return [
        Edit(
          at: hook,
          .ablate(centre: try file.floats("center"), basis: try file.floats("basis")))
      ]
    }
    if let steer {
      let file = try SafetensorsFile(URL(filePath: steer))
      return [
        Edit(at: hook, .steer(direction: try file.floats("direction"), alpha: alpha))
      ]
    }
    return []
  }
}

/// A file of prompts: JSON Lines with `prompt` (or `text`), and an `id` where there is one.
struct PromptFile {
  struct Prompt {
    var id: String
    var text: String
    /// The prompt's kind, where the file says it.
    var category: String?
  }

  var prompts: [Prompt] = []

  init(_ path: String) throws {
    struct Line: Decodable {
      var id: String?
      var prompt: String?
      var text: String?
      var category: String?
    }
    let url = URL(filePath: path)
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw PromptFileError(file: url.lastPathComponent, line: nil, message: "cannot be read")
    }
    var seen: Set<String> = []
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() where !bytes.allSatisfy({ $0 == 32 || $0 == 13 }) {
      func fail(_ message: String) -> PromptFileError {
        PromptFileError(file: url.lastPathComponent, line: index + 1, message: message)
      }
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else {
        throw fail("expected a JSON object with a prompt")
      }
      guard let text = line.prompt ?? line.text, !text.isEmpty else {
        throw fail("expected a prompt, found none")
      }
      let id = line.id ?? "\(index + 1)"
      guard seen.insert(id).inserted else { throw fail("the id \(id) was there before") }
      prompts.append(Prompt(id: id, text: text, category: line.category))
    }
    guard !prompts.isEmpty else {
      throw PromptFileError(
        file: url.lastPathComponent, line: nil, message: "expected prompts, found none")
    }
  }
}

struct PromptFileError: Error, CustomStringConvertible {
  var file: String
  var line: Int?
  var message: String

  var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
