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
  /// No number in `others` is larger, so that one stored in sequence need not be looked up there.
  private var largestOther = -1
  /// Numbers that were stored out of sequence, or again, since something was last forgotten.
  private var strays: [Int] = []
  /// How many numbers are taken: the next one, as Python counts them.
  private(set) var count = 0

  mutating func store(_ slot: Slot, at number: Int) {
    if number == recentStart.map({ $0 + recent.count }) ?? first.count {
      if recentStart == nil { first.append(slot) } else { recent.append(slot) }
      // Stored before, it was counted then.
      if number > largestOther || others.removeValue(forKey: number) == nil { count += 1 }
      return
    }
    if self[number] == nil { count += 1 }
    replace(number, by: slot)
    strays.append(number)
  }

  private mutating func replace(_ number: Int, by slot: Slot) {
    if first.indices.contains(number) {
      first[number] = slot
    } else if let recentStart, recent.indices.contains(number - recentStart) {
      recent[number - recentStart] = slot
    } else {
      keep(slot, at: number)
    }
  }

  private mutating func keep(_ slot: Slot, at number: Int) {
    others[number] = slot
    largestOther = max(largestOther, number)
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

  /// Forgets what was stored from `start` on, but for what `kept` gives: what is older it leaves as it is.
  mutating func forget(from start: Int, _ kept: (Slot) -> Slot?) {
    let begin = recentStart ?? min(start, first.count)
    if recentStart == nil {
      recent = Array(first[begin...])
      first.removeSubrange(begin...)
    }
    for number in strays where !(begin..<begin + recent.count).contains(number) {
      let slot = first.indices.contains(number) ? first[number] : others[number]
      guard let slot else { continue }
      let left = kept(slot) ?? .released
      if first.indices.contains(number) { first[number] = left } else { others[number] = left }
    }
    strays.removeAll(keepingCapacity: true)
    for (index, slot) in recent.enumerated() {
      if let slot = kept(slot) { keep(slot, at: begin + index) }
    }
    recentStart = begin + recent.count
    recent.removeAll(keepingCapacity: true)
  }

  mutating func removeAll() {
    (first, recent, others, strays) = ([], [], [:], [])
  }
}
