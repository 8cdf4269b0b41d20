import Foundation
import Testing

struct AnswersTests {
  private let store = Program.samples.appending(path: "smollm2-refusal.epstore").path()
  private let dictionary = Program.samples.appending(path: "smollm2-refusal.last.p10.epdict").path()

  @Test func `every prompt comes with its answer, verdict, phrase and place`() throws {
    let program = try Program()
    let lines = try program.run("answers", store, "--dict", dictionary, "--json").lines
    let outcomes = try program.run("outcomes", store, "--json").lines.last?["summary"]
    let summary = try #require(outcomes as? [String: Any])
    #expect(lines.count { $0["outcome"] is String } == summary["n"] as? Int)
    #expect(lines.count { $0["outcome"] as? String == "refused" } == summary["refused"] as? Int)
    for line in lines where line["outcome"] as? String == "refused" && line["cut"] as? Bool == false
    {
      let (text, phrase) = (line["text"] as? String ?? "", line["phrase"] as? String ?? "")
      #expect(!phrase.isEmpty && text.lowercased().contains(phrase.lowercased()), "\(line)")
    }
    #expect(lines.allSatisfy { $0["ratio"] is Double && $0["region"] is Int })
  }

  @Test func `the prompts of a region are as many as its column says`() throws {
    let program = try Program()
    let regions = try program.run("regions", dictionary, "--store", store, "--json").lines
    let found = try program.run(
      "answers", store, "--dict", dictionary, "--regions", "20,3", "--json"
    ).lines
    for region in [20, 3] {
      let column = regions.first { $0["id"] as? Int == region }?["prompts"] as? Int
      #expect(found.count { $0["region"] as? Int == region } == column)
    }
    #expect(found.allSatisfy { [20, 3].contains($0["region"] as? Int) })
    let alone = try program.run("answers", store + "#harmful", "--json").lines
    #expect(!alone.isEmpty && alone.allSatisfy { $0["set"] as? String == "harmful" })
    #expect(alone.allSatisfy { $0["region"] is NSNull && $0["ratio"] is NSNull })
  }

  @Test
  func `regions are of the one dictionary beside the store, and of several one is to be named`()
    throws
  {
    let program = try Program()
    let named = try program.run("answers", store, "--dict", dictionary, "--regions", "20", "--json")
    let several = try program.run("answers", store, "--regions", "20", "--json")
    #expect(several.status == 64 && several.output.isEmpty)
    for name in ["all.p10", "last.p10", "last.p40"] {
      #expect(several.error.contains("smollm2-refusal.\(name).epdict"), "\(several.error)")
    }
    #expect(!several.error.contains("smollm2-instruct"))
    let folder = program.folder.file("pair")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: URL(filePath: store), to: folder.appending(path: "smollm2-refusal.epstore"))
    let copy = folder.appending(path: "smollm2-refusal.epstore").path()
    let none = try program.run("answers", copy, "--regions", "20")
    #expect(none.status == 64 && none.error.contains("no dictionary of the model"))
    try FileManager.default.copyItem(
      at: URL(filePath: dictionary), to: folder.appending(path: "one.epdict"))
    let one = try program.run("answers", copy, "--regions", "20", "--json")
    #expect(one.output == named.output && !one.output.isEmpty)
    #expect(one.error.contains("regions of one.epdict"))
  }

  @Test func `regions that are not there and another model's store are refused`() throws {
    let program = try Program()
    let beyond = try program.run("answers", store, "--dict", dictionary, "--regions", "3,99")
    #expect(beyond.status == 1 && beyond.error.contains("expected regions 0 to 31, found 99"))
    let parent = Program.samples.appending(path: "smollm2-instruct.epstore").path()
    let other = try program.run("answers", parent, "--dict", dictionary)
    #expect(other.status == 1 && other.error.contains("--other-model"), "\(other.error)")
    #expect(
      try program.run("answers", parent, "--dict", dictionary, "--other-model").status == 0)
  }
}
