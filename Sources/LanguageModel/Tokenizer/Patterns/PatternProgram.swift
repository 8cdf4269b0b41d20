/// A regular expression as instructions for `PatternMatcher`.
struct PatternProgram: Sendable {
  enum Instruction: Sendable {
    /// One scalar of a set.
    case set(Int)
    /// From `least` to `most` scalars of a set, the most first.
    case span(Int, least: Int, most: Int, isPossessive: Bool)
    /// Goes on at the first, and where that fails at the second.
    case split(Int, Int)
    case jump(Int)
    case place(PatternNode.Place)
    /// What is at `body` up to its `end` matches here (or ends here), or does not.
    case look(body: Int, widths: [Int], isAhead: Bool, isNegative: Bool, next: Int)
    case atomic(body: Int, next: Int)
    case end
  }

  private(set) var instructions: [Instruction] = []
  private(set) var sets: [ScalarSet] = []

  static let mostInstructions = 8192

  init(_ node: PatternNode) throws {
    try emit(node)
    instructions.append(.end)
  }

  private mutating func append(_ instruction: Instruction) throws {
    guard instructions.count < Self.mostInstructions else {
      throw PatternError(message: "more than \(Self.mostInstructions) steps")
    }
    instructions.append(instruction)
  }

  private mutating func index(of set: ScalarSet) -> Int {
    if let known = sets.firstIndex(of: set) { return known }
    sets.append(set)
    return sets.count - 1
  }

  private mutating func emit(_ node: PatternNode) throws {
    switch node {
    case .set(let set): try append(.set(index(of: set)))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .either(let nodes): try emitEither(nodes)
    case .repeated(.set(let set), let least, let most, let greed) where greed != .lazy:
      let isPossessive = greed == .possessive
      try append(
        .span(index(of: set), least: least, most: most ?? .max, isPossessive: isPossessive))
    case .repeated(let node, let least, let most, .possessive):
      try emit(.atomic(.repeated(node, least: least, most: most, .greedy)))
    case .repeated(let node, let least, let most, let greed):
      try emitRepeat(node, least, most, isLazy: greed == .lazy)
    case .look(let node, let ahead, let isNegative):
      try emitLook(node, isAhead: ahead, isNegative: isNegative)
    case .atomic(let node):
      let start = instructions.count
      try append(.atomic(body: start + 1, next: 0))
      try emit(node)
      try append(.end)
      instructions[start] = .atomic(body: start + 1, next: instructions.count)
    case .place(let place): try append(.place(place))
    }
  }

  private mutating func emitEither(_ nodes: [PatternNode]) throws {
    var jumps: [Int] = []
    for (offset, node) in nodes.enumerated() {
      guard offset + 1 < nodes.count else {
        try emit(node)
        break
      }
      let start = instructions.count
      try append(.split(0, 0))
      try emit(node)
      jumps.append(instructions.count)
      try append(.jump(0))
      instructions[start] = .split(start + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func emitRepeat(
    _ node: PatternNode, _ least: Int, _ most: Int?, isLazy: Bool
  ) throws {
    for _ in 0..<least { try emit(node) }
    var exits: [Int] = []
    guard let most else {
      let start = instructions.count
      try append(.split(0, 0))
      try emit(node)
      try append(.jump(start))
      close(start, isLazy)
      return
    }
    for _ in least..<most {
      exits.append(instructions.count)
      try append(.split(0, 0))
      try emit(node)
    }
    for exit in exits { close(exit, isLazy) }
  }

  /// Makes a split go on right after it, or else here.
  private mutating func close(_ start: Int, _ isLazy: Bool) {
    let (inside, outside) = (start + 1, instructions.count)
    instructions[start] = isLazy ? .split(outside, inside) : .split(inside, outside)
  }

  private mutating func emitLook(
    _ node: PatternNode, isAhead: Bool, isNegative: Bool
  ) throws {
    var widths: [Int] = []
    if !isAhead {
      // A look behind steps back by a known number of characters.
      if case .either(let nodes) = node, node.width == nil {
        guard !isNegative else {
          // Not one of them: each in turn is not there.
          for node in nodes { try emitLook(node, isAhead: false, isNegative: true) }
          return
        }
        try emit(.either(nodes.map { .look($0, ahead: false, isNegative: false) }))
        return
      }
      guard let width = node.width else {
        throw PatternError(message: "a look behind at texts of several lengths is not supported")
      }
      widths = [width]
    }
    let start = instructions.count
    try append(.jump(0))
    try emit(node)
    try append(.end)
    instructions[start] = .look(
      body: start + 1, widths: widths, isAhead: isAhead, isNegative: isNegative,
      next: instructions.count)
  }
}

/// A regular expression that finds its matches in time linear in the text.
struct TextPattern: Sendable, Equatable {
  let source: String
  let lineage: TokenizerLineage
  let program: PatternProgram

  /// - Throws: `PatternError` for what is not understood.
  init(_ source: String, _ lineage: TokenizerLineage = .hub) throws {
    (self.source, self.lineage) = (source, lineage)
    program = try PatternProgram(try PatternParser.parse(source, lineage))
  }

  init(_ name: String, _ node: PatternNode) throws {
    (source, lineage) = (name, .hub)
    program = try PatternProgram(node)
  }

  static func == (left: TextPattern, right: TextPattern) -> Bool {
    left.source == right.source && left.lineage == right.lineage
  }

  /// Calls `body` with each match in `buffer[range]`, in order; those of nothing too, but for one
  /// right behind another match.
  func forEachMatch(
    in buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    var matcher = PatternMatcher(program, buffer, range)
    var start = range.lowerBound
    var lastEnd: Int?
    while start <= range.upperBound, let match = matcher.firstMatch(from: start) {
      if match.isEmpty, match.lowerBound == lastEnd {
        guard match.upperBound < range.upperBound else { return }
        start = match.upperBound + scalarLength(lead: buffer[match.upperBound])
        continue
      }
      body(match)
      (start, lastEnd) = (match.upperBound, match.upperBound)
    }
  }
}
