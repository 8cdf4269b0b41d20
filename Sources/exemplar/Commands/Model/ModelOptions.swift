import ArgumentParser
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
      Rotary frequencies in float32, as published checkpoints are loaded, or rounded, as a module that was cast as a \
      whole has them. auto takes a half-precision folder without a tokenizer for such a module.
      """)
  var rotaryPrecision: RotaryPrecision = .auto

  enum RotaryPrecision: String, CaseIterable, ExpressibleByArgument {
    case auto, float32, bfloat16, float16
  }

  /// What is known before any weight is read, told on standard error.
  func describe(quiet: Bool) throws -> ModelDescription {
    let description = try ModelDescription(
      try ModelFiles.find(model),
      rotaryPrecision: RotaryEmbedding.Precision(rawValue: rotaryPrecision.rawValue))
    if !quiet {
      StandardError.print(
        "\(oneLine(description.files.url.lastPathComponent)): \(description.parameterCount) parameters, "
          + "\(MemoryBudget.describe(description.requiredByteCount)) of memory"
          + (rounding(description).map { ", rotary frequencies rounded to \($0)" } ?? ""))
    }
    return description
  }

  /// The half precision of the model's rotary frequencies, where they are not exact.
  private func rounding(_ description: ModelDescription) -> String? {
    guard case .rotary(let rotary) = description.configuration.positions,
      rotary.precision != .float32
    else { return nil }
    return rotary.precision.rawValue
  }

  func load(threads: Int, quiet: Bool) throws -> Transformer {
    try Transformer(
      try describe(quiet: quiet),
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
