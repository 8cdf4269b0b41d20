/// The state of one pickle being interpreted.
///
/// Containers live in a table and are referred to by index until the end, because a pickle fills
/// them after it has stored and shared them. The table also keeps cycles and deep nests, which
/// are errors, from being linked objects that would leak or overflow the stack when freed. Not
/// copyable, because the compiler would otherwise copy the tables' references at every opcode.
struct PickleMachine: ~Copyable {
  /// A value on the stack or in the memo; trivial, so that moving millions costs nothing.
  enum Slot {
    case none
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(Int)
    case global(PickleGlobal)
    case node(Int)
    /// Of a part that was handed over, and is not kept.
    case released
  }

  enum Node {
    case bytes(Range<Int>)
    case ownedBytes([UInt8])
    /// A range of `tupleItems`.
    case tuple(Range<Int>)
    /// These three by their index in `containers`.
    case list(Int)
    case set(Int)
    case dictionary(Int)
    case dtype(NumPyType)
    /// From `_reconstruct`, waiting for its state.
    case unbuiltArray
    indirect case objectArray(NumPyType, shape: [Int], isFortranOrder: Bool, Slot, offset: Int)
    case instance(UInt8, state: Slot?)
    /// An instance that was handed over, by its number.
    case handed(Int)
    /// Being converted just now; met again, it contains itself.
    case busy
    /// Converted; `weight` is its size as a tree, shared parts counted each time.
    case finished(PickleValue, weight: Weight)
  }

  /// The elements of a list or a set; the keys and values, by turns, of a dictionary.
  struct Container {
    /// All of them, where they are integers of a list or a set.
    var integers: [Int] = []
    /// All of them, where anything else is among them.
    var slots: [Slot] = []

    var count: Int { integers.count + slots.count }

    mutating func add(_ values: ArraySlice<Slot>) {
      if slots.isEmpty {
        let before = integers.count
        if addIntegers(values) { return }
        slots = integers[..<before].map { .int(Int64($0)) }
        integers = []
      }
      slots.append(contentsOf: values)
    }

    /// `false`, with only some of them added, where anything else is among `values`.
    private mutating func addIntegers(_ values: ArraySlice<Slot>) -> Bool {
      for value in values {
        guard case .int(let number) = value else { return false }
        integers.append(Int(number))
      }
      return true
    }
  }

  /// Half an `Int`, for the sake of the table's size.
  typealias Weight = UInt32

  let bytes: UnsafeRawBufferPointer
  let storage: ByteStorage
  var position = 0
  /// Where the opcode at hand began.
  var opcodeOffset = 0

  var stack: [Slot] = []
  private var marks: [Int] = []
  /// The stack below this belongs to an outer mark.
  private var floor = 0
  var memo = PickleMemo()

  var nodes: [Node] = []
  var strings: [String] = []
  /// `strings` as values, each boxed once.
  var stringValues: [PickleValue] = []
  var tupleItems: [Slot] = []
  var emptyTuple: Slot?
  var containers: [Container] = []
  /// How much more may be copied beyond what the file itself spells out.
  private var copyBudget: Int
  /// The largest size, as a tree, of the value made.
  let largestWeight: Int
  /// Python spends two bytes or more on everything that takes a place in the table.
  private let largestNodeCount: Int

  /// Who takes instances as they are completed, where somebody does.
  let handing: PickleHanding?
  /// The instance that is to be handed over once it has its state.
  var open: OpenInstance?
  var handedCount = 0
  /// How many more values on the stack may be looked at as instances are handed over.
  var lookBudget: Int
  /// Up to where the file's pages were given back.
  var releasedPosition = 0

  /// A few milliseconds' work.
  private static let stepsBetweenChecks = 1 << 16

  init(_ bytes: UnsafeRawBufferPointer, storage: ByteStorage, handing: PickleHanding? = nil) {
    self.bytes = bytes
    self.storage = storage
    self.handing = handing
    largestWeight = min(65_536 + 16 * bytes.count, Int(Weight.max))
    largestNodeCount = 65_536 + bytes.count / 2
    copyBudget = 65_536 + 16 * bytes.count
    lookBudget = copyBudget
  }

