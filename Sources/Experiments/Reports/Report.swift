import Foundation
import Storage

/// What a result says: to other programs by its record, to a person by its text, its table, its plot and a page of them.
package struct Report: Sendable {
  package var kind: SavedExperiment.Kind
  /// The dictionaries it is about.
  package var identities: [String]
  /// Of the record, by its own keys.
  package var entries: [(String, JSONValue)]
  /// The first row under this header is the conclusion that the notebook keeps.
  package var header: [String]
  package var rows: [[String]]
  package var plot: SVGPlot?
  /// Objects of the same keys, one for each line of a CSV file, every number in full.
  package var records: [JSONValue]
  /// What `--json` prints where that is JSON Lines; exports and the notebook hold one object all the same.
  package var lines: [JSONValue]?
  /// For a person.
  package var text: String
  /// What lists call it, and its conclusion there, where its first lines say neither.
  package var headline: (title: String, conclusion: String)?

  package init(
    kind: SavedExperiment.Kind, identities: [String], entries: [(String, JSONValue)],
    header: [String], rows: [[String]], plot: SVGPlot? = nil, records: [JSONValue],
    lines: [JSONValue]? = nil, text: String,
    headline: (title: String, conclusion: String)? = nil
  ) {
    (self.kind, self.identities, self.entries) = (kind, identities, entries)
    (self.header, self.rows, self.plot) = (header, rows, plot)
    (self.records, self.lines, self.text, self.headline) = (records, lines, text, headline)
  }

  /// - Parameter record: what `--json` prints.
  package init(
    kind: SavedExperiment.Kind, identities: [String], record: some Encodable, header: [String],
    rows: [[String]], plot: SVGPlot? = nil, records: [JSONValue], lines: [JSONValue]? = nil,
    text: String
  ) {
    self.init(
      kind: kind, identities: identities, entries: JSONValue(encoding: record).entries,
      header: header, rows: rows, plot: plot, records: records, lines: lines, text: text)
  }

  /// One line of numbers: the first row under its header.
  package var conclusion: String {
    if let headline { return headline.conclusion }
    return zip(header, rows.first ?? []).map { "\($0) \($1)" }.joined(separator: ", ")
  }

  package var title: String {
    headline?.title ?? text.split(separator: "\n").first.map(String.init) ?? kind.rawValue
  }

  package var json: JSONValue { .object(entries) }

  /// The records, a line each.
  package var csv: String { CSVTable(records).text }

  /// What the notebook keeps of it.
  package var content: String {
    ResultReport(
      identities: identities, text: text, header: header, rows: rows, plot: plot, csv: csv
    ).content(with: entries)
  }

  /// A page of the table, the plot, what is said of it, and every value that is no list.
  package var page: HTMLPage {
    HTMLPage(
      title: title, conclusion: conclusion, header: header, rows: rows, plot: plot, text: text,
      facts: HTMLPage.dictionaries(identities) + HTMLPage.facts(entries))
  }

  /// The report with sentences that its numbers are not to be read without.
  package func noting(_ notices: [String]) -> Report {
    guard !notices.isEmpty else { return self }
    var report = self
    report.entries.append(("notices", .array(notices.map(JSONValue.string))))
    report.text += notices.map { "\nnote: \(onOneLine($0))" }.joined()
    return report
  }
}
