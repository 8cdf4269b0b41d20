/// Runs a program over one stretch of text.
///
/// Alternatives are tried in order, by going back. A pattern made to go back without end is caught
/// by counting steps: beyond a budget that no published pattern needs, every state that failed or
/// succeeded is remembered, and none is tried twice.
struct PatternMatcher {
  private let program: PatternProgram
  private let buffer: UnsafeBufferPointer<UInt8>
  private let range: Range<Int>

  /// A place to go back to.
  private struct Choice {
    var instruction: Int
    var position: Int
    /// For a run of one set: where the shortest it may be ends.
    var limit = 0
    var set = -1
    var trail: Int
  }

  private var choices: [Choice] = []
  private var steps = 0
  private let budget: Int
  private var remembers = false
  /// By instruction and 32 positions: a bit each for what is known, and for a success.
  private var known: [UInt64: UInt64] = [:]
  private var trail: [UInt64] = []
  /// The last endless run of each possessive instruction.
  private var runs: [Int: ClosedRange<Int>] = [:]

  init(_ program: PatternProgram, _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    self.program = program
    self.buffer = buffer
    self.range = range
    budget = 4096 + 256 * range.count
  }

  mutating func firstMatch(from start: Int) -> Range<Int>? {
    var start = start
    while true {
      if let end = run(0, at: start, isLook: false) { return start..<end }
      guard start < range.upperBound else { return nil }
      start += scalarLength(lead: buffer[start])
    }
  }

  // MARK: - What is known

  private static func state(_ instruction: Int, _ position: Int) -> UInt64 {
    UInt64(instruction) << 32 | UInt64(position)
  }

  /// Stands for an endless run that has its least length already.
  private static func loop(_ instruction: Int) -> Int { instruction | 0x10000 }

  private static func key(_ instruction: Int, _ position: Int) -> (UInt64, UInt64) {
    (UInt64(instruction) << 32 | UInt64(position >> 5), UInt64(1) << UInt64((position & 31) * 2))
  }

  private func result(_ instruction: Int, _ position: Int) -> Bool? {
    let (key, bit) = Self.key(instruction, position)
    guard let page = known[key], page & bit != 0 else { return nil }
    return page & (bit << 1) != 0
  }

  private mutating func remember(_ state: UInt64, _ succeeded: Bool) {
    let (key, bit) = Self.key(Int(state >> 32), Int(state & 0xFFFF_FFFF))
    known[key, default: 0] |= succeeded ? bit | bit << 1 : bit
  }

  // MARK: - Matching

  /// The end of the match of what starts at `instruction`.
  ///
  /// - Parameter isLook: what is asked is only whether there is one.
  private mutating func run(_ first: Int, at start: Int, isLook: Bool) -> Int? {
    let floor = choices.count
    let trailFloor = trail.count
    var instruction = first
    var position = start
    while true {
      steps += 1
      if steps > budget, !remembers { remembers = true }
      var failed = false
      if remembers {
        let outcome = result(instruction, position)
        if isLook, outcome == true {
          choices.removeSubrange(floor...)
          trail.removeSubrange(trailFloor...)
          return position
        }
        if outcome == false {
          failed = true
        } else {
          trail.append(Self.state(instruction, position))
        }
      }
      if !failed {
        switch program.instructions[instruction] {
        case .end:
          choices.removeSubrange(floor...)
          if remembers {
            // Of a look only the outcome matters, and all that led here has it.
            if isLook { for state in trail[trailFloor...] { remember(state, true) } }
            trail.removeSubrange(trailFloor...)
          }
          return position
        case .set(let set):
          if let next = step(set, position) {
            (position, instruction) = (next, instruction + 1)
          } else {
            failed = true
          }
        case .span(let set, let least, let most, let isPossessive):
          let end = span(
            set, least, most, isPossessive: isPossessive, instruction, position)
          if let next = end {
            (position, instruction) = (next, instruction + 1)
          } else {
            failed = true
          }
        case .split(let one, let other):
          choices.append(
            Choice(instruction: other, position: position, trail: trail.count))
          instruction = one
        case .jump(let target): instruction = target
        case .place(let place):
          if isPlace(place, position) { instruction += 1 } else { failed = true }
        case .look(let body, let widths, let isAhead, let isNegative, let next):
          let found = looks(body, isAhead ? nil : widths.first, at: position)
          if found != isNegative { instruction = next } else { failed = true }
        case .atomic(let body, let next):
          if let end = run(body, at: position, isLook: false) {
            (position, instruction) = (end, next)
          } else {
            failed = true
          }
        }
      }
      if failed {
        guard goBack(floor, trailFloor, &instruction, &position) else { return nil }
      }
    }
  }

