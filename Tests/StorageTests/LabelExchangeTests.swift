import Foundation
import Storage
import TestSupport
import Testing

@Suite struct LabelExchangeTests {
  let folder: TemporaryFolder
  let notebook: Notebook
  let day = Date(timeIntervalSince1970: 1_767_225_600.25)

  init() throws {
    folder = try TemporaryFolder()
    notebook = try Notebook(folder.file("notebook.sqlite"))
  }

  private func importLines(
    _ text: String, prefer: Notebook.MergePreference = .mine
  ) throws -> LabelImport {
    try notebook.importLines(text, file: "theirs.jsonl", identity: "abc", prefer: prefer)
  }

  private func labels() throws -> [Int: String] {
    try notebook.labels(for: "abc").reduce(into: [:]) { $0[$1.region] = $1.text }
  }

  @Test func `the exported text is sorted, plain and always the same`() throws {
    try notebook.setStar(true, region: 10, identity: "abc", at: day)
    try notebook.setLabel(
      "banks \"of\"\n\u{1b}[2J é", region: 10, identity: "abc", author: "Ada",
      evidence: ["closest 1", "12"], at: day)
    try notebook.setLabel("two", region: 2, identity: "abc", at: day + 0.5)
    try notebook.setNote("why?", region: 2, identity: "abc", at: day)
    try notebook.setLabel(nil, region: 3, identity: "abc", at: day)
    try notebook.setLabel("else", region: 0, identity: "xyz", at: day)
    let expected = #"""
      {"identity":"abc","region":2,"label":"two","date":"2026-01-01T00:00:00.750Z"}
      {"identity":"abc","region":2,"note":"why?","date":"2026-01-01T00:00:00.250Z"}
      {"identity":"abc","region":3,"label":null,"date":"2026-01-01T00:00:00.250Z"}
      {"identity":"abc","region":10,"label":"banks \"of\"\n\u001b[2J é","author":"Ada","date":"2026-01-01T00:00:00.250Z","evidence":["closest 1","12"]}
      {"identity":"abc","region":10,"starred":true,"date":"2026-01-01T00:00:00.250Z"}

      """#
    #expect(try notebook.exportLines(for: "abc") == expected)
    #expect(try notebook.exportLines().hasPrefix(expected + #"{"identity":"xyz""#))
  }

  @Test func `an export imported elsewhere is the same notebook`() throws {
    try notebook.setLabel("one\u{2028}\u{7f}", region: 1, identity: "abc", author: "Ada", at: day)
    try notebook.setNote("note", region: 1, identity: "abc", at: day)
    try notebook.setStar(true, region: 5, identity: "abc", at: day)
    let file = folder.file("labels.jsonl")
    try notebook.exportLabels(to: file)
    let other = try Notebook(folder.file("other.sqlite"))
    let report = try other.importLabels(file)
    #expect(report.added == 3)
    #expect(try other.exportLines() == notebook.exportLines())
    #expect(try other.importLabels(file).unchanged == 3)
  }

  @Test func `what both sides say is kept as mine and reported`() throws {
    try notebook.setLabel("mine", region: 1, identity: "abc", at: day)
    let report = try importLines(
      #"""
      {"identity":"abc","region":1,"label":"theirs","date":"2027-01-01T00:00:00Z"}

      {"identity":"abc","region":2,"label":"new"}
      {"identity":"xyz","region":2,"label":"not asked for"}
      """#)
    #expect(report.added == 1)
    #expect(report.otherDictionaries == 1)
    #expect(
      report.conflicts == [
        .init(
          line: 1, region: 1, field: .label, mine: "mine", theirs: "theirs", theirsIsNewer: true,
          isResolved: false)
      ])
    #expect(try labels() == [1: "mine", 2: "new"])
    #expect(try notebook.labels(for: "xyz").isEmpty)
  }

  @Test func `the newest wins when asked, on either side`() throws {
    try notebook.setLabel("mine, older", region: 1, identity: "abc", at: day)
    try notebook.setLabel("mine, newer", region: 2, identity: "abc", at: day + 1000)
    try notebook.setLabel("mine, taken away since", region: 3, identity: "abc", at: day)
    let report = try importLines(
      #"""
      {"region":1,"label":"theirs","date":"2026-01-01T00:01:00Z","author":"Bob"}
      {"region":2,"label":"theirs","date":"2026-01-01T00:01:00Z","author":"Bob"}
      {"region":3,"label":null,"date":"2026-01-01T00:01:00Z","author":"Bob"}
      """#, prefer: .newest)
    #expect(report.conflicts.map(\.isResolved) == [true, false, true])
    #expect(try labels() == [1: "theirs", 2: "mine, newer"])
    #expect(try notebook.labels(for: "abc").first?.author == "Bob")
  }

  @Test func `an import is undone as one step`() throws {
    try notebook.setLabel("mine", region: 1, identity: "abc", at: day)
    _ = try importLines(
      #"""
      {"region":1,"label":"theirs","date":"2027-01-01T00:00:00Z"}
      {"region":2,"label":"new"}
      {"region":2,"label":"newer still","date":"2027-01-01T00:00:00Z"}
      """#, prefer: .newest)
    #expect(try labels() == [1: "theirs", 2: "newer still"])
    try notebook.undo(identity: "abc")
    #expect(try labels() == [1: "mine"])
    try notebook.redo(identity: "abc")
    #expect(try labels() == [1: "theirs", 2: "newer still"])
  }

  @Test(arguments: [
    (#"{"region":1,"label":"good"}"# + "\nnot JSON", 2),
    (#"{"region":"1","label":"text for a number"}"#, 1),
    (#"{"region":-1,"label":"below zero"}"#, 1),
    (#"{"region":1,"label":"x","date":"yesterday"}"#, 1),
    (#"{"region":99999999999999999999,"label":"x"}"#, 1),
    ("[]", 1), ("\u{feff}{}", 1),
  ])
  func `a bad line is named and nothing is taken over`(_ text: String, _ line: Int) throws {
    let error = storageError { _ = try importLines(text) }
    #expect(error?.code == .damaged)
    #expect(error?.line == line)
    #expect(error?.file == "theirs.jsonl")
    #expect(try labels().isEmpty)
  }

  @Test func `a region that the dictionary does not have is refused`() throws {
    let error = storageError {
      _ = try notebook.importLines(
        #"{"region":3,"label":"x"}"#, file: "l.jsonl", identity: "abc", regionCount: 3)
    }
    #expect(error?.description == "l.jsonl:1: expected a region below 3, found 3")
  }

  @Test func `own labels win over shared ones, and those over imported ones`() throws {
    let url = folder.file("a.epdict")
    let identity = try SampleDictionary.write(to: url)
    let file = try DictionaryFile(url)
    let shared = #"""
      {"identity":"\#(identity)","region":0,"label":"shared","author":"Bob"}
      {"identity":"\#(identity)","region":1,"label":"later","date":"2026-02-01T00:00:00Z"}
      {"identity":"\#(identity)","region":1,"label":"earlier","date":"2026-01-01T00:00:00Z"}
      {"identity":"another","region":2,"label":"of another dictionary"}
      """#
    try Data(shared.utf8).write(to: url.appending(path: "labels.jsonl"))

    var view = try LabelView(file, notebook)
    #expect(view.entries[0] == .init(text: "shared", origin: .shared, author: "Bob"))
    #expect(view.entries[1]?.text == "later")
    #expect(view.entries[2]?.origin == .imported)
    #expect(try file.search(SearchQuery("label:shared"), limit: 5).map(\.region) == [0])

    try notebook.setLabel("own", region: 0, identity: identity)
    try notebook.setLabel(nil, region: 2, identity: identity)
    view = try LabelView(file, notebook)
    #expect(view.texts == [0: "own", 1: "later"])
    #expect(view.entries[0]?.origin == .own)
    #expect(view.problem == nil)
  }

  @Test func `shared labels that cannot be read are reported and hide nothing`() throws {
    let url = folder.file("a.epdict")
    try SampleDictionary.write(to: url)
    try Data("{}".utf8).write(to: url.appending(path: "labels.jsonl"))
    let view = try LabelView(DictionaryFile(url), notebook)
    #expect(view.problem?.line == 1)
    #expect(view.texts[0] == "water")
  }
}
