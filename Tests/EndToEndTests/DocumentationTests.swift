import Foundation
import TestSupport
import Testing

/// What the pages for those who carry this on say of the tree.
struct DocumentationTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  @Test(arguments: [
    "CONTRIBUTING.md", "README.md", "docs/README.md", "docs/architecture.md", "docs/commands.md",
    "docs/python.md",
  ])
  func `every path that a page names is there`(page: String) throws {
    let text = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
    let paths = text.matches(of: /`((?:Sources|Tests|docs|Benchmarks|Examples)\/[\w+.\/-]+)`/)
      .map { String($0.1) }
    for path in paths {
      #expect(
        FileManager.default.fileExists(
          atPath: Self.root.appending(path: path).path(percentEncoded: false)),
        "\(page) names \(path)")
    }
    let links = text.matches(of: /\]\(([\w+.\/-]+)\)/).map { String($0.1) }
    let folder = Self.root.appending(path: page).deletingLastPathComponent()
    for link in links {
      #expect(
        FileManager.default.fileExists(
          atPath: folder.appending(path: link).path(percentEncoded: false)),
        "\(page) links to \(link)")
    }
    #expect(paths.count + links.count > 3)
  }

  @Test func `no two folders of a module refer to each other, and no file is long`() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", Self.root.appending(path: "Tests/structure").path(percentEncoded: false),
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("LanguageModel: "))
  }

  @Test func `a distance is divided by θ in one place`() throws {
    let places = try Self.sources {
      $0.contains(/\/ (?:[\w.()]+\.)?(?:threshold|theta[AB]?|thetas)\b/)
    }
    #expect(places == ["ExemplarPartitioning/Theta.swift"])
  }

  @Test func `the libraries know no options of the command line`() throws {
    let libraries = [
      "Numerics/", "ExemplarPartitioning/", "TensorFiles/", "LanguageModel/", "Storage/",
      "Experiments/",
    ]
    let places = try Self.sources { $0.contains(/"[^"]*--[a-z]/) }
      .filter { place in libraries.contains(where: place.hasPrefix) }
    // A result's own command line is part of its record, and what a dictionary needs is told as the command that gets it.
    #expect(
      places == [
        "Experiments/Ablation/AblationResult+Command.swift",
        "Experiments/Opening/DictionaryReadiness.swift",
        "Experiments/Playground/PlaygroundResult+Command.swift",
      ])
  }

  /// The files below `Sources` with a line of code as `isWanted` wants it.
  private static func sources(_ isWanted: (Substring) -> Bool) throws -> [String] {
    let folder = root.appending(path: "Sources")
    let files = try #require(
      FileManager.default.enumerator(atPath: folder.path(percentEncoded: false)))
    return try files.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.filter { file in
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      return text.split(separator: "\n").contains { !$0.contains("//") && isWanted($0) }
    }.sorted()
  }
}
