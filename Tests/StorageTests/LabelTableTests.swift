import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct LabelTableTests {
  private let folder: TemporaryFolder
  private let notebook: Notebook

  init() throws {
    folder = try TemporaryFolder()
    notebook = try Notebook(folder.file("notebook.sqlite"))
  }

  private func take(_ text: String, _ name: String) throws -> LabelImport {
    try Data(text.utf8).write(to: folder.file(name))
    return try notebook.importLabels(folder.file(name), identity: "abc", regionCount: 26)
  }

  private func labels() throws -> [Int: String?] {
    try notebook.labels(for: "abc").reduce(into: [:]) { $0[$1.region] = $1.text }
  }

  @Test(arguments: ["simple.jsonl", "labels.csv", "neuronpedia-export.json"])
  func `What others write is taken over by region`(_ name: String) throws {
    let report = try notebook.importLabels(
      Fixtures.url("cases/30-label-exchange/\(name)"), identity: "abc", regionCount: 26)
    #expect(report.added == 2 && report.conflicts.isEmpty)
    let last = name == "labels.csv" ? "rivers, lakes" : "names of rivers"
    #expect(try labels() == [3: "words about weather", 5: last])
    if name.hasPrefix("neuronpedia") {
      let label = try #require(try notebook.labels(for: "abc").first)
      #expect(label.author == "some-model")
      #expect(label.evidence == ["neuronpedia gpt2-small/8-res-jb/3 oai_token-act-pair"])
    }
  }

  @Test func `What our commands print is taken over, and regions without a label are left`() throws
  {
    try notebook.setLabel("mine", region: 0, identity: "abc")
    let report = try take(
      """
      {"id":0,"members":4,"label":null,"stars":0,"closest":[{"text":"x"}],"tags":[],"note":null}
      {"id":1,"label":"a","labelOrigin":"own","stars":1,"tags":["x","y"],"note":"n"}
      {"id":2,"label":"b","origin":"carried","author":"Ada"}
      """, "regions.jsonl")
    #expect(report.added == 5 && report.conflicts.isEmpty)
    #expect(try labels() == [0: "mine", 1: "a"])
    #expect(try notebook.carriedLabels(for: "abc").map(\.text) == ["b"])
    #expect(try notebook.stars(for: "abc") == [1] && notebook.notes(for: "abc") == [1: "n"])
    #expect(try notebook.tags(for: "abc") == [1: ["x", "y"]])
  }

  @Test func `A conflict and a stray region are told with the line of the file`() throws {
    let report = try take("region,label\n\n1,a\n1,b\n", "twice.csv")
    #expect(report.added == 1 && report.conflicts.map(\.line) == [4])
    let error = #expect(throws: StorageError.self) { try take("region,label\n99,a\n", "far.csv") }
    #expect(error?.description.contains("far.csv:2") == true, "\(String(describing: error))")
  }

  @Test func `Differences are conflicts as they are of our own files`() throws {
    try notebook.setLabel("mine", region: 3, identity: "abc")
    let report = try take("id,members,label,stars\n3,9,theirs,0\n4,9,,1\n", "e.csv")
    #expect(report.conflicts.map(\.theirs) == ["theirs"] && report.added == 1)
    #expect(try labels() == [3: "mine"] && notebook.stars(for: "abc") == [4])
    // Several explanations of one feature: the first stays.
    let twice = try take(
      "[{\"index\": 7, \"description\": \"a\"}, {\"index\": \"7\", \"description\": \"b\"}]",
      "n.json")
    #expect(twice.added == 1 && twice.conflicts.map(\.line) == [2])
    #expect(twice.conflicts.map(\.isEntry) == [true] && !report.conflicts[0].isEntry)
    let error = #expect(throws: StorageError.self) {
      try take("[{\"index\": 1, \"label\": \"a\"}, {\"index\": 99, \"label\": \"b\"}]", "far.json")
    }
    #expect(error?.line == nil && error?.message.hasPrefix("entry 2: ") == true)
  }

  @Test func `A whole export of Neuronpedia goes by index, and pandas' numbers are whole`() throws {
    let report = try take(
      "[{\"id\": \"clx9f\", \"modelId\": \"m\", \"layer\": \"8\", \"index\": \"3\", \"description\": \"a\"}]",
      "n.json")
    #expect(report.added == 1)
    #expect(try take("region,label\n5.0,b\n", "p.csv").added == 1)
    #expect(try take("{\"region\": [7], \"label\": [\"c\"]}", "c.json").added == 1)
    #expect(try labels() == [3: "a", 5: "b", 7: "c"])
    let error = #expect(throws: StorageError.self) {
      _ = try take("{\"id\": 3, \"index\": 4, \"label\": \"a\"}", "b.jsonl")
    }
    #expect(error?.description.contains("both id and index") == true)
  }

  @Test(
    arguments: [
      ("{\"id\": 26, \"label\": \"a\"}", "below 26"), ("{\"id\": -1, \"label\": \"a\"}", "from 0"),
      ("{\"id\": 1, \"label\": 5}", "expected text"),
      ("{\"id\": 1, \"text\": \"a\"}", "the fields"),
      ("{\"id\": 1.5, \"label\": \"a\"}", "an integer"), ("{\"x\": 1}", "a region"),
    ])
  func `What cannot be a label of this dictionary is refused whole`(
    _ text: String, _ expected: String
  ) throws {
    let error = #expect(throws: StorageError.self) {
      _ = try take("{\"id\": 2, \"label\": \"b\"}\n\(text)\n", "x.jsonl")
    }
    #expect(
      error?.line == 2 && error?.message.contains(expected) == true, "\(error.debugDescription)")
    #expect(try labels().isEmpty)
  }

  @Test func `Features of two autoencoders are not one dictionary's`() throws {
    let error = #expect(throws: StorageError.self) {
      _ = try take(
        """
        [{"modelId": "m", "layer": "1", "index": 1, "description": "a"},
         {"modelId": "m", "layer": "2", "index": 2, "description": "b"}]
        """, "n.json")
    }
    #expect(error?.message.contains("m/2") == true)
  }

  @Test func `A file without a label is an error, unless it is an empty one of our own`() throws {
    for (name, text) in [("a.csv", ""), ("b.csv", "region,label\n"), ("c.json", "[]")] {
      let error = #expect(throws: StorageError.self) { try take(text, name) }
      #expect("\(error.map { "\($0)" } ?? "")".contains("expected at least one label, found none"))
    }
    #expect(try take("", "ours.jsonl").isEmpty)
    #expect(try !take(#"{"id":0,"label":"a"}"#, "one.json").isEmpty)
  }

  @Test func `rows that say nothing are counted, and a file of nothing else is refused`() throws {
    let report = try take("region,label\n1,a\n2,\n3,  \n4,b\n", "gaps.csv")
    #expect(report.added == 2 && report.silent == 2)
    #expect(try labels() == [1: "a", 4: "b"])
    for (name, text) in [
      ("a.csv", "region,label\n1,\n2, \n"), ("b.jsonl", #"{"id":0,"label":null}"#),
      ("c.csv", "id,label,stars\n7,,0\n"),
    ] {
      let error = #expect(throws: StorageError.self) { try take(text, name) }
      #expect(error?.message.hasPrefix("expected at least one label, found none in ") == true)
    }
    #expect(
      try take(#"{"id":0,"label":null}"# + "\n" + #"{"id":5,"label":"c"}"#, "d.jsonl").silent == 1)
  }

  @Test(arguments: [
    #"{"region":3,"label":"a","description":"b"}"#, #"{"region":3,"id":5,"label":"a"}"#,
    #"{"region":3,"label":"  "}"#,
  ])
  func `Fields that say different things, and blank labels, are refused`(_ line: String) throws {
    #expect(throws: StorageError.self) { try take(line, "x.jsonl") }
    #expect(try labels().isEmpty)
  }
}
