import Foundation
import Storage
import TestSupport
import Testing

/// A damaged notebook on a disk without room for what would take its place.
struct FullDiskRecoveryTests {
  @Test func `a damaged notebook is where it was until another can be opened in its place`() throws
  {
    let program = try Program()
    let sample = Program.samples.appending(path: "smollm2-refusal.all.p10.epdict")
    let identity = try DictionaryFile(sample).identity
    let url = program.folder.file("data/exemplar/notebook.sqlite")
    let text = String(repeating: "a label of some length ", count: 40)
    do {
      let notebook = try Notebook(url)
      try notebook.carry(
        (0..<60).map {
          RegionLabel(identity: identity, region: $0, text: text, author: nil, date: Date())
        }, identity: identity)
      try notebook.setLabel("kept", region: 1, identity: identity)
      #expect(notebook.finish().isEmpty)
    }
    var bytes = try Data(contentsOf: url)
    try #require(bytes.count > 80_000)
    for index in 100..<bytes.count { bytes[index] = 0xa5 }
    try bytes.write(to: url)

    let list = ["label", sample.path(percentEncoded: false), "--list", "--json"]
    let full = try program.run(list, fileBlocks: 40)
    #expect(full.status != 0 && full.output.isEmpty && !full.error.isEmpty)
    #expect(try Data(contentsOf: url) == bytes)
    let found = try program.run(list)
    #expect(found.status == 0, "\(found.error)")
    #expect(found.error.contains("damaged"))
    #expect(found.lines.contains { $0["label"] as? String == "kept" })
  }
}
