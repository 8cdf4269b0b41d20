import Foundation
import Testing

/// Filters and orders that ask about a store where none is named.
@Suite struct StoreBesideTests {
  private let program: Program
  private let asked = ["--where", "refusal > 0.3", "--sort", "rate"]

  init() throws { program = try Program() }

  /// The sample's dictionary in a folder of its own, with its store under these names.
  private func folder(_ name: String, stores: [String]) throws -> String {
    let folder = program.folder.file(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func link(_ sample: String, _ name: String) throws {
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: name),
        withDestinationURL: Program.samples.appending(path: sample))
    }
    try link("smollm2-refusal.last.p10.epdict", "a.epdict")
    for store in stores { try link("smollm2-refusal.epstore", store) }
    return folder.appending(path: "a.epdict").path(percentEncoded: false)
  }

  @Test func `Rates are read of the store beside the dictionary, which is named`() throws {
    let dictionary = try folder("one", stores: ["smollm2-refusal.epstore"])
    let found = try program.run(["regions", dictionary] + asked)
    let named = try program.run(
      ["regions", dictionary, "--store", program.path("one/smollm2-refusal.epstore")] + asked)
    #expect(found.status == 0, "\(found.error)")
    #expect(found.output == named.output)
    #expect(found.output.contains("% of members") && found.output.contains("prompts refused"))
    let words = "with smollm2-refusal.epstore, which lies beside the dictionary"
    #expect(found.error.contains(words) && !named.error.contains(words))
    let plain = try program.run("regions", dictionary, "--where", "members > 1")
    #expect(plain.error.isEmpty)
  }

  @Test func `The one that the dictionary was built from is taken of several`() throws {
    let dictionary = try folder("own", stores: ["a.epstore", "smollm2-refusal.epstore"])
    let found = try program.run(["regions", dictionary] + asked)
    #expect(found.error.contains("with smollm2-refusal.epstore, which"), "\(found.error)")
  }

  @Test func `Several that could be meant are refused by their names, and none by what is missing`()
    throws
  {
    let several = try program.run(
      ["regions", try folder("two", stores: ["a.epstore", "b.epstore"])] + asked)
    #expect(several.status == 64 && several.output.isEmpty)
    #expect(several.error.contains("one of those beside the dictionary: a.epstore, b.epstore"))
    let none = try program.run(
      "regions", try folder("none", stores: []), "--where", "nearest > 3")
    #expect(none.status == 64 && none.error.contains("--where: nearest is known with --store"))
    #expect(none.error.contains("no store of the dictionary's model and hook lies beside it"))
  }
}
