import ArgumentParser
import Experiments
import Foundation
import Storage
import TensorFiles
import Terminal

struct ExperimentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiments",
    abstract: "List, show, compare and export saved experiments.",
    discussion: """
      Every experiment on a dictionary is kept in the notebook, under the dictionary's identity, with every number and \
      where it comes from. Two ablations or steerings of one depth can be compared, prompt by prompt; ablate --again ID \
      runs one again.

      With --json: a line an experiment; --show and --diff print one object.

      Example:
      exemplar experiments sample-dicts/smollm2-refusal.last.p10.epdict
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(help: "List only this kind: ablation, steering, coverage, probe, …")
  var kind: SavedExperiment.Kind?

  @Option(help: "Show the experiment of this number.")
  var show: Int64?

  @Option(
    parsing: .upToNextOption,
    help: "Compare two experiments: how they were set up, rates with intervals, flips.")
  var diff: [Int64] = []

  @Option(
    help:
      "Write the experiment of this number to --output: .json, .md, .csv, .svg, or .html, a page to pass on."
  )
  var export: Int64?

  @Option(name: [.customShort("o"), .customLong("output")], help: "The file for --export.")
  var output: String?

  @Flag(help: "Replace the exported file if it exists.")
  var overwrite = false

  @Option(help: "Forget the experiment of this number; answers beside its store stay.")
  var remove: Int64?

  @Flag(
    help: "Count a person's verdicts from the notebook in place of the classifier's, where given.")
  var withVerdicts = false

  @OptionGroup var style: OutputStyle

  func validate() throws {
    let actions = [show != nil, !diff.isEmpty, export != nil, remove != nil]
    guard actions.count(where: \.self) <= 1 else {
      throw ValidationError("expected one thing to do at a time")
    }
    guard kind == nil || !actions.contains(true) else {
      throw ValidationError("--kind is of the list of experiments")
    }
    guard !overwrite || export != nil else { throw ValidationError("--overwrite is of --export") }
    guard !withVerdicts || show != nil || !diff.isEmpty || export != nil else {
      throw ValidationError("--with-verdicts is of --show, --diff and --export")
    }
    guard diff.isEmpty || diff.count == 2 else {
      throw ValidationError("--diff: expected two numbers")
    }
    guard (export == nil) == (output == nil) else {
      throw ValidationError("expected --export ID with --output FILE")
    }
    if let output {
      guard
        ["json", "md", "csv", "svg", "html"].contains(
          URL(filePath: output).pathExtension.lowercased())
      else {
        throw ValidationError(
          "expected --output to a .json, .md, .csv, .svg or .html, got \(oneLine(output))")
      }
    }
  }

  func run() throws {
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let notebook = try remove == nil ? readingNotebook() : openNotebook()
    if let show {
      try tell(show, notebook, file.identity)
    } else if let export, let output {
      try write(export, notebook, file.identity, to: output)
    } else if let remove {
      _ = try entry(remove, notebook, file.identity)
      try notebook.removeExperiment(remove)
      if style.json {
        JSONValue(encoding: OrderedFields([("removed", remove)])).print()
      } else {
        print("experiment \(remove) is forgotten")
      }
    } else if diff.count == 2 {
      try compare(diff[0], diff[1], notebook, file.identity)
    } else {
      try list(notebook, file.identity)
    }
  }

  // MARK: - The list

  private func list(_ notebook: Notebook, _ identity: String) throws {
    let entries = try notebook.experiments(on: identity).filter { kind == nil || $0.kind == kind }
    guard !style.json else {
      for entry in entries { JSONValue(encoding: SavedExperimentRecord(entry)).print() }
      return
    }
    guard !entries.isEmpty else {
      if !style.quiet { StandardError.print("no experiment is saved") }
      return
    }
    for entry in entries {
      print("\(entry.id)\t\(entry.date.formatted(.iso8601))\t\(oneLine(entry.title))")
      print("\t\(oneLine(entry.conclusion))")
    }
  }

  // MARK: - One

  private func entry(
    _ id: Int64, _ notebook: Notebook, _ identity: String
  ) throws -> SavedExperiment {
    guard let entry = try notebook.experiments(on: identity).first(where: { $0.id == id }) else {
      throw ExperimentError(
        .missing, "expected the number of a saved experiment on this dictionary, found \(id)",
        file: "notebook")
    }
    return entry
  }

  private func ablation(
    _ id: Int64, _ notebook: Notebook, _ identity: String
  ) throws -> AblationResult {
    var result = try AblationResult.saved(id, in: notebook, on: identity).result
    try result.judge(by: notebook, counting: withVerdicts)
    return result
  }

  /// An experiment as JSON and as a report for a person.
  private func report(
    _ id: Int64, _ notebook: Notebook, _ identity: String
  ) throws -> (json: JSONValue, text: String, markdown: String) {
    let entry = try entry(id, notebook, identity)
    guard entry.kind == .ablation || entry.kind == .steering else {
      let content = try notebook.content(ofExperiment: id) ?? "null"
      let text = try text(of: entry, content)
      return (
        JSONValue(encoding: SavedExperimentRecord(entry, content: content)), text,
        """
        # \(Markdown.escaped(oneLine(entry.title)))

        \(Markdown.escaped(oneLine(entry.conclusion)))

        \(Markdown.fenced(text))

        \(Markdown.fenced(content, "json"))

        """
      )
    }
    let result = try ablation(id, notebook, identity)
    let lines =
      [oneLine(result.title), table(result.table)] + result.remarks.map { oneLine($0) }
      + ["run again: \(oneLine(result.command))"]
    return (
      JSONValue(encoding: SavedAblationRecord(entry, result)), lines.joined(separator: "\n"),
      result.markdown
    )
  }

  /// As the command that made it told it, down to its last row; of one that kept no words, title and conclusion.
  private func text(of entry: SavedExperiment, _ content: String) throws -> String {
    let head = "\(oneLine(entry.title))\n\(oneLine(entry.conclusion))"
    if entry.kind == .playground {
      let result = try PlaygroundResult(savedContent: content, id: entry.id)
      return PlaygroundCommand.text(of: result) + "\nrun again: \(oneLine(result.command))"
    }
    guard let report = try? ResultReport(content: content) else { return head }
    return "\(oneLine(entry.title))\n" + lines(report.text)
  }

  /// Lines as they are, without control characters.
  private func lines(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { sanitized(String($0), whitespace: .spaces) }.joined(separator: "\n")
  }

  private func tell(_ id: Int64, _ notebook: Notebook, _ identity: String) throws {
    let report = try report(id, notebook, identity)
    if style.json { report.json.print() } else { print(report.text) }
  }

  private func text(
    of id: Int64, _ notebook: Notebook, _ identity: String, as ending: String
  ) throws -> String {
    guard let form = SavedResultFiles.Form(rawValue: ending) else {
      let report = try report(id, notebook, identity)
      return ending == "json" ? report.json.text + "\n" : report.markdown
    }
    let entry = try entry(id, notebook, identity)
    guard entry.kind == .ablation || entry.kind == .steering else {
      let content = try notebook.content(ofExperiment: id) ?? "null"
      return try SavedResultFiles(entry, content: content).text(form)
    }
    return try SavedResultFiles(ablation(id, notebook, identity)).text(form)
  }

  private func write(
    _ id: Int64, _ notebook: Notebook, _ identity: String, to path: String
  ) throws {
    let url = URL(filePath: path)
    guard overwrite || !FileManager.default.fileExists(atPath: path) else {
      throw StorageError(
        .exists, "exists already; --overwrite replaces it", file: url.lastPathComponent)
    }
    let text = try text(of: id, notebook, identity, as: url.pathExtension.lowercased())
    try TextFile.write(text, to: url)
    if style.json {
      JSONValue(encoding: OrderedFields([("exported", id)])).print()
    } else {
      print("experiment \(id) is written to \(oneLine(url.lastPathComponent))")
    }
  }

  // MARK: - Two

  private func compare(
    _ a: Int64, _ b: Int64, _ notebook: Notebook, _ identity: String
  ) throws {
    let comparison = try AblationComparison(
      ablation(a, notebook, identity), ablation(b, notebook, identity))
    guard !style.json else {
      JSONValue(encoding: AblationComparisonRecord(comparison, a, b)).print()
      return
    }
    print("A  experiment \(a): \(oneLine(comparison.a.title))")
    print("B  experiment \(b): \(oneLine(comparison.b.title))")
    for difference in comparison.differences {
      print("  \(difference.name): \(oneLine(difference.a)) → \(oneLine(difference.b))")
    }
    if comparison.differences.isEmpty { print("  set up alike") }
    if comparison.a.setup.depth == .geometry { print("PREDICTED, not measured") }
    print(table(comparison.table))
    for sentence in comparison.sentences { print(sentence) }
    print("\(comparison.flips.count) of \(comparison.shared) prompts in both come out otherwise")
    for flip in comparison.flips {
      print("  \(flip.role.rawValue) \(oneLine(flip.id)): \(flip.a) → \(flip.b)")
    }
  }
}

extension SavedExperiment.Kind: ExpressibleByArgument {}
