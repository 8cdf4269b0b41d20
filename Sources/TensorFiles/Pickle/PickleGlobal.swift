/// The few names that a pickle may ask for, and what each stands for here.
enum PickleGlobal: Equatable {
  case reconstructArray
  case arrayFromBuffer
  case arrayClass
  case dtype
  case scalar
  case encode
  case set
  case frozenSet
  case byteArray
  case bytes
  case orderedDictionary
  /// One of `classes`, by its index.
  case instance(UInt8)

  /// Exemplar Partitioning's dictionary and region, as now and as first published; files with one
  /// module's name and the other's classes are about, too.
  static let classes: [(module: String, name: String)] =
    ["ep.discovery.dictionary", "cas.discovery.dictionary"].flatMap { module in
      ["Dictionary", "Partition", "ConceptLibrary", "Concept"].map { (module, $0) }
    }

  private static let functions: [String: PickleGlobal] = {
    var names: [String: PickleGlobal] = [
      "numpy.ndarray": .arrayClass, "numpy.dtype": .dtype, "_codecs.encode": .encode,
      "collections.OrderedDict": .orderedDictionary,
    ]
    // NumPy 2 renamed its core, and pickles of both sides are about.
    for core in ["numpy.core", "numpy._core"] {
      names["\(core).multiarray._reconstruct"] = .reconstructArray
      names["\(core).multiarray.scalar"] = .scalar
      names["\(core).numeric._frombuffer"] = .arrayFromBuffer
    }
    // Protocol 2 uses Python 2's name for the same module.
    for builtins in ["builtins", "__builtin__"] {
      names["\(builtins).set"] = .set
      names["\(builtins).frozenset"] = .frozenSet
      names["\(builtins).bytearray"] = .byteArray
      names["\(builtins).bytes"] = .bytes
    }
    return names
  }()

  /// - Throws: `forbidden`, naming `module.name`, for any name not listed above.
  static func named(module: String, name: String, byteOffset: Int) throws -> PickleGlobal {
    if let index = classes.firstIndex(where: { $0 == (module, name) }) {
      return .instance(UInt8(index))
    }
    // No module or name listed contains a further dot that could move between the two.
    if let function = functions["\(module).\(name)"], !name.contains(".") { return function }
    let asked = "\(TensorFileError.printable(module)).\(TensorFileError.printable(name))"
    throw TensorFileError(
      .forbidden,
      "refused: the pickle names \(asked); only NumPy arrays and Exemplar Partitioning's own "
        + "classes are read, and nothing is ever run",
      byteOffset: byteOffset)
  }
}
