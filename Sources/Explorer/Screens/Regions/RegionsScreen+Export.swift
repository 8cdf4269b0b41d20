import Storage

extension RegionsScreen {
  /// The list that has the keyboard, all of it: what is on the screen depends on the window.
  func export(in session: Session) -> ExportOffer? {
    // The page has every label, those too that are hidden from someone who labels blind.
    let others = blind == nil ? ["html"] : []
    guard focus == .contexts, let region = selected else {
      return ExportOffer(
        name: "\(dictionary.title).tsv", content: .table(rows: rows.count, exportTable),
        others: others)
    }
    return exportContexts().map {
      ExportOffer(
        name: "\(dictionary.title).region-\(region).tsv", content: .table($0), others: others)
    }
  }

  /// The page: of the regions listed, or of the one whose contexts have the keyboard.
  func write(to path: String, in session: inout Session) -> [Effect] {
    let regions = focus == .contexts ? selected.map { [$0] } ?? [] : rows.map(Int.init)
    return [
      session.ask(
        WriteRegionsPage(
          dictionary: dictionary.url, regions: regions, filter: narrowing,
          outcomes: extras.outcomes, path: path))
    ]
  }

  /// What the list is narrowed by, in words.
  private var narrowing: String? {
    guard focus == .list else { return nil }
    let parts = [
      filter.flatMap { $0.filter.isEmpty ? nil : $0.text }, search.map { "found by \($0.text)" },
      hidesTemplate ? "the template's own left out" : nil,
    ].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private func exportTable() -> ScreenExport {
    // The bar shows the members once more, and tells a program nothing.
    let shown = columns.filter { $0 != .bar }
    let facts = facts
    let rows = rows.map { row -> [ScreenExport.Value] in
      let region = Int(row)
      let label = isHidden(region) ? nil : self.label(of: region)
      return [
        .integer(region), .integer(annotations.stars.contains(region) ? 1 : 0),
        .init(label?.text), .init(label.map { $0.origin.rawValue }),
      ]
        + shown.map { column in
          column.isHiddenWhenBlind && isHidden(region)
            ? .missing : .init(column.cell(facts, region))
        }
    }
    return ScreenExport(
      columns: ["id", "starred", "label", "label_origin"] + shown.map(\.name), rows: rows)
  }

  private func exportContexts() -> ScreenExport? {
    guard let region = selected, let detail = selectedDetail else { return nil }
    let rows = detail.places.map { place -> [ScreenExport.Value] in
      let context = detail.contexts(place.kind)[place.index]
      return [
        .integer(region), .text(place.kind.rawValue), .integer(place.index),
        .init(context.distance), .init(dictionary.ratio(context.distance)),
        .init(context.document), .integer(context.position), .init(context.text),
      ]
    }
    return ScreenExport(
      columns: [
        "region", "kind", "rank", "distance", "distance_theta", "document", "position", "text",
      ], rows: rows)
  }
}
