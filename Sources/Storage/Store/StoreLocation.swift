import Foundation

/// Which store goes with a dictionary.
package enum StoreLocation {
  /// The store that a dictionary was built from, or one of the same model, adapter and hook, in the folder that the
  /// dictionary lies in; `nil` where there is none.
  ///
  /// Of several the one that the dictionary names is taken, and else the first by name.
  package static func attached(to dictionary: DictionaryFile) throws -> URL? {
    try candidates(for: dictionary).first { _ in true }
  }

  /// All that ``attached(to:)`` chooses from: the one that the dictionary names alone, or else every one that it could be,
  /// by name.
  package static func all(for dictionary: DictionaryFile) throws -> [URL] {
    let found = Array(try candidates(for: dictionary))
    guard let named = found.first, named.lastPathComponent == dictionary.provenance.source else {
      return found
    }
    return [named]
  }

  /// Opened as they are asked for.
  private static func candidates(
    for dictionary: DictionaryFile
  ) throws -> some Sequence<URL> {
    let provenance = dictionary.provenance
    let folder = dictionary.url.deletingLastPathComponent()
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    let stores = names.filter { $0.hasSuffix(".epstore") }.sorted()
    let ordered =
      stores.filter { $0 == provenance.source } + stores.filter { $0 != provenance.source }
    return ordered.lazy.map { folder.appending(path: $0) }.filter { url in
      (try? StoreFile(url)).map { fits($0, provenance) } ?? false
    }
  }

  /// The dictionaries in the folder of a store that it goes with, by name; what cannot be read is passed over.
  package static func dictionaries(of store: StoreFile) throws -> [DictionaryFile] {
    let folder = store.url.absoluteURL.deletingLastPathComponent()
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    return names.filter { $0.hasSuffix(".epdict") }.sorted()
      .compactMap { try? DictionaryFile(folder.appending(path: $0)) }
      .filter { fits(store, $0.provenance) }
  }

  private static func fits(_ store: StoreFile, _ provenance: DictionaryProvenance) -> Bool {
    guard let hash = provenance.modelHash, hash == store.provenance.modelHash else { return false }
    guard provenance.adapter == store.provenance.adapter else { return false }
    if let hash = provenance.adapterHash, let other = store.provenance.adapterHash,
      !AdapterIdentity.isSame(hash, other)
    {
      return false
    }
    return provenance.hook.map { hook in store.hooks.contains { $0.name == hook } } ?? false
  }
}
