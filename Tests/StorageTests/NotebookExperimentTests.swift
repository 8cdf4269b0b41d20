import Foundation
import Storage
import TestSupport
import Testing

struct NotebookExperimentTests {
  private let folder: TemporaryFolder
  private let notebook: Notebook

  init() throws {
    folder = try TemporaryFolder()
    notebook = try Notebook(folder.file("notebook.sqlite"))
  }

  private func experiment(_ identity: String, _ title: String) -> SavedExperiment {
    SavedExperiment(
      identity: identity, kind: .ablation, title: title, conclusion: "No conclusion.",
      isComplete: true, date: Date(timeIntervalSince1970: 1_700_000_000.25))
  }

  @Test func `experiments are listed by dictionary, the latest first`() throws {
    let first = try notebook.save(experiment("abc", "one"), content: "{\"n\":1}")
    try notebook.save(experiment("xyz", "two"), content: "{}")
    let third = try notebook.save(experiment("abc", "three"), content: "{}")
    #expect(try notebook.experiments(on: "abc").map(\.id) == [third, first])
    #expect(try notebook.experiments().map(\.title) == ["three", "two", "one"])
    var expected = experiment("abc", "one")
    expected.id = first
    #expect(try notebook.experiments(on: "abc").last == expected)
    #expect(try notebook.content(ofExperiment: first) == "{\"n\":1}")
  }

  @Test func `the headline of a content comes back with the list, and none where there is none`()
    throws
  {
    try notebook.save(experiment("abc", "one"), content: #"{"headline":{"n":1,"k":[2]},"n":1}"#)
    try notebook.save(experiment("abc", "two"), content: #"{"n":1}"#)
    try notebook.save(experiment("abc", "three"), content: "no JSON")
    #expect(
      try notebook.experiments(on: "abc").map(\.headline) == [nil, nil, #"{"n":1,"k":[2]}"#])
  }

  @Test func `one that is removed is gone`() throws {
    let id = try notebook.save(experiment("abc", "one"), content: "{}")
    try notebook.removeExperiment(id)
    #expect(try notebook.experiments().isEmpty)
    #expect(try notebook.content(ofExperiment: id) == nil)
  }
}