  /// Interprets the whole pickle.
  mutating func run() throws -> PickleValue {
    var steps = 0
    while try step() {
      steps += 1
      if steps.isMultiple(of: Self.stepsBetweenChecks) { try LongWork.check() }
    }
    guard marks.isEmpty, stack.count == 1, let result = stack.last else {
      throw malformed("expected one value at the pickle's end, found \(stack.count)")
    }
    guard position == bytes.count else {
      throw malformed("\(bytes.count - position) bytes follow the pickle's end")
    }
    stack = []
    memo.removeAll()
    return try value(of: result)
  }

  /// Carries out one opcode; `false` at the last.
  private mutating func step() throws -> Bool {
    opcodeOffset = position
    let code = try read(UInt8.self)
    switch PickleOpcode(rawValue: code) {
    case .stop: return false
    case .proto: try readProtocol()
    case .frame: try skipFrame()
    case .mark:
      marks.append(stack.count)
      floor = stack.count
    case .pop:
      // Python pops the mark itself where nothing stands above it.
      if stack.count == floor, !marks.isEmpty { _ = try popMark() } else { _ = try pop() }
    case .popMark: stack.removeSubrange(try popMark()...)
    case .dup: stack.append(try top())

    case .newNone: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .binInt1:
      stack.append(.int(Int64(try read(UInt8.self))))
      pushIntegers()
    case .binInt2:
      stack.append(.int(Int64(try read(UInt16.self))))
      pushIntegers()
    case .binInt:
      stack.append(.int(Int64(try read(Int32.self))))
      pushIntegers()
    case .long1: stack.append(.int(try readLong(Int(try read(UInt8.self)))))
    case .long4: stack.append(.int(try readLong(try length(read(UInt32.self)))))
    case .binFloat:
      stack.append(.float(Double(bitPattern: UInt64(bigEndian: try read(UInt64.self)))))

    case .shortBinUnicode: try pushString(Int(try read(UInt8.self)))
    case .binUnicode: try pushString(try length(read(UInt32.self)))
    case .binUnicode8: try pushString(try length(read(UInt64.self)))
    case .shortBinBytes: try pushNode(.bytes(take(Int(try read(UInt8.self)))))
    case .binBytes: try pushNode(.bytes(take(try length(read(UInt32.self)))))
    case .binBytes8, .byteArray8: try pushNode(.bytes(take(try length(read(UInt64.self)))))

    case .emptyTuple: try pushTuple(from: stack.count)
    case .tuple1: try pushTuple(from: placeOfTop(1))
    case .tuple2: try pushTuple(from: placeOfTop(2))
    case .tuple3: try pushTuple(from: placeOfTop(3))
    case .tuple: try pushTuple(from: popMark())
    case .emptyList: try pushNode(.list(newContainer()))
    case .emptySet: try pushNode(.set(newContainer()))
    case .emptyDict: try pushNode(.dictionary(newContainer()))
    case .frozenSet:
      let start = try popMark()
      let container = newContainer()
      add(from: start, to: container)
      stack.removeSubrange(start...)
      try pushNode(.set(container))
    case .append: try extend(from: try placeOfTop(1))
    case .appends, .addItems, .setItems: try extend(from: try popMark())
    case .setItem: try extend(from: try placeOfTop(2))

    case .memoize: memo.store(try top(), at: memo.count)
    case .binPut: memo.store(try top(), at: Int(try read(UInt8.self)))
    case .longBinPut: memo.store(try top(), at: Int(try read(UInt32.self)))
    case .binGet: stack.append(try recall(Int(try read(UInt8.self))))
    case .longBinGet: stack.append(try recall(Int(try read(UInt32.self))))

    case .global: stack.append(.global(try readGlobal()))
    case .stackGlobal: try pushNamedGlobal()
    case .reduce: try reduce()
    case .newObj: try newObject()
    case .build: try build()
    case .inst:
      _ = try readGlobal()
      throw refused(code)
    case nil: throw refused(code)
    }
    return true
  }

