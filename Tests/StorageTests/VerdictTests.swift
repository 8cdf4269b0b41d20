import Foundation
import TestSupport
import Testing

@testable import Storage

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
    let history = try notebook.read { try Notebook.verdicts(of: key, $0) }
    #expect(history.map(\.outcome) == [.refused, .complied, nil])
    #expect(history[0].classified == .unclear && history[0].author == "ada")
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
      #expect(try notebook.read { try Notebook.verdicts(of: other, $0) } == [])
    }
    #expect(try notebook.verdicts(ofStore: "other") == [])
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
