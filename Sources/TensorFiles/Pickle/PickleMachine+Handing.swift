/// Who takes instances as soon as they are complete.
struct PickleHanding {
  /// A part of an instance that was handed over is referred to again, or the other way about.
  struct SharedPart: Error {}

  /// By the index of the class in `PickleGlobal.classes`.
  private let isHanded: [Bool]
  let isCounting: Bool
  let body: (Int, PickleObject) throws -> Void

  init(names: Set<String>, isCounting: Bool, body: @escaping (Int, PickleObject) throws -> Void) {
    isHanded = PickleGlobal.classes.map { names.contains($0.name) }
    self.isCounting = isCounting
    self.body = body
  }

  func takes(_ index: UInt8) -> Bool { isHanded[Int(index)] }
}

extension PickleMachine {
  /// An instance that is being read, and how full the tables were when it began.
  struct OpenInstance {
    var node: Int
    var strings: Int
    var tupleItems: Int
    var containers: Int
    var memo: Int
  }

  /// The most that is kept of bytes for later parts, which share names, texts and types but no data.
  private static let keptBytes = 64
  /// Pages are given back after as many bytes.
  private static let pageStride = 1 << 22

  mutating func pushInstance(_ index: UInt8) throws {
    if let handing, handing.takes(index) {
      guard open == nil else { throw PickleHanding.SharedPart() }
      open = OpenInstance(
        node: nodes.count, strings: strings.count, tupleItems: tupleItems.count,
        containers: containers.count, memo: memo.count)
    }
    try pushNode(.instance(index, state: nil))
  }

  /// Hands over the instance that is open, and forgets what it held.
  mutating func handOver(_ index: UInt8, state: Slot) throws {
    guard let handing, let open else { return }
    // Anything else on the stack above its place would be lost with it.
    guard case .node(open.node)? = stack.last else { throw PickleHanding.SharedPart() }
    // Writers put a thousand values there at most before they add them to a list.
    lookBudget -= stack.count
    guard lookBudget >= 0 else { throw PickleHanding.SharedPart() }
    for slot in stack.dropLast() {
      switch slot {
      case .node(let index) where index > open.node: throw PickleHanding.SharedPart()
      case .string(let index) where index >= open.strings: throw PickleHanding.SharedPart()
      default: continue
      }
    }
    let (module, name) = PickleGlobal.classes[Int(index)]
    let attributes =
      handing.isCounting
      ? try counts(of: state, in: open) : try convert(attributes: state, depth: 1).attributes
    try handing.body(
      handedCount, PickleObject(module: module, name: name, attributes: attributes))
    nodes[open.node] = .handed(handedCount)
    handedCount += 1
    forget(open)
    self.open = nil
    if position - releasedPosition > Self.pageStride {
      storage.releasePages(releasedPosition..<position)
      releasedPosition = position
    }
  }

  /// What is older than the instance may be a part of it only where it cannot change any more.
  func checkPlain(_ node: Node) throws {
    switch node {
    case .bytes, .ownedBytes, .tuple, .dtype, .finished: return
    case .list, .set, .dictionary, .unbuiltArray, .objectArray, .instance, .handed, .busy:
      throw PickleHanding.SharedPart()
    }
  }

  /// What is older than the open instance may not be given parts of it.
  func checkYounger(_ index: Int) throws {
    if let open, index < open.node { throw PickleHanding.SharedPart() }
  }

  /// How many elements each list and the like among the attributes has.
  private func counts(of state: Slot, in open: OpenInstance) throws -> [PickleObject.Attribute] {
    guard case .node(let index) = state, case .dictionary(let container) = nodes[index] else {
      return []
    }
    guard index > open.node else { throw PickleHanding.SharedPart() }
    let slots = containers[container].slots
    return stride(from: 0, to: slots.count - 1, by: 2).compactMap { place in
      guard case .string(let name) = slots[place], case .node(let value) = slots[place + 1] else {
        return nil
      }
      let count: Int
      switch nodes[value] {
      case .list(let container), .set(let container), .dictionary(let container):
        count = containers[container].count
      case .tuple(let range): count = range.count
      default: return nil
      }
      return .init(name: strings[name], value: .int(Int64(count)))
    }
  }

  // MARK: - Forgetting

  /// Cuts the tables to what they were when the instance began, with what later ones may refer to behind that.
  private mutating func forget(_ open: OpenInstance) {
    var keptNodes: [Node] = []
    var keptStrings: [String] = []
    var places: [Int: Int] = [:]
    var stringPlaces: [Int: Int] = [:]

    func kept(string index: Int) -> Slot {
      guard index >= open.strings else { return .string(index) }
      let place = stringPlaces[index] ?? open.strings + keptStrings.count
      if stringPlaces.updateValue(place, forKey: index) == nil {
        keptStrings.append(strings[index])
      }
      return .string(place)
    }
    func kept(node index: Int) -> Slot? {
      guard index > open.node else { return .node(index) }
      switch nodes[index] {
      case .dtype: break
      case .bytes(let range) where range.count <= Self.keptBytes: break
      default: return nil
      }
      if let place = places[index] { return .node(place) }
      keptNodes.append(nodes[index])
      places[index] = open.node + keptNodes.count
      return .node(open.node + keptNodes.count)
    }
    // Out of the machine while its tables are looked at.
    var memo = PickleMemo()
    swap(&memo, &self.memo)
    memo.forget(from: open.memo) { slot in
      switch slot {
      case .none, .bool, .int, .float, .global: slot
      case .string(let index): kept(string: index)
      case .node(let index): kept(node: index)
      case .released: nil
      }
    }
    swap(&memo, &self.memo)
    if case .node(let index)? = emptyTuple, index > open.node { emptyTuple = nil }
    nodes.replaceSubrange((open.node + 1)..., with: keptNodes)
    strings.replaceSubrange(open.strings..., with: keptStrings)
    tupleItems.removeSubrange(open.tupleItems...)
    containers.removeSubrange(open.containers...)
  }
}