  // MARK: - Stack

  mutating func pop() throws -> Slot {
    guard stack.count > floor, let slot = stack.popLast() else {
      throw malformed("an opcode finds too few values on the stack")
    }
    return slot
  }

  func top() throws -> Slot {
    guard stack.count > floor, let slot = stack.last else {
      throw malformed("an opcode finds too few values on the stack")
    }
    return slot
  }

  private func placeOfTop(_ count: Int) throws -> Int {
    guard stack.count - floor >= count else {
      throw malformed("an opcode finds too few values on the stack")
    }
    return stack.count - count
  }

  /// Where the values above the last mark begin.
  private mutating func popMark() throws -> Int {
    guard let mark = marks.popLast() else { throw malformed("an opcode finds no mark") }
    floor = marks.last ?? 0
    return mark
  }

  mutating func pushNode(_ node: Node) throws {
    guard nodes.count < largestNodeCount else {
      throw malformed("more than \(largestNodeCount) containers in \(bytes.count) bytes")
    }
    stack.append(.node(nodes.count))
    nodes.append(node)
  }

  mutating func intern(_ text: String) -> Slot {
    strings.append(text)
    return .string(strings.count - 1)
  }

  private mutating func pushTuple(from start: Int) throws {
    // Empty ones take a byte of the file each, and are all the same.
    if start == stack.count, let emptyTuple {
      stack.append(emptyTuple)
      return
    }
    let first = tupleItems.count
    tupleItems.append(contentsOf: stack[start...])
    stack.removeSubrange(start...)
    try pushNode(.tuple(first..<tupleItems.count))
    if first == tupleItems.count { emptyTuple = stack.last }
  }

  mutating func newContainer(_ container: Container = Container()) -> Int {
    containers.append(container)
    return containers.count - 1
  }

  /// Adds the values from `start` on to a list or a set.
  private mutating func add(from start: Int, to container: Int) {
    containers[container].add(stack[start...])
  }

  /// Moves the values from `start` on into the container below them.
  private mutating func extend(from start: Int) throws {
    guard start > floor, case .node(let index) = stack[start - 1] else {
      throw malformed("expected a container below the values to add")
    }
    try checkYounger(index)
    switch nodes[index] {
    case .list(let container), .set(let container): add(from: start, to: container)
    case .dictionary(let container):
      guard (stack.count - start).isMultiple(of: 2) else {
        throw malformed("a key without a value")
      }
      containers[container].slots.append(contentsOf: stack[start...])
    default: throw malformed("expected a container below the values to add")
    }
    stack.removeSubrange(start...)
  }

  // MARK: - Memo

  private func recall(_ index: Int) throws -> Slot {
    guard let slot = memo[index] else {
      throw malformed("memo entry \(index) was never stored")
    }
    if case .released = slot { throw PickleHanding.SharedPart() }
    return slot
  }

  // MARK: - Limits and errors

  /// Accounts for `count` elements that are copied, not read: sharing must not multiply them.
  mutating func spend(_ count: Int) throws {
    copyBudget -= count
    guard copyBudget >= 0 else { throw expandsTooFar() }
  }

  func expandsTooFar() -> TensorFileError {
    malformed("the pickle expands to more than \(largestWeight) values by sharing")
  }

  func malformed(_ message: String) -> TensorFileError {
    TensorFileError(.malformedHeader, message, byteOffset: opcodeOffset)
  }

  private func refused(_ code: UInt8) -> TensorFileError {
    guard let name = PickleOpcode.refused[code] else {
      return malformed("unknown opcode 0x\(String(code, radix: 16))")
    }
    return TensorFileError(
      .forbidden,
      "refused: the pickle uses the opcode \(name), which no array or dictionary needs",
      byteOffset: opcodeOffset)
  }
}
