import Foundation
import Storage

/// Something under the given paths that can be opened, or should be.
package struct LibraryEntry: Equatable, Sendable {
  package enum Content: Equatable, Sendable {
    case dictionary(Summary)
    /// A reference pickle: nothing is known before it is read.
    case pickle(bytes: Int)
    case broken(String)
  }

  package struct Summary: Equatable, Sendable {
    package var provenance: DictionaryProvenance
    package var identity: String
    package var threshold: Double
    package var regionCount: Int
    package var dimension: Int
    package var activationCount: Int
    package var documentCount: Int
    /// Regions with a label of the person's own.
    package var labelCount: Int

    package init(
      provenance: DictionaryProvenance, identity: String, threshold: Double, regionCount: Int,
      dimension: Int, activationCount: Int, documentCount: Int, labelCount: Int
    ) {
      self.provenance = provenance
      self.identity = identity
      self.threshold = threshold
      self.regionCount = regionCount
      self.dimension = dimension
      self.activationCount = activationCount
      self.documentCount = documentCount
      self.labelCount = labelCount
    }
  }

  package var url: URL
  /// The path below the folder that was searched.
  package var name: String
  package var content: Content

  package init(url: URL, name: String, content: Content) {
    self.url = url
    self.name = name
    self.content = content
  }

  /// The heading it stands under.
  package var group: String {
    switch content {
    case .dictionary(let summary): summary.provenance.model ?? "model not recorded"
    case .pickle: "reference pickles"
    case .broken: "cannot be opened"
    }
  }
}

/// The screen of all that can be opened.
package struct LibraryState: Equatable, Sendable {
  package var roots: [URL]
  /// Grouped: entries of one group are next to each other. `nil` until the first answer.
  package private(set) var entries: [LibraryEntry]?
  package var cursor = 0
  /// First line on screen, headings counted.
  package var top = 0
  package var scan: EffectID?
  /// What is being opened.
  package var opening: (id: EffectID, url: URL)? {
    get { openingID.flatMap { id in openingURL.map { (id, $0) } } }
    set { (openingID, openingURL) = (newValue?.id, newValue?.url) }
  }
  private var openingID: EffectID?
  private var openingURL: URL?

  package init(roots: [URL]) { self.roots = roots }

  package var selected: LibraryEntry? {
    entries.flatMap { $0.indices.contains(cursor) ? $0[cursor] : nil }
  }

  /// A heading or an entry, as listed.
  package enum Line: Equatable, Sendable {
    case heading(String)
    case entry(Int)
  }

  package var lines: [Line] {
    var lines: [Line] = []
    for (index, entry) in (entries ?? []).enumerated() {
      if index == 0 || entries?[index - 1].group != entry.group {
        lines.append(.heading(entry.group))
      }
      lines.append(.entry(index))
    }
    return lines
  }

  /// Lists `found`, models alphabetically, pickles behind them and what is broken at the end.
  package mutating func show(_ found: [LibraryEntry]) {
    func rank(_ entry: LibraryEntry) -> Int {
      switch entry.content {
      case .dictionary: 0
      case .pickle: 1
      case .broken: 2
      }
    }
    let before = selected?.url
    let sorted = found.sorted {
      let (first, second) = (rank($0), rank($1))
      if first != second { return first < second }
      return $0.group != $1.group ? $0.group < $1.group : $0.name < $1.name
    }
    entries = sorted
    cursor = before.flatMap { url in sorted.firstIndex { $0.url == url } } ?? 0
  }
}
