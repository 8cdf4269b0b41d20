/// What a pickle stored to refer to again, by the numbers that it gave.
///
/// Most of it is stored in sequence. What belongs to parts that were handed over is forgotten, but for the little
/// that a later part refers to again; the numbers stay taken.
struct PickleMemo {
  typealias Slot = PickleMachine.Slot

  /// The numbers from 0 on, up to the first part that was handed over.
  private var first: [Slot] = []
  /// The numbers from `recentStart` on.
  private var recent: [Slot] = []
  private var recentStart: Int?
  /// Others: kept of what is forgotten, or stored out of sequence, so that a large number allocates nothing.
  private var others: [Int: Slot] = [:]
  /// How many numbers are taken: the next one, as Python counts them.
  private(set) var count = 0

  mutating func store(_ slot: Slot, at number: Int) {
    if let recentStart {
      let place = number - recentStart
      if place == recent.count {
        recent.append(slot)
        count += 1
      } else if recent.indices.contains(place) {
        recent[place] = slot
      } else if first.indices.contains(number) {
        first[number] = slot
      } else if others.updateValue(slot, forKey: number) == nil, number >= recentStart {
        count += 1
      }
    } else if number == first.count {
      first.append(slot)
      count += 1
    } else if number < first.count {
      first[number] = slot
    } else if others.updateValue(slot, forKey: number) == nil {
      count += 1
    }
  }

  /// `nil` for what was never stored; `.released` for what was forgotten.
  subscript(number: Int) -> Slot? {
    if first.indices.contains(number) { return first[number] }
    if let recentStart, recent.indices.contains(number - recentStart) {
      return recent[number - recentStart]
    }
    if let slot = others[number] { return slot }
    return number >= first.count && number < recentStart ?? 0 ? .released : nil
  }

  /// Forgets what was stored from `start` on, but for what `kept` gives.
  mutating func forget(from start: Int, _ kept: (Slot) -> Slot?) {
    var (stored, begin) = (recent, recentStart ?? 0)
    if recentStart == nil {
      let place = min(start, first.count)
      stored = Array(first[place...])
      begin = place
      first.removeSubrange(place...)
    }
    for (index, slot) in stored.enumerated() {
      let number = begin + index
      if let slot = number < start ? slot : kept(slot) { others[number] = slot }
    }
    recent.removeAll(keepingCapacity: true)
    recentStart = begin + stored.count
  }

  mutating func removeAll() {
    (first, recent, others) = ([], [], [:])
  }
}
