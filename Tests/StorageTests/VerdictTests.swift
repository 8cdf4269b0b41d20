import Foundation
import Storage
import TestSupport
import Testing

@Suite("A person's verdicts")
struct VerdictTests {
  private let folder: TemporaryFolder
  private let key = ContinuationKey(
    store: "store", document: "harmful-003", condition: "baseline", text: "I cannot.")

  init() throws { folder = try TemporaryFolder() }

  private func notebook(_ name: String = "notebook.sqlite") throws -> Notebook {
    try Notebook(folder.file(name))
  }

  private func day(_ number: Double) -> Date { Date(timeIntervalSince1970: number * 86_400) }

  @Test func `the last verdict stands and every earlier one is kept`() throws {
    let notebook = try notebook()
    try notebook.setVerdict(
      .refused, on: key, seen: ("exemplar-v1", .unclear), author: "ada", at: day(1))
    try notebook.setVerdict(.refused, on: key, at: day(2))
    try notebook.setVerdict(.complied, on: key, note: "on second thoughts", at: day(3))
    #expect(try notebook.verdicts(ofStore: "store").map(\.outcome) == [.complied])
    try notebook.setVerdict(nil, on: key, at: day(4))
    #expect(try notebook.verdicts() == [])
    let history = try notebook.verdictHistory(of: key)
    #expect(history.map(\.outcome) == [.refused, .complied, nil])
    #expect(history[0].classified == .unclear && history[0].author == "ada")
    #expect(try notebook.verdictVersion() == 3)
  }

  @Test func `a verdict is about its text, store, document and condition alone`() throws {
    let notebook = try notebook()
    try notebook.setVerdict(.refused, on: key)
    for other in [
      ContinuationKey(
        store: "store", document: "harmful-003", condition: "baseline", text: "Sure."),
      ContinuationKey(
        store: "store", document: "harmful-003", condition: "ablated", text: "I cannot."),
      ContinuationKey(
        store: "other", document: "harmful-003", condition: "baseline", text: "I cannot."),
    ] {
      #expect(try notebook.verdictHistory(of: other) == [])
    }
    #expect(try notebook.verdicts(ofStore: "other") == [])
  }

  @Test func `verdicts travel as sorted lines and merge without losing any`() throws {
    let (mine, theirs) = (try notebook("a.sqlite"), try notebook("b.sqlite"))
    let second = ContinuationKey(
      store: "store", document: "a\u{1B}\"\n", condition: "ablated", text: "x")
    try theirs.setVerdict(.complied, on: key, seen: ("exemplar-v1", .refused), at: day(2))
    try theirs.setVerdict(.degenerate, on: second, note: "a loop", at: day(2))
    try mine.setVerdict(.unclear, on: key, at: day(1))
    let lines = try theirs.exportVerdictLines()
    #expect(lines.hasPrefix(#"{"store":"store","document":"a\u001b\"\n","condition":"ablated""#))

    let kept = try mine.importVerdictLines(lines, file: "v.jsonl")
    #expect(kept.added == 1 && kept.conflicts.map(\.isResolved) == [false])
    #expect(Set(try mine.verdicts().map(\.outcome)) == [.unclear, .degenerate])
    let taken = try mine.importVerdictLines(lines, file: "v.jsonl", prefer: .newest)
    #expect(taken.unchanged == 1 && taken.conflicts.map(\.isResolved) == [true])
    #expect(try mine.exportVerdictLines() == lines)
    #expect(try mine.verdictHistory(of: key).map(\.outcome) == [.unclear, .complied])
  }

  @Test(arguments: [
    "nonsense", #"{"store":"s"}"#,
    #"{"store":"s","document":"d","condition":"c","textHash":"12","outcome":"refused"}"#,
    #"{"store":"s","document":"d","condition":"c","textHash":"HASH","outcome":"answered"}"#,
    #"{"store":"s","document":"d","condition":"c","textHash":"HASH","outcome":null,"date":"now"}"#,
  ])
  func `a broken line is named and nothing is taken over`(line: String) throws {
    let notebook = try notebook()
    let hash = String(repeating: "a", count: 64)
    let good =
      #"{"store":"s","document":"d","condition":"c","textHash":"HASH","outcome":"refused"}"#
    let text = [good, line].joined(separator: "\n").replacing("HASH", with: hash)
    let error = #expect(throws: StorageError.self) {
      try notebook.importVerdictLines(text, file: "v.jsonl")
    }
    #expect(error.map { "\($0)" }?.contains("2") == true)
    #expect(try notebook.verdicts() == [])
  }

  @Test func `a notebook of the first version opens with every label and takes verdicts`() throws {
    let url = folder.file("notebook.sqlite")
    try FileManager.default.copyItem(at: Fixtures.url("notebook/version-1.sqlite"), to: url)
    let identity = "4904bcad6ea555c73153e603701c90fd1a2e253e104ac8654b054cf36a997450"
    do {
      let notebook = try Notebook(url)
      #expect(try notebook.labels(for: identity).map(\.text) == ["refusals", "recipes, gardens"])
      #expect(try notebook.history(of: 0, identity: identity).count == 2)
      try notebook.setVerdict(.refused, on: key)
      try notebook.setLabel("declining", region: 5, identity: identity)
    }
    let again = try Notebook(url)
    #expect(try again.labels(for: identity).count == 3)
    #expect(try again.verdicts().count == 1)
    let backups = folder.url.appending(path: "backups")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: backups.path(percentEncoded: false))
        .count == 1, "the old version is copied before it is changed")
  }
}
