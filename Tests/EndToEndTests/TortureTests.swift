import Foundation
import TestSupport
import Testing

/// The short form of `Tests/torture`.
@Suite(.serialized)
struct TortureTests {
  @Test(arguments: [
    ["kills", "full", "writers", "clock"], ["explorer", "files", "resizes"], ["captures"],
    ["flips"],
  ])
  func `nothing acknowledged is lost, and nothing is silently different`(parts: [String]) throws {
    let folder = try TemporaryFolder()
    let output = folder.file("output")
    try Data().write(to: output)
    let process = Process()
    process.executableURL = Fixtures.root.deletingLastPathComponent().appending(path: "torture")
    process.arguments =
      ["--short", "--program", Program.binary.path(percentEncoded: false)] + parts
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let said = try String(contentsOf: output, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(said)")
    #expect(said.contains("lost or silently different: 0"), "\(said)")
  }
}
