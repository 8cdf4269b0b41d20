import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Storage

struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow a text through a dictionary's regions, token by token.",
    discussion: """
      For every token its nearest region, the distance to that exemplar, and the distance in units of θ; a token farther \
      than θ is outside the dictionary. --with adds dictionaries of other layers: the path of one text. With --prompts, \
      the path of the final position of each prompt, and how categories share regions.

      Builds over all positions leave out position 0, whose activations are unlike all others: expect it to be outside.
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @OptionGroup var model: ModelOptions

  @Argument(help: "The text.")
  var text: String?

  @Option(help: "Another dictionary of the same model; may be repeated.")
  var with: [String] = []

  @Option(help: "The hook of dictionaries that do not record theirs.")
  var hook: String?

  @Option(help: "Trace the final position of these prompts instead (JSON Lines).")
  var prompts: String?

  @Flag(help: "Render the text in the chat template first.")
  var chat = false

  @Flag(help: "Add no BOS or EOS.")
  var noSpecial = false

  @Flag(help: "Read the spelling of special tokens as plain text.")
  var literal = false

  @OptionGroup var templates: TemplateOptions
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard (text == nil) != (prompts == nil) else {
      throw ValidationError("expected a text or --prompts FILE, one of them")
    }
  }

  func run() throws {
    let files = try ([dictionary] + with).map { try DictionaryLocation.open(URL(filePath: $0)) }
    let notebook = try existingNotebook()
    let labels = try files.map { try LabelView($0, notebook).texts }
    let tokenizer = try model.tokenizer()
    let transformer = try model.load(threads: threadCount.threads, quiet: style.quiet)
    let tracer = try TextTracer(
      files, transformer, tokenizer, hook: try hook.map { try HookPoint($0) })
    if let text {
      try show(tracer.trace(try tokens(text, tokenizer)), tracer, labels)
    } else if let prompts {
      try showPaths(prompts, tracer, tokenizer)
    }
  }

  private func tokens(_ text: String, _ tokenizer: Tokenizer) throws -> TokenizedText {
    guard chat else {
      return tokenizer.encodeWithOffsets(text, addSpecial: !noSpecial, parseSpecial: !literal)
    }
    return tokenizer.encodeWithOffsets(
      try templates.template(for: tokenizer).render(prompt: text, system: templates.systemTurn))
  }

  private func show(_ tokens: [TracedToken], _ tracer: TextTracer, _ labels: [[Int: String]]) throws
  {
    guard !style.json else {
      for token in tokens {
        for (index, hit) in token.hits.enumerated() {
          var entries: [(String, JSONValue)] = [
            ("position", .integer(token.position)), ("token", .string(token.spelling)),
            ("region", .integer(hit.region)), ("distance", .number(Double(hit.distance))),
            ("ratio", .number(hit.ratio)), ("outside", .bool(hit.isOutside)),
            ("label", .optional(labels[index][hit.region])), ("id", .integer(token.id)),
          ]
          if tracer.dictionaries.count > 1 {
            entries.append(("dictionary", .string(tracer.dictionaries[index].name)))
          }
          entries.append(("hook", .string(tracer.hooks[index].name)))
          JSONValue.object(entries).print()
        }
      }
      return
    }
    var header = ["pos", "token"]
    for hook in tracer.hooks { header += [tracer.hooks.count > 1 ? hook.name : "region", "d/θ"] }
    let rows = tokens.map { token in
      ["\(token.position)", oneLine(token.spelling)]
        + token.hits.enumerated().flatMap { index, hit in
          let label = labels[index][hit.region].map { " \(oneLine($0))" } ?? ""
          return ["\(hit.region)\(label)", figure(hit.ratio) + (hit.isOutside ? " outside" : "")]
        }
    }
    print(table(header, rows))
    let outside = tokens.count { $0.hits[0].isOutside }
    print("\(tokens.count) tokens, \(outside) outside \(oneLine(tracer.dictionaries[0].name))")
  }

  private func showPaths(_ file: String, _ tracer: TextTracer, _ tokenizer: Tokenizer) throws {
    Interruption.watch()
    let line = ProgressLine(isQuiet: style.quiet)
    var paths: [Trajectories.Path] = []
    for prompt in try PromptFile(file).prompts {
      try Interruption.check()
      let traced = try tracer.trace(try tokens(prompt.text, tokenizer))
      guard let last = traced.last else { continue }
      paths.append(
        Trajectories.Path(
          id: prompt.id, category: prompt.category ?? "—", regions: last.hits.map(\.region),
          distances: last.hits.map(\.distance)))
      line.show("tracing: \(paths.count) prompts")
    }
    line.clear()
    if style.json {
      for path in paths {
        JSONValue.object([
          ("id", .string(path.id)), ("category", .string(path.category)),
          ("path", .array(path.regions.map(JSONValue.integer))),
          ("distances", .array(path.distances.map { .number(Double($0)) })),
        ]).print()
      }
      return
    }
    let trajectories = Trajectories(paths)
    let header = ["category", "prompts", "paths"] + tracer.hooks.map(\.name)
    let columns = tracer.dictionaries.indices.map { trajectories.dominant(in: $0) }
    let rows = trajectories.categories.enumerated().map { index, category in
      [oneLine(category), "\(columns[0][index].total)", "\(trajectories.distinctPaths(category))"]
        + columns.map { "\($0[index].region) (\($0[index].count))" }
    }
    print("the region that most prompts of a category end in (how many of them)")
    print(table(header, rows))
    let categories = trajectories.categories
    guard categories.count > 1 else { return }
    let pairs = categories.indices.flatMap { first in
      (first + 1..<categories.count).map { (categories[first], categories[$0]) }
    }
    print("\nregions in common (Jaccard): 0 apart, 1 the same")
    print(
      table(
        ["categories"] + tracer.hooks.map(\.name),
        pairs.map { first, second in
          [oneLine("\(first) · \(second)")]
            + tracer.dictionaries.indices.map {
              figure(trajectories.overlap(first, second, in: $0))
            }
        }))
  }
}
