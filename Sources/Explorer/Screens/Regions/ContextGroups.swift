import Storage

/// Contexts that read the same up to their token: a model that reads from left to right has the same activation there.
extension LoadedDetail {
  /// The contexts of a kind, by what is read up to the token; the places of a group ascend, as do their first ones.
  ///
  /// With a search each stands for itself: the words that were looked for may come after the token.
  func groups(_ kind: ContextKind) -> [[Int]] {
    let contexts = contexts(kind)
    guard query == nil else { return contexts.indices.map { [$0] } }
    var groups: [[Int]] = []
    var groupOf: [Reading: Int] = [:]
    for (index, context) in contexts.enumerated() {
      let reading = Reading(context)
      if let reading, let group = groupOf[reading] {
        groups[group].append(index)
        continue
      }
      if let reading { groupOf[reading] = groups.count }
      groups.append([index])
    }
    return groups
  }

  /// The first of each group, the closest first: moving past the last of one list leads to the other.
  var shownPlaces: [ContextPlace] {
    ContextKind.allCases.flatMap { kind in
      groups(kind).map { ContextPlace(kind, $0[0]) }
    }
  }

  /// The place that stands for one.
  func shown(_ place: ContextPlace) -> ContextPlace {
    let group = groups(place.kind).first { $0.contains(place.index) }
    return group.map { ContextPlace(place.kind, $0[0]) } ?? place
  }

  private struct Reading: Hashable {
    var bytes: [UInt8]
    var token: Range<Int>
    /// In thousandths: the same text at another distance was read by another model, or with more before it.
    var distance: Int

    init?(_ context: ContextText) {
      guard let text = context.text, let token = context.token, context.textOffset == 0,
        token.upperBound <= text.utf8.count, context.distance.isFinite
      else { return nil }
      bytes = Array(text.utf8.prefix(token.upperBound))
      self.token = token
      distance = Int((context.distance * 1000).rounded())
    }
  }
}
