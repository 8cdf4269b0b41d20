import Foundation
import Storage
import TestSupport
import Testing

@testable import Experiments

@Suite struct ResultReportTests {
  private func report(_ plot: SVGPlot?) -> ResultReport {
    ResultReport(
      identities: ["aa", "bb"], text: "first line\nsecond", header: ["name", "n"],
      rows: [["a, b", "3"]], plot: plot, csv: "name,n\n\"a, b\",3\n")
  }

  @Test func `a report comes back from what the notebook keeps, beside the numbers`() throws {
    let bars = SVGPlot(
      title: "t", caption: "c",
      content: .bars(
        [
          .init("x", 0.5, .init(lower: 0.25, upper: 0.75, confidence: 0.95)), .init("y", 0.125),
        ], axis: "share", reference: 0.5))
    let points = SVGPlot(
      title: "t", caption: "c", content: .points([(1, 2), (3, 4.5)], xAxis: "x", yAxis: "y"))
    let line = SVGPlot(
      title: "t", caption: "c", content: .line([(0, 0), (1, 1)], xAxis: "x", yAxis: "y"))
    for plot in [bars, points, line, nil] {
      let content = report(plot).content(with: [("share", .number(0.5))])
      #expect(try ResultReport(content: content) == report(plot))
      #expect(content.hasPrefix(#"{"share":0.5,"#))
    }
  }

  @Test func `a bar without a value stays one, and no report is none`() throws {
    let plot = SVGPlot(
      title: "t", caption: "c", content: .bars([.init("x", .nan)], axis: "a", reference: nil))
    let kept = try ResultReport(content: report(plot).content(with: []))
    guard case .bars(let bars, _, _) = kept?.plot?.content else {
      Issue.record("no bars")
      return
    }
    #expect(bars[0].value.isNaN)
    #expect(try ResultReport(content: #"{"share":1}"#) == nil)
    #expect(throws: DecodingError.self) { try ResultReport(content: #"{"report":[]}"#) }
    #expect(throws: DecodingError.self) { try ResultReport(content: "{") }
  }

  @Test func `records too long for a notebook are left out`() {
    let long = String(repeating: "x", count: ResultReport.mostRecordBytes + 1)
    let report = ResultReport(
      identities: [], text: "", header: [], rows: [], plot: nil, csv: long)
    #expect(report.csv == nil)
  }

  private let stability = """
    {"sizes":[2,3],"nullCosine":0.1,"regions":[
    {"dictionary":0,"region":0,"bestCosine":0.9,"adjustedRand":0.5},
    {"dictionary":1,"region":2,"bestCosine":0.75,"adjustedRand":null},
    {"dictionary":1,"region":9,"bestCosine":0.75,"adjustedRand":null}],
    "report":{"identities":["aa","bb"],"text":"","header":[],"rows":[]}}
    """

  @Test func `stability is of the dictionary with that identity and size, or of none`() throws {
    func read(_ identity: String, _ count: Int) throws -> RegionStability? {
      try RegionStability(content: stability, identity: identity, regionCount: count)
    }
    let first = try #require(try read("aa", 2))
    #expect(first.best == [0.9, nil])
    #expect(first.agreement == [0.5, nil])
    #expect(first.dictionaries == 2)
    #expect(first.null == 0.1)
    #expect(try read("bb", 3)?.best == [nil, nil, 0.75])
    #expect(try read("bb", 4) == nil)
    #expect(try read("cc", 2) == nil)
  }

  @Test func `the latest result that is about a dictionary counts, whatever it is kept under`()
    throws
  {
    let folder = try TemporaryFolder()
    let notebook = try Notebook(folder.file("notebook.sqlite"))
    func save(_ content: String) throws -> Int64 {
      try notebook.save(
        SavedExperiment(
          identity: "aa", kind: .stability, title: "t", conclusion: "c", isComplete: true,
          date: Date()), content: content)
    }
    #expect(try RegionStability.latest(of: "bb", regionCount: 3, in: notebook) == nil)
    _ = try save(stability)
    let second = try save(stability.replacing("0.75", with: "0.5"))
    _ = try save("{}")
    let latest = try #require(try RegionStability.latest(of: "bb", regionCount: 3, in: notebook))
    #expect(latest.experiment.id == second)
    #expect(latest.regions.best[2] == 0.5)
  }

  @Test func `a place is some text around its token, cut between characters`() {
    let document =
      String(repeating: "é", count: 200) + " token " + String(repeating: "日", count: 99)
    let ends = [Int32(400), 406, Int32(document.utf8.count)]
    let place = SAEPlace(document, ends: ends, position: 1, activation: 2)
    let bytes = Array(place.text.utf8)
    #expect(place.token.map { String(decoding: bytes[$0], as: UTF8.self) } == " token")
    #expect(!place.text.contains("\u{FFFD}"))
    #expect(place.text.utf8.count < 260)
    #expect(SAEPlace("short", ends: nil, position: 9, activation: 0).token == nil)
    #expect(SAEPlace("", ends: [], position: 0, activation: 0).text.isEmpty)
  }
}
