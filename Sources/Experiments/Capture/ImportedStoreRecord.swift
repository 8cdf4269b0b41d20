import Storage

/// The store that was made of a folder of activations, under the keys by which it is printed.
package struct ImportedStoreRecord: Encodable, Sendable {
  var documents: Int
  var tokens: Int
  var activations: Int
  var hooks: [String]
  var seconds: Double
  var storeID: String
  var contentHash: String?
  var output: String

  package init(_ store: StoreFile, seconds: Double) {
    (documents, tokens, activations) = (store.documentCount, store.tokenCount, store.rowCount)
    (hooks, self.seconds) = (store.hooks.map(\.name), seconds)
    (storeID, contentHash, output) = (store.storeID, store.contentHash, store.name)
  }
}
