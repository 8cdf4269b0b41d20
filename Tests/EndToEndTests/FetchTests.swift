import Foundation
import Storage
import TestSupport
import Testing

/// `fetch` against a pretended hub on this machine, and what is done with what it brings.
struct FetchTests {
  private let program: Program
  private let server: HubServer

  private static let name = "J-RUM/exemplar-partitioning"

  init() throws {
    var program = try Program()
    let pickle = try Data(contentsOf: Fixtures.url("ep/p10/dictionary.pkl"))
    let metadata = Data(
      #"{"config": {"model": "google/gemma-2-2b", "layer": 3, "hook_name": null, "percentile": 10, "seed": 0}}"#
        .utf8)
    let repository = PretendedRepository(
      Self.name,
      [
        .init(
          "tiny_L3_p10/tiny_layer3.pkl", pickle, hash: try Self.hash(pickle, program, large: true),
          isLarge: true),
        .init(
          "tiny_L3_p10/tiny_layer3_metadata.json", metadata,
          hash: try Self.hash(metadata, program, large: false), isLarge: false),
      ])
    server = try HubServer { repository.answer($0) ?? .init(404) }
    program.environment["HF_ENDPOINT"] = server.endpoint
    program.environment["HF_HOME"] = program.path("hf")
    for name in ["HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "http_proxy", "HTTP_PROXY"] {
      program.environment[name] = nil
    }
    self.program = program
  }

  private static func hash(_ data: Data, _ program: Program, large: Bool) throws -> String {
    let file = program.folder.file("hashed")
    try data.write(to: file)
    let kind =
      large
      ? HubHash(sha256: String(repeating: "0", count: 64))
      : HubHash(git: String(repeating: "0", count: 40))
    return try #require(try kind?.computed(of: file)).text
  }

  @Test func `two commands list and fetch a published dictionary, and a third opens it`() throws {
    let listed = try program.run("fetch", Self.name, "--json")
    #expect(listed.status == 0, "\(listed.error)")
    #expect(listed.lines.map { $0["name"] as? String } == ["tiny/3/10"])
    #expect(listed.lines[0]["cached"] as? Bool == false)

    let output = program.path("tiny.epdict")
    let fetched = try program.run(
      "fetch", Self.name, "tiny/3/10", "--import", "-o", output, "--json")
    #expect(fetched.status == 0, "\(fetched.error)")
    #expect(fetched.lines[0]["output"] as? String == "tiny.epdict")
    #expect(try program.run("fetch", Self.name, "--json").lines[0]["cached"] as? Bool == true)

    let info = try program.run("info", output, "--json").json
    #expect(info["hook"] as? String == "blocks.3.hook_resid_post")
    #expect(info["model"] as? String == "google/gemma-2-2b")
    #expect(info["repository"] as? String == Self.name)
    #expect(info["revision"] as? String == PretendedRepository.commit)
    let ready = try #require(info["canDo"] as? [String: String])
    #expect(ready["browse, search, label, compare"] == "ready")
    #expect(
      ready["trace, search by example, lens"]?.contains("hf download google/gemma-2-2b") == true)
    #expect(ready["paths, neighbourhood"] == "ready")
    #expect(ready["patch"]?.hasPrefix("needs ") == true)
    #expect(ready["ablation"]?.contains("exemplar capture") == true)

    // The pickle itself opens by the path that is printed.
    let path = try #require(fetched.lines[0]["path"] as? String)
    let pickle = try program.run("info", path, "--json").json
    #expect(pickle["identity"] as? String == info["identity"] as? String)
    #expect((pickle["published"] as? [String: Any])?["percentile"] as? Double == 10)
  }

  @Test func `what cannot be fetched is told in one line`() throws {
    func line(_ arguments: [String], _ adding: [String: String] = [:]) throws -> String {
      let result = try program.run(["fetch", "--quiet"] + arguments, adding: adding)
      #expect(result.status != 0)
      #expect(result.status == 64 || result.errorLines.count == 1, "\(result.error)")
      return result.error
    }
    #expect(try line([Self.name, "tiny/4/10"]).contains("tiny/3/10"))
    #expect(try line(["J-RUM/other"]).contains("no such repository"))
    #expect(try line(["../x"]).contains("OWNER/NAME"))
    #expect(try line([Self.name], ["HF_HUB_OFFLINE": "1"]).contains("HF_HUB_OFFLINE"))
    #expect(
      try line([Self.name], ["HF_ENDPOINT": "http://127.0.0.1:1"]).contains("127.0.0.1"))
    #expect(try line([Self.name, "-o", "x"]).contains("--import"))
  }

  @Test func `what is given by hand counts against the metadata, and beside it`() throws {
    let fetched = try program.run("fetch", Self.name, "tiny/3/10", "--json")
    let path = try #require(fetched.lines.first?["path"] as? String)
    func imported(_ arguments: String...) throws -> Program.Result {
      try program.run(
        ["import", path, "-o", program.path("a.epdict"), "--overwrite", "--json"] + arguments)
    }
    let other = try imported("--hook", "blocks.4.hook_resid_post")
    #expect(other.status == 1)
    #expect(
      other.error.contains("blocks.3.hook_resid_post")
        && other.error.contains("blocks.4.hook_resid_post"), "\(other.error)")
    #expect(try imported("--model", "gemma-2-2b-it").error.contains("google/gemma-2-2b"))
    #expect(try imported("--model", "gemma-2-2b").json["givenByHand"] as? [String] == [])
    let bare = try imported(
      "--no-metadata", "--model", "m", "--hook", "blocks.4.hook_resid_post", "--percentile", "7")
    #expect(bare.json["givenByHand"] as? [String] == ["model", "hook", "percentile"])
    #expect(bare.json["hook"] as? String == "blocks.4.hook_resid_post")
  }

  @Test func `the README's quick start is two commands that the program has`() throws {
    let readme = try String(
      contentsOf: Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "README.md"), encoding: .utf8)
    let line = try #require(
      readme.split(separator: "\n").first { $0.contains("exemplar fetch J-RUM/") })
    let words = line.split(separator: "#")[0].split(separator: " ").map(String.init)
    #expect(Array(words.prefix(3)) == ["exemplar", "fetch", Self.name])
    let name = try #require(PublishedName(given: words[3]))
    #expect(words.contains("--import"))
    #expect(readme.contains("exemplar \(name.folder).epdict"))
  }
}
