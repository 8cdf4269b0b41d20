import ExemplarPartitioning
import Regions
import Storage

extension HTMLPage {
  /// Regions of a dictionary: a table of all, and the contexts of each.
  ///
  /// - Parameters:
  ///   - filter: what they were narrowed by, as it was written.
  ///   - outcomes: how prompts of a store were answered.
  package init(
    regions: [Int], of file: DictionaryFile, labels: LabelView, notes: [Int: String],
    filter: String?, outcomes: RegionOutcomes?
  ) throws {
    let table = try file.table()
    var header = ["region", "label", "members", "coherence", "mean d/θ"]
    if outcomes != nil { header += ["refused", "n", "rate, Wilson 95 %"] }
    let rows = regions.map { region -> [String] in
      let mean = Theta.multiple(table.meanDistances[region], of: file.threshold)
      var row = [
        "\(region)", labels.entries[region]?.text ?? "—", "\(table.memberCounts[region])",
        formatted(table.coherences[region]), formatted(mean),
      ]
      if let outcomes {
        let counts = outcomes.counts[region] ?? RefusalCount()
        row += ["\(counts.refused)", "\(counts.count)", shareWords(counts.proportion)]
      }
      return row
    }
    var blocks: [Block] = [
      .text(
        "\(regions.count) of \(table.count) regions"
          + (filter.map { ", for which \($0)" } ?? "")
          + ", θ \(formatted(file.threshold)). Members are those that joined as the dictionary was streamed; "
          + "contexts are the nearest and the farthest of them, which the dictionary kept."
      )
    ]
    if let outcomes {
      blocks.append(
        .text(
          "Prompts of \(outcomes.store), by the region of their final position, and no share of the members: n is those with an "
            + "answer, rate = refused / n, judged by \(outcomes.classifier ?? "nobody")."))
    }
    blocks.append(.table(header: header, rows: rows))
    for region in regions {
      let detail = try file.detail(of: region, textLimit: 600)
      let label = labels.entries[region].map { ": \($0.text)" } ?? ""
      blocks.append(.heading("Region \(region)\(label)"))
      if let note = notes[region] { blocks.append(.text(note)) }
      for (kind, contexts) in [("closest", detail.closest), ("boundary", detail.farthest)] {
        blocks.append(
          .contexts(
            contexts.map { context in
              let ratio = formatted(Theta.multiple(context.distance, of: file.threshold))
              let fields = context.fields.map { ", \($0.name) \($0.value)" }.joined()
              return (
                "\(kind), \(ratio) θ, position \(context.position)\(fields)",
                context.text ?? "no text", context.token
              )
            }))
      }
    }
    blocks += [
      .heading("Where it comes from"),
      .facts(
        [("dictionary", file.name), ("identity", file.identity)]
          + file.provenance.entries.map { ($0.name, $0.value) }),
    ]
    self.init(title: "Regions of \(file.pageTitle)", blocks: blocks)
  }
}
