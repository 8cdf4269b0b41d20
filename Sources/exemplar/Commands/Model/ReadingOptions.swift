import ArgumentParser
import Experiments
import LanguageModel
import Storage

/// `--regions`: which regions are meant, under the same names in every command that takes some.
struct RegionsOption: ParsableArguments {
  @Option(
    name: [.customLong("regions"), .customLong("region")],
    help: "The regions that are meant, in order: 3,17.")
  var regions: String?

  func validate() throws { _ = try ids() }

  /// `nil` where none are named.
  func ids() throws -> [Int]? {
    let refusal = ValidationError("--regions: expected ids such as 3,17")
    let ids = try regions.map { try IDList.parse($0) { _ in refusal } }
    guard ids?.allSatisfy({ $0 >= 0 }) != false else { throw refusal }
    return ids
  }
}

/// `--adapter`: the LoRA that goes with a model.
struct AdapterOption: ParsableArguments {
  @Option(
    help: """
      Apply this PEFT LoRA (a folder); where a dictionary or a store records one, it is found by its hash without this.
      """)
  var adapter: String?
}

/// What `ablate`, `steer` and `trace` have in common: which regions, and what may differ from what the files record.
struct ReadingOptions: ParsableArguments {
  @OptionGroup var named: RegionsOption
  @OptionGroup var other: OtherModelOption

  var regions: String? { named.regions }
}

extension TemplateOptions {
  /// Checks that what was asked for makes the same prompt as what is recorded.
  ///
  /// - Parameters:
  ///   - owner: the file that records it.
  ///   - prompt: one to render both ways.
  /// - Throws: `ExperimentError.mismatch`, naming both.
  func check(
    against record: TemplateRecord?, of owner: String, _ tokenizer: Tokenizer, prompt: String
  ) throws {
    guard areGiven else { return }
    guard let record else {
      throw ExperimentError(
        .mismatch, "does not record how its prompts were rendered, so \(words) cannot be checked",
        file: owner)
    }
    // A template of a file is no longer the model's to find.
    let given = templateFile == nil ? nil : try template(for: tokenizer)
    let (template, system) = try record.template(tokenizer, given: given)
    let known = try template.render(prompt: prompt, system: system)
    let asked = try (given ?? self.template(for: tokenizer))
      .render(prompt: prompt, system: systemTurn)
    guard known == asked else {
      throw ExperimentError(
        .mismatch,
        "its prompts were rendered by \(record.words); \(words) makes other prompts", file: owner)
    }
  }
}
