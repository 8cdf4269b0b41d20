/// A region of an ``Occupancy``, under the keys by which it is printed.
package struct OccupancyRecord: Encodable, Sendable {
  var region: Int
  var occupancyA: Int
  var occupancyB: Int
  var difference: Int
  var prompts: Int
  var added: Bool
  var p: Double?
  var rows: Int
  var example: String
  /// `nil` without a model, and for regions that are not read out.
  var readout: RegionWords.Words?

  package init(
    _ region: Occupancy.Region, of occupancy: Occupancy, _ shared: SharedPrompts,
    _ words: RegionWords?
  ) {
    self.region = region.id
    (occupancyA, occupancyB, difference) = (region.parent, region.child, region.difference)
    (prompts, added, p) = (region.prompts, region.isAdded, region.p)
    (rows, example) = (occupancy.rows, shared.b[region.example].prompt)
    readout = words?.words(of: region.id)
  }
}
