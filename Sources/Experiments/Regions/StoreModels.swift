import Storage

/// Which models a store and a dictionary are of, in words.
package struct StoreModels: Sendable, Equatable {
  package var store: String
  package var dictionary: String

  package init(store: String, dictionary: String) {
    (self.store, self.dictionary) = (store, dictionary)
  }

  package static func words(of provenance: StoreProvenance) -> String {
    words(provenance.modelTitle, provenance.adapter)
  }

  package static func words(of provenance: DictionaryProvenance) -> String {
    words(provenance.modelTitle, provenance.adapter)
  }

  private static func words(_ model: String?, _ adapter: String?) -> String {
    (model ?? "a model that is not recorded") + (adapter.map { " + \($0)" } ?? "")
  }
}
