import Foundation
import GRDB

/// What an import did.
package struct LabelImport: Sendable, Equatable {
  /// What a line and the notebook say differently about one region.
  package struct Conflict: Sendable, Equatable {
    package var line: Int
    /// Whether `line` counts entries of an array or of Parquet.
    package var isEntry: Bool
    package var region: Int
    package var field: AnnotationField
    /// `nil`: taken away.
    package var mine: String?
    package var theirs: String?
    /// Whether theirs is the later of the two.
    package var theirsIsNewer: Bool
    /// Whether theirs was taken, as was asked for.
    package var isResolved: Bool

    package init(
      line: Int, region: Int, field: AnnotationField, mine: String?, theirs: String?,
      theirsIsNewer: Bool, isResolved: Bool, isEntry: Bool = false
    ) {
      self.line = line
      self.isEntry = isEntry
      self.region = region
      self.field = field
      self.mine = mine
      self.theirs = theirs
      self.theirsIsNewer = theirsIsNewer
      self.isResolved = isResolved
    }
  }

  package var added = 0
  package var unchanged = 0
  package var conflicts: [Conflict] = []
  /// Lines about other dictionaries than the one asked for.
  package var otherDictionaries = 0
  /// Rows about a region that give it no label, note, tags or star.
  package var silent = 0

  /// Whether the file says nothing of any region.
  package var isEmpty: Bool {
    added == 0 && unchanged == 0 && conflicts.isEmpty && otherDictionaries == 0
  }
}

extension Notebook {
  /// What an import does where both sides say something different.
  package enum MergePreference: Sendable {
    /// Keeps the notebook's and reports the conflict.
    case mine
    /// Takes the later of the two; on equal dates the notebook's.
    case newest
  }

  /// The annotations of one dictionary, or of all, as the text of a `labels.jsonl`.
  package func exportLines(for identity: String? = nil) throws -> String {
    LabelLines.text(
      try read { db in
        try Row.fetchAll(
          db,
          sql: """
            SELECT dictionary, region, field, content FROM annotation
            WHERE dictionary = ?1 OR ?1 IS NULL
            """, arguments: [identity]
        ).compactMap { row in
          guard let field = AnnotationField(rawValue: try row.decode(forColumn: "field"))
          else { return nil }
          return LabelLines.Line(
            identity: try row.decode(forColumn: "dictionary"),
            region: try row.decode(forColumn: "region"), field: field,
            content: try Self.content(row.decode(forColumn: "content")))
        }
      })
  }

  /// Writes ``exportLines(for:)`` to a file, whole or not at all.
  package func exportLabels(for identity: String? = nil, to url: URL) throws {
    let text = try exportLines(for: identity)
    do {
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw StorageError(.readOnly, "cannot be written", file: url.lastPathComponent)
    }
  }

  /// Takes over the labels of a file, as one step that one undo takes back: a `labels.jsonl`, what our commands print, CSV,
  /// or Neuronpedia's export; see ``LabelTable``.
  ///
  /// - Parameters:
  ///   - identity: the dictionary to take lines of (and that lines without one belong to); `nil`
  ///     takes all.
  ///   - regionCount: regions from here on are refused.
  /// - Throws: `damaged`, naming the line, and then nothing is taken over.
  package func importLabels(
    _ url: URL, identity: String? = nil, regionCount: Int? = nil, prefer: MergePreference = .mine,
    at date: Date = Date()
  ) throws -> LabelImport {
    let (lines, silent) = try LabelTable.read(url, identity: identity)
    var report = try take(
      lines, file: url.lastPathComponent, identity: identity, regionCount: regionCount,
      prefer: prefer, at: date)
    report.silent = silent
    return report
  }

  /// As ``importLabels(_:identity:regionCount:prefer:at:)``, from the text of a file.
  package func importLines(
    _ text: String, file: String, identity: String? = nil, regionCount: Int? = nil,
    prefer: MergePreference = .mine, at date: Date = Date()
  ) throws -> LabelImport {
    try take(
      LabelLines.parse(text, file: file, identity: identity), file: file, identity: identity,
      regionCount: regionCount, prefer: prefer, at: date)
  }

  private func take(
    _ lines: [LabelLines.Line], file: String, identity: String?, regionCount: Int?,
    prefer: MergePreference, at date: Date
  ) throws -> LabelImport {
    var report = LabelImport()
    let wanted = lines.filter { identity == nil || $0.identity == identity }
    report.otherDictionaries = lines.count - wanted.count
    if let regionCount, let stray = wanted.first(where: { $0.region >= regionCount }) {
      let entry = stray.isEntry ? "entry \(stray.number): " : ""
      throw StorageError(
        .damaged, entry + "expected a region below \(regionCount), found \(stray.region)",
        file: file, line: stray.isEntry ? nil : stray.number)
    }
    let byDictionary = Dictionary(grouping: wanted, by: \.identity).sorted { $0.key < $1.key }
    try keepCopy(.import)
    return try write { db in
      var report = report
      for (dictionary, lines) in byDictionary {
        var taken: [(region: Int, field: AnnotationField, content: Annotation)] = []
        var seen: [Place: Annotation] = [:]
        for line in lines {
          let place = Place(region: line.region, field: line.field)
          let mine = try seen[place] ?? annotation(line.region, line.field, dictionary, db)
          guard let accepted = report.merge(line, with: mine, prefer) else { continue }
          seen[place] = accepted
          taken.append((line.region, line.field, accepted))
        }
        try record(taken, kind: .import, dictionary, date, db)
      }
      return report
    }
  }

  private struct Place: Hashable {
    var region: Int
    var field: AnnotationField
  }
}

extension LabelImport {
  /// Decides one line and counts it; `nil` where the notebook stays as it is.
  fileprivate mutating func merge(
    _ line: LabelLines.Line, with mine: Annotation?, _ prefer: Notebook.MergePreference
  ) -> Annotation? {
    let theirs = line.content
    guard let mine else {
      // That somebody took a label away says nothing to a notebook without one.
      guard theirs.text != nil else {
        unchanged += 1
        return nil
      }
      added += 1
      return theirs
    }
    guard mine.text != theirs.text else {
      unchanged += 1
      return nil
    }
    let isNewer = theirs.date > mine.date
    let isTaken = prefer == .newest && isNewer
    conflicts.append(
      Conflict(
        line: line.number, region: line.region, field: line.field, mine: mine.text,
        theirs: theirs.text, theirsIsNewer: isNewer, isResolved: isTaken, isEntry: line.isEntry))
    return isTaken ? theirs : nil
  }
}
