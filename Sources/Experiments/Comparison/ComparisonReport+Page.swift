import Foundation
import Numerics
import Storage

extension ComparisonReport {
  /// Regions of one kind that a page lists.
  private static let mostRegions = 200

  /// The comparison as a page: what was found with n and intervals, the nulls, and the regions without a partner.
  package func page(_ a: DictionaryFile, _ b: DictionaryFile) throws -> HTMLPage {
    let cosines = comparison.pairs.map { Double($0.cosine) }
    var rows = [
      [
        "found", "\(division.introduced.count)", "\(comparison.b.count)",
        shareWords(introduced),
      ]
    ]
    for null in nulls {
      let share = null.introduced(at: division.cutoff)
      rows.append(
        [Self.what(null), "\(share.successes)", "\(share.count)", shareWords(share)])
    }
    var blocks: [HTMLPage.Block] = [
      .text(sentence), .heading("Introduced, beside what chance and order give"),
      .table(header: ["", "introduced", "n", "share, Wilson 95 %"], rows: rows),
    ]
    if nulls.isEmpty {
      blocks.append(
        .text(
          "No null was asked for: how many regions order or chance would introduce is not known."))
    }
    let steps = cosines.sorted().enumerated().map { index, cosine in
      (x: Double(index + 1), y: cosine)
    }
    if !steps.isEmpty {
      blocks.append(
        .plot(
          SVGPlot(
            title: "Cosines of matched exemplars",
            caption: "\(steps.count) pairs, ascending; cutoff \(division.cutoff)",
            content: .line(steps, xAxis: "pair", yAxis: "cosine"))))
    }
    blocks += try regions(division.introduced, of: b, "Introduced in B", on: .b)
    blocks += try regions(division.dropped, of: a, "Dropped from A", on: .a)
    blocks += [
      .heading("Where it comes from"),
      .facts(Self.facts(a, "A") + Self.facts(b, "B") + [("cutoff", "\(division.cutoff)")]),
    ]
    return HTMLPage(title: "\(comparison.a.name) and \(comparison.b.name)", blocks: blocks)
  }

  private func regions(
    _ regions: [Int], of file: DictionaryFile, _ title: String,
    on side: MemberFlow.Side
  ) throws -> [HTMLPage.Block] {
    guard !regions.isEmpty else { return [] }
    let table = try file.table()
    let shown = regions.sorted {
      (table.memberCounts[$1], $0) < (table.memberCounts[$0], $1)
    }.prefix(Self.mostRegions)
    let contexts = try file.closestContexts(of: shown, textLimit: 400)
    let lines = shown.map { region -> (note: String, text: String, token: Range<Int>?) in
      let answered = outcomes?.tally(region, on: side).map {
        ", \($0.own.refused) of \($0.own.count) prompts refused"
      }
      return (
        "region \(region), \(table.memberCounts[region]) members\(answered ?? "")",
        contexts[region]?.text ?? "no text", contexts[region]?.token
      )
    }
    let more = regions.count - shown.count
    return [
      .heading("\(title): \(regions.count)"), .contexts(lines),
    ] + (more > 0 ? [.text("and \(more) more, with fewer members")] : [])
  }

  static func facts(_ file: DictionaryFile, _ side: String) -> [(String, String)] {
    [("\(side), identity", file.identity)]
      + file.provenance.entries.map { ("\(side), \($0.name)", $0.value) }
  }
}
