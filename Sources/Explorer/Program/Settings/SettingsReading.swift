import Foundation
import TensorFiles
import Terminal

/// What a reading of the folder of settings found. A file with a mistake gives no value: the old one is kept.
package struct SettingsReading: Equatable, Sendable {
  /// When each file was last changed, and its size; a later reading of the same is not needed.
  package struct Stamp: Equatable, Sendable {
    package var modified: Date
    package var size: Int
  }

  package var stamps: [String: Stamp] = [:]
  package var configuration: Configuration? = Configuration()
  package var keymap: Keymap? = .standard
  /// By the name of their file.
  package var themes: [String: Theme] = [:]
  package var wrongThemes: Set<String> = []
  package var problems: [ThemeProblem] = []

  package init() {}

  /// No file of settings is larger; one that is must be something else.
  private static let sizeLimit = 1 << 20
  private static let themeLimit = 200

  /// Reads `config.toml`, `keymap.toml` and `themes/*.toml` of a folder; files that are not there are no mistake.
  ///
  /// - Parameter known: the stamps of an earlier reading.
  /// - Returns: `nil` if nothing has changed since.
  package init?(folder: URL, known: [String: Stamp]?) {
    let files = Self.files(in: folder)
    stamps = files.reduce(into: [:]) { $0[$1.name] = $1.stamp }
    guard stamps != known else { return nil }
    for file in files { read(file) }
  }

  private struct File {
    /// Below the folder.
    var name: String
    var url: URL
    var stamp: Stamp
  }

  private static func files(in folder: URL) -> [File] {
    var urls = ["config.toml", "keymap.toml"].map { ($0, folder.appending(path: $0)) }
    let themes = folder.appending(path: "themes")
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: themes.path(percentEncoded: false)))
      ?? []
    urls += names.filter { $0.hasSuffix(".toml") }.sorted().prefix(themeLimit)
      .map { ("themes/\($0)", themes.appending(path: $0)) }
    return urls.compactMap { name, url in
      let path = url.resolvingSymlinksInPath().path(percentEncoded: false)
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
        let modified = attributes[.modificationDate] as? Date,
        let size = attributes[.size] as? Int
      else { return nil }
      return File(name: name, url: url, stamp: Stamp(modified: modified, size: size))
    }
  }

  private mutating func read(_ file: File) {
    // Which folder is no question; the line has little room.
    let path = file.name
    let theme =
      file.name.hasPrefix("themes/") ? file.url.deletingPathExtension().lastPathComponent : nil
    guard let data = try? OrdinaryFile.data(file.url, limit: Self.sizeLimit),
      let text = String(data: data, encoding: .utf8)
    else {
      let reason = file.stamp.size > Self.sizeLimit ? "larger than 1 MB" : "not readable as UTF-8"
      problems.append(ThemeProblem(file: path, line: 1, message: reason))
      if let theme { wrongThemes.insert(theme) }
      if file.name == "config.toml" { configuration = nil }
      if file.name == "keymap.toml" { keymap = nil }
      return
    }
    let found: [ThemeProblem]
    if let theme {
      let result = Theme.parse(text, file: path)
      found = result.problems
      if found.isEmpty { themes[theme] = result.theme } else { wrongThemes.insert(theme) }
    } else if file.name == "config.toml" {
      (configuration, found) = Configuration.reading(text, file: path)
    } else {
      (keymap, found) = Keymap.reading(text, file: path)
    }
    problems += found
  }
}
