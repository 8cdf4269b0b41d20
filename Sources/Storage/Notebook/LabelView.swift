/// The labels that a person sees for one dictionary, merged from all there are.
///
/// A person's own, in the notebook, win over shared ones (`labels.jsonl` in the folder), those over
/// ones carried here from another dictionary, and those over the ones that came with the regions.
/// Taking a label away by hand hides all of them.
package struct LabelView: Sendable, Equatable {
  package enum Origin: String, Sendable {
    case own, shared, carried, imported
  }

  package struct Entry: Sendable, Equatable {
    package var text: String
    package var origin: Origin
    package var author: String?
    /// What it was given on the strength of; for a carried one, where it is from.
    package var evidence: [String]

    package init(text: String, origin: Origin, author: String? = nil, evidence: [String] = []) {
      self.text = text
      self.origin = origin
      self.author = author
      self.evidence = evidence
    }
  }

  /// By region.
  package private(set) var entries: [Int: Entry] = [:]
  /// By region, as ``DictionaryFile/search(_:limit:labels:)`` takes them.
  package private(set) var texts: [Int: String] = [:]
  /// Why the shared labels could not be read; the others are there all the same.
  package private(set) var problem: StorageError?

  package init(entries: [Int: Entry] = [:]) {
    self.entries = entries
    texts = entries.mapValues(\.text)
  }

  /// Shows `entry` for a region from now on; `nil` shows none.
  package mutating func set(_ entry: Entry?, for region: Int) {
    entries[region] = entry
    texts[region] = entry?.text
  }

  /// - Throws: what reading the dictionary or the notebook throws.
  package init(_ dictionary: DictionaryFile, _ notebook: Notebook?) throws {
    for (region, text) in try dictionary.importedLabels() {
      entries[region] = Entry(text: text, origin: .imported)
    }
    for label in try notebook?.carriedLabels(for: dictionary.identity) ?? []
    where label.region < dictionary.regionCount {
      entries[label.region] =
        label.text.map {
          Entry(text: $0, origin: .carried, author: label.author, evidence: label.evidence)
        } ?? entries[label.region]
    }
    do {
      // Where two people labelled one region, the later one is shown.
      for label in try dictionary.sharedLabels().sorted(by: { $0.date < $1.date }) {
        entries[label.region] = label.text.map {
          Entry(text: $0, origin: .shared, author: label.author)
        }
      }
    } catch let error as StorageError {
      problem = error
    }
    for label in try notebook?.allLabels(for: dictionary.identity) ?? []
    where label.region < dictionary.regionCount {
      entries[label.region] = label.text.map {
        Entry(text: $0, origin: .own, author: label.author, evidence: label.evidence)
      }
    }
    texts = entries.mapValues(\.text)
  }
}
