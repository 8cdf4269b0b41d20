import Foundation
import Numerics
import Testing

@testable import Experiments

@Suite struct RecordEncodingTests {
  private struct Part: Encodable {
    var name: String
    var share: Double?
  }

  private struct Record: Encodable {
    var zebra = 1
    var share: Double?
    var text: String?
    var parts = [Part(name: "a", share: nil), Part(name: "b", share: 2.5)]
    var undefined = Double.nan
    var seed = UInt64.max
    var interval: ConfidenceInterval? = ConfidenceInterval(lower: 0.25, upper: 1, confidence: 0.95)
    var none: ConfidenceInterval?
    var part: Part?
    var list: [Double?] = [nil, 1]
    var empty: [Int] = []
    var apple = true
  }

  @Test func `the keys of a record stand in its order, and stay where there is nothing`() {
    #expect(
      JSONValue(encoding: Record()).text
        == #"{"zebra":1,"share":null,"text":null,"parts":[{"name":"a","share":null},"#
        + #"{"name":"b","share":2.5}],"undefined":null,"seed":18446744073709551615,"#
        + #""interval":[0.25,1.0],"none":null,"part":null,"list":[null,1.0],"empty":[],"apple":true}"#
    )
  }

  private struct Whole: Encodable {
    var before = 1
    @Inline var part = Part(name: "a", share: nil)
    @Inline var noPart: Part?
    @IfAny var notAsked: Int?
    @IfAny var asked: Int? = 2
    @IfAny var askedAndNone: Int?? = .some(nil)
    var byName = OrderedFields([("z", [1, 2]), ("a", [])])
    var after = 3
  }

  @Test func `a part may stand among the keys of the whole, and what was not asked for has none`() {
    #expect(
      JSONValue(encoding: Whole()).text
        == #"{"before":1,"name":"a","share":null,"asked":2,"askedAndNone":null,"#
        + #""byName":{"z":[1,2],"a":[]},"after":3}"#)
  }

  private struct Recorded: Encodable {
    var before = 1
    @Inline var entries = JSONValue.object([("z", .array([.null, .encoded("9.0e3")]))])
    var content = JSONValue.encoded(#"{"b":1}"#)
    var none = JSONValue.null
  }

  @Test func `what is JSON already stands in a record as it is, and in nothing else`() {
    #expect(
      JSONValue(encoding: Recorded()).text
        == #"{"before":1,"z":[null,9.0e3],"content":{"b":1},"none":null}"#)
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(Recorded()) }
  }

  @Test func `a count is told from a seed, which a page leaves out`() {
    let page = Report(
      kind: .probe, identities: [], record: Record(), header: ["a"], rows: [["1"]], records: [],
      text: "told"
    ).page.text
    #expect(page.contains("zebra") && !page.contains("18446744073709551615"))
  }

  @Test func `one thing is not several in words`() {
    #expect(quantity(1, "hook") == "1 hook" && quantity(0, "hook") == "0 hooks")
    let record = CaptureResultRecord(
      CaptureResult(documents: 1, tokens: 1, tokensRead: 1, newTokens: 0),
      hooks: ["a"], output: "s.epstore", namesEngines: false, alreadyFinished: false, seconds: 1)
    #expect(record.text.hasPrefix("s.epstore: 1 document, 1 token, 1 hook, "))
  }
}
