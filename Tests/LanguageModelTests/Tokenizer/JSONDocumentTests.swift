import Testing

@testable import LanguageModel

@Suite struct JSONDocumentTests {
  static func node(_ text: String) throws -> JSONNode {
    JSONNode(try JSONDocument(Array(text.utf8)))
  }

  static func message(_ bytes: [UInt8]) -> String {
    do {
      _ = try JSONDocument(bytes)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test func `values keep their kinds`() throws {
    let node = try Self.node(#" {"a": [1, -2.5e3, true, null, "x"], "b": {}} "#)
    let items = try node.required("a").elements
    #expect(try items[0].integer == 1)
    #expect(try items[2].boolean)
    #expect(items[3].isNull)
    #expect(try items[4].string == "x")
    #expect(try node.required("b").members.isEmpty)
    #expect(throws: TokenizerError.self) { try items[1].integer }
  }

  @Test func `escapes become what they stand for`() throws {
    let node = try Self.node(#""\"\\\/\b\f\n\r\tA\u00e9\u65E5\ud83d\ude42""#)
    #expect(Array(try node.bytes) == Array("\"\\/\u{8}\u{C}\n\r\tAé日🙂".utf8))
  }

  @Test func `keys that differ in composition alone stay apart`() throws {
    let node = try Self.node("{\"é\": 1, \"e\u{301}\": 2}")
    #expect(try node.required("é").integer == 1)
    #expect(try node.required("e\u{301}").integer == 2)
    #expect(try node.members.count == 2)
  }

  @Test(arguments: [
    ("", "the text ends"), ("{", "a key in quotes"), ("[1,]", "expected a value"),
    ("[1 2]", "expected a comma"), ("{1:2}", "a key in quotes"), ("{\"a\" 1}", "a colon"),
    ("\"a", "not closed"), ("\"\\x\"", "unknown escape"), ("\"\\ud800\"", "surrogate"),
    ("\"\\u12\"", "not closed"), ("\"\\u12G4\"", "hexadecimal"), ("\"\n\"", "control character"),
    ("tru", "expected true"), ("1 1", "end of the text"), ("1e999", "expected a value"),
    ("--1", "expected a value"), ("\u{FEFF}[", "the text ends"),
  ])
  func `broken text is refused with its place`(text: String, message: String) {
    let found = Self.message(Array(text.utf8))
    #expect(found.contains(message), "\(found)")
    #expect(found.contains("at byte"), "\(found)")
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    #expect(Self.message([0x22, 0xFF, 0x22]).contains("not UTF-8"))
  }

  @Test func `nesting has a limit`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(Self.message(Array(deep.utf8)).contains("nested more than 128"))
    let fine = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(Self.message(Array(fine.utf8)) == "no error")
  }

  @Test func `a wrong type is named with its path`() throws {
    let node = try Self.node(#"{"model": {"vocab": [1]}}"#)
    let error = #expect(throws: TokenizerError.self) {
      try node.required("model").required("vocab").members
    }
    #expect(error?.description == "model.vocab: expected an object, found an array")
  }
}
