import Experiments
import Foundation
import Storage

/// What the explorer knows of every activation of the attached store.
extension EffectPerformer {
  /// An index of a store, by the dictionary that it is of.
  struct OpenIndex {
    var dictionary: String
    var store: URL
    /// `nil` where it is too much to be made unasked.
    var content: (index: StoreIndex, searcher: StoreSearcher)?
  }

  /// Rows times regions that are compared unasked, and while somebody types: about a second.
  private static let mostRowsIndexed = 1 << 28
  /// Tokens whose text is held in memory to be searched.
  private static let mostTokensIndexed = 1 << 21

  /// The attached store's, made the first time; `nil` where it is too large.
  ///
  /// - Throws: where there is no store that fits the dictionary.
  func index(
    for file: DictionaryFile
  ) throws -> (index: StoreIndex, searcher: StoreSearcher)? {
    let store = try openActivations(for: file).file
    return try storeIndex.withLock { open in
      if let open, open.dictionary == file.identity, open.store == store.address {
        return open.content
      }
      var made = OpenIndex(dictionary: file.identity, store: store.address, content: nil)
      if store.rowCount <= Self.mostRowsIndexed / max(1, file.regionCount),
        store.tokenCount <= Self.mostTokensIndexed
      {
        let index = try StoreIndex.read(
          file, store, isOtherAllowed: options.attachments.isOtherAllowed,
          threads: ProcessInfo.processInfo.activeProcessorCount)
        made.content = (index, try index.searcher(regionCount: file.regionCount))
      }
      open = made
      return made.content
    }
  }

  /// Looks through all of the attached store, or through the kept contexts where there is none that can be.
  func search(
    _ file: DictionaryFile, _ query: SearchQuery, _ labels: [Int: String]
  ) throws -> SearchResult {
    let explained = 200
    guard let (index, searcher) = try? index(for: file) else {
      return try file.searchAll(query, explaining: explained, labels: labels)
    }
    var result = try searcher.searchAll(query, explaining: explained, labels: labels)
    result.scope = .store(index.words)
    return result
  }

  func templateShares(_ file: DictionaryFile) throws -> TemplateShares {
    guard (try? options.attachments.store(of: file)) != nil else {
      return try TemplateShares.read(file, nil)
    }
    do {
      guard let (index, _) = try index(for: file) else {
        return try TemplateShares.read(
          file, nil, without: "the store is too large to be read unasked")
      }
      return try TemplateShares.read(file, index)
    } catch {
      return try TemplateShares.read(file, nil, without: words(of: error))
    }
  }
}
