import Foundation
import Testing

/// What the folders promise, read from the sources.
@Suite struct StructureTests {
  private struct Source {
    var name: String
    /// Without comments.
    var code: String
    var lineCount: Int
  }

  private func sources() throws -> [Source] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Explorer")
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    let sources = try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
      let text = try String(contentsOf: $0, encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let code = lines.filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }
      return Source(
        name: $0.lastPathComponent, code: code.joined(separator: "\n"), lineCount: lines.count)
    }
    try #require(sources.count > 100)
    return sources
  }

  private func isView(_ name: String) -> Bool {
    name.hasSuffix("View.swift") || ["View.swift", "StatusLine.swift"].contains(name)
  }

  @Test func `what acts on a screen names no view`() throws {
    let sources = try sources()
    let declaration = /^(?:package |private |fileprivate )?(?:struct|enum) (\w+View)\b/
      .anchorsMatchLineEndings()
    let views = Set(
      sources.filter { isView($0.name) }.flatMap { source in
        source.code.matches(of: declaration).map { String($0.1) }
      })
    try #require(views.contains("LabView") && views.count > 20)
    for source in sources where !isView(source.name) {
      let words = Set(source.code.split { !$0.isLetter }.map(String.init))
      #expect(words.isDisjoint(with: views), "\(source.name)")
    }
  }

  @Test func `only the stack of screens asks which is open`() throws {
    let asking = try sources().filter { $0.code.contains("screen ==") }.map(\.name)
    #expect(asking == ["Session+Screens.swift"])
  }

  @Test func `no file is longer than can be read at once`() throws {
    #expect(try sources().filter { $0.lineCount > 401 }.map(\.name) == [])
  }
}
