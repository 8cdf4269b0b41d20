import Foundation
import LanguageModel
import Storage
import TensorFiles

/// Where weights are looked for by the name that a dictionary or a store gives them.
package struct ModelPlaces: Sendable, Equatable {
  /// Folders that keep files of models by their names.
  package var folders: [URL]
  /// The hub cache; `nil`: it is not looked into.
  package var hubCache: URL?

  package init(folders: [URL] = [], hubCache: URL? = nil) {
    (self.folders, self.hubCache) = (folders, hubCache)
  }

  /// `~/.cache/exemplar/models` and the hub cache.
  package static func usual(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> ModelPlaces {
    ModelPlaces(
      folders: [try? UserFolders.cache(environment).appending(path: "models")].compactMap(\.self),
      hubCache: HubFolders(environment: environment).cache)
  }

  /// - Parameter folder: where the file that gives the name lies; weights may lie beside it.
  package func find(_ name: String, beside folder: URL? = nil) -> ModelFiles? {
    guard !name.isEmpty else { return nil }
    // A name with slashes is a repository's: as a path it could lead anywhere.
    guard !name.contains("/") else { return ofHub(name) }
    for place in folders + [folder].compactMap(\.self) {
      let path = place.appending(path: name).path(percentEncoded: false)
      if let found = try? ModelFiles.find(path, environment: [:]) { return found }
    }
    return ofHub(name)
  }

  private func ofHub(_ name: String) -> ModelFiles? {
    hubCache.flatMap { try? ModelFiles.cached(name, in: $0) }
  }
}
