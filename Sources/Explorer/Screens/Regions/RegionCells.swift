import Regions

/// How a table and an export write what a column knows of a region.
extension RegionColumn.Cell {
  var text: String {
    switch self {
    case .count(let count): Figures.grouped(count)
    case .share(let share): Figures.percent(share)
    case .bar(_, let share): Figures.bar(share, width: 8)
    case .decimal(let value, let places): Figures.fixed(value, places)
    case .part(let part, let whole): "\(part)/\(whole)"
    case .drift(let drift): "\(drift.kind.rawValue) \(Figures.fixed(drift.nearest, 2))"
    case .tags(let tags): tags.map { "#\($0)" }.joined(separator: " ")
    }
  }
}

extension ScreenExport.Value {
  init(_ cell: RegionColumn.Cell?) {
    switch cell {
    case nil: self = .missing
    case .count(let count), .bar(let count, _): self = .integer(count)
    case .share(let value), .decimal(let value, _): self.init(value)
    case .part(let part, let whole): self = .text("\(part)/\(whole)")
    case .drift(let drift): self = .text(drift.kind.rawValue)
    case .tags(let tags): self = .text(tags.joined(separator: " "))
    }
  }
}
