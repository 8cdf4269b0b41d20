import Numerics

extension AblationResult {
  /// Its table and what stands under it, for whoever reads it among other results.
  package var report: ResultReport {
    let table = table
    return ResultReport(
      identities: [provenance.identity], text: remarks.joined(separator: "\n"),
      header: table.first ?? [], rows: Array(table.dropFirst()), plot: plot, csv: "")
  }

  /// The experiment as a page: table, intervals, controls and provenance; of answers only the first words.
  package var page: HTMLPage {
    var blocks: [HTMLPage.Block] = [.text(conclusion.sentence)]
    let table = table
    if let head = table.first {
      blocks.append(.table(header: head, rows: Array(table.dropFirst())))
    }
    if let plot { blocks.append(.plot(plot)) }
    blocks.append(.remarks(remarks))
    blocks += [.heading("Where it comes from"), .facts(facts)]
    blocks += [
      .heading("Prompts"),
      .table(
        header: ["prompt"] + conditions.map { name($0) },
        rows: prompts.map { prompt in [prompt.id] + conditions.map { summary(prompt, $0) } }),
    ]
    return HTMLPage(title: title, blocks: blocks)
  }

  /// Refusals of every condition with their intervals; `nil` where none were measured.
  package var plot: SVGPlot? {
    guard setup.depth != .geometry else { return nil }
    var bars: [SVGPlot.Bar] = []
    for role in AblationPrompt.Role.allCases where prompts.contains(where: { $0.role == role }) {
      for condition in conditions {
        guard let refused = refusing(condition, role), let rate = refused.rate else { continue }
        bars.append(
          SVGPlot.Bar(
            "\(name(condition)), \(role.rawValue) (n \(refused.count))", rate, refused.wilson()))
      }
    }
    guard !bars.isEmpty else { return nil }
    let what = setup.depth == .generate ? "refused / n" : "first token refuses / n"
    return SVGPlot(
      title: "Refusals by condition", caption: "\(what); bars with 95 % Wilson intervals",
      content: .bars(bars, axis: what, reference: nil))
  }
}
