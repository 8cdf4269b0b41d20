import Foundation
import TestSupport
import Testing

@testable import TensorFiles

struct PickleTests {
  @Test(arguments: [2, 3, 4, 5])
  func `plain values read alike from every protocol`(version: Int) throws {
    let value = try Pickle.load(Fixtures.url("tensorfiles/plain-\(version).pkl"))
    #expect(value["none"] == PickleValue.none)
    #expect(value["yes"]?.boolValue == true && value["no"]?.boolValue == false)
    #expect(
      value["ints"]?.elements?.map(\.intValue) == [
        0, 255, 256, 65535, 65536, -1, -2_147_483_648, 2_147_483_648, .min, .max,
      ])
    #expect(value["floats"]?.elements?.map(\.doubleValue) == [0.5, -0.0, 1e300])
    #expect(value["text"]?.stringValue == "θ 😀")
    #expect(value["long"]?.stringValue?.count == 300)
    #expect(value["bytes"] == .bytes([0, 0x80, 0xff]) && value["no bytes"] == .bytes([]))
    #expect(value["bytearray"] == .bytes([1, 0xfe]))
    let one = PickleValue.int(1)
    let numbers = (1...4).map { PickleValue.int($0) }
    #expect(
      value["tuples"]
        == .tuple([
          .tuple([]), .tuple([one]), .tuple(Array(numbers[..<2])), .tuple(Array(numbers[..<3])),
          .tuple(numbers),
        ]))
    #expect(value["set"] == .set([.int(3)]) && value["frozenset"] == .set([.int(4)]))
    #expect(
      value["ordered"]
        == .dictionary([
          PickleEntry(key: .string("b"), value: one),
          PickleEntry(key: .string("a"), value: .int(2)),
        ]))
    #expect(value["shared"] == .list([.list([.string("shared")]), .list([.string("shared")])]))
    #expect(value["many"]?.elements?.compactMap(\.intValue) == Array(0..<1500))
    #expect(
      value["keys"]
        == .dictionary([
          PickleEntry(key: one, value: .string("a")),
          PickleEntry(key: .tuple([.int(2), .string("b")]), value: .string("c")),
        ]))
    #expect(
      value["scalars"]
        == .list([.float(Double(Float(0.1))), .float(0.1), .int(-5), .bool(true)]))
  }

  @Test(arguments: [2, 3, 4, 5])
  func `arrays read alike from every protocol`(version: Int) throws {
    let value = try Pickle.load(Fixtures.url("tensorfiles/plain-\(version).pkl"))
    func array(_ name: String) throws -> NumPyArray { try #require(value[name]?.arrayValue) }
    #expect(try array("f4").shape == [2, 2])
    #expect(try array("f4").floats() == [1.5, -2.5, 3.5, 4.5])
    #expect(try array("fortran").int64s() == [0, 1, 2, 3, 4, 5])
    #expect(try array("big").doubles() == [1, 2])
    #expect(try array("bool").int64s() == [1, 0])
    #expect(try array("zero").shape == [] && array("zero").int64s() == [7])
    #expect(try array("no rows").shape == [0, 4] && array("no rows").floats() == [])
    #expect(try array("names").strings() == ["a", "θ"])
    #expect(try array("objects").objects == [.string("x"), .none])
  }

  @Test(arguments: [
    ("dictionary", "ep.discovery.dictionary", "Dictionary", "Partition"),
    ("dictionary-legacy", "cas.discovery.dictionary", "ConceptLibrary", "Concept"),
  ])
  func `a reference dictionary reads under both names`(
    file: String, module: String, dictionaryName: String, regionName: String
  ) throws {
    let dictionary = try #require(
      try Pickle.load(Fixtures.url("ep/p10/\(file).pkl")).objectValue)
    #expect(dictionary.module == module && dictionary.name == dictionaryName)
    #expect(dictionary["threshold"]?.doubleValue == 0.8146749329690576)
    let expected = try SafetensorsFile(Fixtures.url("ep/p10/expected.safetensors"))
    #expect(try dictionary["center"]?.arrayValue?.floats() == expected.floats("center"))
    let regions = try #require(dictionary.attributes.compactMap { $0.value.elements }.first)
      .compactMap(\.objectValue)
    #expect(regions.count == 21)
    #expect(regions.allSatisfy { $0.name == regionName && $0.module == module })
    let exemplars = try regions.flatMap {
      try #require($0["exemplar_direction"]?.arrayValue).floats()
    }
    #expect(try exemplars == expected.floats("exemplar_directions"))
    let first = try #require(regions.first)
    #expect(first["member_count"]?.intValue == 158)
    #expect(first["member_coherence"]?.doubleValue == 0.5949181318283081)
    #expect(first["source_iterations"] == .set(PickleElements((0..<19).map { .int($0) })))
    #expect(first["label"]?.stringValue == "river bank")
    #expect(
      first["sample_prompts"]?.elements?.first
        == .tuple([
          .float(-0.1460995078086853),
          .string("glass harbour signal lamp window winter harbour stone forest music #261"),
          .int(9),
        ]))
    #expect(first["sample_members"]?.elements?.allSatisfy { $0.arrayValue?.shape == [64] } == true)
  }

  @Test(arguments: ["2", "3", "mixed"])
  func `older protocols and mixed names give the same small dictionary`(kind: String) throws {
    let dictionary = try #require(
      try Pickle.load(Fixtures.url("tensorfiles/dictionary-\(kind).pkl")).objectValue)
    #expect(dictionary.name == (kind == "mixed" ? "ConceptLibrary" : "Dictionary"))
    #expect(try dictionary["center"]?.arrayValue?.floats() == [0.5, -1, 2])
    let regions = try #require(dictionary["partitions"]?.elements)
    #expect(regions.map { $0["member_count"]?.intValue } == [3, 2])
    #expect(
      regions.map { $0["source_iterations"] } == [
        .set([.int(0), .int(1)]), .set([.int(0), .int(1)]),
      ])
    #expect(regions[1]["label"] == PickleValue.none)
  }

  // MARK: - Refusals

  @Test(arguments: [0, 2, 4])
  func `a pickle that would run a command is refused by the name of its function`(
    version: Int
  ) throws {
    let url = Fixtures.url("tensorfiles/attack-\(version).pkl")
    let error = try fileError { _ = try Pickle.load(url) }
    #expect(error.code == .forbidden)
    #expect(error.message.hasPrefix("refused: the pickle names posix.system;"))
  }

  /// The opcodes of small pickles, after the protocol's header.
  private func load(_ parts: String...) throws -> PickleValue {
    try Pickle.load([0x80, 4] + parts.joined().unicodeScalars.map { UInt8($0.value) })
  }

  @Test(
    arguments: [
      ("cos\nsystem\n(S'id'\ntR.", "os.system"),
      ("(S'id'\nios\nsystem\n.", "STRING"), ("(ios\nsystem\n.", "os.system"),
      ("\u{8c}\u{8}builtins\u{8c}\u{4}eval\u{93}.", "builtins.eval"),
      ("\u{8c}\u{5}numpy\u{8c}\u{c}ndarray.view\u{93}.", "numpy.ndarray.view"),
      ("cnumpy.core\nmultiarray._reconstruct\n.", "numpy.core.multiarray._reconstruct"),
      ("cep.discovery.dictionary\nDictionary.mro\n.", "Dictionary.mro"),
      ("c\u{1b}[2J\nx\n.", "\\u{1b}[2J.x"),
      ("Pid\n.", "PERSID"), ("NQ.", "BINPERSID"), ("\u{82}\u{1}.", "EXT1"),
      ("\u{97}.", "NEXT_BUFFER"), ("cnumpy\nndarray\n)}\u{92}.", "NEWOBJ_EX"), ("I1\n.", "INT"),
    ])
  func `names and opcodes outside the short list are refused by name`(
    pickle: String, name: String
  ) throws {
    let error = try fileError { _ = try load(pickle) }
    #expect(error.code == .forbidden, "\(error)")
    #expect(error.message.contains(name), "\(error)")
    #expect(error.byteOffset != nil)
  }

  @Test(
    arguments: [
      "", ".", "N", "N.N", "NN.", "(N.", "0.", "1.", "2.", "\u{ff}.", "h\u{0}.", "a.", "]e.",
      "](NNe", "]Na", "}(Nu.", "NNs.", "NNa.", "K", "X\u{ff}\u{ff}\u{ff}\u{ff}",
      "X\u{1}\u{0}\u{0}\u{0}\u{ff}.",
      "\u{8d}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}.", "NR.", "N)R.", "))R.", "NNb.",
      "]}b.",
      "\u{95}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{7f}N.",
      "\u{8a}\u{9}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}.",
      "cnumpy\nndarray\n.", "cnumpy\nndarray\n)R.", "cnumpy\ndtype\n)R.", "\u{93}.", "NN\u{93}.",
      "cnumpy",
      "}(]Nu.", "}(K\u{1}NK\u{1}Nu.", "\u{8f}(K\u{1}K\u{1}\u{90}.", "\u{80}\u{6}N.",
      "cep.discovery.dictionary\nDictionary\nK\u{1}\u{85}\u{81}.",
      "cep.discovery.dictionary\nDictionary\n)\u{81}]b.",
      "cep.discovery.dictionary\nDictionary\n)\u{81}}(K\u{1}Nub.",
      "cep.discovery.dictionary\nDictionary\n)\u{81}}b}b.",
    ])
  func `a malformed pickle is an error`(pickle: String) throws {
    #expect(throws: TensorFileError.self) { _ = try load(pickle) }
  }

  @Test func `what is no pickle, or a newer one, says so`() throws {
    #expect(try fileError { _ = try Pickle.load([]) }.code == .truncated)
    let text = try fileError { _ = try Pickle.load(Array("PK\u{3}\u{4}".utf8)) }
    #expect(text.message.hasPrefix("not a pickle of protocol 2 to 5"))
    let newer = try fileError { _ = try Pickle.load([0x80, 6, 0x4e, 0x2e]) }
    #expect(newer.description == "expected a pickle of protocol 2 to 5, found 6 (at byte 0)")
  }

  @Test(arguments: ["cos\nsystem\n(S'id'\ntR.", "(dp0\nS'c\\nx'\nI1\nsU\u{1}c(ios\nsystem\n."])
  func `an attack in an old protocol is named too`(pickle: String) throws {
    let error = try fileError { _ = try Pickle.load(Array(pickle.utf8)) }
    #expect(error.code == .forbidden && error.message.contains("os.system"))
  }

  @Test func `a value that contains itself is an error`() throws {
    let error = try fileError { _ = try Pickle.load(Fixtures.url("tensorfiles/cycle.pkl")) }
    #expect(error.message.contains("contains itself"))
    #expect(throws: TensorFileError.self) { _ = try load("}\u{94}(K\u{1}h\u{0}u.") }
  }

  @Test func `integers are read alike by themselves and among others`() throws {
    let alone = try load("](K\u{1}M\u{2}\u{0}eJ\u{3}\u{0}\u{0}\u{0}a.")
    #expect(alone == .list([.int(1), .int(2), .int(3)]) && alone.integers == [1, 2, 3])
    let mixed = try load("](K\u{1}M\u{2}\u{0}e(K\u{3}NK\u{4}eK\u{5}a.")
    #expect(mixed == .list([.int(1), .int(2), .int(3), .none, .int(4), .int(5)]))
    #expect(mixed.integers == nil)
    #expect(try load("].").integers == nil)
    #expect(try load("\u{8f}(K\u{2}K\u{1}\u{90}.").integers == [2, 1])
    let error = try fileError { _ = try load("\u{8f}(K\u{2}K\u{1}K\u{2}\u{90}.") }
    #expect(error.message == "a set with the same key twice")
  }

  @Test func `an integer that is cut short behind others is named by its place`() throws {
    let error = try fileError { _ = try load("](K\u{1}J\u{1}\u{0}") }
    #expect(error.code == .truncated && error.byteOffset == 7)
  }

  // MARK: - Hostile sharing

  @Test func `deep nests are refused without deep recursion`() throws {
    let depth = 200_000
    let lists = String(repeating: "]", count: depth) + String(repeating: "a", count: depth - 1)
    let error = try fileError { _ = try load(lists, ".") }
    #expect(error.message.contains("deeper"))
    let tuples = "N" + String(repeating: "\u{85}", count: depth) + "."
    #expect(throws: TensorFileError.self) { _ = try load(tuples) }
    let allowed = "]" + String(repeating: "\u{85}", count: Pickle.deepestNesting - 1) + "."
    #expect(try load(allowed) == (try load(allowed)))
  }

  @Test func `shared nests neither multiply nor hang`() throws {
    // Each level holds the one below twice: 2^100 values as a tree.
    let doubling = "]" + String(repeating: "2\u{86}", count: 100) + "."
    let error = try fileError { _ = try load(doubling) }
    #expect(error.message.contains("expands"))
    let bounded = "]" + String(repeating: "2\u{86}", count: 10) + "."
    #expect(try load(bounded) == (try load(bounded)))
  }

  @Test func `one long string encoded again and again is refused`() throws {
    let long = String(repeating: "x", count: 4096)
    let bytes =
      "c_codecs\nencode\n\u{94}X\u{0}\u{10}\u{0}\u{0}" + long + "\u{94}\u{8c}\u{6}latin1\u{94}"
    let again = String(repeating: "h\u{0}h\u{1}h\u{2}\u{86}R0", count: 10_000)
    let error = try fileError { _ = try load(bytes, again, "N.") }
    #expect(error.message.contains("expands"))
  }

  @Test func `the same bytes in many places come to no more than a file may`() throws {
    let long = String(repeating: "x", count: 4096)
    let bytes = "cbuiltins\nbytearray\n\u{94}B\u{0}\u{10}\u{0}\u{0}" + long + "\u{94}00]("
    let again = String(repeating: "h\u{0}h\u{1}\u{85}R", count: 1000)
    let error = try fileError { _ = try load(bytes, again, "e.") }
    #expect(error.message.contains("expands"))
    #expect(try load(bytes, "h\u{0}h\u{1}\u{85}R", "e.").elements?.count == 1)
  }

  @Test func `one state in many instances comes to no more than a file may`() throws {
    let names = (0..<1000).map { "\u{8c}\u{4}\($0 + 1000)N" }.joined()
    let again = String(
      repeating: "cep.discovery.dictionary\nPartition\n)\u{81}h\u{0}b", count: 1000)
    let error = try fileError { _ = try load("}\u{94}(" + names + "u0](" + again + "e.") }
    #expect(error.message.contains("expands"))
  }

  @Test func `a call with more arguments than anything that is read has is refused`() throws {
    let call = "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n"
    let error = try fileError { _ = try load(call, String(repeating: "N", count: 64), "tR.") }
    #expect(
      error.message == "expected at most 64 parts in a tuple for a call's arguments, found 65")
  }

  @Test func `more containers than Python would put into so few bytes are refused`() throws {
    let error = try fileError {
      _ = try load("(" + String(repeating: "]", count: 200_000) + "t.")
    }
    #expect(error.message == "more than 165538 containers in 200005 bytes")
    #expect(
      try load("(" + String(repeating: ")", count: 200_000) + "t.").elements?.count == 200_000)
  }

  @Test func `a large memo index allocates nothing`() throws {
    #expect(try load("Nr\u{ff}\u{ff}\u{ff}\u{ff}0j\u{ff}\u{ff}\u{ff}\u{ff}.") == PickleValue.none)
  }

  @Test func `a lone surrogate, which Python allows, becomes a replacement character`() throws {
    #expect(try load("\u{8c}\u{5}a\u{ed}\u{a0}\u{80}b.").stringValue == "a\u{fffd}b")
  }

  @Test func `arrays are ranges of the file, so a lying length is an error`() throws {
    let bytes = try fixtureBytes("tensorfiles/plain-4.pkl")
    for count in bytes.indices {
      #expect(throws: TensorFileError.self) { _ = try Pickle.load(Array(bytes[..<count])) }
    }
    #expect(throws: TensorFileError.self) { _ = try Pickle.load(bytes + [0]) }
  }
}
