import Regions
import Storage

extension CompareScreen {
  /// Lets the table know what the last comparison says of its regions, if its dictionary was one of the two.
  ///
  /// - Complexity: O(1) unless the comparison or its cutoff changed; then O(K).
  static func inform(_ session: inout Session) {
    guard let compare = session.compare, let regions = session.regions else { return }
    let identity = regions.dictionary.identity
    let comparison = compare.opened.comparison
    guard comparison.a.identity != comparison.b.identity,
      let side = CompareScreen.Side.allCases.first(where: {
        compare.comparisonSide($0).identity == identity
      })
    else { return }
    let source = KnownDrift.Source(
      identityA: comparison.a.identity, identityB: comparison.b.identity, cutoff: compare.cutoff,
      isSecond: side == .b)
    guard regions.drift?.source != source else { return }
    let alone = side == .a ? compare.division.dropped : compare.division.introduced
    var drift = compare.comparisonSide(side).nearest.map {
      RegionDrift(kind: .persisted, nearest: Double($0.cosine))
    }
    guard drift.count == regions.dictionary.regionCount else { return }
    for region in alone { drift[region].kind = side == .a ? .dropped : .introduced }
    let known = KnownDrift(source: source, regions: drift)
    session.with(RegionsScreen.self) { regions, session in
      regions.set(known)
      regions.showCursor(in: session)
    }
  }
}
