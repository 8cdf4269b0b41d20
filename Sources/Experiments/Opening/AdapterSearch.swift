import Foundation
import LanguageModel
import Storage
import TensorFiles

/// Looks for the adapter that a dictionary or a store was made with, by the hashes of its weights and its settings.
struct AdapterSearch {
  private let recorded: RecordedCheckpoint
  private let places: [URL]
  private let canAllowOther: Bool

  /// Of a folder with more entries the first by name are looked at; of more adapters the first are hashed.
  private static let mostEntries = 2000
  private static let mostAdapters = 64

  /// - Parameter places: folders; they are looked at themselves, and the folders in them.
  init(_ recorded: RecordedCheckpoint, in places: [URL], canAllowOther: Bool) {
    self.recorded = recorded
    self.canAllowOther = canAllowOther
    var seen: Set<String> = []
    self.places = places.filter {
      let path = $0.standardizedFileURL.path(percentEncoded: false)
      return path != "/" && seen.insert(path).inserted
    }
  }

  /// The adapter of the recorded hash; where none was recorded, the one of the recorded name.
  ///
  /// - Throws: `ExperimentError.missing`, saying where it was looked for.
  func find() throws -> (folder: URL, hash: String) {
    for folder in candidates() {
      // One that cannot be read is not the one, or the error of not finding it says what was expected.
      guard let hash = try? FileHash.ofAdapter(folder) else { continue }
      if let expected = recorded.adapterHash {
        if AdapterIdentity.isSame(hash, expected) { return (folder, hash) }
      } else if folder.lastPathComponent == recorded.adapter.map(RecordedCheckpoint.plain) {
        return (folder, hash)
      }
    }
    let looked = places.prefix(6).map {
      TensorFileError.printable($0.path(percentEncoded: false))
    }
    throw ExperimentError(
      .missing,
      "was made with the adapter \(recorded.adapterWords), which is not in "
        + (looked.isEmpty ? "any known folder" : looked.joined(separator: ", ")),
      file: recorded.owner,
      remedy: canAllowOther
        ? "give it with \(.adapter), or read the bare model with \(.otherModel)"
        : "give it with \(.adapter)")
  }

  /// Folders of adapters, those of the recorded name first.
  private func candidates() -> [URL] {
    let name = recorded.adapter.map(RecordedCheckpoint.plain)
    var found: [URL] = []
    for place in places {
      let names =
        (try? FileManager.default.contentsOfDirectory(atPath: place.path(percentEncoded: false)))
        ?? []
      let folders =
        [place]
        + names.sorted().prefix(Self.mostEntries).map {
          place.appending(path: $0, directoryHint: .isDirectory)
        }
      found += folders.filter(Self.isAdapter)
    }
    let named = found.filter { $0.lastPathComponent == name }
    return Array((named + found.filter { $0.lastPathComponent != name }).prefix(Self.mostAdapters))
  }

  private static func isAdapter(_ folder: URL) -> Bool {
    FileManager.default.fileExists(
      atPath: folder.appending(path: "adapter_config.json").path(percentEncoded: false))
  }
}
