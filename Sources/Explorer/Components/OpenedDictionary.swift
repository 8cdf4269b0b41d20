import ExemplarPartitioning
import Foundation
import Storage
import Terminal

/// What of a dictionary is held while it is open: facts about the whole and one number a region.
package struct OpenedDictionary: Equatable, Sendable {
  package var url: URL
  package var name: String
  package var identity: String
  package var provenance: DictionaryProvenance
  /// What the file of its model calls it; see ``ModelTitles``.
  package var modelName: String?
  /// θ.
  package var threshold: Double
  package var activationCount: Int
  package let table: RegionTable
  /// Members of the largest region.
  package let mostMembers: Int
  /// What all contexts begin with, such as the start of a chat template; short views leave it out.
  package var commonPrefix: String
  /// What all whole contexts end with, such as the end of a chat template; likewise.
  package var commonSuffix: String
  /// Whether there are weights for what needs them, and a captured store.
  package var hasModel: Bool
  package var hasStore: Bool

  package init(
    url: URL, name: String, identity: String, provenance: DictionaryProvenance, threshold: Double,
    activationCount: Int, table: RegionTable, commonPrefix: String = "",
    commonSuffix: String = "", hasModel: Bool = false, hasStore: Bool = false
  ) {
    self.url = url
    self.name = name
    self.identity = identity
    self.provenance = provenance
    modelName = provenance.modelName
    self.threshold = threshold
    self.activationCount = activationCount
    self.table = table
    mostMembers = table.memberCounts.max() ?? 0
    self.commonPrefix = commonPrefix
    self.commonSuffix = commonSuffix
    self.hasModel = hasModel
    self.hasStore = hasStore
  }

  /// K.
  package var regionCount: Int { table.count }

  /// The name without its extension.
  var title: String { Self.title(of: name) }

  static func title(of name: String) -> String {
    name.hasSuffix(".epdict") && name.count > 7 ? String(name.dropLast(7)) : name
  }

  /// A context in a few lines: what all texts begin with is left out where not everything fits, and what they end with
  /// where that says nothing of this one.
  ///
  /// - Parameter isWhole: whether the text is the whole document, which ends as all do.
  func lines(
    of text: String, token: Range<Int>?, marks: [Range<Int>] = [], isWhole: Bool = true,
    columns: Int, lineCount: Int = 1
  ) -> [[TextSpan]] {
    let shown = isWhole ? withoutSharedEnd(text, token: token) : (text, token)
    if isWhole, lineCount > 1, shown.1 == nil, let token,
      let marked = markingFinal(
        shown.0, of: text, token, marks: marks, columns: columns, lineCount: lineCount)
    {
      return marked
    }
    return ContextLines.lines(
      shown.0, token: shown.1, marks: marks, prefix: commonPrefix, columns: columns,
      lineCount: lineCount)
  }

  /// A text for a short view: where its token lies in the ending that all texts share, which says nothing of this
  /// one, without the ending and the token.
  private func withoutSharedEnd(
    _ text: String, token: Range<Int>?
  ) -> (text: String, token: Range<Int>?) {
    let own = text.utf8.count - commonSuffix.utf8.count
    guard provenance.positions == "last", !commonSuffix.isEmpty, let token, token.lowerBound >= own,
      text.hasSuffix(commonSuffix)
    else { return (text, token) }
    return (String(text.dropLast(commonSuffix.count)), nil)
  }

  /// The shortened text with the token behind it: whole where both fit, else without what all begin with, else without
  /// its last words, unless there are matches, which are worth more than the mark.
  private func markingFinal(
    _ shown: String, of text: String, _ token: Range<Int>, marks: [Range<Int>], columns: Int,
    lineCount: Int
  ) -> [[TextSpan]]? {
    let bytes = Array(text.utf8)
    guard token.upperBound <= bytes.count else { return nil }
    let final = String(decoding: bytes[token], as: UTF8.self)
    func lines(_ prompt: String, _ marks: [Range<Int>]) -> [[TextSpan]]? {
      let whole = prompt + "…" + final
      let lines = ContextLines.lines(
        whole, token: whole.utf8.count - token.count..<whole.utf8.count, marks: marks,
        columns: columns, lineCount: lineCount)
      // Where it does not fit, dots say that something is left out; the mark is one only with its token.
      let isCut = lines.joined().contains { $0.look == .mark && $0.text.contains("…") }
      let isMarked = lines.contains { $0.map(\.text).joined().hasSuffix("…‹\(final)›") }
      return isCut || !isMarked ? nil : lines
    }
    if let whole = lines(shown, marks) { return whole }
    let isLong = !commonPrefix.isEmpty && shown.hasPrefix(commonPrefix)
    var own = isLong ? "…" + shown.dropFirst(commonPrefix.count) : shown
    let shift = own.utf8.count - shown.utf8.count
    let moved = marks.map { $0.lowerBound + shift..<$0.upperBound + shift }
      .filter { $0.lowerBound >= (isLong ? 3 : 0) }
    if let found = lines(own, moved) { return found }
    guard marks.isEmpty else { return nil }
    own = String(own.prefix(columns * lineCount))
    while let space = own.lastIndex(where: \.isWhitespace) {
      own = String(own[..<space])
      if let found = lines(own, []) { return found }
    }
    return nil
  }

  /// A distance in θ.
  func ratio(_ distance: Double) -> Double { Theta.multiple(distance, of: threshold) }

  /// The mean distance of a region's members to its exemplar, in θ.
  func meanRatio(of region: Int) -> Double { ratio(table.meanDistances[region]) }

  /// Members of a region as a share of the stream, 0...1.
  func share(of region: Int) -> Double {
    table.share(of: region, in: activationCount)
  }
}
