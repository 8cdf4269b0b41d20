import Foundation
import TensorFiles
import TestSupport
import Testing

@Suite("Rows with a table beside them")
struct RowMetadataTests {
  private let program: Program

  /// Twelve rows around three directions, four each.
  init() throws {
    program = try Program()
    var values: [Float] = []
    for row in 0..<12 {
      var point: [Float] = [0, 0, 0, Float(row) * 0.01]
      point[row / 4] = 1 + Float(row % 4) * 0.1
      values += point
    }
    try NumPyWriter.write(
      NumPyOutput(values, shape: [12, 4]), to: program.folder.file("rows.npy"))
  }

  private static let words = [
    "The", " cat", " sat", " on", " the", " mat", ".", " A", " dog", " sat", " too", ".",
  ]

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: program.folder.file(name))
  }

  private func lines(_ row: (Int) -> [String: Any]) throws -> String {
    try (0..<12).map {
      String(
        decoding: try JSONSerialization.data(withJSONObject: row($0), options: [.sortedKeys]),
        as: UTF8.self) + "\n"
    }.joined()
  }

  private func build(_ metadata: String) throws -> Program.Result {
    try program.run(
      "build", program.path("rows.npy"), "--metadata", program.path(metadata), "--percentile",
      "27", "-o", program.path("a.epdict"), "--overwrite", "--json")
  }

  @Test("become contexts with their tokens marked, are found, and can be asked about")
  func contexts() throws {
    let text = Self.words.joined()
    try write(
      lines {
        [
          "text": text, "token": Self.words[$0], "document": "d1", "position": $0,
          "layer": $0 / 4, "author": $0 < 8 ? "Ann" : "Bob", "sure": $0 % 2 == 0,
        ]
      }, to: "rows.jsonl")
    let built = try build("rows.jsonl")
    #expect(built.status == 0)
    #expect(built.error.isEmpty, "\(built.error)")
    #expect(built.json["regions"] as? Int == 3)
    // In the explorer rows are read in another order than on the command line.
    let tmux = try Tmux(
      columns: 80, rows: 24, environment: program.environment, folder: program.folder)
    try tmux.shell(
      "clear; '\(Program.binary.path(percentEncoded: false))' '\(program.path("a.epdict"))'; echo left with $?"
    )
    try tmux.wait(for: "1 of 3")
    try tmux.wait(for: "Ann")
    // The whole document marks the row's token, and does not send for a store that could not help.
    try tmux.press("Enter")
    try tmux.press("Enter")
    try tmux.wait(for: "of the array")
    let document = try tmux.screen()
    #expect(document.contains("‹") && document.contains("is the one in the region"))
    #expect(!document.contains("--store"))
    try tmux.type("q")
    try tmux.wait(for: "left with 0")
    try tmux.shell(
      "clear; '\(Program.binary.path(percentEncoded: false))' '\(program.path("a.epdict"))'; echo again with $?"
    )
    try tmux.wait(for: "1 of 3")
    try tmux.type("/author:bob")
    try tmux.wait(for: "1 of 3 regions match")
    try tmux.press("Enter")
    try tmux.type("q")
    try tmux.wait(for: "again with 0")
    let regions = try program.run("regions", program.path("a.epdict"), "--json").lines
    let closest = try #require(regions[1]["closest"] as? [[String: Any]])
    #expect(closest.count == 4)
    for context in closest {
      let row = try #require(context["row"] as? Int)
      #expect((4..<8).contains(row))
      #expect(context["position"] as? Int == row)
      #expect(context["text"] as? String == text)
      let token = try #require(context["token"] as? [Int])
      #expect(Array(text.utf8)[token[0]..<token[1]].elementsEqual(Self.words[row].utf8))
      let fields = try #require(context["fields"] as? [String: Any])
      #expect(fields["layer"] as? Int == 1)
      #expect(fields["author"] as? String == "Ann")
      #expect(fields["sure"] as? String == (row % 2 == 0 ? "true" : "false"))
    }
    func kept(_ filter: String) throws -> [Int] {
      try program.run("regions", program.path("a.epdict"), "--where", filter, "--json").lines
        .compactMap { $0["id"] as? Int }
    }
    #expect(try kept("layer = 2") == [2])
    #expect(try kept("layer < 2 members > 1") == [0, 1])
    #expect(try kept("author:bob") == [2])
    #expect(try kept("!author:~an") == [2])
    #expect(try kept("author = bob") == [2])
    #expect(try kept("row.author != Bob") == [0, 1])
    let order = try program.run("regions", program.path("a.epdict"), "--where", "author > Ann")
    #expect(order.error.contains("author is a text: expected author:VALUE (is)"), "\(order.error)")
    #expect(try kept("row.layer != 0") == [1, 2])
    // Two of four is not most of them.
    #expect(try kept("sure:true").isEmpty)
    func searched(_ query: String) throws -> [Int] {
      try program.run("search", program.path("a.epdict"), query, "--json").lines
        .compactMap { $0["id"] as? Int }.sorted()
    }
    #expect(try searched("Ann") == [0, 1])
    #expect(try searched("author:bob") == [2])
    #expect(try searched("row.author:b*") == [2])
    #expect(try searched("layer:1") == [1])
    #expect(try searched("author:ann NOT layer:0") == [1])
    #expect(try searched("author:sat").isEmpty)
    let field = try program.run("search", program.path("a.epdict"), "author:Bob")
    #expect(field.output.contains("author: Bob, 4 of 4 members"), "\(field.output)")
    #expect(
      field.error.contains("in fields of all rows: author, document, layer"), "\(field.error)")
    let info = try program.run("info", program.path("a.epdict"), "--json").json
    #expect(info["metadata"] as? String == "rows.jsonl")
    #expect((info["metadataHash"] as? String)?.count == 64)
    #expect((info["rowFields"] as? [String])?.contains("author") == true)
    let nothing = try program.run("regions", program.path("a.epdict"), "--where", "layer = 9")
    #expect(nothing.status == 0 && nothing.output.isEmpty)
    #expect(nothing.error.contains("no region of 3 passes layer = 9"))
    let unknown = try program.run("regions", program.path("a.epdict"), "--where", "depth = 2")
    #expect(unknown.status != 0)
    #expect(unknown.error.contains("layer"))
    let found = try program.run("search", program.path("a.epdict"), "token:dog", "--json").lines
    #expect(found.compactMap { $0["id"] as? Int } == [2])
    let verified = try program.run("info", program.path("a.epdict"), "--verify")
    #expect(verified.status == 0, "\(verified.error)")
  }

  @Test("of CSV are read alike, a text once for a document, numbers as numbers")
  func csv() throws {
    var text = "document,position,token,text,layer,note\n"
    for row in 0..<12 {
      let whole = row % 4 == 0 ? "alpha beta gamma delta" : ""
      let word = ["alpha", "beta", "gamma", "delta"][row % 4]
      text += "d\(row / 4),\(row % 4).0,\(word),\(whole),\(row / 4).5,\"a, \"\"b\"\"\"\n"
    }
    try write(text, to: "rows.csv")
    let built = try build("rows.csv")
    #expect(built.status == 0, "\(built.error)")
    let regions = try program.run(
      "regions", program.path("a.epdict"), "--where", "layer >= 1.5 row.note:~\"B\"", "--json")
    try #require(regions.lines.compactMap { $0["id"] as? Int } == [1, 2])
    let own = try program.run("regions", program.path("a.epdict"), "--where", "note:~b")
    #expect(own.error.contains("note is the region's own; row.note is that of its rows"))
    let context = try #require((regions.lines[0]["closest"] as? [[String: Any]])?.first)
    #expect(context["text"] as? String == "alpha beta gamma delta")
    #expect((context["token"] as? [Int])?.count == 2)
  }

  @Test("whose token stands at several places, or nowhere, are counted and not marked")
  func unmarked() throws {
    try write(
      lines { ["text": "so it is so", "token": $0 == 5 ? "it" : $0 == 7 ? "was" : "so"] },
      to: "rows.jsonl")
    let built = try build("rows.jsonl")
    #expect(built.status == 0)
    #expect(built.error.contains("note: 11 of 12 tokens are not marked"))
    #expect(built.error.contains("rows.jsonl:1"))
    let regions = try program.run("regions", program.path("a.epdict"), "--json").lines
    let all = regions.flatMap { $0["closest"] as? [[String: Any]] ?? [] }
    #expect(all.count { $0["token"] != nil } == 1)
  }

  @Test("are refused by line where they are not understood, and by number where some are missing")
  func refusals() throws {
    func refusal(_ text: String, _ name: String = "rows.jsonl") throws -> String {
      try write(text, to: name)
      let result = try build(name)
      #expect(result.status == 1)
      #expect(result.errorLines.count == 1)
      return result.error
    }
    let good = try lines { _ in ["text": "a"] }
    #expect(
      try refusal(String(good.dropLast(13)))
        == "exemplar: rows.jsonl: expected 12 lines, one a row of rows.npy, found 11\n")
    #expect(
      try refusal(lines { ["text": "a", "position": $0 == 3 ? -1 : $0] })
        .contains("rows.jsonl:4: position: expected a whole number of 0 or more"))
    #expect(
      try refusal(lines { ["text": "a", "position": $0 == 3 ? 0.5 : 1] }).contains("rows.jsonl:4"))
    #expect(
      try refusal(lines { ["text": $0 == 6 ? [1] as Any : "a"] })
        .contains("rows.jsonl:7: text: expected text, found a list"))
    #expect(
      try refusal(lines { ["text": "a", "tags": $0 == 1 ? ["x"] as Any : "x"] })
        .contains("rows.jsonl:2: tags: expected text, a number, true or false, found a list"))
    #expect(
      try refusal(
        lines { $0 == 2 ? ["document": "d"] : ["document": "d", "text": "a\($0)"] }
      ).contains("rows.jsonl:3: expected a text"))
    #expect(try refusal("text\n" + String(repeating: "a\n", count: 11), "rows.csv").contains("11"))
    #expect(try refusal(good + "{broken\n").contains("rows.jsonl:13"))
    let shards = try program.run(
      "build", fixture("ep/p10/activations"), "--metadata", program.path("rows.jsonl"), "-o",
      program.path("b.epdict"))
    #expect(shards.status == 1)
  }

  @Test("of a table that was changed afterwards are noticed")
  func damage() throws {
    try write(lines { ["text": "a", "layer": $0] }, to: "rows.jsonl")
    #expect(try build("rows.jsonl").status == 0)
    let url = program.folder.file("a.epdict/dictionary.sqlite")
    var bytes = try Data(contentsOf: url)
    let values = try #require(bytes.range(of: Data(#"["0","1","2""#.utf8)))
    bytes[values.lowerBound + 2] = UInt8(ascii: "7")
    try bytes.write(to: url)
    let verified = try program.run("info", program.path("a.epdict"), "--verify")
    #expect(verified.status == 1)
    #expect(verified.error.contains("rowField"))
  }
}
