import ArgumentParser
import Experiments
import Foundation
import Storage

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find regions by what their labels and contexts say.",
    discussion: """
      Words, "phrases", prefix*, *inside*, AND, OR, NOT and parentheses; label:, context: and token: look in one \
      field. Words are whole unless a star says otherwise (quote it for the shell): '*fuse*' finds refused. Other \
      operators (-word, +word, ^word, NEAR) are refused; case and the accents of Latin letters do not matter. In \
      scripts without spaces (Chinese, Japanese, Korean, Thai …) a word is found wherever it stands. Best first.

      What build --metadata said of the rows is looked through too: words in all its texts, and NAME: (or row.NAME:) in one \
      field, as animal:cat; a region is found where a member's row says so.

      Contexts and tokens are those that the dictionary kept of each region. With --store they are every document and token \
      of the store, each in the region of its nearest exemplar, as in the explorer.

      With --json: a line a region; with --store it names the store and how many of its positions were looked through.

      Example:
      exemplar search sample-dicts/smollm2-refusal.last.p10.epdict poison
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "What to look for.")
  var query: [String]

  @Option(help: "At most this many.")
  var limit = 50

  @Option(
    help:
      "Look through all of this store (.epstore) of the dictionary's model; STORE#SET,SET takes sets."
  )
  var store: String?

  @OptionGroup var other: OtherModelOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard limit > 0 else { throw ValidationError("expected a positive --limit") }
    guard store != nil || !other.otherModel else {
      throw ValidationError("--other-model is of --store")
    }
  }

  /// What stands before a colon like a field's name and is none: it is looked for as words, which may not be what was meant.
  static func unknownFields(_ query: String, rows: [RowFieldName] = []) -> [String] {
    let known = Set(names(rows))
    return query.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset.isMultiple(of: 2) }
      .flatMap { $0.element.matches(of: /(?:^|[\s(])([A-Za-z]+:)(?=[^\s\/])/).map { String($0.1) } }
      .filter { !known.contains($0) }
  }

  private static func names(_ rows: [RowFieldName]) -> [String] {
    (SearchQuery.Field.named.map(\.rawValue) + rows.map(\.name)).map { $0 + ":" }
  }

  /// Whether the query has letters of Greek or Cyrillic, whose accents make other letters.
  private static func hasOtherAccents(_ query: String) -> Bool {
    query.unicodeScalars.contains {
      (0x370...0x52F).contains($0.value) || (0x1F00...0x1FFF).contains($0.value)
    }
  }

  func run() throws {
    let written = self.query.joined(separator: " ")
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    // A store's documents are no rows with a table.
    let rows = try store == nil ? file.table().rowFields.names : []
    let query = try SearchQuery(written, rows: rows)
    if !style.quiet {
      for name in Self.unknownFields(written, rows: rows) {
        StandardError.print(
          "note: \(oneLine(name)) is none of "
            + oneLine(Self.names(rows).joined(separator: ", ")) + " and is looked for as a word")
      }
    }
    let labels = try LabelView(file, try existingNotebook())
    let opened = try store.map { try StoreFile(URL(filePath: $0)) }
    let index = try opened.map {
      try StoreIndex.read(
        file, $0, isOtherAllowed: other.otherModel, threads: threadCount.threads)
    }
    if let opened, !style.quiet,
      let difference = RecordedCheckpoint(opened.provenance, of: opened.name)
        .difference(from: RecordedCheckpoint(file))
    {
      StandardError.print("note: \(oneLine(opened.name)): \(oneLine(difference))")
    }
    let hits =
      try index.map {
        try $0.searcher(regionCount: file.regionCount).searchAll(
          query, explaining: limit, labels: labels.texts
        ).hits
      } ?? file.search(query, limit: limit, labels: labels.texts)
    if let index, !style.json, !style.quiet {
      StandardError.print("in \(oneLine(index.words)), \(oneLine(index.store.name))")
    }
    if index == nil, !style.json, !style.quiet {
      // Rows that came with a table of their own are in no store.
      let more =
        rows.isEmpty
        ? "; --store STORE looks through every document"
        : ", and in fields of all rows: " + rows.map(\.name).joined(separator: ", ")
      StandardError.print(
        "in labels and the contexts that \(oneLine(file.name)) kept of each region\(oneLine(more))")
    }
    for hit in hits {
      if style.json {
        JSONValue(encoding: SearchRecord(hit, in: index)).print()
      } else {
        let label = hit.label.map { oneLine($0) } ?? "—"
        print("\(hit.region)\t\(label)\t\(formatted(hit.score))\t\(oneLine(hit.snippet))")
      }
    }
    if hits.isEmpty, !style.json, !style.quiet {
      let note = Self.hasOtherAccents(written) ? " (accents outside Latin count: α is not ά)" : ""
      StandardError.print("no region matches\(note)")
    }
  }
}
