import Foundation
import Storage

/// What a person sees a region called, under the keys by which it is printed.
package struct LabelRecord: Encodable, Sendable {
  var id: Int
  var label: String?
  var origin: String?
  var author: String?

  package init(_ region: Int, in labels: LabelView) {
    let entry = labels.entries[region]
    (id, label, origin, author) = (region, entry?.text, entry?.origin.rawValue, entry?.author)
  }
}

/// A change of the notebook, under the keys by which it is printed.
package struct LabelChangeRecord: Encodable, Sendable {
  var id: Int
  var field: String
  var kind: String
  var before: String?
  var after: String?
  var author: String?
  var date: String

  package init(_ change: NotebookChange) {
    (id, field, kind) = (change.region, change.field.rawValue, change.kind.rawValue)
    (before, after, author) = (change.before, change.after, change.author)
    date = change.date.formatted(.iso8601)
  }
}

/// What came of merging a file of labels, under the keys by which it is printed.
package struct LabelImportRecord: Encodable, Sendable {
  struct Conflict: Encodable {
    /// Counted in an array or in Parquet; `line` in anything else.
    @IfAny var entry: Int?
    @IfAny var line: Int?
    var id: Int
    var field: String
    var mine: String?
    var theirs: String?
    var theirsIsNewer: Bool
    var taken: Bool
  }

  var added: Int
  var unchanged: Int
  var otherDictionaries: Int
  var carry: [String]?
  var withoutLabel: Int
  var conflicts: [Conflict]

  /// - Parameter carry: the commands that carry over what is of other dictionaries.
  package init(_ found: LabelImport, carry: [String]) {
    (added, unchanged, withoutLabel) = (found.added, found.unchanged, found.silent)
    otherDictionaries = found.otherDictionaries
    self.carry = found.otherDictionaries == 0 ? nil : carry
    conflicts = found.conflicts.map {
      Conflict(
        entry: $0.isEntry ? $0.line : nil, line: $0.isEntry ? nil : $0.line, id: $0.region,
        field: $0.field.rawValue, mine: $0.mine, theirs: $0.theirs,
        theirsIsNewer: $0.theirsIsNewer, taken: $0.isResolved)
    }
  }
}
