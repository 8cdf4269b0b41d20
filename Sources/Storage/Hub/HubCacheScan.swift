import Foundation
import TensorFiles

/// A published dictionary in the hub cache, or what there is of one.
package struct CachedDictionary: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case whole(bytes: Int)
    /// So many bytes of it are there, of no name yet.
    case begun(bytes: Int)
    /// Its name is there, and what it is a link to is not.
    case missing
  }

  package var place: URL
  package var repository: String
  /// `nil` for what is not told apart before it is whole.
  package var name: PublishedName?
  package var revision: String?
  package var state: State
}

/// Finds published dictionaries in the hub cache, in repositories of data and of models.
package struct HubCacheScan {
  /// The repository that the paper names.
  package static let published = "J-RUM/exemplar-partitioning"

  let cache: URL
  private static let mostEntries = 1000

  package init(cache: URL) { self.cache = cache }

  package func dictionaries() -> [CachedDictionary] {
    var found: [CachedDictionary] = []
    for folder in names(in: cache) {
      guard let (kind, repository) = HubPlace.repository(ofFolder: folder) else { continue }
      let url = cache.appending(path: folder)
      var own = snapshots(of: url).flatMap { dictionaries(in: $0, of: repository) }
      let isPublished = kind == .dataset && repository == Self.published
      if !own.isEmpty || isPublished { own += begun(in: url, of: repository) }
      found += own
      guard found.count < Self.mostEntries else { break }
    }
    return found
  }

  /// The commits that are there, that of `main` first.
  private func snapshots(of repository: URL) -> [URL] {
    let folder = repository.appending(path: "snapshots")
    let main = (try? OrdinaryFile.data(repository.appending(path: "refs/main"), limit: 4096))
      .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    let all = names(in: folder)
    return (all.filter { $0 == main } + all.filter { $0 != main })
      .map { folder.appending(path: $0) }
  }

  private func dictionaries(in snapshot: URL, of repository: String) -> [CachedDictionary] {
    names(in: snapshot).flatMap { folder in
      names(in: snapshot.appending(path: folder)).compactMap { file -> CachedDictionary? in
        guard let name = PublishedName(folder: folder, file: file) else { return nil }
        let place = snapshot.appending(path: "\(folder)/\(file)")
        return CachedDictionary(
          place: place, repository: repository, name: name, revision: snapshot.lastPathComponent,
          state: FileState(place).map { .whole(bytes: $0.size) } ?? .missing)
      }
    }
  }

  private func begun(in repository: URL, of name: String) -> [CachedDictionary] {
    let folder = repository.appending(path: "blobs")
    return names(in: folder).filter { $0.hasSuffix(".incomplete") }.map { file in
      let place = folder.appending(path: file)
      return CachedDictionary(
        place: place, repository: name, state: .begun(bytes: FileState(place)?.size ?? 0))
    }
  }

  private func names(in folder: URL) -> [String] {
    let names =
      (try? FileManager.default.contentsOfDirectory(
        atPath: folder.path(percentEncoded: false))) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }
}
