/// Where a person leapt from and to, as in a browser: regions of the open dictionary.
package struct Jumps: Equatable, Sendable {
  private static let limit = 200

  /// The nearest last.
  package private(set) var back: [Int] = []
  package private(set) var forward: [Int] = []
  /// The region where the last action left off.
  package private(set) var place: Int?

  package init() {}

  /// Notes where an action led.
  ///
  /// - Parameter isLeap: false for moving on by a row or a page, which is not worth coming back from.
  package mutating func arrive(at region: Int, isLeap: Bool) {
    defer { place = region }
    guard let place, place != region, isLeap else { return }
    back.append(place)
    if back.count > Self.limit { back.removeFirst() }
    forward = []
  }

  /// The region before the last leap, which is then where one is.
  package mutating func goBack() -> Int? {
    guard let target = back.popLast() else { return nil }
    if let place { forward.append(place) }
    place = target
    return target
  }

  package mutating func goForward() -> Int? {
    guard let target = forward.popLast() else { return nil }
    if let place { back.append(place) }
    place = target
    return target
  }
}
