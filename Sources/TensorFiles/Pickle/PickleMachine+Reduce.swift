extension PickleMachine {
  /// `REDUCE`: what calling the name below the top with the tuple on the top would give.
  mutating func reduce() throws {
    let arguments = try tuple(try pop(), "a call's arguments")
    guard case .global(let callee) = try pop() else {
      throw malformed("expected a name to call")
    }
    switch callee {
    case .reconstructArray: try reconstructArray(arguments)
    case .arrayFromBuffer: try arrayFromBuffer(arguments)
    case .dtype: try makeType(arguments)
    case .scalar: try makeScalar(arguments)
    case .encode:
      guard arguments.count == 2 else { throw unexpectedArguments(of: "_codecs.encode") }
      try encode(arguments[0], arguments[1])
    case .byteArray, .bytes:
      try makeBytes(arguments)
    case .set, .frozenSet:
      try makeSet(arguments)
    case .orderedDictionary:
      guard arguments.isEmpty else { throw unexpectedArguments(of: "collections.OrderedDict") }
      try pushNode(.dictionary(newContainer()))
    case .instance(let index):
      guard arguments.isEmpty else { throw unexpectedArguments(of: className(index)) }
      try pushInstance(index)
    case .arrayClass:
      throw unexpectedArguments(of: "numpy.ndarray")
    }
  }

  /// `NEWOBJ`: an instance that its class did not initialise.
  mutating func newObject() throws {
    let arguments = try tuple(try pop(), "an instance's arguments")
    guard case .global(.instance(let index)) = try pop() else {
      throw malformed("expected a class to make an instance of")
    }
    guard arguments.isEmpty else { throw unexpectedArguments(of: className(index)) }
    try pushInstance(index)
  }

  /// `BUILD`: gives the value below the top its state.
  mutating func build() throws {
    let state = try pop()
    guard case .node(let index) = try top() else {
      throw malformed("expected an object to give its state")
    }
    try checkYounger(index)
    switch nodes[index] {
    case .unbuiltArray: nodes[index] = try builtArray(try tuple(state, "an array's state"))
    case .dtype(let type):
      nodes[index] = .dtype(try built(type, try tuple(state, "a type's state")))
    case .instance(let name, state: nil):
      if open?.node == index {
        try handOver(name, state: state)
      } else {
        nodes[index] = .instance(name, state: state)
      }
    default: throw malformed("a state for something that takes none, or has one")
    }
  }

  // MARK: - Arrays

  private mutating func reconstructArray(_ arguments: [Slot]) throws {
    guard case .global(.arrayClass)? = arguments.first else {
      throw malformed("expected _reconstruct to make a numpy.ndarray")
    }
    try pushNode(.unbuiltArray)
  }

  /// From NumPy's `(version, shape, dtype, is_fortran, bytes or list)`.
  private func builtArray(_ state: [Slot]) throws -> Node {
    guard state.count == 5, case .int(1) = state[0],
      case .bool(let isFortranOrder) = state[3]
    else { throw malformed("expected an array's state of five parts, version 1") }
    let shape = try shape(state[1])
    let type = try type(state[2])
    let content = state[4]
    if type.kind == .object {
      return .objectArray(
        type, shape: shape, isFortranOrder: isFortranOrder, content, offset: opcodeOffset)
    }
    return try array(type, shape, isFortranOrder, content)
  }

  /// From NumPy's `_frombuffer(bytes, dtype, shape, order[, axis_order])`.
  private mutating func arrayFromBuffer(_ arguments: [Slot]) throws {
    guard arguments.count >= 4, case .string(let order) = arguments[3]
    else { throw unexpectedArguments(of: "_frombuffer") }
    let content = arguments[0]
    let type = try type(arguments[1])
    let shape = try shape(arguments[2])
    guard type.kind != .object, strings[order] == "C" || strings[order] == "F" else {
      throw TensorFileError(
        .unsupportedType,
        "expected an array of numbers or text in order C or F, found \(type.name) in order "
          + "'\(TensorFileError.printable(strings[order]))'",
        byteOffset: opcodeOffset)
    }
    let node = try array(type, shape, strings[order] == "F", content)
    try pushNode(node)
  }

  private func array(
    _ type: NumPyType, _ shape: [Int], _ isFortranOrder: Bool, _ content: Slot
  ) throws -> Node {
    let array = try NumPyArray(
      type: type, shape: shape, isFortranOrder: isFortranOrder, bytes: try byteStorage(content),
      byteOffset: opcodeOffset)
    return .finished(.array(array), weight: 1)
  }

  private func shape(_ slot: Slot) throws -> [Int] {
    try tuple(slot, "a shape").map { item in
      guard case .int(let dimension) = item, let dimension = Int(exactly: dimension) else {
        throw malformed("expected integers for a shape")
      }
      return dimension
    }
  }

  // MARK: - Types and scalars

  private mutating func makeType(_ arguments: [Slot]) throws {
    guard case .string(let index)? = arguments.first, arguments.count <= 3 else {
      throw unexpectedArguments(of: "numpy.dtype")
    }
    do {
      try pushNode(.dtype(NumPyType(descriptor: strings[index])))
    } catch var error as TensorFileError {
      error.byteOffset = opcodeOffset
      throw error
    }
  }

  /// From NumPy's `(version, byte order, subarray, names, fields, size, alignment, flags[, …])`.
  private func built(_ type: NumPyType, _ state: [Slot]) throws -> NumPyType {
    guard state.count >= 8, case .string(let order) = state[1],
      case .int(let size) = state[5]
    else { throw malformed("expected a type's state of eight parts") }
    for part in state[2...4] {
      guard case .none = part else {
        throw TensorFileError(
          .unsupportedType, "structured NumPy types (records) are not read",
          byteOffset: opcodeOffset)
      }
    }
    var type = type
    type.isBigEndian = strings[order] == ">"
    guard size == -1 || size == type.byteCount else {
      throw malformed("\(type.name) with elements of \(size) bytes")
    }
    return type
  }

  private func type(_ slot: Slot) throws -> NumPyType {
    guard case .node(let index) = slot, case .dtype(let type) = nodes[index] else {
      throw malformed("expected a NumPy type")
    }
    return type
  }

  /// From NumPy's `scalar(dtype, bytes)`: a number or text of our own.
  private mutating func makeScalar(_ arguments: [Slot]) throws {
    guard arguments.count == 2 else { throw unexpectedArguments(of: "numpy scalar") }
    let type = try type(arguments[0])
    let bytes = try byteStorage(arguments[1])
    try spend(bytes.count)
    let scalar = try NumPyArray(
      type: type, shape: [], isFortranOrder: false, bytes: bytes, byteOffset: opcodeOffset)
    switch type.kind {
    case .number(.bool): stack.append(.bool(try scalar.int64s() == [1]))
    case .number(let number) where number.isFloatingPoint:
      stack.append(contentsOf: try scalar.doubles().map { .float($0) })
    case .number: stack.append(contentsOf: try scalar.int64s().map { .int($0) })
    case .text, .bytes:
      for text in try scalar.strings() { stack.append(intern(text)) }
    case .object: throw malformed("expected a number or text as a NumPy scalar")
    }
  }

  // MARK: - Bytes and sets

  /// `_codecs.encode(text, "latin1")`: how protocol 2 spells bytes.
  private mutating func encode(_ text: Slot, _ encoding: Slot) throws {
    guard case .string(let text) = text, case .string(let encoding) = encoding,
      ["latin1", "latin-1"].contains(strings[encoding])
    else { throw malformed("expected _codecs.encode to turn text into latin1") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(strings[text].utf8.count)
    try spend(strings[text].utf8.count)
    for scalar in strings[text].unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else {
        throw malformed("a character past U+00FF in bytes spelled as latin1")
      }
      bytes.append(byte)
    }
    try pushNode(.ownedBytes(bytes))
  }

  /// `bytes()`, `bytearray()`, `bytearray(bytes)` and `bytearray(text, "latin-1")`.
  private mutating func makeBytes(_ arguments: [Slot]) throws {
    switch arguments.count {
    case 0: try pushNode(.ownedBytes([]))
    case 1:
      guard case .node(let index) = arguments[0] else {
        throw unexpectedArguments(of: "bytes")
      }
      switch nodes[index] {
      case .bytes, .ownedBytes: try pushNode(nodes[index])
      default: throw unexpectedArguments(of: "bytes")
      }
    case 2: try encode(arguments[0], arguments[1])
    default: throw unexpectedArguments(of: "bytes")
    }
  }

  /// `set()` and `set(list)`: how protocols 2 and 3 spell sets.
  private mutating func makeSet(_ arguments: [Slot]) throws {
    guard let argument = arguments.first else {
      try pushNode(.set(newContainer()))
      return
    }
    guard arguments.count == 1, case .node(let index) = argument,
      case .list(let container) = nodes[index]
    else { throw unexpectedArguments(of: "set") }
    try spend(containers[container].count)
    try pushNode(.set(newContainer(containers[container])))
  }

  private func byteStorage(_ slot: Slot) throws -> ByteStorage {
    guard case .node(let index) = slot else { throw malformed("expected bytes") }
    switch nodes[index] {
    case .bytes(let range): return storage[range]
    case .ownedBytes(let bytes): return ByteStorage(bytes)
    default: throw malformed("expected bytes")
    }
  }

  // MARK: - Arguments

  /// None that is read has more parts than an array dimensions: a longer one would be copied again at every use.
  private func tuple(_ slot: Slot, _ what: String) throws -> [Slot] {
    guard case .node(let index) = slot, case .tuple(let range) = nodes[index] else {
      throw malformed("expected a tuple for \(what)")
    }
    guard range.count <= NumPyArray.largestRank else {
      throw malformed(
        "expected at most \(NumPyArray.largestRank) parts in a tuple for \(what), found \(range.count)"
      )
    }
    return Array(tupleItems[range])
  }

  private func className(_ index: UInt8) -> String {
    let (module, name) = PickleGlobal.classes[Int(index)]
    return "\(module).\(name)"
  }

  private func unexpectedArguments(of name: String) -> TensorFileError {
    malformed("unexpected arguments of \(name)")
  }
}
