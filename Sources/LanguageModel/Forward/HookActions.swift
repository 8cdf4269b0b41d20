/// Some consecutive positions of one sequence, and the rows of a pass that they occupy.
struct Segment {
  var cache: KeyValueCache
  var firstRow: Int
  var count: Int
  var firstPosition: Int
  /// The index of its prompt in the call, and that prompt's length.
  var prompt: Int
  var promptLength: Int

  var rows: Range<Int> { firstRow..<firstRow + count }
}

/// What is edited and read at the hooks of a call.
///
/// At each hook edits come first, in the order given, and readers see their result.
struct HookActions {
  private var edits: [HookPoint: [Edit]] = [:]
  private var readers: [HookPoint: UnsafeMutablePointer<Float>] = [:]
  private let model: TransformerConfiguration

  /// - Throws: `unknownHook` and `invalidEdit`.
  init(_ model: TransformerConfiguration, editing: [Edit]) throws {
    self.model = model
    for edit in editing {
      try model.validate(edit.hook)
      try edit.validate(width: model.width(at: edit.hook))
      edits[edit.hook, default: []].append(edit)
    }
  }

  /// Has every row at `hook` copied to `output`, which the caller keeps alive.
  mutating func read(_ hook: HookPoint, into output: UnsafeMutablePointer<Float>) {
    readers[hook] = output
  }

  /// Whether anything happens at `hook`, so that its activations have to exist by themselves.
  func concern(_ hook: HookPoint) -> Bool {
    guard !edits.isEmpty || !readers.isEmpty else { return false }
    return edits[hook] != nil || readers[hook] != nil
  }

  /// Edits and copies the rows of a pass at `hook`.
  ///
  /// - Parameters:
  ///   - rows: `[rowCount, width]`.
  ///   - outputRow: where the pass's first row goes in a reader's output.
  func visit(
    _ hook: HookPoint, _ rows: UnsafeMutablePointer<Float>, _ segments: [Segment],
    rowCount: Int, outputRow: Int
  ) {
    guard concern(hook) else { return }
    let width = model.width(at: hook)
    for edit in edits[hook] ?? [] {
      for segment in segments where edit.prompts?.contains(segment.prompt) ?? true {
        let first = rows + segment.firstRow * width
        switch edit.positions {
        case .all:
          edit.operation.apply(to: first, count: segment.count, width: width)
        case .only(let positions):
          let listed = positions.map { $0 < 0 ? segment.promptLength + $0 : $0 }
          if case .replace(let new) = edit.operation {
            replace(first, segment, with: new, at: listed, width: width)
            continue
          }
          // A position named twice, or from both ends, is edited once.
          let places = Set(listed)
          for row in 0..<segment.count where places.contains(segment.firstPosition + row) {
            edit.operation.apply(to: first + row * width, count: 1, width: width)
          }
        }
      }
    }
    if let output = readers[hook] {
      (output + outputRow * width).update(from: rows, count: rowCount * width)
    }
  }

  /// Puts the new rows where their places are in the segment, whose first row is at `first`.
  private func replace(
    _ first: UnsafeMutablePointer<Float>, _ segment: Segment, with new: [Float],
    at places: [Int], width: Int
  ) {
    new.withUnsafeBufferPointer { new in
      guard let base = new.baseAddress else { return }
      // From the last, so that the first of two for one place stays.
      for (index, place) in places.enumerated().reversed() {
        let row = place - segment.firstPosition
        guard row >= 0, row < segment.count else { continue }
        (first + row * width).update(from: base + index * width, count: width)
      }
    }
  }
}

extension Edit.Operation {
  /// Edits `count` rows of `width`.
  fileprivate func apply(to rows: UnsafeMutablePointer<Float>, count: Int, width: Int) {
    switch self {
    // Rows have places of their own: `visit` puts them there.
    case .replace: break
    case .steer(let direction, let alpha):
      direction.withUnsafeBufferPointer { direction in
        guard let direction = direction.baseAddress else { return }
        for row in 0..<count { Rows.add(direction, times: alpha, to: rows + row * width, width) }
      }
    case .ablate(let centre, let basis, let strength):
      let rank = basis.count / width
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rank) { components in
        centre.withUnsafeBufferPointer { centre in
          basis.withUnsafeBufferPointer { basis in
            guard let centre = centre.baseAddress, let basis = basis.baseAddress else { return }
            for row in 0..<count {
              Self.ablate(rows + row * width, width, centre, basis, strength, components)
            }
          }
        }
      }
    }
  }

  /// All components are taken from the same x, as QQᵀ means, before any is removed.
  private static func ablate(
    _ row: UnsafeMutablePointer<Float>, _ width: Int, _ centre: UnsafePointer<Float>,
    _ basis: UnsafePointer<Float>, _ strength: Float,
    _ components: UnsafeMutableBufferPointer<Float>
  ) {
    for index in components.indices {
      components[index] = Rows.dot(row, less: centre, basis + index * width, width)
    }
    for index in components.indices {
      Rows.add(basis + index * width, times: -strength * components[index], to: row, width)
    }
  }
}
