import Foundation
import Storage
import TestSupport
import Testing

/// What a store has beyond what a dictionary kept of it.
@Suite(.serialized)
struct WholeStoreTests {
  private let program: Program
  private let dictionary = Program.samples.appending(path: "smollm2-refusal.last.p10.epdict")
    .path(percentEncoded: false)
  private let store = Program.samples.appending(path: "smollm2-refusal.epstore")
    .path(percentEncoded: false)

  init() throws { program = try Program() }

  @Test func `search --store looks through every document, in the region that is nearest now`()
    throws
  {
    let kept = try program.run("search", dictionary, "poison", "--json")
    let whole = try program.run("search", dictionary, "poison", "--store", store, "--json")
    try #require(whole.status == 0, "\(whole.error)")
    #expect(!whole.lines.isEmpty && whole.lines.count <= 50)
    for line in whole.lines {
      #expect(line["store"] as? String == "smollm2-refusal.epstore")
      #expect(line["searched"] as? Int == 324)
      #expect((line["snippet"] as? String)?.lowercased().contains("poison") == true)
    }
    #expect(kept.lines.allSatisfy { $0["store"] == nil && $0["searched"] == nil })
    // A prompt's region is that of its final position, as the answers have it.
    let answers = try program.run("answers", store, "--dict", dictionary, "--json")
    let regions = Set(
      answers.lines.filter { ($0["prompt"] as? String)?.lowercased().contains("poison") == true }
        .compactMap { $0["region"] as? Int })
    #expect(regions.isSubset(of: Set(whole.lines.compactMap { $0["id"] as? Int })))
    #expect(!regions.isEmpty)
    let told = try program.run("search", dictionary, "poison", "--store", store)
    #expect(told.error.contains("in the store's 324 final positions"))
  }

  @Test func `search --store refuses another model's store, and options without it`() throws {
    let other = Program.samples.appending(path: "smollm2-instruct.epstore")
      .path(percentEncoded: false)
    let refused = try program.run("search", dictionary, "poison", "--store", other)
    #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.error)")
    let allowed = try program.run(
      "search", dictionary, "poison", "--store", other, "--other-model", "--json")
    #expect(allowed.status == 0 && allowed.error.contains("note: "), "\(allowed.error)")
    let alone = try program.run("search", dictionary, "poison", "--other-model")
    #expect(alone.status == 64 && alone.error.contains("--store"))
  }

  @Test func `an unfinished store is built from, which the build and the dictionary say`() throws {
    let made = try AblationProgram()
    let whole = try StoreFile(URL(filePath: made.store))
    let documents = Array(try whole.documents().prefix(20))
    let url = made.program.folder.file("part.epstore")
    do {
      let writer = try StoreWriter(
        url, provenance: whole.provenance, hooks: whole.hooks, elementType: .f32)
      let rows = try whole.rows(AblationProgram.hook, at: documents.flatMap { Array($0.rows) })
      try writer.append(
        StoreUnit(
          entries: try documents.map {
            StoreUnit.Entry(document: $0, tokens: try whole.tokens(of: $0), continuations: [])
          }, rows: [rows]))
    }
    #expect(try !StoreFile(url).isFinished)
    let path = url.path(percentEncoded: false)
    let built = made.program.path("part.epdict")
    let result = try made.program.run(
      "build", path, "--positions", "last", "--percentile", "40", "--split", "all", "-o", built)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.error.contains(
        "part.epstore: its capture is not finished: what there is is taken, 20 documents"),
      "\(result.error)")
    let info = try made.program.run("info", built, "--json")
    #expect(info.output.contains("its capture was not finished: 20 documents were there"))
    // What counts over all of a store does not take a part for it.
    let counted = try made.program.run("search", built, "steal", "--store", path)
    #expect(counted.status == 1 && counted.error.contains("its capture is not finished"))
  }

  @Test func `labels of another dictionary are offered by exemplar match`() throws {
    let other = Program.samples.appending(path: "smollm2-instruct.last.p10.epdict")
      .path(percentEncoded: false)
    #expect(try program.run("label", other, "3", "asks for a recipe").status == 0)
    let sheet = program.path("labels.jsonl")
    #expect(try program.run("label", other, "--export", sheet).status == 0)
    let imported = try program.run("label", dictionary, "--import", sheet)
    #expect(imported.status == 0, "\(imported.error)")
    #expect(imported.output.contains("--carry-from"), "\(imported.output)")
    #expect(imported.output.contains("1 of another dictionary left out"), "\(imported.output)")
    let json = try program.run("label", dictionary, "--import", sheet, "--json").json
    #expect(json["otherDictionaries"] as? Int == 1)
    let offer = try #require(json["carry"] as? [String])
    #expect(
      offer == [
        "exemplar label DICT --import \(sheet)", "exemplar label \(dictionary) --carry-from DICT",
      ])
    #expect(try program.run("label", dictionary, "--list").output.isEmpty)
    // What is offered does what it says.
    let carried = try program.run("label", dictionary, "--carry-from", other, "--cutoff=-1")
    #expect(carried.status == 0 && !carried.output.hasPrefix("0 carried"), "\(carried.output)")
  }
}
