import Foundation
import Storage
import TestSupport
import Testing

@testable import Experiments

@Suite struct LabelSheetTests {
  private let folder: TemporaryFolder
  private let notebook: Notebook

  init() throws {
    folder = try TemporaryFolder()
    notebook = try Notebook(folder.file("notebook.sqlite"))
  }

  private static let labels = [
    "=1+1", "+a", "-b", "@c", "'=x", "''-y", "'quoted'", "-5", "'-5", "+1e3", "'+1e3",
    "a, \"b\"\nc",
    "=a,\tb", "tab\tinside", "'", "''", "- a list", "-", "'-", "=", "é=1", "@", "5", " =x",
  ]

  @Test(arguments: ["labels.csv", "LABELS.CSV", "labels.tsv", "labels.jsonl", "labels"])
  func `labels come back from a sheet as they went, whatever they begin with`(_ name: String) throws
  {
    for (region, label) in Self.labels.enumerated() {
      try notebook.setLabel(label, region: region, identity: "abc", author: "=Ada")
      try notebook.setNote("-\(label)", region: region, identity: "abc", author: "'@Ada")
    }
    try notebook.setTags(["-x", "'=y", "@z"], region: 0, identity: "abc", author: nil)
    let lines = try notebook.exportLines(for: "abc")
    let file = folder.file(name)
    try Data(LabelSheet.text(lines, for: name).utf8).write(to: file)
    let other = try Notebook(folder.file("other.sqlite"))
    // A file of no name that says its kind is lines.
    let report = try other.importLabels(file, identity: "abc")
    #expect(report.added == 2 * Self.labels.count + 1 && report.silent == 0)
    #expect(try other.exportLines(for: "abc") == lines)
  }

  @Test func `sheets of others are read as they are`() throws {
    let file = folder.file("theirs.csv")
    try Data("region,label\n1,'=x\n2,=y\n".utf8).write(to: file)
    _ = try notebook.importLabels(file, identity: "abc")
    #expect(try notebook.labels(for: "abc").map(\.text) == ["'=x", "=y"])
  }

  @Test func `a sheet marks what a spreadsheet would take for a formula`() throws {
    try notebook.setLabel("=1+1", region: 0, identity: "abc", author: nil)
    let text = try LabelSheet.text(notebook.exportLines(for: "abc"), for: "a.csv")
    #expect(text.contains("\n0,'=1+1,"))
  }

  @Test(arguments: ["labels.json", "labels.txt", "labels.xlsx", "labels.csv.gz"])
  func `a name that says another kind of file is refused with those known`(_ name: String) {
    #expect {
      try LabelSheet.text("", for: name)
    } throws: { "\($0)".contains(".jsonl, .csv or .tsv") }
  }
}
