import Foundation
import Storage

/// The captured stores that two dictionaries were built from, where they are there.
package struct AttachedStores: Sendable {
  package var a: StoreFile?
  package var b: StoreFile?

  package init(a: StoreFile? = nil, b: StoreFile? = nil) { (self.a, self.b) = (a, b) }

  /// The finished store beside a dictionary; an unfinished one may have less than the dictionary saw.
  package static func beside(_ dictionary: DictionaryFile) throws -> StoreFile? {
    guard let url = try StoreLocation.attached(to: dictionary) else { return nil }
    let store = try StoreFile(url)
    return store.isFinished ? store : nil
  }

  /// A store that somebody says is a dictionary's.
  ///
  /// - Throws: `ExperimentError.mismatch` where the hook, the model or the adapter is another, as far as both recorded them.
  package static func given(_ url: URL, for dictionary: DictionaryFile) throws -> StoreFile {
    try ActivationSource(
      url, selection: StoreSelection(hook: dictionary.provenance.hook)
    ).checkFits(dictionary)
    let store = try StoreFile(url)
    return store
  }

  /// For following activations, which takes both.
  package var both: MemberFlow.Stores? { a.flatMap { a in b.map { (a, $0) } } }

  /// How the prompts were answered, by region; `nil` where neither store has verdicts.
  package func outcomes(
    _ dictionaryA: DictionaryFile, _ dictionaryB: DictionaryFile
  ) throws -> ComparisonOutcomes? {
    func read(_ dictionary: DictionaryFile, _ store: StoreFile?) throws -> RegionOutcomes? {
      guard let store, dictionary.provenance.hook != nil else { return nil }
      let outcomes = try RegionOutcomes.read(dictionary, store)
      return outcomes.classifier == nil ? nil : outcomes
    }
    let (first, second) = (try read(dictionaryA, a), try read(dictionaryB, b))
    guard first != nil || second != nil else { return nil }
    return ComparisonOutcomes(a: first, b: second)
  }
}
