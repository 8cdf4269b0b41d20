import Foundation
import TestSupport
import Testing

@Suite("A page to pass on")
struct PageTests {
  private let program: Program
  private let dictionary = PageTests.sample("smollm2-refusal.last.p10.epdict")
  private let store = PageTests.sample("smollm2-refusal.epstore")

  init() throws { program = try Program() }

  private static func sample(_ name: String) -> String {
    Program.samples.appending(path: name).path(percentEncoded: false)
  }

  private func page(_ arguments: [String]) throws -> String {
    let path = program.path("page.html")
    let result = try program.run(arguments + ["--export", path, "--overwrite-exports", "--quiet"])
    #expect(result.status == 0, "\(result.error)")
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  /// A page without script, nothing that is fetched, whose tags are all closed.
  private func check(_ page: String) throws {
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    #expect(page.contains("default-src 'none'"))
    for sign in [
      "<script", "<img", "<link", "<iframe", "<object", "@import", "url(", "javascript:",
    ] {
      #expect(!page.contains(sign), "\(sign)")
    }
    let addresses = page.matches(of: /https?:\/\/[^"]*/).map { String($0.0) }
    #expect(Set(addresses).isSubset(of: ["http://www.w3.org/2000/svg"]))
    for tag in ["table", "tr", "td", "dl", "ul", "ol", "li", "svg", "body", "html", "mark"] {
      let opened = page.matches(of: try Regex("<\(tag)[ >]")).count
      #expect(opened == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
    }
  }

  @Test("of an experiment has its table, controls, intervals and where it comes from")
  func ablation() throws {
    let page = try page([
      "ablate", dictionary, "--store", store, "--depth", "geometry", "--baselines", "--no-save",
    ])
    try check(page)
    for part in [
      "null region 11, harmful", "difference of means, benign", "random direction, harmful",
      "<td>50</td>", "Predicted, not measured", "smollm2-refusal.epstore", "exemplar ablate",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test("of a comparison has its nulls with n and intervals, and the regions without a partner")
  func comparison() throws {
    let page = try page([
      "match", Self.sample("smollm2-instruct.last.p10.epdict"), dictionary, "--null", "rotations:3",
    ])
    try check(page)
    for part in [
      "Introduced in B", "Dropped from A", "Wilson 95 %", "by chance", "<svg", "identity",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test("of regions marks tokens, and what people wrote stays text")
  func regions() throws {
    let label = "<script>alert(1)</script> & \"more\"\u{202E}"
    #expect(try program.run("label", dictionary, "3", label).status == 0)
    let page = try page(["regions", dictionary, "--store", store, "--where", "id < 5"])
    try check(page)
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;"))
    #expect(page.contains("5 of 32 regions, for which id &lt; 5"))
    #expect(page.contains("<mark>"))
    // Two dictionaries may have files of one name.
    #expect(
      page.contains(
        "<title>Regions of SmolLM2-135M-Instruct + refusal-adapter, blocks.16.hook_resid_post, p 10, last positions"
      ))
    #expect(!page.contains("\u{202E}"))
  }

  @Test(
    "of a saved experiment is written as of the command that made it; what it does not have is refused"
  )
  func saved() throws {
    let made = try page([
      "ablate", dictionary, "--store", store, "--depth", "geometry", "--limit", "5",
    ])
    try check(
      page(["coverage", dictionary, "a=\(store)#harmful", "b=\(store)#benign"]))
    func export(_ id: String, _ name: String) throws -> Program.Result {
      try program.run("experiments", dictionary, "--export", id, "-o", program.path(name))
    }
    for (id, names) in [("1", ["a.html", "a.svg"]), ("2", ["b.html", "b.svg", "b.csv"])] {
      for name in names {
        let result = try export(id, name)
        // A prediction has no bars.
        #expect(result.status == (name == "a.svg" ? 1 : 0), "\(result.error)")
      }
    }
    #expect(try String(contentsOfFile: program.path("a.html"), encoding: .utf8) == made)
    let coverage = try String(contentsOfFile: program.path("b.html"), encoding: .utf8)
    try check(coverage)
    #expect(coverage.contains("<svg") && coverage.contains("As it was told"))
    let lack = try export("1", "a.csv")
    #expect(lack.status == 1 && lack.error.contains("has no CSV"))
    #expect(!FileManager.default.fileExists(atPath: program.path("a.csv")))
    #expect(try export("1", "a.pdf").error.contains(".json, .md, .csv, .svg or .html"))
  }

  @Test("of any claim is written too; another ending, or a page that is there, is refused")
  func others() throws {
    try check(
      page(["coverage", dictionary, "a=\(store)#harmful", "b=\(store)#benign", "--no-save"]))
    let there = try program.run("regions", dictionary, "--export", program.path("page.html"))
    #expect(there.status == 1)
    #expect(there.error.contains("page.html: exists already; --overwrite-exports replaces it"))
    let other = try program.run("regions", dictionary, "--export", "page.pdf")
    #expect(other.status != 0)
    #expect(other.error.contains("expected --export to a .html"))
  }
}
