import ArgumentParser
import Explorer
import Foundation

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the explorer (the default).",
    discussion: "PATH is a dictionary, or a folder that is searched for them; by default this one.")

  @Argument(help: "Dictionaries (.epdict, reference .pkl) or folders.")
  var paths: [String] = []

  func run() throws {
    let urls = (paths.isEmpty ? ["."] : paths).map { URL(filePath: $0) }
    _ = try MainActor.assumeIsolated { try ExplorerProgram.run(paths: urls) }
  }
}
