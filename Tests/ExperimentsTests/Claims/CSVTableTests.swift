import Testing

@testable import Experiments

@Suite struct CSVTableTests {
  @Test func `Objects become lines, inner keys and pairs columns of their own`() {
    let table = CSVTable([
      .object([
        ("name", .string("a, \"b\"")), ("share", .number(0.5)),
        ("share95", .array([.number(0.25), .number(0.75)])), ("own", .object([("n", .integer(3))])),
      ]),
      .object([
        ("name", .string("=1+1")), ("share", .number(.nan)), ("share95", .null),
        ("own", .object([("n", .integer(-4))])), ("ids", .array([.integer(1), .integer(2)])),
      ]),
    ])
    #expect(
      table.text == #"""
        name,share,share95.low,share95.high,own.n,ids
        "a, ""b""",0.5,0.25,0.75,3,
        '=1+1,,,,-4,1 2

        """#)
  }

  @Test func `A line break within a field stays within it`() {
    #expect(CSVTable([.object([("t", .string("a\r\nb"))])]).text == "t\n\"a\r\nb\"\n")
    #expect(CSVTable([]).columns.isEmpty)
  }
}
