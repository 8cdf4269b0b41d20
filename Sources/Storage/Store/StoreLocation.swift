import Foundation

/// Which store goes with a dictionary.
package enum StoreLocation {
  /// The store that a dictionary was built from, or one of the same model, adapter and hook, in the folder that the
  /// dictionary lies in; `nil` where there is none.
  ///
  /// Of several the one that the dictionary names is taken, and else the first by name.
  package static func attached(to dictionary: DictionaryFile) throws -> URL? {
    let provenance = dictionary.provenance
    let folder = dictionary.url.deletingLastPathComponent()
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    let stores = names.filter { $0.hasSuffix(".epstore") }.sorted()
    let named = stores.filter { $0 == provenance.source }
    for name in named + stores {
      let url = folder.appending(path: name)
      guard let store = try? StoreFile(url), fits(store, provenance) else { continue }
      return url
    }
    return nil
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
