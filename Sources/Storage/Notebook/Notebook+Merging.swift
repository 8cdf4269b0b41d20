import Foundation
import GRDB

extension Notebook {
  /// Merges another version of a `labels.jsonl` into the notebook, given the version that both came from.
  ///
  /// What only they changed since `base` is taken over, what only the notebook changed is kept; what both changed,
  /// and differently, is a conflict: the notebook's is kept and the conflict reported. A line that is in `base` and
  /// no longer in `theirs` was taken away by them. One undo takes the whole merge back.
  ///
  /// - Parameters:
  ///   - identity: the dictionary to take lines of, and that lines without one belong to.
  ///   - regionCount: regions from here on are refused.
  /// - Throws: `damaged`, naming the line, and then nothing is taken over.
  package func mergeLabels(
    theirs: URL, base: URL, identity: String, regionCount: Int, at date: Date = Date()
  ) throws -> LabelImport {
    func lines(_ url: URL) throws -> [LabelLines.Line] {
      let lines = try LabelLines.parse(
        LabelLines.contents(of: url), file: url.lastPathComponent, identity: identity)
      if let stray = lines.first(where: { $0.identity == identity && $0.region >= regionCount }) {
        throw StorageError(
          .damaged, "expected a region below \(regionCount), found \(stray.region)",
          file: url.lastPathComponent, line: stray.number)
      }
      return lines
    }
    let (their, old) = (try lines(theirs), try lines(base))
    var report = LabelImport()
    report.otherDictionaries = their.count { $0.identity != identity }
    struct Place: Hashable {
      var region: Int
      var field: AnnotationField
    }
    // Where a file speaks twice of one place, its last line counts.
    func byPlace(_ lines: [LabelLines.Line]) -> [Place: LabelLines.Line] {
      lines.filter { $0.identity == identity }.reduce(into: [:]) {
        $0[Place(region: $1.region, field: $1.field)] = $1
      }
    }
    let (theirLines, oldLines) = (byPlace(their), byPlace(old))
    let places = Set(theirLines.keys).union(oldLines.keys).sorted {
      ($0.region, $0.field.rawValue) < ($1.region, $1.field.rawValue)
    }
    try keepCopy(.merge)
    return try write { db in
      var report = report
      var taken: [(region: Int, field: AnnotationField, content: Annotation)] = []
      for place in places {
        let mine = try annotation(place.region, place.field, identity, db)
        let line = theirLines[place]
        let (theirText, oldText) = (line?.content.text, oldLines[place]?.content.text)
        switch MergeDecision(mine: mine?.text, theirs: theirText, base: oldText) {
        case .nothing: report.unchanged += 1
        case .take:
          report.added += 1
          let content =
            line?.content ?? Annotation(text: nil, author: nil, date: date, evidence: [])
          taken.append((place.region, place.field, content))
        case .conflict:
          let theirDate = line?.content.date ?? ""
          report.conflicts.append(
            LabelImport.Conflict(
              line: line?.number ?? 0, region: place.region, field: place.field,
              mine: mine?.text, theirs: theirText, theirsIsNewer: theirDate > mine?.date ?? "",
              isResolved: false))
        }
      }
      try record(taken, kind: .import, identity, date, db)
      return report
    }
  }
}
