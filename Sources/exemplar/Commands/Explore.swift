import ArgumentParser
import Explorer
import Foundation
import Storage

struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the explorer (the default).",
    discussion: "PATH is a dictionary, or a folder that is searched for them; by default this one.")

  @Argument(help: "Dictionaries (.epdict, reference .pkl) or folders.")
  var paths: [String] = []

  @Option(help: "A theme by name, whatever the settings and the terminal's background.")
  var theme: String?

  func run() throws {
    let urls = (paths.isEmpty ? ["."] : paths).map { URL(filePath: $0) }
    let options = ExplorerProgram.Options(
      performer: EffectPerformer.Options(settings: try? UserFolders.config(), author: NSUserName()),
      theme: theme)
    _ = try MainActor.assumeIsolated { try ExplorerProgram.run(paths: urls, options: options) }
  }
}
