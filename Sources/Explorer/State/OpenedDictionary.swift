import Foundation
import Storage

/// What of a dictionary is held while it is open: facts about the whole and one number a region.
package struct OpenedDictionary: Equatable, Sendable {
  package var url: URL
  package var name: String
  package var identity: String
  package var provenance: DictionaryProvenance
  /// θ.
  package var threshold: Double
  package var activationCount: Int
  package let table: RegionTable
  /// Members of the largest region.
  package let mostMembers: Int
  /// What all contexts begin with, such as the start of a chat template; short views leave it out.
  package var commonPrefix: String

  package init(
    url: URL, name: String, identity: String, provenance: DictionaryProvenance, threshold: Double,
    activationCount: Int, table: RegionTable, commonPrefix: String = ""
  ) {
    self.url = url
    self.name = name
    self.identity = identity
    self.provenance = provenance
    self.threshold = threshold
    self.activationCount = activationCount
    self.table = table
    mostMembers = table.memberCounts.max() ?? 0
    self.commonPrefix = commonPrefix
  }

  /// K.
  package var regionCount: Int { table.count }

  /// The name without its extension.
  var title: String { Self.title(of: name) }

  static func title(of name: String) -> String {
    name.hasSuffix(".epdict") && name.count > 7 ? String(name.dropLast(7)) : name
  }

  /// Members of a region as a share of the stream, 0...1.
  func share(of region: Int) -> Double {
    Double(table.memberCounts[region]) / Double(max(activationCount, 1))
  }
}
