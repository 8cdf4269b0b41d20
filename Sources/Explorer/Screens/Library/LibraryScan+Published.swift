import Experiments
import Foundation
import Storage

/// Pickles that say how they were made, and those that lie in the hub cache.
extension LibraryScan {
  /// Adds what the metadata beside a pickle says; metadata that cannot be read is told in its place.
  func addPublished(_ entry: inout LibraryEntry) {
    do {
      var metadata = try PublishedMetadata.beside(entry.url)
      // A point a batch, and none of them is listed.
      metadata?.growth = []
      entry.published = metadata
      entry.readiness = DictionaryReadiness(metadata, of: entry.url, places: places, given: given)
    } catch {
      entry.content = .broken(words(of: error))
    }
  }

  func entry(_ cached: CachedDictionary) -> LibraryEntry? {
    let name = cached.name?.description ?? "a download that is not finished"
    let again = "exemplar fetch \(cached.repository) \(cached.name?.description ?? "NAME")"
    @Sendable func entry(_ content: LibraryEntry.Content, bytes: Int?) -> LibraryEntry {
      var entry = LibraryEntry(url: cached.place, name: name, content: content, bytes: bytes)
      entry.repository = cached.repository
      return entry
    }
    switch cached.state {
    case .whole(let bytes):
      let found = Self.limited(to: limit) {
        var whole = entry(.pickle(bytes: bytes), bytes: bytes)
        addPublished(&whole)
        return whole
      }
      return found
        ?? entry(.broken("did not answer within \(limit.components.seconds) s"), bytes: bytes)
    case .begun(let bytes):
      return entry(
        .broken("half downloaded, \(Figures.bytes(bytes)) so far; “\(again)” goes on"),
        bytes: bytes)
    case .missing:
      return entry(
        .broken("half downloaded, or removed since: its link leads nowhere; “\(again)” fetches it"),
        bytes: nil)
    }
  }
}
