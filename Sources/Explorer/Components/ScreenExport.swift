import Foundation
import Storage
import Terminal

/// What is on the screen as a table for other programs: the rows in their order and the columns there are.
package struct ScreenExport: Equatable, Sendable {
  enum Value: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case missing
  }

  package enum Form: String, Sendable {
    case tsv, jsonl
  }

  let columns: [String]
  let rows: [[Value]]

  package var rowCount: Int { rows.count }

  package func text(_ form: Form) -> String {
    switch form {
    case .tsv:
      let lines =
        [columns.joined(separator: "\t")] + rows.map { $0.map(\.tsv).joined(separator: "\t") }
      return lines.map { $0 + "\n" }.joined()
    case .jsonl:
      return rows.map { row in
        let fields = zip(columns, row).map { "\(Value.text($0).json):\($1.json)" }
        return "{\(fields.joined(separator: ","))}\n"
      }.joined()
    }
  }
}

extension ScreenExport.Value {
  init(_ value: Double) { self = value.isFinite ? .number(value) : .missing }
  init(_ text: String?) { self = text.map(Self.text) ?? .missing }
  init(_ value: Int?) { self = value.map(Self.integer) ?? .missing }

  /// A cell has neither tabs nor line breaks.
  var tsv: String {
    switch self {
    case .text(let text): sanitized(text, whitespace: .spaces)
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .missing: ""
    }
  }

  var json: String {
    switch self {
    case .text(let text):
      (try? JSONEncoder.plain.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .missing: "null"
    }
  }
}

extension JSONEncoder {
  fileprivate static var plain: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return encoder
  }
}

extension Session {
  /// The list that has the keyboard, all of it: the part in sight depends on the window.
  var screenExport: ScreenExport? {
    switch screen {
    case .library: library.export
    case .regions: regions?.focus == .contexts ? regions?.exportContexts() : regions?.exportTable()
    case .trace: trace?.export
    case .trajectory: trajectory?.export
    // These write files of their own.
    case .compare, .lab, .saved: nil
    }
  }
}

extension LibraryScreen {
  fileprivate var export: ScreenExport? {
    guard let entries, !entries.isEmpty else { return nil }
    return ScreenExport(
      columns: ["name", "group", "kind", "regions", "threshold", "bytes", "path"],
      rows: entries.filter { !$0.isRecent }.map { entry in
        var regions: Int?
        var threshold: Double?
        if case .dictionary(let summary) = entry.content {
          (regions, threshold) = (summary.regionCount, summary.threshold)
        }
        return [
          .text(entry.name), .text(entry.group), .text(entry.kind), .init(regions),
          threshold.map(ScreenExport.Value.init) ?? .missing, .init(entry.bytes),
          .text(entry.url.path(percentEncoded: false)),
        ]
      })
  }
}

extension RegionsScreen {
  fileprivate func exportTable() -> ScreenExport {
    // The bar shows the members once more, and tells a program nothing.
    let facts = columns.filter { $0 != .bar }
    let rows = rows.map { row -> [ScreenExport.Value] in
      let region = Int(row)
      let label = self.label(of: region)
      return [
        .integer(region), .integer(annotations.stars.contains(region) ? 1 : 0),
        .init(label?.text), .init(label.map { $0.origin.rawValue }),
      ] + facts.map { value($0, of: region) }
    }
    return ScreenExport(
      columns: ["id", "starred", "label", "label_origin"] + facts.map(\.exportName), rows: rows)
  }

  private func value(_ column: TableColumn, of region: Int) -> ScreenExport.Value {
    let table = dictionary.table
    switch column {
    case .members, .bar: return .integer(table.memberCounts[region])
    case .share: return .init(dictionary.share(of: region))
    case .coherence: return .init(table.coherences[region])
    case .distance: return .init(table.meanDistances[region] / dictionary.threshold)
    case .founded: return .init(table.foundingBatch(of: region))
    case .refusal: return .init(refusals?[region].map { "\($0.refused)/\($0.count)" })
    case .stable:
      return stability?.regions.best[region].map(ScreenExport.Value.init) ?? .missing
    case .drift: return .init(drift?.regions[region].kind.rawValue)
    case .tags: return .text((annotations.tags[region] ?? []).joined(separator: " "))
    }
  }

  fileprivate func exportContexts() -> ScreenExport? {
    guard let region = selected, let detail, detail.detail.id == region else { return nil }
    let rows = detail.places.map { place -> [ScreenExport.Value] in
      let context = detail.contexts(place.kind)[place.index]
      return [
        .integer(region), .text(place.kind.rawValue), .integer(place.index),
        .init(context.distance), .init(context.distance / dictionary.threshold),
        .init(context.document), .integer(context.position), .init(context.text),
      ]
    }
    return ScreenExport(
      columns: [
        "region", "kind", "rank", "distance", "distance_theta", "document", "position", "text",
      ], rows: rows)
  }
}

extension TraceScreen {
  /// A row for every token in every dictionary.
  fileprivate var export: ScreenExport? {
    guard let reading, !reading.tokens.isEmpty else { return nil }
    let rows = reading.tokens.flatMap { token in
      zip(reading.layers.indices, token.hits).map { column, hit -> [ScreenExport.Value] in
        let layer = layer(column)
        return [
          .integer(token.position), .text(token.spelling), .init(layer?.title), .init(layer?.hook),
          .integer(hit.region), .init(layer?.labels[hit.region]), .init(Double(hit.distance)),
          .init(hit.ratio), .integer(hit.isOutside ? 1 : 0),
        ]
      }
    }
    return ScreenExport(
      columns: [
        "position", "token", "dictionary", "hook", "region", "label", "distance",
        "distance_theta", "outside",
      ], rows: rows)
  }
}

extension TableColumn {
  fileprivate var exportName: String {
    self == .distance ? "mean_distance_theta" : rawValue
  }
}