  /// Takes up the last choice; false where there is none left.
  private mutating func goBack(
    _ floor: Int, _ trailFloor: Int, _ instruction: inout Int, _ position: inout Int
  ) -> Bool {
    guard choices.count > floor else {
      fail(downTo: trailFloor)
      return false
    }
    let last = choices.count - 1
    let choice = choices[last]
    fail(downTo: choice.trail)
    (instruction, position) = (choice.instruction, choice.position)
    guard choice.set >= 0 else {
      choices.removeLast()
      return true
    }
    // One of the run fewer: the length tried before this, and every longer one, failed.
    if remembers, isEndless(instruction - 1), let longer = step(choice.set, position) {
      remember(Self.state(Self.loop(instruction - 1), longer), false)
    }
    if position > choice.limit {
      choices[last].position = before(position)
    } else {
      choices.removeLast()
    }
    return true
  }

  /// What was tried since did not lead to an end.
  private mutating func fail(downTo floor: Int) {
    guard trail.count > floor else { return }
    for state in trail[floor...] { remember(state, false) }
    trail.removeSubrange(floor...)
  }

  /// Whether the body of a look matches at, or up to, a position.
  private mutating func looks(
    _ body: Int, _ width: Int?, at position: Int
  ) -> Bool {
    var start = position
    for _ in 0..<(width ?? 0) {
      guard start > range.lowerBound else { return false }
      start = before(start)
    }
    return run(body, at: start, isLook: true) != nil
  }

  @inline(__always)
  private func before(_ position: Int) -> Int {
    var index = position - 1
    while index > range.lowerBound, buffer[index] & 0xC0 == 0x80 { index -= 1 }
    return index
  }

  @inline(__always)
  private func step(_ set: Int, _ position: Int) -> Int? {
    guard position < range.upperBound else { return nil }
    let byte = buffer[position]
    if byte < 0x80 { return program.sets[set].contains(ascii: byte) ? position + 1 : nil }
    let length = min(scalarLength(lead: byte), range.upperBound - position)
    let scalar = CharacterKind.scalar(at: position, length: length, in: buffer)
    return program.sets[set].contains(scalar) ? position + length : nil
  }

  /// The end of the longest run, with the shorter ones left as a choice.
  private mutating func span(
    _ set: Int, _ least: Int, _ most: Int, isPossessive: Bool, _ instruction: Int,
    _ position: Int
  ) -> Int? {
    var end = position
    var count = 0
    while count < least {
      guard let next = step(set, end) else { return nil }
      (end, count) = (next, count + 1)
    }
    let shortest = end
    if remembers, most == .max {
      if isPossessive {
        if let run = runs[instruction], run.contains(shortest) { end = run.upperBound }
        while let next = step(set, end) { end = next }
        runs[instruction] = shortest...end
        return end
      }
      // No longer than what is known to lead nowhere.
      if result(Self.loop(instruction), shortest) == false { return nil }
      while let next = step(set, end), result(Self.loop(instruction), next) != false {
        end = next
      }
    } else {
      while count < most, let next = step(set, end) { (end, count) = (next, count + 1) }
      steps += (end - position) >> 3
    }
    if !isPossessive, end > shortest {
      choices.append(
        Choice(
          instruction: instruction + 1, position: before(end), limit: shortest, set: set,
          trail: trail.count))
    }
    return end
  }

  private func isEndless(_ instruction: Int) -> Bool {
    if case .span(_, _, let most, _) = program.instructions[instruction] {
      most == .max
    } else {
      false
    }
  }

  // MARK: - Positions

  private func isPlace(_ place: PatternNode.Place, _ position: Int) -> Bool {
    switch place {
    case .textStart: return position == range.lowerBound
    case .textEnd: return position == range.upperBound
    case .lastLineEnd:
      return position == range.upperBound
        || (position == range.upperBound - 1 && buffer[position] == 0x0A)
    case .lineStart:
      if position == range.lowerBound { return true }
      return buffer[position - 1] == 0x0A && position < range.upperBound
    case .lineEnd: return position == range.upperBound || buffer[position] == 0x0A
    case .wordBoundary: return isBoundary(position)
    case .noWordBoundary: return !isBoundary(position)
    }
  }

  private func isBoundary(_ position: Int) -> Bool {
    let isAfter = position > range.lowerBound && isWord(before(position))
    let isBefore = position < range.upperBound && isWord(position)
    return isAfter != isBefore
  }

  private func isWord(_ position: Int) -> Bool {
    let length = min(scalarLength(lead: buffer[position]), range.upperBound - position)
    let scalar = CharacterKind.scalar(at: position, length: length, in: buffer)
    return ScalarSet.patternWord.contains(scalar)
  }
}
