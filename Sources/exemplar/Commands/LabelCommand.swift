import ArgumentParser
import Experiments
import Foundation
import Storage

struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Set, list, undo, export and import labels.",
    discussion: """
      Labels live in the notebook, keyed by the dictionary's identity, with their history. An import merges; a conflict \
      is reported and your own label stays, unless --prefer newest is given.

      --suggest has the dictionary's own model, or that of --model, say what it would call each region, greedily and on this \
      machine, and takes the question's marks (<<, >>) and a chat template's tokens out of what it says; --suggest COMMAND has a program say it. /bin/sh runs it once a question; it reads one line \
      of JSON, {task, region, prompt, contexts, …}, with the token of every context between << and >>, and answers one \
      line: words, or JSON {label}. The answer is kept as a suggestion of that program, never as a label: Tab takes it \
      where you label. Then the program is asked which of some texts its words fit, half of them contexts of the \
      region that it had not seen ({task: detect, label, contexts}; it answers 0 and 1s): told rightly of n, 0.5 being \
      chance. Nothing is sent anywhere but by the program; --show-prompts prints what it would get and runs nothing. \
      Regions that the same command has suggested for are left out, so that the same command goes on after a stop.

      With --json: --list, --history, --suggestions and --show-prompts print a line an entry, the others one object.

      Example:
      exemplar label sample-dicts/smollm2-refusal.last.p10.epdict 3 refuses \\
        politely
      """)

  enum Preference: String, CaseIterable, ExpressibleByArgument {
    case mine, newest
  }

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "The region to label.")
  var region: Int?

  @Argument(help: "Its label; several words need no quotes.")
  var text: [String] = []

  @Flag(help: "List all labels (what happens too when nothing else is asked for).")
  var list = false

  @Flag(help: "Take the region's label away.")
  var clear = false

  @Flag(help: "Every change of the region's label, oldest first.")
  var history = false

  @Flag(help: "Take back the last change of this dictionary's labels.")
  var undo = false

  @Flag(help: "Take back the last undo.")
  var redo = false

  @Option(
    help: "Write all labels to this labels.jsonl, or a sheet where the name ends in .csv or .tsv.")
  var export: String?

  @Flag(help: "Replace the exported file if it exists.")
  var overwrite = false

  @Option(
    name: .customLong("import"),
    help: """
      Merge the labels of this file: a labels.jsonl, what label, regions or export print, CSV with a header, or \
      Neuronpedia's export, by index.
      """)
  var importFile: String?

  @Option(help: "Who wins a conflict of --import: mine without it, or newest.")
  var prefer: Preference?

  @Option(
    help: """
      Take over the labels of another dictionary of the same hook, for regions without one, where the nearest exemplar \
      is at --cutoff or nearer; they stay marked as carried.
      """)
  var carryFrom: String?

  @Option(help: "With --carry-from: the least cosine (default: \(LabelCarrying.standardCutoff)).")
  var cutoff: Double?

  @Option(help: "Who is labelling, for the record.")
  var author: String?

  @OptionGroup var suggesting: SuggestOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    let actions = [
      clear, history, undo, redo, list, export != nil, importFile != nil, !text.isEmpty,
      suggesting.command != nil, suggesting.suggestions, carryFrom != nil,
    ]
    guard actions.count(where: { $0 }) <= 1 else {
      throw ValidationError("expected one thing to do at a time")
    }
    guard region != nil || !(clear || history) else {
      throw ValidationError("expected a region")
    }
    // These are about all labels: one region's would be taken for what was asked.
    guard region == nil || !(undo || redo || list || export != nil || importFile != nil) else {
      throw ValidationError(
        "--list, --undo, --redo, --export and --import are of all labels; expected no region")
    }
    guard text.isEmpty || !label.isEmpty else {
      throw ValidationError("expected a label, found an empty one; --clear takes a label away")
    }
    guard !overwrite || export != nil else { throw ValidationError("--overwrite is of --export") }
    guard cutoff == nil || carryFrom != nil else {
      throw ValidationError("--cutoff is of --carry-from")
    }
    guard cutoff.map({ (-1...1).contains($0) }) ?? true else {
      throw ValidationError("--cutoff: expected a cosine in [−1, 1]")
    }
    guard prefer == nil || importFile != nil else {
      throw ValidationError("--prefer is of --import")
    }
    guard author == nil || !text.isEmpty || clear || suggesting.command != nil else {
      throw ValidationError("--author is of a label that is given, cleared or suggested")
    }
    guard region == nil || suggesting.command == nil else {
      throw ValidationError("expected --regions beside --suggest, found a region")
    }
  }

  private var label: String {
    text.joined(separator: " ").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func run() throws {
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    if let region, !(0..<file.regionCount).contains(region) {
      throw StorageError(
        .invalid, "expected a region below \(file.regionCount), found \(region)", file: file.name)
    }
    if suggesting.showPrompts { return try showPrompts(file) }
    let isChanging =
      undo || redo || importFile != nil || clear || !text.isEmpty || suggesting.command != nil
      || carryFrom != nil
    let notebook = try isChanging ? openNotebook() : readingNotebook()
    defer { tellNews(of: notebook) }
    let identity = file.identity
    if let command = suggesting.command {
      try suggest(command, file, notebook)
    } else if let carryFrom {
      try carry(carryFrom, to: file, notebook)
    } else if suggesting.suggestions {
      try listSuggestions(file, notebook)
    } else if undo || redo {
      let changes =
        undo ? try notebook.undo(identity: identity) : try notebook.redo(identity: identity)
      report(changes)
    } else if let export {
      try writeLabels(notebook, identity, to: export)
    } else if let importFile {
      try mergeLabels(notebook, file, from: importFile)
    } else if let region, clear || !text.isEmpty {
      try notebook.setLabel(
        clear ? nil : text.joined(separator: " "), region: region, identity: identity,
        author: author)
      try show(region, try LabelView(file, notebook))
    } else if let region, history {
      report(try notebook.history(of: region, identity: identity))
    } else {
      let labels = try LabelView(file, notebook)
      if let problem = labels.problem { StandardError.print("exemplar: \(oneLine("\(problem)"))") }
      for region in region.map({ [$0] }) ?? labels.entries.keys.sorted() {
        try show(region, labels)
      }
    }
  }

  private func show(_ region: Int, _ labels: LabelView) throws {
    if style.json {
      JSONValue(encoding: LabelRecord(region, in: labels)).print()
    } else {
      print("\(region)\t\(labels.texts[region].map { oneLine($0) } ?? "—")")
    }
  }

  private func report(_ changes: [NotebookChange]) {
    for change in changes {
      if style.json {
        JSONValue(encoding: LabelChangeRecord(change)).print()
      } else {
        let (before, after) = (change.before ?? "—", change.after ?? "—")
        print(
          "\(change.date.formatted(.iso8601))\t\(change.region)\t\(change.kind.rawValue) \(change.field.rawValue)\t\(oneLine(before)) → \(oneLine(after))"
        )
      }
    }
    if changes.isEmpty, !style.json, !style.quiet { StandardError.print("nothing to report") }
  }

  private struct Carried: Encodable {
    var carried: Int
    var labelledAlready: Int
  }

  private func carry(_ path: String, to file: DictionaryFile, _ notebook: Notebook) throws {
    let source = try DictionaryLocation.open(URL(filePath: path))
    let known = try LabelView(file, notebook).entries
    let found = try LabelCarrying.labels(
      from: source, LabelView(source, notebook), to: file,
      cutoff: cutoff ?? LabelCarrying.standardCutoff)
    let open = found.filter { known[$0.region] == nil }
    try notebook.carry(open, identity: file.identity)
    if style.json {
      JSONValue(
        encoding: Carried(carried: open.count, labelledAlready: found.count - open.count)
      ).print()
    } else {
      print(
        "\(open.count) carried from \(oneLine(source.name)), \(found.count - open.count) labelled already"
      )
    }
  }

  private func writeLabels(_ notebook: Notebook, _ identity: String, to path: String) throws {
    let url = URL(filePath: path)
    guard overwrite || !FileManager.default.fileExists(atPath: path) else {
      throw StorageError(
        .exists, "exists already; --overwrite replaces it", file: url.lastPathComponent)
    }
    let text = try LabelSheet.text(notebook.exportLines(for: identity), for: path)
    do {
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw StorageError(.readOnly, "cannot be written", file: url.lastPathComponent)
    }
    let count = try notebook.labels(for: identity).count
    if style.json {
      JSONValue(encoding: OrderedFields([("exported", count)])).print()
    } else {
      print("\(oneLine(url.lastPathComponent)): \(quantity(count, "label"))")
    }
  }

  /// How labels of another dictionary come to this one: to their own first, and from there region by region.
  private func carryCommands(of path: String) -> [String] {
    [
      "exemplar label DICT --import \(AblationResult.quoted(path))",
      "exemplar label \(AblationResult.quoted(dictionary)) --carry-from DICT",
    ]
  }

  private func mergeLabels(_ notebook: Notebook, _ file: DictionaryFile, from path: String) throws {
    let report = try notebook.importLabels(
      URL(filePath: path), identity: file.identity, regionCount: file.regionCount,
      prefer: prefer == .newest ? .newest : .mine)
    if style.json {
      JSONValue(encoding: LabelImportRecord(report, carry: carryCommands(of: path))).print()
      return
    }
    guard !report.isEmpty else {
      print("no labels in \(oneLine(URL(filePath: path).lastPathComponent))")
      return
    }
    print(
      "\(report.added) added, \(report.unchanged) unchanged, \(report.conflicts.count) conflicts")
    for conflict in report.conflicts {
      let (mine, theirs) = (conflict.mine ?? "—", conflict.theirs ?? "—")
      print(
        "\(conflict.isEntry ? "entry" : "line") \(conflict.line), region \(conflict.region): yours \(oneLine(mine)), theirs \(oneLine(theirs)); "
          + (conflict.isResolved ? "theirs taken" : "yours kept"))
    }
    if report.silent > 0 {
      let rows =
        report.silent == 1
        ? "1 row says nothing of its" : "\(report.silent) rows say nothing of their"
      print("\(rows) region and \(report.silent == 1 ? "was" : "were") left out")
    }
    if report.otherDictionaries > 0 {
      print(
        "\(report.otherDictionaries) of another dictionary left out; to carry them over by exemplar match, DICT being "
          + "that dictionary:")
      for command in carryCommands(of: path) { print("  \(oneLine(command))") }
    }
  }
}
