import Storage

/// A published dictionary, under the keys by which it is printed.
package struct PublishedRecord: Encodable, Sendable {
  var name: String
  var bytes: Int
  /// In the repository, or on this machine once it was fetched.
  var path: String
  var cached: Bool
  var repository: String
  var revision: String
  /// The dictionary that was made of it.
  @IfAny var output: String?
  @IfAny var identity: String?

  package init(
    _ files: PublishedFiles, of listing: HubRepository, isCached: Bool, path: String,
    _ imported: DictionaryFile? = nil
  ) {
    (name, bytes) = (files.name.description, files.pickle.bytes)
    (self.path, cached) = (path, isCached)
    (repository, revision) = (listing.name, listing.commit)
    (output, identity) = (imported?.name, imported?.identity)
  }
}
