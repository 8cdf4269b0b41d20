import Foundation
import Storage
import TensorFiles
import Terminal

/// What models are called, by the names written in files of weights.
struct ModelTitles: Equatable, Sendable {
  /// By family, in small letters.
  private var names: [String: Set<String>] = [:]

  /// Takes what a file of a model of that family calls it.
  mutating func add(_ name: String, of family: String) {
    names[family.lowercased(), default: []].insert(name)
  }

  /// What models are called that several things name, by the hash of their weights; of several names the first.
  static func byHash(_ named: [(hash: String?, title: String?)]) -> [String: String] {
    named.reduce(into: [:]) { names, thing in
      guard let hash = thing.hash, let title = thing.title else { return }
      names[hash] = names[hash].map { min($0, title) } ?? title
    }
  }

  /// Of the files in a folder.
  static func inside(_ folder: URL) -> ModelTitles {
    var titles = ModelTitles()
    let files =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
      ?? []
    for file in files where file.lowercased().hasSuffix(".gguf") {
      guard let name = GGUFFile.modelName(of: folder.appending(path: file)) else { continue }
      titles.add(sanitized(name, whitespace: .spaces), of: ModelName.family(file))
    }
    return titles
  }

  /// What a model is called by the files beside what names it, where they agree, or else as was recorded when it was read;
  /// the library and the first line of the screen both ask this.
  func name(ofFamily family: String?, recorded: String?) -> String? {
    if let found = family.flatMap({ names[$0.lowercased()] }), found.count == 1 {
      return found.first
    }
    return recorded.map { sanitized($0, whitespace: .spaces) }
  }
}
